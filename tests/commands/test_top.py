"""``top``, as it is typed, with real workers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import app, magics
from automatosx_nb.errors import AutomatosxError, KernelNeeded, NotInstalled
from automatosx_nb.host.restarts import MOST
from tests.commands.test_verbs import Console, ax

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from tests.conftest import MakePlugin

BUSY = """
def run(what=""):
    if what == "end":
        raise MemoryError
    return sum(number * number for number in range(400_000))
"""
WHAT = '{name = "what", type = "string", default = ""}'


@pytest.fixture
def shell(shell: Any, make_plugin: MakePlugin) -> Any:
    """With the extension, and two plugins installed."""
    market = app.current()
    for name in ("busy", "idle"):
        market.publish(make_plugin(f"acme.{name}", magic=name, source=BUSY, args=WHAT))
        market.install(f"acme.{name}")
    magics.load(shell)
    return shell


def typed(shell: Any, capsys: pytest.CaptureFixture[str], line: str) -> str:
    capsys.readouterr()
    shell.run_line_magic("ax", line)
    return capsys.readouterr().out


def test_each_plugin_has_its_state_use_and_limits_the_busiest_first(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_line_magic("busy", "")
    head, busy, idle = typed(shell, capsys, "top").splitlines()
    assert head.split("  ")[0] == "plugin"
    assert busy.startswith("acme.busy 1.0.0  waiting")
    assert idle.startswith("acme.idle 1.0.0  not started  0.00 of ")
    _, alone = typed(shell, capsys, "top --sort id acme.idle").splitlines()
    assert alone.split() == idle.split()
    one, other = json.loads(typed(shell, capsys, "top --json"))
    assert (one["id"], one["state"], one["calls"], other["calls"]) == ("acme.busy", "waiting", 1, 0)
    assert one["cpu_s"] > 0
    assert 0 < one["rss_mb"] < one["limits"]["resident_mb"]


def test_a_suspended_plugin_says_how_long(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    runner = shell._automatosx_session.host.activation.provider("acme.busy")
    for _ in range(MOST):
        with pytest.raises(AutomatosxError):
            shell.run_line_magic("busy", "end")
    assert runner.suspended_s
    assert "acme.busy 1.0.0  suspended for " in typed(shell, capsys, "top acme.busy")


def test_without_a_kernel_it_says_so(
    market: Marketplace,
) -> None:
    with pytest.raises(KernelNeeded):
        ax(market, "top", Console(prefix="jupyter automatosx"))


def test_a_plugin_that_is_not_installed_is_refused_and_none_is_said(
    home: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.conftest import opened_shell

    with opened_shell() as bare:
        magics.load(bare)
        assert "No plugin is active" in typed(bare, capsys, "top")
        with pytest.raises(NotInstalled):
            bare.run_line_magic("ax", "top acme.none")
