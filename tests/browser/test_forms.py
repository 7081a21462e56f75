"""A plugin's panel with controls, in a real browser: filled in by keyboard, its result below, gone with its plugin."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

SOURCE = """
from automatosx_nb.sdk import ui


def run():
    return "ran"


def overview():
    return ui.stack(
        ui.heading("Table doctor"),
        ui.form(
            "check",
            ui.pick("table", "Table", help="A variable of this notebook."),
            ui.slider("max_rows", 10, 1000, 100, label="Rows", step=10),
            ui.select("level", ["quick", "thorough"]),
            ui.checkbox("strict", "Stop at the first finding"),
            submit="Check",
        ),
        ui.button("About this plugin", "about"),
        ui.text("Nothing was checked yet."),
    )


def check(table, max_rows=1, level="", strict=False):
    return ui.stack(
        ui.heading("Findings", level=3),
        ui.row(ui.metric("Rows", len(table)), ui.metric("At most", max_rows), ui.metric("Level", level)),
        ui.table(["check", "found"], [["missing values", 3], ["stopped early", str(strict)]]),
    )


def about():
    return ui.text("<b>Made</b> by acme.")
"""
CONTRIBUTES = """
[[contributes.commands]]
name = "check"
title = "Check a table"
handler = "demo:check"
args = [
    {name = "table", type = "variable"},
    {name = "--max-rows", type = "integer"},
    {name = "--level", type = "choice", choices = ["quick", "thorough"]},
    {name = "--strict", type = "flag"},
]
[[contributes.commands]]
name = "about"
title = "About this plugin"
handler = "demo:about"
[[contributes.panels]]
name = "overview"
title = "Table doctor"
handler = "demo:overview"
"""


def picture(page: Any, name: str) -> None:
    """Kept where somebody wants to look at it."""
    folder = os.environ.get("AUTOMATOSX_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_a_panel_is_filled_in_by_keyboard_and_its_result_stands_below(
    lab: Any, open_notebook: Any, make_plugin: MakePlugin
) -> None:
    folder = make_plugin(source=SOURCE, extra=CONTRIBUTES)
    code = (
        "%load_ext automatosx_nb\nimport automatosx_nb\nfrom automatosx_nb.app import current\n"
        f"current().publish({str(folder)!r})\ncurrent().install('acme.demo')\nsales = [3, 1, 2]"
    )
    show = "automatosx_nb.panel('acme.demo')"
    notebook = open_notebook(lab.write_notebook("panel.ipynb", code, show, "%ax remove acme.demo"))
    page = notebook.page
    notebook.run(0)
    cell = notebook.run(1)
    form = cell.get_by_role("form", name="Check a table")
    form.wait_for()
    cell.get_by_text("Nothing was checked yet.").wait_for()
    picture(page, "form-first")

    form.get_by_label("Table").focus()
    page.keyboard.type("sale")
    page.keyboard.press("Enter")
    form.get_by_text("There is no variable 'sale' in this notebook.").wait_for()
    assert form.get_by_label("Table").get_attribute("aria-invalid") == "true"
    picture(page, "form-fault")
    page.keyboard.type("s")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    cell.get_by_text("Check: done. The result is below.").wait_for()
    table = cell.get_by_role("table")
    table.wait_for()
    assert table.inner_text().split() == ["check", "found", "missing", "values", "3", "stopped", "early", "True"]
    assert [text.split("\n") for text in cell.locator(".axd-metric").all_inner_texts()] == [
        ["Rows", "3"],
        ["At most", "110"],
        ["Level", "thorough"],
    ]
    picture(page, "form-result")

    cell.get_by_role("button", name="About this plugin").focus()
    page.keyboard.press("Enter")
    cell.get_by_text("<b>Made</b> by acme.").wait_for()
    assert cell.get_by_role("table").count() == 0

    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    saved = json.loads((lab.root / "panel.ipynb").read_text(encoding="utf-8"))
    first, last = saved["cells"][1]["outputs"]
    assert "A variable of this notebook." in "".join(first["data"]["text/html"])
    assert "Made" in "".join(last["data"]["text/plain"])

    notebook.run(2)
    cell.get_by_text("acme.demo was removed or replaced since. Run the cell again.").wait_for()
    assert cell.get_by_role("button", name="Check").is_disabled()
    picture(page, "form-expired")
