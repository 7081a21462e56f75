"""Plugins that tell each other and the notebook of events: real workers behind a real shell's host."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from IPython.core.interactiveshell import InteractiveShell

import automatosx_nb
from automatosx_nb import app, bus, magics
from automatosx_nb.errors import (
    EventLoop,
    InvalidEvent,
    InvalidTopic,
    KernelNeeded,
    PermissionDenied,
    PluginFailed,
    TopicNotYours,
    UsageError,
)
from automatosx_nb.model.events import KERNEL_TOPICS, SERVICE_FAILED, Event
from automatosx_nb.model.events.schemas import TOPICS
from tests.conftest import opened_shell

if TYPE_CHECKING:
    from automatosx_nb.host.kernel import KernelHost
    from tests.conftest import MakePlugin

TIMEOUT_S = 30
FINDING = "plugin.acme.finder.finding"
PUBLISH, SUBSCRIBE = f"events:publish:{FINDING}", f"events:subscribe:{FINDING}"
FINDER = """
from automatosx_nb.sdk import events

def run(rows="1"):
    events.publish("plugin.acme.finder.finding", {"rows": int(rows)})
    return "told"
"""
SCHEMA = f"""
[contributes.events."{FINDING}"]
type = "object"
required = ["rows"]
additionalProperties = false
properties = {{rows = {{type = "integer", minimum = 0}}}}
"""
LISTENER = """
seen = []

def on_event(event):
    seen.append([event.type, event.source, event.data, event.hops])

def run():
    return seen
"""
ROWS = '{name = "rows", type = "string", default = "1"}'


def subscription(topic: str, more: str = "") -> str:
    return f'[[contributes.subscriptions]]\ntopic = "{topic}"\nhandler = "demo:on_event"\n{more}'


@pytest.fixture
def shell(stocked_home: Any) -> Iterator[Any]:
    """The one that IPython's own functions find."""
    with opened_shell(InteractiveShell.instance) as shell:
        yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def install(shell: Any, make_plugin: MakePlugin) -> Callable[..., None]:
    def install(
        plugin: str,
        source: str,
        *permissions: str,
        extra: str = "",
        grant: tuple[str, ...] | None = None,
        args: str = "",
    ) -> None:
        folder = make_plugin(
            plugin,
            source=source,
            magic=plugin.partition(".")[2],
            args=args,
            permissions=dict.fromkeys(permissions, "For the test."),
            extra=extra,
        )
        app.current().publish(folder)
        app.current().install(plugin, grant=permissions if grant is None else grant)
        magics.load(shell)

    return install


def host(shell: Any) -> KernelHost:
    found: KernelHost = shell._automatosx_session.host
    return found


class Heard:
    """A notebook's function that remembers, and says when it was called so often."""

    __name__ = "heard"

    def __init__(self, awaited: int = 1) -> None:
        self.events: list[Event] = []
        self._awaited = awaited
        self._enough = threading.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if len(self.events) >= self._awaited:
            self._enough.set()

    def wait(self) -> list[Event]:
        assert self._enough.wait(TIMEOUT_S)
        return self.events


def test_what_a_plugin_publishes_reaches_another_plugin_and_the_notebook(
    shell: Any, install: Callable[..., None]
) -> None:
    install("acme.finder", FINDER, PUBLISH, extra=SCHEMA, args=ROWS)
    install("acme.other", LISTENER, SUBSCRIBE, extra=subscription(FINDING))
    heard = Heard()
    with automatosx_nb.bus.subscribe("plugin.acme.*.finding", heard):
        assert shell.run_line_magic("finder", "7") == "told"
        (event,) = heard.wait()
    assert (event.type, event.source, event.data, event.hops) == (FINDING, "plugin/acme.finder", {"rows": 7}, 0)
    assert event.traceparent is not None
    assert shell.run_line_magic("other", "") == [[FINDING, "plugin/acme.finder", {"rows": 7}, 0]]


REFUSED = {
    'events.publish("plugin.acme.finder.findng", {})': "declares no event",
    'events.publish("plugin.acme.other.finding", {})': "declares no event",
    'events.publish("kernel.cell.finished", {})': "declares no event",
    f'events.publish("{FINDING}", {{"rows": -1}})': "data.rows is -1, and has to be at least 0",
    f'events.publish("{FINDING}", {{"rows": 1, "more": 2}})': "not what its schema",
    f'events.publish("{FINDING}", {{"rows": 1}}, expires_s=-1)': "expires_s",
    f'events.publish("{FINDING}", {{"rows": 1}}, expires_s="1")': "publish, with a topic",
    "events.publish(7)": "a topic is a str",
}


