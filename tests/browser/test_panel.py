"""The marketplace panel in JupyterLab, against the real marketplace, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.conftest import MakePlugin

PANEL = "import automatosx_nb\npanel = automatosx_nb.marketplace()\npanel"


@pytest.fixture
def panel(lab: Any, open_notebook: Any) -> Any:
    """A notebook without ``%load_ext``, with an open panel in its first cell; the second asks what a magic is."""
    notebook = open_notebook(lab.write_notebook("panel.ipynb", PANEL, "%profile --help"))
    notebook.run(0)
    notebook.page.locator(".ax-card").first.wait_for()
    return notebook


def search(page: Page, text: str, finds: str) -> None:
    page.get_by_label("Search plugins").fill(text)
    page.get_by_role("status").filter(has_text=f"“{text}”").wait_for()
    page.get_by_role("heading", name=finds, exact=True).wait_for()


def grant_all(dialog: Locator) -> None:
    for box in dialog.get_by_role("checkbox").all():
        box.check()


def install(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Install {name}", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"Install {name}?")
    dialog.wait_for()
    grant_all(dialog)
    dialog.get_by_role("button", name="install", exact=False).click()
    page.locator(".ax-said").filter(has_text=f"{name} ").wait_for()


def test_search_consent_install_update_and_roll_back_by_the_panel_alone(panel: Any) -> None:
    page = panel.page
    search(page, "profil", "data-profiler")

    page.get_by_role("button", name="Details of data-profiler").click()
    details = page.get_by_role("dialog", name="data-profiler")
    details.get_by_role("tab", name="Versions").click()
    details.get_by_role("button", name="Install data-profiler 1.0.0").click()
    consent = page.get_by_role("dialog", name="Install data-profiler?")
    go = consent.get_by_role("button", name="Grant and install")
    assert go.is_disabled()
    grant_all(consent)
    go.click()
    said = page.locator(".ax-said")
    said.filter(has_text="data-profiler 1.0.0 installed: try %profile your_table").wait_for()
    assert not page.get_by_role("dialog").is_visible()
    assert "usage: %profile" in panel.run(1).inner_text()

    page.get_by_role("button", name="Update data-profiler to 1.1.0").click()
    update = page.get_by_role("dialog", name="Update data-profiler?")
    update.get_by_role("heading", name="New in data-profiler since 1.0.0").wait_for()
    grant_all(update)
    update.get_by_role("button", name="update", exact=False).click()
    said.filter(has_text="updated from 1.0.0 to 1.1.0").wait_for()

    page.get_by_role("tab", name="Installed").click()
    page.get_by_role("button", name="Roll back the last change").click()
    back = page.get_by_role("dialog", name="Roll back?")
    back.get_by_text("Takes data-profiler back from 1.1.0 to 1.0.0").wait_for()
    back.get_by_role("button", name="Roll back").click()
    said.filter(has_text="Rolled back: data-profiler back to 1.0.0").wait_for()
    page.get_by_role("button", name="Update data-profiler to 1.1.0").wait_for()


def test_a_plugin_is_installed_by_keyboard_alone_and_the_focus_comes_back(panel: Any) -> None:
    page = panel.page
    page.get_by_label("Search plugins").focus()
    page.keyboard.type("ledger")
    page.get_by_role("status").filter(has_text="“ledger”").wait_for()
    button = page.get_by_role("button", name="Install cell-ledger", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Install cell-ledger?")
    dialog.get_by_role("checkbox").first.wait_for()
    page.keyboard.press("Escape")
    assert button.evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")
    dialog.get_by_role("checkbox").first.wait_for()
    for _ in range(2):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    page.keyboard.press("Tab")
    assert page.get_by_role("radio").first.evaluate("one => one === document.activeElement")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".ax-said").filter(has_text="cell-ledger 1.0.0 installed").wait_for()
    page.wait_for_function("document.activeElement.ariaLabel === 'Details of cell-ledger'")


def test_the_dialog_says_why_these_versions(lab: Any, open_notebook: Any, make_plugin: MakePlugin) -> None:
    folders = [str(make_plugin("acme.base", version, magic="base")) for version in ("1.0.0", "2.0.0")]
    folders.append(str(make_plugin("acme.top", magic="top", requires={"acme.base": "^1.0"})))
    publish = f"from automatosx_nb.app import current\nfor folder in {folders}:\n    current().publish(folder)"
    notebook = open_notebook(lab.write_notebook("panel.ipynb", publish, PANEL))
    notebook.run(0)
    notebook.run(1)
    page = notebook.page
    page.get_by_role("button", name="Install top", exact=True).click()
    dialog = page.get_by_role("dialog", name="Install top?")
    why = dialog.get_by_text("Why these versions")
    why.focus()
    held_back = dialog.get_by_text("acme.base 2.0.0 is not in ^1.0, which acme.top 1.0.0 requires.")
    assert not held_back.is_visible()
    page.keyboard.press("Enter")
    held_back.wait_for()
    assert "└─ acme.base 1.0.0  (^1.0)" in dialog.get_by_label("What it requires").inner_text()
    dialog.get_by_role("button", name="Install", exact=True).click()
    page.locator(".ax-said").filter(has_text="top 1.0.0 installed").wait_for()


def test_typing_into_the_search_runs_no_notebook_command(panel: Any) -> None:
    page = panel.page
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    page.get_by_label("Search plugins").focus()
    page.keyboard.type("aabbddxx")
    page.get_by_text("No plugin matches “aabbddxx”.").wait_for()
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells


def test_a_change_made_in_a_cell_shows_in_the_panel(lab: Any, open_notebook: Any) -> None:
    grants = "['storage', 'events:subscribe:kernel.cell.finished']"
    code = (
        f"from automatosx_nb.app import current\ncurrent().install('automatosx.cell-ledger', grant={grants}).generation"
    )
    notebook = open_notebook(lab.write_notebook("panel.ipynb", PANEL, code))
    notebook.run(0)
    notebook.run(1)
    notebook.page.locator(".ax-have").filter(has_text="Installed 1.0.0").wait_for()


def test_after_a_restart_of_the_kernel_the_panel_says_so_and_its_buttons_are_off(lab: Any, panel: Any) -> None:
    (kernel,) = lab.ask("api/kernels")
    lab.ask(f"api/kernels/{kernel['id']}/restart", method="POST")
    panel.page.get_by_text("Disconnected: run the cell again.").wait_for()
    assert panel.page.get_by_role("button", name="Install data-profiler").is_disabled()
    assert panel.page.get_by_label("Search plugins").is_disabled()


def test_a_panel_in_a_narrow_page_needs_no_sideways_scrolling(panel: Any) -> None:
    page = panel.page
    page.set_viewport_size({"width": 480, "height": 900})
    page.wait_for_function("document.querySelector('.ax').clientWidth < 420")
    assert page.locator(".ax").evaluate("one => one.scrollWidth <= one.clientWidth")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_panel_takes_the_colours_of_the_theme(panel: Any, theme: str) -> None:
    card = panel.page.locator(".ax-card").first
    shade = card.evaluate("one => parseInt(getComputedStyle(one).backgroundColor.match(/[0-9]+/)[0])")
    assert (shade > 200) == (theme == "JupyterLab Light")


def test_a_notebook_saved_without_widget_state_shows_the_table(lab: Any, panel: Any, tmp_path: Path) -> None:
    page = panel.page
    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    saved = (lab.root / "panel.ipynb").read_text(encoding="utf-8")
    assert "<table>" in saved
    assert "automatosx.data-profiler" in saved
