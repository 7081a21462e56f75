"""The documentation is complete: what a user can type, set, grant, or be told has its entry."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from automatosx_nb.commands.verbs import all_verbs
from automatosx_nb.config import CONFIGURABLES
from automatosx_nb.model.audit import KINDS as AUDIT_KINDS
from automatosx_nb.model.events import KERNEL_TOPICS, MARKETPLACE_TOPICS
from automatosx_nb.model.events.page import render as render_topics
from automatosx_nb.model.events.schemas import TOPICS
from automatosx_nb.model.libraries import GRANTABLE_MODULES
from automatosx_nb.model.permissions import KINDS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_row_of_a_table_has_the_columns_of_its_head(path: Path) -> None:
    """A bar in a cell is written ``\\|``, also in code: https://github.github.com/gfm/#example-200"""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        head, rule, *rows = table.splitlines()
        assert re.fullmatch(r"(\| :?-+:? )+\|", rule), head
        bars = len(re.findall(r"(?<!\\)\|", head))
        assert [row for row in rows if len(re.findall(r"(?<!\\)\|", row)) != bars] == []


@pytest.mark.parametrize("verb", all_verbs())
def test_a_verb_has_its_row(verb: str) -> None:
    assert re.search(rf"^\| `{verb}[ `]", page("commands.md"), re.MULTILINE)


def test_the_map_of_the_house_has_its_rooms_and_no_others() -> None:
    house = re.split(
        r"^jupyter_config/", page("architecture.md").partition("automatosx_nb/\n")[2], maxsplit=1, flags=re.MULTILINE
    )
    drawn = re.findall(r"^  ([a-z_]+(?:\.py|/)) ", house[0], re.MULTILINE)
    rooms = [each.name + "/" * each.is_dir() for each in (ROOT / "automatosx_nb").iterdir()]
    assert sorted(drawn) == sorted(each for each in rooms if each not in ("__pycache__/", "py.typed"))


def test_what_the_architecture_says_of_the_house_is_there() -> None:
    """Floors as import-linter holds them, and every verb."""
    text = page("architecture.md")
    floors = text.partition("Floors, lowest first")[2].partition("The worker may load")[0]
    written = [re.findall(r"[a-z_]+", floor) for floor in re.findall(r"`([a-z_ |]+)`", floors)]
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    held = [re.findall(r"automatosx_nb\.([a-z_]+)", layer) for layer in reversed(contract["layers"])]
    assert written == held
    verbs = text.partition("is the same verbs:")[2].partition("`.")[0]
    assert sorted(re.findall(r"[a-z]+", verbs)) == sorted(all_verbs())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_whatever_is_to_be_typed_is_a_verb(path: Path) -> None:
    typed = re.findall(r"(?:jupyter automatosx|%ax) ([a-z][a-z-]*)", path.read_text(encoding="utf-8"))
    assert {*typed} <= {*all_verbs(), "version", "help"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_permission_kind_has_its_row_with_its_risk(kind: str) -> None:
    assert re.search(rf"^\| `{kind}[:`].* \| {KINDS[kind].risk} \|", page("permissions.md"), re.MULTILINE)


@pytest.mark.parametrize("module", GRANTABLE_MODULES)
def test_a_library_that_can_be_granted_is_named(module: str) -> None:
    assert f"`{module}`" in page("permissions.md")


@pytest.mark.parametrize("kind", AUDIT_KINDS)
def test_a_kind_of_audit_entry_has_its_row_with_what_it_carries(kind: str) -> None:
    row = re.search(rf"^\| `{kind}` \|.*\|$", page("audit.md"), re.MULTILINE)
    assert row is not None
    assert all(f"`{name}`" in row[0] for name in AUDIT_KINDS[kind].fields)


def test_the_table_of_topics_is_the_one_that_their_schemas_make() -> None:
    """python -m automatosx_nb.model.events.page"""
    assert render_topics() in page("events.md")
    assert [*TOPICS] == [*KERNEL_TOPICS, *MARKETPLACE_TOPICS]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topics_schema_is_one_and_says_what_each_property_is(topic: str) -> None:
    schema = TOPICS[topic].schema
    Draft202012Validator.check_schema(schema)
    assert set(schema["required"]) == set(schema["properties"])
    assert all(each["description"] for each in schema["properties"].values())


def _settings() -> list[tuple[str, object]]:
    return [
        (f"{kind.__name__}.{name}", trait.default())
        for kind in CONFIGURABLES
        for name, trait in kind.class_traits(config=True).items()
    ]


@pytest.mark.parametrize(("setting", "default"), _settings())
def test_a_setting_has_its_row_with_its_default(setting: str, default: object) -> None:
    shown = re.search(rf"^\| `{re.escape(setting)}` \| `?([^|`]*?)`? \|", page("configuration.md"), re.MULTILINE)
    assert shown is not None
    assert shown[1] == (str(int(default)) if isinstance(default, float) else str(default))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if not (path.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_links_only_below_its_own_folder(path: Path) -> None:
    """JupyterLab, started on a notebook as the README does, serves nothing above that notebook's folder."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if link.startswith("..") or not (path.parent / link).exists()] == []


def test_every_act_of_reviewers_and_moderators_has_its_row() -> None:
    rows = "".join(re.findall(r"^\| `.*\|$", page("review.md"), re.MULTILINE))
    recorded: set[str] = set()
    for name in ("reviews", "moderation", "advisories", "reports", "ratings", "publishing"):
        text = (ROOT / "automatosx_nb" / "registry" / f"{name}.py").read_text("utf-8")
        recorded |= set(re.findall(r'acts\.record\(\s*connection,\s*actor,\s*"([a-z-]+)"', text))
        for either in re.findall(r'action = "([a-z-]+)" if .* else "([a-z-]+)"', text):
            recorded |= set(either)
    assert len(recorded) > 12
    assert [each for each in sorted(recorded) if f"`{each}`" not in rows] == []
