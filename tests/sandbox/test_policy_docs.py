"""docs/plugin-python.md is complete: every open name is in it, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from automatosx_nb.sandbox import facades, guards, vocabulary

PAGE = (Path(__file__).parents[2] / "docs" / "plugin-python.md").read_text("utf-8")
SECTIONS = {
    title: set(re.findall(r"`([^`]+)`", body))
    for title, body in re.findall(r"^#### `([\w.]+)`\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
OPEN = {name: spec for name, spec in facades.SPECS.items() if name != "__future__"}


def test_every_module_has_its_section_and_no_other_has() -> None:
    assert set(SECTIONS) == set(OPEN)


@pytest.mark.parametrize("module", OPEN)
def test_a_section_lists_the_names_of_its_module(module: str) -> None:
    spec = OPEN[module]
    assert SECTIONS[module] == {*spec.names.split(), *spec.newer.split(), *spec.replaced}


def test_every_builtin_and_every_ordinary_method_is_listed() -> None:
    listed = set(re.findall(r"`([^`]+)`", PAGE))
    builtins = {name for name in guards.BUILTIN_NAMES if not name.startswith("__")} - set(guards.EXCEPTIONS)
    assert builtins - listed == set()
    assert guards.ORDINARY_DUNDERS - listed == set()
    assert set(guards.BY_OBJECT) - listed == set()


def test_every_closed_builtin_is_listed_with_what_to_use() -> None:
    for name, instead in vocabulary.INSTEAD.items():
        assert f"| `{name}` | {instead} |" in PAGE
