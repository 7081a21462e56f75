"""What the system refuses to a worker whose plugin may run any Python: each layer by itself, and as reported."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import LimitExceeded, PluginFailed
from automatosx_nb.sandbox.confine import ACTIVE, LAYERS, rlimits
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these are Linux's walls")

TRY = """
import os, sys, ctypes
def attempt(code, **names):
    try:
        return ["done", str(eval(code, {"os": os, "sys": sys, "ctypes": ctypes, **names}))[:2000]]
    except BaseException as error:
        return [type(error).__name__, str(error)[:200]]
def syscall(*arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(*map(ctypes.c_long, arguments))
    return [result, ctypes.get_errno()]
"""


@pytest.fixture
def attempt(start: Any, broker: Any) -> Any:
    worker = start(TRY)
    return lambda code, **names: worker.call("m:attempt", [code], names, broker=broker)


def test_descriptors_are_counted_as_the_system_lists_them() -> None:
    from automatosx_nb.sandbox.confine import linux

    before = linux.descriptors()
    assert before == len(list(Path("/proc/self/fd").iterdir())) - 1
    opened = os.open(os.devnull, os.O_RDONLY)
    assert linux.descriptors() == before + 1
    os.close(opened)


# --- in a worker ----------------------------------------------------------------------------------------------


def test_every_layer_is_active_where_the_kernel_has_them(sandbox: Sandbox) -> None:
    layers = sandbox.layers()
    assert set(layers) == {*LAYERS, "language"}
    assert {name: layers[name] for name in ("process", "rlimits", "landlock", "seccomp", "language")} == dict.fromkeys(
        ("process", "rlimits", "landlock", "seccomp", "language"), ACTIVE
    )


@pytest.mark.parametrize("layer", ["process", "rlimits", "landlock", "seccomp", "language"])
def test_a_layer_that_was_left_out_is_reported_as_missing(start: Any, layer: str) -> None:
    assert start("", language=True, without=[layer]).layers[layer] == "left out"


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/etc/hostname", "/proc/self/environ", "/proc/1/environ", "/sys/kernel/notes", __file__]
)
def test_nothing_but_the_interpreters_own_files_can_be_read(attempt: Any, path: str) -> None:
    assert attempt("open(path, 'rb').read()", path=path)[0] == "PermissionError"


def test_home_cwd_and_temporary_folders_of_the_host_are_closed(attempt: Any, tmp_path: Path) -> None:
    for folder in (Path.home(), Path.cwd(), Path("/tmp"), tmp_path, Path("/")):
        assert attempt("os.listdir(path)", path=str(folder))[0] == "PermissionError", folder
        assert attempt("open(path + '/axnb-drop', 'w')", path=str(folder))[0] in ("PermissionError", "OSError")


def test_the_folder_of_this_package_is_closed_unless_it_is_installed(attempt: Any) -> None:
    import automatosx_nb

    package = Path(automatosx_nb.__file__)
    if "site-packages" in package.parts:
        pytest.skip("an installed package lies among the libraries, which are readable")
    assert attempt("open(path).read()", path=str(package))[0] == "PermissionError"


def test_its_own_folder_can_be_written_and_nothing_in_it_can_be_a_link(attempt: Any) -> None:
    assert attempt("open('x', 'w').write('12')") == ["done", "2"]
    assert attempt("open('x').read()") == ["done", "12"]
    assert attempt("os.symlink('/etc/passwd', 'y')")[0] == "PermissionError"
    assert attempt("os.link('x', 'y')")[0] == "PermissionError"
    assert attempt("os.mkfifo('y')")[0] == "PermissionError"


@pytest.mark.parametrize("left_out", ["seccomp", "landlock"])
@pytest.mark.parametrize("code", ["os.remove('x')", "os.rename('x', 'y')", "os.mkdir('z')"])
def test_what_is_in_its_folder_stays_in_sight_by_either_wall(start: Any, broker: Any, code: str, left_out: str) -> None:
    """A file that was deleted while it is open would take room that nobody can count."""
    worker = start(TRY, without=[left_out])
    assert worker.call("m:attempt", ["open('x', 'w').write('1')"], broker=broker) == ["done", "1"]
    assert worker.call("m:attempt", [code], broker=broker)[0] == "PermissionError"


@pytest.mark.parametrize("code", ["os.open('.', os.O_TMPFILE | os.O_RDWR)", "os.memfd_create('x')"])
def test_no_file_is_without_a_name(attempt: Any, code: str) -> None:
    assert attempt(code)[0] == "PermissionError"


def test_no_descriptor_can_be_given_away(attempt: Any) -> None:
    assert attempt("__import__('socket').socket(fileno=3).sendmsg([b'x'])")[0] == "PermissionError"


@pytest.mark.parametrize(
    "code",
    [
        "__import__('socket').socket()",
        "__import__('socket').socket(1)",
        "__import__('socket').socketpair()",
        "os.fork()",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 0)",
        "os.kill(-1, 0)",
        "os.pidfd_open(os.getppid())",
        "os.chmod(sys.executable, 0o777)",
        "os.truncate(sys.executable, 0)",
        "os.open(os.__file__, os.O_RDONLY | os.O_TRUNC)",
        "os.utime('/tmp')",
        "os.chdir('/')",
        "os.setsid()",
        "os.nice(5)",
        "os.sched_setaffinity(0, {0})",
        "__import__('fcntl').fcntl(3, 8, os.getppid())",
        "__import__('resource').prlimit(os.getppid(), 7)",
    ],
)
def test_the_system_refuses(attempt: Any, code: str) -> None:
    assert attempt(code)[0] == "PermissionError"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ptrace", 101), ("mount", 165), ("bpf", 321), ("perf_event_open", 298), ("userfaultfd", 323), ("keyctl", 250),
        ("io_uring_setup", 425), ("process_vm_readv", 310), ("unshare", 272), ("setns", 308), ("add_key", 248),
        ("kexec_load", 246), ("init_module", 175), ("pidfd_getfd", 438), ("execveat", 322), ("vfork", 58),
    ],
)  # fmt: skip
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86-64")
def test_the_kernels_wide_doors_are_shut(start: Any, broker: Any, name: str, number: int) -> None:
    assert start(TRY).call("m:syscall", [number, 0, 0, 0, 0, 0], broker=broker) == [-1, 1], name


def test_the_process_cannot_be_made_dumpable_or_outlive_its_parent(attempt: Any) -> None:
    libc = "ctypes.CDLL(None).prctl"
    assert attempt(f"{libc}(4, 1, 0, 0, 0)") == ["done", "-1"]
    assert attempt(f"{libc}(1, 0, 0, 0, 0)") == ["done", "-1"]
    assert attempt(f"{libc}(3, 0, 0, 0, 0)") == ["done", "0"]


def test_the_environment_is_the_listed_one(attempt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from automatosx_nb.sandbox.launcher import ENVIRONMENT

    assert attempt(f"dict(os.environ) == {ENVIRONMENT!r}") == ["done", "True"]


def test_only_the_socket_is_open(attempt: Any) -> None:
    open_ones = "[fd for fd in range(64) if not ctypes.CDLL(None).fcntl(fd, 1) == -1]"
    assert attempt(open_ones) == ["done", "[0, 1, 2, 3]"]


def test_status_as_the_kernel_tells_it(start: Any) -> None:
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{start('').pid}/status").read_text().splitlines() if ":\t" in line
    )
    assert (status["Seccomp"], status["NoNewPrivs"], status["CapEff"], status["CapPrm"]) == (
        "2",
        "1",
        "0" * 16,
        "0" * 16,
    )


def test_every_thread_of_granted_libraries_is_confined(start: Any, broker: Any) -> None:
    worker = start(
        "def m():\n    import numpy, pandas, pyarrow, pyarrow.compute as pc, threading, time\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "    total = pandas.DataFrame({'a': [1, 2]})['a'].sum() + pc.sum(pyarrow.array([1, 2])).as_py()\n"
        "    return float(numpy.ones((99, 99)).dot(numpy.ones((99, 99)))[0, 0] + total)\n",
        modules=["pyarrow"],
    )
    assert worker.call("m:m", broker=broker) == 105.0
    threads = list(Path(f"/proc/{worker.pid}/task").iterdir())
    assert len(threads) >= 2
    for thread in threads:
        text = (thread / "status").read_text()
        assert "Seccomp:\t2" in text
        assert "NoNewPrivs:\t1" in text


CONFINE_WITH = """
import json, os, threading, time
from automatosx_nb.sandbox.confine import Confinement, confine
from automatosx_nb.sandbox.limits import Limits
os.setsid()
null = os.open(os.devnull, os.O_RDWR)
out = os.dup(1)
for fd in (0, 1, 2, 3):
    os.dup2(null, fd)
os.dup2(out, 3)
os.closerange(4, 64)
{prepare}
layers = confine(Confinement(Limits(memory_mb=4096), [], "canary"), ".")
os.write(3, json.dumps(layers).encode())
os._exit(0)
"""


@pytest.mark.parametrize(
    ("prepare", "states"),
    [
        ("", {"process": ACTIVE, "landlock": ACTIVE, "seccomp": ACTIVE}),
        ("os.dup(0), os.dup(0)", {"process": "2 descriptors are inherited", "landlock": ACTIVE, "seccomp": ACTIVE}),
        (
            "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
            {
                "process": "its proof failed: 2 threads run already",
                "landlock": "2 threads run already, and it reaches one of them",
                "seccomp": ACTIVE,
            },
        ),
    ],
    ids=["clean", "with descriptors", "with a thread"],
)
def test_what_a_process_brings_along_is_noticed(prepare: str, states: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("closed")
    (tmp_path / "folder").mkdir()
    program = CONFINE_WITH.format(prepare=prepare).replace('"canary"', f'"{tmp_path}/canary"')
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=tmp_path / "folder", stdout=subprocess.PIPE, check=True, timeout=60)
    layers = json.loads(ran.stdout)
    assert {name: layers[name] for name in states} == states


def test_a_flood_of_descriptors_and_of_disk_meets_its_limit(start: Any, broker: Any) -> None:
    limits = Limits(open_files=20, file_mb=1, table_mb=1)
    fill = "[open('x', 'ab').write(b'x' * 600000) for _ in range(9)]"
    written = start(TRY, limits=limits).call("m:attempt", [fill], broker=broker)
    assert written == ["OSError", "[Errno 27] File too large"]
    opened = start(TRY, limits=limits).call("m:attempt", ["[os.dup(0) for _ in range(99)]"], broker=broker)
    assert opened == ["OSError", "[Errno 24] Too many open files"]


def test_a_flood_of_threads_meets_the_memory_limit(start: Any, broker: Any) -> None:
    worker = start(
        "import threading, time\ndef m():\n    for i in range(2000):\n"
        "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n",
        limits=Limits(memory_mb=256),
    )
    with pytest.raises((PluginFailed, LimitExceeded)):
        worker.call("m:m", broker=broker)


def test_limits_never_rise_above_what_the_process_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    table = rlimits.wanted(Limits(memory_mb=10, cpu_s=7, open_files=9))
    assert table[resource.RLIMIT_AS] == (10 << 20, 10 << 20)
    assert table[resource.RLIMIT_CPU] == (7, 8)
    assert table[resource.RLIMIT_NOFILE] == (9, 9)
    assert table[resource.RLIMIT_CORE] == (0, 0)
