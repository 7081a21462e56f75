"""Carrying out a plan: fetch → verify → check → copy state → write a generation → switch. Whole, or nothing.

Nothing that a reader can see changes before the switch, which is one atomic step; what was fetched for a plan that
failed stays in the content-addressed store, where it does no harm and saves the next try the download. State is copied
last, so that as little as possible is written to the old one afterwards, by kernels that do not follow yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automatosx_nb.errors import ConsentRequired, PlanStale, PolicyForbids, PublisherChanged
from automatosx_nb.model.generation import Generation, InstalledPlugin
from automatosx_nb.model.permissions import not_covered
from automatosx_nb.model.plan import Applied, Plan, PlannedChange
from automatosx_nb.model.policy import UNSIGNED
from automatosx_nb.model.progress import Progress, Step, Transfer
from automatosx_nb.package import Package, read
from automatosx_nb.package.signing import verify_release
from automatosx_nb.profile.changes import refuse_denied, refuse_denied_grants
from automatosx_nb.profile.dependants import refuse_broken
from automatosx_nb.profile.fetching import AT_ONCE, Wanted, fetch
from automatosx_nb.profile.lock import changing
from automatosx_nb.profile.migrating import Migrate, carry_state_over
from automatosx_nb.profile.state import new_state_name

if TYPE_CHECKING:
    from automatosx_nb.model.consent import PermissionPolicy
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.profile.profile import Profile

HealthCheck = Callable[[Package, tuple[str, ...]], None]
"""Starts a plugin with its grants as a trial, and raises what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a generation, and when (RFC 3339, UTC)."""

    by: str
    at: str
    surface: str = ""

    def generation(
        self, after: Generation, action: str, plugins: Mapping[str, InstalledPlugin], *, restores: int | None = None
    ) -> Generation:
        """The one that follows ``after``."""
        return Generation(
            after.number + 1, after.number, self.at, self.by, action, plugins, restores=restores, surface=self.surface
        )


def apply_plan(
    profile: Profile,
    plan: Plan,
    *,
    registry: Registry,
    grants: Collection[str],
    permissions: PermissionPolicy,
    check: HealthCheck,
    migrate: Migrate,
    author: Author,
    progress: Progress,
    passing: Mapping[str, Collection[str]] | None = None,
    at_once: int = AT_ONCE,
    trust: Collection[str] = (),
    signed: bool = False,
) -> Applied:
    """Install, update or remove as ``plan`` says; ``grants`` are the permissions the user agreed to, for all of it.

    ``trust``: plugins that may come from somebody else than before. ``passing``: the profile keeps nothing of the
    grants; plugin → what it has of them all the same.
    What ``permissions`` allows is granted, too; what it denies is not, whoever agreed to it.
    ``at_once``: how many artifacts are fetched at a time. ``signed``: nothing comes that its publisher did not sign.

    :raises ConsentRequired: a permission that is asked for is neither granted already nor among ``grants``.
    :raises PublisherChanged: somebody else may stand behind a plugin that is not among ``trust``.
    :raises PolicyForbids: somebody agreed to what ``permissions`` denies, or a plugin cannot do without that.
    :raises PlanStale: the profile changed since the plan was made.
    :raises InvalidSignature: what was fetched is not what its publisher signed; no ``trust`` helps.
    :raises ArtifactMismatch: the registry handed out other bytes than it announced.
    :raises ArtifactTooLarge: or more of them.
    :raises RegistryUnreachable: what has come stays for the next try.
    :raises DependantsBroken: a release has not the services that plugins call which require it.
    :raises StateDowngrade: a release reads older state than there is.
    :raises MigrationFailed: a release could not bring the state to its version.
    :raises StorageFull:
    :raises ProfileReadOnly:
    :raises ProfileBusy:
    """
    _require_agreement(plan, grants, permissions, trust)
    if plan.changes_nothing:
        return Applied(plan.base, plan)
    with changing(profile):
        current = fresh(profile, plan)
        number = current.number + 1
        entries = dict(_kept_entries(current, plan))
        staying = dict(entries)
        steps = _Steps(progress, [change for change in plan.changes if change.new is not None])
        steps.fetched(Transfer(0, len(steps.incoming), 0, 0))
        fetch(profile.store, registry, [_wanted(each) for each in steps.incoming], steps.fetched, at_once=at_once)
        for change in steps.incoming:
            steps.tell("verify", change, f"verifying {change.id} {change.new}")
            package = _verified(profile.store.read(change.sha256), change, signed=signed)
            refuse_broken(profile, current, package, staying)
            kept = grants if passing is None else ()
            entry = entries[change.id] = _entry(package, plan, change, current, kept, permissions, number)
            steps.tell("check", change, f"starting {change.id} {change.new} once, confined")
            check(package, (*entry.grants, *(passing or {}).get(change.id, ())))
        for change in steps.incoming:
            carry_state_over(profile, current, entries[change.id], migrate)
        generation = author.generation(current, plan.action, entries)
        switch_to(profile, generation, progress)
    return Applied(number, plan)


def apply_return(
    profile: Profile,
    plan: Plan,
    target: Generation,
    *,
    permissions: PermissionPolicy,
    migrate: Migrate,
    author: Author,
    progress: Progress,
    restores: int | None = None,
) -> Applied:
    """Make a new generation with the plugins of ``target``: versions, grants, pins, and their state and settings.

    A plugin whose state is named for the new generation (see ``returning.with_todays_state``) gets a copy of today's.
    Where that changes nothing, no generation is made.

    :param restores: the generation that this brings back; None: what ``target`` is was never there.
    :raises PlanStale:
    :raises PolicyForbids: it would bring back a grant that ``permissions`` denies.
    :raises ProfileDamaged: an artifact that comes back is missing or changed; nothing was switched.
    :raises StateDowngrade: today's state was to be kept, and is too new.
    :raises MigrationFailed: today's state was to be kept, and could not be brought up to date.
    """
    if plan.changes_nothing:
        return Applied(plan.base, plan)
    with changing(profile):
        current = fresh(profile, plan)
        refuse_denied_grants(current, target, permissions)
        for digest in {each.sha256 for each in target.plugins.values()} - _digests(current):
            profile.store.read(digest)
        for entry in target.plugins.values():
            if entry.state == new_state_name(entry.id, entry.version, current.number + 1):
                carry_state_over(profile, current, entry, migrate)
        generation = author.generation(current, plan.action, target.plugins, restores=restores)
        switch_to(profile, generation, progress)
    return Applied(generation.number, plan)


def _digests(generation: Generation) -> set[str]:
    return {entry.sha256 for entry in generation.plugins.values()}


class _Steps:
    """Fractions of the whole: fetching is half of it, and each incoming plugin has an equal share of the rest."""

    _FETCHING, _TRYING = 0.45, 0.45
    _WITHIN = ("verify", "check")

    def __init__(self, progress: Progress, incoming: list[PlannedChange]) -> None:
        self._progress = progress
        self._furthest = 0.0
        self.incoming = incoming

    def fetched(self, transfer: Transfer) -> None:
        if not self.incoming:
            return
        what = f"{self.incoming[0].id} {self.incoming[0].new}" if len(self.incoming) == 1 else "plugins"
        if transfer.total:  # what has to be fetched anew is no step back
            self._furthest = max(self._furthest, min(1.0, transfer.done / transfer.total))
        text = f"fetching {what}: {transfer}" if transfer.total else f"fetching {what}"
        self._progress(Step("fetch", self._FETCHING * self._furthest, text, transfer))

    def tell(self, name: str, change: PlannedChange, text: str) -> None:
        share = self.incoming.index(change) + self._WITHIN.index(name) / len(self._WITHIN)
        self._progress(Step(name, self._FETCHING + self._TRYING * share / len(self.incoming), text))


def _require_agreement(
    plan: Plan, grants: Collection[str], permissions: PermissionPolicy, trust: Collection[str]
) -> None:
    """:raises PolicyForbids: somebody agreed to what nobody may.
    :raises ConsentRequired:
    :raises PublisherChanged:
    """
    for change in plan.changes:
        refuse_denied(permissions, change.id, change.new or "0.0.0", _agreed(change.denied, grants))
    _require_consent(plan, grants)
    doubts = {change.id: change.doubt for change in plan.changes if change.doubt and change.id not in trust}
    if doubts:
        raise PublisherChanged(doubts)


def _require_consent(plan: Plan, grants: Collection[str]) -> None:
    lacking = {
        (change.id, change.new): {text: change.asks[text] for text in missing}
        for change in plan.changes
        if change.new is not None and (missing := not_covered(change.asks, grants))
    }
    if lacking:
        (plugin, version), asked = next(iter(lacking.items()))
        others = {f"{each[0]} {each[1]}": more for each, more in lacking.items() if each[0] != plugin}
        raise ConsentRequired(plugin, version, asked, others, plan.grants_digest)


def _agreed(asked: Collection[str], grants: Collection[str]) -> list[str]:
    """Those of ``asked`` that ``grants`` cover."""
    open_ = not_covered(asked, grants)
    return [text for text in asked if text not in open_]


def fresh(profile: Profile, plan: Plan) -> Generation:
    current = profile.generations.current()
    if current.number != plan.base:
        raise PlanStale(plan.base, current.number)
    return current


def _kept_entries(current: Generation, plan: Plan) -> Iterator[tuple[str, InstalledPlugin]]:
    for plugin in plan.kept:
        entry = current.plugins[plugin]
        yield (
            plugin,
            replace(
                entry,
                wish=plan.wishes.get(plugin),
                channel=plan.channels.get(plugin, entry.channel),
                pin=plan.pins.get(plugin, entry.pin),
            ),
        )


def _wanted(change: PlannedChange) -> Wanted:
    assert change.new is not None
    return Wanted(change.id, change.new, change.sha256, change.size)


def _verified(artifact: bytes, change: PlannedChange, *, signed: bool) -> Package:
    """The registry's word about a signature is none: it is held against the bytes themselves."""
    package = read(artifact, name=f"{change.id} {change.new}")
    if change.signature is not None:
        verify_release(package, change.signature)
    elif signed:
        raise PolicyForbids(change.id, str(change.new), UNSIGNED)
    return package


