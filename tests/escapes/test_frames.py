"""Raw frames of a hostile worker: the host reads them or refuses them, at once, and nothing grows or stays open."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automatosx_nb.errors import AutomatosxError, LimitExceeded, ProtocolViolation
from automatosx_nb.sandbox.limits import Limits
from tests.escapes.test_floods import WIRE
from tests.fuzz import frames

SOURCE = WIRE + "def sends(data):\n    raw(data)\n    return 1\n"


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Frames of ours in a row, with bytes of them changed, cut out, doubled or put in between."""
    data = bytearray(b"".join(draw(st.lists(st.sampled_from(frames.SEEDS), min_size=1, max_size=5))))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        end = draw(st.integers(at, min(at + 16, len(data))))
        match draw(st.integers(0, 3)):
            case 0:
                data[at:end] = draw(st.binary(min_size=end - at, max_size=end - at))
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end]
            case _:
                data[at:at] = draw(st.binary(max_size=8))
    return bytes([draw(st.integers(0, 255))]) + bytes(data)


@given(data=st.binary(max_size=400) | mutated())
@settings(max_examples=1500, deadline=1000)
def test_any_bytes_are_frames_or_a_violation(data: bytes) -> None:
    frames.one_input(data)


@given(seeds=st.lists(st.sampled_from(frames.SEEDS[:3] + frames.SEEDS[5:8]), max_size=9), step=st.integers(0, 255))
def test_what_was_not_changed_is_read_whole(seeds: list[bytes], step: int) -> None:
    """The first byte only says how the bytes are cut, so here it has to be one of the first frame's length."""
    for seed in seeds:
        assert frames.one_input(seed) == 1
    assert frames.one_input(b"".join(seeds)) == len(seeds)


def test_a_million_bytes_of_noise_leave_no_memory_and_no_descriptor() -> None:
    noise = [b"\x40" + seed[: len(seed) // 2] + os.urandom(200) + seed for seed in frames.SEEDS] * 40

    def feed() -> None:
        for data in noise:
            frames.one_input(data)

    feed()
    gc.collect()
    opened = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0  # noqa: PTH208
    tracemalloc.start()
    try:
        feed()
        gc.collect()
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 64 << 10
    assert peak < 8 << 20
    if sys.platform == "linux":
        assert len(os.listdir("/proc/self/fd")) == opened  # noqa: PTH208


@given(data=mutated().map(lambda data: data[1:]) | st.binary(min_size=1, max_size=200))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_worker_that_writes_any_bytes_is_answered_or_ended_in_time(attack: Any, host: Any, data: bytes) -> None:
    worker = attack(SOURCE, wall_s=0.3)
    try:
        worker.call("m:sends", [data], broker=host)
    except (ProtocolViolation, LimitExceeded):
        assert not worker.alive
    except AutomatosxError:
        pass  # a smuggled answer may be a failure of any kind
    worker.stop()


def test_the_coverage_guided_run_starts_or_says_what_it_needs(tmp_path: Path) -> None:
    script = Path(frames.__file__)
    root = script.parent.parent.parent
    command = [sys.executable, str(script), str(tmp_path), "-runs=300", "-rss_limit_mb=4096"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "PYTHONPATH": str(root)}
    )
    if done.returncode == 1 and "pip install atheris" in done.stderr:
        pytest.skip("atheris is not installed")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Done 300 runs" in done.stderr


def test_the_caps_of_the_fuzzed_decoder_are_below_the_real_ones() -> None:
    """What holds for these holds for the real ones: they are reached sooner."""
    assert Limits().frame_mb << 20 > frames.MAX_BYTES
    assert Limits().frame_depth > frames.MAX_DEPTH
