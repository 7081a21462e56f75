"""What plugins hold, and giving and taking it: the part of the marketplace that is about permissions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from automatosx_nb.app.changing import Changing
from automatosx_nb.errors import ProfileDamaged
from automatosx_nb.model.progress import Progress, silent

if TYPE_CHECKING:
    from automatosx_nb.host.deciding import Asked, PluginHoldings
    from automatosx_nb.model.consent import Explanation
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.plan import Applied, Plan


class Granting(Changing):
    """Grants and policy about permissions, for :class:`~automatosx_nb.app.Marketplace`."""

    def explain_policy(self, plugin: str, wish: str = "") -> Explanation:
        """What policy says of a release: of the one that ``wish`` chooses, by default of the newest.

        :raises UnknownPlugin:
        :raises UnknownRelease: none is in the range.
        """
        from automatosx_nb.host.deciding import explain_release
        from automatosx_nb.profile.details import shown_by

        return explain_release(shown_by(self.registry, plugin), wish, self.settings.policy, self.permissions)

    def holdings(self, *plugins: str) -> tuple[PluginHoldings, ...]:
        """What the installed plugins (all, or these) ask for, hold and are denied.

        :raises NotInstalled:
        """
        from automatosx_nb.host.deciding import holdings_of
        from automatosx_nb.profile.changes import installed_entry

        current = self.profile.current()
        entries = [installed_entry(current, plugin) for plugin in plugins or current.plugins]
        return tuple(
            holdings_of(entry, self._asked_or_held(entry), self.session, self.permissions) for entry in entries
        )

    def asked_by(self, entry: InstalledPlugin) -> Asked:
        """What the manifest of an installed plugin asks for."""
        manifest = self.profile.package(entry).manifest
        return manifest.permissions, manifest.optional_permissions

    def _asked_or_held(self, entry: InstalledPlugin) -> Asked:
        """What it holds is told and can be revoked although its artifact is lost."""
        try:
            return self.asked_by(entry)
        except ProfileDamaged:
            return dict.fromkeys(entry.grants, ""), {}

    def plan_grant(self, plugin: str, *permissions: str) -> Plan:
        from automatosx_nb.profile.changes import installed_entry
        from automatosx_nb.profile.granting import plan_grant

        current = self.profile.current()
        required, optional = self.asked_by(installed_entry(current, plugin))
        return plan_grant(current, plugin, normal(permissions), {**required, **optional}, self.permissions)

    def grant(self, plugin: str, *permissions: str, progress: Progress = silent) -> Applied:
        """Grant an installed plugin what it asks for: a new generation, which a rollback takes back.

        :raises NotInstalled:
        :raises PermissionNotAsked:
        :raises PolicyForbids: the policy denies it, so nobody can grant it.
        """
        return self._regrant(lambda: self.plan_grant(plugin, *permissions), progress)

    def grant_in_session(self, plugin: str, *permissions: str, once: bool = False) -> tuple[str, ...]:
        """As :meth:`grant`, until this process ends, or for the plugin's next call; and what that is.

        :raises NotForOneCall: it counts for as long as a worker runs, and not for a call.
        """
        from automatosx_nb.host.deciding import refuse_standing
        from automatosx_nb.host.recording import record_session
        from automatosx_nb.profile.changes import installed_entry
        from automatosx_nb.profile.granting import grantable

        entry = installed_entry(self.profile.current(), plugin)
        required, optional = self.asked_by(entry)
        texts = grantable(entry, normal(permissions), {**required, **optional}, self.permissions)
        if once:
            refuse_standing(texts)
        self.session.add(plugin, texts, once=once)
        record_session(self.audit, "grants-given", entry, texts, "once" if once else "session")
        self.tell_changed()
        return texts

    def plan_revoke(self, plugin: str, *permissions: str) -> Plan:
        """Raises as :meth:`revoke` does."""
        return self._plan_revoke(plugin, normal(permissions), self.session.held(plugin))

    def revoke(self, plugin: str, *permissions: str, progress: Progress = silent) -> Applied:
        """Take back what was granted, also in this session; a running worker holds it no longer at its next call.

        Where the profile did not hold it, no generation is made.

        :raises NotInstalled:
        :raises NotGranted:
        """
        from automatosx_nb.host.recording import record_session
        from automatosx_nb.profile.changes import installed_entry

        texts, in_session = normal(permissions), self.session.held(plugin)
        self._plan_revoke(plugin, texts, in_session)  # raises before anything is taken back
        gone = [each for text in texts for each in self.session.drop(plugin, text)]
        if gone:
            record_session(self.audit, "grants-gone", installed_entry(self.profile.current(), plugin), gone, "session")
        return self._regrant(lambda: self._plan_revoke(plugin, texts, in_session), progress)

    def _plan_revoke(self, plugin: str, texts: Iterable[str], in_session: Iterable[str]) -> Plan:
        from automatosx_nb.profile.granting import plan_revoke

        return plan_revoke(self.profile.current(), plugin, texts, in_session)

    def _regrant(self, make_plan: Callable[[], Plan], progress: Progress) -> Applied:
        from automatosx_nb.host.environment import author
        from automatosx_nb.profile.granting import apply_grants

        def apply(plan: Plan) -> Applied:
            return apply_grants(self.profile, plan, permissions=self.permissions, author=author(), progress=progress)

        return self._planned(make_plan, apply)


def normal(permissions: Iterable[str]) -> tuple[str, ...]:
    """:raises InvalidPermission:"""
    from automatosx_nb.model.permissions import Permission

    return tuple(str(Permission.parse(text)) for text in permissions)
