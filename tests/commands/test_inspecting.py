"""``inspect`` and ``check``, over plugins that really ran."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from automatosx_nb import cli
from automatosx_nb.errors import PermissionDenied, UsageError
from tests.commands.test_verbs import ax

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.app import Marketplace
    from tests.conftest import MakePlugin

SOURCE = """
from automatosx_nb.sdk import storage

def run(table=None):
    storage.put("runs", 1)

def tidy(table):
    return table.to_numpy()
"""
ASKED = {"storage": "Keeps a count.", "modules:numpy": "Computes.", "modules:pandas": "Just in case."}
OPTIONAL = '[permissions.optional]\n"events:subscribe:kernel.cell.finished" = "Counts cells."\n'
GO = '[[contributes.commands]]\nname = "go"\nhandler = "demo:run"\ntitle = "Go"\n'


@pytest.fixture
def folder(make_plugin: MakePlugin) -> Path:
    return make_plugin(source=SOURCE, permissions=ASKED, extra=GO)


@pytest.fixture
def used(market: Marketplace, folder: Path) -> Marketplace:
    """A marketplace in which ``acme.demo`` ran three times."""
    market.publish(folder)
    market.install("acme.demo", grant=ASKED)
    for _ in range(3):
        ax(market, "run acme.demo go")
    return market


def test_the_least_manifest_keeps_what_was_used_and_leaves_out_what_never_was(used: Marketplace) -> None:
    found = json.loads(ax(used, "check --observed acme.demo --json"))
    assert (found["calls"], found["events"], found["refused"]) == (3, 0, [])
    assert {each["permission"]: (each["verdict"], each["calls"]) for each in found["permissions"]} == {
        "storage": ("used", 3),
        "modules:numpy": ("used", None),
        "modules:pandas": ("unused", None),
    }
    assert tomllib.loads(found["table"]) == {"permissions": {"storage": ASKED["storage"], "modules:numpy": "Computes."}}
    shown = ax(used, "check --observed acme.demo")
    assert "3 calls, 0 of them by events, over less than a day." in shown
    assert "modules:pandas: never used: leave it out" in shown
    assert shown.endswith(found["table"])


def test_of_a_folder_that_never_ran_nothing_is_left_out_for_want_of_calls(market: Marketplace, folder: Path) -> None:
    found = json.loads(ax(market, f"check --observed {folder} --json"))
    assert found["calls"] == 0
    verdicts = {each["permission"]: each["verdict"] for each in found["permissions"]}
    assert verdicts["storage"] == "in the sources"
    assert "storage" in tomllib.loads(found["table"])["permissions"]


def test_what_was_refused_and_not_asked_for_is_proposed(market: Marketplace, make_plugin: MakePlugin) -> None:
    hidden = SOURCE.replace("from automatosx_nb.sdk import storage", "from automatosx_nb import sdk").replace(
        "storage.put", "getattr(sdk, 'stor' + 'age').put"
    )
    market.publish(make_plugin(source=hidden, extra=GO))
    market.install("acme.demo")
    with pytest.raises(PermissionDenied):
        ax(market, "run acme.demo go")
    found = json.loads(ax(market, "check --observed acme.demo --json"))
    assert found["refused"] == [{"permission": "storage", "calls": 1, "through": ["storage.put"], "asked": False}]
    assert set(tomllib.loads(found["table"])["permissions"]) == {"storage"}


def test_what_was_asked_for_and_not_granted_is_told_apart(market: Marketplace, make_plugin: MakePlugin) -> None:
    optional = '[permissions.optional]\n"storage" = "Keeps a count."\n'
    market.publish(make_plugin(source=SOURCE, extra=GO + optional))
    market.install("acme.demo")
    with pytest.raises(PermissionDenied):
        ax(market, "run acme.demo go")
    (refused,) = json.loads(ax(market, "inspect acme.demo --json"))["refused"]
    assert refused["asked"]
    assert "asked for, and not granted" in ax(market, "inspect acme.demo")


def test_inspect_shows_risk_lines_uses_and_how_versions_differ(used: Marketplace, make_plugin: MakePlugin) -> None:
    used.publish(make_plugin(version="1.1.0", source="def run():\n    return 1\n", extra=OPTIONAL))
    shown = ax(used, "inspect acme.demo")
    assert shown.startswith("acme.demo 1.0.0\n"), "what is installed comes before what is newest"
    assert "storage (low risk)" in shown
    assert "src/demo.py, line 2: the use of automatosx_nb.sdk.storage" in shown
    assert "used by 3 calls" in shown
    assert "1.1.0: more: events:subscribe:kernel.cell.finished (medium risk)" in shown
    assert "no longer: storage" in shown
    newer = json.loads(ax(used, "inspect acme.demo@1.1.0 --json"))
    assert (newer["version"], newer["calls"]) == ("1.1.0", 0)
    assert newer["changes"][0]["removed"] == ["modules:numpy", "modules:pandas", "storage"]


def test_info_shows_what_is_optional_and_what_the_versions_differ_in(
    used: Marketplace, make_plugin: MakePlugin
) -> None:
    assert "has changed" not in ax(used, "info acme.demo")
    used.publish(make_plugin(version="1.1.0", source="def run():\n    return 1\n", extra=OPTIONAL))
    shown = ax(used, "info acme.demo")
    assert "It can do without:\n  - events:subscribe:kernel.cell.finished (medium risk)" in shown
    assert "1.1.0: more: events:subscribe:kernel.cell.finished (medium risk)" in shown


def test_check_publishes_nothing_and_says_what_would_be_refused(
    market: Marketplace, make_plugin: MakePlugin, capsys: pytest.CaptureFixture[str]
) -> None:
    good = make_plugin(version="1.0.0")
    bad = make_plugin(version="2.0.0", source=SOURCE)
    assert cli.main(["check", str(good)]) == 0
    assert "It could be published." in capsys.readouterr().out
    assert cli.main(["check", str(bad), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert not found["passed"]
    errors = [each for each in found["checks"] if each["severity"] == "error"]
    assert ("permissions", "src/demo.py", 2) in [(each["check"], each["file"], each["line"]) for each in errors]
    assert market.search("acme.demo").total == 0


def test_check_tells_all_faults_of_a_manifest_as_results(
    market: Marketplace, make_plugin: MakePlugin, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_plugin()
    manifest = folder / "plugin.toml"
    manifest.write_text(manifest.read_text().replace('license = "MIT"', 'licence = "MIT"'))
    assert cli.main(["check", str(folder), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert [(each["check"], each["severity"], each["file"]) for each in found["checks"]] == [
        ("manifest", "error", "plugin.toml")
    ] * 2
    (folder / "notes.txt").write_text("Notes.")
    assert cli.main(["check", str(folder)]) == 3
    shown = capsys.readouterr().out
    assert "archive" in shown
    assert "notes.txt: only these belong in an artifact" in shown


def test_check_says_that_a_version_is_taken(used: Marketplace, folder: Path) -> None:
    (folder / "README.md").write_text("# Another\n\nA text.\n")
    shown = ax(used, f"check {folder}")
    assert "already published, with other content" in shown
    assert shown.endswith("It would be refused.")


def test_check_of_what_is_not_there_says_what_to_type(market: Marketplace) -> None:
    with pytest.raises(UsageError) as caught:
        ax(market, "check acme.demo")
    assert "check FOLDER" in caught.value.usage
