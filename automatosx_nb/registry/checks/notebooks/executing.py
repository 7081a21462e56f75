"""The confined process that executes a plugin's documentation; what it starts is confined with it.

First it leaves the network and the other processes behind (namespaces), and every privilege that it has inside of
these; then all files but the interpreter's and its own folder (Landlock), then the sockets that lie among the files,
which neither of these sees, and the way to further namespaces (seccomp). Only then does it install the plugin, with all
that it asks for, and hand the notebooks to nbval.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _UP = 0x8913, 0x8914, 1
_PR_SET_NO_NEW_PRIVS = 38
_FILE_MB, _OPEN_FILES, _DATA_MB = 256, 1024, 4096
_TAIL = 4000
_CELL = "Cell "


def main(folder: str) -> None:
    task = json.loads(sys.stdin.buffer.read())
    result = Path(task["result"])
    refused = confine(task["readable"], folder)
    said = {"refused": refused} if refused else _said(task)
    result.write_text(json.dumps(said), "utf-8")


def confine(readable: list[str], folder: str) -> str:
    """Why this process cannot be confined; empty: it is."""
    from automatosx_nb.sandbox.confine import ACTIVE, landlock, linux, namespaces, probe, seccomp
    from automatosx_nb.sandbox.confine.libc import call

    states = namespaces.enter()
    for state in states.values():
        if state != ACTIVE:
            return state
    _bring_up_loopback()
    _limit()
    call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    try:
        linux.drop_all_capabilities()
    except OSError as error:
        return f"capabilities cannot be dropped ({error.strerror})"
    state = landlock.fence(readable, folder)
    if state == ACTIVE:
        state = seccomp.fence()
    if state == ACTIVE:
        state = probe.unix()
    return "" if state == ACTIVE else state


def _bring_up_loopback() -> None:
    """A kernel and its client speak over it (netdevice(7)); in a network namespace of one's own it leads nowhere."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = struct.pack("16sH22x", b"lo", 0)
        flags = struct.unpack("16sH22x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, name))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | _UP))


def _limit() -> None:
    limits = {
        resource.RLIMIT_FSIZE: _FILE_MB << 20,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_DATA: _DATA_MB << 20,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _said(task: dict[str, Any]) -> dict[str, Any]:
    grants = [word for permission in task["grants"] for word in ("--grant", permission)]
    published = [["publish", artifact] for artifact in task["artifacts"]]
    for words in (*published, ["install", task["plugin"], *grants]):
        command = [sys.executable, "-m", "automatosx_nb.cli", *words]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        if done.returncode:
            return {"failed": done.stderr[-_TAIL:] or f"'{words[0]}' ended with {done.returncode}"}
    return _run_notebooks(task)


class _Cells:
    """What pytest reports of nbval's cells."""

    def __init__(self) -> None:
        self.cells = 0
        self.failures: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call":
            self.cells += 1
        if report.failed:
            notebook, _, name = report.nodeid.partition("::")
            number = name.rpartition(_CELL)[2]
            self._add(notebook, int(number) if number.isdigit() else -1, report.longreprtext)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._add(report.nodeid.partition("::")[0], -1, report.longreprtext)

    def _add(self, notebook: str, cell: int, text: str) -> None:
        if len(self.failures) < 50:
            self.failures.append({"notebook": notebook, "cell": cell, "text": text[-_TAIL:]})


def _run_notebooks(task: dict[str, Any]) -> dict[str, Any]:
    import pytest

    os.chdir(task["source"])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # but for the one that is named
    cells = _Cells()
    options = ["--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={max(1, round(task['cell_s']))}"]
    options += [
        "-p",
        "nbval.plugin",
        "-p",
        "no:cacheprovider",
        f"--rootdir={task['source']}",
        f"--confcutdir={task['source']}",
        "-c",
        os.devnull,
    ]
    code = pytest.main([*options, *task["notebooks"]], plugins=[cells])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not cells.failures:
        return {"failed": f"nbval ended with {code!r}"}
    return {"cells": cells.cells, "failures": cells.failures}


if __name__ == "__main__":
    main(sys.argv[1])
