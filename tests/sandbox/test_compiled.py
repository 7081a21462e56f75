"""Compiled plugins: kept by the host, taken by the next worker of the same program, and by no other one."""

from __future__ import annotations

import marshal
import os
import select
from collections.abc import Iterator
from typing import Any

import pytest

from automatosx_nb.errors import PluginRefused, ProtocolViolation, WorkerLost
from automatosx_nb.sandbox import compiled, policy, protocol
from automatosx_nb.sandbox.compiled import CompiledPlugins
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.modules import PluginModules
from automatosx_nb.sandbox.running import Worker
from automatosx_nb.sandbox.supervisor import Program, Sandbox

ONE = b"def run(): return 1\n"
TWO = b"def run(): return 2\n"


class Host:
    def ask(self, capability: str, method: str, args: Any) -> object:
        return None

    def output(self, stream: str, text: str) -> None:
        return None


def code_of(source: bytes) -> bytes:
    return marshal.dumps(policy.compile_module(source, "m.py", filename="m", importable=lambda *_: None))


def key_of(program: Program) -> str:
    return compiled.key(program.plugin, program.sources, program.modules, Limits().source_kb)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def run(sandbox: Sandbox, program: Program) -> object:
    worker = sandbox.start(program)
    try:
        return worker.call("m:run", broker=Host())
    finally:
        worker.stop()


PROGRAM = Program("acme.one", "1.0.0", {"m.py": ONE}, ("m:run",))


def test_a_workers_code_is_kept_and_is_that_of_its_sources(sandbox: Sandbox) -> None:
    assert run(sandbox, PROGRAM) == 1
    kept = sandbox._code.get(key_of(PROGRAM))
    assert kept is not None
    assert kept.policy == policy.FINGERPRINT
    assert set(kept.modules) == {"m"}
    assert run(sandbox, PROGRAM) == 1


def test_the_next_worker_takes_what_was_kept(sandbox: Sandbox) -> None:
    sandbox._code.put(key_of(PROGRAM), protocol.Compiled(policy.FINGERPRINT, {"m": code_of(TWO)}))
    assert run(sandbox, PROGRAM) == 2


def test_code_of_another_policy_is_not_taken(sandbox: Sandbox) -> None:
    sandbox._code.put(key_of(PROGRAM), protocol.Compiled("another", {"m": code_of(TWO)}))
    assert run(sandbox, PROGRAM) == 1


@pytest.mark.parametrize(
    "other",
    [
        Program("acme.two", "1.0.0", {"m.py": ONE}, ("m:run",)),
        Program("acme.one", "1.0.0", {"m.py": ONE, "n.py": b""}, ("m:run",)),
        Program("acme.one", "1.0.0", {"m.py": ONE + b"\n"}, ("m:run",)),
        Program("acme.one", "1.0.0", {"m.py": ONE}, ("m:run",), ("pyarrow",)),
    ],
    ids=["another plugin", "another file", "another source", "another grant"],
)
def test_another_program_has_another_key(other: Program) -> None:
    assert key_of(other) != key_of(PROGRAM)


def test_names_and_sources_cannot_be_shifted_into_each_other() -> None:
    keys = {
        compiled.key("a.b", {"x.py": b"1", "y.py": b"2"}, (), 256),
        compiled.key("a.b", {"x.py": b"1y.py1:2"}, (), 256),
        compiled.key("a.b", {"x.py": b"", "y.py": b"12"}, (), 256),
        compiled.key("a.b2", {"x.py": b"1", "y.py": b"2"}, (), 56),
    }
    assert len(keys) == 4


def test_a_module_that_is_refused_is_refused_each_time(sandbox: Sandbox) -> None:
    program = Program("acme.one", "1.0.0", {"m.py": b"import n\n" + ONE, "n.py": b"import os"}, ("m:run",))
    for _ in range(2):
        with pytest.raises(PluginRefused):
            sandbox.start(program)


def test_what_a_running_plugin_says_it_was_compiled_to_is_not_believed(sandbox: Sandbox) -> None:
    source = b"""
import os, msgspec
from automatosx_nb.sandbox import protocol
def run():
    data = msgspec.msgpack.encode(protocol.Compiled("policy", {"m": b"code"}))
    os.write(3, len(data).to_bytes(4, "little") + b"\\0" + data)
"""
    program = Program("mallory.one", "1.0.0", {"m.py": source}, ("m:run",))
    worker = sandbox.start(program, without=["language"])
    with pytest.raises(ProtocolViolation, match="Compiled does not belong"):
        worker.call("m:run", broker=Host())
    assert sandbox._code.get(key_of(program)) is None


