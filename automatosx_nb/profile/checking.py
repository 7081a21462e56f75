"""What is wrong with a profile, and what to do about each of it; everything that counts now is read whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError, ProfileDamaged, ProfileReadOnly

if TYPE_CHECKING:
    from automatosx_nb.errors import StateRestored
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.profile.profile import Profile


@dataclass(frozen=True, slots=True)
class Fault:
    """``next_step`` says what to do about it, to a person."""

    what: str
    next_step: str

    @classmethod
    def of(cls, error: AutomatosxError) -> Fault:
        return cls(error.problem(), error.next_step())

    def __str__(self) -> str:
        return f"{self.what} {self.next_step}"


def faults_of(profile: Profile) -> Iterator[Fault]:
    """Of the current generation: its record, its artifacts, and what its plugins saved.

    Saved state that is damaged is restored, as it is wherever it is opened; that is told, too.
    """
    try:
        plugins = profile.current().plugins.values()
    except AutomatosxError as error:
        yield Fault.of(error)
        return
    for entry in plugins:
        try:
            profile.package(entry)
        except ProfileDamaged as error:
            yield Fault(f"{entry.id} {entry.version} cannot run: {error.problem()}", _bring_again(entry))
        except AutomatosxError as error:
            yield Fault.of(error)
        yield from _faults_of_state(profile, entry)


def _bring_again(entry: InstalledPlugin) -> str:
    """With the wish that it has, so that nothing else changes; a dependency has none, and gets one."""
    typed = quote(f"{entry.id}@{entry.wish or entry.version}")
    makes = "" if entry.wish else ", and makes it one that you asked for"
    return (
        f"%ax install {typed} brings it again{makes}. Where no registry has it any more, roll back to a generation "
        "without it (%ax history, %ax rollback --to N)."
    )


def _faults_of_state(profile: Profile, entry: InstalledPlugin) -> Iterator[Fault]:
    restored: list[StateRestored] = []
    try:
        if profile.state_path(entry).exists():
            state = profile.state(entry, restored.append)
            try:
                state.all_at_once()
            finally:
                state.close()
    except ProfileReadOnly:
        return  # it cannot be looked at without being written to, which is no fault of it
    except AutomatosxError as error:
        yield Fault.of(error)
    else:
        yield from map(Fault.of, restored)
