"""The wire's codec: what is sent arrives, and whatever else arrives is refused without harm."""

from __future__ import annotations

import math
import os
import resource
import tracemalloc
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.sandbox import protocol
from automatosx_nb.sandbox.codec import Decoder, Flaw, FrameTooLarge, count_items, encode, find_flaw

CAP = 4096
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def decoder(frames: object = protocol.ToHost, *, max_bytes: int = CAP, max_depth: int = 32) -> Decoder[object]:
    return Decoder(frames, max_bytes=max_bytes, max_depth=max_depth)


def framed(payload: bytes, fds: int = 0) -> bytes:
    return len(payload).to_bytes(4, "little") + bytes((fds,)) + payload


def same(one: object, other: object) -> bool:
    """Equality in which NaN equals itself."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


@given(value=JSON, cut=st.integers(0, 200))
def test_a_value_arrives_as_it_was_sent_however_the_stream_is_cut(value: object, cut: int) -> None:
    data = encode(protocol.Result(7, protocol.Json(value)), max_bytes=1 << 20)
    end = decoder(max_bytes=1 << 20)
    end.feed(data[:cut])
    end.feed(data[cut:] + data)
    for _ in range(2):
        arrived = end.next()
        assert arrived is not None
        frame, fds = arrived
        assert isinstance(frame, protocol.Result)
        assert isinstance(frame.value, protocol.Json)
        assert same(frame.value.value, value)
        assert fds == []
    assert end.next() is None


@given(payload=st.binary(max_size=200), fds=st.integers(0, 255))
def test_arbitrary_bytes_are_a_frame_or_a_violation_and_nothing_else(payload: bytes, fds: int) -> None:
    end = decoder()
    try:
        end.feed(framed(payload, fds))
        arrived = end.next()
    except ProtocolViolation:
        return
    assert arrived is not None
    assert fds == 0


def test_a_length_over_the_cap_is_refused_from_its_header_alone() -> None:
    end = decoder()
    end.feed((CAP + 1).to_bytes(4, "little") + b"\0")
    with pytest.raises(ProtocolViolation, match=r"4097 bytes, at most 4096"):
        end.next()


def test_what_is_too_long_is_not_sent() -> None:
    with pytest.raises(FrameTooLarge):
        encode(protocol.Output("stdout", "x" * CAP), max_bytes=CAP)


def test_texts_that_grow_too_long_as_json_are_refused_on_both_sides() -> None:
    """A control character is one byte on the wire and six in a notebook."""
    value = protocol.Json({"a": ["\x01" * (CAP // 2), "b"]})
    with pytest.raises(FrameTooLarge, match=r"bytes as JSON text, and at most 8192"):
        encode(protocol.Result(1, value), max_bytes=CAP)
    frame = encode(protocol.Result(1, value), max_bytes=8 * CAP)
    end = decoder()
    end.feed(frame)
    with pytest.raises(ProtocolViolation, match=r"more than 8192 bytes as JSON"):
        end.next()


def test_what_is_long_but_plain_crosses_up_to_the_cap() -> None:
    for value in (protocol.Json('\n"' * (CAP // 2 - 50)), protocol.Blob(b"\x01" * (CAP - 100))):
        encode(protocol.Result(1, value), max_bytes=CAP)


def test_nesting_beyond_the_cap_is_refused_on_both_sides() -> None:
    value: list[object] = []
    for _ in range(40):
        value = [value]
    assert find_flaw(value, max_depth=32) is not None
    end = decoder()
    end.feed(encode(protocol.Result(1, protocol.Json(value)), max_bytes=CAP))
    with pytest.raises(ProtocolViolation, match="deeper than 32"):
        end.next()


def test_nesting_that_would_exhaust_the_stack_is_refused() -> None:
    payload = msgspec.msgpack.encode(protocol.Result(1, protocol.Json(0)))[:-1] + b"\x91" * 100_000 + b"\xc0"
    end = decoder(max_bytes=1 << 20)
    end.feed(framed(payload))
    with pytest.raises(ProtocolViolation):
        end.next()


def test_a_header_that_promises_four_thousand_million_items_costs_nothing() -> None:
    end = decoder()
    end.feed(framed(b"\xdd\xff\xff\xff\xff"))
    with pytest.raises(ProtocolViolation):
        end.next()


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (msgspec.msgpack.encode({"type": "loaded", "extra": 1}), "a field that it does not know"),
        (msgspec.msgpack.encode({"type": "stop"}), "a frame of the other direction"),
        (msgspec.msgpack.encode({"type": "result", "id": "1", "value": None}), "a field of the wrong type"),
        (msgspec.msgpack.encode(protocol.Loaded()) + b"\0", "bytes after the frame"),
        (
            msgspec.msgpack.encode({"type": "result", "id": 1, "value": {"type": "json", "value": {1: 2}}}),
            "a key that is no string",
        ),
        (
            msgspec.msgpack.encode(
                {"type": "result", "id": 1, "value": {"type": "json", "value": msgspec.msgpack.Ext(5, b"x")}}
            ),
            "an extension value",
        ),
        (
            msgspec.msgpack.encode(protocol.Result(1, protocol.Table(0, 10))),
            "a table whose descriptor did not come",
        ),
        (msgspec.msgpack.encode(protocol.Result(1, protocol.Table(-1, 10))), "a negative index of a descriptor"),
    ],
)
def test_a_frame_is_refused_if_it_has(payload: bytes, why: str) -> None:
    end = decoder()
    end.feed(framed(payload))
    with pytest.raises(ProtocolViolation):
        end.next()


def test_descriptors_that_no_frame_announced_are_closed() -> None:
    reader, writer = os.pipe()
    end = decoder()
    end.feed(encode(protocol.Loaded(), max_bytes=CAP), [writer])
    with pytest.raises(ProtocolViolation, match="no frame announced"):
        end.next()
    with os.fdopen(reader, "rb") as file:
        assert file.read() == b"", "the writing end is closed"


def test_more_descriptors_than_a_frame_carries_are_refused_and_closed() -> None:
    ends = [os.open(os.devnull, os.O_RDONLY) for _ in range(protocol.MAX_FDS + 1)]
    with pytest.raises(ProtocolViolation, match="17 descriptors"):
        decoder().feed(b"", ends)
    for fd in ends:
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(fd)


def test_a_flaw_names_where_it_is() -> None:
    flaw = find_flaw({"rows": [1, {"at": {3}}]}, max_depth=8)
    assert flaw is not None
    assert (flaw.path, flaw.type_name) == ("['rows'][1]['at']", "set")


def test_integers_beyond_64_bits_are_a_flaw() -> None:
    assert find_flaw([2**64 - 1, -(2**63)], max_depth=8) is None
    for number in (2**64, -(2**63) - 1):
        flaw = find_flaw([number], max_depth=8)
        assert flaw is not None
        assert "64 bits" in flaw.reason


def result_of(value: bytes, count: int) -> bytes:
    """A result whose value is a list of ``count`` times the same msgpack text."""
    head = msgspec.msgpack.encode(protocol.Result(1, protocol.Json(None)))[:-1]
    return framed(head + b"\xdd" + count.to_bytes(4, "big") + value * count)


@pytest.mark.parametrize(
    "value", [b"\x90", b"\x81\xa0\xc0", b"\xa2\xc4\x80", b"\xd6\xff\0\0\0\0", b"\xc4\x02xy", b"\x07"]
)
def test_a_frame_of_millions_of_tiny_values_is_refused_before_any_is_built(value: bytes) -> None:
    end = decoder(max_bytes=16 << 20)
    end.feed(result_of(value, 250_001))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ProtocolViolation, match=r"more than (250000 values|50000 lists and objects)"):
        end.next()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 << 10


@given(value=JSON)
def test_counting_walks_over_a_value_as_the_decoder_does(value: object) -> None:
    payload = msgspec.msgpack.encode(value)
    walked: list[int] = []

    class Watched(bytes):
        def __getitem__(self, index: Any) -> Any:
            if isinstance(index, int):
                walked.append(index)
            return super().__getitem__(index)

    assert count_items(Watched(payload)) == len(walked) == count_values(value)


def count_values(value: object) -> int:
    if isinstance(value, dict):
        return 1 + sum(1 + count_values(child) for child in value.values())
    return 1 + sum(map(count_values, value)) if isinstance(value, list) else 1


def test_a_large_frame_of_few_values_passes() -> None:
    end = decoder(max_bytes=16 << 20)
    end.feed(encode(protocol.Result(1, protocol.Blob(b"x" * (8 << 20))), max_bytes=16 << 20))
    assert end.next() is not None


def test_looking_for_a_flaw_takes_no_more_memory_than_the_value_itself() -> None:
    """Each of many empty lists lies sixty long keys deep: a path for each would be gigabytes."""
    value: object = [[] for _ in range(40_000)]
    for depth in range(50):
        value = {"k" * 40 + str(depth): value}
    tracemalloc.start()
    try:
        assert find_flaw(value, max_depth=64) is None
        assert find_flaw([value, {1}], max_depth=64) == Flaw(
            "[1]", "set", "only None, bool, int, float, str, bytes, list and dict cross"
        )
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


def test_a_value_that_holds_itself_and_one_that_doubles_at_each_level_are_flaws() -> None:
    itself: list[object] = []
    itself.append(itself)
    flaw = find_flaw(itself, max_depth=64)
    assert flaw is not None
    assert "deeper" in flaw.reason
    doubling: object = 1
    for _ in range(60):
        doubling = [doubling, doubling]
    flaw = find_flaw(doubling, max_depth=64)
    assert flaw is not None
    assert "more than 50000 lists and objects" in flaw.reason
    flaw = find_flaw([1] * 250_001, max_depth=64)
    assert flaw is not None
    assert "more than 250000 values" in flaw.reason


def test_as_many_values_as_may_cross_do() -> None:
    values: list[object] = [[1] * 249_980, [[]] * 49_990, {str(number): {} for number in range(49_990)}]
    for value in values:
        assert find_flaw(value, max_depth=64) is None
        end = decoder(max_bytes=16 << 20)
        end.feed(encode(protocol.Result(1, protocol.Json(value)), max_bytes=16 << 20))
        assert end.next() is not None
