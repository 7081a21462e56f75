"""Whoever updates can read what changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator


def _find(submission: Submission) -> Iterator[Finding]:
    text = submission.package.changelog
    version = str(submission.package.manifest.version)
    if not text.strip():
        yield Finding("error", f"is missing or empty: say what changed in {version}", "CHANGELOG.md")
    elif not re.search(rf"(?<![\w.+-]){re.escape(version)}(?![\w+-]|\.\w)", text):
        yield Finding("error", f"does not mention {version}: say what changed in it", "CHANGELOG.md")


CHECK = Check("changelog", "CHANGELOG.md mentions the version.", _find)
