"""What came of what: a tree for each cell, or for what nothing of ours caused, with how long each part took.

Only names of ours and names that a manifest declares are in it, never an argument, a value or a plugin's words.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Context, ContextVar
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from automatosx_nb.host.bus.running import RunningCell, running_cell
from automatosx_nb.host.bus.trace import child_of

if TYPE_CHECKING:
    from automatosx_nb.model.events import Event

KEPT = 100
"""Traces: the newest ones that a cell or a person began, and as many that began with an event."""
MOST_NODES = 100
"""Different things in one trace; of more, how often one was left out is counted."""

Kind = Literal["cell", "call", "service", "event", "handler", "use"]


class Node:
    """One thing that was done under another one, counted where it was done several times.

    ``id`` is the span's, 16 hexadecimal digits. ``after_s``: when it was first done, after the trace began; ``took_s``:
    all times together; both in seconds. ``times`` is 0 while the first one goes on.
    """

    __slots__ = ("_parts", "after_s", "failed", "id", "kind", "name", "times", "took_s", "trace")

    def __init__(self, trace: Trace, kind: Kind, name: str, span: str) -> None:
        self.trace = trace
        self.kind = kind
        self.name = name
        self.id = span
        self.after_s = max(0.0, perf_counter() - trace.began_s)
        self.times = self.failed = 0
        self.took_s = 0.0
        self._parts: dict[tuple[Kind, str], Node] = {}

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace.id}-{self.id}-01"

    @property
    def parts(self) -> tuple[Node, ...]:
        """What was done under it, in the order in which each began."""
        with self.trace.lock:
            return tuple(self._parts.values())

    def count(self, took_s: float = 0.0, *, times: int = 1, failed: int = 0) -> None:
        with self.trace.lock:
            self.times += times
            self.failed += failed
            self.took_s += took_s

    def part(self, kind: Kind, name: str) -> Node | None:
        """What is done under it, by its name; None: there are too many different things in this trace."""
        trace = self.trace
        with trace.lock:
            found = self._parts.get((kind, name))
            if found is None and len(trace.nodes) < MOST_NODES:
                found = self._parts[kind, name] = trace.add(Node(trace, kind, name, os.urandom(8).hex()))
            trace.left_out += found is None
            return found

    def use(self, name: str, took_s: float, *, failed: bool) -> None:
        """The host did something on behalf of a plugin."""
        part = self.part("use", name)
        if part is not None:
            part.count(took_s, failed=failed)

    def published(self, topic: str) -> str:
        """The ``traceparent`` of an event: those that one thing publishes on one topic have the same."""
        part = self.part("event", topic)
        if part is None:
            return child_of(self.traceparent)
        part.count()
        return part.traceparent


class Trace:
    """``id``: 32 hexadecimal digits. ``time``: RFC 3339, UTC. ``cell``: the number of its cell, once that ended."""

    def __init__(self, kind: Kind, name: str, *, cell: RunningCell | None = None, parent: str | None = None) -> None:
        self.began_s = perf_counter() if cell is None else cell.began_s
        began = datetime.now(UTC) - timedelta(seconds=perf_counter() - self.began_s)
        self.time = began.isoformat(timespec="milliseconds")
        self.cell: int | None = None
        self.lock = threading.RLock()
        self.nodes: dict[str, Node] = {}
        self.left_out = 0
        _, self.id, span, _ = (parent or child_of(None)).split("-")
        self.root = self.add(Node(self, kind, name, span))

    def add(self, node: Node) -> Node:
        self.nodes[node.id] = node
        return node

    def end(self, cell: RunningCell) -> None:
        """The cell of this trace did, and so has its number."""
        with self.lock:
            if cell.ended_s is None or self.root.times:
                return
            self.root.count(cell.ended_s - cell.began_s)
            if cell.number is not None:
                self.cell, self.root.name = cell.number, f"cell [{cell.number}]"


_here: ContextVar[Node | None] = ContextVar("what is done here", default=None)
_handlers: ContextVar[Mapping[str | None, Node]] = ContextVar("handlers by traceparent", default={})  # noqa: B039 - read only


def working_on() -> Node | None:
    """What a plugin's thread carries out now; None where that is nothing, or events of several traces at once."""
    return _here.get()


