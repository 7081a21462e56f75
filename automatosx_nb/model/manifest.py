"""``plugin.toml``: what a plugin is, needs, asks for and adds. docs/manifest.md shows every key."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from automatosx_nb.errors import InvalidManifest
from automatosx_nb.model import contributions, requirements, toml
from automatosx_nb.model.contributions import Contributions
from automatosx_nb.model.contributions.kind import handler
from automatosx_nb.model.licenses import VALID as LICENSE
from automatosx_nb.model.licenses import license_expression
from automatosx_nb.model.permissions import Permission, is_granted
from automatosx_nb.model.reader import Problems, Spot, Table, line, matching, one_of, tuple_of
from automatosx_nb.model.requirements import REQUIRES, Requires
from automatosx_nb.model.screenshots import Screenshot, screenshots
from automatosx_nb.model.state import StateFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automatosx_nb.model.semver import Version

SCHEMA = 1
MAX_TEXT_KB = 64
"""Largest manifest, KiB of UTF-8."""
CATEGORIES = (
    "collaboration",
    "data-access",
    "data-quality",
    "data-transformation",
    "education",
    "exploration",
    "geospatial",
    "machine-learning",
    "monitoring",
    "performance",
    "productivity",
    "reporting",
    "statistics",
    "testing",
    "text",
    "time-series",
    "visualization",
)
"""The closed list of what a plugin can be for."""

MAX_STATE_VERSION = 1_000_000
STATE_VERSION = f"an integer from 1 to {MAX_STATE_VERSION}"
KEYWORD_PATTERN = r"(?=.{1,40}$)[a-z0-9][a-z0-9+.#-]*(?: [a-z0-9][a-z0-9+.#-]*)*"
MAIN_PATTERN = r"(?!automatosx_nb$)[a-z][a-z0-9_]{0,63}"
DOC_PATTERN = r"docs/(?:[A-Za-z0-9_-][A-Za-z0-9_. -]*/)*[A-Za-z0-9_-][A-Za-z0-9_. -]*\.ipynb"
_KEYWORD = matching(
    re.compile(KEYWORD_PATTERN),
    "one or a few words in small letters, as in 'csv' or 'missing values'",
)
_MAIN = matching(
    re.compile(MAIN_PATTERN),
    "the name of the package or module under src/, as in 'csv_doctor'",
)
_DOC = matching(
    re.compile(DOC_PATTERN),
    "the path of a notebook under docs/, as in 'docs/quickstart.ipynb'",
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest without a problem. ``limits`` has the names of ``sandbox.limits.Limits`` (``memory_mb``)."""

    schema: int
    id: str
    version: Version
    summary: str
    license: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    main: str
    requires: Requires
    keywords: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    screenshots: tuple[Screenshot, ...] = ()
    permissions: Mapping[str, str] = field(default_factory=dict)
    """Permission → the author's reason."""
    optional_permissions: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int | float] = field(default_factory=dict)
    contributes: Contributions = field(default_factory=Contributions)
    state: StateFormat = field(default_factory=StateFormat)
    self_test: str | None = None
    """The function that raises where the plugin does not work."""

    @property
    def handlers(self) -> tuple[str, ...]:
        """Every function that the host may call, each once."""
        own = (one for one in (self.state.migrate, self.self_test) if one is not None)
        return tuple(dict.fromkeys((*self.contributes.handlers, *own)))


Steps: TypeAlias = "Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]"
STEPS: Steps = {}
"""Older format → what makes its document one of the next format. A release is never rewritten, so a format that was
once published is read for good; none has been replaced yet."""


def upgraded(document: dict[str, Any], *, to: int = SCHEMA, steps: Steps = STEPS) -> dict[str, Any]:
    """``document`` in the format ``to``, by way of every format in between; as it is where there is no way."""
    number = document.get("schema")
    while type(number) is int and number < to and number in steps:
        document = {**steps[number](document), "schema": number + 1}
        number += 1
    return document


def parse(text: str, *, source: str = "plugin.toml") -> Manifest:
    """Reads a manifest; ``source`` is what its problems call it.

    :raises InvalidManifest: with everything that is wrong with it.
    """
    problems = Problems()
    document = toml.load(text, problems, most_kb=MAX_TEXT_KB, page="docs/manifest.md")
    manifest = None if document is None else _manifest(Table(upgraded(document), "", problems), problems)
    if manifest is None:
        raise InvalidManifest(source, problems.all())
    return manifest


