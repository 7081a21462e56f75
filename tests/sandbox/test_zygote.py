"""The fork server: clean, quick to notice its host's end, and replaced when it died."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import automatosx_nb
from automatosx_nb.errors import PluginFailed, RestartRequired, WorkerLost
from automatosx_nb.sandbox import compiled, launcher, protocol
from automatosx_nb.sandbox.codec import Decoder
from automatosx_nb.sandbox.confine import seccomp
from automatosx_nb.sandbox.confine.syscalls import ARCHITECTURES
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox

PACKAGE = Path(automatosx_nb.__file__).parent
TWO = Program("acme.test", "1.0.0", {"m.py": b"def two():\n    return 2\n"}, ("m:two",))

HOST = """
import sys, threading, time
sys.path.insert(0, {parent!r})
from automatosx_nb.sandbox.supervisor import Program, Sandbox
class Broker:
    def ask(self, *question):
        print(worker.pid, sandbox._state.server.pid, flush=True)
    def output(self, *printed): pass
source = b'''
from automatosx_nb.sdk import _wire
import itertools
def spin():
    _wire.ask("log", "ready")
    return sum(itertools.repeat(1))
'''
sandbox = Sandbox()
worker = sandbox.start(Program("acme.test", "1", {{"m.py": source}}, ("m:spin",)), without=["language"])
worker.call("m:spin", broker=Broker())
"""


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def template_of(server: int) -> int:
    """The one child of a fork server, whose children its workers are."""
    (template,) = children(server)
    return template


def until(condition: Callable[[], bool], *, within_s: float = 10) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def test_killing_the_host_leaves_no_process_even_of_a_worker_in_a_c_loop() -> None:
    code = HOST.format(parent=str(PACKAGE.parent))
    host = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert host.stdout is not None
    worker, zygote = map(int, host.stdout.readline().split())
    assert not gone(worker)
    os.kill(host.pid, signal.SIGKILL)
    assert until(lambda: gone(worker) and gone(zygote))
    host.wait()
    host.stdout.close()


def test_killing_the_fork_server_ends_its_workers_and_the_next_start_has_a_new_one(broker: Any) -> None:
    with Sandbox() as sandbox:
        worker = sandbox.start(TWO)
        server = sandbox._state.server
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)
        assert until(lambda: gone(worker.pid))
        with pytest.raises(WorkerLost):
            worker.call("m:two", broker=broker)
        again = sandbox.start(TWO)
        assert again.call("m:two", broker=broker) == 2


@pytest.mark.parametrize(("name", "value"), [("protocol.PROTOCOL", 99), ("__version__", "0.0.1")])
def test_a_package_that_was_updated_meanwhile_asks_for_a_restart(
    name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner: Any = automatosx_nb if name == "__version__" else protocol
    monkeypatch.setattr(owner, name.rpartition(".")[2], value)
    with Sandbox() as sandbox:
        with pytest.raises(RestartRequired, match=r"Restart the kernel"):
            sandbox.start(TWO)
        assert sandbox._state.server is None


def test_a_greeting_of_a_later_version_can_be_read(sandbox: Sandbox) -> None:
    later = {"type": "ready", "pid": 1, "protocol": 7, "version": "3.0.0", "what_comes": ["next"]}
    decoder: Decoder[Any] = Decoder(protocol.FromForkServer, max_bytes=999, max_depth=8)
    payload = msgspec.msgpack.encode(later)
    decoder.feed(len(payload).to_bytes(4, "little") + b"\0" + payload)
    assert decoder.next() == (protocol.Ready(1, 7, "3.0.0"), [])


def test_nothing_that_a_worker_sends_says_whose_it_is_and_its_socket_has_no_name(sandbox: Sandbox) -> None:
    """Who speaks is known by the socket, which came from the fork server and has no way to be reached by others."""
    for frame in get_args(protocol.ToHost):
        assert not {"plugin", "pid", "version"} & {field.name for field in msgspec.structs.fields(frame)}
    worker, other = sandbox.start(TWO), sandbox.start(TWO)
    server = sandbox._state.server
    assert server is not None
    for each in (worker, other):
        sock = each._channel._sock
        assert (sock.getsockname(), sock.getpeername()) == ("", "")
        pid, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        assert (pid, uid) == (server.pid, os.getuid())


# --- libraries loaded ahead -----------------------------------------------------------------------------------

LIBRARIES = "import sys\ndef m():\n    return sorted({name.partition('.')[0] for name in sys.modules})\n"


@pytest.mark.parametrize("modules", [("pyarrow",), ("pandas", "pyarrow")])
def test_a_fork_server_loads_the_granted_libraries_with_one_thread_and_its_workers_are_confined(
    sandbox: Sandbox, broker: Any, modules: tuple[str, ...]
) -> None:
    program = Program("acme.test", "1.0.0", {"m.py": LIBRARIES.encode()}, (), modules)
    worker = sandbox.start(program, without=["language"])
    server = sandbox._state.slots[tuple(sorted(modules))].server
    assert server is not None
    assert [entry.name for entry in Path(f"/proc/{server.pid}/task").iterdir()] == [str(server.pid)]
    loaded: Any = worker.call("m:m", broker=broker)
    assert set(modules) <= set(loaded)
    status = Path(f"/proc/{worker.pid}/status").read_text()
    assert re.search(r"^Seccomp:\t2$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    assert {worker.layers[name] for name in ("process", "rlimits", "landlock", "seccomp")} == {"active"}
    worker.stop()


def test_every_thread_that_a_preloaded_library_starts_is_confined(sandbox: Sandbox, broker: Any) -> None:
    source = (
        "import pandas, pyarrow\ndef m():\n    t = pyarrow.table({'a': list(range(9999)), 'b': list(range(9999))})\n"
    )
    source += "    import os\n    return int(t.to_pandas(use_threads=True)['a'].sum())\n"
    program = Program("acme.test", "1.0.0", {"m.py": source.encode()}, (), ("pandas", "pyarrow"))
    worker = sandbox.start(program, Limits(memory_mb=4096), without=["language"])
    assert worker.call("m:m", broker=broker) == 9999 * 9998 // 2
    statuses = [(entry / "status").read_text() for entry in Path(f"/proc/{worker.pid}/task").iterdir()]
    assert len(statuses) > 1, "arrow made threads"
    assert all("Seccomp:\t2" in status and "NoNewPrivs:\t1" in status for status in statuses)
    worker.stop()


def test_a_worker_without_the_grant_comes_from_a_fork_server_that_has_loaded_nothing(
    sandbox: Sandbox, broker: Any
) -> None:
    sandbox.warm(("pyarrow",))
    worker = sandbox.start(Program("acme.test", "1.0.0", {"m.py": LIBRARIES.encode()}, ()), without=["language"])
    loaded: Any = worker.call("m:m", broker=broker)
    assert not {"pyarrow", "pandas", "numpy"} & set(loaded)


def test_libraries_that_start_threads_are_loaded_in_each_worker_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broker: Any
) -> None:
    site = tmp_path / "site-packages"
    site.mkdir()
    (site / "threaded.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\n"
    )
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr("automatosx_nb.sandbox.supervisor.PRELOADED", ("threaded", "not_installed"))
    with Sandbox() as sandbox:
        for modules in (("threaded",), ("not_installed",)):
            program = Program("acme.test", "1.0.0", TWO.sources, TWO.handlers, modules)
            worker = sandbox.start(program)
            assert worker.call("m:two", broker=broker) == 2
            assert worker.layers["process"] == "active"
            slot = sandbox._state.slots[modules]
            assert (slot.unusable, slot.server) == (True, None)
        assert sandbox._state.server is not None


def test_a_fork_server_with_libraries_that_died_is_started_again(sandbox: Sandbox, broker: Any) -> None:
    program = Program("acme.test", "1.0.0", TWO.sources, TWO.handlers, ("pyarrow",))
    sandbox.start(program).stop()
    slot = sandbox._state.slots["pyarrow",]
    assert slot.server is not None
    first = slot.server.pid
    os.kill(first, signal.SIGKILL)
    assert until(lambda: gone(first))
    worker = sandbox.start(program)
    assert worker.call("m:two", broker=broker) == 2
    assert slot.server.pid != first


def test_a_forked_copy_of_the_host_neither_breaks_nor_ends_the_fork_server(broker: Any) -> None:
    with Sandbox() as sandbox:
        worker = sandbox.start(TWO)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                worker.stop()
                try:
                    worker.call("m:two", broker=broker)
                except WorkerLost:
                    mine = sandbox.start(TWO)
                    status = 0 if mine.call("m:two", broker=broker) == 2 else 2
                    sandbox.close()
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert worker.call("m:two", broker=broker) == 2
        assert sandbox.start(TWO).call("m:two", broker=broker) == 2


def test_a_forked_copy_that_outlives_the_host_does_not_keep_its_workers_alive() -> None:
    fork = "import os\nif os.fork() == 0:\n    import time\n    os.close(1)\n    time.sleep(60)\n    os._exit(0)\n"
    code = HOST.format(parent=str(PACKAGE.parent)).replace("worker.call(", f"exec({fork!r} + 'copy = 1')\nworker.call(")
    host = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    assert host.stdout is not None
    worker, zygote = map(int, host.stdout.readline().split())
    try:
        os.kill(host.pid, signal.SIGKILL)
        assert until(lambda: gone(worker) and gone(zygote))
    finally:
        os.killpg(host.pid, signal.SIGKILL)
        host.wait()
        host.stdout.close()


def test_closing_ends_everything_and_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sandbox = Sandbox()
    keep_code(sandbox)
    workers = [sandbox.start(TWO) for _ in range(3)]
    server = sandbox._state.server
    assert server is not None
    folders = len(list(tmp_path.glob("automatosx-*/worker-*")))
    assert 3 <= folders <= 5, "a worker may be waiting for the next request, and the place of the one after it"
    sandbox.close()
    assert all(gone(pid) for pid in (server.pid, *(worker.pid for worker in workers)))
    assert list(tmp_path.iterdir()) == []
    assert not any(worker.alive for worker in workers)


def test_a_workers_folder_goes_with_it(start: Any, broker: Any) -> None:
    worker = start("import os\ndef m():\n    open('x', 'w').close()\n    return os.getcwd()\n")
    folder = Path(worker.call("m:m", broker=broker))
    assert folder.exists()
    assert folder.stat().st_mode & 0o777 == 0o700
    worker.stop()
    assert not folder.exists()


def keep_code(sandbox: Sandbox) -> None:
    """So that no worker that compiles, and is on its way out, stands beside those that a test counts."""
    key = compiled.key(TWO.plugin, TWO.sources, TWO.modules, Limits().source_kb)
    sandbox._code.put(key, protocol.Compiled("", {}))


def spare_of(sandbox: Sandbox) -> int:
    """The pid of the worker that waits in the fork server for the next request."""
    server = sandbox._state.server
    assert server is not None
    known = {worker.pid for worker in sandbox._state.workers}

    def waiting() -> set[int]:
        return set(children(template_of(server.pid))) - known

    assert until(lambda: len(waiting()) == 1)
    return waiting().pop()


def test_the_next_worker_waits_already_confined_and_is_the_one_that_is_handed_out(broker: Any) -> None:
    with Sandbox() as sandbox:
        keep_code(sandbox)
        first = sandbox.start(TWO)
        spare = spare_of(sandbox)
        assert until(lambda: "Seccomp:\t2" in Path(f"/proc/{spare}/status").read_text())
        second = sandbox.start(TWO)
        assert second.pid == spare
        assert second.call("m:two", broker=broker) == first.call("m:two", broker=broker) == 2
        assert spare_of(sandbox) not in (first.pid, second.pid)


def test_a_worker_that_waits_with_other_limits_is_replaced(broker: Any) -> None:
    with Sandbox() as sandbox:
        keep_code(sandbox)
        sandbox.start(TWO)
        spare = spare_of(sandbox)
        other = sandbox.start(TWO, Limits(open_files=99))
        assert other.pid != spare
        assert until(lambda: gone(spare))
        assert sandbox.start(TWO, Limits(open_files=99)).pid != spare


def test_a_worker_that_died_while_it_waited_is_not_handed_out(broker: Any) -> None:
    with Sandbox() as sandbox:
        keep_code(sandbox)
        sandbox.start(TWO)
        spare = spare_of(sandbox)
        os.kill(spare, signal.SIGKILL)
        assert until(lambda: gone(spare))
        worker = sandbox.start(TWO)
        assert worker.pid != spare
        assert worker.call("m:two", broker=broker) == 2


def test_a_worker_that_is_forgotten_ends(sandbox: Sandbox) -> None:
    worker = sandbox.start(TWO)
    pid = worker.pid
    del worker
    assert until(lambda: gone(pid))


def test_nothing_is_started_before_the_first_use() -> None:
    sandbox = Sandbox()
    assert sandbox._state.server is None
    sandbox.close()


def test_the_fork_server_has_one_thread_a_clean_environment_and_a_session_of_its_own() -> None:
    os.environ["AXNB_SECRET"] = "token"
    try:
        with Sandbox() as sandbox:
            sandbox.layers()
            server = sandbox._state.server
            assert server is not None
            assert len(list(Path(f"/proc/{server.pid}/task").iterdir())) == 1
            assert os.getsid(server.pid) != os.getsid(0)
            if os.geteuid() == 0:
                environment = Path(f"/proc/{server.pid}/environ").read_bytes().split(b"\0")
                assert {entry.partition(b"=")[0].decode() for entry in environment if entry} == set(
                    launcher.ENVIRONMENT
                )
    finally:
        del os.environ["AXNB_SECRET"]


def test_its_descriptors_have_low_numbers_however_many_the_host_has_open() -> None:
    """A worker that inherits one above its limit of open files has more than that limit."""
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(100)]
    try:
        with Sandbox() as sandbox:
            worker = sandbox.start(TWO)
            server = sandbox._state.server
            assert server is not None
            assert max(int(fd.name) for fd in Path(f"/proc/{server.pid}/fd").iterdir()) < 16
            worker.stop()
    finally:
        for fd in opened:
            os.close(fd)


def test_a_worker_has_loaded_nothing_that_it_does_not_need(start: Any, broker: Any) -> None:
    worker = start("import sys\ndef m():\n    return sorted(sys.modules)\n")
    loaded = set(worker.call("m:m", broker=broker))
    ours = {name.split(".")[1] for name in loaded if name.startswith("automatosx_nb.")}
    assert ours <= {"errors", "sdk", "sandbox", "model"}
    assert {name for name in loaded if name.startswith("automatosx_nb.model.")} <= {
        "automatosx_nb.model.escaping",
        "automatosx_nb.model.libraries",
        "automatosx_nb.model.names",
        "automatosx_nb.model.spelling",
    }
    assert not loaded & {"automatosx_nb.sandbox.supervisor", "automatosx_nb.sandbox.launcher", "subprocess", "site"}
    assert "threading" not in loaded  # see preloading.threads
    third_party = {"IPython", "ipykernel", "jupyter_server", "numpy", "pandas", "pyarrow", "sqlalchemy", "tantivy"}
    assert not loaded & (third_party | {"traitlets", "tornado", "requests", "anywidget", "packaging"})


def test_starting_from_many_threads_gives_each_its_worker(sandbox: Sandbox, broker: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(_: int) -> int:
        worker = sandbox.start(TWO, Limits())
        try:
            assert worker.call("m:two", broker=broker) == 2
            return worker.pid
        finally:
            worker.stop()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(one, range(24)))) == 24


def test_the_folder_of_a_project_that_holds_the_package_does_not_come_on_the_path(start: Any, broker: Any) -> None:
    worker = start("import sys\ndef m():\n    return sys.path\n")
    path = worker.call("m:m", broker=broker)
    assert str(PACKAGE.parent) not in path or PACKAGE.parent.name in ("site-packages", "dist-packages")
    assert "" not in path


def test_it_starts_when_the_package_is_installed_in_an_environment_of_its_own(tmp_path: Path) -> None:
    """A fresh environment inside a project's folder, the package copied as an installer would."""
    import msgspec
    import RestrictedPython

    venv.create(tmp_path / ".venv", symlinks=True, with_pip=False)
    (site,) = (tmp_path / ".venv").glob("lib/python*/site-packages")
    for source in (PACKAGE, Path(msgspec.__file__).parent, Path(RestrictedPython.__file__).parent):
        shutil.copytree(source, site / source.name)
    (tmp_path / "notes.txt").write_text("the user's own")
    code = (
        "from automatosx_nb.testing.sandbox import run_in_sandbox as run\n"
        "import automatosx_nb\n"
        "print(automatosx_nb.__file__)\n"
        "print(run('def attack():\\n    return 6 * 7\\n').value)\n"
        f"opened = run('RESULT = open(\"{tmp_path}/notes.txt\").read()', without=['language'])\n"
        "print(opened.error.type_name)\n"
    )
    python = tmp_path / ".venv" / "bin" / "python"
    run = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert run.stderr == ""
    file, value, error = run.stdout.split()
    assert Path(file).is_relative_to(site)
    assert (value, error) == ("42", "PermissionError")


