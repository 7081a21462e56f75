"""Sentences that the panel says when something is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.model.names import short_name
from automatosx_nb.model.plan import Plan, PlannedChange


def calls(plugin: InstalledPlugin) -> list[str]:
    """How to call each of its magics, as in ``%profile your_table``; where it has none, its commands.

    Beside magics, commands are what the buttons of forms call.
    """
    magics = [
        _call(f"{'%%' if magic.get('cell') else '%'}{magic['name']}", magic)
        for magic in plugin.contributes.get("magics", ())
    ]
    commands = plugin.contributes.get("commands", ())
    return magics or [_call(f"%ax run {plugin.id} {command['name']}", command) for command in commands]


def _call(typed: str, contribution: Mapping[str, Any]) -> str:
    needed = [a for a in contribution.get("args", ()) if a.get("required", True) and not _is_option(a)]
    return " ".join([typed, *(_example(argument) for argument in needed)])


def _is_option(argument: Mapping[str, Any]) -> bool:
    return str(argument["name"]).startswith("-")


def _example(argument: Mapping[str, Any]) -> str:
    if argument.get("type") == "variable":
        return f"your_{argument['name']}"
    choices = argument.get("choices") or ()
    return str(choices[0]) if choices else f"<{argument['name']}>"


def outcome(action: str, plugin: str, plan: Plan, installed: Iterable[InstalledPlugin]) -> str:
    """What was done, and what to try now; ``plugin`` is the one that the user named, empty where all were meant."""
    done = [*(_done(change) for change in plan.changes), *besides(plan)]
    if action in _BACK:
        return f"{_BACK[action]}: {', '.join(done) or 'nothing had to change'}."
    if done and action in ("grant", "revoke"):
        permissions = [
            *(text for c in plan.changes for text in c.asks),
            *(text for c in plan.changes for text in c.drops),
        ]
        verb = "is granted" if action == "grant" else "is no longer granted"
        return f"{short_name(plugin)} {verb} {', '.join(permissions)}."
    if not done:
        return f"{short_name(plugin) if plugin else 'Everything'} is as it was: there was nothing to do."
    tries = [call for p in installed if p.id == plugin and plan.changes for call in calls(p)]
    named = [_done(change) for change in plan.changes if change.id == plugin]
    others = [_done(change) for change in plan.changes if change.id != plugin]
    text = ", ".join([*named, *others, *besides(plan)])
    return f"{text}: try {' or '.join(tries)}" if tries else f"{text}."


_BACK = {"rollback": "Rolled back", "undo": "Undone"}


def besides(plan: Plan, *, ahead: bool = False) -> list[str]:
    """What a plan changes about plugins other than their versions, data and grants.

    :param ahead: that is not done yet.
    """
    versions = {**plan.kept, **{change.id: change.new or "" for change in plan.changes}}
    wishes = [f"{short_name(each)} {versions[each]} {_rewished(*pair)}" for each, pair in plan.rewished.items()]
    channels = [f"{short_name(each)} follows {channel} releases" for each, channel in plan.channels.items()]
    pinned, unpinned = ("Pins {} at {}", "Unpins {}") if ahead else ("{} is pinned at {}", "{} is no longer pinned")
    pins = [(pinned if pin else unpinned).format(short_name(each), versions[each]) for each, pin in plan.pins.items()]
    return wishes + channels + pins


def _rewished(before: str | None, after: str | None) -> str:
    now = f"your wish is now {after}" if after else "it is only a dependency now"
    return f"stays, and {now} (it was {before or 'a dependency'})"


def _done(change: PlannedChange) -> str:
    name = short_name(change.id)
    if change.kind == "remove":
        return f"{name} removed"
    if change.kind == "add":
        return f"{name} {change.new} installed"
    if change.old == change.new:
        return f"{name} {change.new} with its data and grants of then"
    way = "updated" if change.kind == "update" else "back"
    return f"{name} {way} {'from ' + str(change.old) + ' ' if change.kind == 'update' else ''}to {change.new}"