def _manifest(top: Table, problems: Problems) -> Manifest | None:
    schema = top.need("schema", _schema, str(SCHEMA))
    if schema is None and top.has("schema"):
        return None  # what the other keys of another schema mean is not ours to say
    head = top.need("plugin", lambda spot: spot.table(), "the table [plugin]")
    plugin = _plugin(head) if head is not None else {"id": None}
    requires = top.need("requires", requirements.requires_of(plugin["id"]), f"the table [requires] with {REQUIRES}")
    asked, optional = top.get("permissions", _permissions) or ({}, {})
    limits = top.get("limits", requirements.limits) or {}
    state = top.get("state", _state) or StateFormat()
    adds = top.get("contributes", contributions.reader(plugin["id"])) or Contributions()
    top.finish()
    _check_needs(adds, {**asked, **optional}, problems)
    if problems.told or requires is None or schema is None:
        return None
    return Manifest(
        schema=schema,
        requires=requires,
        permissions=asked,
        optional_permissions=optional,
        limits=limits,
        contributes=adds,
        state=state,
        **plugin,
    )


def _schema(spot: Spot) -> int | None:
    if type(spot.value) is int and spot.value == SCHEMA:
        return SCHEMA
    newer = type(spot.value) is int and spot.value > SCHEMA
    spot.refuse(f"{SCHEMA}" + ("; a newer automatosx-nb may read it" if newer else ""))
    return None


def _plugin(table: Table) -> dict[str, Any]:
    """The fields of [plugin]; None for one that is missing or wrong."""
    required = {
        "id": table.need("id", requirements.plugin_id, requirements.PLUGIN_ID),
        "version": table.need("version", requirements.version, requirements.VERSION),
        "summary": table.need("summary", line(160), "one sentence, at most 160 characters"),
        "license": table.need("license", license_expression, LICENSE),
        "authors": table.need("authors", _authors, "a list of tables, as in [{name = 'Ada'}]"),
        "categories": table.need("categories", _categories, f"a list of {', '.join(CATEGORIES)}"),
        "main": table.need("main", _MAIN, "the name of the package or module under src/"),
    }
    optional = {
        "keywords": table.get("keywords", tuple_of(_KEYWORD, "a list of words", most=20)) or (),
        "docs": table.get("docs", tuple_of(_DOC, "a list of notebooks under docs/")) or (),
        "screenshots": table.get("screenshots", screenshots) or (),
        "self_test": table.get("self-test", handler),
    }
    table.finish()
    return {**required, **optional}


def _state(spot: Spot) -> StateFormat | None:
    table = spot.table("a table, as in {version = 2, migrate = 'csv_doctor.state:migrate'}")
    if table is None:
        return None
    version = table.need("version", _state_version, STATE_VERSION)
    migrate = table.get("migrate", handler)
    if version is not None and version > 1 and not table.has("migrate"):
        table.need("migrate", handler, "the function that brings state of an older version to this one")
    table.finish()
    return None if version is None else StateFormat(version, migrate)


def _state_version(spot: Spot) -> int | None:
    if type(spot.value) is int and 1 <= spot.value <= MAX_STATE_VERSION:
        return spot.value
    spot.refuse(STATE_VERSION)
    return None


def _authors(spot: Spot) -> tuple[str, ...] | None:
    return tuple_of(_author, "a list of tables, as in [{name = 'Ada'}], one at least", least=1)(spot)


def _author(spot: Spot) -> str | None:
    table = spot.table("a table, as in {name = 'Ada'}")
    if table is None:
        return None
    name = table.need("name", line(100), "a person's or a team's name")
    table.finish()
    return name


def _categories(spot: Spot) -> tuple[str, ...] | None:
    read = one_of(CATEGORIES, "one of")
    return tuple_of(read, f"a list of 1 to 3 of {', '.join(CATEGORIES)}", least=1, most=3)(spot)


def _permissions(spot: Spot) -> tuple[dict[str, str], dict[str, str]] | None:
    table = spot.table("a table of permissions and their reasons")
    if table is None:
        return None
    asked = requirements.reasons(table, aside=("optional",))
    inner = table.get("optional", lambda at: at.table("a table of permissions and their reasons"))
    optional = {} if inner is None else requirements.reasons(inner)
    for text in sorted(asked.keys() & optional.keys()):
        spot.refuse("each permission once: required or optional", found=f"{text!r} twice")
    return asked, optional


def _check_needs(adds: Contributions, asked: Mapping[str, str], problems: Problems) -> None:
    """A contribution that needs a permission which nobody is asked for can never work."""
    held = [Permission.parse(text) for text in asked]
    for kind, several in adds:
        for one in several:
            for needed in one.needs:
                if not is_granted(Permission.parse(needed), held):
                    problems.add(
                        f"contributes.{kind}",
                        f"{one.label!r}, which needs the permission {needed!r}",
                        f'a manifest that asks for it: "{needed}" = "your reason" under [permissions]',
                    )
