"""Who is told of what nobody waits for, in tests in which there is none."""

from __future__ import annotations


def no_failure(what: str, error: Exception) -> None:
    raise AssertionError(what) from error
