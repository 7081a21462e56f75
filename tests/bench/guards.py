"""What the language wall costs plugin code: ``python tests/bench/guards.py``.

Each line runs the same function under the policy and as plain Python, in one process and in turns, and takes the least
of many runs, since machines differ and drift. ``net`` leaves out what an empty loop costs, in both.
"""

from __future__ import annotations

import marshal
import statistics
import sys
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from time import perf_counter
from typing import Any

from automatosx_nb.sandbox import policy
from automatosx_nb.sandbox.modules import PluginModules
from automatosx_nb.sandbox.supervisor import Program, Sandbox

TIMES = 20_000
ROUNDS = 60
CATALOG = Path(policy.__file__).parents[2] / "catalog"

SOURCE = """
import math
class A:
    def __init__(self):
        self.x = 1
        self.items = [1]
    def m(self): return 1
    def own(self, n):
        for i in n: self.x
THINGS = [A()]
def make(): return A()
def empty(a, n):
    for i in n: pass
def attribute(a, n):
    for i in n: a.x
def attribute_of_self(a, n): a.own(n)
def attribute_of_a_local(a, n):
    b = a
    for i in n: b.x
def attribute_of_a_loop_variable(a, n):
    for i in n:
        for b in THINGS: b.x
def attribute_of_an_attribute(a, n):
    for i in n: a.items.append
def attribute_of_a_module(a, n):
    for i in n: math.pi
def method_call(a, n):
    for i in n: a.m()
def function_of_a_module(a, n):
    for i in n: math.sqrt(2)
def attribute_set(a, n):
    for i in n: a.x = 1
def item(a, n):
    v = [1]
    for i in n: v[0]
def tuple_unpack(a, n):
    p = (1, 2)
    for i in n: x, y = p
def inner_for(a, n):
    v = (1, 2, 3)
    for i in n:
        for j in v: pass
def text_format(a, n):
    for i in n: "{} {}".format(1, 2)
def pattern_on_a_class(a, n):
    for i in n:
        match a:
            case A(x=1): pass
"""


def _time(function: Callable[..., Any], thing: Any) -> float:
    begun = perf_counter()
    function(thing, repeat(None, TIMES))
    return 1e9 * (perf_counter() - begun) / TIMES


def guards() -> None:
    """Nanoseconds for one; the first line is the budget's: a guarded attribute at most three times a plain one."""
    kinds = {name: PluginModules("acme.bench", {"m.py": SOURCE.encode()}, granted=(), write=print, language=language)
             for name, language in (("plain", False), ("guarded", True))}  # fmt: skip
    names = [line.split("(")[0][4:] for line in SOURCE.splitlines() if line.startswith("def ") and "(a, n)" in line]
    best: dict[tuple[str, str], float] = {}
    runs = [(kind, name, modules.handler(f"m:{name}"), modules.handler("m:make")())
            for name in names for kind, modules in kinds.items()]  # fmt: skip
    for _ in range(ROUNDS):
        for kind, name, function, thing in runs:
            best[kind, name] = min(best.get((kind, name), 1e9), _time(function, thing))
    idle = {kind: best[kind, "empty"] for kind in kinds}
    for name in names[1:]:
        plain, guarded = best["plain", name], best["guarded", name]
        net = (guarded - idle["guarded"]) / (plain - idle["plain"])
        sys.stdout.write(
            f"{name.replace('_', ' '):<32} plain {plain:7.1f} ns   guarded {guarded:7.1f} ns"
            f"   ratio {guarded / plain:5.2f}   net {net:5.2f}\n"
        )


def _median_ms(action: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        begun = perf_counter()
        action()
        times.append(perf_counter() - begun)
    return 1e3 * statistics.median(times)


def _sources(name: str, version: str) -> dict[str, bytes]:
    src = CATALOG / name / version / "src"
    return {file.relative_to(src).as_posix(): file.read_bytes() for file in sorted(src.rglob("*.py"))}


def compiling() -> None:
    """A bundled plugin: compiled under the policy, by plain Python, and taken as it was kept."""
    sources = _sources("data-profiler", "1.1.0")
    modules = PluginModules("acme.bench", sources, granted=("pyarrow",), write=print)
    kept = modules.compile_ahead(1 << 20).modules
    lines = sum(source.count(b"\n") for source in sources.values())
    fresh = PluginModules("acme.bench", sources, granted=("pyarrow",), write=print)
    under_policy = _median_ms(fresh.check, 15)
    plain = _median_ms(lambda: [compile(source, file, "exec") for file, source in sources.items()], 15)
    loads = _median_ms(lambda: [marshal.loads(code) for code in kept.values()], 15)
    sys.stdout.write(
        f"compile {len(sources)} modules, {lines} lines: policy {under_policy:.1f} ms, plain Python {plain:.1f} ms, "
        f"taken as kept {loads:.2f} ms\n"
    )


def starting() -> None:
    """A worker with a bundled plugin in it, without and with code that was kept."""
    for name, version, handler, granted in (
        ("cell-ledger", "1.0.0", "cell_ledger.magic:ledger", ()),
        ("data-profiler", "1.1.0", "data_profiler.magic:profile", ("pyarrow",)),
    ):
        program = Program("acme.bench", version, _sources(name, version), (handler,), tuple(granted))
        with Sandbox() as sandbox:
            sandbox.start(program).stop()

            def first(sandbox: Sandbox = sandbox, program: Program = program) -> None:
                sandbox._code = type(sandbox._code)()
                sandbox.start(program).stop()

            def again(sandbox: Sandbox = sandbox, program: Program = program) -> None:
                sandbox.start(program).stop()

            one, two = _median_ms(first, 25), _median_ms(again, 25)
        sys.stdout.write(f"start {name}: first {one:.1f} ms, again {two:.1f} ms, ratio {one / two:.1f}\n")


if __name__ == "__main__":
    guards()
    compiling()
    starting()
