"""The sdk's calls to the host, and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow
import pytest

from automatosx_nb.errors import CapabilityUnavailable, PermissionDenied
from automatosx_nb.sdk import _wire, events, files, http, log, secrets, settings, storage, tables
from automatosx_nb.testing import PluginHost, plugin_host


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
def host() -> Iterator[PluginHost]:
    with plugin_host(["storage"]) as host:
        yield host


def test_storage_keeps_finds_lists_and_forgets(host: PluginHost) -> None:
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
def test_a_key_that_is_none_is_refused_before_the_host_is_asked(host: PluginHost, key: Any) -> None:
    with pytest.raises(ValueError, match="a storage key is a str of 1 to 512 characters"):
        storage.put(key, 1)
    assert host.storage == {}


def test_log_lines_reach_the_host(host: PluginHost) -> None:
    log.info("a")
    log.warning("b")
    assert [(line.level, line.text) for line in host.logged] == [("info", "a"), ("warning", "b")]
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


def test_to_arrow_needs_the_grant_where_a_plugin_runs() -> None:
    table = tables.Table.from_columns({"a": [1]})
    _wire.granted_to("acme.x", ())
    with pytest.raises(PermissionDenied, match=r"acme\.x has no permission 'modules:pyarrow'"):
        table.to_arrow()
    assert table.column("a") == [1]
    _wire.granted_to("acme.x", ("pyarrow",))
    assert table.to_arrow().num_rows == 1


class Http:
    """A host that answers requests, and keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: tuple[Any, ...] = ()
        self.answer: list[Any] = [200, "https://a.org/", {}, b""]

    def ask(self, capability: str, method: str, args: tuple[Any, ...]) -> object:
        assert (capability, method) == ("http", "request")
        self.sent = args
        return self.answer


@pytest.fixture
def web() -> Iterator[Http]:
    web = Http()
    _wire.connect(web.ask)
    yield web
    _wire.connect(None)


@pytest.mark.parametrize(
    ("options", "body", "content_type"),
    [
        ({"json": {"a": [1, "é"]}}, b'{"a": [1, "\\u00e9"]}', "application/json"),
        ({"data": {"a": "b c", "d": [1, 2]}}, b"a=b+c&d=1&d=2", "application/x-www-form-urlencoded"),
        ({"data": "é"}, "é".encode(), "text/plain; charset=utf-8"),
        ({"data": b"\x00"}, b"\x00", None),
        ({"data": b"x", "headers": {"Content-Type": "text/csv"}}, b"x", None),
        ({}, b"", None),
    ],
)
def test_a_body_is_sent_as_what_it_is(
    web: Http, options: dict[str, Any], body: bytes, content_type: str | None
) -> None:
    http.post("https://a.org/", **options)
    method, _, headers, sent, timeout = web.sent
    assert (method, sent, timeout) == ("POST", body, 30.0)
    assert headers.get("content-type") == content_type


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://a.org/x", "https://a.org/x?q=a+b&n=1&n=2"),
        ("https://a.org/x?y=1", "https://a.org/x?y=1&q=a+b&n=1&n=2"),
        ("https://a.org/x#here", "https://a.org/x?q=a+b&n=1&n=2#here"),
    ],
)
def test_parameters_become_the_query(web: Http, url: str, whole: str) -> None:
    http.get(url, params={"q": "a b", "n": [1, 2]})
    assert web.sent[1] == whole


@pytest.mark.parametrize(
    ("content_type", "content", "text"),
    [
        ("text/plain", "é".encode(), "é"),
        ("text/plain; charset=ISO-8859-1", b"\xe9", "é"),
        ('text/plain; charset="utf-8"; x=y', "é".encode(), "é"),
        ("text/plain; charset=no-such", "é".encode(), "é"),
        ("text/plain; charset=rot13", b"a", "a"),
        ("text/plain", b"\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_text_is_read_in_the_charset_that_is_named(web: Http, content_type: str, content: bytes, text: str) -> None:
    web.answer = [200, "https://a.org/", {"content-type": content_type}, content]
    assert http.get("https://a.org/").text == text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: files.read_text(3), "a path is a str"),  # type: ignore[arg-type]
        (lambda: files.read_text(""), "a path is a str"),
        (lambda: files.write_bytes("a", "text"), "write_text takes text"),  # type: ignore[arg-type]
        (lambda: files.write_text("a", b"bytes"), "write_bytes takes bytes"),  # type: ignore[arg-type]
        (lambda: secrets.get(3), "a secret's name is a str"),  # type: ignore[arg-type]
        (lambda: settings.get(3), "a setting's name is a str"),  # type: ignore[arg-type]
        (lambda: http.get(3), "a URL is a str"),  # type: ignore[arg-type]
    ],
)
def test_an_argument_of_another_type_is_refused_before_the_host_is_asked(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_an_answer_is_an_answer_whatever_its_status() -> None:
    fine, gone = http.Response(204, "https://a.org/", {}, b""), http.Response(404, "https://a.org/x", {}, b"\xff")
    assert (fine.ok, gone.ok) == (True, False)
    assert fine.raise_for_status() is fine
    with pytest.raises(ValueError, match=r"https://a\.org/x answered 404"):
        gone.raise_for_status()
    assert (repr(gone), gone.text) == ("<Response 404>", "�")
    with pytest.raises(ValueError, match="a request has json or data, not both"):
        http.post("https://a.org/", json=1, data="x")


def test_a_table_becomes_a_frame_where_the_library_was_granted() -> None:
    table = tables.Table.from_columns({"a": [1, 2], "b": ["x", None]})
    prepared: list[str] = []
    _wire.granted_to("acme.subject", ["pandas", "polars"], prepare=prepared.append)
    assert table.to_pandas()["a"].tolist() == [1, 2]
    assert table.to_polars()["b"].to_list() == ["x", None]
    assert prepared == ["pandas", "polars"]
    assert (len(table), repr(table)) == (2, "<Table of 2 rows: a, b>")
    assert pyarrow.table(table).num_rows == 2
    _wire.granted_to("acme.subject", [])
    with pytest.raises(PermissionDenied):
        table.to_pandas()
    with pytest.raises(PermissionDenied):
        table.to_polars()


def test_the_wire_says_whose_code_it_serves_and_what_is_handled() -> None:
    def ask(capability: str, method: str, args: tuple[object, ...]) -> object:
        return None

    _wire.connect(ask)
    _wire.granted_to("acme.subject", ["pandas"])
    assert _wire.current() == (ask, "acme.subject", ["pandas"])
    _wire.handling("e-1")
    assert _wire.handled() == "e-1"
    _wire.handling(None)
    assert _wire.handled() is None
