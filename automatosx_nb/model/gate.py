"""Which releases a plan may choose, as far as policy and consent decide: one question, on every path that resolves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Literal

from automatosx_nb.errors import UnknownPlugin
from automatosx_nb.model.consent import PermissionPolicy, denial
from automatosx_nb.model.permissions import not_covered
from automatosx_nb.model.policy import UNSIGNED
from automatosx_nb.model.publisher import Signers, newcomer_doubt, publisher_doubt
from automatosx_nb.model.semver import Version

if TYPE_CHECKING:
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.policy import ReleasePolicy
    from automatosx_nb.model.release import PluginDetail


Step = Literal["patch", "minor"]


class Gate:
    """A policy about releases and what those may not do without, together.

    :param detail: what the registry says of a plugin; asked only where permissions can keep something out.
    :param most: keep out what is more than such a step from the installed version; None: any step will do.
    :param installed: plugins whose installed version stays in spite of ``permissions``, which hold at its calls.
    :param grants: keep out what asks for more than these and what was granted before, and what somebody else may
        stand behind than before; None: somebody will be asked.
    :param source_of: a plugin's registry, by its address.
    :param signed: keep out what its publisher did not sign.
    """

    def __init__(
        self,
        releases: ReleasePolicy,
        permissions: PermissionPolicy,
        detail: Callable[[str], PluginDetail],
        *,
        installed: Mapping[str, InstalledPlugin] | None = None,
        grants: Collection[str] | None = None,
        most: Step | None = None,
        source_of: Callable[[str], str] = lambda _plugin: "",
        signed: bool = False,
    ) -> None:
        self._releases = releases
        self._permissions = permissions
        self._detail = detail
        self._installed = installed or {}
        self._grants = grants
        self._most = most
        self._source_of = source_of
        self._signed = signed
        self._pinned = any(entry.pin is not None for entry in self._installed.values())
        self._required: dict[str, Mapping[str, Mapping[str, str]]] = {}

    def __bool__(self) -> bool:
        return (
            bool(self._releases)
            or self._permissions.can_deny
            or self._grants is not None
            or self._most is not None
            or self._pinned
            or self._signed
        )

    def against(self, plugin: str, version: Version, /) -> str | None:
        """Why that release may not come, continuing 'acme.a 1.0.0 …'; None: it may."""
        denied = self._releases.against(plugin, version)
        entry = self._installed.get(plugin)
        if denied is not None or (entry is not None and entry.version == str(version)):
            return denied
        held = None if entry is None else self._against_step(entry, version)
        if held is not None:
            return held
        if self._signed and not self._is_signed(plugin, version):
            return UNSIGNED
        if not self._permissions.can_deny and self._grants is None:
            return None
        required = self._of(plugin).get(str(version), {})
        return (
            denial(self._permissions, required, plugin, version)
            or self._unasked(plugin, version, required)
            or self._somebody_else(plugin, entry, version)
        )

    def _is_signed(self, plugin: str, version: Version) -> bool:
        try:
            releases = self._detail(plugin).releases
        except UnknownPlugin:
            return False
        return any(each.version == str(version) and each.signature is not None for each in releases)

    def _somebody_else(self, plugin: str, entry: InstalledPlugin | None, version: Version) -> str | None:
        """Nobody is asked: whose publisher changed waits until somebody names it."""
        if self._grants is None:
            return None
        try:
            detail = self._detail(plugin)
        except UnknownPlugin:
            return None
        if entry is None:
            doubt = newcomer_doubt(detail, str(version), self._installed.values())
            return f"{doubt}: install {plugin} by its name to take it" if doubt else None
        signers, source = Signers.of(detail, str(version), entry.signer), self._source_of(plugin)
        doubt = publisher_doubt(entry, source, verified=detail.summary.verified, signers=signers)
        return f"{doubt}: update {plugin} by its name to take it" if doubt else None

    def _against_step(self, entry: InstalledPlugin, version: Version) -> str | None:
        if entry.pin is not None:
            return f"does not come while {entry.version} is {entry.pin} (unpin it to have another)"
        if self._most is not None and not within_step(self._most, Version.parse(entry.version), version):
            return f"is more than a {self._most} step from {entry.version}: it is left for an update that you ask for"
        return None

    def _unasked(self, plugin: str, version: Version, required: Mapping[str, str]) -> str | None:
        if self._grants is None:
            return None
        entry = self._installed.get(plugin)
        given = self._permissions.granted(required, plugin, version)
        missing = not_covered(required, (*given, *self._grants, *(entry.grants if entry else ())))
        if not missing:
            return None
        flags = " ".join(f"--grant {text}" for text in missing)
        return f"asks for {', '.join(missing)}, which nobody has granted: {flags} lets it in"

    def _of(self, plugin: str) -> Mapping[str, Mapping[str, str]]:
        """Version → what it cannot do without; empty where the registry lost the plugin."""
        if plugin not in self._required:
            try:
                releases = self._detail(plugin).releases
            except UnknownPlugin:
                releases = ()
            self._required[plugin] = {each.version: each.permissions for each in releases}
        return self._required[plugin]


def within_step(most: Step, old: Version, new: Version) -> bool:
    """Whether ``new`` is no more than such a step above ``old``, as SemVer counts them; ``0.x`` moves by patches."""
    if old.major != new.major or (old.major == 0 and old.minor != new.minor):
        return False
    return most == "minor" or old.minor == new.minor
