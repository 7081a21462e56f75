from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidManifest, ManifestProblem
from automatosx_nb.model import manifest
from automatosx_nb.model.contributions import Subscription
from automatosx_nb.model.requirements import LIMITS
from automatosx_nb.sandbox.limits import Limits

DATA = Path(__file__).parent.parent / "data" / "manifest"
GOOD = sorted((DATA / "good").glob("*.toml"))
BAD = sorted((DATA / "bad").glob("*.toml"))
MINIMAL = (DATA / "good" / "minimal.toml").read_text("utf-8")


def problems(text: str) -> tuple[ManifestProblem, ...]:
    with pytest.raises(InvalidManifest) as caught:
        manifest.parse(text)
    return caught.value.problems


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_manifest_is_read(path: Path) -> None:
    read = manifest.parse(path.read_text("utf-8"))
    assert read.schema == 1
    assert read.id.startswith("acme.")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_manifest_tells_all_of_its_problems(path: Path) -> None:
    found = [str(problem) for problem in problems(path.read_text("utf-8"))]
    assert found == path.with_suffix(".txt").read_text("utf-8").splitlines()


def test_every_value_of_a_manifest_arrives() -> None:
    read = manifest.parse((DATA / "good" / "everything.toml").read_text("utf-8"))
    assert (read.id, str(read.version), read.license) == (
        "acme.csv-doctor",
        "1.2.0-rc.1+build.5",
        "Apache-2.0 OR MIT",
    )
    assert read.authors == ("Ada Lovelace", "The tables team")
    assert read.categories == ("data-quality", "exploration")
    assert read.keywords == ("csv", "missing values", "c++")
    assert read.self_test == "csv_doctor.checks:self_test"
    assert read.handlers.count("csv_doctor.checks:self_test") == 1
    assert read.docs == ("docs/quickstart.ipynb", "docs/deeper/all of it.ipynb")
    assert [(one.file, one.alt) for one in read.screenshots] == [
        ("docs/shots/all of it.webp", "All of it"),
        ("docs/one.jpeg", "One"),
    ]
    assert read.requires.python == ">=3.11,<4"
    assert list(read.requires.plugins) == ["acme.tables"]
    assert list(read.requires.optional_plugins) == ["acme.charts"]
    assert read.requires.packages == ("pandas>=2", "numpy; python_version < '4'")
    assert read.requires.platforms == ("linux", "macos")
    assert read.permissions == {
        "storage": "Remembers your thresholds.",
        "events:subscribe:kernel.cell.*": "Times your cells.",
        "events:publish:plugin.acme.csv-doctor.finding": "Tells what it found.",
        "display:pandas.DataFrame": "Marks what is wrong in the tables that you look at.",
    }
    assert read.optional_permissions == {"modules:pyarrow": "Reads large tables faster."}
    assert read.limits == {"memory_mb": 512, "wall_s": 2.5, "open_files": 32}
    assert read.contributes.subscriptions[0] == Subscription("kernel.cell.finished", "csv_doctor.watch:on_cell")
    queue: dict[str, Any] = {"delivery": "durable", "overflow": "coalesce", "queue": 20, "retained": True}
    assert read.contributes.subscriptions[1] == Subscription("kernel.cell.*", "csv_doctor.watch:on_any", **queue)
    assert read.contributes.events[0].retained
    assert "retained" not in read.contributes.events[0].schema
    assert read.contributes.summary() == {
        "magics": ("doctor", "doctor_rules"),
        "commands": ("check-types",),
        "panels": ("findings",),
        "formatters": ("pandas.DataFrame",),
        "subscriptions": ("kernel.cell.finished", "kernel.cell.*"),
        "services": ("count_faults",),
        "events": ("plugin.acme.csv-doctor.finding",),
        "settings": ("max-rows", "ignored", "mode"),
    }


def test_what_a_manifest_may_leave_out_is_empty() -> None:
    read = manifest.parse(MINIMAL)
    assert (read.keywords, read.docs, read.permissions, read.optional_permissions) == ((), (), {}, {})
    assert (read.limits, read.handlers, read.requires.packages, read.self_test) == ({}, (), (), None)


