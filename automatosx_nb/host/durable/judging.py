"""Whose fault it is that an event was not handled: only the event's and its handler's counts as a try."""

from __future__ import annotations

from automatosx_nb.errors import (
    AutomatosxError,
    InvalidConfiguration,
    NotInstalled,
    PluginPaused,
    SandboxUnavailable,
    WorkerLost,
)
from automatosx_nb.model.delivery import Outcome

NOT_HERE_S = 30.0
"""An event that nothing here can handle is tried again, here or in another kernel, after this."""


def judged(number: int, error: Exception | None) -> Outcome:
    """What comes of an event whose handler ended with ``error``."""
    if error is None:
        return Outcome(number, "handled")
    if isinstance(error, NotInstalled) or (isinstance(error, WorkerLost) and error.status == WorkerLost.REPLACED):
        return Outcome(number, "released")
    if isinstance(error, PluginPaused):
        return Outcome(number, "released", str(error), error.wait_s)
    if isinstance(error, (SandboxUnavailable, InvalidConfiguration)) or (
        isinstance(error, WorkerLost) and error.status == WorkerLost.FORK_SERVER_ENDED
    ):
        return Outcome(number, "released", str(error), NOT_HERE_S)
    return Outcome(number, "failed", str(error) if isinstance(error, AutomatosxError) else repr(error))
