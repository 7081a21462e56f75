"""Where attacks.toml plays: everything that there is to reach, and a look from outside at what was reached."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pty
import resource
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SECRET, MEMORY_SECRET = "SECRET-IN-A-FILE", "SECRET-IN-MEMORY"
ENVIRONMENT = Path("/proc/self/environ").read_text("latin-1").partition("\0")[0]
"""What this process was started with: its first variable, as in ``PATH=/usr/bin``."""
SIGNAL = signal.SIGWINCH
_KEY = 0x41584E42 ^ os.getpid()
_NAME = f"axnb-{os.getpid()}"
"""Of what is shared with everybody on this machine: System V objects and keys."""
_NAMESPACES = ("user", "net", "ipc", "mnt", "uts", "cgroup")
_PLAIN = ("/dev/null", "pipe:[", "anon_inode:[eventpoll]", "anon_inode:[eventfd]", str(Path(os.__file__).parent))


class Scene:
    """Made by the host, which is this process, in a folder of its own. ``on`` is what an attack is told of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.signals: list[int] = []
        self._before = signal.signal(SIGNAL, lambda number, _: self.signals.append(number))
        self._make_files()
        self._make_sockets()
        self._terminal, self._slave = pty.openpty()
        os.set_blocking(self._terminal, False)
        self._memory = ctypes.create_string_buffer(MEMORY_SECRET.encode(), 64)
        self._scratch = ctypes.create_string_buffer(b"untouched", 64)
        self._state, self._keys = _state_of_the_host(), _keys()
        self.on: dict[str, Any] = {
            **{name: str(getattr(self, name)) for name in ("canary", "victim", "drop", "program", "unix")},
            "host": os.getpid(),
            "open": self._file.fileno(),
            "address": ctypes.addressof(self._memory),
            "scratch": ctypes.addressof(self._scratch),
            "terminal": os.ttyname(self._slave),
            "port": self.port,
            "abstract": self.abstract,
            "key": _KEY,
            "name": _NAME,
            "nicer": min(os.getpriority(os.PRIO_PROCESS, 0) + 1, 19),
            "core": resource.getrlimit(resource.RLIMIT_CORE)[1],
        }

    def _make_files(self) -> None:
        self.canary, self.victim = self.folder / "canary", self.folder / "victim"
        self.drop, self.ran, self.program = self.folder / "drop", self.folder / "ran", self.folder / "program"
        self.canary.write_text(SECRET)
        self.program.write_text(f"#!/bin/sh\necho ran > {self.ran}\n")
        self.program.chmod(0o755)
        self._file = self.canary.open()
        self._lay_victim()

    def _lay_victim(self) -> None:
        self.victim.unlink(missing_ok=True)
        self.victim.write_text("whole")
        self.victim.chmod(0o600)
        self._victim = _as_it_is(self.victim)

    def _make_sockets(self) -> None:
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        self.abstract, self.unix = f"axnb-scene-{self.port}", self.folder / "socket"
        self._abstract, self._unix = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self._abstract.bind("\0" + self.abstract)
        self._unix.bind(str(self.unix))
        for sock in (self._abstract, self._unix):
            sock.listen()
        for sock in self._sockets():
            sock.setblocking(False)

    def _sockets(self) -> tuple[socket.socket, ...]:
        return self._tcp, self._udp, self._abstract, self._unix

    # --- what was reached -------------------------------------------------------------------------------------

    def reached(self, said: str, worker: int, server: int) -> list[str]:
        """What can be seen of an attack while its worker, with that pid, still lives. Undoes what it can."""
        seen = [*self.traces(said), *self._processes(worker), *_held(worker), *_changed(worker, server)]
        return [*seen, *_template(worker, server)]

    def traces(self, said: str) -> list[str]:
        """What can be seen afterwards, too."""
        secrets = [name for name in (SECRET, ENVIRONMENT, MEMORY_SECRET) if name in said]
        return [*secrets, *self._files(), *self._knocks(), *self._host()]

    def settle(self) -> None:
        """Forget what a worker's end itself set off, as a pipe that closes does."""
        self.signals.clear()

    def _files(self) -> Iterator[str]:
        for path in (self.drop, self.ran):
            if path.exists() or path.is_symlink():
                yield f"made {path.name}"
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        if _as_it_is(self.victim) != self._victim:
            yield "changed a file"
            self.canary.write_text(SECRET)
            self._lay_victim()
        with contextlib.suppress(BlockingIOError):
            yield f"typed {os.read(self._terminal, 99)!r}"

    def _knocks(self) -> Iterator[str]:
        for name, sock in zip(("tcp", "udp", "abstract", "unix"), self._sockets(), strict=True):
            with contextlib.suppress(BlockingIOError):
                sock.recv(9) if name == "udp" else sock.accept()[0].close()
                yield f"knocked at {name}"

    def _processes(self, worker: int) -> Iterator[str]:
        for pid in in_session(worker):
            if pid != worker:
                yield "started a process"
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _host(self) -> Iterator[str]:
        yield from (f"sent signal {number}" for number in self.signals)
        self.signals.clear()
        if self._scratch.value != b"untouched":
            yield "wrote into memory"
            self._scratch.value = b"untouched"
        state = _state_of_the_host()
        yield from (f"changed {name} of the host" for name in state if state[name] != self._state[name])
        _restore(self._state)
        for kind in ("shm", "sem", "msg"):
            if str(_KEY) in Path(f"/proc/sysvipc/{kind}").read_text().split():
                yield f"made System V {kind}"
                _remove_system_v()
        for key in _keys() - self._keys:
            yield "added a key"
            self._keys.add(key)
            ctypes.CDLL(None).syscall(250, 21, key)  # KEYCTL_INVALIDATE: it goes when the kernel gets round to it

    def close(self) -> None:
        signal.signal(SIGNAL, self._before)
        self._file.close()
        for sock in self._sockets():
            sock.close()
        os.close(self._terminal)
        os.close(self._slave)