@given(pid=st.integers(1, 1 << 22))
def test_the_filter_that_is_assembled_ahead_is_that_of_the_workers_own_pid(pid: int) -> None:
    for machine, architecture in ARCHITECTURES.items():
        assembled, places = seccomp._assembled(machine)
        raw = bytearray(assembled)
        for place in places:
            struct.pack_into("<I", raw, place, pid)
        assert raw == b"".join(struct.pack("<HBBI", *each) for each in seccomp.program(architecture, pid))


def test_workers_that_live_in_places_made_ahead_write_in_their_own_only_and_hold_one_socket(
    sandbox: Sandbox, broker: Any
) -> None:
    source = b"""
import os
def is_open(fd):
    try:
        return bool(os.fstat(fd))
    except OSError:
        return False
def here():
    return [os.getcwd(), list(filter(is_open, range(64)))]
def put(folder):
    open(folder + '/x', 'w').close()
"""
    program = Program("acme.test", "1.0.0", {"m.py": source}, ())
    wished = (Limits(), Limits(), Limits(open_files=77))  # the first from the fork, one that waited, one on request
    workers = [sandbox.start(program, limits, without=["language"]) for limits in wished]
    places: list[Any] = [worker.call("m:here", broker=broker) for worker in workers]
    assert len({folder for folder, _ in places}) == 3
    assert [fds for _, fds in places] == [[0, 1, 2, 3]] * 3
    for worker, (own, _) in zip(workers, places, strict=True):
        for folder, _ in places:
            if folder == own:
                worker.call("m:put", [folder], broker=broker)
            else:
                with pytest.raises(PluginFailed, match="PermissionError"):
                    worker.call("m:put", [folder], broker=broker)
    for worker in workers:
        worker.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees the pages of a process that is not dumpable")
