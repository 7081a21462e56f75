"""A registry at the other end of a network."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import PlatformError, UserError


class RegistryRefused(UserError):
    """``status`` is the HTTP status, 401 or 403."""

    code: ClassVar[str] = "registry-refused"
    address: str
    status: int
    sent: bool
    """Whether a token was sent."""

    def problem(self) -> str:
        why = "does not take your token" if self.sent else "lets nobody in without a token"
        return f"the registry {self.address} {why} (HTTP {self.status})."

    def next_step(self) -> str:
        return (
            "Nothing was changed. Put a token of that server into the variable AUTOMATOSX_REGISTRY_TOKEN; "
            "docs/remote-registry.md says where to get one."
        )


class RegistryAnswerInvalid(PlatformError):
    """Somebody answers at the registry's address, and not as a registry does. ``reason`` continues 'it'."""

    code: ClassVar[str] = "registry-answer-invalid"
    address: str
    reason: str

    def problem(self) -> str:
        return f"what answers at {self.address} is no registry that this version understands: it {self.reason}."

    def next_step(self) -> str:
        return (
            "Nothing was changed. Check the address in AUTOMATOSX_REGISTRY, as in https://host/automatosx, and whether "
            "a proxy or a login page stands before it."
        )


class PublishingElsewhere(UserError):
    """A remote registry is read, and not written."""

    code: ClassVar[str] = "publishing-elsewhere"
    address: str

    def problem(self) -> str:
        return f"the registry {self.address} takes and checks no plugins over the network. Nothing was published."

    def next_step(self) -> str:
        return (
            "Publish where that registry lies: without AUTOMATOSX_REGISTRY, and with AUTOMATOSX_HOME as "
            "its server has it, 'jupyter automatosx publish FOLDER'."
        )


class ArtifactTooLarge(UserError):
    """``source`` is the address that sends it, ``allowed`` as in ``the 20480 bytes that were announced``."""

    code: ClassVar[str] = "artifact-too-large"
    plugin: str
    version: str
    source: str
    allowed: str

    def problem(self) -> str:
        return f"{self.source} has more of {self.plugin} {self.version} than {self.allowed}: it was not read on."

    def next_step(self) -> str:
        return "Nothing was installed. Try again; if it stays so, tell the registry's administrator."
