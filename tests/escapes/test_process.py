"""The escape corpus against the system's walls alone: the language layer is off, so any Python runs in the worker.

An attack has reached its goal if that can be seen from outside: the canary's text or the host's environment came
back, a file appeared, somebody knocked at a port, a program ran, a signal arrived. ``ORACLES`` are for what cannot be
seen from outside: a system call that succeeded. This file is also the program of the positive control.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).parents[1] / "data" / "escapes" / "escapes.jsonl"
OBSERVABLE = {
    "read_canary", "read_environ", "read_parent_environ", "read_parent_memory", "write_drop", "connect_port",
    "spawn_process", "signal_parent", "ptrace_parent", "survive_kill", "host_deserialise", "kill_host_loop",
}  # fmt: skip
IN_PLAIN_PYTHON = ("read_canary", "read_environ", "write_drop", "connect_port", "spawn_process")
ORACLES = {
    "UDP-SENT", "ABSTRACT-REACHABLE", "NETLINK", "RAW", "LISTENING", "SIGNALLED", "MOUNT", "KERNEL-SURFACE", "X32",
}  # fmt: skip
SECRET, ENVIRONMENT_SECRET = "CANARY-SECRET", "ENVIRONMENT-SECRET"

PROLOGUE = """
class api:
    @staticmethod
    def call(name, **given):
        from automatosx_nb.sdk import _wire
        capability, _, method = name.partition(".")
        return _wire.ask(capability, method, *given.values())
    @staticmethod
    def log(text):
        return api.call("log.info", text=text)
"""
EPILOGUE = """
def axnb_outcome():
    value = attack() if "attack" in globals() else globals().get("RESULT")
    return [str(value[0]) if isinstance(value, tuple) and value else "", repr(value)[:500_000]]
