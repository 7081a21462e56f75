"""Errors as the panel shows them: what happened, and what to do now."""

from __future__ import annotations

import traceback
from typing import Any

import msgspec

from automatosx_nb.errors import AutomatosxError, RegistryAnswerInvalid, RegistryUnreachable, TokenRefused

NO_ANSWER = (RegistryUnreachable, RegistryAnswerInvalid, TokenRefused)
"""Of a registry elsewhere: what is installed goes on without it."""


def of(error: Exception) -> dict[str, Any]:
    """The message for any exception; what is not one of ours brings its traceback, so that nothing is lost."""
    if isinstance(error, AutomatosxError):
        return _fault(error.code, error.problem(), error.next_step())
    if isinstance(error, msgspec.ValidationError):
        return _fault("invalid-request", f"the panel sent a message that is not valid: {error}.", "Run the cell again.")
    return _fault(
        "internal",
        f"something failed that should not: {type(error).__name__}: {error}",
        "Report it with the traceback below.",
        "".join(traceback.format_exception(error)),
    )


def _fault(code: str, problem: str, next_step: str, trace: str = "") -> dict[str, Any]:
    return {"error": {"code": code, "problem": problem, "next": next_step, "trace": trace}}


CHANGED = _fault("changed", "these controls are others than a moment ago.", "Look again, then try again.")
BUSY = _fault("busy", "another change is on its way.", "Wait until it has finished, then try again.")
