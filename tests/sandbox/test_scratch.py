"""Folders of a process: nothing of one that lives is removed, and nothing of one that was killed stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from automatosx_nb.sandbox.scratch import PREFIX, Scratch, sweep
from automatosx_nb.sandbox.supervisor import Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks, and no fork server")

MAKES_ONE = """
import os, signal
from automatosx_nb.sandbox.scratch import Scratch
scratch = Scratch()
(scratch.path / "worker-1").mkdir()
(scratch.path / "worker-1" / "file").write_text("left")
{then}
"""
IN_THE_MIDDLE = """
import os, signal, subprocess
from automatosx_nb.sandbox.supervisor import Sandbox
started = subprocess.Popen.__init__
def start(*args, **options):
    started(*args, **options)
    os.kill(os.getpid(), signal.SIGKILL)
subprocess.Popen.__init__ = start
Sandbox().warm(())
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the system's temporary directory is, here and in processes that are started."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def run(source: str) -> int:
    return subprocess.run([sys.executable, "-c", source], check=False).returncode


@pytest.mark.parametrize("then", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)"])
def test_what_a_process_left_is_removed_by_the_next_that_sweeps(temporary: Path, then: str) -> None:
    run(MAKES_ONE.format(then=then))
    assert len(left(temporary)) == 1
    sweep()
    assert left(temporary) == []


def test_a_host_that_is_killed_while_its_fork_server_starts_leaves_nothing_to_the_next_one(temporary: Path) -> None:
    assert run(IN_THE_MIDDLE) == -signal.SIGKILL
    with Sandbox() as sandbox:
        sandbox.warm(())
        server = sandbox._state.server
        assert server is not None
        assert left(temporary) == [Path(server._base).name]
    assert left(temporary) == []


def test_what_a_process_has_stays_as_long_as_it_lives(temporary: Path) -> None:
    with Scratch() as mine:
        child = subprocess.Popen(
            [sys.executable, "-c", MAKES_ONE.format(then="print(scratch.path, flush=True); input()")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        theirs = Path(child.stdout.readline().strip())
        sweep()
        assert (theirs / "worker-1" / "file").read_text() == "left"
        child.communicate("\n")
        sweep()
        assert left(temporary) == [mine.name]
    assert left(temporary) == []


def test_a_forked_copy_keeps_what_it_was_forked_with(temporary: Path) -> None:
    forks = "copy = os.fork()\nif copy:\n    print(copy, flush=True)\n    os._exit(0)\nos.close(1)\nsignal.pause()"
    ran = subprocess.run([sys.executable, "-c", MAKES_ONE.format(then=forks)], stdout=subprocess.PIPE, check=True)
    try:
        sweep()
        assert len(left(temporary)) == 1
    finally:
        os.kill(int(ran.stdout), signal.SIGKILL)


def test_nothing_else_is_swept(temporary: Path) -> None:
    (temporary / "somebodys").mkdir()
    (temporary / f"{PREFIX}file").write_text("no folder")
    (temporary / f"{PREFIX}link").symlink_to(temporary / "somebodys", target_is_directory=True)
    (temporary / "automatosx-of-another-kind").mkdir()
    before = sorted(left(temporary))
    sweep()
    assert sorted(left(temporary)) == before


def test_whoever_makes_one_has_it_however_many_sweep(temporary: Path) -> None:
    """A folder is not locked yet in the moment in which it is made."""
    done = threading.Event()

    def sweeping() -> None:
        while not done.is_set():
            sweep()

    threads = [threading.Thread(target=sweeping) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(200):
            with Scratch() as folder:
                (folder / "file").write_text("mine")
                assert (folder / "file").read_text() == "mine"
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert left(temporary) == []
