"""Going back, holding on, clearing up: the part of the marketplace that is about a profile's past and its updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.app.granting import Granting
from automatosx_nb.errors import AutomatosxError
from automatosx_nb.model.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from automatosx_nb.model.difference import Difference
    from automatosx_nb.model.flags import Flag
    from automatosx_nb.model.gate import Step
    from automatosx_nb.model.generation import Generation, InstalledPlugin, Pin
    from automatosx_nb.model.history import HistoryEntry
    from automatosx_nb.model.outdated import OutdatedPlugin
    from automatosx_nb.model.plan import Applied, Plan
    from automatosx_nb.model.release import IndexRelease
    from automatosx_nb.profile import Profile
    from automatosx_nb.profile.collecting import Collected
    from automatosx_nb.profile.reverting import LastUpdate


class Lifecycle(Granting):
    """History, rollback, undo, pins and garbage, for :class:`~automatosx_nb.app.Marketplace`."""

    # --- the past

    def history(self) -> tuple[HistoryEntry, ...]:
        """Every generation that is left, newest first, each with what it changed."""
        return self.profile.history()

    def differences(self, old: int, new: int) -> tuple[Difference, ...]:
        """What differs between two generations; 0 is the empty profile.

        :raises UnknownGeneration:
        """
        return self.profile.differences(old, new)

    def plan_rollback(self, to: int | None = None, *, keep_state: bool = False) -> Plan:
        return self._plan_return(self._target(self.profile.rollback_target(to), keep_state=keep_state))

    def rollback(self, to: int | None = None, *, keep_state: bool = False, progress: Progress = silent) -> Applied:
        """Back to generation ``to``, or to the one before the last change: versions, grants, pins, state and settings.

        :param keep_state: plugins go on with what they have saved, and with their settings; an older version gets a
            copy of it.
        :raises NothingToRollBack:
        :raises UnknownGeneration:
        :raises PolicyForbids: it would bring back a release that the policy does not let in, or a grant.
        """
        return self._return_to(self.profile.rollback_target(to), progress, keep_state=keep_state)

    def plan_undo(self) -> Plan:
        return self._plan_return(self.profile.undo_target(), self._undoing())

    def undo(self, *, progress: Progress = silent) -> Applied:
        """Take the last change back, whatever it was: the generation before it again. Undone twice, it is done again.

        Raises as :meth:`rollback` does.
        """
        return self._return_to(self.profile.undo_target(), progress, action=self._undoing())

    def _undoing(self) -> str:
        from automatosx_nb.model.history import undoing

        return undoing(self.profile.current().action)

    def _target(self, target: Generation, *, keep_state: bool) -> Generation:
        from automatosx_nb.profile.returning import with_todays_state

        return with_todays_state(target, self.profile.current()) if keep_state else target

    def _plan_return(self, target: Generation, action: str = "") -> Plan:
        from automatosx_nb.profile.returning import plan_return

        return plan_return(self.profile.current(), target, self.settings.policy, self.permissions, action=action)

    def _return_to(
        self, found: Generation, progress: Progress, *, keep_state: bool = False, action: str = ""
    ) -> Applied:
        from automatosx_nb.host.environment import author
        from automatosx_nb.profile.transaction import apply_return

        target = self._target(found, keep_state=keep_state)

        def apply(plan: Plan) -> Applied:
            return apply_return(
                self.profile,
                plan,
                target,
                permissions=self.permissions,
                migrate=self._migrate,
                author=author(),
                progress=progress,
                restores=found.number,
            )

        self._refuse_out_of_step()
        plan = self._plan_return(target, action)
        return self._told(apply(plan))

    def _refuse_out_of_step(self) -> None:
        """Nothing, where there is no project."""

    # --- pins

    def plan_pin(self, plugin: str, version: str = "", *, note: str = "") -> Plan:
        return self._planner.pin(self.profile.current(), plugin, version, self._pin(note))

    def pin(
        self,
        plugin: str,
        version: str = "",
        *,
        note: str = "",
        grant: Iterable[str] = (),
        trust: Iterable[str] = (),
        progress: Progress = silent,
    ) -> Applied:
        """Hold ``plugin`` at ``version`` (by default at the installed one): no update moves it until :meth:`unpin`.

        :raises NotInstalled:
        :raises InvalidVersion:
        :raises ConsentRequired: another version is to come, and asks for more than ``grant``.
        :raises PublisherChanged: another version is to come, from somebody else than ``trust`` has.
        """
        return self._apply(lambda: self.plan_pin(plugin, version, note=note), grant, progress, trust=trust)

    def plan_unpin(self, plugin: str) -> Plan:
        from automatosx_nb.profile.planning import plan_unpin

        return plan_unpin(self.profile.current(), plugin)

    def unpin(self, plugin: str, *, progress: Progress = silent) -> Applied:
        """Let updates move ``plugin`` again.

        :raises NotInstalled:
        :raises NotPinned:
        """
        return self._apply(lambda: self.plan_unpin(plugin), (), progress)

    @staticmethod
    def _pin(note: str) -> Pin:
        from automatosx_nb.host.environment import author
        from automatosx_nb.model.generation import Pin

        by = author()
        return Pin(note, by.by, by.at)

    # --- what is newer, and what is said against what is there

    def outdated(self) -> tuple[OutdatedPlugin, ...]:
        """Installed plugins with an update, with newer versions that are held back, or with flags.

        :raises RegistryUnreachable:
        """
        from automatosx_nb.errors import ResolutionConflict
        from automatosx_nb.model.outdated import outdated

        flags = self.check_flags()
        current = self.profile.current()
        try:
            plan = self._planner.update(current)
        except ResolutionConflict:
            plan = None  # what is installed cannot stay as it is, and its flags say why
        by_plugin = {plugin: [each for each in flags if each.plugin == plugin] for plugin in current.plugins}
        return outdated(current.plugins.values(), plan, by_plugin)

    def check_flags(self) -> tuple[Flag, ...]:
        """What the registry says against what is installed; it is remembered, and what it disables does not run.

        :raises RegistryUnreachable:
        """
        found = self._flags()
        if self.profile.flags.put(found):
            self.tell_changed()
        return found

    def known_flags(self) -> tuple[Flag, ...]:
        """As :meth:`check_flags`, or what was said last where the registry cannot tell; nothing is written."""
        try:
            return self._flags()
        except AutomatosxError:
            return self.profile.flags.all()

    def _flags(self) -> tuple[Flag, ...]:
        installed = self.profile.current().plugins
        releases = self.registry.releases_many(installed)
        return tuple(
            flag
            for entry in installed.values()
            for release in releases[entry.id]
            if str(release.version) == entry.version
            for flag in self._said_against(entry, release)
        )

    def _said_against(self, entry: InstalledPlugin, release: IndexRelease) -> Iterator[Flag]:
        """The registry is asked for the keys only where a signature that counted does not any more."""
        from automatosx_nb.model.flags import flags_of, signature_flag

        yield from flags_of(entry.id, release)
        if entry.signer and release.signed is None and release.quarantined is None:
            yield signature_flag(entry.id, entry.version, entry.signer, self.registry.plugin(entry.id).keys)

    # --- what happens by itself

    def look_after(self) -> None:
        """What a kernel does once a day: ask what is said against what is installed, and update what policy lets.

        Whoever uses the profile next is told.
        """
        said = set(self.profile.flags.all())
        for flag in self.check_flags():
            if flag not in said:
                self.profile.notices.add(f"{flag}.")
        if self.settings.auto != "off":
            self.update_by_policy()

    def update_by_policy(self) -> tuple[Applied, ...]:
        """Update what ``c.UpdatePolicy.auto`` lets, where nothing more is asked.

        What would add, remove or take back anything else, asks for a permission, or lacks a package, is left.
        """
        from automatosx_nb.host.surface import asked_in

        done: list[Applied] = []
        with asked_in("automatic"):
            for plugins in self._by_themselves():
                applied = self._update_by_itself(plugins)
                if applied is not None:
                    done.append(applied)
                    changes = ", ".join(f"{each.id} {each.old} → {each.new}" for each in applied.plan.changes)
                    told = f"Updated by itself, as c.UpdatePolicy.auto says: {changes}. undo takes it back."
                    self.profile.notices.add(told)
        return tuple(done)

    def _by_themselves(self) -> list[tuple[str, ...]]:
        """All together, then each alone: one that cannot be updated by itself keeps no other from it."""
        return [(), *((plugin,) for plugin in self.profile.current().plugins)]

    def _update_by_itself(self, plugins: tuple[str, ...]) -> Applied | None:
        from automatosx_nb.errors import NotByItself

        most: Step = "minor" if self.settings.auto == "minor" else "patch"

        def plan() -> Plan:
            found = self._planner.update(self.profile.current(), plugins, grants=(), most=most)
            if any(change.kind != "update" for change in found.changes):
                raise NotByItself(found.action)
            return found

        try:
            return self._apply(plan, (), silent) if plan().changes else None
        except AutomatosxError:
            return None

    def revert_update(self, plugin: str, version: str) -> str | None:
        """Take the update of ``plugin`` to ``version`` back, if it was within ``c.UpdatePolicy.probation``.

        The older version comes with its data and is pinned, so that no update brings the same one again.

        :returns: the version that it has now; None: nothing was changed.
        """
        from datetime import UTC, datetime

        from automatosx_nb.profile.reverting import last_update

        update, entry = last_update(self.profile, plugin), self.profile.current().plugins.get(plugin)
        if update is None or entry is None or entry.version != version or entry.pin is not None:
            return None
        if not update.is_recent(datetime.now(UTC), self.settings.probation):
            return None
        return self._revert(update)

    def _revert(self, update: LastUpdate) -> str | None:
        from automatosx_nb.host.environment import author
        from automatosx_nb.host.surface import asked_in
        from automatosx_nb.model.generation import Pin
        from automatosx_nb.profile.returning import plan_return
        from automatosx_nb.profile.reverting import misfit, without_update
        from automatosx_nb.profile.transaction import apply_return

        self._refuse_out_of_step()
        current, older, newer = self.profile.current(), update.before, update.after.version
        why = f"{newer} kept ending"
        with asked_in("automatic"):
            by, permissions = author(), self.permissions
            target = without_update(current, update, Pin(why, by.by, by.at))
            unfit = misfit(self.profile, target, older.id)
            if unfit is not None:
                self.profile.notices.add(f"{older.id} {newer} keeps ending, and cannot go back alone, for {unfit}.")
                return None
            action = f"revert {older.id} {older.version}"
            plan = plan_return(current, target, self.settings.policy, permissions, action=action, why=why)
            applied = apply_return(
                self.profile,
                plan,
                target,
                permissions=permissions,
                author=by,
                progress=silent,
                migrate=self._migrate,
            )
        self._told(applied)
        self.profile.notices.add(
            f"{older.id} {newer} kept ending soon after its update: it is {older.version} again, with its data of then "
            f"and pinned there (generation {applied.generation}). undo brings {newer} back; unpin lets updates move it."
        )
        return older.version

    # --- what stays, and what goes

    def keep_generation(self, number: int, *, note: str = "") -> None:
        """Have no policy prune generation ``number`` until :meth:`let_generation_go`.

        :raises UnknownGeneration:
        """
        from automatosx_nb.profile.lock import changing

        with changing(self.profile):
            self.profile.generations.read(number)
            self.profile.kept_generations.keep(number, note)

    def let_generation_go(self, number: int) -> None:
        """:raises NotPinned: nobody asked to keep it."""
        from automatosx_nb.profile.lock import changing

        with changing(self.profile):
            self.profile.kept_generations.let_go(number)

    def collect_garbage(self, *, dry_run: bool = False) -> Collected:
        """Prune generations as ``c.UpdatePolicy.keep_generations`` and ``keep_for`` say, then remove what none names.

        :raises ProfileBusy: a profile that shares the store is being changed; nothing was removed.
        """
        from datetime import UTC, datetime

        from automatosx_nb.profile.collecting import collect

        return collect(self._sharing(), self.settings.generations, datetime.now(UTC), dry_run=dry_run)

    def _sharing(self) -> list[Profile]:
        """Every profile whose artifacts are in the same store as this one's: the user's, and those of all projects."""
        from stat import S_ISDIR

        from automatosx_nb.app.rooms import default_profile_folder
        from automatosx_nb.files import paths_in, storage_errors
        from automatosx_nb.home import default_home
        from automatosx_nb.profile import Profile

        user = default_profile_folder()
        if self.profile.store.folder != Profile(user).store.folder:
            return [self.profile]
        with storage_errors(default_home() / "projects"):
            projects = [each for each in paths_in(default_home() / "projects") if S_ISDIR(each.stat().st_mode)]
        return [Profile(user), *(Profile(each, store=user) for each in projects)]