def in_session(session: int) -> list[int]:
    """The processes of a session that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = path.read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.append(int(path.parent.name))
    return found


def _as_it_is(path: Path) -> object:
    try:
        status = path.lstat()
        attributes = os.listxattr(path)
    except FileNotFoundError:
        return None
    except OSError:
        attributes = []
    return path.read_text(), status.st_mode, status.st_uid, status.st_nlink, status.st_mtime_ns, attributes


# --- the worker -----------------------------------------------------------------------------------------------


def _held(worker: int) -> Iterator[str]:
    """What it has open besides /dev/null, its socket, its own files and libraries, and what the filter allows."""
    sockets = 0
    for path in Path(f"/proc/{worker}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            link = str(path.readlink())
            sockets += link.startswith("socket:")
            if not link.startswith((*_PLAIN, "socket:")) and "/automatosx-" not in link:
                yield f"holds {link}"
    if sockets > 1:
        yield f"holds {sockets} sockets"
    if len(list(Path(f"/proc/{worker}/fd").iterdir())) > 64:
        yield "holds too many descriptors"


def _changed(worker: int, server: int) -> Iterator[str]:
    """What it changed of itself, seen beside its fork server."""
    try:
        own, other = (dict(_facts(pid)) for pid in (worker, server))
    except FileNotFoundError:
        return
    yield from (f"changed its {name}" for name in own if own[name] != other[name])
    status = Path(f"/proc/{worker}/status").read_text()
    sizes = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Vm"))
    if int(sizes["VmSize"].split()[0]) > 2 << 20:
        yield "took memory"
    if int(sizes["VmLck"].split()[0]):
        yield "pinned memory"
    if "[aio]" in Path(f"/proc/{worker}/maps").read_text():
        yield "made an asynchronous context"
    with contextlib.suppress(OSError):
        if Path(f"/proc/{worker}/timers").read_text():
            yield "made a timer"
    if any(f" {worker} " in line for line in Path("/proc/locks").read_text().splitlines()):
        yield "locked a file"
    for path in Path(f"/proc/{worker}/cwd").resolve().glob("*"):
        if path.stat().st_size > 64 << 20:
            yield "made a large file"


def _template(worker: int, server: int) -> Iterator[str]:
    """What it changed of the process that it is a copy of, seen beside the fork server."""
    with contextlib.suppress(FileNotFoundError):
        status = Path(f"/proc/{worker}/status").read_text()
        template = int(next(line for line in status.splitlines() if line.startswith("PPid:")).split()[1])
        limits = resource.prlimit(server, resource.RLIMIT_CORE)
        if resource.prlimit(template, resource.RLIMIT_CORE) != limits:
            yield "changed a limit of its template"
            resource.prlimit(template, resource.RLIMIT_CORE, limits)


def _facts(pid: int) -> Iterator[tuple[str, object]]:
    here = Path(f"/proc/{pid}")
    for name in _NAMESPACES:
        yield f"{name} namespace", (here / "ns" / name).readlink()
    yield "mounts", " axnb " in (here / "mountinfo").read_text()
    yield "personality", (here / "personality").read_text()
    yield "root", (here / "root").readlink()
    yield "policy", os.sched_getscheduler(pid)
    status = (here / "status").read_text()
    yield "user", next(line for line in status.splitlines() if line.startswith("Uid:"))
    yield "limits", next(line for line in (here / "limits").read_text().splitlines() if "realtime priority" in line)


# --- the host -------------------------------------------------------------------------------------------------


def _state_of_the_host() -> dict[str, Any]:
    return {
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "io priority": ctypes.CDLL(None).syscall(252, 1, 0),
        "policy": os.sched_getscheduler(0),
        "affinity": os.sched_getaffinity(0),
        "core limit": resource.getrlimit(resource.RLIMIT_CORE),
        "oom score": Path("/proc/self/oom_score_adj").read_text(),
        "timer slack": Path("/proc/self/timerslack_ns").read_text(),
        "tracer": next(line for line in Path("/proc/self/status").read_text().splitlines() if "TracerPid" in line),
    }


def _restore(state: dict[str, Any]) -> None:
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, state["priority"])
    ctypes.CDLL(None).syscall(251, 1, 0, state["io priority"])
    os.sched_setscheduler(0, state["policy"], os.sched_param(0))
    os.sched_setaffinity(0, state["affinity"])
    resource.setrlimit(resource.RLIMIT_CORE, state["core limit"])
    Path("/proc/self/oom_score_adj").write_text(state["oom score"])
    Path("/proc/self/timerslack_ns").write_text(state["timer slack"])


def _keys() -> set[int]:
    try:
        lines = Path("/proc/keys").read_text().splitlines()
    except OSError:
        return set()
    return {int(line.split()[0], 16) for line in lines if _NAME in line}


def _remove_system_v() -> None:
    libc = ctypes.CDLL(None)
    libc.shmctl(libc.shmget(_KEY, 0, 0), 0, 0)
    libc.semctl(libc.semget(_KEY, 0, 0), 0, 0)
    libc.msgctl(libc.msgget(_KEY, 0), 0, 0)
