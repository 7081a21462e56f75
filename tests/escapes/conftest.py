"""Workers for the attacks: any Python runs in them, since the language layer is off, and every other wall is up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox, Worker

Attack = Callable[..., Worker]


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
