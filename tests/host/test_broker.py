"""Every request of a plugin passes here; what was not granted does not happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest

from automatosx_nb.errors import CallsTooFast, InvalidRequest, PermissionDenied, QuotaExceeded
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.capabilities import Capability
from automatosx_nb.host.capabilities.log import KEPT_LINES, LogCapability
from automatosx_nb.host.capabilities.storage import StorageCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.metering import RATES, Bucket, CallObserver, Meter, Rate
from automatosx_nb.profile.keyvalue import KeyValueState

MakeBroker = Callable[..., CapabilityBroker]


@pytest.fixture
def broker_of(tmp_path: Path) -> Iterator[MakeBroker]:
    """Storage and a log, as of one plugin with these grants."""
    made: list[CapabilityBroker] = []

    def make(
        *granted: str, observer: CallObserver | None = None, rates: Mapping[str, Rate] = RATES
    ) -> CapabilityBroker:
        grants, meter = Grants("acme.demo", granted), Meter()
        storage = StorageCapability(grants, meter, lambda: KeyValueState(tmp_path / "state" / "x.sqlite3"))
        capabilities: dict[str, Capability] = {"storage": storage, "log": LogCapability()}
        made.append(CapabilityBroker(grants, capabilities, meter=meter, observer=observer, rates=rates))
        return made[-1]

    yield make
    for broker in made:
        broker.close()


def test_without_the_grant_nothing_is_opened_or_written(tmp_path: Path, broker_of: MakeBroker) -> None:
    broker = broker_of()
    with pytest.raises(PermissionDenied) as caught:
        broker.ask("storage", "put", ["key", 1])
    assert caught.value.permission == "storage"
    assert not (tmp_path / "state").exists()


def test_granted_storage_keeps_json_and_bytes(broker_of: MakeBroker) -> None:
    broker = broker_of("storage")
    broker.ask("storage", "put", ["a/1", {"deep": [1, None, "é"]}])
    broker.ask("storage", "put", ["a/2", b"\x00\xff"])
    assert broker.ask("storage", "get", ["a/1"]) == [True, {"deep": [1, None, "é"]}]
    assert broker.ask("storage", "get", ["none"]) == [False, None]
    pairs = [["a/1", {"deep": [1, None, "é"]}], ["a/2", b"\x00\xff"]]
    assert broker.ask("storage", "scan", ["a/", "", True, 10]) == [pairs, None]
    assert broker.ask("storage", "scan", ["", "", False, 1]) == [[["a/1", None]], "a/1"]
    assert broker.ask("storage", "scan", ["", "a/1", False, 1]) == [[["a/2", None]], None]
    assert broker.ask("storage", "delete", ["a/1"]) is True
    assert broker.ask("storage", "delete", ["a/1"]) is False


@pytest.mark.parametrize(
    ("capability", "method", "args"),
    [
        ("storage", "get", []),
        ("storage", "get", [1]),
        ("storage", "put", ["key"]),
        ("storage", "drop", []),
        ("storage", "put", ["key", 1, 0]),
        ("storage", "put", ["key", 1, True]),
        ("storage", "put", ["key", 1, float("nan")]),
        ("storage", "put", ["key", 1, 1e12]),
        ("storage", "scan", ["", "", True, 0]),
        ("storage", "apply", [[], [["add", "key", 1]]]),
        ("storage", "apply", [["key"], []]),
        ("storage", "apply", [[], [["delete", "key"]] * 1001]),
        ("storage", "__class__", []),
        ("secrets", "get", ["token"]),
        ("log", "shout", ["x"]),
        ("log", "info", [1]),
        ("storage", "put", ["key", {"a": [b"bytes"]}]),
        ("storage", "put", ["key", pa.table({"a": [1]})]),
    ],
)
def test_what_no_capability_offers_is_refused_by_name(
    broker_of: MakeBroker, capability: str, method: str, args: list[object]
) -> None:
    broker = broker_of("storage")
    with pytest.raises(InvalidRequest) as caught:
        broker.ask(capability, method, args)
    assert method in caught.value.problem()


def test_what_is_read_at_once_is_bounded_whatever_is_asked_for(broker_of: MakeBroker) -> None:
    broker = broker_of("storage")
    for number in range(3):
        broker.ask("storage", "put", [f"big/{number}", b"x" * (600 << 10)])
    first, cursor = cast("list[Any]", broker.ask("storage", "scan", ["big/", "", True, 1000]))
    assert ([key for key, _value in first], cursor) == (["big/0"], "big/0")
    assert broker.ask("storage", "scan", ["big/", "", False, 1000]) == [[[f"big/{n}", None] for n in range(3)], None]


@pytest.mark.parametrize("key", ["", "x" * 513, "é" * 257])
def test_a_key_has_its_bounds_in_bytes(broker_of: MakeBroker, key: str) -> None:
    with pytest.raises(QuotaExceeded):
        broker_of("storage").ask("storage", "put", [key, 1])


@pytest.mark.parametrize("key", ["../../x", "a\0b", "' OR 1=1 --", "%", "_", "\uffff", "/etc/passwd"])
def test_a_key_is_only_a_key(broker_of: MakeBroker, key: str) -> None:
    broker = broker_of("storage")
    broker.ask("storage", "put", ["other", 1])
    broker.ask("storage", "put", [key, 2])
    assert broker.ask("storage", "get", [key]) == [True, 2]
    assert broker.ask("storage", "scan", [key, "", False, 9]) == [[[key, None]], None]
    assert broker.ask("storage", "delete", [key]) is True
    assert broker.ask("storage", "scan", ["", "", False, 9]) == [[["other", None]], None]


def test_the_log_keeps_the_newest_lines_and_cuts_long_ones() -> None:
    log = LogCapability()
    for number in range(KEPT_LINES + 5):
        log.ask("info", [f"line {number}"])
    log.ask("warning", ["x" * 100_000])
    assert len(log.lines) == KEPT_LINES
    assert log.lines[0].text == "line 6"
    assert (log.lines[-1].level, len(log.lines[-1].text)) == ("warning", 2000)


class Recorder:
    """Writes down what an observer is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def called(self, *told: object) -> None:
        self.calls.append(told)


