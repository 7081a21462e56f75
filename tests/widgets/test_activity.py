"""The meters of a kernel's plugins, with real workers behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import app, magics
from automatosx_nb.errors import AutomatosxError
from automatosx_nb.widgets import meters
from tests.conftest import opened_shell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakePlugin

SOURCE = """
from automatosx_nb.sdk import log, storage


def run(what="log"):
    if what == "log":
        log.info("looked at <b>3</b> rows")
    if what == "burn":
        [str(number) for number in range(300_000)]
    if what == "end":
        data = []
        while True:
            data.append("x" * 1_000_000)
    if what == "steal":
        storage.put("x", 1)
    return "done"


def on_cell(event):
    log.info(event.type)
"""
CELLS = "events:subscribe:kernel.cell.finished"
EXTRA = '[[contributes.subscriptions]]\ntopic = "kernel.cell.finished"\nhandler = "demo:on_cell"\n'
ARGS = '{name = "what", type = "string", default = "log"}'


@pytest.fixture
def shell(home: Path, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AUTOMATOSX_CONFIG", '{"SandboxLimits": {"memory_mb": 256}}')
    folder = make_plugin(source=SOURCE, args=ARGS, permissions={CELLS: "Counts.", "storage": "Keeps."}, extra=EXTRA)
    with opened_shell() as shell:
        app.current().publish(folder)
        app.current().install("acme.demo", grant=[CELLS, "storage"])
        yield shell


def test_the_meters_show_what_a_plugin_did_and_used(shell: Any) -> None:
    session = magics.load(shell)
    panel = meters(session.market, session.host)
    (one,) = panel.look()
    assert (one["state"], one["calls"], one["events"], one["rss_mb"], one["log"]) == ("not started", 0, 0, 0.0, [])
    shell.run_line_magic("demo", "log")
    shell.run_line_magic("demo", "burn")
    shell.run_cell("1", store_history=True)
    shell.run_line_magic("demo", "log")
    (one,) = panel.look()
    assert (one["state"], one["calls"], one["events"]) == ("waiting", 3, 1)
    assert one["cpu_s"] > 0
    assert 0 < one["rss_mb"] < one["limits"]["resident_mb"]
    lines = [(line["level"], line["text"]) for line in one["log"]]
    assert lines == [
        ("info", "looked at <b>3</b> rows"),
        ("info", "kernel.cell.finished"),
        ("info", "looked at <b>3</b> rows"),
    ]
    assert one["incidents"] == []
    data, _ = panel._repr_mimebundle_() or ({}, {})
    assert "acme.demo 1.0.0" in data["text/html"]
    assert "demo  waiting  " in data["text/plain"]
    panel.close()


def test_incidents_are_told_and_a_suspension_is_lifted(shell: Any) -> None:
    session = magics.load(shell)
    panel = meters(session.market, session.host)
    sent: list[dict[str, Any]] = []
    panel.send = sent.append
    for _ in range(5):
        with pytest.raises(AutomatosxError):
            shell.run_line_magic("demo", "end")
    panel.receive({"do": "look", "request": "a"})
    (one,) = sent[-1]["plugins"]
    assert one["state"] == "suspended"
    assert 0 < one["suspended_s"] <= 60
    assert one["incidents"][-1]["what"].startswith("A plugin's worker ended too often")
    panel.receive({"do": "resume", "request": "b", "id": "acme.demo"})
    assert (sent[-1]["re"], sent[-1]["plugins"][0]["suspended_s"]) == ("b", 0)
    assert shell.run_line_magic("demo", "log") == "done"
    for wrong in ({"do": "look", "request": "c", "more": 1}, {"do": "stop", "request": "c"}, "look"):
        panel.receive(wrong)
        assert sent[-1]["error"]["code"] == "invalid-request"
    shell.run_line_magic("ax", "remove acme.demo")
    assert panel.look() == []
    panel.close()
