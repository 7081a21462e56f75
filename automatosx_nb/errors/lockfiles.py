"""Lockfiles: what cannot be read in one, and what cannot be made of it."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.inputs import ManifestProblem, all_problems
from automatosx_nb.errors.root import UserError, listed


class InvalidLockfile(UserError, ValueError):
    code: ClassVar[str] = "invalid-lockfile"
    source: str
    problems: tuple[ManifestProblem, ...]

    def problem(self) -> str:
        return all_problems(self.source, self.problems)

    def next_step(self) -> str:
        return (
            "Nothing was changed. Get the file back as it was written, or write it again where the right plugins are "
            f"installed: %ax lock {_option(self.source)}{self.source}. docs/lockfile.md shows every key."
        )


class LockfileConflict(UserError, ValueError):
    """A merge left its marks in a lockfile. ``lines`` are theirs, from 1."""

    code: ClassVar[str] = "lockfile-conflict"
    source: str
    lines: tuple[int, ...]

    def problem(self) -> str:
        shown = ", ".join(map(str, self.lines[:12])) + (", …" if len(self.lines) > 12 else "")
        where = f"line{'s' if len(self.lines) != 1 else ''} {shown}"
        return f"{self.source} is in the middle of a merge: there are conflict marks in {where}."

    def next_step(self) -> str:
        name = self.source
        return (
            f"Nothing was changed. Take the side of this profile (git checkout --ours {name}; in a rebase --theirs), "
            f"install what the other side added, and write the file again with %ax lock {name}."
        )


class LockfileTooNew(UserError):
    """``found`` is the file's lock-version, ``known`` the newest that this version can read."""

    code: ClassVar[str] = "lockfile-too-new"
    source: str
    found: int
    known: int

    def problem(self) -> str:
        return f"{self.source} has lock-version {self.found}, and this automatosx_nb knows up to {self.known}."

    def next_step(self) -> str:
        return (
            "Nothing was changed. Update automatosx_nb: what a newer one wrote is neither guessed at nor overwritten."
        )


class LockfileNotFound(UserError, LookupError):
    code: ClassVar[str] = "lockfile-not-found"
    path: str

    def problem(self) -> str:
        return f"there is no lockfile {self.path}."

    def next_step(self) -> str:
        return "Name one (%ax sync FILE), or write one where the plugins are installed: %ax lock."


class NotALockfile(UserError):
    """Something else stands where a lockfile is to be written."""

    code: ClassVar[str] = "not-a-lockfile"
    path: str

    def problem(self) -> str:
        return f"{self.path} is no lockfile, and is not overwritten."

    def next_step(self) -> str:
        return "Nothing was changed. Name another file (%ax lock FILE), or move this one away."


class LockedReleaseGone(UserError, LookupError):
    """``missing`` are sentences, one a plugin. ``registry`` was asked; the lock was made with ``made_with``."""

    code: ClassVar[str] = "locked-release-gone"
    source: str
    missing: tuple[str, ...]
    registry: str
    made_with: str

    def problem(self) -> str:
        return listed(f"{self.source} names what is neither in this profile nor in its registry:", self.missing)

    def next_step(self) -> str:
        if self.registry != self.made_with:
            other = f"the lock was made with {self.made_with}, and the registry here is {self.registry}"
            return f"Nothing was changed. Use the same registry: {other}."
        return (
            "Nothing was changed. Publish it here, or install another version and write the lock again with %ax lock."
        )


class OutOfSync(UserError):
    """``differences`` are sentences."""

    code: ClassVar[str] = "out-of-sync"
    source: str
    differences: tuple[str, ...]

    def problem(self) -> str:
        return listed(f"this profile is not what {self.source} says:", self.differences)

    def next_step(self) -> str:
        write = f"%ax lock {_option(self.source)}{self.source}"
        return f"Make it so with %ax sync {self.source}, or keep what is installed with {write}."


def _option(source: str) -> str:
    return "--into-notebook " if source.endswith(".ipynb") else ""
