"""Settings and secrets through the panel's messages, against a real marketplace."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakePlugin

SECRET = "s3cr3t-of-the-panel"
EXTRA = """
[permissions.optional]
"secrets:other" = "Only to publish."
[contributes.settings.max-rows]
type = "integer"
default = 10
minimum = 1
maximum = 99
description = "Rows to look at."
[contributes.settings.level]
type = "string"
default = "quick"
enum = ["quick", "thorough"]
title = "How closely"
[contributes.settings.names]
type = "array"
default = ["id"]
items = {type = "string"}
[contributes.settings.kinds]
type = "array"
default = ["a"]
items = {enum = ["a", "b"]}
[contributes.settings.pairs]
type = "array"
default = [[1]]
[contributes.settings.colour]
type = "boolean"
default = true
[[contributes.panels]]
name = "overview"
title = "Overview"
handler = "demo:run"
"""


@pytest.fixture
def installed(talk: Any, make_plugin: MakePlugin) -> Any:
    folder = make_plugin(permissions={"secrets:api-token": "Signs in."}, extra=EXTRA)
    talk.market.publish(folder)
    talk.market.install("acme.demo", grant=["secrets:api-token"])
    return talk


def fields(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in answer["settings"]["fields"]}


def test_a_row_tells_what_can_be_opened_set_and_kept(installed: Any) -> None:
    (plugin,) = installed.ask("installed")["installed"]["plugins"]
    assert (plugin["settings"], plugin["secrets"]) == (6, True)
    assert plugin["panels"] == [{"name": "overview", "title": "Overview"}]


def test_a_form_of_settings_is_made_of_their_schemas(installed: Any) -> None:
    found = fields(installed.ask("settings", id="acme.demo"))
    assert {name: each["control"] for name, each in found.items()} == {
        "max-rows": "number",
        "level": "select",
        "names": "lines",
        "kinds": "lines",
        "pairs": "json",
        "colour": "checkbox",
    }
    rows = found["max-rows"]
    assert (rows["label"], rows["help"]) == ("Max rows", "Rows to look at.")
    assert (rows["value"], rows["minimum"], rows["maximum"], rows["default"]) == (10, 1, 99, 10)
    assert (rows["origin"], rows["locked"], rows["set"]) == ("default", "", False)
    assert found["kinds"]["choices"] == ["a", "b"]
    assert (found["level"]["label"], found["level"]["choices"]) == ("How closely", ["quick", "thorough"])


@pytest.mark.parametrize(
    ("name", "value"), [("max-rows", 20), ("level", "thorough"), ("names", ["a", "b"]), ("colour", False)]
)
def test_what_is_saved_holds_and_goes_back_to_the_default(installed: Any, name: str, value: object) -> None:
    found = fields(installed.ask("set", id="acme.demo", name=name, value=value))[name]
    assert (found["value"], found["origin"], found["set"]) == (value, "user", True)
    assert installed.market.plugin_settings("acme.demo").get(name).value == value
    found = fields(installed.ask("unset", id="acme.demo", name=name))[name]
    assert (found["value"], found["origin"], found["set"]) == (found["default"], "default", False)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("max-rows", 0, "it is 0, and has to be at least 1"),
        ("max-rows", "20", "it is '20', and has to be of the type integer"),
        ("max-rows", None, "it is null, and has to be of the type integer"),
        ("level", "slow", "it is 'slow', and has to be one of"),
        ("names", [1], "it[0] is 1, and has to be of the type string"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field_and_changes_nothing(
    installed: Any, name: str, value: object, told: str
) -> None:
    answer = installed.ask("set", id="acme.demo", name=name, value=value)
    assert (answer["error"]["code"], answer["field"]) == ("invalid-setting", name)
    assert told in answer["reason"]
    assert installed.market.profile.settings.of("acme.demo") == {}


def test_a_locked_setting_says_where_and_is_not_set(
    installed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(tmp_path)])
    file = tmp_path / "automatosx_config.py"
    file.write_text(
        "c.PluginSettings.preset = {'acme.demo': {'max-rows': 20}}\nc.PluginSettings.locked = ['acme.demo.max-rows']\n"
    )
    monkeypatch.delenv("JUPYTER_NO_CONFIG", raising=False)
    found = fields(installed.ask("settings", id="acme.demo"))["max-rows"]
    assert (found["value"], found["origin"], found["place"]) == (20, "admin", f"{file}, line 1")
    assert found["locked"] == f"{file}, line 2"
    answer = installed.ask("set", id="acme.demo", name="max-rows", value=30)
    assert (answer["field"], answer["reason"]) == ("max-rows", f"{file}, line 2 locks it")


def test_a_secret_is_kept_and_no_answer_or_log_has_it(
    installed: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    before = {each["name"]: each for each in installed.ask("secrets", id="acme.demo")["secrets"]["secrets"]}
    assert before["api-token"] == {
        "name": "api-token", "reason": "Signs in.", "asked": True, "granted": True, "kept": "",
    }  # fmt: skip
    assert before["other"]["granted"] is False
    kept = installed.ask("keep", id="acme.demo", name="api-token", value=SECRET)
    assert kept["secrets"]["secrets"][0]["kept"] != ""
    assert installed.market.secrets.get("acme.demo", "api-token") == SECRET
    assert (
        installed.ask("keep", id="acme.demo", name="Not A Name", value=SECRET)["error"]["code"] == "invalid-permission"
    )
    assert installed.ask("keep", id="acme.demo", name="other", value=SECRET + "\ud800")["error"]["code"] == "usage"
    assert installed.ask("keep", id="acme.nope", name="other", value=SECRET)["error"]["code"] == "not-installed"
    assert installed.ask("keep", id="acme.demo", name="other", value=[SECRET])["error"]["code"] == "invalid-request"
    assert "error" in installed.ask("keep", id="acme.demo", name="other", value=SECRET, more=1)
    assert SECRET not in str(installed.heard)
    assert SECRET not in caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    installed.ask("forget", id="acme.demo", name="api-token")
    assert installed.market.secrets.get("acme.demo", "api-token") is None


def test_a_panel_of_a_plugin_needs_a_notebook(installed: Any) -> None:
    answer = installed.ask("open", id="acme.demo", name="overview")
    assert answer["error"]["problem"] == "this panel cannot show another."
