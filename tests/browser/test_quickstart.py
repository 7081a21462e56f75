"""The quickstart notebook as a newcomer goes through it: cell by cell, and by the panel where it says so.

With ``AUTOMATOSX_IMAGES`` set to a folder, the journey leaves there the pictures of the documentation.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Locator, Page

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAME = "quickstart.ipynb"
IMAGES = os.environ.get("AUTOMATOSX_IMAGES")
INSTALL_MS = 60_000
RUN_ALL_MS = 120_000

PANEL = "automatosx_nb.marketplace()"
RESAMPLE = 'gentoo = penguins.loc[penguins["Species"].str.startswith("Gentoo"), "Body Mass (g)"].dropna()'
BY = "%profile penguins --by Species"


@pytest.fixture(scope="module")
def screen() -> dict[str, Any]:
    """What looks well on a page of documentation."""
    return {"viewport": {"width": 1280, "height": 860}, "device_scale_factor": 1.5 if IMAGES else 1}


class Journey:
    """The open quickstart; its cells are named by a line of their code."""

    def __init__(self, notebook: Any, document: dict[str, Any]) -> None:
        self.page: Page = notebook.page
        self._notebook = notebook
        sources = [cell["source"] if cell["cell_type"] == "code" else "" for cell in document["cells"]]
        self._code = ["".join(source).splitlines() for source in sources]

    def index(self, line: str) -> int:
        """The place of the one code cell with this line."""
        (at,) = [i for i, lines in enumerate(self._code) if line in lines]
        return at

    def cell(self, line: str) -> Locator:
        cell: Locator = self._notebook.cell(self.index(line))
        return cell

    def run(self, line: str) -> Locator:
        """Run the cell that has ``line``; its output area."""
        cell: Locator = self._notebook.run(self.index(line))
        return cell.locator(".jp-Cell-outputWrapper")

    def shoot(self, name: str, line: str) -> None:
        """Keep a picture under ``AUTOMATOSX_IMAGES``, the cell with ``line`` on top; nothing where it is not set."""
        if IMAGES is None:
            return
        self.cell(line).evaluate("one => one.scrollIntoView({ block: 'start' })")
        self.page.mouse.move(1, 1)
        self.page.screenshot(path=Path(IMAGES) / f"{name}.png", animations="disabled")

    def shoot_part(self, name: str, part: Locator, height: int) -> None:
        """The same of the top of ``part``, one pixel a CSS pixel: as small as a plugin's own screenshots have to be."""
        if IMAGES is None:
            return
        part.evaluate("one => one.scrollIntoView({ block: 'start' })")
        box = part.bounding_box()
        assert box is not None
        clip: Any = {**box, "height": min(height, box["height"])}
        self.page.mouse.move(1, 1)
        path = Path(IMAGES) / f"{name}.png"
        self.page.screenshot(path=path, clip=clip, scale="css", animations="disabled")


@pytest.fixture
def shipped() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((NOTEBOOKS / NAME).read_text(encoding="utf-8"))
    return document


@pytest.fixture
def notebook(lab: Any, open_notebook: Any, shipped: dict[str, Any]) -> Any:
    """The quickstart in JupyterLab, with its data beside it."""
    shutil.copytree(NOTEBOOKS / "data", lab.root / "data")
    return open_notebook(lab.save_notebook(NAME, shipped))


@pytest.fixture
def journey(notebook: Any, shipped: dict[str, Any]) -> Journey:
    """The same without its outputs."""
    choose(notebook.page, "Edit", "Clear Outputs of All Cells")
    notebook.page.wait_for_function("!document.querySelector('.jp-Notebook .jp-OutputArea-child')")
    return Journey(notebook, shipped)


@pytest.fixture
def freeze(lab: Any) -> Callable[[], AbstractContextManager[None]]:
    """``with freeze():`` the kernel stands still."""

    @contextmanager
    def frozen() -> Iterator[None]:
        (kernel,) = lab.ask("api/kernels")
        pid = int(subprocess.check_output(["pgrep", "-f", f"kernel-{kernel['id']}.json"]))
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    return frozen


def said(page: Page, text: str) -> None:
    page.locator(".ax-said").filter(has_text=text).wait_for(timeout=INSTALL_MS)


