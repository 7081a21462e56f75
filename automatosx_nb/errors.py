"""Every error that automatosx_nb raises on purpose, in one hierarchy.

An error is a record: it carries the objects that it is about, and makes its text in ``__str__`` from two
sentences, :meth:`AutomatosxError.problem` (what happened) and :meth:`AutomatosxError.next_step` (what to do now).
Two families, by who has to act: :class:`UserError` (whoever reads it) and :class:`PlatformError` (we, or whoever
runs the machine).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, dataclass_transform


@dataclass_transform(eq_default=False)
class AutomatosxError(Exception):
    """The root of the hierarchy. ``code`` is a stable slug for machines (JSON output, problem documents).

    A subclass annotates what it carries, as a dataclass does, and is made with those values by position or by name.
    It is no dataclass: making one costs a third of a millisecond, and this module is part of ``%load_ext``.
    """

    code: ClassVar[str] = "error"

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values)
        fields = self.fields()
        given = dict(zip(fields, values, strict=False), **named)
        if len(values) > len(fields) or not given.keys() <= set(fields):
            raise TypeError(f"{type(self).__name__} takes {', '.join(fields)}")
        missing = [name for name in fields if name not in given and not hasattr(type(self), name)]
        if missing:
            raise TypeError(f"{type(self).__name__} needs {', '.join(missing)}")
        vars(self).update(given)

    @classmethod
    @cache
    def fields(cls) -> tuple[str, ...]:
        """The names of what it carries, in the order of the positional arguments."""
        annotated = [name for kind in reversed(cls.__mro__) for name in vars(kind).get("__annotations__", ())]
        return tuple(name for name in dict.fromkeys(annotated) if name != "code")

    def __repr__(self) -> str:
        carried = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.fields())
        return f"{type(self).__name__}({carried})"

    def problem(self) -> str:
        """One sentence: what happened, with the values at hand."""
        raise NotImplementedError

    def next_step(self) -> str:
        """One sentence: what the reader can do now."""
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.problem()}\n{self.next_step()}"

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the message is the whole story, our own lines are noise."""
        return [f"{type(self).__name__}: {self}"]


class UserError(AutomatosxError):
    """Whoever reads the message can mend it: input, permission, a missing plugin, a full disk."""


class PlatformError(AutomatosxError):
    """Something of ours or of the machine broke; the message says what to report or to repair."""


def _did_you_mean(nearest: tuple[str, ...], otherwise: str) -> str:
    if not nearest:
        return otherwise
    return f"Did you mean {' or '.join(repr(name) for name in nearest)}?"


def _caret(text: str, position: int) -> str:
    return f"    {text}\n    {' ' * position}^"


# --- names, versions, manifests -------------------------------------------------------------------------------


class InvalidPluginId(UserError, ValueError):
    code: ClassVar[str] = "invalid-plugin-id"
    text: str
    reason: str
    suggestion: str | None = None

    def problem(self) -> str:
        return f"{self.text!r} is not a plugin id: {self.reason}."

    def next_step(self) -> str:
        known = f"Did you mean {self.suggestion!r}? " if self.suggestion else ""
        return f"{known}A plugin id is 'publisher.name' in small letters, digits and single hyphens."


class InvalidVersion(UserError, ValueError):
    code: ClassVar[str] = "invalid-version"
    text: str
    position: int
    reason: str

    def problem(self) -> str:
        return f"not a SemVer version: {self.reason}\n{_caret(self.text[:256], self.position)}"

    def next_step(self) -> str:
        return "Write three numbers, as in 1.4.0 or 2.0.0-rc.1 (https://semver.org)."


class InvalidRange(UserError, ValueError):
    code: ClassVar[str] = "invalid-range"
    text: str
    position: int
    reason: str

    def problem(self) -> str:
        return f"not a version range: {self.reason}\n{_caret(self.text[:256], self.position)}"

    def next_step(self) -> str:
        return "Write a range as npm does: ^1.2, ~1.2.3, >=1.0 <3.0, 1.x, 1.2.3 - 2.0, or several joined by ||."


class InvalidPermission(UserError, ValueError):
    code: ClassVar[str] = "invalid-permission"
    text: str
    reason: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.text!r} is not a permission: {self.reason}."

    def next_step(self) -> str:
        return _did_you_mean(self.nearest, "docs/permissions.md lists every kind and its scope.")


@dataclass(frozen=True, slots=True)
class ManifestProblem:
    """One thing that is wrong in a manifest: ``path`` is dotted, as in ``contributes.magics[0].handler``."""

    path: str
    found: str
    valid: str
    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        hint = f" (did you mean {' or '.join(repr(n) for n in self.nearest)}?)" if self.nearest else ""
        return f"{self.path or '(file)'}: found {self.found}; valid is {self.valid}{hint}"


