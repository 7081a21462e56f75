"""docs/manifest.md is held against the reader: its example parses, and it names everything that there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.model import manifest
from automatosx_nb.model.contributions import KINDS
from automatosx_nb.model.contributions.arguments import TYPES
from automatosx_nb.model.events import KERNEL_TOPICS
from automatosx_nb.model.permissions import KINDS as PERMISSIONS
from automatosx_nb.model.reader import MAX_ITEMS, Table
from automatosx_nb.model.requirements import LIMITS, PLATFORMS
from automatosx_nb.model.schemas import KEYWORDS, MAX_DEPTH, MAX_NAMES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "manifest.md").read_text("utf-8")


def example() -> str:
    match = re.search(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert match is not None
    return match.group(1)


def test_the_example_is_a_manifest_without_a_problem() -> None:
    read = manifest.parse(example())
    assert read.id == "acme.csv-doctor"
    assert read.contributes.summary() == {
        "magics": ("doctor", "doctor_rules"),
        "commands": ("check-types",),
        "panels": ("findings",),
        "formatters": ("pandas.DataFrame",),
        "subscriptions": ("kernel.cell.finished",),
        "services": ("count_faults",),
        "events": ("plugin.acme.csv-doctor.finding",),
        "settings": ("max-rows",),
    }


def test_every_key_that_the_reader_knows_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    known: set[str] = set()
    finish = Table.finish

    def remember(table: Table, **options: Any) -> None:
        known.update(table._known)
        finish(table, **options)

    monkeypatch.setattr(Table, "finish", remember)
    manifest.parse(example())
    rows = re.findall(r"^\| (`[A-Za-z-]+`(?:, `[A-Za-z-]+`)*) \|", DOCUMENT, re.MULTILINE)
    assert known - set(KINDS) <= set(re.findall(r"[A-Za-z-]+", " ".join(rows)))
    headings = re.findall(r"^### `\[+contributes\.(\w+)", DOCUMENT, re.MULTILINE)
    assert headings == list(KINDS)


def test_every_limit_is_listed_with_its_bounds() -> None:
    for name, (kind, least, most) in LIMITS.items():
        word = "integer" if kind is int else "number"
        assert f"| `{name}` | {word} | {least} | {most} |" in DOCUMENT


def test_every_category_is_listed() -> None:
    section = DOCUMENT.partition("### Categories\n")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"`([a-z-]+)`", section)) == manifest.CATEGORIES


def test_every_type_of_argument_permission_and_topic_is_listed() -> None:
    for word in (*TYPES, *KERNEL_TOPICS, *PLATFORMS, *KEYWORDS):
        assert f"`{word}`" in DOCUMENT
    for kind in PERMISSIONS:
        assert re.search(rf"^\| `{kind}[`:]", DOCUMENT, re.MULTILINE)


def test_the_sizes_that_are_told_are_the_ones_that_hold() -> None:
    assert f"at most {manifest.MAX_TEXT_KB} KiB" in DOCUMENT
    assert f"At most {MAX_ITEMS} of each kind" in DOCUMENT
    assert f"at most {MAX_DEPTH} schemas deep, {MAX_NAMES} properties" in DOCUMENT
