"""Workers for the attacks: any Python runs in them, since the language layer is off, and every other wall is up."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox, Worker

Attack = Callable[..., Worker]
HERE = Path(__file__).parent
SECRET = "SECRET-OF-THE-USER"
_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@dataclass
class Host:
    """The host's side of a call: what it was asked and shown, and what it answers."""

    reply: Callable[..., object] = lambda capability, method, args: None
    asked: list[tuple[str, str, Sequence[Any]]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        self.asked.append((capability, method, args))
        return self.reply(capability, method, args)

    def output(self, stream: str, text: str) -> None:
        self.shown.append(text)


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def attack(shared_sandbox: Sandbox) -> Iterator[Attack]:
    """``attack(source, **limits)``: a worker whose module ``m`` is ``source``."""
    workers: list[Worker] = []

    def begin(source: str, *, handlers: Sequence[str] = (), without: Sequence[str] = (), **limits: Any) -> Worker:
        program = Program("mallory.attack", "1.0.0", {"m.py": source.encode()}, tuple(handlers), ("pyarrow",))
        workers.append(shared_sandbox.start(program, Limits(**limits), without=["language", *without]))
        return workers[-1]

    yield begin
    for worker in workers:
        worker.stop()


@functools.cache
def _nobodys_python() -> str | None:
    """A Python of this version that a user without privileges may run.

    setpriv itself still has root's capabilities when it executes a program; env, which it executes, has none.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        command = [*_NOBODY, "--no-new-privs", "env", python, "-c", ""]
        if subprocess.run(command, capture_output=True, cwd="/", check=False).returncode == 0:
            return python
    return None


@pytest.fixture(scope="module")
def package_for_all() -> Iterator[Path]:
    """A folder that everybody may read, with the package, what a worker needs of others', and reach.py."""
    import msgspec
    import RestrictedPython

    import automatosx_nb

    folder = Path(tempfile.mkdtemp(prefix="axnb-nobody-"))
    for package in (automatosx_nb, msgspec, RestrictedPython):
        source = Path(str(package.__file__)).parent
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, folder / "site-packages" / source.name, ignore=ignored)
    shutil.copy(HERE / "reach.py", folder)
    subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def play_as(package_for_all: Path) -> Callable[..., dict[str, Any]]:
    """``play_as("nobody" or "root", kind, …)``: what reach.py finds there; see outer.py for the kinds of places."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        pytest.skip("the outer filter is Linux's on x86-64")
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("it takes root and setpriv to become somebody else")

    def play(user: str, kind: str, *arguments: str, no_new_privs: bool = True) -> dict[str, Any]:
        python, become = sys.executable, []
        if user == "nobody":
            python = _nobodys_python() or pytest.skip("no Python of this version here that nobody may run")
            become = [*_NOBODY, *(["--no-new-privs"] if no_new_privs else [])]
        outer = [sys.executable, str(HERE / "outer.py"), kind]
        given = [f"PYTHONPATH={package_for_all / 'site-packages'}", f"AXNB_TOKEN={SECRET}"]
        command = [*outer, *become, "env", "-i", *given, python, str(package_for_all / "reach.py"), *arguments]
        ran = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr
        return dict(json.loads(ran.stdout))

    return play


@pytest.fixture
def doctor_in(tmp_path: Path) -> Callable[[str], tuple[str, dict[str, Any]]]:
    """What ``jupyter automatosx doctor`` says in a place of that kind (see outer.py): its text, and its data."""
    if sys.platform != "linux" or os.uname().machine != "x86_64" or os.geteuid() != 0:
        pytest.skip("it takes root to put on the outer filter, which is Linux's on x86-64")

    def doctor(kind: str) -> tuple[str, dict[str, Any]]:
        command = [sys.executable, str(HERE / "outer.py"), kind, sys.executable, "-m", "automatosx_nb.cli", "doctor"]
        environment = {**os.environ, "AUTOMATOSX_HOME": str(tmp_path / "home"), "JUPYTER_NO_CONFIG": "1"}
        text, data = (
            subprocess.run([*command, *more], capture_output=True, text=True, check=True, env=environment).stdout
            for more in ([], ["--json"])
        )
        return text, dict(json.loads(data))

    return doctor