class InvalidManifest(UserError, ValueError):
    code: ClassVar[str] = "invalid-manifest"
    source: str
    problems: tuple[ManifestProblem, ...]

    def problem(self) -> str:
        count = len(self.problems)
        head = f"{self.source} has {count} problem{'s' if count != 1 else ''}:"
        return "\n".join([head, *(f"  - {p}" for p in self.problems)])

    def next_step(self) -> str:
        return (
            f"Correct {'them' if len(self.problems) > 1 else 'it'} in {self.source}; docs/manifest.md shows every key."
        )


# --- artifacts ------------------------------------------------------------------------------------------------


class InvalidArtifact(UserError, ValueError):
    """``member`` is the path inside the archive that is at fault, where it is one."""

    code: ClassVar[str] = "invalid-artifact"
    name: str
    reason: str
    member: str | None = None

    def problem(self) -> str:
        where = f" ({self.member!r})" if self.member is not None else ""
        return f"{self.name} is not a safe plugin artifact: {self.reason}{where}."

    def next_step(self) -> str:
        return "Nothing was unpacked. Build it again with 'jupyter automatosx pack', or get it from its registry."


class ArtifactMismatch(UserError):
    code: ClassVar[str] = "artifact-mismatch"
    plugin: str
    version: str
    expected: str
    actual: str

    def problem(self) -> str:
        return (
            f"the artifact of {self.plugin} {self.version} is not the one that was published: "
            f"SHA-256 {self.actual} where the registry says {self.expected}."
        )

    def next_step(self) -> str:
        return "Nothing was installed. Try again; if it stays so, tell the registry's administrator."


# --- registry -------------------------------------------------------------------------------------------------


class UnknownPlugin(UserError, LookupError):
    code: ClassVar[str] = "unknown-plugin"
    plugin: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"there is no plugin {self.plugin!r} in the registry."

    def next_step(self) -> str:
        return _did_you_mean(self.nearest, "Look for it with 'search': %ax search <words>.")


class UnknownRelease(UserError, LookupError):
    code: ClassVar[str] = "unknown-release"
    plugin: str
    version: str
    available: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.plugin} has no release {self.version!r}."

    def next_step(self) -> str:
        if not self.available:
            return f"It has no release yet: see %ax info {self.plugin}."
        return f"It has {', '.join(self.available)}."


class ReleaseExists(UserError):
    code: ClassVar[str] = "release-exists"
    plugin: str
    version: str

    def problem(self) -> str:
        return f"{self.plugin} {self.version} is already published, with other content."

    def next_step(self) -> str:
        return "A version is never reused: raise 'version' in plugin.toml and publish again."


class PublishRefused(UserError):
    """``findings`` are the messages of the enforced checks that failed, each with its file and line if known."""

    code: ClassVar[str] = "publish-refused"
    plugin: str
    version: str
    findings: tuple[str, ...]

    def problem(self) -> str:
        head = f"{self.plugin} {self.version} was not published: {len(self.findings)} check(s) failed."
        return "\n".join([head, *(f"  - {finding}" for finding in self.findings)])

    def next_step(self) -> str:
        return "Correct them and publish again; the version was not used up."


class InvalidSearch(UserError, ValueError):
    """``part`` is the part of the search at fault: ``text``, ``size``, ``cursor`` or ``sort``."""

    code: ClassVar[str] = "invalid-search"
    part: str
    found: str
    valid: str

    def problem(self) -> str:
        return f"the search's {self.part} is {self.found}."

    def next_step(self) -> str:
        return f"Valid is {self.valid}."


class RegistryBusy(PlatformError):
    code: ClassVar[str] = "registry-busy"
    path: str
    waited_s: float

    def problem(self) -> str:
        return f"another process is writing to the registry at {self.path}; waited {self.waited_s:.0f} s."

    def next_step(self) -> str:
        return "Nothing was changed. Try again when it has finished."


class RegistryDamaged(PlatformError):
    code: ClassVar[str] = "registry-damaged"
    path: str
    reason: str

    def problem(self) -> str:
        return f"the registry's {self.path} cannot be used: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Restore it from a backup, or move it away: a new registry is then made."


class RegistryTooNew(UserError):
    """``revision`` is the schema revision found, ``known`` the newest that this version can read."""

    code: ClassVar[str] = "registry-too-new"
    path: str
    revision: str
    known: str

    def problem(self) -> str:
        return (
            f"the registry at {self.path} has schema {self.revision}, and this automatosx_nb knows up to {self.known}."
        )

    def next_step(self) -> str:
        return "Nothing was changed. Update automatosx_nb, or set AUTOMATOSX_HOME to another folder."


# --- resolution -----------------------------------------------------------------------------------------------


