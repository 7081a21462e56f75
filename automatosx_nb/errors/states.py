"""Plugins' durable state: conflicts, damage, migrations, files of it."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import PlatformError, UserError


class StateConflict(UserError):
    """A write on a condition that no longer held: ``key`` is at another revision than it was expected to be."""

    code: ClassVar[str] = "state-conflict"
    key: str
    expected: int
    found: int

    def problem(self) -> str:
        was = f"at revision {self.expected}" if self.expected else "absent"
        now = f"at revision {self.found}" if self.found else "absent"
        return f"the key {self.key!r} was to be {was}, and is {now}: somebody else wrote meanwhile."

    def next_step(self) -> str:
        return "Nothing was written. Read it again and decide anew; storage.update() does so by itself."


class StateRestored(PlatformError):
    """What was done about damage; it is told, and raised where a call had already read from what was damaged."""

    code: ClassVar[str] = "state-restored"
    path: str
    reason: str
    set_aside: str
    snapshot: str

    def problem(self) -> str:
        return (
            f"a plugin's saved state at {self.path} was damaged ({self.reason}). It is again what it was in the "
            f"snapshot {self.snapshot}: what was written after that is not in it."
        )

    def next_step(self) -> str:
        return f"The damaged file is kept as {self.set_aside}. Check the disk; %ax state snapshots shows what there is."


class StateTooNew(UserError):
    code: ClassVar[str] = "state-too-new"
    path: str
    found: int
    known: int

    def problem(self) -> str:
        return f"the state at {self.path} has format {self.found}, and this automatosx_nb knows up to {self.known}."

    def next_step(self) -> str:
        return "Nothing was changed. Update automatosx_nb."


class StateDowngrade(UserError):
    """A release that is older than the state that it would get."""

    code: ClassVar[str] = "state-downgrade"
    plugin: str
    version: str
    reads: int
    found: int

    def problem(self) -> str:
        return (
            f"{self.plugin} {self.version} reads state of version {self.reads}, and what it has kept is of version "
            f"{self.found}."
        )

    def next_step(self) -> str:
        return (
            "Nothing was changed. %ax rollback brings an older release back with its state; or remove the plugin, with "
            "its state, and install the older release anew."
        )


class MigrationFailed(UserError):
    """``reason`` is what the handler of the new release said, or which limit stopped it."""

    code: ClassVar[str] = "migration-failed"
    plugin: str
    version: str
    before: int
    after: int
    reason: str

    def problem(self) -> str:
        return (
            f"{self.plugin} {self.version} could not bring its state from version {self.before} to {self.after}: "
            f"{self.reason}"
        )

    def next_step(self) -> str:
        return "Nothing was changed: the version and the state from before stay. Tell its author."


class NoSnapshot(UserError, LookupError):
    """``available`` are the names of those that there are."""

    code: ClassVar[str] = "no-snapshot"
    plugin: str
    name: str
    available: tuple[str, ...] = ()

    def problem(self) -> str:
        what = f"called {self.name!r}" if self.name else "that is whole"
        return f"there is no snapshot of the state of {self.plugin} {what}."

    def next_step(self) -> str:
        if self.available:
            return f"Nothing was changed. There is {', '.join(self.available)}."
        return "Nothing was changed. Roll back to an earlier generation (%ax rollback), or import what was exported."


class InvalidStateFile(UserError, ValueError):
    """``line`` counts from 1; 0: all of it."""

    code: ClassVar[str] = "invalid-state-file"
    path: str
    line: int
    reason: str

    def problem(self) -> str:
        return f"{self.path}{f', line {self.line}' if self.line else ''}: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. %ax state export writes such a file; docs/state.md says what is in it."