def test_an_older_format_is_read_by_way_of_every_format_in_between() -> None:
    steps: manifest.Steps = {
        -1: lambda document: {**document, "plugin": {"id": document["name"]}},
        0: lambda document: {key: value for key, value in document.items() if key != "name"},
    }
    old = {"schema": -1, "name": "acme.hello"}
    assert manifest.upgraded(old, steps=steps) == {"schema": 1, "plugin": {"id": "acme.hello"}}
    assert old == {"schema": -1, "name": "acme.hello"}


@pytest.mark.parametrize("document", [{"schema": 1}, {"schema": 2}, {"schema": "0"}, {"schema": True}, {}])
def test_a_format_to_which_no_way_leads_is_left_to_the_reader(document: dict[str, Any]) -> None:
    steps: manifest.Steps = {2: dict, 7: dict}
    assert manifest.upgraded(document, steps=steps) == document


def test_every_older_format_has_its_step() -> None:
    assert sorted(manifest.STEPS) == list(range(1, manifest.SCHEMA))


def test_the_message_names_the_file_and_counts_its_problems() -> None:
    with pytest.raises(
        InvalidManifest, match=r"^shop/plugin\.toml has 2 problems:\n  - .*\n      x\n      \^\n  - "
    ) as caught:
        manifest.parse(MINIMAL.replace("0.1.0", "x").replace("education", "y"), source="shop/plugin.toml")
    assert "Correct them in shop/plugin.toml" in str(caught.value)


def test_the_message_points_at_the_fault_of_a_version_and_of_a_range() -> None:
    text = (DATA / "bad" / "requires.toml").read_text("utf-8")
    with pytest.raises(InvalidManifest) as refused:
        manifest.parse(text)
    lines = str(refused.value).splitlines()
    place = next(n for n, line in enumerate(lines) if "requires.automatosx" in line)
    assert lines[place + 1 : place + 3] == ["      ^^1", "       ^"]


def test_a_manifest_of_more_than_64_kib_is_refused() -> None:
    [problem] = problems(MINIMAL + "#" * 64 * 1024)
    assert problem.valid == "at most 64 KiB"


def test_problems_over_a_hundred_are_counted() -> None:
    found = problems(MINIMAL + "[limits]\n" + "".join(f"x{number} = 1\n" for number in range(150)))
    assert len(found) == 101
    assert found[-1].found == "50 further problems"


def test_every_limit_of_a_worker_is_either_the_plugins_to_wish_or_protects_the_host() -> None:
    fields = {field.name.replace("_", "-") for field in dataclasses.fields(Limits)}
    hosts = {"frame-mb", "frame-depth", "source-kb", "messages", "messages-per-s", "threads", "read-mb", "write-mb"}
    assert fields - set(LIMITS) == hosts
    assert set(LIMITS) <= fields


def test_the_default_limits_are_wishes_that_a_plugin_may_have() -> None:
    for name, (_, least, most) in LIMITS.items():
        assert least <= getattr(Limits(), name.replace("-", "_")) <= most, name


WORDS = """
schema plugin id version summary license authors name categories keywords main docs screenshots file alt requires
automatosx python plugins optional-plugins packages permissions optional limits memory-mb wall-s
contributes magics subscriptions"     " handler args type choices default required help cell topic
storage acme.hello
"""
KEYS = st.sampled_from(WORDS.split())
VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=20),
        st.datetimes(),
        st.sampled_from(["^1.0", "1.0.0", "hello:say", "kernel.cell.finished", "choice", "integer", "MIT"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(KEYS, st.text(max_size=8)), inner, max_size=6)
    ),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(st.one_of(KEYS, st.text(max_size=8)), VALUES, max_size=8)


def parses_or_is_refused(text: str) -> None:
    """Whatever else is raised fails the test."""
    refusal = None
    try:
        read = manifest.parse(text)
    except InvalidManifest as error:
        refusal = error
    if refusal is None:
        assert read.schema == 1
    else:
        assert refusal.problems
        assert str(refusal).startswith("plugin.toml has ")


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_no_text_raises_anything_but_invalid_manifest(text: str) -> None:
    parses_or_is_refused(text)


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS)
def test_no_toml_document_raises_anything_but_invalid_manifest(document: dict[str, Any]) -> None:
    parses_or_is_refused(tomli_w.dumps({"schema": 1, **document}))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_single_edit_of_a_manifest_raises_anything_but_invalid_manifest(data: st.DataObject) -> None:
    text = (DATA / "good" / "everything.toml").read_text("utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 10)))
    parses_or_is_refused(text[:start] + data.draw(st.text(max_size=10)) + text[end:])
