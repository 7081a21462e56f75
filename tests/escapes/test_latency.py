"""Floods, and a kernel that goes on answering: at P99 its main thread is late by less than a tenth of a second."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.host.capabilities.log import LogCapability
from tests.escapes.test_floods import WIRE, linux
from tests.sandbox.conftest import gone

BOUND_S, TICK_S = 0.1, 0.002

QUESTIONS = (
    "ask = codec.encode(protocol.Ask(1, 'log', 'info', [protocol.Json({})]), max_bytes=16 << 20)\n"
    "    threading.Thread(target=drain, daemon=True).start()\n    while True:\n        raw(ask)"
)
FLOODS: dict[str, tuple[str, dict[str, Any]]] = {
    "processor": (
        "import hashlib\n    data = bytes(1 << 22)\n"
        "    def burn():\n        while hashlib.sha256(data):\n            pass\n"
        "    for _ in range(32):\n        threading.Thread(target=burn, daemon=True).start()\n    burn()",
        {},
    ),
    "memory": (
        "held = []\n    while True:\n        held.append(b'x' * (1 << 20))",
        {"memory_mb": 4096, "resident_mb": 256},
    ),
    "descriptors": (
        "while True:\n        try:\n            os.dup(0)\n        except OSError:\n            pass",
        {},
    ),
    "processes": (
        "while True:\n        try:\n            os.fork()\n        except OSError:\n            pass",
        {},
    ),
    "disk": (
        "for i in range(10 ** 6):\n        open(f'f{i}', 'wb').write(bytes(1 << 20))",
        {"disk_mb": 64},
    ),
    "output": ("while True:\n        print('x' * 4096)", {}),
    "log": ("while True:\n        _wire.ask('log', 'info', 'x' * 4096)", {"messages": 5000}),
    "messages": ("frame = protocol.Output('stdout', '')\n    while True:\n        send(frame)", {"messages": 5000}),
    "bytes of tables": (
        "part = bytes(1 << 18)\n    send(protocol.Stream(256 << 20))\n    while True:\n        raw(part)",
        {"table_mb": 256},
    ),
    "questions of many lists": (QUESTIONS.format("[[]] * 49_000"), {}),
    "questions of many numbers": (QUESTIONS.format("[2.5] * 249_000"), {}),
    "questions of many texts": (QUESTIONS.format("list(map(str, range(249_000)))"), {}),
    "questions of too many lists": (QUESTIONS.format("[[]] * 900_000"), {}),
    "frames that are none": ("junk = (1 << 24).to_bytes(4, 'little') + b'\\0' + bytes(1 << 24)\n    raw(junk)", {}),
}
DRAIN = "def drain():\n    while os.read(3, 1 << 16):\n        pass\n"


def late(until: threading.Event | None, least: int) -> float:
    """P99 of how late a thread wakes up that sleeps for two milliseconds at a time, in seconds."""
    found: list[float] = []
    while len(found) < least or (until is not None and not until.is_set()):
        asleep = time.perf_counter()
        time.sleep(TICK_S)
        found.append(time.perf_counter() - asleep - TICK_S)
    return sorted(found)[int(len(found) * 0.99)]


@linux
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_leaves_the_kernel_answering_and_no_process(attack: Any, host: Any, flood: str) -> None:
    body, limits = FLOODS[flood]
    worker = attack(WIRE + DRAIN + f"def m():\n    {body}\n", **{"wall_s": 1.5, **limits})
    log = LogCapability()
    log.begin_call(64)
    host.reply = lambda capability, method, args: log.ask(method, args) if capability == "log" else None
    calm = late(None, 200)
    ended = threading.Event()
    caught: list[BaseException] = []

    def call() -> None:
        try:
            worker.call("m:m", broker=host)
        except BaseException as error:
            caught.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=call)
    thread.start()
    during = late(ended, 1)
    thread.join()
    assert isinstance(caught[0], AutomatosxError)
    assert not worker.alive
    assert gone(worker.pid)
    assert during < max(BOUND_S, 2 * calm), f"P99 {1e3 * during:.0f} ms, without a flood {1e3 * calm:.0f} ms"
    print(f"{flood}: P99 {1e3 * during:.1f} ms, without a flood {1e3 * calm:.1f} ms, {caught[0]!r:.90}")
