"""Tables with large columns of text: what pyarrow's own full validation says of them is what ours says."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automatosx_nb.sandbox import texts

WORDS = ["plain text", "für", "строка", "文字", "", "\N{GRINNING FACE}", None]
ROWS = 200_000


def column(kind: pa.DataType = None) -> pa.Array:
    words = pa.array(WORDS, kind or pa.string())
    return words.take(pa.array(np.arange(ROWS) % len(WORDS)))


SOUND = {kind: column(kind) for kind in (pa.string(), pa.large_string())}


def said(check: Any, table: pa.Table) -> bool:
    """Whether it finds ``table`` valid."""
    try:
        check(table)
    except pa.ArrowInvalid:
        return False
    return True


def changed(kind: pa.DataType, which: int, at: float, value: bytes) -> pa.Table:
    """Read from a stream: a sound column with bytes of one buffer replaced, of the bitmap, the offsets or the texts."""
    sink = pa.BufferOutputStream()
    table = pa.table({"n": [0] * ROWS, "text": SOUND[kind]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data = bytearray(sink.getvalue())
    buffer = pa.ipc.open_stream(data).read_all()["text"].chunk(0).buffers()[which]
    start = buffer.address - pa.py_buffer(data).address + int(at * (buffer.size - len(value)))
    data[start : start + len(value)] = value
    return pa.ipc.open_stream(bytes(data)).read_all()


@given(
    kind=st.sampled_from(list(SOUND)),
    which=st.integers(0, 2),
    at=st.floats(0, 1),
    value=st.binary(min_size=1, max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_every_change_of_a_buffer_is_judged_as_pyarrow_judges_it(
    kind: pa.DataType, which: int, at: float, value: bytes
) -> None:
    table = changed(kind, which, at, value)
    assert texts._large_columns(table) == [1]
    assert said(texts.validate, table) == said(lambda table: table.validate(full=True), table)


@pytest.mark.parametrize("kind", SOUND, ids=str)
def test_a_text_that_is_no_utf8_is_named_with_its_column(kind: pa.DataType) -> None:
    table = changed(kind, 2, 0.7, b"\xff")
    with pytest.raises(pa.ArrowInvalid, match="the column 'text' has a text that is not UTF-8"):
        texts.validate(table)
    texts.validate(table, encoding=False)


@pytest.mark.parametrize("encoding", [True, False])
@pytest.mark.parametrize("kind", SOUND, ids=str)
def test_an_offset_that_leads_out_of_the_texts_is_refused_by_either_side(kind: pa.DataType, encoding: bool) -> None:
    table = changed(kind, 1, 0.5, b"\xff\xff\xff\x7f" * 2)
    with pytest.raises(pa.ArrowInvalid):
        texts.validate(table, encoding=encoding)


@pytest.mark.parametrize("encoding", [True, False])
def test_small_columns_and_those_within_others_are_validated_whole_by_either_side(encoding: bool) -> None:
    bad = pa.array([b"\xff"]).view(pa.string())
    large = pa.array([b"\xff"] * ROWS).view(pa.string())
    nested = pa.StructArray.from_arrays([pa.concat_arrays([large, SOUND[pa.string()][ROWS // 2 :]])], ["text"])
    for table in (pa.table({"a": bad}), pa.table({"a": nested}), pa.table({"a": bad.dictionary_encode()})):
        with pytest.raises(pa.ArrowInvalid):
            texts.validate(table, encoding=encoding)


def test_a_table_of_many_chunks_slices_and_names_is_valid_as_a_whole() -> None:
    sound = SOUND[pa.string()]
    chunks = pa.chunked_array([sound, sound.slice(3, 70_000), sound.slice(ROWS)])
    short = chunks.slice(ROWS - 10, 100)
    for table in (pa.table([chunks, chunks], names=["a", "a"]), pa.table([short], names=["a"]), pa.table({})):
        texts.validate(table)


def test_what_the_block_raises_comes_before_what_the_check_finds_and_no_thread_is_left() -> None:
    table = changed(pa.string(), 2, 0.5, b"\xff")
    before = threading.active_count()
    with pytest.raises(KeyError), texts.checked_meanwhile(table):
        raise KeyError
    with pytest.raises(pa.ArrowInvalid), texts.checked_meanwhile(table):
        pass
    assert threading.active_count() == before
