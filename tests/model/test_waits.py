"""Calls in flight: a circle is found exactly when there would be one, and without circles everything ends."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.waits import Waits

PLUGINS = st.integers(0, 7)
STEPS = st.lists(st.tuples(PLUGINS, PLUGINS, st.booleans()), max_size=60)


def reachable(edges: dict[int, int], start: int) -> set[int]:
    """The reference: everything that is reached from ``start``, by Warshall's closure over all pairs."""
    nodes = range(8)
    reach = set(edges.items())
    for through in nodes:
        reach |= {(a, b) for a in nodes for b in nodes if (a, through) in reach and (through, b) in reach}
    return {b for b in nodes if (start, b) in reach}


@given(STEPS)
def test_a_call_is_refused_exactly_where_its_provider_waits_for_its_caller(steps: list[tuple[int, int, bool]]) -> None:
    waits: Waits[int] = Waits()
    edges: dict[int, int] = {}
    for caller, provider, ends in steps:
        if ends or caller in edges:
            waits.end(caller)
            edges.pop(caller, None)
            continue
        circle = waits.circle(caller, provider)
        assert bool(circle) is (provider == caller or caller in reachable(edges, provider))
        if circle:
            assert (circle[0], circle[-1], circle[1]) == (caller, caller, provider)
            assert all(edges[a] == b for a, b in pairwise(circle[1:]))
            with pytest.raises(ValueError, match="would wait for itself"):
                waits.begin(caller, provider)
        else:
            waits.begin(caller, provider)
            edges[caller] = provider
    assert len(waits) == len(edges)


class Chain:
    """Calls that lead from one plugin to the next and back; ``inside`` are those that carry one of them out now."""

    def __init__(self, plugins: list[int]) -> None:
        self.left = plugins[::-1]
        self.inside: list[int] = []
        self.queued = False

    def may_go_on(self, busy: set[int]) -> bool:
        """Only where it stands in a queue does it wait; else it calls the next one, or returns."""
        return self.left[-1] not in busy if self.queued else True

    def go_on(self, waits: Waits[int], busy: set[int]) -> bool:
        """One step; False: it has ended."""
        if self.queued:
            self.queued = False
            busy.add(self.left[-1])
            self.inside.append(self.left.pop())
        elif self.left and not (self.inside and waits.circle(self.inside[-1], self.left[-1])):
            if self.inside:
                waits.begin(self.inside[-1], self.left[-1])
            self.queued = True
        elif self.inside:
            self.left.clear()
            busy.remove(self.inside.pop())
            if self.inside:
                waits.end(self.inside[-1])
        return bool(self.left or self.inside)


@given(st.lists(st.lists(PLUGINS, min_size=1, max_size=6), max_size=8), st.integers(0, 2**32))
def test_calls_that_were_let_in_all_end_in_whatever_order_they_run(calls: list[list[int]], seed: int) -> None:
    """Plugins that do one thing at a time, each with a queue before it, simulated step by step in a random order."""
    waits: Waits[int] = Waits()
    busy: set[int] = set()
    chains, order = [Chain(plugins) for plugins in calls], Random(seed)
    while chains:
        able = [chain for chain in chains if chain.may_go_on(busy)]
        assert able, "every chain waits for another one: a deadlock"
        chain = order.choice(able)
        if not chain.go_on(waits, busy):
            chains.remove(chain)
    assert not busy
    assert not len(waits)