def choose(page: Page, *menu: str) -> None:
    """Choose an entry of JupyterLab's menu bar."""
    page.locator(".lm-MenuBar-item").filter(has_text=menu[0]).click()
    for name in menu[1:]:
        page.locator(f".lm-Menu-item:has(.lm-Menu-itemLabel:text-is('{name}'))").click()


def wear(page: Page, theme: str) -> None:
    choose(page, "Settings", "Theme", theme)
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)


WAITING = "[...document.querySelectorAll('.jp-InputPrompt')].filter((one) => one.innerText.includes('*')).length"
WATCH = """() => {
  window.steps = [];
  const look = () => {
    const bar = document.querySelector('.ax-dialog .ax-progress progress');
    if (bar) window.steps.push(bar.value);
  };
  const all = { subtree: true, childList: true, attributes: true };
  new MutationObserver(look).observe(document.querySelector('.ax-dialog'), all);
}"""


def find_and_install(journey: Journey, freeze: Any) -> None:
    """Version 1.0.0 of data-profiler, by the panel."""
    page = journey.page
    page.get_by_label("Search plugins").press_sequentially("prof")
    page.get_by_role("status").filter(has_text="for “prof”").wait_for()
    assert page.locator(".ax-card h4").first.inner_text() == "data-profiler"
    journey.shoot("panel-light", PANEL)
    if IMAGES:
        wear(page, "JupyterLab Dark")
        journey.shoot("panel-dark", PANEL)
        wear(page, "JupyterLab Light")
    page.get_by_role("button", name="Details of data-profiler").click()
    details = page.get_by_role("dialog", name="data-profiler")
    details.get_by_text("See what is in a table before you build on it.").wait_for()
    journey.shoot("details-light", PANEL)
    details.get_by_role("tab", name="Versions").click()
    details.get_by_role("button", name="Install data-profiler 1.0.0").click()

    consent = page.get_by_role("dialog", name="Install data-profiler?")
    go = consent.get_by_role("button", name="Grant and install")
    assert go.is_disabled()
    consent.get_by_role("checkbox", name="pyarrow").check()
    journey.shoot("consent-light", PANEL)
    page.evaluate(WATCH)
    go.click()
    if IMAGES:
        page.wait_for_function("window.steps.some((value) => value > 0.3)", polling=5)
        with freeze():
            journey.shoot("progress-light", PANEL)
    said(page, "data-profiler 1.0.0 installed: try %profile your_table")
    steps = page.evaluate("window.steps")
    assert len(set(steps)) > 1
    assert steps == sorted(steps)


def update(journey: Journey) -> None:
    page = journey.page
    page.get_by_role("button", name="Update data-profiler to 1.1.0").click()
    dialog = page.get_by_role("dialog", name="Update data-profiler?")
    dialog.get_by_text("how much of the variance the groups explain").wait_for()
    assert not dialog.get_by_text("distinct values").is_visible()
    journey.shoot("update-light", PANEL)
    dialog.get_by_role("button", name="Update", exact=True).click()
    said(page, "updated from 1.0.0 to 1.1.0")


def pin_and_undo(journey: Journey) -> None:
    """The profile is as it was before, two generations later."""
    page = journey.page
    page.get_by_role("tab", name="Installed").click()
    page.get_by_role("button", name="Pin data-profiler at 1.1.0").click()
    dialog = page.get_by_role("dialog", name="Pin data-profiler?")
    dialog.get_by_label("Why").fill("the figures of the paper are made with it")
    dialog.get_by_role("button", name="Pin", exact=True).click()
    said(page, "data-profiler is pinned at 1.1.0.")
    page.get_by_text("the figures of the paper are made with it").first.wait_for()
    past = page.get_by_label("History, newest first")
    past.get_by_text("What it changed").nth(1).click()
    past.get_by_text("↑ automatosx.data-profiler 1.0.0 → 1.1.0").wait_for()
    journey.shoot("installed-light", PANEL)
    page.get_by_role("button", name="Undo whatever was done last").click()
    page.get_by_role("dialog", name="Undo the last change?").get_by_role("button", name="Undo", exact=True).click()
    said(page, "Undone: data-profiler is no longer pinned.")