def test_an_idle_worker_has_less_than_2_mib_of_its_own_also_the_first_of_a_plugin(
    sandbox: Sandbox, broker: Any
) -> None:
    for _ in range(2):
        worker = sandbox.start(TWO)
        assert worker.call("m:two", broker=broker) == 2
        pages = Path(f"/proc/{worker.pid}/smaps_rollup").read_text("utf-8")
        worker.stop()
        assert sum(map(int, re.findall(r"^Private_(?:Clean|Dirty): +(\d+) kB", pages, re.MULTILINE))) <= 2048


def test_workers_of_one_fork_server_draw_different_random_numbers(sandbox: Sandbox, broker: Any) -> None:
    """``random`` is not there before a plugin imports it: what a fork copied of it would draw the same everywhere."""
    source = b"import random\ndef draw():\n    return random.getrandbits(63)\n"
    look = b"import sys\ndef draw():\n    return 'random' in sys.modules\n"
    drawn = []
    for _ in range(3):
        worker = sandbox.start(Program("acme.test", "1.0.0", {"m.py": source}, ("m:draw",)))
        drawn += [worker.call("m:draw", broker=broker) for _ in range(2)]
        worker.stop()
    assert len(set(drawn)) == 6
    worker = sandbox.start(Program("acme.test", "1.0.0", {"m.py": look}, ()), without=["language"])
    assert worker.call("m:draw", broker=broker) is False
    worker.stop()
