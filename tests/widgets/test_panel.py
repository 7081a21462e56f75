"""The widget itself: what a saved notebook keeps of it, and what importing it costs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import automatosx_nb
from automatosx_nb.widgets import bundle, installed, marketplace, permissions

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.app import Marketplace
    from tests.conftest import Absent

LEDGER_GRANTS = ("storage", "events:subscribe:kernel.cell.finished")


def test_a_saved_notebook_shows_a_table_of_plugins_and_what_is_installed(market: Marketplace) -> None:
    panel = marketplace(market)
    market.install("automatosx.cell-ledger", grant=LEDGER_GRANTS)
    bundled = panel._repr_mimebundle_()
    assert bundled is not None
    data = bundled[0]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == "<marketplace panel: 4 plugins, installed: cell-ledger 1.0.0>"
    assert "automatosx.data-profiler</th>" in data["text/html"]
    assert "✓ 1.0.0</td>" in data["text/html"]
    assert "<script" not in data["text/html"]
    panel.close()


def test_the_first_page_needs_no_message(market: Marketplace) -> None:
    panel = marketplace(market)
    assert panel.first["page"]["total"] == 4
    assert panel.first["installed"]["plugins"] == []
    panel.close()


def test_without_a_market_it_is_the_one_of_this_process(market: Marketplace) -> None:
    from automatosx_nb.app import current

    panel = marketplace()
    current().install("automatosx.cell-ledger", grant=LEDGER_GRANTS)
    assert "cell-ledger 1.0.0" in str(panel._repr_mimebundle_())
    panel.close()
    current().close()


@pytest.fixture
def running_shell(shell: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The shell whose cell this is, without the extension."""
    monkeypatch.setattr(InteractiveShell, "_instance", shell)
    assert "ax" not in shell.magics_manager.magics["line"]
    return shell


@pytest.mark.parametrize("show", ["marketplace", "installed", "permissions"])
def test_a_panel_of_this_process_loads_the_extension_of_the_shell_that_runs(running_shell: Any, show: str) -> None:
    getattr(automatosx_nb, show)().close()
    assert "ax" in running_shell.magics_manager.magics["line"]


def test_a_panel_of_another_marketplace_loads_nothing(running_shell: Any, market: Marketplace) -> None:
    automatosx_nb.marketplace(market).close()
    assert "ax" not in running_shell.magics_manager.magics["line"]


def test_a_message_over_the_comm_is_answered_over_it(market: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = marketplace(market)
    sent: list[object] = []
    monkeypatch.setattr(panel.comm, "send", lambda data=None, **_: sent.append(data))
    panel._handle_custom_msg({"do": "ping", "request": "p"}, [])
    assert [(one["method"], one["content"]["re"]) for one in sent] == [("custom", "p")]  # type: ignore[index]
    panel.close()


def test_importing_the_package_loads_no_widget_library() -> None:
    heavy = ("anywidget", "mistune", "nh3")
    code = f"import sys, automatosx_nb.widgets; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("widget", bundle.PARTS)
def test_the_script_is_one_module_that_imports_nothing(widget: str) -> None:
    script = bundle.script(widget)
    assert re.findall(r"^\s*import\b.*", script, re.MULTILINE) == []
    assert re.findall(r"^export .*", script, re.MULTILINE) == ["export default { render };"]


def test_every_part_of_the_front_end_is_in_the_script_after_what_it_imports() -> None:
    from importlib.resources import files

    present = {entry.name for entry in files("automatosx_nb.widgets").joinpath("static").iterdir()}
    assert present == {f"{part}.js" for parts in bundle.PARTS.values() for part in parts} | {"panel.css"}
    for parts in bundle.PARTS.values():
        for at, part in enumerate(parts):
            needed = re.findall(r'from "\./([a-z]+)\.js"', bundle.read(f"{part}.js"))
            assert set(needed) <= set(parts[:at])


@pytest.mark.parametrize("widget", bundle.PARTS)
def test_the_script_is_valid_and_has_no_handler_in_markup(widget: str, tmp_path: Path, absent: Absent) -> None:
    script = bundle.script(widget)
    assert script.count("innerHTML") == 1
    assert "https://" not in script + bundle.style()
    node = shutil.which("node")
    if node is None:
        absent("node is not on PATH")
    file = tmp_path / "panel.mjs"
    file.write_text(script, encoding="utf-8")
    assert subprocess.run([node, "--check", str(file)], capture_output=True, text=True, check=False).stderr == ""


@pytest.mark.parametrize(
    ("show", "view"), [(marketplace, "browse"), (installed, "installed"), (permissions, "permissions")]
)
def test_each_panel_begins_at_its_own_view(market: Marketplace, show: Any, view: str) -> None:
    panel = show(market)
    assert panel.get_state()["view"] == view
    panel.close()
