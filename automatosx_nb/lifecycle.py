"""Going back, holding on, clearing up: the part of the marketplace that is about a profile's past and its updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.granting import Granting
from automatosx_nb.model.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automatosx_nb.model.difference import Difference
    from automatosx_nb.model.generation import Generation, Pin
    from automatosx_nb.model.history import HistoryEntry
    from automatosx_nb.model.plan import Applied, Plan
    from automatosx_nb.profile import Profile
    from automatosx_nb.profile.collecting import Collected


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
        return self._plan_return(self.profile.undo_target())

    def undo(self, *, progress: Progress = silent) -> Applied:
        """Take the last change back, whatever it was: the generation before it again. Undone twice, it is done again.

        Raises as :meth:`rollback` does.
        """
        return self._return_to(self.profile.undo_target(), progress)

    def _target(self, target: Generation, *, keep_state: bool) -> Generation:
        from automatosx_nb.profile.returning import with_todays_state

        return with_todays_state(target, self.profile.current()) if keep_state else target

    def _plan_return(self, target: Generation) -> Plan:
        from automatosx_nb.profile.returning import plan_return

        return plan_return(self.profile.current(), target, self.settings.policy, self.permissions)

    def _return_to(self, found: Generation, progress: Progress, *, keep_state: bool = False) -> Applied:
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

        plan = self._plan_return(target)
        return self._told(apply(plan))

    # --- pins

    def plan_pin(self, plugin: str, version: str = "", *, note: str = "") -> Plan:
        return self._planner.pin(self.profile.current(), plugin, version, self._pin(note))

    def pin(
        self, plugin: str, version: str = "", *, note: str = "", grant: Iterable[str] = (), progress: Progress = silent
    ) -> Applied:
        """Hold ``plugin`` at ``version`` (by default at the installed one): no update moves it until :meth:`unpin`.

        :raises NotInstalled:
        :raises InvalidVersion:
        :raises ConsentRequired: another version is to come, and asks for more than ``grant``.
        """
        return self._apply(lambda: self.plan_pin(plugin, version, note=note), grant, progress)

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

    # --- what stays, and what goes

    def keep_generation(self, number: int, *, note: str = "") -> None:
        """Have no policy prune generation ``number`` until :meth:`let_generation_go`.

        :raises UnknownGeneration:
        """
        from automatosx_nb.profile.lock import writer_lock

        with writer_lock(self.profile.root):
            self.profile.generations.read(number)
            self.profile.kept_generations.keep(number, note)

    def let_generation_go(self, number: int) -> None:
        """:raises NotPinned: nobody asked to keep it."""
        from automatosx_nb.profile.lock import writer_lock

        with writer_lock(self.profile.root):
            self.profile.kept_generations.let_go(number)

    def collect_garbage(self, *, dry_run: bool = False) -> Collected:
        """Prune generations as ``c.UpdatePolicy.keep_generations`` and ``keep_for`` say, then remove what none names.

        :raises ProfileBusy: a profile that shares the store is being changed; nothing was removed.
        """
        from datetime import UTC, datetime

        from automatosx_nb.profile.collecting import collect

        return collect(self._sharing(), self.settings.generations, datetime.now(UTC), dry_run=dry_run)

    def _sharing(self) -> list[Profile]:
        """Every profile whose artifacts are in the same store as this one's."""
        return [self.profile]
