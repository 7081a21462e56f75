"""What a capability refuses or cannot do; plugin code sees it as ``CapabilityFailed`` with its type name."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import PlatformError, UserError, did_you_mean


class CallsTooFast(UserError):
    """A plugin asked a capability for more than its share of calls a second. ``wait_s``: until it may ask again."""

    code: ClassVar[str] = "calls-too-fast"
    plugin: str
    capability: str
    per_s: float
    wait_s: float

    def problem(self) -> str:
        return f"{self.plugin} called {self.capability} more often than {self.per_s:g} times a second."

    def next_step(self) -> str:
        return f"Wait {self.wait_s:.2g} s, and ask for more at a time."


class PermissionNotOptional(UserError):
    """A plugin asked at run time for what its manifest does not list as optional; ``optional`` is what it lists."""

    code: ClassVar[str] = "permission-not-optional"
    plugin: str
    version: str
    permission: str
    optional: tuple[str, ...]

    def problem(self) -> str:
        return f"{self.plugin} {self.version} does not list {self.permission!r} under [permissions.optional]."

    def next_step(self) -> str:
        listed = f"it lists {', '.join(self.optional)}" if self.optional else "it lists nothing"
        return (
            f"Only what stands there can be asked for while it runs, and {listed}. What a plugin cannot do without is "
            f"granted when it is installed, or with %ax grant {self.plugin}."
        )


class HttpRefused(UserError, ValueError):
    """The host does not send this request, or does not follow where its answer leads. ``host`` may be unknown: ''."""

    code: ClassVar[str] = "http-refused"
    host: str
    reason: str

    def problem(self) -> str:
        return f"the request{f' to {self.host}' if self.host else ''} was not sent: {self.reason}."

    def next_step(self) -> str:
        return "docs/sdk.md says what sdk.http sends and where to."


class HttpFailed(UserError):
    """A request was sent, and no whole answer came."""

    code: ClassVar[str] = "http-failed"
    host: str
    reason: str

    def problem(self) -> str:
        return f"no answer of {self.host} came: {self.reason}."

    def next_step(self) -> str:
        return "Check that the server runs and that this computer reaches it, then try again."


class TransferTooLarge(UserError):
    code: ClassVar[str] = "transfer-too-large"
    what: str
    allowed: str

    def problem(self) -> str:
        return f"{self.what} has more than {self.allowed}."

    def next_step(self) -> str:
        return "Nothing of it was handed over. Ask for a part of it, or have the user hand a table over."


class FileRefused(UserError):
    """A plugin may not, or cannot, open this file; ``path`` is relative to the notebook's folder."""

    code: ClassVar[str] = "file-refused"
    path: str
    reason: str

    def problem(self) -> str:
        return f"the file {self.path!r} was not opened: {self.reason}."

    def next_step(self) -> str:
        return "Plugins open plain files beneath the notebook's folder, and follow no links: docs/sdk.md."


class SecretNotSet(UserError, LookupError):
    code: ClassVar[str] = "secret-not-set"
    plugin: str
    name: str

    def problem(self) -> str:
        return f"the secret {self.name!r} of {self.plugin} is not set."

    def next_step(self) -> str:
        return f"Set it with '%ax secrets set {self.plugin} {self.name}' (the value is asked for, and not shown)."


class SecretsUnavailable(PlatformError):
    """No secret can be kept or read here."""

    code: ClassVar[str] = "secrets-unavailable"
    reason: str
    remedy: str = "docs/permissions.md says where secrets are kept."

    def problem(self) -> str:
        return f"secrets cannot be kept or read here: {self.reason}."

    def next_step(self) -> str:
        return self.remedy


class UnknownSetting(UserError, LookupError):
    code: ClassVar[str] = "unknown-setting"
    plugin: str
    name: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.plugin} has no setting {self.name!r}."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, f"List them with %ax settings {self.plugin}.")


class InvalidSetting(UserError, ValueError):
    """A value that the setting's JSON Schema does not allow; ``where`` is what it came from."""

    code: ClassVar[str] = "invalid-setting"
    plugin: str
    name: str
    where: str
    fault: str

    def problem(self) -> str:
        return f"{self.where} is no value of the setting {self.name!r} of {self.plugin}: {self.fault}."

    def next_step(self) -> str:
        return f"Nothing was changed. %ax settings {self.plugin} {self.name} says what is allowed."


class SettingLocked(UserError):
    """``where`` it is locked: a file, with its line."""

    code: ClassVar[str] = "setting-locked"
    plugin: str
    name: str
    where: str

    def problem(self) -> str:
        return f"the setting {self.name!r} of {self.plugin} cannot be changed here: {self.where} locks it."

    def next_step(self) -> str:
        return "Nothing was changed. Ask whoever looks after that file."