def test_the_worker_that_compiles_a_plugin_runs_no_line_of_it_and_ends(sandbox: Sandbox) -> None:
    program = Program("acme.one", "1.0.0", {"m.py": b"raise ValueError('it ran')\n"}, ())
    compiler = sandbox.spawn(program, Limits())
    assert set(compiler.compile(program.sources, program.modules).modules) == {"m"}
    with pytest.raises(WorkerLost):
        compiler.load("1.0.0", program.sources, (), (), None)


def test_a_plugin_runs_in_another_worker_than_the_one_that_compiled_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    compilers: list[Worker] = []
    compile = Worker.compile

    def noted(self: Worker, *given: Any) -> protocol.Compiled:
        compilers.append(self)
        return compile(self, *given)

    monkeypatch.setattr(Worker, "compile", noted)
    worker = sandbox.start(PROGRAM)
    again = sandbox.start(PROGRAM)
    assert len(compilers) == 1
    assert not compilers[0].alive
    assert compilers[0].pid not in {worker.pid, again.pid}
    assert worker.call("m:run", broker=Host()) == 1
    worker.stop()
    again.stop()


def test_a_worker_that_was_dismissed_is_waited_for_by_its_fork_server(sandbox: Sandbox) -> None:
    worker = sandbox.spawn(PROGRAM, Limits())
    ended = os.pidfd_open(worker.pid)
    worker.dismiss()
    assert select.select([ended], [], [], 10)[0]
    os.close(ended)
    assert not worker.alive
    worker.stop()
    assert run(sandbox, PROGRAM) == 1


def test_code_that_is_too_large_to_be_sent_leaves_no_room_for_what_a_plugin_would_send(sandbox: Sandbox) -> None:
    """4 KiB of constant from eight bytes of source, a thousand times: more than a frame of one MiB holds."""
    large = b"def run(): return 3\n" + b"".join(b"x%d = 'x' * 4095 + '%d'\n" % (n, n) for n in range(1000))
    program = Program("acme.large", "1.0.0", {"m.py": large}, ("m:run",))
    for _ in range(2):
        worker = sandbox.start(program, Limits(frame_mb=1))
        assert worker.call("m:run", broker=Host()) == 3
        worker.stop()
    assert sandbox._code.get(key_of(program)) == protocol.Compiled(policy.FINGERPRINT, {})


def test_a_worker_without_the_language_wall_leaves_no_code_behind(sandbox: Sandbox) -> None:
    source = b"""
import os, msgspec
from automatosx_nb.sandbox import protocol
data = msgspec.msgpack.encode(protocol.Compiled("policy", {"m": b"code"}))
os.write(3, len(data).to_bytes(4, "little") + b"\\0" + data)
def run(): return 1
"""
    program = Program("mallory.one", "1.0.0", {"m.py": source}, ("m:run",))
    with pytest.raises(ProtocolViolation):
        sandbox.start(program, without=["language"])
    assert sandbox._code.get(key_of(program)) is None


def test_compiling_ahead_is_bounded_and_skips_what_is_refused() -> None:
    sources = {"a.py": b"x = 1", "b.py": b"import os", "c.py": b"x = " + b"1" * 50, "d.py": b"y = 2"}
    plugin = PluginModules("acme.one", sources, granted=(), write=print)
    assert set(plugin.compile_ahead(60).modules) == {"a"}
    assert set(plugin.compile_ahead(1000).modules) == {"a", "c", "d"}


def test_the_least_recently_used_is_forgotten_first() -> None:
    kept = CompiledPlugins(max_bytes=80)
    for name in "abcdefgh":
        kept.put(name, protocol.Compiled("p", {"m": b"123456789"}))
    kept.get("a")
    kept.put("i", protocol.Compiled("p", {"m": b"123456789"}))
    assert kept.get("a") is not None
    assert kept.get("b") is None
    kept.put("large", protocol.Compiled("p", {"m": b"x" * 50}))
    assert kept.get("large") is None
