"""What the host itself offers, called by plugins in real workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from automatosx_nb.errors import PermissionDenied
from automatosx_nb.host.bus.activity import Activity
from automatosx_nb.host.bus.plugins import PluginSubscriber
from automatosx_nb.host.metering import Bucket, Rate
from automatosx_nb.host.runner import PluginRunner
from automatosx_nb.host.services.core import Notifications
from automatosx_nb.host.services.core.progress import Bar, Drawn
from automatosx_nb.host.services.kernel import NotebookCaller
from automatosx_nb.model.events import Event
from automatosx_nb.sandbox.limits import Limits
from tests.host.services.conftest import House, service

NOTIFY = "services:call:automatosx.notifications/show"
TELL = """
def run(event):
    found = services.get("automatosx.notifications", "^1")
    return [found.show(text=f"line {number}\\nof two", level="warning") for number in range(5)]
"""


def test_telemetry_tells_a_plugin_what_it_uses_and_may_use(house: House) -> None:
    source = """
    def run():
        return services.get("automatosx.telemetry", "^1").usage()
    """
    house.add("acme.user", source, limits=Limits(memory_mb=777, wall_s=12.5))
    house.call("acme.user")
    usage = house.call("acme.user")
    assert usage["calls"] == 2
    assert usage["resident_mb"] > 1
    assert 0 <= usage["cpu_s"] < 60
    assert (usage["limits"]["memory_mb"], usage["limits"]["wall_s"]) == (777, 12.5)


def test_a_notification_is_a_line_in_the_cell_that_waits_and_in_the_list_and_no_flood(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.add("acme.user", TELL, grants=(NOTIFY,))
    assert house.call("acme.user", "run", 1) == [True, True, True, False, False]
    assert capsys.readouterr().out.splitlines() == [f"⚠ acme.user: line {number} of two" for number in range(3)]
    assert [each.text for each in house.notifications.all()] == [f"line {number} of two" for number in range(3)]


def deliver(runner: PluginRunner, handler: str) -> None:
    subscriber = PluginSubscriber(runner.entry.id, {"topic": "user.go", "handler": handler}, lambda: runner, Activity)
    subscriber.deliver(Event("1", "test", "user.go", "2026-01-01T00:00:00Z", {}))


def test_a_notification_of_an_event_handler_appears_in_no_cell(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    runner = house.add("acme.user", TELL + "\ndef done():\n    return 1\n", grants=(NOTIFY,))
    deliver(runner, "demo:run")
    assert house.call("acme.user", "done") == 1
    assert capsys.readouterr().out == ""
    assert [each.level for each in house.notifications.all()] == ["warning"] * 3


def test_a_notification_needs_a_permission_of_low_risk(house: House) -> None:
    house.add("acme.user", TELL)
    with pytest.raises(PermissionDenied, match=r"services:call:automatosx\.notifications/\*"):
        house.call("acme.user", "run", 1)


def test_what_a_notification_says_moves_nothing_around_it() -> None:
    notifications = Notifications(lambda: Bucket(Rate(per_s=1, burst=9)))
    made = notifications.add("acme.user", "info", "a\x1b[2J\r\n\u202eb")
    assert made is not None
    assert made.line.isprintable()
    assert "\n" not in made.line


def test_only_the_newest_notifications_are_kept() -> None:
    notifications = Notifications(lambda: Bucket(Rate(per_s=1, burst=1000)))
    for number in range(300):
        notifications.add("acme.user", "info", str(number))
    assert [each.text for each in notifications.all()] == [str(number) for number in range(100, 300)]


@pytest.fixture
def shell() -> Iterator[Any]:
    shell: Any = InteractiveShell.instance()
    yield shell
    shell.history_manager.end_session()
    shell.history_manager = None
    InteractiveShell.clear_instance()


STEPS = """
def run(total):
    bar = services.get("automatosx.progress", "^1")
    return [bar.show(done=done, total=total, text="<b>rows</b>") for done in (0, total / 2, total)]
