"""The host's side of the fork server: it starts it clean, asks it for workers, and notices when it died."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import automatosx_nb
from automatosx_nb.errors import ProtocolViolation, RestartRequired, SandboxUnavailable
from automatosx_nb.sandbox import protocol
from automatosx_nb.sandbox.channel import Channel, ChannelClosed, DeadlineExceeded
from automatosx_nb.sandbox.codec import close_all
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.scratch import Scratch, sweep

Reply = TypeVar("Reply", protocol.Ready, protocol.Reaped, "protocol.Spawned | protocol.NotSpawned")

_START_S = 30.0
_REPLY_S = 10.0
_MAX_BYTES, _MAX_DEPTH = 1 << 16, 8

ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""All that a worker's environment holds. One thread a library, so that an address space limit means something, and none
from importing numpy, pandas or pyarrow, so that a fork server can do that (ADR 8)."""

PRELOADED = ("numpy", "pandas", "pyarrow")
"""Libraries that a fork server may have imported for its workers. polars starts threads when it is imported."""

# Runs in the fork server. The package is loaded from its own folder, whatever way it was installed, and the folder
# that it lies in, which may be somebody's project, does not come on the path.
_BOOT = """\
import importlib.util, json, sys
given = json.loads(sys.argv[1])
sys.path += given["libraries"]
package = given["package"]
spec = importlib.util.spec_from_file_location(
    "automatosx_nb", package + "/__init__.py", submodule_search_locations=[package])
module = sys.modules["automatosx_nb"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from automatosx_nb.sandbox.boot import main
main(given["control"], given["host"], given["base"], given["readable"], preload=given["preload"],
     namespaced=given["namespaces"])
"""


def libraries() -> list[str]:
    """The folders that installed packages are imported from, in the order of ``sys.path``."""
    named = {"site-packages", "dist-packages"}
    return [entry for entry in dict.fromkeys(sys.path) if entry and Path(entry).name in named and Path(entry).is_dir()]


def readable() -> list[str]:
    """What a worker may read: the standard library, installed packages, shared libraries and time zones."""
    prefix = Path(sys.base_prefix)
    own = [
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("platstdlib"),
        *(str(prefix / name) for name in ("lib", "lib64", "share/zoneinfo")),
    ]
    system = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store", "/usr/share/zoneinfo"]
    files = ["/etc/ld.so.cache", "/etc/localtime", "/dev/urandom"]
    return [path for path in dict.fromkeys([*own, *libraries(), *system, *files]) if Path(path).exists()]


@dataclass(frozen=True, slots=True)
class Spawned:
    """A worker that was forked: its pid, the host's end of its socket, and its pidfd where there are pidfds."""

    pid: int
    sock: socket.socket
    pidfd: int | None