class Traces:
    """The newest traces of one kernel. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: OrderedDict[str, Trace] = OrderedDict()
        self._told: OrderedDict[str, Trace] = OrderedDict()

    def kept(self) -> tuple[Trace, ...]:
        """The oldest first."""
        with self._lock:
            return tuple(sorted((*self._begun.values(), *self._told.values()), key=lambda trace: trace.began_s))

    def here(self, context: Context | None = None) -> Node | None:
        """What is done in ``context``, by default this one: a call, or else the cell that runs."""
        node = _here.get() if context is None else context.get(_here)
        if node is not None:
            return node
        cell = running_cell(context)
        return None if cell is None else self.of_cell(cell)

    def of_cell(self, cell: RunningCell) -> Node:
        with self._lock:
            if cell.node is None:
                trace = self._keep(self._begun, Trace("cell", "cell", cell=cell))
                cell.node = trace.root
                trace.end(cell)
            return cell.node

    @contextmanager
    def opened(self, kind: Kind, name: str) -> Iterator[None]:
        """What is done within, on this thread and on those that get its context, is part of this."""
        above = self.here()
        node = self._root(kind, name) if above is None else above.part(kind, name)
        if node is None:
            yield
            return
        token, began_s, failed = _here.set(node), perf_counter(), True
        try:
            yield
            failed = False
        finally:
            _here.reset(token)
            node.count(perf_counter() - began_s, failed=failed)

    @contextmanager
    def within(self, context: Context) -> Iterator[None]:
        """What this thread does within is part of what is done in ``context``."""
        token = _here.set(self.here(context))
        try:
            yield
        finally:
            _here.reset(token)

    @contextmanager
    def handled(self, who: str, events: Sequence[Event]) -> Iterator[Mapping[str | None, Node]]:
        """As :meth:`opened`, for a handler that gets ``events``, which share the time that it takes.

        :returns: ``traceparent`` → the handler's part of that trace.
        """
        counts: dict[str | None, int] = {}
        for event in events:
            counts[event.traceparent] = counts.get(event.traceparent, 0) + 1
        topics = {event.traceparent: event.type for event in events}
        nodes = {each: node for each in counts if (node := self._handler(each, topics[each], who)) is not None}
        only = next(iter(nodes.values())) if len(counts) == len(nodes) == 1 else None
        here, handlers, began_s, failed = _here.set(only), _handlers.set(nodes), perf_counter(), True
        try:
            yield nodes
            failed = False
        finally:
            _here.reset(here)
            _handlers.reset(handlers)
            share_s = (perf_counter() - began_s) / len(events)
            for each, node in nodes.items():
                times = counts[each]
                node.count(share_s * times, times=times, failed=times if failed else 0)

    def published(self, topic: str, handled: Event | None = None) -> str:
        """The ``traceparent`` of an event that is published here; ``handled``: while that one is."""
        node = self.here()
        if node is None and handled is not None:
            node = _handlers.get().get(handled.traceparent)
        if node is not None:
            return node.published(topic)
        if handled is not None:
            return child_of(handled.traceparent)
        node = self._root("event", topic)
        node.count()
        return node.traceparent

    def _handler(self, traceparent: str | None, topic: str, who: str) -> Node | None:
        event = self._event(traceparent, topic)
        return None if event is None else event.part("handler", who)

    def _event(self, traceparent: str | None, topic: str) -> Node | None:
        """The part that was published; one that came from elsewhere begins a tree of its own here."""
        steps = (traceparent or "").split("-")
        if len(steps) != 4:
            return None
        with self._lock:
            trace = self._begun.get(steps[1]) or self._told.get(steps[1])
            if trace is None:
                trace = self._keep(self._told, Trace("event", topic, parent=traceparent))
                trace.root.count()
            return trace.nodes.get(steps[2]) or trace.root.part("event", topic)

    def _root(self, kind: Kind, name: str) -> Node:
        with self._lock:
            return self._keep(self._told if kind == "event" else self._begun, Trace(kind, name)).root

    def _keep(self, ring: OrderedDict[str, Trace], trace: Trace) -> Trace:
        ring[trace.id] = trace
        if len(ring) > KEPT:
            ring.popitem(last=False)
        return trace
