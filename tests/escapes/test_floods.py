"""A hostile worker against the host and the machine: floods, hoards and lies, each bounded and named."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from automatosx_nb.errors import LimitExceeded, ProtocolViolation, WorkerLost
from automatosx_nb.sandbox import folders
from automatosx_nb.sandbox.supervisor import Program, Sandbox
from tests.sandbox.conftest import gone

linux = pytest.mark.skipif(sys.platform != "linux", reason="these are Linux's walls")

WIRE = """
import os, time, threading
from automatosx_nb.sandbox import protocol, codec
from automatosx_nb.sdk import _wire
def send(*frames):
    for frame in frames:
        raw(frame if isinstance(frame, bytes) else codec.encode(frame, max_bytes=16 << 20))
def raw(data):
    os.set_blocking(3, True)
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(3, rest):]
def two():
    return 2
"""


def exceeded(worker: Any, handler: str, host: Any, *args: object) -> str:
    with pytest.raises(LimitExceeded) as caught:
        worker.call(handler, args, broker=host)
    assert not worker.alive
    limit = str(caught.value.limit)
    assert f"c.SandboxLimits.{limit} = " in caught.value.next_step()
    assert caught.value.used
    return limit


def call_for_ever(worker: Any, handler: str, host: Any) -> None:
    while True:
        worker.call(handler, broker=host)


# --- the wire -------------------------------------------------------------------------------------------------


def test_a_frame_of_millions_of_empty_lists_costs_the_host_no_memory(attack: Any, host: Any) -> None:
    worker = attack(
        WIRE + "def m():\n    head = codec.encode(protocol.Result(1, protocol.Json(None)), max_bytes=99)[5:-1]\n"
        "    n = 15 << 20\n    body = head + b'\\xdd' + n.to_bytes(4, 'big') + b'\\x90' * n\n"
        "    raw(len(body).to_bytes(4, 'little') + b'\\0' + body)\n"
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ProtocolViolation, match="more than 50000 lists and objects"):
        worker.call("m:m", broker=host)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 128 << 10


@pytest.mark.parametrize("frame", ["protocol.Output('stdout', '')", "protocol.Ask(1, 'log', 'info', [])"])
def test_an_endless_stream_of_small_messages_is_cut_off(attack: Any, host: Any, frame: str) -> None:
    worker = attack(
        WIRE + "def m():\n    os.set_blocking(3, True)\n    threading.Thread(target=drain, daemon=True).start()\n"
        f"    while True:\n        send({frame})\ndef drain():\n    while os.read(3, 1 << 16):\n        pass\n",
        messages=500,
    )
    assert exceeded(worker, "m:m", host) == "messages"
    assert len(host.asked) + len(host.shown) <= 500


def test_the_time_that_the_host_spends_on_a_call_is_bounded_too(attack: Any, host: Any) -> None:
    worker = attack(WIRE + "def m():\n    while True:\n        _wire.ask('storage', 'get')\n", wall_s=0.05)
    host.reply = lambda *_: time.sleep(0.02)
    assert exceeded(worker, "m:m", host) == "wall_s"
    assert len(host.asked) < 60


def test_an_answer_that_is_too_large_for_a_frame_is_a_failed_question(attack: Any, host: Any) -> None:
    worker = attack(
        WIRE + "def m():\n    try:\n        _wire.ask('storage', 'items')\n    except Exception as error:\n"
        "        return str(error)\n",
        frame_mb=1,
    )
    host.reply = lambda *_: "x" * (2 << 20)
    assert "ask for less at a time" in worker.call("m:m", broker=host)
    assert worker.call("m:two", broker=host) == 2


@pytest.mark.parametrize("sent", ["raw(b'\\x05\\0\\0\\0')", "raw(b'\\xff\\0\\0\\0\\0abc')", "None"])
def test_half_a_frame_and_silence_end_at_the_wall_time(attack: Any, host: Any, sent: str) -> None:
    worker = attack(WIRE + f"def m():\n    {sent}\n    time.sleep(99)\n", wall_s=0.2)
    assert exceeded(worker, "m:m", host) == "wall_s"


@pytest.mark.parametrize("sent", ["raw(b'\\x05\\0\\0\\0')", "raw(b'\\xff\\0\\0\\0\\0abc')"])
def test_dying_in_the_middle_of_a_frame_is_a_lost_worker(attack: Any, host: Any, sent: str) -> None:
    worker = attack(WIRE + f"def m():\n    {sent}\n    os._exit(9)\n")
    with pytest.raises(WorkerLost, match="exit status 9"):
        worker.call("m:m", broker=host)


def test_frames_sent_between_calls_do_not_stand_for_the_hosts_next_question(attack: Any, host: Any) -> None:
    worker = attack(
        WIRE
        + "late = protocol.Result(99, protocol.Json(1))\ndef m():\n    threading.Timer(0.05, send, [late]).start()\n"
    )
    worker.call("m:m", broker=host)
    with pytest.raises(ProtocolViolation):
        call_for_ever(worker, "m:two", host)
    assert not worker.alive


# --- tables ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ("protocol.Result(1, protocol.Table(0, 8))", "descriptor 0 of 0"),
        ("protocol.Result(1, protocol.Streamed(0, 8))", "names table 0, and 0 came"),
        ("*eight, protocol.Result(1, protocol.Streamed(0, 9))", "says that it has 9 bytes"),
        ("*eight, protocol.Result(1, protocol.Streamed(-1, 8))", "names table -1"),
        ("*eight, protocol.Result(1, protocol.Streamed(0, 8))", "not a valid Arrow stream"),
        ("protocol.Result(1, protocol.Again(0))", "names table 0 again, and 0 were handed over"),
        ("protocol.Ask(1, 'log', 'info', [protocol.Again(0)])", "names table 0 again, and 0 were handed over"),
        ("protocol.Ask(1, 'log', 'info', [protocol.Again(-1)])", "names table -1 again"),
        ("*eight * 17", "more than 16 tables"),
        ("protocol.Stream(4 << 20)", "the limit table-mb"),
        ("protocol.Stream(1 << 62)", "the limit table-mb"),
        ("protocol.Stream(0)", "has the size 0"),
        ("protocol.Stream(-8)", "has the size -8"),
        ("*eight[:1], protocol.Result(1, protocol.Json(None)), b'x' * 99", "not one of its frames|a frame of"),
    ],
)
def test_a_table_that_is_not_what_it_says_ends_the_worker(
    shared_sandbox: Sandbox, attack: Any, host: Any, frames: str, why: str
) -> None:
    shared_sandbox.warm(["pyarrow"])  # whose socket, and the lock of whose folder, stay open
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0  # noqa: PTH208
    eight = "eight = [protocol.Stream(8), b'12345678']\n"
    worker = attack(WIRE + eight + f"def m():\n    send({frames})\n    time.sleep(9)\n", table_mb=2)
    with pytest.raises(ProtocolViolation, match=why):
        worker.call("m:m", broker=host)
    worker.stop()
    if sys.platform == "linux":
        assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208


@pytest.mark.parametrize("size", ["-8", "0", "4 << 20", "1 << 62"])
def test_a_table_of_no_possible_size_takes_nobody_the_interrupt_that_came_first(
    attack: Any, host: Any, size: str
) -> None:
    worker = attack(
        WIRE + "def m():\n    try:\n        _wire.ask('storage', 'get')\n    except BaseException:\n"
        f"        send(protocol.Stream({size}))\n        time.sleep(9)\n",
        table_mb=2,
    )

    def press(*_: object) -> object:
        raise KeyboardInterrupt

    host.reply = press
    with pytest.raises(KeyboardInterrupt):
        worker.call("m:m", broker=host)
    assert not worker.alive


SMUGGLE = """
import io
import pyarrow as pa
def smuggle(stream):
    send(protocol.Stream(len(stream)), bytes(stream), protocol.Result(1, protocol.Streamed(0, len(stream))))
