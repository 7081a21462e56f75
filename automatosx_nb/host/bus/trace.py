"""Trace context as W3C has it: https://www.w3.org/TR/trace-context/#traceparent-header."""

from __future__ import annotations

import os


def new_trace() -> str:
    """The ``traceparent`` of something that nothing caused."""
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"


def child_of(traceparent: str | None) -> str:
    """A span of its own in the same trace; a new trace where there was none."""
    if traceparent is None:
        return new_trace()
    version, trace, _, flags = traceparent.split("-")
    return f"{version}-{trace}-{os.urandom(8).hex()}-{flags}"
