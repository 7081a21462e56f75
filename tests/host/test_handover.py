"""What a worker may ask for while a call lasts, whatever it sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import FileNotHandedOver, HandedBack, InvalidRequest, PluginFailed
from automatosx_nb.host.handover import MAX_PIECE, Handover
from automatosx_nb.sandbox.protocol import HandedFile, HandedSecret
from automatosx_nb.sandbox.values import DisplayTree


class OneSecret:
    def get(self, plugin: str, name: str) -> str | None:
        if (plugin, name) != ("acme.demo", "token"):
            return None
        return "s3cr3t"


def file(handed: object) -> HandedFile:
    assert isinstance(handed, HandedFile)
    return handed


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("read", ["../../etc/passwd", 0, 10]),
        ("read", ["data", 0, 10]),
        ("read", [1.5, 0, 10]),
        ("read", [1, -1, 10]),
        ("read", [1, 0, -1]),
        ("read", [1, 0, MAX_PIECE + 1]),
        ("read", [1, 0]),
        ("write", [1, "text"]),
        ("write", ["/etc/passwd", b"x"]),
        ("open", ["data"]),
        ("__class__", []),
        ("hand", ["file:read", "/etc/passwd"]),
    ],
)
def test_a_worker_asks_by_number_and_never_by_name(tmp_path: Path, method: str, args: list[Any]) -> None:
    (tmp_path / "data").write_text("x")
    with Handover("acme.demo", {}, folder=tmp_path) as handover:
        handover.hand("file:read", "data")
        with pytest.raises(InvalidRequest):
            handover.ask(method, args)


def test_a_number_opens_what_was_handed_over_in_this_call_and_in_its_own_way(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    with Handover("acme.demo", {}, folder=tmp_path) as earlier:
        first = file(earlier.hand("file:read", "one"))
        assert earlier.ask("read", [first.number, 1, 10]) == b"ne"
    with Handover("acme.demo", {}, folder=tmp_path) as handover:
        second = file(handover.hand("file:read", "two"))
        third = file(handover.hand("file:write", "three"))
        assert (second.name, second.size, second.writable, third.writable) == ("two", 3, False, True)
        for method, args in (
            ("read", [first.number, 0, 10]),
            ("read", [second.number + 1000, 0, 10]),
            ("read", [third.number, 0, 10]),
            ("write", [second.number, b"x"]),
        ):
            with pytest.raises(HandedBack):
                handover.ask(method, args)
    with pytest.raises(HandedBack):
        handover.ask("read", [second.number, 0, 10])
    assert (tmp_path / "two").read_text() == "two"


def test_files_are_written_all_or_none(tmp_path: Path) -> None:
    with Handover("acme.demo", {}, folder=tmp_path) as handover:
        for name in ("one", "two"):
            handover.ask("write", [file(handover.hand("file:write", name)).number, name.encode()])
        (tmp_path / "two").write_text("came first")
        with pytest.raises(FileNotHandedOver):
            handover.write_files()
    assert [path.name for path in tmp_path.iterdir()] == ["two"]
    assert (tmp_path / "two").read_text() == "came first"


def test_a_call_that_ends_without_a_word_writes_nothing(tmp_path: Path) -> None:
    with Handover("acme.demo", {}, folder=tmp_path) as handover:
        handover.ask("write", [file(handover.hand("file:write", "out")).number, b"x"])
    assert list(tmp_path.iterdir()) == []


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("a s3cr3t b") | st.just("s3cr3t"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("xs3cr3tx"), inner),
)


@given(json)
def test_a_secret_is_taken_out_of_every_text_and_nothing_else_changes(value: Any) -> None:
    handover = Handover("acme.demo", {}, secrets=OneSecret())
    assert handover.redacted(value) is value
    assert handover.hand("secret", "token") == HandedSecret("token", "s3cr3t")
    found = handover.redacted(value)
    assert "s3cr3t" not in repr(found)
    if "s3cr3t" not in repr(value):
        assert found == value
    shown = handover.redacted(DisplayTree({"node": "text", "text": "s3cr3t", "data": b"s3cr3t"}))
    assert shown == DisplayTree({"node": "text", "text": "[secret]", "data": b"[secret]"})


def test_an_error_is_told_without_the_secret() -> None:
    handover = Handover("acme.demo", {}, secrets=OneSecret())
    handover.hand("secret", "token")
    error = handover.explained(PluginFailed("acme.demo", "ValueError", "bad s3cr3t"))
    assert isinstance(error, PluginFailed)
    assert error.message == "bad [secret]"
    assert "s3cr3t" not in repr(error.args)
