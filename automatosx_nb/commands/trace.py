"""``trace``: what came of a cell, as a tree of calls, services, events, handlers and what the host did for plugins."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import KernelNeeded, UsageError
from automatosx_nb.model.printable import printable

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.host.bus.tracing import Node, Trace

SHOWN = 20
_LEAST_DIGITS = 8
_CELL, _ID = re.compile(r"\[?(\d{1,7})\]?"), re.compile(rf"[0-9a-f]{{{_LEAST_DIGITS},32}}")


def _configure(parser: Parser) -> None:
    parser.add_argument(
        "which",
        nargs="?",
        default="last",
        help="last (the default), list, a cell's number as in [12], or an id's first 8 digits or more",
    )
    parser.add_argument("--most", type=int, default=SHOWN, metavar="N", help=f"of list the newest N; default: {SHOWN}")


def _trace(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if console.host is None:
        raise KernelNeeded("what came of a cell")
    from automatosx_nb.host.bus.running import running_cell

    cell = running_cell()
    mine = None if cell is None or cell.node is None else cell.node.trace
    kept = [trace for trace in console.host.bus.traces.kept() if trace is not mine]
    if options.which == "list":
        return _listed(kept[-max(options.most, 1) :])
    found = _found(kept, options.which, console.prefix)
    if found is None:
        return Answer("Nothing of plugins and events happened in this kernel yet.", None)
    return Answer("\n".join(_lines(found)), _record(found))


def _found(kept: Sequence[Trace], which: str, prefix: str) -> Trace | None:
    """:raises UsageError:"""
    cell = _CELL.fullmatch(which)
    if which == "last":
        return kept[-1] if kept else None
    if cell is None and _ID.fullmatch(which.lower()) is None:
        raise UsageError(f"{which!r} is no trace", f"{prefix} trace [last|list|[12]|ID]")
    for trace in reversed(kept):
        if trace.cell == int(cell[1]) if cell is not None else trace.id.startswith(which.lower()):
            return trace
    raise UsageError(f"there is no trace {which} among those that are kept", f"{prefix} trace list shows them")


def _listed(kept: Sequence[Trace]) -> Answer:
    rows = [(trace.id[:_LEAST_DIGITS], trace.time[11:19], _named(trace.root), str(len(trace.nodes))) for trace in kept]
    shown = text.table(("trace", "when (UTC)", "began with", "parts"), rows) if rows else "No trace is kept yet."
    return Answer(shown, [{"trace": trace.id, **_head(trace), "parts": len(trace.nodes)} for trace in kept])


def _lines(trace: Trace) -> Iterator[str]:
    yield f"trace {trace.id}, {trace.time[11:19]} UTC"
    yield _named(trace.root)
    yield from _below(trace.root, "")
    if trace.left_out:
        yield f"{trace.left_out} more were left out: there were too many different things in it."


def _below(node: Node, indent: str) -> Iterator[str]:
    parts = node.parts
    for part in parts:
        branch, more = ("└─ ", "   ") if part is parts[-1] else ("├─ ", "│  ")
        yield indent + branch + _named(part)
        yield from _below(part, indent + more)


def _named(node: Node) -> str:
    kind = f"{node.kind} " if node.kind in ("event", "service") else ""
    times = f" ×{node.times}" if node.times > 1 else ""
    failed = f", {node.failed} failed" if node.failed > 1 else ", failed" if node.failed else ""
    took = "" if node.kind == "event" else f", {_took(node.took_s)}" if node.times else ", not done yet"
    return f"{kind}{printable(node.name)}{times}{took}{failed}"


def _took(took_s: float) -> str:
    """As people read it: ``250 µs``, ``1.5 ms``, ``2.30 s``."""
    if took_s < 0.001:
        return f"{took_s * 1e6:.0f} µs"
    return f"{took_s * 1e3:.1f} ms" if took_s < 1 else f"{took_s:.2f} s"


def _record(trace: Trace) -> dict[str, Any]:
    return {"trace": trace.id, **_head(trace), "left_out": trace.left_out, "root": _part(trace.root)}


def _head(trace: Trace) -> dict[str, Any]:
    return {"time": trace.time, "cell": trace.cell, "name": trace.root.name}


def _part(node: Node) -> dict[str, Any]:
    return {
        "span": node.id,
        "kind": node.kind,
        "name": node.name,
        "times": node.times,
        "failed": node.failed,
        "after_s": round(node.after_s, 6),
        "took_s": round(node.took_s, 6),
        "parts": [_part(part) for part in node.parts],
    }


VERBS = (Verb("trace", "what came of a cell: calls, services, events and handlers", _configure, _trace, json=True),)
