"""Writing a lock into the notebook that is open in JupyterLab: what one has to do, and what JupyterLab asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.conftest import Lab, Notebook

OpenNotebook = Callable[..., "Notebook"]
PROFILER = "automatosx.data-profiler"


def test_a_lock_is_there_after_saving_running_and_reloading_and_nothing_is_lost(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    environment = {**os.environ, "AUTOMATOSX_HOME": str(lab.home)}
    install = [sys.executable, "-m", "automatosx_nb.cli", "install", PROFILER, "--grant", "modules:pyarrow"]
    subprocess.run(install, check=True, env=environment, capture_output=True)
    name = lab.write_notebook("n.ipynb", "%load_ext automatosx_nb", "", "%profile --help")
    path = lab.root / name
    notebook = open_notebook(name)
    page = notebook.page
    notebook.run(0)
    notebook.cell(1).locator(".cm-content").click()
    page.keyboard.type("%ax lock --into-notebook")
    refused = notebook.run(1)
    assert "n.ipynb is not saved" in refused.locator(".jp-OutputArea").inner_text()
    assert "lock" not in json.loads(path.read_text())["metadata"].get("automatosx", {})

    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    done = notebook.run(1)
    assert "Reload Notebook from Disk" in done.locator(".jp-OutputArea").inner_text()
    assert PROFILER in json.loads(path.read_text())["metadata"]["automatosx"]["lock"]["plugins"]

    page.keyboard.press("Control+s")
    asked = page.locator(".jp-Dialog")
    asked.wait_for()
    assert "changed" in asked.inner_text()
    asked.get_by_role("button", name="Revert").click()
    asked.wait_for(state="detached")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    page.keyboard.press("Control+s")
    saved = json.loads(path.read_text())
    assert PROFILER in saved["metadata"]["automatosx"]["lock"]["plugins"]
    assert ["".join(cell["source"]) for cell in saved["cells"]][1] == "%ax lock --into-notebook"