def test_what_is_not_declared_or_not_as_declared_is_refused_with_the_reason(
    shell: Any, install: Callable[..., None]
) -> None:
    cases = "".join(f"    if case == '{number}':\n        {body}\n" for number, body in enumerate(REFUSED))
    source = f"from automatosx_nb.sdk import events\n\ndef run(case):\n{cases}"
    install("acme.finder", source, PUBLISH, extra=SCHEMA, args='{name = "case", type = "string"}')
    for number, text in enumerate(REFUSED.values()):
        with pytest.raises(PluginFailed, match=text):
            shell.run_line_magic("finder", str(number))
    assert host(shell).bus.published() == {}


def test_publishing_needs_the_permission_at_every_call(shell: Any, install: Callable[..., None]) -> None:
    optional = f'[permissions.optional]\n"{PUBLISH}" = "To tell."\n'
    install("acme.finder", FINDER, extra=optional + SCHEMA, args=ROWS)
    with pytest.raises(PermissionDenied, match="events:publish"):
        shell.run_line_magic("finder", "")
    app.current().grant("acme.finder", PUBLISH)
    assert shell.run_line_magic("finder", "") == "told"
    app.current().revoke("acme.finder", PUBLISH)
    with pytest.raises(PermissionDenied):
        shell.run_line_magic("finder", "")


def test_a_subscription_that_asks_for_it_begins_with_the_last_event(shell: Any, install: Callable[..., None]) -> None:
    install("acme.finder", FINDER, PUBLISH, extra=f"{SCHEMA}retained = true\n", args=ROWS)
    shell.run_line_magic("finder", "1")
    shell.run_line_magic("finder", "2")
    install("acme.other", LISTENER, SUBSCRIBE, extra=subscription(FINDING, "retained = true\n"))
    install("acme.third", LISTENER, SUBSCRIBE, extra=subscription(FINDING))
    assert [row[2] for row in shell.run_line_magic("other", "")] == [{"rows": 2}]
    assert shell.run_line_magic("third", "") == []


ECHO = """
from automatosx_nb.sdk import events

caught = []

def on_event(event):
    try:
        events.publish("plugin.acme.finder.finding", {"rows": event.hops})
    except Exception as error:
        caught.append(str(error))

def run():
    return caught
"""


def test_a_plugin_that_answers_itself_is_stopped_after_so_many_hops(shell: Any, install: Callable[..., None]) -> None:
    install(
        "acme.finder",
        ECHO,
        PUBLISH,
        SUBSCRIBE,
        "events:subscribe:user.go",
        extra=SCHEMA + subscription(FINDING) + subscription("user.go"),
    )
    heard = Heard(16)
    with bus.subscribe(FINDING, heard):
        bus.publish("user.go")
        events = heard.wait()
        (caught,) = shell.run_line_magic("finder", "")
    assert [event.hops for event in events] == list(range(1, 17))
    assert "17 events led to it" in caught
    assert len({event.traceparent.split("-")[1] for event in events if event.traceparent}) == 1


TELLS = """
from automatosx_nb.sdk import events

def tell(rows):
    events.publish("plugin.acme.finder.finding", {"rows": rows})
    return True

def run():
    return ""
"""
TELL = """
[[contributes.services]]
name = "tell"
version = "1.0.0"
handler = "demo:tell"
request = {type = "object", properties = {rows = {type = "integer"}}}
reply = {type = "boolean"}
"""
ASKS = """
from automatosx_nb.sdk import services

caught = []

def on_event(event):
    try:
        services.get("acme.finder", "^1").tell(rows=event.hops)
    except Exception as error:
        caught.append(str(error))

def run():
    return caught
"""


