"""The bundled plugins of the community, found by a newcomer, installed and used in a shell with the extension."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pandas as pd
import polars as pl
import pytest
from IPython.core.interactiveshell import InteractiveShell

import automatosx_nb
from automatosx_nb import app, magics
from automatosx_nb.app import Marketplace
from automatosx_nb.catalog import ROOT
from automatosx_nb.errors import PluginFailed
from automatosx_nb.home import default_home

PRIVACY = "meadow.privacy-scan"
CHARTS = "lantern.quick-charts"
SOURCES = Path(__file__).parents[2] / "automatosx_nb" / "catalog"
"""Of this checkout: an installation leaves the plugins' tests out."""
COMMUNITY = {PRIVACY: ROOT / "privacy-scan" / "1.0.0", CHARTS: ROOT / "quick-charts" / "1.0.0"}
TOLD = "events:publish:plugin.meadow.privacy-scan.finding"
CUSTOMERS = {
    "id": [1, 2, 3, 4],
    "contact": ["ada@example.org", "bob@example.com", "cy@example.net", None],
    "note": ["call +44 20 7946 0958", "", None, "x"],
}


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marketplace]:
    """In a new home, with the registry that a newcomer has."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("community")
        patch.setenv("AUTOMATOSX_HOME", str(folder / "home"))
        patch.setenv("JUPYTER_CONFIG_DIR", str(folder / "jupyter-config"))
        patch.setenv("JUPYTER_NO_CONFIG", "1")
        patch.chdir(folder)
        market = app._current[default_home()] = Marketplace()
        yield market
        market.close()
        app._current.clear()


@pytest.fixture(scope="module")
def shell(market: Marketplace) -> Iterator[Any]:
    """With the community's plugins, and all that they ask for but what they can do without."""
    for plugin in COMMUNITY:
        market.install(plugin, grant=["modules:pyarrow"])
    make: Callable[[], Any] = InteractiveShell
    shell = InteractiveShell._instance = make()
    magics.load(shell)
    yield shell
    magics.unload(shell)
    InteractiveShell._instance = None
    shell.history_manager.end_session()
    shell.history_manager = None


def test_a_newcomers_first_search_finds_ours_and_the_communitys(market: Marketplace) -> None:
    found = {item.id: item.verified for item in market.search("").items}
    assert found == {
        "automatosx.data-profiler": True,
        "automatosx.cell-ledger": True,
        **dict.fromkeys(COMMUNITY, False),
    }


