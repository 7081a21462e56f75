"""``logs``, as it is typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.cli import Terminal
from automatosx_nb.errors import NotInstalled, PluginFailed
from tests.commands.test_audit import Kernel
from tests.commands.test_verbs import Console, ax

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

SOURCE = """
from automatosx_nb.sdk import log

def run(what=""):
    log.info("began")
    log.warning("went \\x1b[31mred")
    raise ValueError("in the end")
"""


@pytest.fixture
def market(market: Marketplace, make_plugin: MakePlugin) -> Marketplace:
    market.publish(make_plugin(source=SOURCE))
    market.install("acme.demo")
    return market


def test_what_a_plugin_said_in_this_kernel_is_shown_newest_last_and_harmless(market: Marketplace) -> None:
    with Terminal().runner(market, market.installed_plugin("acme.demo")) as runner:
        kernel = Kernel(running=runner)
        with pytest.raises(PluginFailed):
            runner.call("demo:run")
        shown = ax(market, "logs acme.demo", kernel)
        assert [line.split()[2:4] for line in shown.splitlines()[1:]] == [["info", "began"], ["warning", "went"]]
        assert "\x1b" not in shown
        assert "began" not in ax(market, "logs acme.demo --most 1", kernel)
        assert "went" not in ax(market, "logs acme.demo --level info", kernel)
        lines = json.loads(ax(market, "logs acme.demo --json", kernel))
        assert [(line["level"], line["text"][:5]) for line in lines] == [("info", "began"), ("warning", "went ")]


def test_where_nothing_was_said_it_says_where_to_look(market: Marketplace) -> None:
    assert "said nothing of that kind in this kernel" in ax(market, "logs acme.demo")
    assert "type %ax logs acme.demo there" in ax(market, "logs acme.demo", Console(prefix="jupyter automatosx"))
    assert json.loads(ax(market, "logs acme.demo --json")) == []
    with pytest.raises(NotInstalled):
        ax(market, "logs acme.demmo")
