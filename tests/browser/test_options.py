"""Settings, secrets and panels of an installed plugin, from the marketplace panel in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.test_forms import picture

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

SECRET = "s3cr3t-typed-into-the-panel"
SOURCE = """
from automatosx_nb.sdk import secrets, settings, ui


def run():
    return "ran"


def overview():
    return ui.text(f"looks at {settings.get('max-rows')} rows, signed in: {len(secrets.get('api-token')) > 0}")
"""
EXTRA = """
[contributes.settings.max-rows]
type = "integer"
default = 10000
minimum = 1
maximum = 1000000
description = "Rows that are looked at; more take longer."
[contributes.settings.level]
type = "string"
default = "quick"
enum = ["quick", "thorough"]
description = "How closely it looks."
[contributes.settings.skip]
type = "array"
default = ["id"]
items = {type = "string"}
description = "Columns that are never looked at."
[contributes.settings.colours]
type = "boolean"
default = true
description = "Colour what is found."
[contributes.settings.endpoint]
type = "string"
default = "https://example.org"
description = "Where findings are sent."
[[contributes.panels]]
name = "overview"
title = "Overview"
handler = "demo:overview"
"""
LOCKED = (
    'import os\nos.environ[\'AUTOMATOSX_CONFIG\'] = \'{"PluginSettings": {"preset": {"acme.demo": {"endpoint": '
    '"https://intern.example"}}, "locked": ["acme.demo.endpoint"]}}\'\n'
)
PANEL = "import automatosx_nb\npanel = automatosx_nb.marketplace()\npanel"


@pytest.mark.parametrize("theme", ["JupyterLab Dark"])
def test_settings_and_secrets_are_typed_by_keyboard_and_a_panel_opens_below(
    lab: Any, open_notebook: Any, make_plugin: MakePlugin, theme: str
) -> None:
    folder = make_plugin(source=SOURCE, permissions={"secrets:api-token": "Signs in to the service."}, extra=EXTRA)
    code = (
        f"{LOCKED}%load_ext automatosx_nb\nfrom automatosx_nb.app import current\n"
        f"current().publish({str(folder)!r})\ncurrent().install('acme.demo', grant=['secrets:api-token'])"
    )
    notebook = open_notebook(lab.write_notebook("panel.ipynb", code, PANEL, "automatosx_nb.activity()"))
    page = notebook.page
    notebook.run(0)
    cell = notebook.run(1)
    page.get_by_role("tab", name="Installed").click()
    picture(page, "options-row")

    page.get_by_role("button", name="Settings of demo").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Settings of demo")
    rows = dialog.get_by_role("spinbutton", name="Max rows")
    rows.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    dialog.get_by_text("It has to be 1 or more.").wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("500")
    dialog.get_by_role("combobox", name="Level").focus()
    page.keyboard.press("ArrowDown")
    assert dialog.get_by_role("textbox", name="Endpoint").is_disabled()
    dialog.get_by_text("Locked: AUTOMATOSX_CONFIG. It cannot be changed here.").wait_for()
    dialog.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    dialog.get_by_text("Saved: Max rows, Level.").wait_for()
    assert dialog.get_by_text("Set by you").count() == 2
    picture(page, "settings-dark")
    dialog.get_by_role("button", name="Reset Level to the default").focus()
    page.keyboard.press("Enter")
    dialog.get_by_text("Level is no longer set by you.").wait_for()
    assert dialog.get_by_role("combobox", name="Level").input_value() == "0"
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Secrets of demo").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Secrets of demo")
    field = dialog.get_by_label("New value of api-token")
    field.focus()
    page.keyboard.type(SECRET)
    assert field.get_attribute("type") == "password"
    page.keyboard.press("Enter")
    dialog.get_by_text("api-token is kept.").wait_for()
    picture(page, "secrets-dark")
    assert dialog.get_by_label("New value of api-token").input_value() == ""
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Open Overview of demo").focus()
    page.keyboard.press("Enter")
    cell.get_by_text("looks at 500 rows, signed in: True").wait_for()
    picture(page, "options-opened")

    meters = notebook.run(2)
    meters.get_by_role("meter", name="Memory of demo").wait_for()
    meters.get_by_text("Log, limits and incidents of demo").focus()
    page.keyboard.press("Enter")
    meters.get_by_text("Nothing was logged.").wait_for()
    page.evaluate("document.querySelectorAll('.jp-Notebook .jp-Cell')[2].scrollIntoView()")
    picture(page, "activity-dark")

    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    assert SECRET not in (lab.root / "panel.ipynb").read_text(encoding="utf-8")
    assert "looks at 500 rows" in (lab.root / "panel.ipynb").read_text(encoding="utf-8")
    assert [path for path in lab.home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()] == []
