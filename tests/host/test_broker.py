"""Every request of a plugin passes here; what was not granted does not happen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped, unused-ignore]
import pytest

from automatosx_nb.errors import InvalidRequest, PermissionDenied, QuotaExceeded
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.capabilities.log import KEPT_LINES, LogCapability
from automatosx_nb.host.capabilities.storage import StorageCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.profile.state import KeyValueState


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[StorageCapability]:
    capability = StorageCapability(lambda: KeyValueState(tmp_path / "state" / "x.sqlite3"))
    yield capability
    capability.close()


def test_without_the_grant_nothing_is_opened_or_written(tmp_path: Path, storage: StorageCapability) -> None:
    broker = CapabilityBroker(Grants("acme.demo", ()), {"storage": storage})
    with pytest.raises(PermissionDenied) as caught:
        broker.ask("storage", "put", ["key", 1])
    assert caught.value.permission == "storage"
    assert not (tmp_path / "state").exists()


def test_granted_storage_keeps_json_and_bytes(storage: StorageCapability) -> None:
    broker = CapabilityBroker(Grants("acme.demo", ("storage",)), {"storage": storage})
    broker.ask("storage", "put", ["a/1", {"deep": [1, None, "é"]}])
    broker.ask("storage", "put", ["a/2", b"\x00\xff"])
    assert broker.ask("storage", "get", ["a/1"]) == [True, {"deep": [1, None, "é"]}]
    assert broker.ask("storage", "get", ["none"]) == [False, None]
    assert broker.ask("storage", "items", ["a/"]) == [["a/1", {"deep": [1, None, "é"]}], ["a/2", b"\x00\xff"]]
    assert broker.ask("storage", "keys", [""]) == ["a/1", "a/2"]
    assert broker.ask("storage", "delete", ["a/1"]) is True
    assert broker.ask("storage", "delete", ["a/1"]) is False


@pytest.mark.parametrize(
    ("capability", "method", "args"),
    [
        ("storage", "get", []),
        ("storage", "get", [1]),
        ("storage", "put", ["key"]),
        ("storage", "drop", []),
        ("storage", "__class__", []),
        ("secrets", "get", ["token"]),
        ("log", "shout", ["x"]),
        ("log", "info", [1]),
        ("storage", "put", ["key", {"a": [b"bytes"]}]),
        ("storage", "put", ["key", pa.table({"a": [1]})]),
    ],
)
def test_what_no_capability_offers_is_refused_by_name(
    storage: StorageCapability, capability: str, method: str, args: list[object]
) -> None:
    broker = CapabilityBroker(Grants("acme.demo", ("storage",)), {"storage": storage, "log": LogCapability()})
    with pytest.raises(InvalidRequest) as caught:
        broker.ask(capability, method, args)
    assert method in caught.value.problem()


def test_more_than_the_host_would_hold_at_once_is_not_read(storage: StorageCapability) -> None:
    broker = CapabilityBroker(Grants("acme.demo", ("storage",)), {"storage": storage})
    for number in range(9):
        broker.ask("storage", "put", [f"big/{number}", b"x" * (1 << 20)])
    broker.ask("storage", "put", ["small", 1])
    with pytest.raises(QuotaExceeded, match="keys and then get"):
        broker.ask("storage", "items", [""])
    assert broker.ask("storage", "items", ["small"]) == [["small", 1]]
    assert broker.ask("storage", "keys", ["big/"]) == [f"big/{number}" for number in range(9)]


@pytest.mark.parametrize("key", ["", "x" * 513, "é" * 257])
def test_a_key_has_its_bounds_in_bytes(storage: StorageCapability, key: str) -> None:
    with pytest.raises(QuotaExceeded):
        CapabilityBroker(Grants("acme.demo", ("storage",)), {"storage": storage}).ask("storage", "put", [key, 1])


@pytest.mark.parametrize("key", ["../../x", "a\0b", "' OR 1=1 --", "%", "_", "\uffff", "/etc/passwd"])
def test_a_key_is_only_a_key(storage: StorageCapability, key: str) -> None:
    broker = CapabilityBroker(Grants("acme.demo", ("storage",)), {"storage": storage})
    broker.ask("storage", "put", ["other", 1])
    broker.ask("storage", "put", [key, 2])
    assert broker.ask("storage", "get", [key]) == [True, 2]
    assert broker.ask("storage", "keys", [key]) == [key]
    assert broker.ask("storage", "delete", [key]) is True
    assert broker.ask("storage", "keys", [""]) == ["other"]


def test_the_log_keeps_the_newest_lines_and_cuts_long_ones() -> None:
    log = LogCapability()
    for number in range(KEPT_LINES + 5):
        log.ask("info", [f"line {number}"])
    log.ask("warning", ["x" * 100_000])
    assert len(log.lines) == KEPT_LINES
    assert log.lines[0].text == "line 6"
    assert (log.lines[-1].level, len(log.lines[-1].text)) == ("warning", 2000)
