"""The JSON Schema for editors is held against the readers, the fixtures and its two files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from automatosx_nb import catalog
from automatosx_nb.model import manifest
from automatosx_nb.model.manifest_schema import PATH, manifest_schema, render
from automatosx_nb.model.reader import Table

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "manifest"
VALIDATOR = Draft7Validator(manifest_schema())

ONLY_THE_READERS_SEE = {
    "license-misspelled": "the list of SPDX licences is not written into the schema",
    "magic-arguments-together": "what one argument means beside another one",
    "permission-required-and-optional": "one key in two tables",
    "settings-with-defaults-that-do-not-fit": "a default against its own schema",
    "subscription-without-permission": "a permission that covers another",
    "formatter-without-permission": "a permission that covers another",
    "screenshots-twice": "one key of a table unlike that of another one",
    "summary-that-hides-something": "characters by their Unicode category",
}
"""Bad manifest → why JSON Schema cannot say what is wrong with it."""


def documents(folder: str) -> list[Any]:
    """All but those that are no TOML, or none that a person writes."""
    paths = [path for path in sorted((DATA / folder).glob("*.toml")) if not path.stem.startswith("toml-")]
    return [pytest.param(tomllib.loads(path.read_text("utf-8")), id=path.stem) for path in paths]


def keys(schema: Any) -> Iterator[str]:
    """Every property name in the schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        for keyword, value in schema.items():
            inner = value.values() if keyword in ("properties", "definitions", "patternProperties") else [value]
            for each in inner:
                yield from keys(each)


def test_it_is_a_json_schema() -> None:
    Draft7Validator.check_schema(manifest_schema())


@pytest.mark.parametrize("path", [PATH, ROOT / "docs" / "plugin.schema.json"], ids=["wheel", "docs"])
def test_its_files_are_what_the_code_makes(path: Path) -> None:
    """python -m automatosx_nb.model.manifest_schema | tee docs/plugin.schema.json > (the other one)"""
    assert path.read_text("utf-8") == render()


@pytest.mark.parametrize("document", documents("good"))
def test_a_good_manifest_is_valid(document: Any) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize("path", sorted(catalog.ROOT.glob("*/*/plugin.toml")), ids=lambda path: path.parent.parent.name)
def test_a_bundled_manifest_is_valid(path: Path) -> None:
    assert VALIDATOR.is_valid(tomllib.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("document", documents("bad"))
def test_a_bad_manifest_is_invalid_where_json_schema_can_say_so(document: Any, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    assert VALIDATOR.is_valid(document) == (name in ONLY_THE_READERS_SEE)


def test_it_has_the_keys_that_the_readers_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()
    spot = Table._spot

    def remember(table: Table, key: str) -> Any:
        asked.add(key)
        return spot(table, key)

    monkeypatch.setattr(Table, "_spot", remember)
    read = manifest.parse((DATA / "good" / "everything.toml").read_text("utf-8"))
    names = {*read.permissions, *read.optional_permissions, *read.requires.plugins, *read.requires.optional_plugins}
    names |= {event.topic for event in read.contributes.events} | {one.name for one in read.contributes.settings}
    names |= {"columns", *read.contributes.events[0].schema["properties"]}
    assert set(keys(manifest_schema())) == asked - names
