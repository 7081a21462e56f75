"""The bundled plugins of the community in JupyterLab: a table named once, its columns chosen, a chart; a report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

PENGUINS = Path(__file__).parents[2] / "notebooks" / "data" / "penguins_raw.csv"
SETUP = f"""%load_ext automatosx_nb
import automatosx_nb
import pandas as pd
from automatosx_nb.app import current
for plugin in ("lantern.quick-charts", "meadow.privacy-scan"):
    current().install(plugin, grant=["modules:pyarrow"])
penguins = pd.read_csv({str(PENGUINS)!r})
penguins["Species"] = penguins["Species"].str.split().str[0]
customers = pd.DataFrame({{
    "customer": range(5),
    "contact": ["ada@example.org", "bob@example.com", "cy@example.net", None, "di@example.org"],
    "account": ["DE89370400440532013000", "GB82WEST12345698765432", None, "FR1420041010050500013M02606", None],
    "date_of_birth": ["1984-03-01", "1990-12-24", "1971-07-07", "2001-01-31", None],
    "note": ["paid with 4111 1111 1111 1111", "called from +44 20 7946 0958", "", None, "x"],
}})"""


def picture(page: Any, name: str) -> None:
    """Kept where somebody wants to look at it."""
    folder = os.environ.get("AUTOMATOSX_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.parametrize(
    "theme", ["JupyterLab Dark"] + ["JupyterLab Light"] * bool(os.environ.get("AUTOMATOSX_PICTURES"))
)
def test_a_table_stays_named_while_its_columns_are_chosen_and_drawn(lab: Any, open_notebook: Any, theme: str) -> None:
    panel, privacy = "automatosx_nb.panel('lantern.quick-charts')", "%privacy customers"
    notebook = open_notebook(lab.write_notebook("charts.ipynb", SETUP, panel, privacy))
    page = notebook.page
    notebook.run(0)
    cell = notebook.run(1)
    cell.get_by_label("Table").fill("penguins")
    cell.get_by_role("button", name="Show its columns").click()
    cell.get_by_label("X axis").select_option(label="Body Mass (g)")
    assert cell.get_by_label("Table").input_value() == "penguins"
    cell.get_by_label("Y axis").select_option(label="Flipper Length (mm)")
    cell.get_by_label("Groups").select_option(label="Species")
    cell.get_by_role("button", name="Draw").click()
    chart = cell.get_by_alt_text("Flipper Length (mm) against Body Mass (g), 342 points, by Species")
    chart.wait_for()
    assert chart.evaluate("one => one.naturalWidth") == 720
    assert cell.get_by_label("Groups").is_visible(), "the form stays, for the next one"
    chart.scroll_into_view_if_needed()
    picture(page, f"charts-{theme[11:].lower()}")
    report = notebook.run(2)
    report.get_by_text("e-mail address").wait_for()
    assert "ada@" not in report.locator(".jp-Cell-outputWrapper").inner_text()
    report.get_by_text("e-mail address").scroll_into_view_if_needed()
    picture(page, f"privacy-{theme[11:].lower()}")