def test_every_call_is_told_with_its_outcome_and_without_its_arguments(broker_of: MakeBroker) -> None:
    recorder = Recorder()
    broker = broker_of("storage", observer=recorder)
    broker.ask("storage", "put", ["a", "hidden"])
    broker.ask("log", "info", ["hidden"])
    with pytest.raises(InvalidRequest):
        broker.ask("storage", "drop", ["hidden"])
    with pytest.raises(PermissionDenied):
        broker_of(observer=recorder).ask("storage", "get", ["hidden"])
    assert recorder.calls == [
        ("acme.demo", "storage", "put", "done", len("a") + len('"hidden"'), "storage"),
        ("acme.demo", "log", "info", "done", 0, ""),
        ("acme.demo", "storage", "drop", "failed", 0, "storage"),
        ("acme.demo", "storage", "get", "denied", 0, "storage"),
    ]


def test_calls_that_come_too_fast_are_refused_and_told(broker_of: MakeBroker) -> None:
    recorder = Recorder()
    broker = broker_of("storage", observer=recorder, rates={"storage": Rate(per_s=0.001, burst=2)})
    broker.ask("storage", "get", ["a"])
    broker.ask("storage", "get", ["a"])
    with pytest.raises(CallsTooFast) as caught:
        broker.ask("storage", "get", ["a"])
    assert 0 < caught.value.wait_s <= 1000
    assert [call[3] for call in recorder.calls] == ["done", "done", "limited"]
    broker.ask("log", "info", ["the log has a limit of its own"])


def test_a_bucket_fills_again_and_holds_no_more_than_its_burst() -> None:
    now = [0.0]
    bucket = Bucket(Rate(per_s=2, burst=3), clock=lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    now[0] = 0.5
    assert [bucket.take(), bucket.take()] == [0.0, 0.5]
    now[0] = 100.0
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_what_is_taken_away_is_refused_at_the_next_call(broker_of: MakeBroker) -> None:
    broker = broker_of("storage")
    broker.ask("storage", "put", ["a", 1])
    broker.grants.hold(())
    with pytest.raises(PermissionDenied, match="storage"):
        broker.ask("storage", "get", ["a"])


def test_a_denial_names_the_permission_and_how_to_ask_for_it(broker_of: MakeBroker) -> None:
    with pytest.raises(PermissionDenied) as caught:
        broker_of().ask("storage", "get", ["a"])
    assert '"storage" = "why" under [permissions]' in caught.value.next_step()
    assert "%ax info acme.demo" in caught.value.next_step()


def test_the_quota_is_that_of_the_grant_and_is_told(broker_of: MakeBroker) -> None:
    broker = broker_of("storage:100KiB")
    with pytest.raises(QuotaExceeded, match=r"0\.0977 MiB are allowed"):
        broker.ask("storage", "put", ["large", b"x" * 200_000])
    used, allowed = cast("list[int]", broker.ask("storage", "usage", []))
    assert allowed == 100 << 10
    assert 0 < used < allowed
    broker_of("storage:1MiB").ask("storage", "put", ["large", b"x" * 200_000])
