"""What a person is told of policy and grants: of a release before it is installed, of a plugin while it is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from automatosx_nb.errors import NotForOneCall, UnknownRelease
from automatosx_nb.model.consent import Explanation, PermissionPolicy, explain
from automatosx_nb.model.permissions import KINDS, Permission, not_covered
from automatosx_nb.model.semver import Range, Version

if TYPE_CHECKING:
    from automatosx_nb.host.session_grants import SessionGrants
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.plan import Plan
    from automatosx_nb.model.policy import ReleasePolicy
    from automatosx_nb.model.release import PluginDetail, ReleaseDetail

Asked: TypeAlias = tuple[Mapping[str, str], Mapping[str, str]]
"""Permission → the author's reason: what a plugin cannot do without, and what it can."""
State = Literal["profile", "session", "once", "policy", "open", "denied"]
"""Granted by the profile, until the kernel ends, for the next call; what policy would grant without a question; what
nobody granted; what policy denies, whoever granted it."""


@dataclass(frozen=True, slots=True)
class HeldPermission:
    permission: str
    optional: bool
    risk: str
    reason: str
    state: State
    because: str = ""
    """What policy says, where it says anything."""


@dataclass(frozen=True, slots=True)
class PluginHoldings:
    id: str
    version: str
    permissions: tuple[HeldPermission, ...]


def holdings_of(
    entry: InstalledPlugin, asked: Asked, session: SessionGrants, policy: PermissionPolicy
) -> PluginHoldings:
    """Of everything that an installed plugin asks for, what it holds now."""
    sources: tuple[tuple[State, Iterable[str]], ...] = (
        ("profile", entry.grants),
        ("session", session.of(entry.id)),
        ("once", session.waiting(entry.id)),
    )
    found = []
    for texts, optional in zip(asked, (False, True), strict=True):
        for text, decision in policy.decisions(texts, entry.id, Version.parse(entry.version)).items():
            state: State = next((name for name, held in sources if not not_covered([text], held)), "open")
            if decision.verdict == "denied":
                state = "denied"
            elif decision.verdict == "granted" and state == "open":
                state = "policy"
            because = "" if decision.verdict == "asked" else decision.because
            risk = Permission.parse(text).risk.value
            found.append(HeldPermission(text, optional, risk, texts[text], state, because))
    return PluginHoldings(entry.id, entry.version, tuple(found))


def refuse_standing(texts: Iterable[str]) -> None:
    """:raises NotForOneCall: one of them counts for as long as a worker runs."""
    for text in texts:
        if KINDS[Permission.parse(text).kind].standing:
            raise NotForOneCall(text)


def passing_grants(plan: Plan, grants: Iterable[str], *, once: bool) -> dict[str, list[str]]:
    """What ``grants`` give to each plugin that a plan brings or changes, where they are for a session or one call.

    :raises NotForOneCall:
    """
    held = tuple(grants)
    found: dict[str, list[str]] = {}
    for change in plan.changes:
        asked = [*change.asks, *change.optional]
        given = [text for text in asked if text not in not_covered(asked, held)]
        if change.new is not None and given:
            found[change.id] = given
    if once:
        refuse_standing(text for texts in found.values() for text in texts)
    return found


def explain_release(
    detail: PluginDetail, wish: str, releases: ReleasePolicy, permissions: PermissionPolicy
) -> Explanation:
    """:raises UnknownRelease: none is in the range ``wish``."""
    found = _chosen(detail, wish)
    version = Version.parse(found.version)
    against = releases.against(detail.summary.id, version)
    return explain(detail.summary.id, version, against, permissions, found.permissions, found.optional_permissions)


def _chosen(detail: PluginDetail, wish: str) -> ReleaseDetail:
    """The newest release in the range; without one, the newest stable one."""
    wanted = Range.parse(wish or detail.summary.version)
    fitting = [each for each in detail.releases if wanted.allows(Version.parse(each.version), prereleases=bool(wish))]
    if not fitting:
        raise UnknownRelease(detail.summary.id, wish, tuple(each.version for each in detail.releases))
    return max(fitting, key=lambda each: Version.parse(each.version))
