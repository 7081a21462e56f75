"""Files and secrets as a handler sees them, outside a worker."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.sdk import _handing, _wire
from automatosx_nb.sdk.handed import PIECE, InputFile, OutputFile, Secret


@given(st.binary(max_size=200), st.integers(-5, 300))
def test_the_pieces_of_a_file_are_the_file(data: bytes, size: int) -> None:
    file = InputFile("x", data)
    pieces = list(file.chunks(size))
    assert b"".join(pieces) == file.read_bytes() == data
    assert all(0 < len(piece) <= max(size, 1) for piece in pieces)


@given(st.text(st.sampled_from('aä\r\n\u2028,"'), max_size=60), st.sampled_from([None, "", "\n", "\r\n"]))
def test_lines_are_those_of_pythons_own_files(text: str, newline: str | None) -> None:
    data = text.encode()
    expected = list(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=newline))
    assert list(InputFile("x", data).lines(newline=newline)) == expected


def test_text_in_another_encoding_says_so() -> None:
    file = InputFile("x", "ä".encode("latin-1"))
    assert file.read_text("latin-1") == "ä"
    assert file.read_text(errors="replace") == "�"
    with pytest.raises(UnicodeDecodeError):
        file.read_text()


def test_csv_and_json_write_into_an_output() -> None:
    out = OutputFile("x")
    csv.writer(out).writerow(["ä", 1])
    json.dump({"a": 1}, out)
    assert out.write(b"\0") == 1
    assert out.getvalue() == 'ä,1\r\n{"a": 1}\0'.encode()


@pytest.mark.parametrize("data", [None, 1, ["a"], memoryview(b"a")])
def test_only_text_and_bytes_are_written(data: Any) -> None:
    with pytest.raises(TypeError, match="a file takes str or bytes"):
        OutputFile("x").write(data)


def test_a_secret_shows_its_name_only() -> None:
    secret = Secret("github", "value")
    assert "value" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "value"


def test_many_small_writes_cross_in_few_pieces_and_large_ones_in_bounded_ones() -> None:
    sent: list[bytes] = []

    def ask(_capability: str, _method: str, args: tuple[Any, ...]) -> object:
        sent.append(args[1])
        return None

    _wire.connect(ask)
    try:
        out = _handing.file_to_write(1, "x", 0)
        for _ in range(100_000):
            out.write("line\n")
        out.write(b"y" * (3 * PIECE + 5))
        _handing.end_all([out])
    finally:
        _wire.connect(None)
    assert b"".join(sent) == b"line\n" * 100_000 + b"y" * (3 * PIECE + 5)
    assert len(sent) < 12
    assert all(len(piece) <= PIECE for piece in sent)
    with pytest.raises(ValueError, match="that is over"):
        out.write("late")


def test_what_is_handed_over_shows_its_name_and_never_what_is_in_it() -> None:
    read, write, secret = InputFile("a.csv", b"x,y"), OutputFile("b.csv"), Secret("token", "t0p")
    assert (repr(read), read.name, read.size) == ("<InputFile 'a.csv' of 3 bytes>", "a.csv", 3)
    assert (repr(write), write.name) == ("<OutputFile 'b.csv'>", "b.csv")
    assert (secret.name, secret.reveal()) == ("token", "t0p")
    assert "t0p" not in repr(secret)


def test_a_worker_reads_from_the_host_and_has_nothing_of_what_it_wrote() -> None:
    asked: list[tuple[str, str, tuple[Any, ...]]] = []

    def ask(capability: str, method: str, args: tuple[Any, ...]) -> object:
        asked.append((capability, method, args))
        return b"abcdef"[args[1] : args[1] + args[2]] if method == "read" else None

    before, _, _ = _wire.current()
    _wire.connect(ask)
    try:
        assert _handing.file_to_read(4, "a", 6).read_bytes() == b"abcdef"
        file = _handing.file_to_write(5, "b", 0)
        file.write("x")
        with pytest.raises(ValueError, match="what was written is with the host"):
            file.getvalue()
        _handing.end_all([file, "another argument"])
    finally:
        _wire.connect(before)
    assert asked[0] == ("handed", "read", (4, 0, PIECE))
    assert asked[-2:] == [("handed", "write", (5, b"")), ("handed", "write", (5, b"x"))]
