"""What the sandbox costs, each beside a yardstick of the same run: ``python tests/bench/sandbox.py``.

The bounds are those of docs/performance.md; the exit status is 1 where a ratio misses its own. Linux only.
"""

from __future__ import annotations

import json
import mmap
import os
import re
import socket
import statistics
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import TYPE_CHECKING

import confined_child  # type: ignore[import-not-found]  # it lies beside this script
import msgspec

from automatosx_nb.sandbox import launcher
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox

if TYPE_CHECKING:
    import pyarrow as pa

MIB = 1 << 20
PROGRAM = Program(
    "acme.bench",
    "1.0.0",
    {"bench.py": b"def run(x=None):\n    return x\n"},
    ("bench:run",),
)
LIBRARY = b"import pyarrow.compute\ndef run():\n    return pyarrow.compute.sum([1, 2]).as_py()\n"


class Silent:
    """A broker that has nothing to give."""

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        return None

    def output(self, stream: str, text: str) -> None:
        return None


def side_by_side(ours: Callable[[], float], theirs: Callable[[], float], runs: int) -> tuple[float, float]:
    """Medians of two timed actions in ms, run in turns: what else the machine does hits both."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    return 1e3 * statistics.median(pair[0] for pair in pairs), 1e3 * statistics.median(pair[1] for pair in pairs)


def show(what: str, value: str, yardstick: str = "", bound: str = "", *, held: bool = True) -> bool:
    sys.stdout.write(f"{'  ' if held else '! '}{what:<44} {value:>10}   {yardstick:<64} {bound}\n")
    return held


def show_ratio(what: str, pair: tuple[float, float], yardstick: str, bound: float, *, most_ms: float = 1e9) -> bool:
    ratio = pair[0] / pair[1]
    absolute = f" and {most_ms:g} ms" if most_ms < 1e9 else ""
    return show(
        what,
        f"{pair[0]:.3f} ms",
        f"{yardstick}: {pair[1]:.3f} ms, ratio {ratio:.2f}",
        f"at most {bound:.2f}{absolute}",
        held=ratio <= bound and pair[0] <= most_ms,
    )


# --- start ----------------------------------------------------------------------------------------------------


def starting(sandbox: Sandbox) -> bool:
    context = get_context("forkserver")
    context.set_forkserver_preload(["automatosx_nb.sandbox.zygote", "automatosx_nb.sandbox.confine.linux"])
    del sys.modules["__main__"].__file__  # or each of its processes runs this file once more
    readable = [*launcher.readable(), str(Path(sysconfig.get_path("stdlib")))]
    with TemporaryDirectory() as base:
        folder, canary = Path(base) / "worker", Path(base) / "canary"
        folder.mkdir()
        canary.write_text("closed")

        def theirs() -> float:
            here, there = context.Pipe()
            started = perf_counter()
            process = context.Process(target=confined_child.run, args=(there, str(folder), str(canary), readable))
            process.start()
            layers = here.recv_bytes()
            spent = perf_counter() - started
            assert set(layers.split(b",")) == {b"active"}, layers
            here.send_bytes(b"end")
            process.join()
            return spent

        def ours(limits: Limits | None = None) -> float:
            started = perf_counter()
            worker = sandbox.spawn(PROGRAM, limits or Limits())
            spent = perf_counter() - started
            worker.stop()
            return spent

        odd = cycle(Limits(open_files=count) for count in (65, 66))  # no worker waits with the limits asked for

        ours(), theirs()
        yardstick = "forkserver process, same layers"
        forked = side_by_side(lambda: ours(next(odd)), theirs, 60)
        show_ratio("start a worker, all layers, none waiting", forked, yardstick, 1)
        return show_ratio("start a worker, all layers", side_by_side(ours, theirs, 60), yardstick, 1 / 3, most_ms=5)


def bursting(sandbox: Sandbox) -> bool:
    """Starts without a pause: the first takes the worker that waits, each other one that is made meanwhile."""
    for count in (1, 5, 20):
        medians, worst = [], []
        for _ in range(8):
            sleep(0.1)  # one waits again
            spent, workers = [], []
            for _ in range(count):
                started = perf_counter()
                workers.append(sandbox.spawn(PROGRAM, Limits()))
                spent.append(1e3 * (perf_counter() - started))
            for worker in workers:
                worker.stop()
            medians.append(statistics.median(spent))
            worst.append(max(spent))
        show(
            f"each of {count} workers started without a pause",
            f"{statistics.median(medians):.3f} ms",
            f"the worst of them {statistics.median(worst):.3f} ms, of all bursts {max(worst):.3f} ms",
        )
    return True


def loading(sandbox: Sandbox) -> bool:
    def start(modules: tuple[str, ...], source: bytes) -> Callable[[], float]:
        program = Program("acme.bench", "1.0.0", {"bench.py": source}, ("bench:run",), modules)

        def run() -> float:
            started = perf_counter()
            worker = sandbox.start(program)
            spent = perf_counter() - started
            worker.stop()
            return spent

        run()
        return run

    plain, library = side_by_side(start((), b"def run():\n    return 1\n"), start(("pyarrow",), LIBRARY), 30)
    show("start and load a one-line plugin", f"{plain:.3f} ms")
    return show("start and load a plugin of pyarrow", f"{library:.3f} ms")


# --- calls ----------------------------------------------------------------------------------------------------

_ECHO = """
import socket, sys, msgspec
there = socket.socket(fileno=int(sys.argv[1]))
decode, encode = msgspec.msgpack.Decoder().decode, msgspec.msgpack.Encoder().encode
while data := there.recv(65536):
    there.sendall(encode(decode(data)))