@pytest.mark.parametrize("folder", COMMUNITY.values(), ids=COMMUNITY)
def test_its_own_tests_pass(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(SOURCES / folder.relative_to(ROOT), tmp_path / folder.parent.name))
    command = [sys.executable, "-m", "automatosx_nb.cli", "test", str(copy), "--", "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_its_documentation_runs(shell: Any, market: Marketplace, tmp_path: Path) -> None:
    """As the publishing check executes it, in the home in which all of them are installed."""
    market.grant(PRIVACY, "storage")
    notebooks = [str(path) for folder in COMMUNITY.values() for path in (folder / "docs").glob("*.ipynb")]
    assert len(notebooks) == len(COMMUNITY)
    command = [sys.executable, "-m", "pytest", "-q", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider"]
    ran = subprocess.run([*command, *notebooks], capture_output=True, text=True, cwd=tmp_path, check=False)
    market.revoke(PRIVACY, "storage")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_what_is_found_is_shown_and_masked_in_a_frame_of_the_same_kind(
    shell: Any, make: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    shell.user_ns["customers"] = make(CUSTOMERS)
    shown = str(shell.run_line_magic("privacy", "customers"))
    assert "e-mail address" in shown
    assert "telephone number within texts" in shown
    assert "ada@" not in shown
    shell.run_line_magic("mask", "customers --how partial --into safe")
    safe = shell.user_ns["safe"]
    assert type(safe) is type(shell.user_ns["customers"])
    assert safe["contact"].to_list()[:2] == ["a***@example.org", "b***@example.com"]
    assert safe["note"].to_list()[0] == "call +** ** **** **58"
    assert "contact: e-mail address – partial" in capsys.readouterr().out


def test_a_column_that_is_not_there_is_answered_with_the_nearest(shell: Any) -> None:
    shell.user_ns["customers"] = pd.DataFrame(CUSTOMERS)
    with pytest.raises(PluginFailed, match="there is no column 'contcat': did you mean 'contact'"):
        shell.run_line_magic("mask", "customers --columns contcat --into safe")


def test_a_salt_is_drawn_once_and_kept_where_that_is_granted(shell: Any, market: Marketplace) -> None:
    shell.user_ns["customers"] = pd.DataFrame(CUSTOMERS)
    with pytest.raises(PluginFailed, match=r"needs a salt: grant 'storage' .* or name a secret of yours"):
        shell.run_line_magic("mask", "customers --how hash --into first")
    market.grant(PRIVACY, "storage")
    for name in ("first", "second"):
        shell.run_line_magic("mask", f"customers --how hash --into {name}")
    first, second = (shell.user_ns[name]["contact"].tolist() for name in ("first", "second"))
    assert first == second
    market.secrets.put(PRIVACY, "project", "a long enough secret")
    shell.run_line_magic("mask", "customers --how hash --salt project --into other")
    assert shell.user_ns["other"]["contact"].tolist()[0] not in first


def test_the_scan_is_a_service_and_its_findings_are_events_without_a_value(shell: Any, market: Marketplace) -> None:
    shell.user_ns["customers"] = pd.DataFrame(CUSTOMERS)
    found = automatosx_nb.services.get(PRIVACY, "^1").scan(table=shell.user_ns["customers"], detectors=["email"])
    assert [(each["column"], each["confidence"], each["share"]) for each in found["findings"]] == [
        ("contact", "high", 1.0)
    ]
    market.grant(PRIVACY, TOLD)
    heard: Queue[Any] = Queue()
    with automatosx_nb.bus.subscribe("plugin.meadow.privacy-scan.finding", heard.put):
        shell.run_line_magic("privacy", "customers")
        events = [heard.get(timeout=10) for _ in range(2)]
    assert [event.data["kind"] for event in events] == ["email", "phone"]
    assert "ada" not in str(events)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_chart_is_a_picture_that_says_what_it_shows(shell: Any, make: Callable[..., Any]) -> None:
    shell.user_ns["birds"] = make({"mass": [3750.0, None, 5000.0], "kind": ["Adelie", "Adelie", "Gentoo"]})
    shown = shell.run_line_magic("chart", "birds --x kind --y mass --kind bar --title Birds")
    assert "<img" in shown.html
    assert "mean of mass for each kind" in str(shown)
    assert "1 of 3 rows are left out: mass is missing" in str(shown)
    assert "no column 'mas': did you mean 'mass'?" in str(shell.run_line_magic("chart", "birds --x mas"))


def test_settings_are_the_size_and_the_colours_of_a_chart(shell: Any) -> None:
    shell.user_ns["birds"] = pd.DataFrame({"mass": [3750.0, 5000.0]})
    before = shell.run_line_magic("chart", "birds --x mass").html
    shell.run_line_magic("ax", f"settings {CHARTS} palette okabe-ito")
    shell.run_line_magic("ax", f"settings {CHARTS} width 500")
    assert len({before, shell.run_line_magic("chart", "birds --x mass").html}) == 2


def test_the_panel_offers_the_columns_of_a_table_and_draws_them(shell: Any) -> None:
    shell.user_ns["birds"] = pd.DataFrame({"mass": [3750.0, 5000.0], "kind": ["Adelie", "Gentoo"]})
    first = automatosx_nb.panel(CHARTS)
    assert "Show its columns" in str(first)
    shell.run_line_magic("ax", f"run {CHARTS} choose birds")
    drawn = shell.run_line_magic("ax", f"run {CHARTS} draw birds --x mass --by (none)")
    assert "distribution of mass" in str(drawn)
