"""What a worker can reach of its user, its host, its fork server and its neighbours: as this user, and as nobody."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

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


@pytest.fixture
def nobodys_python() -> Iterator[list[str]]:
    """A command that runs a Python of this version as a user without privileges, with the package at hand."""
    import msgspec
    import RestrictedPython

    import automatosx_nb

    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("it takes root and setpriv to become somebody else")
    # setpriv itself still has root's capabilities when it executes a program; env, which it executes, has none.
    demote = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "env", "-i"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if subprocess.run([*demote, python, "-c", ""], capture_output=True, cwd="/", check=False).returncode == 0:
            break
    else:
        pytest.skip(f"no {version} here that nobody may run")
    folder = Path(tempfile.mkdtemp(prefix="axnb-nobody-"))
    try:
        site = folder / "site-packages"
        for package in (automatosx_nb, msgspec, RestrictedPython):
            source = Path(str(package.__file__)).parent
            shutil.copytree(source, site / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(HOST, folder)
        subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
        yield [*demote, f"PYTHONPATH={site}", f"AXNB_TOKEN={SECRET}", python, str(folder / HOST.name)]
    finally:
        shutil.rmtree(folder)


def test_neither_does_one_of_a_user_without_privileges(nobodys_python: list[str]) -> None:
    ran = subprocess.run(nobodys_python, capture_output=True, text=True, cwd="/", timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    check(json.loads(ran.stdout))


def test_dead_workers_are_waited_for_while_nobody_asks() -> None:
    from automatosx_nb.sandbox.supervisor import Program, Sandbox

    with Sandbox() as sandbox:
        program = Program("mallory.attack", "1.0.0", {"m.py": b""}, ())
        workers = [sandbox.start(program, without=["language"]) for _ in range(3)]
        server = sandbox._state.server
        assert server is not None
        for worker in workers:
            os.kill(worker.pid, 9)
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
        waited = threading.Event()
        dead = {str(worker.pid) for worker in workers}
        for _ in range(200):
            if not dead & set(children.read_text().split()):
                break
            waited.wait(0.05)
        assert not dead & set(children.read_text().split())