"""


def calling(sandbox: Sandbox) -> bool:
    worker, broker = sandbox.start(PROGRAM), Silent()
    here, there = socket.socketpair()
    decode, encode = msgspec.msgpack.Decoder().decode, msgspec.msgpack.Encoder().encode
    question = {"type": "call", "id": 1, "handler": "bench:run", "args": [{"type": "json", "value": 1}]}

    def ours() -> float:
        started = perf_counter()
        worker.call("bench:run", [1], broker=broker)
        return perf_counter() - started

    def theirs() -> float:
        started = perf_counter()
        here.sendall(encode(question))
        decode(here.recv(65536))
        return perf_counter() - started

    with subprocess.Popen([sys.executable, "-c", _ECHO, str(there.fileno())], pass_fds=[there.fileno()]):
        there.close()
        theirs()
        pair = side_by_side(ours, theirs, 3000)
        here.close()
    worker.stop()
    return show_ratio("call a handler and get its answer", pair, "msgspec echo of another process", 3)


# --- tables ---------------------------------------------------------------------------------------------------


def numbers() -> pa.Table:
    import pyarrow as pa

    rows = 100 * MIB // 16
    return pa.table({"number": pa.array(range(rows), pa.int64()), "half": pa.array(range(rows)).cast(pa.float64())})


def texts(line: str) -> pa.Table:
    """``line`` with a number behind it: 24 bytes each, and four of an offset."""
    import pyarrow as pa

    width = 24 - len(line.encode()) + len(line)
    words = pa.array([line + str(number).rjust(width - len(line)) for number in range(4096)])
    return pa.table({"text": words.take(pa.array([row % 4096 for row in range(100 * MIB // 28)], pa.int32()))})


TABLES: dict[str, Callable[[], pa.Table]] = {
    "numbers": numbers,
    "texts": lambda: texts("line"),
    "texts beyond ASCII": lambda: texts("Zeile für"),
}


def through_a_memory_file(table: pa.Table) -> int:
    """Written as an Arrow stream by pyarrow itself, mapped and read back: what crossing costs at least."""
    import pyarrow as pa

    fd = os.memfd_create("bench")
    with os.fdopen(os.dup(fd), "wb", buffering=0) as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    with mmap.mmap(fd, os.fstat(fd).st_size, access=mmap.ACCESS_READ) as mapped:
        back = pa.ipc.open_stream(pa.py_buffer(mapped)).read_all()
        rows = int(back.num_rows)
        del back
    os.close(fd)
    return rows


KEEPING = b"""
kept = []
def rows(table):
    return table.num_rows
def keep(table):
    kept[:] = [table]
def back():
    return kept[0]
