"""A plugin says what it does before anybody installs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.registry.checks.submission import Check, Finding, Opened

if TYPE_CHECKING:
    from collections.abc import Iterator


def find(submission: Opened) -> Iterator[Finding]:
    if not submission.package.readme.strip():
        yield Finding("error", "is missing or empty: say what the plugin does and show one use", "README.md")


CHECK = Check("readme", "README.md is there.", find)
