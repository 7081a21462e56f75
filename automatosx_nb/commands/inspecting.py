"""``inspect``, ``check``: what a plugin may do, where its code does it, what was seen of it, and what is too much."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.model.inspection import Observation, ObservedPermission, permission_changes, permission_table
from automatosx_nb.model.names import is_plugin_id
from automatosx_nb.model.permissions import permission_line
from automatosx_nb.model.printable import printable

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.permissions import PermissionDiff
    from automatosx_nb.model.release import CheckResult

FAILED = 3
"""The exit status where a check found an error."""
MOST_PLACES = 5


def _configure_inspect(parser: Parser) -> None:
    parser.add_argument("plugin", help="a plugin id, or id@version; default: what is installed, else the newest")


def _inspect(market: Marketplace, options: Namespace, console: Console) -> Answer:
    plugin, _, version = options.plugin.partition("@")
    seen = market.observed(market.package(plugin, version))
    changes = permission_changes(market.known(plugin)[0].releases)
    lines = [f"{seen.plugin} {seen.version}", _span(seen), ""]
    lines += [line for each in seen.permissions for line in _permission(each)] or ["It asks for no permission."]
    lines += _refusals(seen)
    lines += ["", "What its versions ask for:", *change_lines(changes)] if changes else []
    data = {**asdict(seen), "changes": [_change_record(*each) for each in changes]}
    return Answer("\n".join(lines), data)


def _span(seen: Observation) -> str:
    if not seen.calls:
        return "The audit log has no call of this version."
    span = text.counted(round(seen.days), "day") if seen.days >= 1 else "less than a day"
    return f"Seen in the audit log: {text.counted(seen.calls, 'call')}, {seen.events} of them by events, over {span}."


def _permission(each: ObservedPermission) -> Iterator[str]:
    optional = "optional, " if each.optional else ""
    yield text.folded(f"- {optional}{permission_line(each.permission, each.reason)}")
    if each.calls is not None:
        yield f"    used by {each.calls} calls"
    for place in each.places[:MOST_PLACES]:
        yield f"    {place.file}{f', line {place.line}' if place.line else ''}: {printable(place.what)}"
    if len(each.places) > MOST_PLACES:
        yield f"    and {len(each.places) - MOST_PLACES} more places"
    if not each.places:
        yield "    nothing in the sources says that it is used"


def _refusals(seen: Observation) -> list[str]:
    return [
        f"- refused {each.calls} times: {each.permission}, to {', '.join(each.through)}"
        f" ({'asked for, and not granted' if each.asked else 'the manifest does not ask for it'})"
        for each in seen.refused
    ]


def change_lines(changes: Sequence[tuple[str, str, PermissionDiff]]) -> list[str]:
    """A line for each version: what it asks for that the one before did not, and the other way round."""
    return [f"  {new}: {_difference(diff)} (since {old})" for old, new, diff in changes]


def _difference(diff: PermissionDiff) -> str:
    parts = [f"more: {one} ({one.risk} risk)" for one in diff.added]
    parts += [f"wider: {new} ({new.risk} risk) in place of {old}" for old, new in diff.widened]
    parts += [f"narrower: {new} in place of {old}" for old, new in diff.narrowed]
    parts += [f"no longer: {one}" for one in diff.removed]
    return "; ".join(parts) or "the same"


def _change_record(old: str, new: str, diff: PermissionDiff) -> dict[str, object]:
    return {
        "before": old,
        "after": new,
        "added": [*map(str, diff.added)],
        "widened": [[str(a), str(b)] for a, b in diff.widened],
        "narrowed": [[str(a), str(b)] for a, b in diff.narrowed],
        "removed": [*map(str, diff.removed)],
    }


def _configure_check(parser: Parser) -> None:
    parser.add_argument("source", help="a plugin's folder or .axp file; with --observed also an installed plugin's id")
    parser.add_argument(
        "--observed", action="store_true", help="from the audit log: the least permissions that it can do with"
    )


def _check(market: Marketplace, options: Namespace, console: Console) -> Answer:
    path = Path(options.source)
    if options.observed:
        is_id = is_plugin_id(options.source) and not path.exists()
        return _least(market.observed(market.package(options.source) if is_id else market.built(path)))
    if not path.exists():
        usage = f"{console.prefix} check FOLDER, or check --observed ID"
        raise UsageError(f"there is no {options.source!r} to check", usage)
    results = market.check(path)
    failed = any(not each.passed and each.severity == "error" for each in results)
    last = "It would be refused." if failed else "It could be published."
    return Answer(f"{check_table(results)}\n{last}", {"passed": not failed, "checks": results}, status=failed * FAILED)


def check_table(results: Sequence[CheckResult]) -> str:
    """A line for each finding, with its place."""
    rows = [("ok" if each.passed else each.severity, each.check, _place(each) + each.message) for each in results]
    return text.table(("", "check", ""), rows)


def _place(result: CheckResult) -> str:
    line = f", line {result.line}" if result.line else ""
    return f"{result.file}{line}: " if result.file else ""


def _least(seen: Observation) -> Answer:
    table = permission_table(seen)
    lines = [f"{seen.plugin} {seen.version}", _span(seen), ""]
    lines += [f"- {each.permission}: {_judged(each)}" for each in seen.permissions]
    lines += [*_refusals(seen), "", table]
    return Answer("\n".join(lines), {**asdict(seen), "table": table})


def _judged(each: ObservedPermission) -> str:
    match each.verdict:
        case "used" if each.calls is None:
            said = f"used in {len(each.places)} place{'s' * (len(each.places) != 1)} of the sources"
        case "used":
            said = f"used by {each.calls} calls" + (", though only optional" if each.optional else "")
        case "in the sources":
            said = "no call used it, but the sources can"
        case "unused":
            said = "never used: leave it out"
        case _:
            said = "nothing shows whether it is used"
    return said


VERBS = (
    Verb("inspect", "what a plugin may do, where its code does it, what was seen", _configure_inspect, _inspect, True),
    Verb("check", "the publishing checks alone, or the least permissions", _configure_check, _check, True),
)
