"""What installed plugins hold at this moment: the profile's grants and this kernel's, less what policy denies.

Nobody has to tell a running worker of a revoke: its grants are looked at when a call begins, and within a call as soon
as they are older than :data:`FRESH_S`.
"""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from automatosx_nb.host.grants import Grants
from automatosx_nb.model.permissions import not_covered
from automatosx_nb.model.semver import Version

if TYPE_CHECKING:
    from automatosx_nb.host.ports import Resources
    from automatosx_nb.model.consent import PermissionPolicy
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.permissions import Permission

FRESH_S = 0.05
"""What another process or a file changed is noticed so soon within a call; looking costs some system calls."""


def stamp(resources: Resources) -> object:
    """Changes whenever what is held could have changed."""
    return resources.profile.generations.stamp(), resources.session.version, resources.policy_stamp()


def held_by(entry: InstalledPlugin, resources: Resources) -> tuple[str, ...]:
    """Without what is granted for one call.

    :raises InvalidConfiguration: nothing is held where policy cannot be read.
    """
    granted = dict.fromkeys((*entry.grants, *resources.session.of(entry.id)))
    denied = resources.permissions.denied(granted, entry.id, Version.parse(entry.version))
    return tuple(text for text in granted if text not in denied)


class LiveGrants(Grants):
    """One installed plugin's grants, whoever changes them meanwhile."""

    def __init__(self, entry: InstalledPlugin, resources: Resources) -> None:
        self._entry = entry
        self._resources = resources
        self._version = Version.parse(entry.version)
        self._once: tuple[str, ...] = ()
        self._policy: PermissionPolicy | None = None
        self._stamp: object = None
        self._looked = float("-inf")
        super().__init__(entry.id, ())

    def begin_call(self, *, event: bool) -> frozenset[str]:
        """As in :class:`Grants`. What is granted once is for what a person calls, not for an event that comes first."""
        self._once = () if event else self._resources.session.take_once(self.plugin)
        self._look()
        return super().begin_call(event=event)

    def settled(self) -> bool:
        return self._stamp == (stamp(self._resources), ())

    def hold_for_call(self, text: str) -> None:
        self._once = (*self._once, text)
        self._look()

    def refresh(self) -> None:
        self._look()

    def end_call(self) -> None:
        if self._once:
            self._once = ()
            self._look()

    def of(self, kind: str) -> tuple[Permission, ...]:
        self._look_again()
        return super().of(kind)

    def covering(self, needed: Permission) -> Permission | None:
        self._look_again()
        return super().covering(needed)

    def _look_again(self) -> None:
        if monotonic() - self._looked >= FRESH_S:
            self._look()

    def _look(self) -> None:
        """:raises InvalidConfiguration: policy cannot be read; nothing is held until it can."""
        before, self._looked = self._stamp, monotonic()
        self._stamp = (stamp(self._resources), self._once)
        if self._stamp == before:
            return
        try:
            self.hold(self._current())
        except BaseException:
            self._stamp = None
            self.hold(())
            raise

    def _current(self) -> tuple[str, ...]:
        self._policy = self._resources.permissions
        entry = self._resources.profile.current().plugins.get(self.plugin)
        if entry is None:
            return ()
        if entry.version != self._entry.version:  # this kernel has not followed yet: what both versions hold
            lost = not_covered(self._entry.grants, entry.grants)
            entry = replace(self._entry, grants=tuple(text for text in self._entry.grants if text not in lost))
        held = held_by(entry, self._resources)
        denied = self._policy.denied(self._once, self.plugin, self._version)
        return (*held, *(text for text in self._once if text not in denied))

    def _find(self, needed: Permission) -> Permission | None:
        return None if self._why_not(needed) else super()._find(needed)

    def _why_not(self, needed: Permission) -> str:
        policy = self._policy or self._resources.permissions
        decision = policy.decide(needed, self.plugin, self._version)
        return decision.because if decision.verdict == "denied" else ""
