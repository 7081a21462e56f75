"""Working in a project: its lock is kept in step with what is installed for it."""

from __future__ import annotations

import warnings
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
    from automatosx_nb.profile.checking import Fault

_leading: ContextVar[str | None] = ContextVar("leading", default=None)
"""The digest of the project's lock, where the change under way leads to what that says."""
_TAKE_OVER = (
    "See what it says with %ax sync --plan and take it over with %ax sync, or write what is installed over it with "
    "%ax lock."
)
_CHANGED_MEANWHILE = f"The change was made, and {{}} was left as it is: somebody else changed it. {_TAKE_OVER}"
_KEEP_THE_LOG = (
    "Nothing from that entry on can be relied upon. Keep the file, and move it away to have a new one begin."
)


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
            project.mark_seen(write_lock(project.lock, empty), 0)
        return project.lock

    def _planned(self, make_plan: Callable[[], Plan], apply: Callable[[Plan], Applied]) -> Applied:
        self._refuse_out_of_step()
        return super()._planned(make_plan, apply)

    def _told(self, applied: Applied) -> Applied:
        if self.project is not None:
            self._keep_in_step()
        return super()._told(applied)

    def lock_project(self) -> Lockfile:
        """Have the project's lock say what is installed, whatever it said. Raises as :meth:`lock` does."""
        from automatosx_nb.files import drop_temporaries
        from automatosx_nb.profile.lock import writer_lock
        from automatosx_nb.profile.lockfile import write_lock

        assert self.project is not None
        with writer_lock(self.profile.root):
            lock = self.lockfile()
            drop_temporaries(self.project.lock)
            written = write_lock(self.project.lock, lock)
            self.project.mark_seen(written, self.profile.generations.current_number())
        return lock

    def is_in_step(self) -> bool:
        """Whether nobody but us changed the project's lock, or it says what is installed all the same.

        So it does where a process ended right after it had written the lock.
        """
        from automatosx_nb.profile.lock import writer_lock

        project = self.project
        if project is None or project.is_in_step():
            return True
        if not self.profile.generations.current_number():
            return False
        with writer_lock(self.profile.root):  # another process may be about to write down that it wrote the lock
            return project.is_in_step() or project.says(self.lockfile())

    def is_behind(self) -> bool:
        """Whether the project's lock was not written after the last change. Where it was, this loads nothing."""
        project = self.project
        if project is None or not project.is_behind(self.profile.generations.current_number()):
            return False
        return not project.says(self.lockfile())

    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with what is installed, and what to do; beside :mod:`profile.checking`, log and lock."""
        from automatosx_nb.profile.checking import faults_of

        return (*faults_of(self.profile), *self._faults_of_audit(), *self._faults_of_lock())

    def _faults_of_audit(self) -> Iterator[Fault]:
        from automatosx_nb.errors import AutomatosxError
        from automatosx_nb.profile.checking import Fault

        try:
            broken_at = self.audit.check().broken_at
        except AutomatosxError as error:
            yield Fault.of(error)
            return
        if broken_at is not None:
            yield Fault(f"The audit log was changed or damaged at entry {broken_at}.", _KEEP_THE_LOG)

    def _faults_of_lock(self) -> Iterator[Fault]:
        from automatosx_nb.errors import AutomatosxError
        from automatosx_nb.profile.checking import Fault

        try:
            if not self.is_in_step():
                assert self.project is not None
                yield Fault(f"{self.project.lock} names other plugins than are installed for it.", _TAKE_OVER)
            elif self.is_behind():
                assert self.project is not None
                yield Fault(f"{self.project.lock} was not written after the last change.", "%ax lock writes it.")
        except AutomatosxError as error:
            yield Fault.of(error)

    def _refuse_out_of_step(self) -> None:
        """:raises ProjectOutOfStep: somebody else changed the lock, and this change would write over that."""
        from automatosx_nb.errors import ProjectOutOfStep

        if self.project is not None and _leading.get() is None and not self.is_in_step():
            raise ProjectOutOfStep(str(self.project.lock))

    def _keep_in_step(self) -> None:
        """What is changed already is not undone because the project cannot be written: that is told."""
        from automatosx_nb.errors import AutomatosxError
        from automatosx_nb.profile.lock import writer_lock

        assert self.project is not None
        try:
            with writer_lock(self.profile.root):  # else another process's newer lock could be written over
                number = self.profile.generations.current_number()
                kept = self.project.keep(self.lockfile(), number, over=_leading.get())
        except AutomatosxError as error:
            self._tell(f"The change was made, and the project's lock was not written: {error}")
        else:
            if not kept:
                self._tell(_CHANGED_MEANWHILE.format(self.project.lock))

    def _tell(self, text: str) -> None:
        """Where not even that can be written, Python warns."""
        from automatosx_nb.errors import AutomatosxError

        try:
            self.profile.notices.add(text)
        except AutomatosxError:
            warnings.warn(text, RuntimeWarning, stacklevel=2)


@contextmanager
def leading_to(digest: str) -> Iterator[None]:
    """Within, changes lead to what the project's lock of this digest says, and are not refused for that."""
    token = _leading.set(digest)
    try:
        yield
    finally:
        _leading.reset(token)
