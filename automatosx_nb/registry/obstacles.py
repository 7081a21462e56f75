"""What keeps a release out of a registry whatever is in it, told beside all that the checks found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automatosx_nb.errors import PublishRefused, SignatureRequired, VersionTaken
from automatosx_nb.model.names import publisher_of
from automatosx_nb.model.release import CheckResult

if TYPE_CHECKING:
    from automatosx_nb.errors import AutomatosxError, PluginQuarantined
    from automatosx_nb.model.semver import Version


@dataclass(frozen=True, slots=True)
class Obstacle:
    """``alone``: the error where nothing else is wrong; None: it is a finding like those of checks."""

    result: CheckResult
    alone: AutomatosxError | None = None

    @property
    def kind(self) -> type[PublishRefused]:
        """The error that it is among others."""
        return type(self.alone) if isinstance(self.alone, VersionTaken) else PublishRefused


def version(taken: VersionTaken) -> Obstacle:
    return Obstacle(_result("version", f"{taken.taken()} {taken.next_step()}", "plugin.toml"), taken)


def quarantine(error: PluginQuarantined) -> Obstacle:
    return Obstacle(_result("quarantine", f"{error.problem()} {error.next_step()}"), error)


def signature(plugin: str, release: Version) -> Obstacle:
    error = SignatureRequired(plugin, str(release))
    return Obstacle(_result("signature", f"{error.problem()} {error.next_step()}"), error)


def publisher(plugin: str) -> Obstacle:
    """It is verified, and whoever has the registry's folder is not known to be it."""
    name = publisher_of(plugin)
    message = f"the publisher {name!r} is verified here, and only it publishes under that name: choose another 'id'"
    return Obstacle(_result("publisher", message, "plugin.toml"))


def _result(check: str, message: str, file: str = "") -> CheckResult:
    return CheckResult(check, False, "error", message, file)
