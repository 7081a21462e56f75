"""Where a change is asked for: a notebook, a panel, a terminal, or a program that calls the library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_surface: ContextVar[str] = ContextVar("surface", default="python")


def current_surface() -> str:
    return _surface.get()


@contextmanager
def asked_in(surface: str) -> Iterator[None]:
    """What is changed within was asked for in ``surface``."""
    token = _surface.set(surface)
    try:
        yield
    finally:
        _surface.reset(token)