def test_two_plugins_that_answer_each_other_by_a_service_are_stopped_after_so_many_hops(
    shell: Any, install: Callable[..., None]
) -> None:
    install("acme.finder", TELLS, PUBLISH, extra=SCHEMA + TELL)
    asks = ("services:call:acme.finder/tell", SUBSCRIBE, "events:subscribe:user.go")
    install("acme.other", ASKS, *asks, extra=subscription(FINDING) + subscription("user.go"))
    heard = Heard(16)
    with bus.subscribe(FINDING, heard):
        bus.publish("user.go")
        events = heard.wait()
        (caught,) = shell.run_line_magic("other", "")
    assert [event.hops for event in events] == list(range(1, 17))
    assert "17 events led to it" in caught
    assert len({event.traceparent.split("-")[1] for event in events if event.traceparent}) == 1


def test_a_plugin_that_fails_at_each_failure_of_its_own_is_not_told_for_ever(
    shell: Any, install: Callable[..., None]
) -> None:
    asks = ("services:call:acme.gone/*", "events:subscribe:marketplace.service.failed", "events:subscribe:user.go")
    source = ASKS.replace("acme.finder", "acme.gone")
    install("acme.other", source, *asks, extra=subscription(SERVICE_FAILED) + subscription("user.go"))
    heard = Heard(16)
    with bus.subscribe(SERVICE_FAILED, heard):
        bus.publish("user.go")
        heard.wait()
        assert len(shell.run_line_magic("other", "")) == 17
        assert len(shell.run_line_magic("other", "")) == 17
    assert [event.hops for event in heard.events] == list(range(1, 17))


