"""Capability calls in the log: counted, not listed, and without a word of what was asked."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import automatosx_nb.sdk
from automatosx_nb.host.metering import CallObserver, Outcome
from automatosx_nb.host.tally import METHODS, OTHER, CallTally

SDK = Path(automatosx_nb.sdk.__file__).parent
OUTCOMES: tuple[Outcome, ...] = ("done", "denied", "limited", "failed")


class Log:
    """Keeps what it is told, and has a clock that is moved by hand."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, dict[str, Any]]] = []
        self.now = 1000.0

    def record(self, kind: str, /, **detail: Any) -> None:
        self.entries.append((kind, {name: value for name, value in detail.items() if value is not None}))

    def tally(self) -> CallTally:
        return CallTally(self.record, flush_s=60, clock=lambda: self.now)


def put(tally: CallObserver, outcome: Outcome = "done", moved: int = 0) -> None:
    tally.called("acme.demo", "storage", "put", outcome, moved, "storage")


def test_calls_are_one_entry_once_the_interval_is_over() -> None:
    log = Log()
    tally = log.tally()
    for _ in range(5000):
        put(tally, moved=3)
    put(tally, "failed")
    put(tally, "limited")
    assert log.entries == []
    log.now += 60
    put(tally)
    what = {"capability": "storage", "method": "put", "permission": "storage"}
    assert log.entries == [
        ("capability-calls", {**what, "calls": 5003, "failed": 1, "limited": 1, "bytes": 15000}),
    ]
    tally.flush()
    assert len(log.entries) == 1, "what was written is not written again"


def test_the_first_refusal_is_written_at_once_and_later_ones_are_counted() -> None:
    log = Log()
    tally = log.tally()
    for _ in range(100):
        put(tally, "denied")
    tally.flush()
    assert [(kind, detail["calls"]) for kind, detail in log.entries] == [
        ("permission-denied", 1),
        ("permission-denied", 99),
    ]


def test_handlers_that_were_called_are_counted_apart_from_events() -> None:
    log = Log()
    tally = log.tally()
    for event in (False, True, True):
        tally.handled(event=event)
    tally.flush()
    assert log.entries == [("plugin-called", {"calls": 1, "events": 2})]


def test_a_word_of_the_plugins_own_is_not_written() -> None:
    log = Log()
    tally = log.tally()
    tally.called("acme.demo", "storage", "hunter2", "failed", 0, "storage")
    tally.called("acme.demo", "storage", "hunter2", "denied", 0, "storage")
    tally.flush()
    assert {detail["method"] for _, detail in log.entries} == {OTHER}


@given(
    st.lists(st.tuples(st.sampled_from(["get", "put"]), st.sampled_from(OUTCOMES), st.integers(0, 9), st.floats(0, 40)))
)
def test_however_calls_come_every_one_is_counted_once(calls: list[tuple[str, Outcome, int, float]]) -> None:
    log = Log()
    tally = log.tally()
    for method, outcome, moved, waited in calls:
        log.now += waited
        tally.called("acme.demo", "storage", method, outcome, moved, "storage")
    tally.flush()
    counted: Counter[tuple[str, str]] = Counter()
    for kind, detail in log.entries:
        counted[kind, detail["method"]] += detail["calls"]
    came: Counter[tuple[str, str]] = Counter(
        ("permission-denied" if outcome == "denied" else "capability-calls", method) for method, outcome, *_ in calls
    )
    assert counted == came
    moved_bytes = sum(moved for _, outcome, moved, _ in calls if outcome != "denied")
    assert sum(detail.get("bytes", 0) for _, detail in log.entries) == moved_bytes


def test_every_method_that_the_sdk_asks_for_is_named() -> None:
    asked = set()
    for path in SDK.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "_wire.ask":
                asked.add(tuple(each.value for each in node.args[:2] if isinstance(each, ast.Constant)))
    assert ("storage", "put") in asked
    named = {(capability, method) for capability, methods in METHODS.items() for method in methods}
    assert {each for each in asked if each[0] != "handed"} <= named


def test_a_services_first_failure_is_written_at_once_and_later_ones_are_counted() -> None:
    log = Log()
    tally = log.tally()
    for _ in range(50):
        tally.service_failed("acme.tables", "add", "service-timeout")
    what = {"provider": "acme.tables", "service": "add", "error": "service-timeout"}
    assert log.entries == [("service-failed", {**what, "calls": 1})]
    log.now += 60
    tally.service_failed("acme.tables", "add", "service-timeout")
    assert log.entries[1:] == [("service-failed", {**what, "calls": 50})]
