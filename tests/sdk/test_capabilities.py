"""The sdk's calls to the host, and tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow  # type: ignore[import-untyped, unused-ignore]
import pytest

from automatosx_nb.errors import CapabilityUnavailable, PermissionDenied
from automatosx_nb.sdk import _wire, events, log, storage, tables


class Host:
    """Answers as the host does, from a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.lines: list[tuple[str, str]] = []

    def ask(self, capability: str, method: str, args: tuple[Any, ...]) -> object:
        if capability == "log":
            self.lines.append((method, args[0]))
            return None
        match method:
            case "get":
                return [args[0] in self.kept, self.kept.get(args[0])]
            case "put":
                self.kept[args[0]] = args[1]
            case "delete":
                self.kept.pop(args[0], None)
            case "keys":
                return sorted(key for key in self.kept if key.startswith(args[0]))
            case "items":
                return [[key, self.kept[key]] for key in sorted(self.kept) if key.startswith(args[0])]
        return None


@pytest.fixture(autouse=True)
def nobody_connected() -> Iterator[None]:
    """The wire is one a process: every test begins and ends outside a worker."""
    disconnect()
    yield
    disconnect()


def disconnect() -> None:
    _wire.connect(None)
    _wire.granted_to("this code", None)


@pytest.fixture
def host() -> Host:
    host = Host()
    _wire.connect(host.ask)
    return host


def test_storage_keeps_finds_lists_and_forgets(host: Host) -> None:
    storage.put("a/1", {"n": 1})
    storage.put("a/2", b"raw")
    storage.put("none", None)
    assert storage.get("a/1") == {"n": 1}
    assert storage.get("none", "default") is None
    assert storage.get("missing", 7) == 7
    assert storage.keys("a/") == ["a/1", "a/2"]
    assert storage.items("a/") == [("a/1", {"n": 1}), ("a/2", b"raw")]
    storage.delete("a/1")
    assert storage.get("a/1") is None


@pytest.mark.parametrize("key", ["", "x" * 513, 3, None])
def test_a_key_that_is_none_is_refused_before_the_host_is_asked(host: Host, key: Any) -> None:
    with pytest.raises(ValueError, match="a storage key is a str of 1 to 512 characters"):
        storage.put(key, 1)
    assert host.kept == {}


def test_log_lines_reach_the_host(host: Host) -> None:
    log.info("a")
    log.warning("b")
    assert host.lines == [("info", "a"), ("warning", "b")]
    with pytest.raises(TypeError, match="a log line is a str, not int"):
        log.info(3)  # type: ignore[arg-type]


def test_outside_a_worker_a_capability_says_so() -> None:
    with pytest.raises(CapabilityUnavailable, match="'storage' was called outside a plugin's worker"):
        storage.get("a")


def test_an_event_is_frozen() -> None:
    event = events.Event("1", "kernel", "kernel.cell.finished", "2026-01-01T00:00:00Z", {"ok": True})
    assert event.data["ok"]
    with pytest.raises(AttributeError):
        event.type = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    "table",
    [
        tables.Table(pyarrow.table({"a": [1, None], "b": ["x", "y"]})),
        tables.Table.from_columns({"a": [1, None], "b": ["x", "y"]}),
    ],
    ids=["arrow", "columns"],
)
def test_a_table_reads_the_same_however_it_was_made(table: tables.Table) -> None:
    assert table.column_names == ["a", "b"]
    assert (table.num_rows, table.num_columns, len(table)) == (2, 2, 2)
    assert table.column("a") == [1, None]
    assert table.to_arrow() == pyarrow.table({"a": [1, None], "b": ["x", "y"]})
    assert pyarrow.table(table) == table.to_arrow()
    with pytest.raises(KeyError, match="no column 'z'"):
        table.column("z")


def test_columns_of_different_lengths_are_no_table() -> None:
    with pytest.raises(ValueError, match=r"one length, these have \{'a': 1, 'b': 2\}"):
        tables.Table.from_columns({"a": [1], "b": [1, 2]})
    with pytest.raises(TypeError, match="list is no table"):
        tables.Table([1])


def test_to_arrow_needs_the_grant_where_a_plugin_runs(host: Host) -> None:
    table = tables.Table.from_columns({"a": [1]})
    _wire.granted_to("acme.x", ())
    with pytest.raises(PermissionDenied, match=r"acme\.x has no permission 'modules:pyarrow'"):
        table.to_arrow()
    assert table.column("a") == [1]
    _wire.granted_to("acme.x", ("pyarrow",))
    assert table.to_arrow().num_rows == 1
