"""``audit`` and ``resume``, as they are typed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.cli import Terminal
from automatosx_nb.commands.audit import since
from automatosx_nb.errors import NotInstalled, UsageError, WorkerLost
from automatosx_nb.host.restarts import MOST
from tests.commands.test_verbs import Console, ax

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.model.generation import InstalledPlugin
    from tests.conftest import MakePlugin

NOW = datetime(2026, 5, 8, 12, 0, tzinfo=UTC)


@pytest.fixture
def market(market: Marketplace, make_plugin: MakePlugin) -> Marketplace:
    command = '[[contributes.commands]]\nname = "go"\nhandler = "demo:run"\ntitle = "Go"\n'
    market.publish(make_plugin(source="def run():\n    return 3\n", extra=command))
    market.install("acme.demo")
    return market


def test_what_is_not_in_the_log_is_said_and_an_empty_log_holds(market: Marketplace, tmp_path: Path) -> None:
    assert "Nothing of that kind" in ax(market, "audit --denied")
    with closing(Marketplace(tmp_path / "empty", market.registry)) as empty:
        assert "Nothing of that kind" in ax(empty, "audit")
        assert json.loads(ax(empty, "audit --json"))["check"] == {"entries": 0, "broken_at": None, "newest": ""}


def test_running_a_plugin_is_in_the_log_and_the_log_is_checked(market: Marketplace) -> None:
    ax(market, "run acme.demo go")
    shown = ax(market, "audit --plugin acme.demo --since 1h")
    assert "worker-started" in shown
    assert "Entries: 4, none changed since it was written" in shown
    assert "worker-started" not in ax(market, "audit --denied")
    assert "worker-started" not in ax(market, "audit --plugin acme.other")
    entries = json.loads(ax(market, "audit --json"))["entries"]
    told = [(entry["kind"], entry["detail"].get("for")) for entry in entries]
    assert told == [
        ("worker-started", "trial"),
        ("plugin-installed", None),
        ("worker-started", None),
        ("plugin-called", None),
    ]
    assert {(entry["plugin"], entry["version"]) for entry in entries} == {("acme.demo", "1.0.0")}


def test_a_log_that_was_changed_says_where(market: Marketplace) -> None:
    for _ in range(3):
        market.audit.add("worker-ended", "acme.demo", "1.0.0", error="worker-lost")
    with sqlite3.connect(market.profile.root / "audit.sqlite3") as connection:
        connection.execute("UPDATE entries SET plugin = 'acme.other' WHERE number = 2")
    connection.close()
    assert "THE CHAIN IS BROKEN at entry 2" in ax(market, "audit")
    assert json.loads(ax(market, "audit --json"))["check"]["broken_at"] == 2


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("30m", "2026-05-08T11:30:00.000+00:00"),
        ("12h", "2026-05-08T00:00:00.000+00:00"),
        ("7d", "2026-05-01T12:00:00.000+00:00"),
        ("2026-05-01", "2026-05-01T00:00:00.000+00:00"),
        ("2026-05-01T08:00+02:00", "2026-05-01T06:00:00.000+00:00"),
    ],
)
def test_since_takes_spans_and_moments(words: str, moment: str) -> None:
    assert since(words, NOW) == moment


@pytest.mark.parametrize("words", ["yesterday", "7", "999999w", "-1d", "2026-13-01"])
def test_what_is_no_time_is_an_error_that_shows_some(words: str) -> None:
    with pytest.raises(UsageError, match=r"--since 30m"):
        since(words, NOW)


def test_resume_of_a_plugin_that_is_not_suspended_or_not_installed_says_so(market: Marketplace) -> None:
    assert "is not suspended here" in ax(market, "resume acme.demo")
    with pytest.raises(NotInstalled):
        ax(market, "resume acme.demmo")


@dataclass
class Kernel(Console):
    """A console whose plugin runs on, as a kernel's does."""

    running: PluginRunner | None = None

    def runner(self, market: Marketplace, plugin: InstalledPlugin) -> AbstractContextManager[PluginRunner]:
        assert self.running is not None
        return nullcontext(self.running)


def test_resume_lifts_a_suspension_of_this_kernel(market: Marketplace) -> None:
    (entry,) = market.installed()
    with Terminal().runner(market, entry) as runner:
        for _ in range(MOST):
            runner._worker.ended(WorkerLost("acme.demo", "exit status 3"))
        assert "tried again at its next use" in ax(market, "resume acme.demo", Kernel(running=runner))
        assert runner.call("demo:run") == 3
    kinds = [
        each.kind
        for each in market.audit.read()
        if each.kind.startswith(("worker", "plugin-suspended", "plugin-resumed")) and "for" not in each.detail
    ]
    assert kinds == ["worker-ended"] * MOST + ["plugin-suspended", "plugin-resumed", "worker-started"]
