"""What does not fit this kernel: seen in the panel, greyed, with the reason and the way out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

IMAGES = os.environ.get("AUTOMATOSX_IMAGES")
STOCK = """import automatosx_nb
market = automatosx_nb.Marketplace()
for folder in {folders}:
    _ = market.publish(folder)
market.close()
automatosx_nb.marketplace()"""


def test_a_version_that_does_not_fit_is_greyed_and_one_that_does_is_offered(
    lab: Any, open_notebook: Any, make_plugin: MakePlugin
) -> None:
    folders = [
        make_plugin("acme.csv-doctor", "1.0.0", magic="doctor"),
        make_plugin("acme.csv-doctor", "2.0.0", magic="doctor", needs='python = ">=3.99"\npackages = ["no-such>=2"]'),
        make_plugin("acme.mac-only", "1.0.0", magic="mac_only", needs='platforms = ["macos"]'),
    ]
    notebook = open_notebook(lab.write_notebook("unfit.ipynb", STOCK.format(folders=list(map(str, folders)))))
    notebook.run(0)
    page = notebook.page
    card = page.locator(".ax-card").filter(has_text="csv-doctor")
    card.get_by_text("2.0.0 does not fit here: it needs Python >=3.99").wait_for()
    lone = page.locator(".ax-card").filter(has_text="mac-only")
    assert lone.get_by_role("button").all_inner_texts() == ["Details"]
    assert "Run the kernel on macos." in lone.inner_text()
    if IMAGES is not None:
        page.mouse.move(1, 1)
        page.locator(".ax").first.screenshot(path=Path(IMAGES) / "unfit-light.png", animations="disabled")

    page.get_by_role("button", name="Details of csv-doctor").click()
    details = page.get_by_role("dialog", name="csv-doctor")
    details.get_by_text("It also needs no-such>=2, which is not installed. Run %pip install 'no-such>=2'.").wait_for()
    details.get_by_text("Version 1.0.0 fits here.").wait_for()
    details.get_by_role("tab", name="Versions").click()
    row = details.get_by_role("row").filter(has_text="2.0.0")
    assert row.get_by_role("button").count() == 0
    assert "needs Python >=3.99" in row.inner_text()

    details.get_by_role("button", name="Close").first.click()
    page.get_by_role("button", name="Install csv-doctor 1.0.0").click()
    consent = page.get_by_role("dialog", name="Install csv-doctor?")
    consent.get_by_role("button", name="Install", exact=False).last.click()
    page.locator(".ax-said").filter(has_text="csv-doctor 1.0.0 installed").wait_for()
