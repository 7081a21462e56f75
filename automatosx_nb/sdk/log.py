"""Lines for whoever looks into what a plugin did: they go to the host's log, not into the notebook."""

from __future__ import annotations

from automatosx_nb.sdk import _wire


def info(text: str) -> None:
    """Note that something happened."""
    _wire.ask("log", "info", _line(text))


def warning(text: str) -> None:
    """Note that something is wrong, though the plugin goes on."""
    _wire.ask("log", "warning", _line(text))


def _line(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"a log line is a str, not {type(text).__name__}: write it as an f-string")
    return text
