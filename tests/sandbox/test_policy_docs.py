"""docs/plugin-python.md is complete: every open name is in it, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from automatosx_nb.sandbox import builtins_, facades, guards, libraries, vocabulary
from automatosx_nb.sandbox.facades import pandas_

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
    assert SECTIONS[module] == {*spec.names.split(), *spec.newer.split(), *spec.made.split(), *spec.replaced}


@pytest.mark.parametrize("library", libraries.LIBRARIES)
def test_what_is_open_of_a_librarys_objects_is_listed_and_nothing_else(library: str) -> None:
    opened = libraries.LIBRARIES[library]
    listed = re.search(rf"^#### Attributes of {library}'s [^\n]*\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert listed is not None
    attributes, _, rest = listed[1].partition("Attributes that can be set:")
    assert set(re.findall(r"`([^`]+)`", attributes)) == opened.names
    settable, _, functions = rest.partition("Functions that can be named:")
    assert set(re.findall(r"`([^`]+)`", settable)) == opened.settable
    assert set(re.findall(r"`([^`]+)`", functions)) == (pandas_.FUNCTIONS if library == "pandas" else set())


def test_every_builtin_and_every_ordinary_method_is_listed() -> None:
    listed = set(re.findall(r"`([^`]+)`", PAGE))
    builtins = {name for name in builtins_.BUILTIN_NAMES if not name.startswith("__")} - set(builtins_.EXCEPTIONS)
    assert builtins - listed == set()
    assert guards.ORDINARY_DUNDERS - listed == set()
    assert set(guards.BY_OBJECT) - listed == set()


def test_every_closed_builtin_and_method_is_listed_with_what_to_use() -> None:
    for name, instead in {**vocabulary.INSTEAD, **vocabulary.DUNDER_INSTEAD}.items():
        assert f"| `{name}` | {instead} |" in PAGE
