"""The worker, and the plugin in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from automatosx_nb.errors.root import PlatformError, UserError, did_you_mean


class PluginRefused(UserError):
    """The language policy refused a plugin's source; nothing of it ran. ``line`` is 1-based, 0 if unknown."""

    code: ClassVar[str] = "plugin-refused"
    file: str
    line: int
    refused: str
    instead: str = ""

    def problem(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{where}: {self.refused}."

    def next_step(self) -> str:
        return self.instead or "docs/plugin-python.md lists what plugin code may use."


@dataclass(frozen=True, slots=True)
class PluginFrame:
    """One line of a plugin's own traceback: ``file`` is relative to the plugin's ``src/``."""

    file: str
    line: int
    function: str
    text: str


class PluginFailed(UserError):
    """A plugin's handler raised. ``frames`` are the plugin's own lines, outermost first; none of ours."""

    code: ClassVar[str] = "plugin-failed"
    plugin: str
    type_name: str
    message: str
    frames: tuple[PluginFrame, ...] = ()

    def problem(self) -> str:
        lines = [f"{self.plugin} raised {self.type_name}: {self.message}"]
        for frame in self.frames:
            lines.append(f'  File "{frame.file}", line {frame.line}, in {frame.function}')
            if frame.text:
                lines.append(f"    {frame.text}")
        return "\n".join(lines)

    def next_step(self) -> str:
        if self.type_name == "SecretNotSet":
            return "The plugin cannot go on without it."
        return (
            "This is an error in the plugin, not in your notebook: tell its publisher. If it came with the last "
            "change, %ax rollback takes that back."
        )


class PermissionDenied(UserError):
    """``reason`` is the policy's, where that denies it; empty: nobody has granted it."""

    code: ClassVar[str] = "permission-denied"
    plugin: str
    permission: str
    reason: str = ""

    def problem(self) -> str:
        denied = f": this installation's policy denies it, for {self.reason}" if self.reason else ""
        return f"{self.plugin} has no permission {self.permission!r}{denied}."

    def next_step(self) -> str:
        if self.reason:
            return "No grant helps. Whoever runs this installation sets the policy: see docs/configuration.md."
        return (
            f'Its manifest has to ask for it ("{self.permission}" = "why" under [permissions] or '
            f"[permissions.optional]), and you to grant it: %ax info {self.plugin} shows both, and "
            f"%ax grant {self.plugin} {self.permission} does it. Plugin code asks you for an optional one with "
            f"sdk.permissions.request."
        )


class InvalidRequest(UserError, TypeError):
    """A plugin asked the host for something that no capability offers. ``valid`` says what is offered."""

    code: ClassVar[str] = "invalid-request"
    capability: str
    method: str
    valid: str

    def problem(self) -> str:
        return f"the host does not offer {self.capability}.{self.method} with these arguments."

    def next_step(self) -> str:
        return f"It offers {self.valid}."


class UnknownHandler(UserError, LookupError):
    """The manifest names a ``module:function`` that the plugin's sources do not have."""

    code: ClassVar[str] = "unknown-handler"
    plugin: str
    handler: str
    reason: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.plugin} has no handler {self.handler!r}: {self.reason}."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, "A handler is 'module.sub:function', with the module under src/.")


class SelfTestFailed(UserError):
    """``reason`` is what the self-test of a release that was to come in raised, or which limit stopped it."""

    code: ClassVar[str] = "self-test-failed"
    plugin: str
    version: str
    reason: str

    def problem(self) -> str:
        return f"{self.plugin} {self.version} does not pass its self-test here: {self.reason}"

    def next_step(self) -> str:
        return (
            "Nothing was changed: what was installed before goes on working. Tell its author, or try another version."
        )


class CapabilityUnavailable(UserError, RuntimeError):
    """A capability was called where there is no host behind it: outside a worker."""

    code: ClassVar[str] = "capability-unavailable"
    capability: str

    def problem(self) -> str:
        return f"the capability {self.capability!r} was called outside a plugin's worker."

    def next_step(self) -> str:
        return "Run the code as a plugin, or in a test through automatosx_nb.testing."


