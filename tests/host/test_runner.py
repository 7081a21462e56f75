"""One plugin's jobs: in order, bounded, interruptible, and gone with its generation. Real workers, in this process."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import CallInterrupted, PluginFailed, UsageError, WorkerLost
from automatosx_nb.host.audit import Audit
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.bus.activity import Activity
from automatosx_nb.host.bus.counters import Counters
from automatosx_nb.host.bus.plugins import PluginSubscriber
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.incidents import Incidents
from automatosx_nb.host.runner import PluginRunner
from automatosx_nb.model.events import Event
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox, Worker
from tests.host.watched_log import WatchedLog
from tests.no_failure import no_failure

TIMEOUT_S = 30
SOURCE = """
seen = []

def run(value=None):
    return value

def on_event(event):
    seen.append(event.data)

def heard():
    return seen

def fail():
    raise ValueError("no")

def spin(event=None):
    print("spinning")
    while True:
        pass

def chatter(event):
    for i in range(200):
        print("x" * 60)

def crash():
    data = "x"
    while True:
        data = data + data
"""
HANDLERS = tuple(f"demo:{name}" for name in ("run", "on_event", "heard", "fail", "spin", "crash", "chatter"))
ENTRY = InstalledPlugin("acme.demo", "1.0.0", "0" * 64, "*", (), "state", "", {})
MakeRunner = Callable[..., PluginRunner]


def event(number: int) -> Event:
    return Event(str(number), "test", "kernel.cell.finished", "2026-01-01T00:00:00Z", number)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def make_runner(sandbox: Sandbox, tmp_path: Path) -> Iterator[MakeRunner]:
    made: list[PluginRunner] = []
    audit = Audit(tmp_path / "audit.sqlite3")

    def make(
        limits: Limits | None = None,
        variables: Mapping[str, Any] | None = None,
        configured: Limits | None = None,
        before_start: Callable[[], object] = lambda: None,
    ) -> PluginRunner:
        program = Program("acme.demo", "1.0.0", {"demo.py": SOURCE.encode()}, HANDLERS)
        chosen = limits or Limits()
        log = WatchedLog()

        def start(_entry: InstalledPlugin) -> Worker:
            before_start()
            return sandbox.start(program, chosen)

        runner = PluginRunner(
            ENTRY,
            start=start,
            broker=CapabilityBroker(Grants("acme.demo", ()), {"log": log}),
            log=log,
            limits=configured or chosen,
            variables=lambda: variables or {},
            render=lambda value, _entry: value,
            incidents=Incidents(ENTRY, audit, Bus(no_failure), no_failure),
        )
        made.append(runner)
        return runner

    yield make
    for runner in made:
        runner.stop()
    audit.close()


def subscription(runner: PluginRunner, handler: str, **options: Any) -> PluginSubscriber:
    record = {"topic": "kernel.cell.finished", "handler": handler, **options}
    return PluginSubscriber(runner.entry.id, record, lambda: runner, Activity)


def alive(runner: PluginRunner) -> bool:
    return runner.worker is not None and runner.worker.alive


def test_nothing_starts_before_the_first_job(make_runner: MakeRunner) -> None:
    runner = make_runner()
    assert not alive(runner)
    assert runner.call("demo:run", [3]) == 3
    assert alive(runner)


def test_a_call_sees_every_event_before_it_in_their_order(make_runner: MakeRunner) -> None:
    runner = make_runner()
    listening = subscription(runner, "demo:on_event")
    for number in range(50):
        listening.deliver(event(number))
    assert runner.call("demo:heard") == list(range(50))


def test_of_too_many_waiting_events_the_oldest_are_dropped_and_counted(make_runner: MakeRunner) -> None:
    held = threading.Event()
    started = threading.Event()

    def wait() -> None:
        started.set()
        held.wait(TIMEOUT_S)

    runner = make_runner(before_start=wait)
    listening = subscription(runner, "demo:on_event", queue=20)
    listening.deliver(event(-1))
    assert started.wait(TIMEOUT_S)
    for number in range(25):
        listening.deliver(event(number))
    held.set()
    heard = runner.call("demo:heard")
    assert listening.counters == Counters(delivered=21, dropped=5)
    assert heard == [-1, *range(5, 25)]


def test_an_error_of_a_call_is_raised_and_one_of_an_event_is_logged(make_runner: MakeRunner) -> None:
    runner = make_runner()
    with pytest.raises(PluginFailed):
        runner.call("demo:fail")
    subscription(runner, "demo:fail").deliver(event(1))
    assert runner.call("demo:run", [1]) == 1
    assert [line.level for line in runner.log.lines] == ["error"]
    assert "demo:fail" in runner.log.lines[0].text


def test_a_flood_of_the_log_is_cut_in_each_call_and_the_hosts_own_lines_are_not(make_runner: MakeRunner) -> None:
    runner = make_runner(Limits(log_kb=2), configured=Limits())
    for number in range(3):
        subscription(runner, "demo:chatter").deliver(event(number))
    subscription(runner, "demo:fail").deliver(event(4))
    assert runner.call("demo:run", [1]) == 1
    said = [line.level for line in runner.log.lines if line.level != "output"]
    assert said == ["warning"] * 3 + ["error"]
    printed = sum(len(line.text) for line in runner.log.lines if line.level == "output")
    assert 3 * 1024 < printed <= 3 * 2048


def test_interrupting_the_wait_stops_the_call_and_the_next_one_works(
    make_runner: MakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = make_runner()

    class Watched:
        def write(self, text: str) -> int:
            if "spinning" in text:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            return len(text)

        def flush(self) -> None:
            return None

    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Watched())
        with pytest.raises(CallInterrupted):
            runner.call("demo:spin")
    assert runner.call("demo:run", ["again"]) == "again"


def test_an_interrupt_is_noticed_where_a_library_has_system_calls_go_on_after_it(
    make_runner: MakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    signal.siginterrupt(signal.SIGINT, False)  # as polars does, once it was used
    try:
        test_interrupting_the_wait_stops_the_call_and_the_next_one_works(make_runner, monkeypatch)
    finally:
        signal.siginterrupt(signal.SIGINT, True)


def test_a_call_interrupted_while_its_worker_starts_is_never_made(make_runner: MakeRunner) -> None:
    interrupts = [lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)]
    runner = make_runner(replace(Limits(), wall_s=600.0), before_start=lambda: interrupts and interrupts.pop()())
    with pytest.raises(CallInterrupted):
        runner.call("demo:spin")
    assert runner.call("demo:run", ["next"]) == "next"


def test_a_worker_that_ended_is_started_again(make_runner: MakeRunner) -> None:
    runner = make_runner()
    runner.call("demo:run")
    first = runner.worker
    assert first is not None
    first.stop()
    assert runner.call("demo:run", [1]) == 1
    assert runner.worker is not first


def test_an_idle_worker_ends_and_the_next_call_starts_another(make_runner: MakeRunner) -> None:
    runner = make_runner(Limits(idle_s=0.01), configured=Limits())
    runner.call("demo:run")
    thread = next((t for t in threading.enumerate() if t.name == "automatosx acme.demo"), None)
    if thread is not None:
        thread.join(TIMEOUT_S)
    assert runner.worker is None
    assert runner.call("demo:run", [2]) == 2


def test_stopping_ends_the_call_in_flight_and_refuses_later_ones(make_runner: MakeRunner) -> None:
    runner = make_runner()
    errors: list[WorkerLost] = []
    subscription(runner, "demo:spin").deliver(event(1))

    def call() -> None:
        try:
            runner.call("demo:run")
        except WorkerLost as error:
            errors.append(error)

    assert isinstance(runner.log, WatchedLog)
    assert runner.log.spinning.wait(TIMEOUT_S)
    caller = threading.Thread(target=call)
    caller.start()
    runner.stop()
    caller.join(TIMEOUT_S)
    assert len(errors) == 1
    with pytest.raises(WorkerLost):
        runner.call("demo:run")
    assert runner.worker is None


def test_a_magic_hands_over_what_was_typed_and_help_starts_nothing(
    make_runner: MakeRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    argument = {"name": "value", "type": "variable", "choices": (), "default": None, "required": True, "help": ""}
    magic = {"name": "demo", "handler": "demo:run", "summary": "Gives it back.", "cell": False, "args": [argument]}
    runner = make_runner(variables={"x": {"a": [1, 2.5, None]}})
    assert runner.run_magic(magic, "--help", None) is None
    assert "Gives it back." in capsys.readouterr().out
    with pytest.raises(UsageError):
        runner.run_magic(magic, "", None)
    assert runner.worker is None
    assert runner.run_magic(magic, "x", None) == {"a": [1, 2.5, None]}


def test_stopping_does_not_wait_for_ever_for_a_host_that_is_busy(
    make_runner: MakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("automatosx_nb.host.job_runner.INTERRUPT_GRACE_S", 0.1)
    runner = make_runner()
    reached, free = threading.Event(), threading.Event()

    def busy(level: str, text: str) -> None:
        reached.set()
        free.wait(TIMEOUT_S)

    monkeypatch.setattr(runner.log, "write", busy)
    subscription(runner, "demo:spin").deliver(event(1))
    assert reached.wait(TIMEOUT_S)
    stopping = threading.Thread(target=runner.stop)
    stopping.start()
    stopping.join(TIMEOUT_S / 3)
    assert not stopping.is_alive()
    free.set()
    with pytest.raises(WorkerLost):
        runner.call("demo:run", [1])
