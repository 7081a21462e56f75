"""A plugin's own test of itself: a function that raises where the plugin does not work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError, PermissionDenied
from automatosx_nb.sandbox.conversation import Silent

if TYPE_CHECKING:
    from automatosx_nb.sandbox.running import Worker

WALL_S = 10.0
"""Seconds that it may take; a profile is locked meanwhile."""


def run_self_test(worker: Worker, handler: str) -> None:
    """Call ``handler`` as the import of a module is: nothing of the host's is there, and what it prints is dropped.

    Raises as ``Worker.call`` does; whatever it returns passes, if it can cross.
    """
    worker.call(handler, broker=Silent(), wall_s=WALL_S)


def why_it_failed(error: AutomatosxError) -> str:
    """In the words of who reads about a self-test, where no permission that one could grant would help."""
    if isinstance(error, PermissionDenied):
        return (
            f"it needs {error.permission!r}, and a self-test has nothing of the host, whatever was granted: "
            "have it test what asks for nothing"
        )
    return error.problem()
