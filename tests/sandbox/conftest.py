"""One sandbox for the session, workers that end with their test, and a check that none is left."""

from __future__ import annotations

import builtins
import contextlib
import time
import types
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.sandbox import classes, guards
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
            state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.005)
    return False


CLOSED_TO_PLUGINS = (eval, exec, open, compile, __import__, globals, locals, vars, input, breakpoint)
LEADING_OUT = str.split(
    "__globals__ __code__ __closure__ __builtins__ __self__ __func__ __wrapped__ __dict__ __class__ __mro__ "
    "__bases__ __base__ __subclasses__ __reduce__ __reduce_ex__ __init__ __module__ __traceback__ "
    "__getattribute__ __loader__ __spec__ __init_subclass__ __get__ __set__ __call__ __origin__ __args__ "
    "__array_interface__ __array_struct__ __arrow_c_stream__ __dlpack__ gi_frame gi_code f_globals f_back "
    "f_locals tb_frame tb_next func_globals "
)


class Walk:
    """Everything that plugin code can come by from an object: public attributes, as it would read them, and items."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self._kept: list[Any] = []

    def from_(self, value: Any, path: str, *, depth: int) -> None:
        if id(value) in self.seen:
            return
        self.seen.add(id(value))
        self._kept.append(value)
        self._check(value, path)
        if depth:
            for name, found in self._below(value):
                self.from_(found, f"{path}{name}", depth=depth - 1)

    def _check(self, value: Any, path: str) -> None:
        inner = types.ModuleType | types.FrameType | types.CodeType | types.TracebackType
        assert not isinstance(value, inner), path
        assert not (isinstance(value, type) and issubclass(value, type)), path
        assert not any(value is closed for closed in CLOSED_TO_PLUGINS), path
        assert not (isinstance(value, dict) and "__builtins__" in value), path
        assert value is not vars(builtins), path
        if isinstance(value, classes.TypeName):
            return
        for name in LEADING_OUT:
            with pytest.raises(AttributeError):
                guards.get_checked(value, name)

    def _below(self, value: Any) -> Iterator[tuple[str, Any]]:
        for name in dir(value):
            if not name.startswith("_") and name not in guards.INTROSPECTION:
                with contextlib.suppress(Exception):
                    yield f".{name}", guards.get_checked(value, name)
        if isinstance(value, dict | types.MappingProxyType):
            for key, item in list(value.items())[:100]:
                yield f"[{key!r:.20}]", item
        elif isinstance(value, list | tuple | set | frozenset):
            for item in list(value)[:100]:
                yield "[…]", item


@pytest.fixture
def walk() -> Walk:
    return Walk()
