"""A registry at the other end of a network."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import PlatformError, UserError, acted_in_the_source


class RegistryRefused(UserError):
    """``status`` is the HTTP status, 401 or 403."""

    code: ClassVar[str] = "registry-refused"
    address: str
    status: int
    sent: bool
    """Whether a token was sent."""

    def problem(self) -> str:
        why = "does not take your token" if self.sent else "takes a token for that, and none was sent"
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
        below = self.address.endswith("/automatosx")
        example = "https://host/automatosx" if below else f"{self.address}/automatosx"
        return (
            f"Nothing was changed. Set AUTOMATOSX_REGISTRY to a registry's address, as in {example}: it is what "
            "'jupyter automatosx serve' prints, or that of a Jupyter server with the extension automatosx_nb, and no "
            "proxy or login page stands before it."
        )


class PublishingElsewhere(UserError):
    """A registry is read, and not written. ``mirror`` is where the copy of it lies that was asked, if one was."""

    code: ClassVar[str] = "publishing-elsewhere"
    address: str
    mirror: str = ""

    def problem(self) -> str:
        if self.mirror:
            return f"{self.mirror} is a mirror, which takes and checks no plugins. Nothing was published."
        return f"the registry {self.address} takes and checks no plugins over the network. Nothing was published."

    def next_step(self) -> str:
        if self.mirror:
            return acted_in_the_source(self.address, "Publish")
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


class NotAMirror(UserError):
    """``reason`` continues 'it' or 'there'."""

    code: ClassVar[str] = "not-a-mirror"
    location: str
    reason: str

    def problem(self) -> str:
        return f"at {self.location} is no mirror that this version reads: {self.reason}."

    def next_step(self) -> str:
        return (
            "Nothing was changed. Check the address in AUTOMATOSX_REGISTRY, as in /srv/mirror or "
            "/media/plugins.axbundle; 'jupyter automatosx mirror OUT' makes one."
        )


class MirrorDamaged(PlatformError):
    """A file of a mirror is not what it should be. ``reason`` continues the file's path."""

    code: ClassVar[str] = "mirror-damaged"
    location: str
    path: str
    reason: str

    def problem(self) -> str:
        return f"the mirror {self.location} is damaged, or somebody changed it: {self.path}: {self.reason}."

    def next_step(self) -> str:
        return "Nothing of it was used. Copy it again from where it was made, and find out who can write to it."


class MirrorExpired(UserError):
    """``made`` and ``expires`` are RFC 3339, UTC."""

    code: ClassVar[str] = "mirror-expired"
    location: str
    made: str
    expires: str

    def problem(self) -> str:
        return (
            f"the mirror {self.location} expired at {self.expires} (it was made at {self.made}), and policy refuses "
            "expired ones: what became known since then, it does not tell."
        )

    def next_step(self) -> str:
        return "Make it again with 'jupyter automatosx mirror', or ask whoever set c.RegistryConnection.expired_mirror."
