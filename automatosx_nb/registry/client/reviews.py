"""Reviews and moderation in another computer's registry: the protocols of ``model.ports_registry``, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automatosx_nb.model.release import Stage
from automatosx_nb.model.review import Dossier, ReviewPage, Standing
from automatosx_nb.registry.client.room import Room

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor


class RemoteReviews(Room):
    """Implements :class:`automatosx_nb.model.ports_registry.Reviews`."""

    def queue(
        self,
        _actor: Actor,
        *,
        publisher: str | None = None,
        plugin: str | None = None,
        to: Stage | None = None,
        open_to_me: bool = False,
        after: int | None = None,
        size: int = 50,
    ) -> ReviewPage:
        asked: dict[str, Any] = {"publisher": publisher, "plugin": plugin, "to": to, "open": open_to_me or None}
        return self._ask(ReviewPage, "GET", "reviews", **asked, after=after, size=size)

    def dossier(self, _actor: Actor, plugin: str, version: str) -> Dossier:
        return self._ask(Dossier, "GET", "reviews", plugin, version)

    def decide(
        self, _actor: Actor, plugin: str, version: str, sha256: str, *, approves: bool, reason: str = ""
    ) -> Standing:
        word = {"approves": approves, "sha256": sha256, "reason": reason}
        return self._ask(Standing, "POST", "reviews", plugin, version, body=word)

    def lift(self, _actor: Actor, plugin: str, version: str, reviewer: str, *, reason: str) -> Standing:
        return self._ask(Standing, "DELETE", "reviews", plugin, version, reviewer=reviewer, reason=reason)

    def promote(self, _actor: Actor, plugin: str, version: str, to: Stage) -> Standing:
        return self._ask(Standing, "PATCH", "releases", plugin, version, body={"stage": to})


class RemoteModeration(Room):
    """Implements :class:`automatosx_nb.model.ports_registry.Moderation`."""

    def yank(self, _actor: Actor, plugin: str, version: str, reason: str | None) -> None:
        self._patch(plugin, version, yanked=reason)

    def deprecate(
        self, _actor: Actor, plugin: str, version: str | None, reason: str | None, successor: str | None = None
    ) -> None:
        self._patch(plugin, version, deprecated=reason, successor=successor)

    def quarantine(self, _actor: Actor, plugin: str, version: str | None, reason: str | None) -> None:
        self._patch(plugin, version, quarantined=reason)

    def delete(self, _actor: Actor, plugin: str, version: str, reason: str) -> None:
        self._send("DELETE", "releases", plugin, version, reason=reason)

    def _patch(self, plugin: str, version: str | None, **act: Any) -> None:
        self._send("PATCH", "releases", plugin, *([] if version is None else [version]), body=act)