class CapabilityFailed(UserError):
    """The host refused or failed to do what plugin code asked for; seen only by plugin code, which may catch it."""

    code: ClassVar[str] = "capability-failed"
    capability: str
    type_name: str
    message: str

    def problem(self) -> str:
        return f"{self.capability}: {self.message} ({self.type_name})"

    def next_step(self) -> str:
        return "Catch CapabilityFailed to go on without it."


class LimitExceeded(UserError):
    """A plugin's worker went over a limit and was stopped. ``limit`` is a field of ``sandbox.limits.Limits``.

    ``allowed`` and ``used`` are texts with their units; ``used`` is empty where nobody could measure it.
    """

    code: ClassVar[str] = "limit-exceeded"
    plugin: str
    limit: str
    allowed: str
    remedy: str = ""
    used: str = ""

    def problem(self) -> str:
        used = f": it had used {self.used}" if self.used else ""
        return f"{self.plugin} went over its limit {self.limit} ({self.allowed}) and was stopped{used}."

    def next_step(self) -> str:
        return self.remedy or "Your kernel and its variables are untouched. Give it less to do, or raise the limit."


class CallInterrupted(UserError):
    code: ClassVar[str] = "call-interrupted"
    plugin: str

    def problem(self) -> str:
        return f"the call to {self.plugin} was interrupted."

    def next_step(self) -> str:
        return "Your kernel is ready; run the cell again to repeat the call."


class WorkerLost(PlatformError):
    """A worker ended without being asked to. ``status`` is how, as in 'signal SIGSEGV' or 'exit status 3'."""

    code: ClassVar[str] = "worker-lost"
    FORK_SERVER_ENDED = "its fork server ended"
    REPLACED = "the plugin was replaced or removed"
    plugin: str
    status: str

    def problem(self) -> str:
        return f"the worker of {self.plugin} ended unexpectedly ({self.status})."

    def next_step(self) -> str:
        return "It is started again at the next call. If it happens again, tell the plugin's publisher."


class PluginDisabled(UserError):
    """``reason`` continues the sentence 'acme.a 1.0.0 …'."""

    code: ClassVar[str] = "plugin-disabled"
    plugin: str
    version: str
    reason: str

    def problem(self) -> str:
        return f"{self.plugin} {self.version} {self.reason}."

    def next_step(self) -> str:
        return (
            f"It does not run here any more, its data is kept. See what there is in its place with %ax outdated, "
            f"%ax update {self.plugin}, or %ax remove {self.plugin}."
        )


class PluginPaused(UserError):
    """A plugin is suspended: its worker ended ``ends`` times in ``within_s`` seconds, at last by the error ``last``."""

    code: ClassVar[str] = "plugin-paused"
    plugin: str
    ends: int
    within_s: int
    last: str
    wait_s: int

    def problem(self) -> str:
        return f"{self.plugin} is paused: its worker ended {self.ends} times in {self.within_s} s, last by {self.last}."

    def next_step(self) -> str:
        return (
            f"Everything else goes on. Try it again in {self.wait_s} s, or at once after %ax resume {self.plugin}; go "
            f"back to what worked with %ax rollback, or take it away with %ax remove {self.plugin}."
        )


class SandboxUnavailable(PlatformError):
    """Plugins do not start: a layer that the policy requires is missing here, or no worker can be started."""

    code: ClassVar[str] = "sandbox-unavailable"
    reason: str

    def problem(self) -> str:
        return f"plugins cannot be started safely here: {self.reason}."

    def next_step(self) -> str:
        return "Run 'jupyter automatosx doctor': it says which layers are missing and how to get them."


class RestartRequired(UserError):
    """The package was updated while this process ran: ``here`` is the version that runs, ``there`` the new one."""

    code: ClassVar[str] = "restart-required"
    here: str
    there: str

    def problem(self) -> str:
        return f"automatosx_nb was changed while this kernel ran it: here is {self.here}, and workers run {self.there}."

    def next_step(self) -> str:
        return "Restart the kernel; what is installed stays."


class ProtocolViolation(PlatformError):
    """The other end of the wire sent something that is not a frame of ours; the worker was stopped."""

    code: ClassVar[str] = "protocol-violation"
    reason: str

    def problem(self) -> str:
        return f"a worker broke the wire protocol: {self.reason}."

    def next_step(self) -> str:
        return "Its worker was stopped. Treat the plugin as hostile until its publisher explains it."
