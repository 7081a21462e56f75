"""The program that plays the host for ``test_reach.py``, apart from it so that it runs where there is no pytest.

It prints what one worker, without its language layer, reached of its user, its host, its fork server and a neighbour.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

SECRET = "SECRET-OF-THE-USER"
SOURCE = """
import ctypes, os, socket, sys

SECRET = "SECRET-OF-THE-USER"
libc = ctypes.CDLL(None, use_errno=True)

def keep():
    with open("mine", "w") as file:
        file.write(SECRET)
    return os.getcwd()

def read(path):
    with open(path, "rb") as file:
        return file.read(1 << 16)

def write(path):
    with open(path, "ab") as file:
        file.write(b"x")
    return True

def tried(found, name, attempt, *arguments):
    try:
        result = attempt(*arguments)
    except BaseException:
        return
    if result is not False and result != -1:
        found.append(f"{name} {arguments}"[:200])

def attack(host, server, neighbour, folder, canaries, unix, abstract, udp, groups):
    found = []
    for pid in (host, server, neighbour, 1):
        for name in ("environ", "mem", "maps", "cmdline", "status", "stat", "io", "auxv", "syscall", "net/unix"):
            tried(found, "read", read, f"/proc/{pid}/{name}")
        for name in ("fd", "task", "map_files", "cwd", "root"):
            tried(found, "list", os.listdir, f"/proc/{pid}/{name}")
        for name in ("cwd", "exe", "fd/0", "fd/3"):
            tried(found, "follow", read, f"/proc/{pid}/{name}")
        for name in ("oom_score_adj", "mem", "comm", "attr/current", "uid_map"):
            tried(found, "write", write, f"/proc/{pid}/{name}")
        for number in (0, 2, 9, 15, 17):
            tried(found, "signal", os.kill, pid, number)
            tried(found, "group", os.killpg, pid, number)
        tried(found, "ptrace", libc.ptrace, 16, pid, 0, 0)
        tried(found, "pidfd", os.pidfd_open, pid)
        tried(found, "nice", os.setpriority, os.PRIO_PROCESS, pid, 19)
        tried(found, "tgkill", libc.syscall, 234, pid, pid, 15)
    tried(found, "signal all", os.kill, -1, 15)
    for path in canaries:
        tried(found, "read", read, path)
        tried(found, "write", write, path)
        tried(found, "list", os.listdir, os.path.dirname(path))
        tried(found, "beside", write, os.path.dirname(path) + "/dropped")
        tried(found, "cut", os.truncate, path, 0)
        tried(found, "mode", os.chmod, path, 0o777)
        tried(found, "remove", os.remove, path)
        tried(found, "link", os.link, path, "linked")
        tried(found, "symlink", os.symlink, path, "linked")
        tried(found, "move", os.rename, path, "moved")
    tried(found, "neighbour's folder", os.listdir, folder)
    tried(found, "neighbour's file", read, folder + "/mine")
    tried(found, "neighbour's folder, written", write, folder + "/dropped")
    tried(found, "base", os.listdir, os.path.dirname(folder))
    for family, kind, address in (
        (socket.AF_UNIX, socket.SOCK_STREAM, unix), (socket.AF_UNIX, socket.SOCK_STREAM, abstract),
        (socket.AF_UNIX, socket.SOCK_DGRAM, unix), (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", udp)),
        (socket.AF_INET6, socket.SOCK_STREAM, ("::1", udp)), (16, socket.SOCK_RAW, (0, 0)),
        (socket.AF_INET, socket.SOCK_RAW, ("127.0.0.1", 0)), (40, socket.SOCK_STREAM, (2, 1)),
    ):
        tried(found, "socket", socket.socket, family, kind)
        def connect(family, kind, address):
            socket.socket(family, kind, fileno=os.dup(3)).connect(address)
        tried(found, "connect by the wire's socket", connect, family, kind, address)
        def send(family, kind, address):
            socket.socket(family, kind, fileno=os.dup(3)).sendto(b"x", address)
        if family == socket.AF_UNIX:
            tried(found, "send by the wire's socket", send, family, kind, address)
    inherited = [fd for fd in range(4, 64) if libc.fcntl(fd, 1) != -1]
    tried(found, "descriptors", lambda: inherited or False)
    for fd in (0, 1, 2):
        tried(found, "type into the terminal", lambda fd=fd: __import__("fcntl").ioctl(fd, 0x5412, b"x"))
        if os.stat(fd).st_rdev != os.makedev(1, 3):
            found.append(f"descriptor {fd} is not /dev/null")
    tried(found, "environment", lambda: SECRET in repr(os.environ) or False)
    tried(found, "its own file's name", lambda: SECRET in repr(sys.path) + repr(sys.argv) or False)
    for number in (29, 30, 31, 64, 66, 67, 68, 69, 71, 240, 241, 242):  # System V's and POSIX's
        tried(found, f"ipc {number}", libc.syscall, number, 0x5EC, 4096, 0o1777)
    for path in sys.path + ["/dev/shm", "/tmp", "/var/tmp", "/run", "/usr/lib", os.path.dirname(os.__file__)]:
        tried(found, "write", write, path + "/axnb_dropped.py")
    tried(found, "run", os.execv, "/bin/true", ["true"])
    return found
"""


class Broker:
    def ask(self, *_question: object) -> object:
        return None

    def output(self, *_printed: object) -> None:
        """Dropped."""


def play() -> dict[str, Any]:
    """Be the host: set up what there is to reach, and let one worker attack it all."""
    from automatosx_nb.sandbox.supervisor import Program, Sandbox

    here = Path(tempfile.mkdtemp(prefix="axnb-reach-"))
    try:
        canaries = [here / name for name in ("notes.ipynb", ".ssh/id_ed25519", "runtime/jpserver-1.json")]
        for canary in canaries:
            canary.parent.mkdir(exist_ok=True)
            canary.write_text(SECRET)
        with (
            socket.socket(socket.AF_UNIX) as unix,
            socket.socket(socket.AF_UNIX) as abstract,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            Sandbox() as sandbox,
        ):
            unix.bind(str(here / "socket"))
            abstract.bind(f"\0axnb-reach-{os.getpid()}")
            udp.bind(("127.0.0.1", 0))
            for sock in (unix, abstract):
                sock.listen()
            program = Program("mallory.attack", "1.0.0", {"m.py": SOURCE.encode()}, ())
            neighbour = sandbox.start(program, without=["language"])
            folder = neighbour.call("m:keep", broker=Broker())
            worker = sandbox.start(program, without=["language"])
            server = sandbox._state.server
            assert server is not None
            places = [os.getpid(), server.pid, neighbour.pid, folder, [str(canary) for canary in canaries]]
            sockets = [str(here / "socket"), f"\0axnb-reach-{os.getpid()}", udp.getsockname()[1], []]
            found = worker.call("m:attack", [*places, *sockets], broker=Broker())
            left = sorted(str(path.relative_to(here)) for path in here.rglob("*") if not path.is_dir())
            intact = all(canary.read_text() == SECRET for canary in canaries)
            answers = neighbour.call("m:keep", broker=Broker()) == folder
            return {
                "found": found,
                "left": left,
                "intact": intact,
                "answers": answers,
                "open": openable(worker.pid),
                **report(dict(worker.layers) | {"language": "active"}),
            }
    finally:
        shutil.rmtree(here)


def openable(pid: int) -> list[str]:
    """What this process, of the same user, can open of another one."""
    found = []
    for name in ("environ", "mem", "maps"):
        try:
            os.close(os.open(f"/proc/{pid}/{name}", os.O_RDONLY))
            found.append(name)
        except OSError:
            pass
    return found


def report(layers: dict[str, str]) -> dict[str, Any]:
    from automatosx_nb.sandbox.tiers import tier

    return {"layers": layers, "tier": str(tier(layers))}


def look(without: list[str]) -> dict[str, Any]:
    """Only what stands here, and what another process can open of a worker that lacks these layers."""
    from automatosx_nb.sandbox.supervisor import Program, Sandbox

    with Sandbox() as sandbox:
        worker = sandbox.start(Program("acme.looked-at", "1.0.0", {"m.py": b""}, ()), without=without)
        return {"open": openable(worker.pid), **report(dict(worker.layers))}


def required(layers: list[str]) -> dict[str, Any]:
    """What a plugin meets where its user requires these layers."""
    from automatosx_nb.errors import SandboxUnavailable
    from automatosx_nb.sandbox.supervisor import Program, Sandbox

    with Sandbox(required=layers) as sandbox:
        try:
            sandbox.start(Program("acme.required", "1.0.0", {"m.py": b""}, ()))
        except SandboxUnavailable as error:
            return {"refused": str(error)}
        return {"refused": ""}


if __name__ == "__main__":
    mode, *rest = sys.argv[1:] or ["play"]
    print(json.dumps({"look": look, "require": required}[mode](rest) if mode != "play" else play()))