class ResolutionConflict(UserError):
    """``causes`` are sentences, from the user's wishes to the contradiction."""

    code: ClassVar[str] = "resolution-conflict"
    causes: tuple[str, ...]

    def problem(self) -> str:
        return "\n".join(["these plugins cannot be installed together:", *(f"  - {cause}" for cause in self.causes)])

    def next_step(self) -> str:
        return "Ask for another version of one of them, or remove one: %ax remove <plugin>."


class DependencyCycle(UserError):
    """``cycle`` names each plugin once, in the order in which they require each other."""

    code: ClassVar[str] = "dependency-cycle"
    cycle: tuple[str, ...]

    def problem(self) -> str:
        return f"these plugins require each other in a circle: {' → '.join((*self.cycle, self.cycle[0]))}."

    def next_step(self) -> str:
        return "Choose versions without the circle, or tell their publishers: one of the requirements has to go."


class ResolutionTooHard(PlatformError):
    """The search was given up: no answer was found, and none was ruled out. ``wishes`` are what was asked for."""

    code: ClassVar[str] = "resolution-too-hard"
    reason: str
    wishes: tuple[str, ...] = ()

    def problem(self) -> str:
        wished = f" for {', '.join(self.wishes)}" if self.wishes else ""
        return f"no set of versions was found{wished}, and none was ruled out: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Ask for fewer plugins at once, or name exact versions of some of them."


class Incompatible(UserError):
    """``reasons`` are sentences about this environment: runtime, Python, packages, platform."""

    code: ClassVar[str] = "incompatible"
    plugin: str
    version: str
    reasons: tuple[str, ...]
    remedy: str = ""

    def problem(self) -> str:
        return f"{self.plugin} {self.version} does not fit this environment: {'; '.join(self.reasons)}."

    def next_step(self) -> str:
        return self.remedy or f"See which versions fit: %ax info {self.plugin}."


# --- profile --------------------------------------------------------------------------------------------------


class NotInstalled(UserError, LookupError):
    code: ClassVar[str] = "not-installed"
    plugin: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.plugin!r} is not installed in this profile."

    def next_step(self) -> str:
        return _did_you_mean(self.nearest, "See what is installed with %ax list.")


class ConsentRequired(UserError):
    """``permissions`` maps the permissions nobody has granted yet to the author's reasons."""

    code: ClassVar[str] = "consent-required"
    plugin: str
    version: str
    permissions: dict[str, str]

    def problem(self) -> str:
        lines = [f"{self.plugin} {self.version} asks for permissions that nobody has granted:"]
        lines += [f"  - {permission}: {reason}" for permission, reason in self.permissions.items()]
        return "\n".join(lines)

    def next_step(self) -> str:
        flags = " ".join(f"--grant {permission}" for permission in self.permissions)
        return f"Nothing was changed. If you agree, run it again with {flags}."


class PlanStale(UserError):
    code: ClassVar[str] = "plan-stale"
    planned_for: int
    current: int

    def problem(self) -> str:
        return f"the plan was made for generation {self.planned_for}, and the profile is now at {self.current}."

    def next_step(self) -> str:
        return "Nothing was changed. Make the plan again: somebody else changed this profile meanwhile."


class UnknownGeneration(UserError, LookupError):
    code: ClassVar[str] = "unknown-generation"
    number: int
    available: tuple[int, ...]

    def problem(self) -> str:
        return f"this profile has no generation {self.number}."

    def next_step(self) -> str:
        if not self.available:
            return "Nothing was ever installed in it: there is nothing to go back to."
        return f"It has {', '.join(map(str, self.available))}: see %ax history."


class NothingToRollBack(UserError):
    code: ClassVar[str] = "nothing-to-roll-back"
    current: int

    def problem(self) -> str:
        return "there is no earlier generation to roll back to."

    def next_step(self) -> str:
        return "See the profile's history with %ax history."


class ProfileBusy(UserError):
    """``owner`` says who holds the writer's lock, where it is known."""

    code: ClassVar[str] = "profile-busy"
    path: str
    owner: str
    waited_s: float

    def problem(self) -> str:
        return f"another process ({self.owner}) is changing the profile at {self.path}; waited {self.waited_s:.0f} s."

    def next_step(self) -> str:
        return "Nothing was changed. Try again when it has finished."


class ProfileReadOnly(UserError):
    code: ClassVar[str] = "profile-read-only"
    path: str
    reason: str

    def problem(self) -> str:
        return f"cannot write to {self.path}: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Give yourself write access, or set AUTOMATOSX_HOME to a folder that is yours."


class StorageFull(UserError):
    code: ClassVar[str] = "storage-full"
    path: str
    reason: str

    def problem(self) -> str:
        return f"there is no room left for {self.path}: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Free some space there, or set AUTOMATOSX_HOME to a larger disk."


class StorageFailed(PlatformError):
    code: ClassVar[str] = "storage-failed"
    path: str
    reason: str

    def problem(self) -> str:
        return f"{self.path} could not be read or written: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Check the disk and that the path is what you meant, then try again."


