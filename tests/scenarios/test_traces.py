"""A cell's trace, joined over real workers: its magic, what that asks of the host, a service, an event, a handler."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import app, magics
from automatosx_nb.errors import KernelNeeded, UsageError
from tests.commands.test_verbs import Console, ax

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from tests.conftest import MakePlugin

FOUND = "plugin.acme.finder.found"
FINDER = f"""
from automatosx_nb.sdk import events, services, storage

def run(what=""):
    for number in range(3):
        storage.put("rows", number)
    services.get("acme.counter").count_up(secret="hunter2")
    for number in range(2):
        events.publish("{FOUND}", {{"rows": 7}})
    if what == "deny":
        services.get("acme.counter").count_up(secret=3)
    return "told"
"""
FINDER_MORE = f"""
[contributes.events."{FOUND}"]
type = "object"
"""
COUNTER = """
from automatosx_nb.sdk import storage

seen = []

def run():
    return seen

def count_up(secret):
    return len(secret) + len(storage.keys(""))

def on_found(event):
    storage.put("last", event.data)
    if storage.get("bad"):
        raise ValueError("no")
    seen.append(event.traceparent)
"""
COUNTER_MORE = f"""
[[contributes.services]]
name = "count_up"
version = "1.0.0"
handler = "demo:count_up"
request = {{type = "object", properties = {{secret = {{type = "string"}}}}}}
reply = {{type = "integer"}}
[[contributes.subscriptions]]
topic = "{FOUND}"
handler = "demo:on_found"
"""
CALLS, PUBLISHES, SUBSCRIBES = "services:call:acme.counter/*", f"events:publish:{FOUND}", f"events:subscribe:{FOUND}"
WHAT = '{name = "what", type = "string", default = ""}'


@pytest.fixture
def shell(shell: Any, make_plugin: MakePlugin) -> Any:
    market = app.current()
    plugins = {
        "counter": (COUNTER, COUNTER_MORE, ("storage", SUBSCRIBES), ""),
        "finder": (FINDER, FINDER_MORE, ("storage", CALLS, PUBLISHES), WHAT),
    }
    for name, (source, more, permissions, args) in plugins.items():
        asked = dict.fromkeys(permissions, "For the test.")
        market.publish(make_plugin(f"acme.{name}", magic=name, source=source, extra=more, permissions=asked, args=args))
        market.install(f"acme.{name}", grant=permissions)
    magics.load(shell)
    return shell


@pytest.fixture
def typed(shell: Any, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    def typed(line: str) -> str:
        capsys.readouterr()
        shell.run_line_magic("ax", line)
        return capsys.readouterr().out

    return typed


def tree(part: dict[str, Any]) -> Any:
    """Names with how often, and what is below them."""
    return {f"{part['kind']} {part['name']} ×{part['times']}": [tree(each) for each in part["parts"]]}


def test_a_cell_its_calls_services_events_handlers_and_uses_are_one_tree(
    shell: Any, typed: Callable[[str], str]
) -> None:
    shell.run_cell("x = 1", store_history=True)
    shell.run_cell("%finder", store_history=True)
    shell.run_cell("seen = %counter", store_history=True)  # its worker has handled what came before
    told = json.loads(typed("trace 2 --json"))
    assert (told["cell"], told["left_out"]) == (2, 0)
    storage: list[Any] = [{"use storage.put (storage) ×2": []}, {"use storage.get (storage) ×2": []}]
    handled = {"handler acme.counter demo:on_found ×2": storage}
    assert tree(told["root"]) == {
        "cell cell [2] ×1": [
            {
                "call acme.finder %finder ×1": [
                    {"use storage.put (storage) ×3": []},
                    {"use services.find (services:call:acme.counter/*) ×1": []},
                    {"service acme.counter.count_up ×1": [{"use storage.scan (storage) ×1": []}]},
                    {f"event {FOUND} ×2": [handled]},
                ]
            }
        ]
    }
    (call,) = told["root"]["parts"]
    assert told["root"]["took_s"] >= call["took_s"] >= max(part["took_s"] for part in call["parts"]) > 0
    assert {each.split("-")[1] for each in shell.user_ns["seen"]} == {told["trace"]}
    assert "hunter2" not in json.dumps(told)
    started = [entry for entry in app.current().audit.read(kinds=["worker-started"]) if "for" not in entry.detail]
    assert [(entry.plugin, entry.detail["trace"]) for entry in started] == [
        ("acme.finder", told["trace"]),
        ("acme.counter", told["trace"]),
    ]


def test_it_is_shown_as_a_tree_and_found_by_last_number_and_id(shell: Any, typed: Callable[[str], str]) -> None:
    assert "yet" in typed("trace")
    assert "yet" in typed("trace list")
    shell.run_cell("%finder", store_history=True)
    shell.run_cell("%counter", store_history=True)
    listed = typed("trace list").splitlines()
    assert [line.split()[2:4] for line in listed[1:]] == [["cell", "[1],"], ["cell", "[2],"]]
    assert typed("trace").splitlines()[1].startswith("cell [2], ")
    lines = typed("trace [1]").splitlines()
    assert lines[0].startswith(f"trace {listed[1].split()[0]}")
    assert lines[1].startswith("cell [1], ")
    assert lines[2].startswith("└─ acme.finder %finder, ")
    assert lines[3].startswith("   ├─ storage.put (storage) ×3, ")
    assert f"   └─ event {FOUND} ×2" in lines
    assert typed(f"trace {listed[1].split()[0]}").splitlines() == lines
    for wrong in ("[77]", "0123456789", "x"):
        with pytest.raises(UsageError):
            typed(f"trace {wrong}")


def test_what_fails_is_said_to_have_failed(shell: Any, typed: Callable[[str], str]) -> None:
    market = app.current()
    with closing(market.profile.state(market.installed_plugin("acme.counter"))) as state:
        state.put("bad", True)
    shell.run_cell("%finder deny", store_history=True)
    shell.run_cell("%counter", store_history=True)
    (call,) = json.loads(typed("trace 1 --json"))["root"]["parts"]
    failed = {part["name"]: part["failed"] for part in call["parts"]}
    assert call["failed"] == 1
    assert failed["services.call (services:call:acme.counter/*)"] == 1
    (event,) = (part for part in call["parts"] if part["kind"] == "event")
    assert [part["failed"] for part in event["parts"]] == [2]


def test_the_events_of_a_cell_are_of_its_trace(shell: Any, typed: Callable[[str], str]) -> None:
    typed("events tail")
    shell.run_cell("%finder", store_history=True)
    events = shell._automatosx_session.host.record()
    told = json.loads(typed("trace 1 --json"))
    of_cell = [event for event in events if event.type.startswith("kernel.cell")]
    assert {event.traceparent.split("-")[1] for event in of_cell} == {told["trace"]}
    spans = {part["name"]: part["span"] for part in told["root"]["parts"]}
    assert [spans[event.type] for event in of_cell] == [event.traceparent.split("-")[2] for event in of_cell]


def test_without_a_kernel_there_is_none(market: Marketplace) -> None:
    with pytest.raises(KernelNeeded):
        ax(market, "trace", Console(prefix="jupyter automatosx"))
