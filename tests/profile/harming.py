"""Harm to one system call of a process: strace makes it the last one, or makes it fail."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CALLS = (
    "write", "pwrite64", "writev", "pwritev", "pwritev2", "rename", "renameat", "renameat2", "link", "linkat",
    "symlink", "symlinkat", "truncate", "ftruncate", "fallocate", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat",
    "fsync", "fdatasync", "sync_file_range", "msync", "chmod", "fchmod", "fchmodat", "copy_file_range", "sendfile",
)  # fmt: skip
"""What writes, renames, links, truncates, unlinks or syncs; a name with ``?`` before it may not exist here."""
OPENING = "openat"
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)$", re.MULTILINE)

Point = tuple[str, int]
"""A system call's name, and the how manieth of that name it is, from 1."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """This process, and those that it starts, have their home in ``folder``, and nobody's configuration."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AUTOMATOSX_HOME", str(folder / "home"))
        environment.setenv("JUPYTER_CONFIG_DIR", str(folder / "jupyter-config"))
        environment.setenv("JUPYTER_NO_CONFIG", "1")
        yield


class Forks:
    """The fork server of ``changes.py``."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        root = Path(__file__).parents[2]
        environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.profile.changes", str(folder), str(scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=root,
        )

    def ask(self, *words: object) -> Any:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(words) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())

    def close(self) -> None:
        self._server.communicate()

    def traced(self, change: str, profile: Path, log: Path, *rules: str) -> tuple[int, str]:
        """Exit status (negative: the signal) and last words of a child that makes ``change`` under ``strace -e``."""
        child: int = self.ask("fork", change, str(profile))
        options = [part for rule in rules for part in ("-e", rule)]
        strace = subprocess.Popen(
            ["strace", "-y", "-p", str(child), "-o", str(log), *options], stderr=subprocess.PIPE, text=True
        )
        assert strace.stderr is not None
        attached = strace.stderr.readline()
        assert "attached" in attached, attached
        self.ask("go", child)
        status, text = self.ask("end", child)
        strace.communicate()
        return status, text


def unavailable() -> str | None:
    """Why nothing can be traced here."""
    if shutil.which("strace") is None:
        return "needs strace, on Linux"
    tried = subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True, text=True, check=False)
    return f"strace may not trace here: {tried.stderr.strip()}" if tried.returncode else None


def points_of(forks: Forks, change: str, profile: Path, log: Path, calls: tuple[str, ...]) -> list[Point]:
    """Every call that ``change`` makes where nobody harms it, in its order."""
    status, text = forks.traced(change, profile, log, f"trace={_set(calls)}")
    assert status == 0, text
    seen: Counter[str] = Counter()
    found = []
    for name, _ in _LINE.findall(log.read_text()):
        seen[name] += 1
        found.append((name, seen[name]))
    return found


def _set(calls: tuple[str, ...]) -> str:
    return ",".join(f"?{name}" for name in calls)


def kill(forks: Forks, change: str, profile: Path, log: Path, point: Point) -> tuple[int, str]:
    """End the child as it enters that call."""
    name, number = point
    return forks.traced(change, profile, log, f"trace={name}", f"inject={name}:signal=KILL:when={number}")


def fail(forks: Forks, change: str, profile: Path, log: Path, point: Point, error: str) -> tuple[int, str]:
    """Have that call do nothing and answer ``error``, as in ``ENOSPC``."""
    name, number = point
    return forks.traced(change, profile, log, f"trace={name}", f"inject={name}:error={error}:when={number}")