"""


def handing_over(sandbox: Sandbox) -> bool:
    """To a worker, and from it: there the table is one that the plugin has, which the host has not."""
    handlers = ("bench:rows", "bench:keep", "bench:back")
    program = Program("acme.bench", "1.0.0", {"bench.py": KEEPING}, handlers, ("pyarrow",))
    worker, held = sandbox.start(program, Limits(memory_mb=2048)), True
    for what, make in TABLES.items():
        table = make()

        def timed(handler: str, *args: object, expected: int = table.num_rows) -> float:
            started = perf_counter()
            result = worker.call(f"bench:{handler}", args, broker=Silent())
            spent = perf_counter() - started
            assert getattr(result, "num_rows", result) == expected
            return spent

        def theirs(table: pa.Table = table) -> float:
            started = perf_counter()
            assert through_a_memory_file(table) == table.num_rows
            return perf_counter() - started

        worker.call("bench:keep", [table], broker=Silent())
        for direction, ours in (("hand over", partial(timed, "rows", table)), ("take back", partial(timed, "back"))):
            ours(), theirs()
            pair = side_by_side(ours, theirs, 15)
            label = f"{direction} {table.nbytes / MIB:.0f} MiB of {what}"
            held &= show_ratio(label, pair, "to a memory file and back", 1.3)
    worker.stop()
    return held


# --- memory ---------------------------------------------------------------------------------------------------


def idling(sandbox: Sandbox) -> bool:
    """Pages that nobody shares, from smaps_rollup of proc(5): a worker is not dumpable, so only root may look."""
    worker = sandbox.start(PROGRAM)
    worker.call("bench:run", [1], broker=Silent())
    try:
        text = Path(f"/proc/{worker.pid}/smaps_rollup").read_text()
    except PermissionError:
        worker.stop()
        return show("private memory of an idle worker", "?", "only root can read it")
    private = sum(int(kb) for kb in re.findall(r"^Private_(?:Clean|Dirty): +(\d+)", text, re.MULTILINE)) / 1024
    worker.stop()
    return show("private memory of an idle worker", f"{private:.2f} MiB", bound="at most 2 MiB", held=private <= 2)


# --- the first call -------------------------------------------------------------------------------------------

_FIRST = """
import json, sys, time
import pyarrow
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
shell.run_line_magic("load_ext", "automatosx_nb")
gaps, end = [], time.perf_counter() + 3
while (now := time.perf_counter()) < end:
    for _ in range(1000):
        pass
    gaps.append(time.perf_counter() - now)
shell.user_ns["t"] = pyarrow.table({"a": [1, 2, 3]})
started = time.perf_counter()
shell.run_line_magic("profile", "t")
print(json.dumps([1e3 * max(gaps), 1e3 * (time.perf_counter() - started)]))
shell.run_line_magic("unload_ext", "automatosx_nb")
"""


def warming(_sandbox: Sandbox) -> bool:
    """A kernel with a plugin of pyarrow: what warming takes of a busy loop, and what it gives to the first call."""
    from automatosx_nb.app import Marketplace

    with TemporaryDirectory() as folder:
        environment = {**os.environ, "AUTOMATOSX_HOME": folder, "IPYTHONDIR": folder, "JUPYTER_CONFIG_DIR": folder}
        os.environ["AUTOMATOSX_HOME"] = folder
        market = Marketplace()
        market.install("automatosx.data-profiler", grant=["modules:pyarrow"])
        market.close()
        results = {}
        for prewarm in (True, False):
            (Path(folder) / "automatosx_config.py").write_text(f"c.SandboxPolicy.prewarm = {prewarm}\n")
            runs = [_first(environment) for _ in range(5)]
            results[prewarm] = tuple(statistics.median(values) for values in zip(*runs, strict=True))
    (gap, first), (calm, cold) = results[True], results[False]
    show("longest pause of a busy loop meanwhile", f"{gap:.1f} ms", f"without warming: {calm:.1f} ms")
    return show("the first call of a plugin of pyarrow", f"{first:.1f} ms", f"without warming: {cold:.1f} ms")


def _first(environment: dict[str, str]) -> tuple[float, ...]:
    done = subprocess.run([sys.executable, "-c", _FIRST], env=environment, capture_output=True, text=True, check=True)
    return tuple(json.loads(done.stdout.splitlines()[-1]))


PARTS = (starting, bursting, loading, calling, handing_over, idling, warming)


def main() -> int:
    """All parts, or those that the command line names."""
    wanted = [part for part in PARTS if part.__name__ in sys.argv[1:]] or PARTS
    with Sandbox() as sandbox:
        held = [part(sandbox) for part in wanted]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
