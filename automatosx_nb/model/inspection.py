"""What a plugin asks for, held against what its sources say and what was seen of it: the least manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from automatosx_nb.model.lockfile.writing import text
from automatosx_nb.model.permissions import KINDS, Permission, PermissionDiff, Risk, diff, is_granted

if TYPE_CHECKING:
    from automatosx_nb.model.audit import AuditEntry
    from automatosx_nb.model.release import ReleaseDetail

SEEN_KINDS = frozenset({"storage", "network", "files", "secrets", "variables"})
"""Kinds whose every use passes the host, so that the audit log has it; the others are judged by the sources."""

Verdict = Literal["used", "in the sources", "unused", "not judged"]


@dataclass(frozen=True, slots=True)
class PermissionUse:
    """One place in the sources. ``line`` is 1-based; not ``certain``: it was found by a method's name alone."""

    permission: str
    """A permission, or the kind of which any will do."""
    file: str
    line: int
    what: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class ObservedPermission:
    """One permission that is asked for. ``calls`` are those that it allowed; None: a kind that no call shows."""

    permission: str
    reason: str
    optional: bool
    risk: Risk
    verdict: Verdict
    calls: int | None
    places: tuple[PermissionUse, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that the host refused. ``asked``: the manifest asks for it, and the user did not grant it."""

    permission: str
    """As the log has it: it may be the kind alone."""
    calls: int
    through: tuple[str, ...]
    """Capabilities with their methods, as in ``storage.put``."""
    asked: bool


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one release: ``calls`` of its handlers, ``events`` among them, over ``days``."""

    plugin: str
    version: str
    calls: int
    events: int
    days: float
    permissions: tuple[ObservedPermission, ...]
    refused: tuple[Refused, ...]


def observe(
    plugin: str,
    version: str,
    asked: Mapping[str, str],
    optional: Mapping[str, str],
    uses: Sequence[PermissionUse],
    entries: Iterable[AuditEntry],
) -> Observation:
    """``asked`` and ``optional``: permission → the author's reason; ``entries``: those of this release."""
    seen = list(entries)
    called = [entry.detail for entry in seen if entry.kind == "plugin-called"]
    calls, events = (sum(detail[name] for detail in called) for name in ("calls", "events"))
    allowed = _allowed(seen)
    everything = [(one, reason, False) for one, reason in asked.items()]
    everything += [(one, reason, True) for one, reason in optional.items()]
    return Observation(
        plugin,
        version,
        calls + events,
        events,
        _days(seen),
        tuple(_observed(*each, allowed, uses, evidence=bool(calls + events)) for each in everything),
        tuple(_refused(seen, [Permission.parse(one).kind for one, _, _ in everything])),
    )


def permission_table(observation: Observation) -> str:
    """``[permissions]`` with what is needed, ready for a manifest; what is doubtful or missing as comments."""
    lines = ["[permissions]", *_table_lines(observation, optional=False)]
    lines += [_missing_line(each) for each in observation.refused if not each.asked]
    optional = list(_table_lines(observation, optional=True))
    return "\n".join([*lines, *(["", "[permissions.optional]", *optional] if optional else [])])


def permission_changes(releases: Sequence[ReleaseDetail]) -> tuple[tuple[str, str, PermissionDiff], ...]:
    """(before, after, what the later one asks for in another way) of ``releases``, given newest first, and so given."""
    asked = [
        (each.version, [Permission.parse(one) for one in (*each.permissions, *each.optional_permissions)])
        for each in releases
    ]
    pairs = zip(asked[1:], asked, strict=False)
    return tuple((old, new, diff(before, after)) for (old, before), (new, after) in pairs)


def _allowed(entries: Iterable[AuditEntry]) -> Counter[str]:
    """Grant → the calls that it allowed."""
    found: Counter[str] = Counter()
    for entry in entries:
        if entry.kind == "capability-calls" and "permission" in entry.detail:
            found[entry.detail["permission"]] += entry.detail["calls"]
    return found


def _observed(
    asked: str,
    reason: str,
    optional: bool,
    allowed: Mapping[str, int],
    uses: Sequence[PermissionUse],
    *,
    evidence: bool,
) -> ObservedPermission:
    permission = Permission.parse(asked)
    places = tuple(use for use in uses if _speaks_of(use, permission))
    calls = None
    if permission.kind in SEEN_KINDS:
        calls = sum(count for grant, count in allowed.items() if _is_within(grant, permission))
    return ObservedPermission(
        asked, reason, optional, permission.risk, _verdict(permission, calls, places, evidence), calls, places
    )


def _verdict(permission: Permission, calls: int | None, places: Sequence[PermissionUse], evidence: bool) -> Verdict:
    if calls:
        return "used"
    if calls is None and permission.kind not in ("modules", "events"):
        return "not judged"
    if places:
        return "in the sources" if calls == 0 else "used"
    return "unused" if evidence or calls is None else "not judged"


def _speaks_of(use: PermissionUse, permission: Permission) -> bool:
    return use.permission == permission.kind or _is_within(use.permission, permission)


def _is_within(text: str, permission: Permission) -> bool:
    """Whether ``text``, which may be a kind alone, is allowed by ``permission``."""
    kind, colon, _ = text.partition(":")
    if kind not in KINDS or (not colon and KINDS[kind].scope is not None and not KINDS[kind].scope_optional):
        return False
    return is_granted(Permission.parse(text), [permission])


def _refused(entries: Iterable[AuditEntry], asked_kinds: Sequence[str]) -> Iterator[Refused]:
    counts: Counter[str] = Counter()
    through: dict[str, set[str]] = {}
    for entry in entries:
        if entry.kind == "permission-denied":
            what = entry.detail["permission"]
            counts[what] += entry.detail["calls"]
            through.setdefault(what, set()).add(f"{entry.detail['capability']}.{entry.detail['method']}")
    for what, calls in sorted(counts.items()):
        yield Refused(what, calls, tuple(sorted(through[what])), what.partition(":")[0] in asked_kinds)


def _days(entries: Sequence[AuditEntry]) -> float:
    if not entries:
        return 0.0
    first, last = (datetime.fromisoformat(entry.time) for entry in (entries[0], entries[-1]))
    return round((last - first).total_seconds() / 86400, 1)


def _table_lines(observation: Observation, *, optional: bool) -> Iterator[str]:
    for each in observation.permissions:
        if each.optional != optional or each.verdict == "unused":
            continue
        line = f"{text(each.permission)} = {text(each.reason)}"
        if each.verdict == "in the sources":
            place = each.places[0]
            line += f"  # no call used it, but {place.file} line {place.line} does"
        elif each.verdict == "not judged":
            line += "  # not judged: nothing shows whether it is used"
        yield line


def _missing_line(refused: Refused) -> str:
    why = f"refused {refused.calls} times to {', '.join(refused.through)}"
    kind = KINDS.get(refused.permission)
    if kind is not None and kind.scope is not None and not kind.scope_optional:
        return f"# {text(refused.permission + ':…')} = {text('why it needs it')}  # {why}: name the scope"
    return f"{text(refused.permission)} = {text('TODO: say why')}  # {why}"