def _signer(change: PlannedChange, old: InstalledPlugin | None) -> str:
    """The very same bytes stay signed, also where they come from the store without anybody's word."""
    if change.signature is not None:
        return change.signature.key
    return old.signer if old is not None and old.sha256 == change.sha256 else ""


def _entry(
    package: Package,
    plan: Plan,
    change: PlannedChange,
    current: Generation,
    grants: Collection[str],
    permissions: PermissionPolicy,
    number: int,
) -> InstalledPlugin:
    """:raises PolicyForbids: policy denies what the plugin cannot do without, or what a lock grants it."""
    manifest = package.manifest
    old = current.plugins.get(change.id)
    exactly = change.grants is not None
    held = {*grants, *(old.grants if old else ())} if change.grants is None else change.grants
    needed = change.grants if change.grants is not None else tuple(manifest.permissions)
    refuse_denied(permissions, change.id, str(manifest.version), needed)
    asked = (*manifest.permissions, *manifest.optional_permissions)
    stays = old is not None and old.version == change.new
    return InstalledPlugin(
        id=change.id,
        version=str(manifest.version),
        sha256=package.sha256,
        wish=plan.wishes.get(change.id),
        grants=permissions.held(asked, held, change.id, manifest.version, exactly=exactly),
        state=new_state_name(change.id, str(manifest.version), number),
        summary=manifest.summary,
        contributes=manifest.contributes.records(),
        state_version=manifest.state.version,
        channel=plan.channels.get(change.id, old.channel if old else "stable"),
        pin=plan.pins.get(change.id, old.pin if old and stays else None),
        source=change.source,
        verified=change.verified,
        signer=_signer(change, old),
    )


def switch_to(profile: Profile, generation: Generation, progress: Progress) -> None:
    progress(Step("switch", 0.95, f"switching to generation {generation.number}"))
    profile.generations.write(generation)
    profile.generations.switch(generation.number)
    progress(Step("done", 1.0, generation.action))