class ProfileDamaged(PlatformError):
    code: ClassVar[str] = "profile-damaged"
    path: str
    reason: str

    def problem(self) -> str:
        return f"{self.path} is damaged: {self.reason}."

    def next_step(self) -> str:
        return (
            "Roll back to a generation that is whole (%ax history, %ax rollback --to N), or install the plugin again."
        )


class StateDamaged(PlatformError):
    code: ClassVar[str] = "state-damaged"
    path: str
    reason: str

    def problem(self) -> str:
        return f"a plugin's saved state at {self.path} cannot be used: {self.reason}."

    def next_step(self) -> str:
        return "Roll back to an earlier generation (%ax rollback): it has its own copy of the state."


class QuotaExceeded(UserError):
    code: ClassVar[str] = "quota-exceeded"
    what: str
    allowed: str
    found: str

    def problem(self) -> str:
        return f"{self.what} is too large: {self.found}, where {self.allowed} are allowed. Nothing was written."

    def next_step(self) -> str:
        return "Store less, or delete what is no longer needed with storage.delete()."


# --- the worker and the plugin in it --------------------------------------------------------------------------


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
        return (
            f"This is an error in the plugin, not in your notebook: tell its publisher, or %ax rollback {self.plugin}."
        )


class PermissionDenied(UserError):
    code: ClassVar[str] = "permission-denied"
    plugin: str
    permission: str

    def problem(self) -> str:
        return f"{self.plugin} has no permission {self.permission!r}."

    def next_step(self) -> str:
        return f"Its manifest has to ask for it under [permissions], and you to grant it: %ax info {self.plugin}."


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
        return _did_you_mean(self.nearest, "A handler is 'module.sub:function', with the module under src/.")


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
    """A plugin's worker went over a limit and was stopped. ``limit`` is a field of ``sandbox.limits.Limits``."""

    code: ClassVar[str] = "limit-exceeded"
    plugin: str
    limit: str
    allowed: str
    remedy: str = ""

    def problem(self) -> str:
        return f"{self.plugin} went over its limit {self.limit} ({self.allowed}) and was stopped."

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
    plugin: str
    status: str

    def problem(self) -> str:
        return f"the worker of {self.plugin} ended unexpectedly ({self.status})."

    def next_step(self) -> str:
        return "It is started again at the next call. If it happens again, tell the plugin's publisher."


class SandboxUnavailable(PlatformError):
    """Plugins do not start: a layer that the policy requires is missing here, or no worker can be started."""

    code: ClassVar[str] = "sandbox-unavailable"
    reason: str

    def problem(self) -> str:
        return f"plugins cannot be started safely here: {self.reason}."

    def next_step(self) -> str:
        return "Run 'jupyter automatosx doctor': it says which layers are missing and how to get them."


class ProtocolViolation(PlatformError):
    """The other end of the wire sent something that is not a frame of ours; the worker was stopped."""

    code: ClassVar[str] = "protocol-violation"
    reason: str

    def problem(self) -> str:
        return f"a worker broke the wire protocol: {self.reason}."

    def next_step(self) -> str:
        return "Its worker was stopped. Treat the plugin as hostile until its publisher explains it."


# --- arguments and values -------------------------------------------------------------------------------------


class UnknownVariable(UserError, LookupError):
    code: ClassVar[str] = "unknown-variable"
    name: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"there is no variable {self.name!r} in this notebook."

    def next_step(self) -> str:
        return _did_you_mean(self.nearest, "Run the cell that defines it first.")


class UntransferableValue(UserError, TypeError):
    code: ClassVar[str] = "untransferable-value"
    what: str
    type_name: str
    reason: str = ""

    def problem(self) -> str:
        because = f": {self.reason}" if self.reason else ""
        return f"{self.what} is a {self.type_name}, which cannot be handed to a plugin{because}."

    def next_step(self) -> str:
        return "JSON values, bytes and tables can (anything with __arrow_c_stream__: pandas, polars, pyarrow, duckdb)."


class UsageError(UserError):
    """A verb or a magic was typed wrongly. ``usage`` is its usage line."""

    code: ClassVar[str] = "usage"
    message: str
    usage: str

    def problem(self) -> str:
        return self.message if self.message.endswith((".", "?")) else f"{self.message}."

    def next_step(self) -> str:
        return f"Usage: {self.usage}"


class InvalidConfiguration(UserError):
    """``where`` is a file or a setting, as in ``c.SandboxLimits``."""

    code: ClassVar[str] = "invalid-configuration"
    where: str
    reason: str

    def problem(self) -> str:
        return f"the configuration in {self.where} cannot be used: {self.reason}."

    def next_step(self) -> str:
        return "Correct it; until then nothing that depends on it starts. docs/configuration.md lists every setting."
