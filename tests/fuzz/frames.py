"""What any bytes from a worker do to the host: they are frames, or a violation, and leave nothing behind.

``one_input`` is what the property tests call. With `atheris <https://github.com/google/atheris>`_ installed, ``python
tests/fuzz/frames.py [CORPUS] [-max_total_time=60]`` lets coverage lead the search (libFuzzer's arguments).
"""

from __future__ import annotations

import os
import sys
from typing import Any

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.sandbox import protocol
from automatosx_nb.sandbox.codec import Decoder, close_all, encode, values_of
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.streams import ReceivedTables
from automatosx_nb.sandbox.values import from_wire

LIMITS = Limits(table_mb=1)
MAX_BYTES, MAX_DEPTH = 1 << 16, 16
NOWHERE = memoryview(bytearray())

SEEDS: tuple[bytes, ...] = tuple(
    encode(frame, max_bytes=MAX_BYTES)
    for frame in (
        protocol.Hello(1, {"process": "active"}),
        protocol.Loaded(),
        protocol.Result(1, protocol.Json([None, True, -1, 1.5, "é", b"\0", {"a": [{}]}])),
        protocol.Result(1, protocol.Streamed(0, 4)),
        protocol.Result(1, protocol.Table(0, 8)),
        protocol.Result(1, protocol.Display({"node": "text", "text": "x"})),
        protocol.Failure(1, protocol.Fault("raised", "E", "m", [protocol.Frame("m.py", 1, "f", "x")])),
        protocol.Ask(1, "storage", "get", [protocol.Json("key"), protocol.Blob(b"x")]),
        protocol.Stream(4),
        protocol.Output("stdout", "hello"),
        protocol.Ask(1, "services", "call", [protocol.Again(0)]),
    )
)
"""One frame of every kind, for mutations to start from."""


def one_input(data: bytes) -> int:
    """Feed ``data``, cut into pieces by its own first byte, to the host's decoder, and read every value as it does.

    The result is how many frames there were.

    :raises Exception: anything that is raised is a finding.
    """
    decoder: Decoder[Any] = Decoder(protocol.ToHost, max_bytes=MAX_BYTES, max_depth=MAX_DEPTH)
    tables = ReceivedTables(LIMITS.table_mb)
    step = data[0] * 8 + 1 if data else 1
    frames, room = 0, NOWHERE
    try:
        for at in range(0, len(data), step):
            decoder.feed(data[at : at + step])
            room = room[decoder.take(room) :]
            while not room and (arrived := decoder.next()) is not None:
                frames += 1
                room = _take(*arrived, tables)
                room = room[decoder.take(room) :]
    except ProtocolViolation:
        assert decoder.next() is None, "a decoder that raised holds nothing any more"
    finally:
        tables.clear()
        decoder.close()
    return frames


def _take(frame: Any, fds: list[int], tables: ReceivedTables) -> memoryview:
    """The result is what has to be filled with what follows the frame."""
    try:
        if isinstance(frame, protocol.Stream):
            return tables.room_for(frame.size)
        for value in values_of(frame):
            from_wire(value, fds, streamed=tables.whole, limits=LIMITS)
        tables.clear()
        return NOWHERE
    finally:
        close_all(fds)


def main() -> int:
    try:
        import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        sys.stderr.write("The coverage-guided run needs atheris: pip install atheris\n")
        return 1
    corpus = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    if corpus is not None:
        os.makedirs(corpus, exist_ok=True)  # noqa: PTH103
        for number, seed in enumerate(SEEDS):
            with open(os.path.join(corpus, f"seed-{number}"), "wb") as file:  # noqa: PTH118, PTH123
                file.write(b"\xff" + seed)
    atheris.instrument_all()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
