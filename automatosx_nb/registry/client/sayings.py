"""What people say of plugins in another computer's registry, and the record of its acts, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from automatosx_nb.errors import InvalidRange, RegistryAnswerInvalid
from automatosx_nb.model.acts import ActPage
from automatosx_nb.model.moderation import PluginRatings, Report, ReportKind, ReportPage
from automatosx_nb.registry.client.records import SaidAdvisory, advisory_of
from automatosx_nb.registry.client.room import Room

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.release import Advisory, Severity
    from automatosx_nb.model.semver import Range


class _Advisories(msgspec.Struct):
    items: tuple[SaidAdvisory, ...]


class RemoteAdvisories(Room):
    """Implements :class:`automatosx_nb.model.ports_registry.Advisories`."""

    def all(self, _actor: Actor, *, plugin: str | None = None) -> tuple[Advisory, ...]:
        found = self._ask(_Advisories, "GET", "advisories", plugin=plugin)
        return tuple(self._read(each) for each in found.items)

    def make(
        self, _actor: Actor, plugin: str, wanted: Range, severity: Severity, summary: str, *, disables: bool = False
    ) -> Advisory:
        new = {"plugin": plugin, "range": str(wanted), "severity": severity, "summary": summary, "disables": disables}
        return self._read(self._ask(SaidAdvisory, "POST", "advisories", body=new))

    def put(self, actor: Actor, advisory: Advisory) -> Advisory:
        """As the protocol's; another computer's registry gives a new one an id of its own."""
        if not advisory.id:
            said = advisory.plugin, advisory.range, advisory.severity, advisory.summary
            return self.make(actor, *said, disables=advisory.disables)
        changes = {
            "range": str(advisory.range),
            "severity": advisory.severity,
            "summary": advisory.summary,
            "disables": advisory.disables,
        }
        return self._read(self._ask(SaidAdvisory, "PATCH", "advisories", advisory.id, body=changes))

    def withdraw(self, _actor: Actor, advisory: str) -> None:
        self._send("DELETE", "advisories", advisory)

    def _read(self, said: SaidAdvisory) -> Advisory:
        try:
            return advisory_of(said)
        except InvalidRange as error:
            raise RegistryAnswerInvalid(self._transport.address, f"has an advisory of no range ({error})") from error


class RemoteReports(Room):
    """Implements :class:`automatosx_nb.model.ports_registry.Reports`."""

    def file(self, _actor: Actor, plugin: str, kind: ReportKind, text: str, version: str | None = None) -> Report:
        new = {"plugin": plugin, "kind": kind, "text": text, "version": version}
        return self._ask(Report, "POST", "reports", body=new)

    def all(
        self,
        _actor: Actor,
        *,
        plugin: str | None = None,
        is_open: bool | None = None,
        before: int | None = None,
        size: int = 50,
    ) -> ReportPage:
        return self._ask(ReportPage, "GET", "reports", plugin=plugin, open=is_open, before=before, size=size)

    def close(self, _actor: Actor, number: int, outcome: str) -> Report:
        return self._ask(Report, "PATCH", "reports", str(number), body={"outcome": outcome})


class RemoteRatings(Room):
    """Implements :class:`automatosx_nb.model.ports_registry.Ratings`."""

    def of(self, _actor: Actor, plugin: str) -> PluginRatings:
        return self._ask(PluginRatings, "GET", "ratings", plugin)

    def rate(self, _actor: Actor, plugin: str, stars: int, text: str = "", version: str | None = None) -> PluginRatings:
        word = {"stars": stars, "text": text, "version": version}
        return self._ask(PluginRatings, "PUT", "ratings", plugin, body=word)

    def withdraw(self, _actor: Actor, plugin: str, *, user: str | None = None) -> PluginRatings:
        return self._ask(PluginRatings, "DELETE", "ratings", plugin, user=user)


class RemoteAuditLog(Room):
    """Implements :class:`automatosx_nb.model.ports_registry.AuditLog`."""

    def read(
        self,
        _actor: Actor,
        *,
        plugin: str | None = None,
        by: str | None = None,
        action: str | None = None,
        before: int | None = None,
        size: int = 50,
    ) -> ActPage:
        asked: dict[str, Any] = {"plugin": plugin, "by": by, "action": action}
        return self._ask(ActPage, "GET", "events", **asked, before=before, size=size)