def test_a_handlers_failures_and_output_are_in_the_activity_and_in_no_cell(
    shell: Any, install: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    source = "def on_event(event):\n    print('noise')\n    raise ValueError('boom')\n\ndef run():\n    return 1\n"
    install("acme.other", source, "events:subscribe:user.go", extra=subscription("user.go"))

    def loud(event: Event) -> None:
        print("noise of mine")
        raise RuntimeError("boom of mine")

    with bus.subscribe("user.go", loud) as listening:
        bus.publish("user.go")
        assert shell.run_line_magic("other", "") == 1
        assert host(shell).functions.drain(TIMEOUT_S)
        assert (listening.counters.delivered, listening.counters.failed) == (1, 1)
    said = [(line.who, line.level, line.text) for line in host(shell).bus.activity.lines()]
    assert ("notebook:loud", "output", "noise of mine") in said
    assert ("notebook:loud", "error", "RuntimeError: boom of mine") in said
    assert any(who == "acme.other" and "boom" in text for who, level, text in said if level == "error")
    captured = capsys.readouterr()
    assert "noise" not in captured.out
    assert "boom" not in captured.out + captured.err


def test_a_functions_prints_leave_those_of_a_cell_alone(
    shell: Any, install: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    magics.load(shell)
    called, go = threading.Event(), threading.Event()

    def waiting(event: Event) -> None:
        called.set()
        go.wait(TIMEOUT_S)
        print("from the function")

    with bus.subscribe("user.go", waiting):
        bus.publish("user.go")
        assert called.wait(TIMEOUT_S)
        print("from the cell")
        go.set()
        assert host(shell).functions.drain(TIMEOUT_S)
    assert capsys.readouterr().out == "from the cell\n"


def test_after_cancelling_nothing_arrives_and_the_kernels_callbacks_are_gone(shell: Any) -> None:
    magics.load(shell)
    before = {name: list(each) for name, each in shell.events.callbacks.items()}
    heard = Heard(2)
    listening = bus.subscribe("kernel.cell.*", heard)
    shell.run_cell("x = 1", store_history=True)
    assert [event.type for event in heard.wait()] == ["kernel.cell.started", "kernel.cell.finished"]
    listening.cancel()
    host(shell).listen()
    shell.run_cell("x = 2", store_history=True)
    assert len(heard.events) == 2
    assert {name: list(each) for name, each in shell.events.callbacks.items()} == before


def test_every_event_of_the_kernel_is_what_its_schema_says(
    shell: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("automatosx_nb.host.cells.IDLE_S", 0.05)
    magics.load(shell)
    heard = Heard(len(KERNEL_TOPICS) + 2)
    with bus.subscribe("kernel.**", heard):
        shell.run_cell("import fractions\ngone = fractions.Fraction(1)\n1 / 0", store_history=True)
        shell.run_cell("del gone", store_history=True)
        events = heard.wait()
    assert {event.type for event in events} >= set(KERNEL_TOPICS) - {"kernel.idle"}
    for event in events:
        jsonschema.validate(event.data, TOPICS[event.type].schema)
    changes = [event.data for event in events if event.type == "kernel.variables.changed"]
    assert {"name": "gone", "type": "fractions.Fraction"} in changes[0]["changed"]
    assert changes[1]["removed"] == ["gone"]
    traces = [str(event.traceparent).split("-")[1] for event in events if event.type.startswith("kernel.cell")]
    assert traces[0] == traces[1] == traces[2] != traces[3]
    capsys.readouterr()


def test_the_marketplace_tells_what_it_changed(shell: Any, install: Callable[..., None]) -> None:
    magics.load(shell)
    heard = Heard(4)
    with bus.subscribe("marketplace.**", heard):
        install("acme.other", "def run():\n    return 1\n")
        app.current().remove("acme.other")
        app.current().rollback()
        events = heard.wait()
    assert [event.type.rpartition(".")[2] for event in events] == ["installed", "removed", "rolled-back", "installed"]
    for event in events:
        jsonschema.validate(event.data, TOPICS[event.type].schema)
    assert (events[0].data["plugin"], events[0].data["version"]) == ("acme.other", "1.0.0")


NOT_THEIRS: list[tuple[str, object, type[Exception]]] = [
    ("kernel.cell.finished", None, TopicNotYours),
    ("plugin.acme.finder.finding", None, TopicNotYours),
    ("user", None, TopicNotYours),
    ("user.*", None, InvalidTopic),
    ("user.My", None, InvalidTopic),
    ("user.go", object(), InvalidEvent),
    ("user.go", float("nan"), InvalidEvent),
    ("user.go", b"bytes", InvalidEvent),
    ("user.go", "x" * 65_536, InvalidEvent),
    ("user.go", {1: 2}, InvalidEvent),
]


def test_what_a_user_cannot_publish(shell: Any) -> None:
    magics.load(shell)
    for topic, data, error in NOT_THEIRS:
        with pytest.raises(error):
            bus.publish(topic, data)
    assert host(shell).bus.published() == {}


def test_what_cannot_be_subscribed_to(shell: Any) -> None:
    with pytest.raises(KernelNeeded):
        bus.subscribe("user.go", print)
    magics.load(shell)
    with pytest.raises(InvalidTopic):
        bus.subscribe("user.**.go", print)
    with pytest.raises(UsageError):
        bus.subscribe("user.go", "print")  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        bus.subscribe("user.go", print, overflow="drop")
    with pytest.raises(UsageError):
        bus.subscribe("user.go", print, queue=0)


def test_a_function_that_publishes_what_calls_it_ends_in_an_error_of_its_own(shell: Any) -> None:
    magics.load(shell)
    caught: list[Exception] = []
    done = threading.Event()

    def again(event: Event) -> None:
        try:
            bus.publish("user.go", event.hops)
        except EventLoop as error:
            caught.append(error)
            done.set()

    with bus.subscribe("user.**", again):
        bus.publish("user.go")
        assert done.wait(TIMEOUT_S)
    assert str(caught[0]).startswith("the event on user.go was not published: 17 events led to it")


def test_the_verb_tells_what_went_over_the_bus(
    shell: Any, install: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    install("acme.finder", FINDER, PUBLISH, extra=SCHEMA, args=ROWS)

    def ax(line: str) -> str:
        shell.run_line_magic("ax", line)
        return capsys.readouterr().out

    assert FINDING in ax("events")
    assert "From now on events are kept" in ax("events tail")
    shell.run_line_magic("finder", "7")
    published = ax("""events publish user.go '{"a": [1]}'""")
    assert "on user.go" in published
    shown = ax("events tail")
    assert '{"rows": 7}' in shown
    assert '{"a": [1]}' in shown
    only = json.loads(ax("events tail user.* --json"))
    assert [(each["type"], each["data"]) for each in only] == [("user.go", {"a": [1]})]
    stats = json.loads(ax("events stats --json"))
    assert stats["published"][FINDING] == 1
    assert [each["subscriber"] for each in stats["subscribers"]] == ["notebook:tail"]
    ax("events tail --stop")
    assert json.loads(ax("events stats --json"))["subscribers"] == []
    assert "Nothing yet. What a plugin says is in %ax logs ID." in ax("events activity")
