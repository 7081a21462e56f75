"""Words that people use for the same thing; ``tests/bench/relevance.py`` says what they are worth."""

from __future__ import annotations

from collections.abc import Mapping

from automatosx_nb.registry.words import stem

_GROUPS = (
    "chart plot graph visualization",
    "picture image photo",
    "sound audio",
    "movie video film",
    "spreadsheet excel xlsx xls",
    "encryption cryptography cipher",
    "ocr optical",
    "geographic geospatial spatial gis",
    "dataframe table",
    "scheduler cron",
    "spelling spellcheck spellchecker",
    "compare difference diff",
    "argument option",
    "postgres postgresql",
    "scrape crawl",
    "jwt jose",
    "dedupe duplicate",
    "ml learning",
)


def _by_stem() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group in _GROUPS:
        stems = tuple(dict.fromkeys(stem(word) for word in group.split()))
        for each in stems:
            found[each] = tuple(other for other in stems if other != each)
    return found


BY_STEM = _by_stem()
"""Stem of a word → the stems of those that mean the same."""
