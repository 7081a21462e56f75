"""Changes of a profile and of a session's grants, written into the audit log.

What is changed already is not undone because it cannot be written down: that is told, as for calls.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.host.surface import current_surface
from automatosx_nb.model.switches import entries_of

if TYPE_CHECKING:
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.profile.generations import Generations


def record_switch(audit: Audit, generations: Generations, new: Generation) -> None:
    """What ``new`` changes of the generation before it."""
    with _told_if_unwritten():
        old = generations.read(new.parent or 0)
        for kind, plugin, version, detail in entries_of(old, new, current_surface()):
            audit.add(kind, plugin, version, **detail)


def record_session(audit: Audit, kind: str, entry: InstalledPlugin, texts: Iterable[str], held_for: str) -> None:
    """What no generation tells."""
    detail = {"permissions": sorted(texts), "for": held_for, "surface": current_surface()}
    with _told_if_unwritten():
        audit.add(kind, entry.id, entry.version, **detail)


@contextmanager
def _told_if_unwritten() -> Iterator[None]:
    try:
        yield
    except AutomatosxError as error:
        sys.__stderr__ and sys.__stderr__.write(f"automatosx_nb: the audit log: {error}\n")