def stream_of(table, **options):
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
        return out
"""


@pytest.mark.parametrize(
    ("table", "options", "why"),
    [
        ("pa.table({'a': pa.array([0] * (1 << 21))})", "compression='zstd'", "compressed"),
        ("pa.table({'a': pa.array(['x' * 99] * 99, pa.string_view())})", "", "a type with views"),
        ("pa.table({str(i): pa.array([], pa.int8()) for i in range(999)})", "", "the limit table-mb"),
        ("pa.concat_tables([pa.table({'a': [1]})] * 999)", "", "the limit table-mb"),
    ],
)
def test_a_table_that_costs_the_host_more_than_its_size_ends_the_worker(
    attack: Any, host: Any, table: str, options: str, why: str
) -> None:
    body = f"def m():\n    smuggle(stream_of({table}, {options}).getvalue())\n    time.sleep(9)\n"
    worker = attack(WIRE + SMUGGLE + body, table_mb=2)
    with pytest.raises(ProtocolViolation, match=why):
        worker.call("m:m", broker=host)
    assert not worker.alive


def test_tables_come_back_whole_in_any_number_and_size(attack: Any, host: Any) -> None:
    worker = attack(
        "from automatosx_nb.sdk import tables, _wire\n"
        "def m(n):\n    t = tables.Table.from_columns({'a': list(range(n))})\n"
        "    return _wire.ask('x', 'y', t, 1, t) and t\n"
    )
    host.reply = lambda capability, method, args: args[0].num_rows + args[1] + args[2].num_rows
    for count in (1, 100_000):
        table = worker.call("m:m", [count], broker=host)
        assert isinstance(table, pa.Table)
        assert table["a"].to_pylist() == list(range(count))


# --- the machine ----------------------------------------------------------------------------------------------


@linux
def test_many_files_under_the_file_limit_meet_the_limit_of_all_together(attack: Any, host: Any) -> None:
    worker = attack(
        "import os, time\ndef m():\n    for i in range(99):\n        open(f'f{i}', 'wb').write(os.urandom(1 << 19))\n"
        "    time.sleep(99)\n",
        disk_mb=2, file_mb=1,
    )  # fmt: skip
    assert exceeded(worker, "m:m", host) == "disk_mb"


@linux
def test_a_worker_that_fills_the_disk_between_calls_is_ended_too(attack: Any, host: Any) -> None:
    worker = attack(
        "import os, threading, time\ndef fill():\n    time.sleep(0.05)\n    for i in range(9):\n"
        "        open(f'f{i}', 'wb').write(os.urandom(1 << 20))\n    time.sleep(99)\n"
        "def m():\n    threading.Thread(target=fill, daemon=True).start()\ndef two():\n    return 2\n",
        disk_mb=2, file_mb=1,
    )  # fmt: skip
    worker.call("m:m", broker=host)
    with pytest.raises(LimitExceeded, match="disk_mb"):
        call_for_ever(worker, "m:two", host)


@linux
@pytest.mark.parametrize("kind", ["MAP_PRIVATE", "MAP_SHARED"])
def test_memory_is_counted_by_what_is_touched_however_large_the_address_space(
    attack: Any, host: Any, kind: str
) -> None:
    worker = attack(
        "import mmap, time\ndef reserve():\n    global area\n"
        f"    area = mmap.mmap(-1, 512 << 20, mmap.{kind} | mmap.MAP_ANONYMOUS)\n    return 1\n"
        "def m():\n    for at in range(0, 512 << 20, 4096):\n        area[at] = 1\n    time.sleep(99)\n",
        memory_mb=2048, resident_mb=64,
    )  # fmt: skip
    assert worker.call("m:reserve", broker=host) == 1
    assert exceeded(worker, "m:m", host) == "resident_mb"


@linux
def test_a_flood_of_threads_with_small_stacks_is_stopped(attack: Any, host: Any) -> None:
    worker = attack(
        "import threading, time\ndef m():\n    threading.stack_size(32768)\n    for i in range(300):\n"
        "        threading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n    time.sleep(99)\n",
        threads=64,
    )
    assert exceeded(worker, "m:m", host) == "threads"


LEAVE = """
import ctypes, threading, time
def leave(name):
    libc = ctypes.CDLL(None)
    libc.prctl(15, name, 0, 0, 0)
    threading.Thread(target=time.sleep, args=(99,), daemon=True).start()
    libc.syscall({exit}, 0)