"""


def snippets() -> list[dict[str, Any]]:
    rows = map(json.loads, CORPUS.read_text("utf-8").splitlines())
    return [row for row in rows if row["goal"] in OBSERVABLE and not row.get("dos") and not row.get("rp_only")]


@dataclass
class Stage:
    """Where an attack plays: a canary to be read, a path to be written, ports to be knocked at, a program to be run."""

    folder: Path
    tcp: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    signals: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind("\0axnb-abstract" + str(self.port))
        self.abstract.listen()
        for sock in (self.tcp, self.udp, self.abstract):
            sock.setblocking(False)
        self.canary = self.folder / "canary"
        self.canary.write_text(SECRET)
        self.program = self.folder / "program"
        self.ran = self.folder / "ran"
        self.program.write_text(f"#!/bin/sh\necho ran > {self.ran}\n")
        self.program.chmod(0o755)
        self.drop = self.folder / "drop"

    def source(self, row: dict[str, Any]) -> str:
        code = str(row["code"]).replace("$AXNB_CANARY", str(self.canary)).replace("$AXNB_DROP", str(self.drop))
        code = code.replace("$AXNB_PORT", str(self.port)).replace("/bin/true", str(self.program))
        return PROLOGUE + code.replace("axnb-abstract", f"axnb-abstract{self.port}") + EPILOGUE

    def reached(self, said: str) -> list[str]:
        """What can be seen of the attacks since the last look."""
        found = [name for name in (SECRET, ENVIRONMENT_SECRET) if name in said]
        for path in (self.ran, *self.folder.glob("drop*")):
            if path.exists() or path.is_symlink():
                found.append(path.name)
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        for name, sock in (("tcp", self.tcp), ("udp", self.udp), ("abstract", self.abstract)):
            try:
                sock.recv(9) if name == "udp" else sock.accept()[0].close()
                found.append(name)
            except BlockingIOError:
                pass
        found += [f"signal {number}" for number in self.signals]
        self.signals.clear()
        return found

    def close(self) -> None:
        for sock in (self.tcp, self.udp, self.abstract):
            sock.close()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    monkeypatch.setenv("AXNB_TEST_SECRET", ENVIRONMENT_SECRET)
    previous = signal.signal(signal.SIGWINCH, lambda number, _: stage.signals.append(number))
    yield stage
    signal.signal(signal.SIGWINCH, previous)
    stage.close()


def in_session(session: int) -> list[int]:
    """The processes of a session that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text("utf-8", "replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(path.parent.name))
    return found


def attacked(row: dict[str, Any], stage: Stage, *without: str) -> list[str]:
    """What one attack reached from a worker without its language layer, nor these."""
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.testing import run_in_sandbox

    outcome = run_in_sandbox(
        stage.source(row),
        entry="axnb_outcome",
        modules=["pyarrow"],
        limits=Limits(wall_s=5, memory_mb=2048),
        without=["language", *without],
    )
    first, shown = outcome.value if isinstance(outcome.value, list) else ("", "")
    found = stage.reached(f"{shown}\n{outcome.output}\n{outcome.error}")
    claims_a_bare_fork = first == "SPAWNED" and "/bin/true" not in row["code"]
    if first in ORACLES or claims_a_bare_fork:
        found.append(first)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_no_attack_of_the_corpus_reaches_an_observable_goal_without_the_language_layer(stage: Stage) -> None:
    rows = snippets()
    assert len(rows) > 80
    reached = {row["id"]: found for row in rows if (found := attacked(row, stage))}
    assert reached == {}


ABLATION = {
    "landlock": {"builtins_access-03": SECRET, "os_layer-05": SECRET, "numpy-09": "drop", "pandas-35": "drop",
                 "stdlib_gadget-43": "drop", "module_reexport-15": SECRET},
    "seccomp": {"os_layer-25": "ABSTRACT-REACHABLE", "os_layer-27": "NETLINK", "os_layer-37": "SPAWNED",
                "os_layer-43": "KERNEL-SURFACE"},
}  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
@pytest.mark.parametrize("layer", ABLATION)
def test_taking_away_one_layer_lets_named_attacks_of_the_corpus_through(layer: str, stage: Stage) -> None:
    """So the test above is red without it. What each layer stops by itself is in test_attacks.py."""
    rows = {row["id"]: row for row in snippets()}
    reached = {name: attacked(rows[name], stage, layer) for name in ABLATION[layer]}
    assert reached == {name: [goal] for name, goal in ABLATION[layer].items()}


@pytest.mark.skipif(sys.platform != "linux", reason="sessions are read from /proc")
def test_what_an_attack_left_running_ends_with_its_worker() -> None:
    from automatosx_nb.sandbox.supervisor import Program, Sandbox

    source = b"import os, threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
    with Sandbox() as sandbox:
        worker = sandbox.start(Program("acme.test", "1", {"m.py": source}, ()), without=["language"])
        assert in_session(worker.pid) == [worker.pid]
        worker.stop()
        assert in_session(worker.pid) == []


def test_the_same_attacks_reach_their_goals_in_plain_python(stage: Stage) -> None:
    """The positive control: if this fails, the test above shows nothing."""
    rows = [row for row in snippets() if row["goal"] in IN_PLAIN_PYTHON and row["live_in_plain_python"]]
    rows = [row for row in rows if "api." not in row["code"] and row.get("oracle") is None]
    reached = 0
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as plain:
        assert plain.stdin is not None
        assert plain.stdout is not None
        for row in rows:
            print(json.dumps(stage.source(row)), file=plain.stdin, flush=True)
            reached += bool(stage.reached(json.loads(plain.stdout.readline())))
    assert reached >= 0.8 * len(rows) >= 40


def run_each_in_a_fork() -> None:
    """The control's program: a line is a source as JSON, and its answer what the source came to, as JSON."""
    import pandas  # noqa: F401 - once, instead of once a snippet

    for line in sys.stdin:
        text = ""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            signal.alarm(5)
            said = ""
            try:
                names: dict[str, Any] = {"__name__": "subject"}
                exec(compile(json.loads(line), "subject", "exec"), names)
                said = str(names["axnb_outcome"]())
            except BaseException as error:
                said = str(error)
            finally:
                os.write(writer, json.dumps(said[:10_000]).encode())
                os._exit(0)
        os.waitpid(pid, 0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.close(writer)
        os.set_blocking(reader, False)
        with contextlib.suppress(BlockingIOError):
            text = os.read(reader, 1 << 16).decode()
        os.close(reader)
        print(text or '""', flush=True)


if __name__ == "__main__":
    run_each_in_a_fork()
