"""``state``: what an installed plugin has saved."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.profile.saved import SavedState
    from automatosx_nb.profile.snapshots import Snapshot

_USAGE = "state usage ID | snapshots ID | snapshot ID | restore ID [SNAPSHOT|empty] | export ID FILE | import ID FILE"


def _configure(parser: Parser) -> None:
    actions = ("usage", "snapshots", "snapshot", "restore", "export", "import")
    parser.add_argument("action", choices=actions, help="what to do")
    parser.add_argument("plugin", help="an installed plugin's id")
    parser.add_argument("name", nargs="?", help="a file; a snapshot's name, or 'empty', which starts anew")


def _state(market: Marketplace, options: Namespace, console: Console) -> Answer:
    saved = market.plugin_state(options.plugin)
    if options.action in ("export", "import"):
        if options.name is None:
            raise UsageError(f"'state {options.action}' needs a file", f"{console.prefix} {_USAGE}")
        return (_export if options.action == "export" else _import)(saved, Path(options.name).expanduser())
    if options.action == "restore":
        return _restore(saved, options.name or "")
    if options.name is not None:
        raise UsageError(f"'state {options.action}' takes no {options.name!r}", f"{console.prefix} {_USAGE}")
    if options.action == "snapshot":
        taken = saved.snapshot()
        return Answer(f"The snapshot {taken.name} was taken.", _record(taken))
    return _usage(saved) if options.action == "usage" else _snapshots(saved, console)


def _usage(saved: SavedState) -> Answer:
    entry, usage = saved.entry, saved.usage()
    lines = [
        f"{entry.id} {entry.version} keeps {_entries(usage.entries)} in {text.size(usage.used_bytes)} "
        f"of {text.size(saved.quota)}, as version {entry.state_version} of its state.",
    ]
    if usage.expired:
        lines.append(f"{usage.expired} more have expired, and go when there is something written.")
    data = {"plugin": entry.id, "version": entry.version, "state_version": entry.state_version, **asdict(usage)}
    return Answer(
        "\n".join([*lines, *_asides(saved)]), data | {"quota_bytes": saved.quota, "set_aside": saved.set_aside()}
    )


def _snapshots(saved: SavedState, console: Console) -> Answer:
    found = saved.snapshots()
    rows = [(each.name, each.taken[:19].replace("T", " "), each.why, text.size(each.size)) for each in found]
    lines = [text.table(("snapshot", "when (UTC)", "for", "size"), rows)] if rows else ["There is no snapshot."]
    if rows:
        lines.append(f"{console.prefix} state restore {saved.entry.id} SNAPSHOT brings one back.")
    data = {"snapshots": [_record(each) for each in found], "set_aside": saved.set_aside()}
    return Answer("\n".join([*lines, *_asides(saved)]), data)


def _asides(saved: SavedState) -> list[str]:
    return [f"Set aside in {saved.path.parent}: {name}" for name in saved.set_aside()]


def _restore(saved: SavedState, name: str) -> Answer:
    restored = saved.restore(name)
    now = "empty" if restored.snapshot == "empty" else f"that of the snapshot {restored.snapshot}"
    lines = [f"The state of {saved.entry.id} is {now}."]
    if restored.set_aside:
        lines.append(f"What was there before is kept as {saved.path.with_name(restored.set_aside)}.")
    return Answer("\n".join(lines), asdict(restored))


def _export(saved: SavedState, path: Path) -> Answer:
    count = saved.export(path)
    said = f"{_entries(count)} of {saved.entry.id} written to {path}."
    return Answer(said, {"entries": count, "path": str(path)})


def _import(saved: SavedState, path: Path) -> Answer:
    count = saved.load(path)
    before = next(iter(saved.snapshots()))
    lines = [
        f"{saved.entry.id} has the {_entries(count)} of {path}, and no others.",
        f"What it had before is the snapshot {before.name}.",
    ]
    return Answer("\n".join(lines), {"entries": count, "snapshot": before.name})


def _record(snapshot: Snapshot) -> dict[str, Any]:
    return asdict(snapshot) | {"path": str(snapshot.path)}


def _entries(count: int) -> str:
    return text.counted(count, "entry", "entries")


VERBS = (Verb("state", "what a plugin has saved: usage, snapshots, export, import", _configure, _state, json=True),)
