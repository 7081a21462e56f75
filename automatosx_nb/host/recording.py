"""Changes of a profile and of a session's grants, written into the audit log.

What is changed already is not undone because it cannot be written down: that is told, as for calls.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.host.incidents import end_of, missing_layers
from automatosx_nb.host.surface import current_surface
from automatosx_nb.model.switches import entries_of

if TYPE_CHECKING:
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.host.tally import Record
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.profile.generations import Generations
    from automatosx_nb.sandbox.supervisor import Program


def record_switch(audit: Audit, generations: Generations, new: Generation) -> None:
    """What ``new`` changes of the generation before it."""
    with told_if_unwritten("the audit log"):
        old = generations.read(new.parent or 0)
        for kind, plugin, version, detail in entries_of(old, new, current_surface()):
            audit.add(kind, plugin, version, **detail)


def record_session(audit: Audit, kind: str, entry: InstalledPlugin, texts: Iterable[str], held_for: str) -> None:
    """What no generation tells."""
    detail = {"permissions": sorted(texts), "for": held_for, "surface": current_surface()}
    with told_if_unwritten("the audit log"):
        audit.add(kind, entry.id, entry.version, **detail)


def record_setting(audit: Audit, entry: InstalledPlugin, name: str) -> None:
    """That somebody set it, or let go of it; never to what."""
    with told_if_unwritten("the audit log"):
        audit.add("setting-changed", entry.id, entry.version, settings=[name], surface=current_surface())


def record_worker(
    audit: Audit,
    program: Program,
    outcome: Mapping[str, str] | AutomatosxError,
    started_for: Literal["trial", "migration"],
) -> None:
    """A worker with what is about to come in: the layers that it had, or why it did not load or do its work."""
    if isinstance(outcome, AutomatosxError):
        kind, facts = end_of(outcome)
    else:
        kind, facts = "worker-started", {"missing_layers": missing_layers(outcome)}
    recorder(audit, program)(kind, **facts, **{"for": started_for})


def recorder(audit: Audit, program: Program) -> Record:
    """Writes down what happened to one release of a plugin."""

    def record(kind: str, /, **detail: object) -> None:
        with told_if_unwritten("the audit log"):
            audit.add(kind, program.plugin, program.version, **detail)

    return record


@contextmanager
def told_if_unwritten(what: str) -> Iterator[None]:
    """An error of ours goes to the process's own standard error, and nowhere else."""
    try:
        yield
    except AutomatosxError as error:
        sys.__stderr__ and sys.__stderr__.write(f"automatosx_nb: {what}: {error}\n")
