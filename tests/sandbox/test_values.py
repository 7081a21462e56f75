"""Values across the wire: what fits arrives unchanged, and what does not is named."""

from __future__ import annotations

import datetime
import fcntl
import math
import os
import struct
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from automatosx_nb.errors import ProtocolViolation, UntransferableValue
from automatosx_nb.sandbox import protocol
from automatosx_nb.sandbox.codec import close_all
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.values import DisplayTree, all_to_wire, from_wire, to_wire


def across(value: object) -> object:
    wired, fds = to_wire(value, what="it")
    try:
        return from_wire(wired, fds)
    finally:
        for fd in fds:
            os.close(fd)


def memory_file(data: bytes, seals: int) -> int:
    fd = os.memfd_create("t", os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    fcntl.fcntl(fd, 1033, seals)
    return fd


def stream_of(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_numbers_that_json_text_has_no_word_for_survive() -> None:
    arrived = across([math.nan, math.inf, -math.inf])
    assert isinstance(arrived, list)
    assert math.isnan(arrived[0])
    assert arrived[1:] == [math.inf, -math.inf]


def test_bytes_and_displays_keep_their_kind() -> None:
    assert across(b"\0\xff") == b"\0\xff"
    assert across(DisplayTree({"node": "png", "data": b"\x89"})) == DisplayTree({"node": "png", "data": b"\x89"})


@pytest.mark.parametrize(
    ("value", "path", "type_name"),
    [
        ({1, 2}, "it", "set"),
        ({"a": [0, datetime.date(2024, 1, 1)]}, "it['a'][1]", "date"),
        ([2**70], "it[0]", "int"),
        ({"a": {1: 2}}, "it['a'][1]", "int"),
        (object(), "it", "object"),
        (1j, "it", "complex"),
    ],
)
def test_what_cannot_cross_is_named_with_its_place(value: object, path: str, type_name: str) -> None:
    with pytest.raises(UntransferableValue) as caught:
        to_wire(value, what="it")
    assert (caught.value.what, caught.value.type_name) == (path, type_name)


def test_a_subclass_of_a_json_type_does_not_cross_as_its_base() -> None:
    class Text(str):
        __slots__ = ()

    with pytest.raises(UntransferableValue, match="Text"):
        to_wire(Text("x"), what="it")


def test_a_pandas_frame_arrives_as_the_same_columns() -> None:
    frame = pd.DataFrame({"n": [1, 2, 3], "x": [0.5, None, 2.5], "s": ["a", None, "c"], "b": [True, False, True]})
    table = across(frame)
    assert isinstance(table, pa.Table)
    assert table.to_pydict() == {
        "n": [1, 2, 3],
        "x": [0.5, None, 2.5],
        "s": ["a", None, "c"],
        "b": [True, False, True],
    }


def test_an_unnamed_range_index_is_dropped_and_any_other_becomes_columns() -> None:
    plain = pd.DataFrame({"a": [1, 2]})
    assert across(plain).column_names == ["a"]  # type: ignore[attr-defined]
    assert across(plain.set_index(pd.Index(["x", "y"], name="key"))).column_names == ["key", "a"]  # type: ignore[attr-defined]
    filtered = across(plain[plain["a"] > 1])
    assert filtered.to_pydict() in ({"a": [2]}, {"index": [1], "a": [2]})  # type: ignore[attr-defined]
    two = pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([("p", 1)]))
    assert across(two).column_names == ["level_0", "level_1", "a"]  # type: ignore[attr-defined]


def test_an_index_named_like_a_column_is_an_error_that_says_so() -> None:
    frame = pd.DataFrame({"a": [1]}, index=pd.Index([5], name="a"))
    with pytest.raises(UntransferableValue, match="both named 'a'"):
        to_wire(frame, what="it")


def test_a_column_of_mixed_types_is_named() -> None:
    frame = pd.DataFrame({"fine": [1, 2], "mixed": ["a", 2]})
    with pytest.raises(UntransferableValue, match="the column 'mixed'"):
        to_wire(frame, what="it")


def test_a_sent_table_carries_all_four_seals() -> None:
    wired, (fd,) = to_wire(pa.table({"a": [1]}), what="it")
    try:
        assert isinstance(wired, protocol.Table)
        assert fcntl.fcntl(fd, 1034) == 0b1111
        with pytest.raises(PermissionError):
            os.write(fd, b"x")
    finally:
        os.close(fd)


@pytest.mark.parametrize("seals", [0, 0b0111, 0b1110, 0b1101])
def test_a_table_that_can_still_change_is_refused(seals: int) -> None:
    data = stream_of(pa.table({"a": [1]}))
    fd = memory_file(data, seals)
    with pytest.raises(ProtocolViolation, match="not sealed"):
        from_wire(protocol.Table(0, len(data)), [fd])
    os.close(fd)


def test_a_descriptor_that_is_no_memory_file_is_refused() -> None:
    fd = os.open(os.devnull, os.O_RDONLY)
    with pytest.raises(ProtocolViolation, match="memory file"):
        from_wire(protocol.Table(0, 0), [fd])
    os.close(fd)


@pytest.mark.parametrize("claimed", [0, 8, 1 << 40])
def test_a_table_of_another_size_than_it_says_is_refused(claimed: int) -> None:
    fd = memory_file(stream_of(pa.table({"a": [1]})), 0b1111)
    with pytest.raises(ProtocolViolation, match="bytes, and has"):
        from_wire(protocol.Table(0, claimed), [fd])
    os.close(fd)


def test_a_stream_with_indices_out_of_its_dictionary_is_refused() -> None:
    bad = pa.DictionaryArray.from_arrays(pa.array([10**6], pa.int32()), pa.array(["a"]), safe=False)
    data = stream_of(pa.table({"a": bad}))
    fd = memory_file(data, 0b1111)
    with pytest.raises(ProtocolViolation, match="not a valid Arrow stream"):
        from_wire(protocol.Table(0, len(data)), [fd])
    os.close(fd)


@pytest.mark.parametrize("data", [b"", b"x" * 64, b"\xff" * 64])
def test_bytes_that_are_no_arrow_stream_are_refused(data: bytes) -> None:
    fd = memory_file(data, 0b1111)
    with pytest.raises(ProtocolViolation):
        from_wire(protocol.Table(0, len(data)), [fd])
    os.close(fd)


def test_an_extension_type_is_refused_in_both_directions() -> None:
    field = pa.field("a", pa.int64(), metadata={"ARROW:extension:name": "x", "ARROW:extension:metadata": ""})
    data = stream_of(pa.table([pa.array([1])], schema=pa.schema([field])))
    fd = memory_file(data, 0b1111)
    with pytest.raises(ProtocolViolation, match="extension type"):
        from_wire(protocol.Table(0, len(data)), [fd])
    os.close(fd)
    extended = pa.table({"a": pa.array([b"0" * 16], pa.uuid())})
    with pytest.raises(UntransferableValue, match="extension type"):
        to_wire(extended, what="it")


def refusal_of(data: bytes, table_mb: int = 8) -> str:
    fd = memory_file(data, 0b1111)
    try:
        with pytest.raises(ProtocolViolation) as caught:
            from_wire(protocol.Table(0, len(data)), [fd], limits=Limits(table_mb=table_mb))
        return str(caught.value)
    finally:
        os.close(fd)


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_compressed_buffers_are_refused_whatever_their_size(codec: str) -> None:
    for table in (pa.table({"a": [0] * (1 << 22)}), pa.table({"a": pa.array(["x"]).dictionary_encode()})):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
            writer.write_table(table)
        assert "buffers are compressed" in refusal_of(bytes(sink.getvalue()))


@pytest.mark.parametrize(("batches", "columns"), [(9000, 1), (1, 9000), (100, 100)])
def test_empty_batches_and_columns_are_charged_too(batches: int, columns: int) -> None:
    batch = pa.record_batch({str(number): pa.array([], pa.int8()) for number in range(columns)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        for _ in range(batches):
            writer.write_batch(batch)
    assert "the limit table-mb" in refusal_of(bytes(sink.getvalue()))


def test_a_dictionary_that_grows_is_refused() -> None:
    schema = pa.schema([("a", pa.dictionary(pa.int32(), pa.string()))])
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
    with pa.ipc.new_stream(sink, schema, options=options) as writer:
        for words in (["a"], ["a", "b"]):
            indices = pa.array([0], pa.int32())
            writer.write_batch(pa.record_batch([pa.DictionaryArray.from_arrays(indices, words)], schema=schema))
    assert "comes in pieces" in refusal_of(bytes(sink.getvalue()))


def test_a_dictionary_is_charged_in_every_batch_that_is_validated_with_it() -> None:
    words = pa.array([f"{number:0>1000}" for number in range(1000)])
    batch = pa.record_batch({"a": pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), words)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        for _ in range(20):
            writer.write_batch(batch)
    assert "the limit table-mb" in refusal_of(bytes(sink.getvalue()))


def test_buffers_that_lie_over_each_other_are_refused() -> None:
    data = stream_of(pa.table({"a": [0x1111] * 512, "b": [0x2222] * 512}))
    first, both = struct.pack("<qq", 0, 4096), struct.pack("<qq", 0, 8192)
    assert first in data
    assert "lie over each other" in refusal_of(data.replace(first, both, 1))


@pytest.mark.parametrize(
    "kind",
    [
        pa.string_view(),
        pa.binary_view(),
        pa.list_view(pa.int8()),
        pa.large_list_view(pa.int8()),
        pa.struct([("x", pa.list_(pa.string_view()))]),
        pa.dictionary(pa.int8(), pa.string_view()),
    ],
)
def test_views_are_refused_and_never_sent(kind: pa.DataType) -> None:
    values = {pa.string_view(): "é", pa.binary_view(): b"x", pa.dictionary(pa.int8(), pa.string_view()): "d"}
    value = values.get(kind, {"x": ["y"]} if pa.types.is_struct(kind) else [1])
    if pa.types.is_dictionary(kind):
        array = pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array([value], pa.string_view()))
    else:
        array = pa.array([value], kind)
    table = pa.table({"a": array})
    assert "a type with views" in refusal_of(stream_of(table))
    arrived = across(table)
    assert isinstance(arrived, pa.Table)
    assert arrived.to_pydict() == {"a": [value]}
    assert "view" not in str(arrived.schema)


def test_a_table_of_many_small_pieces_crosses_as_one() -> None:
    table = pa.concat_tables([pa.table({"a": [number]}) for number in range(5000)])
    wired, fds = to_wire(table, what="it", limits=Limits(table_mb=1))
    arrived: Any = from_wire(wired, fds, limits=Limits(table_mb=1))
    close_all(fds)
    assert arrived.equals(table)


def test_a_table_whose_columns_alone_go_over_the_limit_is_not_sent() -> None:
    with pytest.raises(UntransferableValue, match=r"500 columns, .*the limit table-mb, which is 1"):
        to_wire(pa.table({str(number): [1] for number in range(500)}), what="it", limits=Limits(table_mb=1))


def test_a_large_column_of_text_that_is_no_utf8_is_named_and_not_sent() -> None:
    column = pa.array([b"0123456789"] * 200_000 + [b"\xff"]).view(pa.string())
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(UntransferableValue, match="the column 'b' has a text that is not UTF-8"):
        to_wire(pa.table({"a": [0] * 200_001, "b": column}), what="it")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_large_column_of_text_that_a_worker_sends_has_to_be_utf8() -> None:
    column = pa.array([b"0123456789"] * 200_000 + [b"\xff"]).view(pa.string())
    data = memoryview(stream_of(pa.table({"b": column})))
    with pytest.raises(ProtocolViolation, match="the column 'b' has a text that is not UTF-8"):
        from_wire(protocol.Streamed(0, len(data)), [], streamed=[data])


def test_a_table_over_its_limit_is_not_sent() -> None:
    with pytest.raises(UntransferableValue, match="limit table-mb is 1"):
        to_wire(pa.table({"a": pa.array([0] * 200_000)}), what="it", limits=Limits(table_mb=1))


def test_a_worker_sends_a_tables_large_buffers_from_where_they_are() -> None:
    table = pa.table({"n": list(range(100_000)), "s": [str(number) for number in range(100_000)]})
    sent: list[tuple[int, list[memoryview | bytearray]]] = []
    wired, fds = to_wire(table.slice(7), what="it", stream=lambda size, pieces: sent.append((size, list(pieces))))
    ((size, pieces),) = sent
    assert (wired, fds) == (protocol.Streamed(0, size), [])
    stream = b"".join(pieces)
    assert size == len(stream)
    numbers = table["n"].chunk(0).buffers()[1].address + 7 * 8
    assert numbers in {pa.py_buffer(piece).address for piece in pieces}
    arrived = from_wire(wired, [], streamed=[memoryview(stream)])
    assert arrived.equals(table.slice(7))  # type: ignore[attr-defined]


def test_tables_of_one_frame_index_one_list_of_descriptors() -> None:
    values, fds = all_to_wire([("a", pa.table({"a": [1]})), ("b", 2), ("c", pa.table({"c": [3]}))])
    try:
        assert [value.fd for value in values if isinstance(value, protocol.Table)] == [0, 1]
        assert len(fds) == 2
    finally:
        for fd in fds:
            os.close(fd)


def test_descriptors_are_closed_when_a_later_value_cannot_cross() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(UntransferableValue):
        all_to_wire([("a", pa.table({"a": [1]})), ("b", {1})])
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_numbers_of_numpy_cross_as_pythons_own() -> None:
    import numpy as np

    value = {"n": np.int64(3), "list": [np.float32(0.5), (np.bool_(True), np.str_("x"))]}
    wired, _ = to_wire(value, what="x")
    assert isinstance(wired, protocol.Json)
    assert wired.value == {"n": 3, "list": [0.5, [True, "x"]]}
    assert type(wired.value["n"]) is int


@pytest.mark.parametrize("name", ["array", "datetime64", "complex128"])
def test_what_numpy_has_that_json_has_not_is_named(name: str) -> None:
    import numpy as np

    with pytest.raises(UntransferableValue) as caught:
        to_wire([getattr(np, name)(["2024"] if name == "array" else "2024" if name == "datetime64" else 1)], what="x")
    assert caught.value.type_name == {"array": "ndarray"}.get(name, name)


def test_a_value_that_holds_itself_beside_a_number_of_numpy_is_refused() -> None:
    import numpy as np

    endless: list[object] = [np.int64(1)]
    endless.append(endless)
    with pytest.raises(UntransferableValue, match="nested deeper"):
        to_wire(endless, what="x")


def test_a_series_of_polars_arrives_as_a_table_of_one_column() -> None:
    wired, fds = to_wire(pl.Series("n", [1, 2]), what="x")
    assert isinstance(wired, protocol.Table)
    table: Any = from_wire(wired, fds)
    assert table.to_pydict() == {"n": [1, 2]}
    close_all(fds)


@pytest.mark.parametrize(
    "value",
    [protocol.HandedFile(1, "x", 1, False), protocol.HandedFile(1, "x", 0, True), protocol.HandedSecret("a", "b")],
)
def test_a_worker_cannot_hand_over_what_only_a_user_can(value: protocol.Value) -> None:
    with pytest.raises(ProtocolViolation, match="only a user can"):
        from_wire(value, [])


def test_a_polars_column_of_objects_never_crosses_as_their_addresses() -> None:
    frame = pl.DataFrame({"fine": [1], "odd": pl.Series([object()], dtype=pl.Object)})
    for value in (frame, frame["odd"]):
        with pytest.raises(UntransferableValue, match="the column 'odd' is of the type Object"):
            to_wire(value, what="it")


def test_a_column_that_arrow_has_no_type_for_is_named_in_a_polars_frame() -> None:
    frame = pl.DataFrame({"fine": [1], "wide": pl.Series([1], dtype=pl.Int128)})
    with pytest.raises(UntransferableValue, match="the column 'wide' is of the type Int128"):
        to_wire(frame, what="it")


def test_a_series_of_any_library_is_a_table_of_one_column() -> None:
    for value in (pl.Series("a", [1, 2]), pd.Series([1, 2], name="a")):
        assert across(value).to_pydict() == {"a": [1, 2]}  # type: ignore[attr-defined]
    for value in (pl.Series([1, 2]), pd.Series([1, 2]), pa.table({"a": [1, 2]})["a"]):
        assert across(value).to_pydict() == {"value": [1, 2]}  # type: ignore[attr-defined]