def roll_back(journey: Journey) -> None:
    page = journey.page
    page.get_by_role("tab", name="Installed").click()
    page.get_by_role("button", name="Roll back the last change").click()
    dialog = page.get_by_role("dialog", name="Roll back?")
    dialog.get_by_text("Takes data-profiler back from 1.1.0 to 1.0.0").wait_for()
    dialog.get_by_role("button", name="Roll back").click()
    said(page, "Rolled back: data-profiler back to 1.0.0")


def work(journey: Journey) -> None:
    assert "95 % interval" in journey.run(RESAMPLE).inner_text()
    assert "Gentoo" in journey.run('penguins.groupby("Species")["Body Mass (g)"].describe().round()').inner_text()


def metrics(output: Locator) -> dict[str, str]:
    """The figures that a plugin shows, by their labels."""
    found = output.locator(".axd-metric")
    found.first.wait_for()
    labels, values = found.locator(".axd-label"), found.locator(".axd-value")
    return dict(zip(labels.all_inner_texts(), values.all_inner_texts(), strict=True))


def restart(page: Page) -> None:
    choose(page, "Kernel", "Restart Kernel and Clear Outputs of All Cells…")
    page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()
    page.wait_for_function("!document.querySelector('.jp-Notebook .jp-OutputArea-child')")


def test_a_newcomers_journey(journey: Journey, freeze: Any) -> None:
    page = journey.page
    assert "Adelie" in journey.run("penguins.head()").inner_text()
    journey.run("%load_ext automatosx_nb")
    journey.run(PANEL)
    find_and_install(journey, freeze)
    assert "1.0.0" in journey.run("%ax search profile").inner_text()
    journey.run("%ax install automatosx.data-profiler@1.0.0 --grant modules:pyarrow")

    profile = journey.run("%profile penguins")
    profile.get_by_role("img", name="2,700 to 6,300").wait_for()
    journey.shoot("profile-light", "%profile penguins")
    if IMAGES:
        wear(page, "JupyterLab Dark")
        journey.shoot("profile-dark", "%profile penguins")
        wear(page, "JupyterLab Light")

    journey.run("%ax plan")
    update(journey)
    compared = journey.run(BY)
    assert "η²" in compared.inner_text()
    journey.shoot_part("report", compared.locator(".jp-OutputArea-output").last, 620)
    groups = compared.get_by_role("heading", name="Compared by Species")
    journey.shoot_part("groups", groups.locator("xpath=.."), 480)
    pin_and_undo(journey)
    roll_back(journey)
    assert "--by" in journey.run(BY).locator("[data-mime-type='application/vnd.jupyter.stderr']").inner_text()
    assert "1.0.0" in journey.run("%ax list").inner_text()

    journey.run("%ax install automatosx.cell-ledger --grant storage --grant events:subscribe:kernel.cell.finished")
    work(journey)
    assert metrics(journey.run("%ledger"))["Runs"] == "2"
    restart(page)
    journey.run("%load_ext automatosx_nb")
    assert metrics(journey.run("%ledger"))["Kernel sessions"] == "1"
    journey.run("penguins.head()")
    work(journey)
    ledger = metrics(journey.run("%ledger"))
    assert (ledger["Kernel sessions"], ledger["Failures"]) == ("2", "0")
    journey.shoot("ledger-light", "%ledger")


def test_the_notebook_as_it_is_runs_to_its_end(lab: Any, notebook: Any, shipped: dict[str, Any]) -> None:
    page = notebook.page
    page.get_by_text("Run the cell to use the panel.").wait_for()
    choose(page, "Run", "Run All Cells")
    page.wait_for_function(f"{WAITING} > 0")
    page.wait_for_function(f"{WAITING} === 0", timeout=RUN_ALL_MS)
    assert page.locator(".ax-card").count() == len({folder.parent for folder in catalog.folders()})
    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    saved = json.loads((lab.root / NAME).read_text(encoding="utf-8"))
    ran = [cell for cell in saved["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in ran] == list(range(1, len(ran) + 1))
    outputs = [output for cell in ran for output in cell["outputs"]]
    assert len(outputs) > len(ran) / 2
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []
