"""One sandbox for the session, workers that end with their test, and a check that none is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox, Worker

Start = Callable[..., Worker]


@dataclass
class RecordingBroker:
    """Answers every question with ``reply(capability, method, args)`` and keeps what was printed."""

    reply: Callable[..., object] = lambda capability, method, args: None
    printed: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, list[Any]]] = field(default_factory=list)

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        self.asked.append((capability, method, list(args)))
        return self.reply(capability, method, args)

    def output(self, stream: str, text: str) -> None:
        self.printed.append(text)


@pytest.fixture
def broker() -> RecordingBroker:
    return RecordingBroker()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox
        server = sandbox._state.server
    assert server is None or gone(server.pid), "the fork server is left"


@pytest.fixture
def start(sandbox: Sandbox) -> Iterator[Start]:
    """``start(source, limits=…, modules=…, language=False)``: a worker of plain Python, every other wall up."""
    workers: list[Worker] = []

    def begin(
        source: str,
        *,
        limits: Limits | None = None,
        modules: Sequence[str] = (),
        handlers: Sequence[str] = (),
        language: bool = False,
        without: Collection[str] = (),
    ) -> Worker:
        program = Program("acme.test", "1.0.0", {"m.py": source.encode()}, tuple(handlers), tuple(modules))
        left_out = {*without} if language else {"language", *without}
        worker = sandbox.start(program, limits, without=left_out)
        workers.append(worker)
        return worker

    yield begin
    for worker in workers:
        worker.stop()
    for worker in workers:
        assert gone(worker.pid), "a worker is left"


def gone(pid: int, *, within_s: float = 10) -> bool:
    """Whether a process ends (or is a zombie) before the deadline."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.005)
    return False
