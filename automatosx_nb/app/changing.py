"""How a profile is changed through one marketplace: planned, applied, told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from automatosx_nb.app.rooms import Rooms
from automatosx_nb.errors import PlanStale
from automatosx_nb.model.progress import Progress, Step

if TYPE_CHECKING:
    from automatosx_nb.model.consent import GrantScope
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.plan import Applied, Plan
    from automatosx_nb.package import Package

REPLANS = 5


class Changing(Rooms):
    """Who wants to know of changes is told of each that is made through this object."""

    def on_change(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call ``listener``, which must not raise, after each change made through this object, on its thread."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell_changed(self) -> None:
        """Call every listener: what is installed changed, here or by another process."""
        for listener in list(self._listeners):
            listener()

    def _told(self, applied: Applied) -> Applied:
        self.tell_changed()
        return applied

    def _planned(self, make_plan: Callable[[], Plan], apply: Callable[[Plan], Applied]) -> Applied:
        """Plan and apply; where another process changed the profile in between, plan again."""
        for attempt in range(REPLANS):
            plan = make_plan()
            try:
                applied = apply(plan)
            except PlanStale:
                if attempt == REPLANS - 1:
                    raise
                continue
            return self._told(applied)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _apply(
        self,
        make_plan: Callable[[], Plan],
        grant: Iterable[str],
        progress: Progress,
        scope: GrantScope = "profile",
        trust: Iterable[str] = (),
    ) -> Applied:
        from automatosx_nb.host.deciding import passing_grants
        from automatosx_nb.host.environment import author
        from automatosx_nb.host.recording import record_session
        from automatosx_nb.model.permissions import Permission
        from automatosx_nb.profile.planning import require_packages
        from automatosx_nb.profile.transaction import apply_plan

        trusted = frozenset(trust)
        grants = tuple(str(Permission.parse(text)) for text in grant)

        def planned() -> Plan:
            progress(Step("resolve", 0.0, "choosing versions"))
            plan = make_plan()
            require_packages(plan)
            return plan

        def apply(plan: Plan) -> Applied:
            passing = None if scope == "profile" else passing_grants(plan, grants, once=scope == "once")
            applied = apply_plan(
                self.profile,
                plan,
                registry=self.registry,
                grants=grants,
                passing=passing,
                trust=trusted,
                permissions=self.permissions,
                check=self._try_out,
                migrate=self._migrate,
                author=author(),
                progress=progress,
                signed=self.settings.policy.signed,
                at_once=self.settings.registry.limits.at_once,
            )
            for plugin, texts in (passing or {}).items():
                self.session.add(plugin, texts, once=scope == "once")
                record_session(self.audit, "grants-given", self.profile.current().plugins[plugin], texts, scope)
            return applied

        return self._planned(planned, apply)

    def _bring_again(self, plugins: Iterable[str], progress: Progress) -> tuple[str, ...]:
        """Fetch the artifacts of installed plugins where they are missing or damaged; nothing else changes.

        Returns which, with their versions. Raises as ``fetching.fetch`` does.
        """
        from automatosx_nb.profile.fetching import Wanted, fetch
        from automatosx_nb.profile.lock import changing

        installed = self.profile.current().plugins
        entries = [installed[plugin] for plugin in plugins if plugin in installed]
        damaged = [entry for entry in entries if not self.profile.store.holds(entry.sha256)]
        names = tuple(f"{entry.id} {entry.version}" for entry in damaged)
        if not damaged:
            return names
        wanted = [Wanted(entry.id, entry.version, entry.sha256, size=0) for entry in damaged]
        text = f"fetching again what was damaged: {', '.join(names)}"
        with changing(self.profile):
            fetch(self.profile.store, self.registry, wanted, lambda got: progress(Step("fetch", 0.0, text, got)))
        return names

    def _try_out(self, package: Package, grants: tuple[str, ...]) -> None:
        from automatosx_nb.host.trying import try_out

        try_out(package, grants, self.sandbox, self.settings.limits, self.audit)

    def _migrate(self, entry: InstalledPlugin, before: int) -> None:
        from automatosx_nb.host.migrating import migrate_state

        migrate_state(self.profile, self.sandbox, self.limits, entry, before, self.audit)
