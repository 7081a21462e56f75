"""What a worker can reach of its user, its host, its fork server and its neighbours: as this user, and as nobody."""

from __future__ import annotations

import os
import runpy
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

PlayAs = Callable[..., dict[str, Any]]
HOST = Path(__file__).parent / "reach.py"
SECRET = "SECRET-OF-THE-USER"


def check(outcome: dict[str, Any]) -> None:
    assert outcome["found"] == []
    assert outcome["left"] == [".ssh/id_ed25519", "notes.ipynb", "runtime/jpserver-1.json", "socket"]
    assert outcome["intact"]
    assert outcome["answers"], "the neighbour goes on"
    assert outcome["layers"]["landlock"] == outcome["layers"]["seccomp"] == "active"


def test_a_worker_reaches_nothing_of_its_user_host_or_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AXNB_TOKEN", SECRET)
    check(runpy.run_path(str(HOST))["play"]())


def test_neither_does_one_of_a_user_without_privileges(play_as: PlayAs) -> None:
    outcome = play_as("nobody", "bare")
    check(outcome)
    assert outcome["open"] == [], "what another process of the same user can open of a worker's"


def test_dead_workers_are_waited_for_while_nobody_asks() -> None:
    from automatosx_nb.sandbox.supervisor import Program, Sandbox

    with Sandbox() as sandbox:
        program = Program("mallory.attack", "1.0.0", {"m.py": b""}, ())
        workers = [sandbox.start(program, without=["language"]) for _ in range(3)]
        server = sandbox._state.server
        assert server is not None
        for worker in workers:
            os.kill(worker.pid, 9)
        template = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().strip()
        children = Path(f"/proc/{template}/task/{template}/children")
        waited = threading.Event()
        dead = {str(worker.pid) for worker in workers}
        for _ in range(200):
            if not dead & set(children.read_text().split()):
                break
            waited.wait(0.05)
        assert not dead & set(children.read_text().split())