"""


def test_progress_is_one_bar_in_the_cell_that_waits_and_ends_full(house: House, shell: Any) -> None:
    house.add("acme.user", STEPS)
    with capture_output() as captured:
        assert house.call("acme.user", "run", 8) == [True, True, True]
    first, *_, last = captured.outputs
    assert '<progress value="0.0000"' in first.data["text/html"]
    assert '<progress value="1.0000"' in last.data["text/html"]
    assert "&lt;b&gt;rows" in last.data["text/html"]
    assert last.data["text/plain"].startswith("[██████████████████████████████] 100%")


def test_progress_of_an_event_handler_is_drawn_nowhere(house: House, shell: Any) -> None:
    said = "\ndef on(event):\n    log.info(str(run(8)))\n\ndef done():\n    return 1\n"
    runner = house.add("acme.user", STEPS + said)
    with capture_output() as captured:
        deliver(runner, "demo:on")
        assert house.call("acme.user", "done") == 1
    house.wait_for("[False, False, False]")
    assert captured.outputs == []


def test_a_providers_progress_is_drawn_in_the_cell_that_called_its_caller(house: House, shell: Any) -> None:
    house.add("acme.bars", STEPS.replace("def run(", "def go("), service("go"))
    calling = "def run():\n    return services.get('acme.bars').go(total=4)\n"
    house.add("acme.user", calling, grants=("services:call:acme.bars/go",))
    with capture_output() as captured:
        assert house.call("acme.user") == [True, True, True]
    assert captured.outputs
    assert "acme.bars" in captured.outputs[-1].data["text/html"]


def test_a_bar_is_drawn_so_often_and_no_more(shell: Any) -> None:
    now = [0.0]
    drawn = Drawn(lambda: now[0])
    with capture_output() as captured:
        for step in range(100):
            now[0] += 0.01
            drawn.draw(Bar("acme.user", step / 99, ""))
    assert 10 <= len(captured.outputs) <= 12
    assert repr(Bar("acme.user", 0.5, "x")).endswith(" 50% x")


def test_frames_describes_a_table_to_a_plugin_that_may_not_look_into_it(house: House) -> None:
    source = """
    def run(table):
        return services.get("automatosx.frames", "^1").describe(table=table)
    """
    house.add("acme.user", source)
    table = pa.table({"mass": [1, None, 3], "kind": ["a", "b", None]})
    assert house.call("acme.user", "run", table) == {
        "rows": 3,
        "columns": 2,
        "bytes": table.nbytes,
        "of_columns": [
            {"name": "mass", "type": "int64", "missing": 1},
            {"name": "kind", "type": "string", "missing": 1},
        ],
    }


def test_every_service_of_the_host_fits_its_own_promise(house: House) -> None:
    """As a notebook calls them: each has arguments here, and a reply that its schema allows."""
    given: dict[str, dict[str, Any]] = {
        "automatosx.telemetry/usage": {},
        "automatosx.notifications/show": {"text": "x"},
        "automatosx.progress/show": {"done": 1},
        "automatosx.frames/describe": {"table": pa.table({"a": [1]})},
    }
    caller = NotebookCaller(house.limits)
    assert {f"{each.plugin}/{each.name}" for each in house.calls.offers.all()} == set(given)
    for which, arguments in given.items():
        house.calls.call(caller, which.partition("/")[0], "^1", which.partition("/")[2], arguments)


def test_the_depth_of_calls_is_that_of_plugins_and_the_host_is_none(house: House) -> None:
    house.policy = replace(house.policy, depth=1)
    last = "def go():\n    return services.get('automatosx.telemetry').usage()['calls']\n"
    house.add("acme.last", last, service("go"))
    calling = "def run():\n    return services.get('acme.last').go()\n"
    house.add("acme.user", calling, grants=("services:call:acme.last/go",))
    assert house.call("acme.user") == 1
