"""The order in which plugins are activated: each after those that it requires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

Edges = Mapping[str, Sequence[str]]
"""Plugin → the plugins that it requires."""


def find_cycle(edges: Edges) -> tuple[str, ...]:
    """Plugins that require each other in a circle, each once, in that order; empty where there is none.

    The circle begins at its alphabetically first plugin.
    """
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        cycle = found[:0:-1]  # graphlib names the first again at the end, and lists requirers after requirements
        start = cycle.index(min(cycle))
        return (*cycle[start:], *cycle[:start])
    return ()


def activation_order(required: Edges, optional: Edges) -> tuple[str, ...]:
    """Every plugin of ``required`` after what it requires, and after its optional requirements where that can be.

    Deterministic: alphabetical wherever the requirements leave a choice. Where plugins require each other in a
    circle, one of the circle's requirements does not count.
    """
    circular = bool(find_cycle(required))
    edges = {plugin: set[str]() if circular else set(needs) for plugin, needs in required.items()}
    for more in (required, optional) if circular else (optional,):
        for plugin in sorted(more):
            edges[plugin].update(need for need in sorted(more[plugin]) if not _reaches(edges, need, plugin))
    return tuple(_sorted_by_need(edges))


def _reaches(edges: Mapping[str, set[str]], start: str, goal: str) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        plugin = waiting.pop()
        if plugin == goal:
            return True
        waiting += edges[plugin] - seen
        seen |= edges[plugin]
    return False


def _sorted_by_need(edges: Mapping[str, set[str]]) -> list[str]:
    sorter = TopologicalSorter(edges)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order
