"""Working in a project: its lock is kept in step with what is installed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from automatosx_nb import __version__
from automatosx_nb.app.lifecycle import Lifecycle

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.model.lockfile import Lockfile
    from automatosx_nb.model.plan import Applied, Plan

_leading = ContextVar("leading", default=False)
"""Whether the change under way leads to what the project's lock says, or is to replace it."""


class InProject(Lifecycle):
    """The nearest project's profile is *the* profile, for :class:`~automatosx_nb.app.Marketplace`."""

    def lockfile(self) -> Lockfile:
        """What is installed, as a lock; :meth:`lock` writes it.

        :raises ProfileDamaged: an artifact is missing, or not what was installed.
        """
        return self._lock_of_installed(self.registry.address, f"automatosx_nb {__version__}")

    def _lock_of_installed(self, registry: str, created_by: str) -> Lockfile:
        from automatosx_nb.profile.lockfile import lock_of

        installed = self.profile.current().plugins.values()
        return lock_of(installed, self.profile.package, registry=registry, created_by=created_by)

    def init_project(self, folder: Path) -> Path:
        """Make ``folder`` a project without plugins; the path of its lock. One that is there already stays as it is.

        :raises ProfileReadOnly:
        """
        from automatosx_nb.files import storage_errors
        from automatosx_nb.home import default_home
        from automatosx_nb.model.lockfile import Lockfile
        from automatosx_nb.profile.lockfile import write_lock
        from automatosx_nb.profile.project import Project

        project = Project(folder, default_home())
        if not project.lock.is_file():
            with storage_errors(project.lock):
                project.lock.parent.mkdir(parents=True, exist_ok=True)  # as the user's umask says: it is shared
            empty = Lockfile(
                created_by=f"automatosx_nb {__version__}", registry=self.registry.address, wishes={}, plugins={}
            )
            write_lock(project.lock, empty)
            project.mark_seen()
        return project.lock

    def _planned(self, make_plan: Callable[[], Plan], apply: Callable[[Plan], Applied]) -> Applied:
        self._refuse_out_of_step()
        return super()._planned(make_plan, apply)

    def _told(self, applied: Applied) -> Applied:
        if self.project is not None:
            self._keep_in_step()
        return super()._told(applied)

    def _refuse_out_of_step(self) -> None:
        """:raises ProjectOutOfStep: somebody else changed the lock, and this change would write over that."""
        from automatosx_nb.errors import ProjectOutOfStep

        if self.project is not None and not _leading.get() and not self.project.is_in_step():
            raise ProjectOutOfStep(str(self.project.lock))

    def _keep_in_step(self) -> None:
        """What is changed already is not undone because the project cannot be written: that is told."""
        from automatosx_nb.errors import AutomatosxError
        from automatosx_nb.profile.lockfile import write_lock

        assert self.project is not None
        try:
            write_lock(self.project.lock, self.lockfile())
            self.project.mark_seen()
        except AutomatosxError as error:
            self.profile.notices.add(f"The change was made, and the project's lock was not written: {error}")


@contextmanager
def leading_to_the_lock() -> Iterator[None]:
    """Within, changes are not refused because the project's lock says something else."""
    token = _leading.set(True)
    try:
        yield
    finally:
        _leading.reset(token)
