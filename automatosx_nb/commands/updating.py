"""``outdated``."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.model.printable import printable

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.model.outdated import OutdatedPlugin


def _outdated(market: Marketplace, options: Namespace, console: Console) -> Answer:
    found = market.outdated()
    if not found:
        said = "Everything is as new as it can be." if market.installed() else "Nothing is installed."
        return Answer(said, found)
    lines = [text.table(("plugin", "installed", "update", ""), map(_row, found))]
    if any(each.update for each in found):
        brings = f"{console.prefix} update brings what is under update; {console.prefix} undo takes it back."
        lines.append(text.folded(brings))
    lines += filter(None, [text.wished_away((held for each in found for held in each.held_back), console.prefix)])
    return Answer("\n".join(lines), found)


def _row(each: OutdatedPlugin) -> tuple[str, str, str, str]:
    said = [flag.words() for flag in each.flags]
    if each.asks:
        said.append(f"the update asks for {', '.join(each.asks)}")
    said += [f"{held.newer} {held.reason}" for held in each.held_back if held.newer != each.version]
    return each.id, each.version, each.update or "", printable("; ".join(said))


VERBS = (Verb("outdated", "what could be updated, what is held back and why", lambda _parser: None, _outdated, True),)
