"""What registries say of releases, as the verbs that only read show it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from automatosx_nb.app import Marketplace
from automatosx_nb.commands import run
from automatosx_nb.model.identity import owner

PROFILER = "automatosx.data-profiler"
CONSOLE: Any = SimpleNamespace(
    prefix="%ax", session=True, host=None, progress=lambda _step: None, confirm=lambda _question: True
)


def test_what_is_deprecated_says_so_wherever_it_is_met(market: Marketplace) -> None:
    def said(*words: str) -> str:
        return run(words, lambda: market, CONSOLE)

    registry: Any = market.registry
    registry.moderation.deprecate(owner(frozenset({"automatosx"})), PROFILER, None, "Slow.", "automatosx.cell-ledger")
    reason = "deprecated: Slow. (use automatosx.cell-ledger)"
    assert reason in said("info", PROFILER)
    assert f"is {reason}" in said("install", PROFILER, "--plan")
    said("install", PROFILER)
    assert f"is {reason}" in said("list")
    assert f"is {reason}" in said("outdated")
    market.remove(PROFILER)
