"""What a resolution comes to, plugin by plugin, and drawn as a tree from the user's wishes down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ChosenPlugin:
    """One plugin that is there in the end."""

    id: str
    version: str
    why: str
    """A sentence: how the user's wishes lead to it."""
    requires: Mapping[str, str] = field(default_factory=dict)
    """Plugin id → range."""
    works_with: Mapping[str, str] = field(default_factory=dict)
    """The same of optional plugins, those that are there."""


def tree_text(wishes: Mapping[str, str], plugins: Iterable[ChosenPlugin]) -> str:
    """A root for each wish, alphabetical, and below each plugin what it requires; ``…``: that was drawn before."""
    chosen = {plugin.id: plugin for plugin in plugins}
    lines: list[str] = []
    drawn: set[str] = set()
    # plugin, what stands before it, what stands before those below it, how it is required
    waiting: list[tuple[str, str, str, str]] = [
        (plugin, "", "", f"you asked for {wishes[plugin]}")
        for plugin in sorted(wishes, reverse=True)
        if plugin in chosen
    ]
    while waiting:
        plugin, lead, below, note = waiting.pop()
        one = chosen[plugin]
        needs = [(on, wanted, "") for on, wanted in sorted(one.requires.items()) if on in chosen]
        needs += [(on, wanted, "optional, ") for on, wanted in sorted(one.works_with.items())]
        again = plugin in drawn and bool(needs)
        lines.append(f"{lead}{plugin} {one.version}  ({note}){' …' if again else ''}")
        if again:
            continue
        drawn.add(plugin)
        rows = [(on, f"{below}├─ ", f"{below}│  ", how + wanted) for on, wanted, how in needs]
        if rows:
            on, _, _, note = rows.pop()
            rows.append((on, f"{below}└─ ", f"{below}   ", note))
        waiting += reversed(rows)
    return "\n".join(lines)