"""
EXIT = 93 if sys.platform == "linux" and os.uname().machine == "aarch64" else 60


@linux
@pytest.mark.parametrize("name", [b"plain", b"\rVmRSS:x", b"\nVmRSS:x", b"\x85VmRSS:1", b"\x0bThreads:"])
def test_a_worker_whose_main_thread_left_is_ended_whatever_it_calls_itself(attack: Any, host: Any, name: bytes) -> None:
    """Linux shows neither the threads nor the memory of a process without its main thread; exit(2) ends only that."""
    neighbour = attack(WIRE)
    worker = attack(LEAVE.format(exit=EXIT) + f"def m():\n    leave({name!r})\n", wall_s=30)
    with pytest.raises(WorkerLost, match="signal SIGKILL"):
        worker.call("m:m", broker=host)
    assert neighbour.call("m:two", broker=host) == 2


def named(name: str) -> list[int]:
    """The processes of that name, by the pids of this namespace."""
    found = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().strip() == name:
                found.append(int(path.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def breeding(name: str, leave: str) -> str:
    """A module with ``m``, which starts sixteen processes and calls all of them ``name``; ``leave``: what half of them
    do first."""
    return (
        f"import ctypes, os, time\ndef m():\n    ctypes.CDLL(None).prctl(15, b'{name}')\n    born = 0\n"
        "    for _ in range(8):\n        reader, writer = os.pipe()\n"
        f"        if os.fork() == 0:\n            {leave}\n            if os.fork() == 0:\n"
        "                os.write(writer, b'x')\n                time.sleep(99)\n"
        "            time.sleep(99)\n        born += len(os.read(reader, 1))\n    return born\n"
    )


@linux
@pytest.mark.parametrize("leave", ["os.setsid()", "pass"], ids=["a session of its own", "its session"])
def test_without_a_filter_the_processes_that_a_worker_started_end_with_it(attack: Any, host: Any, leave: str) -> None:
    """Where seccomp is missing a worker can start processes; killing it kills them, however far they went away."""
    name = f"born{os.getpid()}"
    worker = attack(breeding(name, leave), without=["seccomp"])
    assert worker.call("m:m", broker=host) == 8
    assert len(named(name)) == 17
    worker.stop()
    assert [pid for pid in named(name) if not gone(pid)] == []


@linux
@pytest.mark.parametrize("depth", [0, 1], ids=["the fork server", "its template"])
def test_without_filter_and_namespace_nothing_outlives_a_killed_fork_server(host: Any, depth: int) -> None:
    """What no signal of the kernel's reaches, since a child of a worker can refuse it: whoever adopts it ends it."""
    name = f"left{os.getpid()}"
    program = Program("mallory.attack", "1.0.0", {"m.py": breeding(name, "os.setsid()").encode()}, ())
    with Sandbox(namespaces=False) as sandbox:
        worker = sandbox.start(program, without=["language", "seccomp"])
        assert worker.call("m:m", broker=host) == 8
        server = sandbox._state.server
        assert server is not None
        template = int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text())
        os.kill((server.pid, template)[depth], signal.SIGKILL)
        assert [pid for pid in (server.pid, template, *named(name)) if not gone(pid)] == []
        again = sandbox.start(program, without=["language"])
        assert again.layers["process"] == "active"


def test_folders_nested_by_the_thousand_end_neither_the_fork_server_nor_the_host(attack: Any, host: Any) -> None:
    """Without the walls of Linux, as elsewhere: removing them must not need a frame of the stack for each."""
    worker = attack(
        "import os\ndef m():\n    here = os.open('.', os.O_RDONLY)\n    for i in range(2500):\n"
        "        os.mkdir('a', dir_fd=here)\n        new = os.open('a', os.O_RDONLY, dir_fd=here)\n"
        "        os.close(here)\n        here = new\n    return os.getcwd()\n",
        without=["landlock", "seccomp"],
    )
    other = attack(WIRE)
    folder = Path(worker.call("m:m", broker=host))
    worker.stop()
    assert other.call("m:two", broker=host) == 2
    assert not folder.exists()
    assert list(folder.parent.glob(f"{folder.name}*")) == []


def test_what_a_folder_holds_is_counted_by_its_blocks_and_each_file_for_something(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / str(number)).touch()
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
    (tmp_path / "full").write_bytes(b"x" * (1 << 20))
    assert 11 * 4096 + (1 << 20) <= folders.used_bytes(tmp_path, enough=1 << 40) < 2 << 20
    assert folders.used_bytes(tmp_path / "gone", enough=1) == 0