class ForkServer:
    """One running fork server. Thread-safe. It ends when it is closed, or when this process ends.

    ``preload``: libraries that it imports, of ``PRELOADED``; only workers that were granted them may come from it.

    :raises SandboxUnavailable: it cannot be started here.
    :raises RestartRequired: the package was changed since this process loaded it.
    """

    def __init__(self, preload: Sequence[str] = (), *, namespaces: bool = True) -> None:
        if sys.platform == "win32":
            raise SandboxUnavailable("Windows has no fork server for workers yet; use WSL 2")
        if not sys.executable:
            raise SandboxUnavailable("this Python does not know its own executable (sys.executable is empty)")
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._scratch = Scratch()
        self._base = str(self._scratch.path)
        self._inside: dict[int, int] = {}
        """The pid of each worker in the fork server's namespace, by the one in ours."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = self._start(theirs, preload, namespaces)
            self._control: Channel[Any] = Channel(
                ours, protocol.FromForkServer, max_bytes=_MAX_BYTES, max_depth=_MAX_DEPTH
            )
            sweep()  # while it starts: what was left by those who were killed
            self.pid = self._await_ready()
        except BaseException:
            ours.close()
            self._scratch.remove()
            raise

    def _start(self, control: socket.socket, preload: Sequence[str], namespaces: bool) -> subprocess.Popen[bytes]:
        given = {
            "control": control.fileno(),
            "host": os.getpid(),
            "base": self._base,
            "package": str(Path(automatosx_nb.__file__).resolve().parent),
            "libraries": libraries(),
            "readable": readable(),
            "preload": list(preload),
            "namespaces": namespaces,
        }
        try:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _BOOT, json.dumps(given)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd=self._base,
                env=ENVIRONMENT,
                pass_fds=[control.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxUnavailable(f"{sys.executable} could not be started ({error})") from error

    def _await_ready(self) -> int:
        try:
            frame, fds = self._control.receive(deadline=time.monotonic() + _START_S)
        except ProtocolViolation as error:
            self._process.kill()
            self._process.communicate()
            raise RestartRequired(automatosx_nb.__version__, "another version") from error
        except (ChannelClosed, DeadlineExceeded, KeyboardInterrupt) as error:
            self._process.kill()
            if isinstance(error, KeyboardInterrupt):
                self._process.communicate()
                raise
            said = self._process.communicate()[1].decode("utf-8", "replace").strip()
            last = said.splitlines()[-1] if said else f"no answer within {_START_S:g} s"
            raise SandboxUnavailable(f"the fork server did not start: {last}") from error
        if self._process.stderr is not None:
            self._process.stderr.close()
        pid = _pid_here(fds[0]) if fds else int(frame.pid)
        close_all(fds)
        if (frame.protocol, frame.version) != (protocol.PROTOCOL, automatosx_nb.__version__):
            self._process.kill()
            self._process.wait()
            raise RestartRequired(automatosx_nb.__version__, str(frame.version))
        return pid

    @property
    def alive(self) -> bool:
        """In namespaces the process that was started only waits for the one that serves, and ends a moment after it."""
        if self._owner != os.getpid() or self._process.poll() is not None:
            return False
        hung_up = select.poll()
        hung_up.register(self._control.fileno(), 0)
        return not hung_up.poll(0)

    def spawn(self, limits: Limits, without: Sequence[str]) -> Spawned:
        """:raises SandboxUnavailable: no process could be forked, or the fork server is gone."""
        frame, fds = self._request(protocol.Spawn(limits, list(without)))
        if isinstance(frame, protocol.Spawned) and fds:
            pidfd = fds[1] if len(fds) > 1 else None
            pid = frame.pid if pidfd is None else _pid_here(pidfd)
            self._inside[pid] = frame.pid
            return Spawned(pid, socket.socket(fileno=fds[0]), pidfd)
        close_all(fds)
        reason = frame.reason if isinstance(frame, protocol.NotSpawned) else "it answered something else"
        raise SandboxUnavailable(f"the fork server could not start a worker: {reason}")

    def kill(self, pid: int) -> None:
        """Kill a worker, where there is no pidfd to do it with. If the fork server is gone, so are its workers."""
        self.signal(pid, signal.SIGKILL)

    def signal(self, pid: int, number: int) -> None:
        with self._lock, contextlib.suppress(ChannelClosed, DeadlineExceeded):
            self._control.send(protocol.Signal(self._inside[pid], number), deadline=time.monotonic() + _REPLY_S)

    def forget(self, pid: int) -> None:
        """Of a worker that nobody will ask about again."""
        self._inside.pop(pid, None)

    def reap(self, pid: int) -> protocol.Reaped | None:
        """How a worker that was killed or ended did end; None if the fork server is gone."""
        try:
            frame, fds = self._request(protocol.Reap(self._inside.pop(pid, pid)))
        except SandboxUnavailable:
            return None
        close_all(fds)
        return frame if isinstance(frame, protocol.Reaped) else None

    def _request(self, frame: protocol.Struct) -> tuple[object, list[int]]:
        with self._lock:
            deadline = time.monotonic() + _REPLY_S
            try:
                self._control.send(frame, deadline=deadline)
                return self._control.receive(deadline=deadline)
            except (ChannelClosed, DeadlineExceeded, ProtocolViolation, ValueError) as error:
                self._process.kill()
                raise SandboxUnavailable("its fork server ended") from error
            except BaseException:
                # An interrupt in the middle: what it would have answered is lost, so it cannot be asked again.
                self._process.kill()
                raise

    def close(self) -> None:
        """End it and its workers, and wait for that. In a forked copy of the host: only let go of the socket."""
        self._control.close()
        if self._owner != os.getpid():
            self._process.returncode = 0
            return
        try:
            self._process.wait(timeout=_REPLY_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._scratch.remove()


def _pid_here(pidfd: int) -> int:
    """The pid, in the namespace of this process, of one that may be in another (proc_pid_fdinfo(5))."""
    with open(f"/proc/self/fdinfo/{pidfd}") as file:  # noqa: PTH123
        return int(next(line for line in file if line.startswith("Pid:")).split()[1])
