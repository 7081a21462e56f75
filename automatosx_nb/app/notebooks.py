"""Notebooks that carry the lock of what they need: written into them, and made so in a profile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.app.projects import InProject
from automatosx_nb.model.progress import Progress, silent

if TYPE_CHECKING:
    from automatosx_nb.model.lockfile import Lockfile
    from automatosx_nb.model.plan import Applied, Plan


class InNotebooks(InProject):
    """For :class:`~automatosx_nb.app.Marketplace`. What a notebook needs comes beside what is installed already."""

    def lock_notebook(self, path: Path | str, *, everything: bool = False) -> Lockfile:
        """Write into the notebook at ``path`` which plugins its cells use, and what these require.

        :param everything: all that is installed.
        :raises NotebookUsesNothing: there is none to write.
        :raises NotebookNotFound:
        :raises InvalidNotebook:
        """
        from automatosx_nb.errors import NotebookUsesNothing
        from automatosx_nb.model.lockfile import part_of
        from automatosx_nb.model.notebook import plugins_used
        from automatosx_nb.profile.notebook import read_notebook, write_notebook_lock

        lock = self.lockfile()
        notebook = read_notebook(Path(path))  # last, for whoever has it open may save it meanwhile
        if not everything:
            lock = part_of(lock, plugins_used(notebook, self.profile.current().plugins.values()))
        if not lock.plugins:
            raise NotebookUsesNothing(str(path))
        write_notebook_lock(Path(path), notebook, lock)
        return lock

    def plan_sync_notebook(self, path: Path | str) -> Plan:
        """Raises as :meth:`sync_notebook` does."""
        from automatosx_nb.profile.notebook import notebook_lock

        return self._plan_beside(Path(path), notebook_lock(Path(path)))

    def sync_notebook(
        self,
        path: Path | str,
        *,
        grant: Iterable[str] = (),
        grants_digest: str = "",
        progress: Progress = silent,
    ) -> Applied:
        """Add and change what the notebook's lock names, as one change; what else is installed stays as it is.

        :param grants_digest: that of the notebook's lock, all of whose grants the user agreed to.
        :raises NotebookNotFound:
        :raises InvalidNotebook:
        :raises NotebookUnlocked:
        :raises NotebookMisfit: it does not go with what is installed.

        Else it raises as ``sync`` of a lockfile does.
        """
        from automatosx_nb.profile.notebook import notebook_lock

        lock = notebook_lock(Path(path))
        if grants_digest == lock.grants_digest:
            grant = [*grant, *(each for locked in lock.plugins.values() for each in locked.grants)]
        return self._apply(lambda: self._plan_beside(Path(path), lock), grant, progress)

    def lacking_for(self, path: Path | str) -> tuple[str, ...]:
        """What the notebook's lock names and is not so here, in sentences; no registry is asked.

        Raises as :meth:`plan_sync_notebook` does of a notebook's file.
        """
        from automatosx_nb.model.lockfile import lacking
        from automatosx_nb.profile.notebook import notebook_lock

        return lacking(notebook_lock(Path(path)), self.profile.current().plugins)

    def needed_by(self, path: Path | str) -> frozenset[str]:
        """The plugins that the notebook's lock names. Raises as :meth:`lacking_for` does."""
        from automatosx_nb.profile.notebook import notebook_lock

        return frozenset(notebook_lock(Path(path)).plugins)

    def _plan_beside(self, path: Path, lock: Lockfile) -> Plan:
        from automatosx_nb.errors import NotebookMisfit
        from automatosx_nb.model.lockfile import beside, misfits

        current = self.profile.current()
        combined = beside(lock, self.lockfile())
        unfit = misfits(combined, current.plugins)
        if unfit:
            raise NotebookMisfit(str(path), unfit)
        plan = self._planner.sync(current, combined, self.profile.store, str(path), self._pin)
        return replace(plan, grants_digest=lock.grants_digest)
