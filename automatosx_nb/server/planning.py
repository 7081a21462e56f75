"""``POST plan``: which versions somebody would get, from what they want and have, without a profile of theirs here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from automatosx_nb.errors import InvalidPlanRequest, InvalidSearch
from automatosx_nb.model.changelog import news
from automatosx_nb.model.flags import deprecation, warnings_of
from automatosx_nb.model.permissions import not_covered
from automatosx_nb.model.plan import PlannedChange
from automatosx_nb.model.resolution import Resolution, resolve
from automatosx_nb.model.semver import Version
from automatosx_nb.model.surroundings import Surroundings, packages_of
from automatosx_nb.profile.changes import Consent, change_kind, release_of, requirement_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from automatosx_nb.model.compatibility import Environment
    from automatosx_nb.model.consent import PermissionPolicy
    from automatosx_nb.model.policy import Cooldown, ReleasePolicy
    from automatosx_nb.model.ports import Registry

LONGEST = 256 * 1024
"""Bytes of a request."""
_Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
_Text: TypeAlias = Annotated[str, Meta(max_length=256)]
_Versions: TypeAlias = Annotated[dict[_Id, _Text], Meta(max_length=1000)]


class PlanRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What somebody asks for; OpenAPI has it as ``PlanRequest``."""

    wanted: _Versions
    """Plugin id → range."""
    installed: _Versions = msgspec.field(default_factory=dict)
    """Plugin id → version."""
    locked: _Versions = msgspec.field(default_factory=dict)
    update: Annotated[tuple[_Id, ...], Meta(max_length=1000)] = ()
    prereleases: bool = False
    engine: _Text | None = None
    python: _Text | None = None
    platform: _Text | None = None
    packages: Annotated[dict[_Id, _Text], Meta(max_length=5000)] | None = None
    """Every installed distribution → its version; None: not said."""


def read(body: bytes) -> PlanRequest:
    """:raises InvalidPlanRequest: it is no such request, or too long."""
    if len(body) > LONGEST:
        raise InvalidPlanRequest(f"it is longer than {LONGEST} bytes")
    try:
        return msgspec.json.decode(body, type=PlanRequest)
    except msgspec.DecodeError as error:  # a ValidationError is one, too
        raise InvalidPlanRequest(str(error)) from error


def plan(
    request: PlanRequest,
    registry: Registry,
    *,
    here: Environment,
    policy: ReleasePolicy,
    permissions: PermissionPolicy,
    cooldown: Cooldown | None,
    spend: Callable[[], object] | None = None,
) -> dict[str, Any]:
    """The document of the answer. ``here`` is where this server runs, for a request that does not say where plugins do.

    Raises as :func:`~automatosx_nb.model.resolution.resolve` does, and InvalidVersion for a version that is none.
    """
    installed = _versions(request.installed)
    resolution = resolve(
        request.wanted,
        registry,
        installed=installed,
        locked=_versions(request.locked),
        update=request.update,
        prereleases=request.prereleases,
        engine=here.engine if request.engine is None else Version.parse(request.engine),
        python=here.python if request.python is None else request.python,
        platform=here.platform if request.platform is None else request.platform,
        policy=policy,
        cooldown=cooldown,
        spend=spend,
    )
    lacks = _Lacks(request, here)
    return {
        "changes": _Changes(registry, permissions, resolution, lacks).since(installed),
        "plugins": resolution.plugins(),
        "held_back": resolution.held_back(),
    }


def _versions(texts: Mapping[str, str]) -> dict[str, Version]:
    return {plugin: Version.parse(text) for plugin, text in texts.items()}


class _Lacks:
    """Which of a release's packages whoever asks has not; all of them, where they did not say what they have."""

    def __init__(self, request: PlanRequest, here: Environment) -> None:
        """:raises InvalidPlanRequest: a package has a version that is none."""
        try:
            packages = packages_of(request.packages or {})
        except InvalidSearch as error:
            raise InvalidPlanRequest(f"'packages' has {error.found}") from error
        python = here.python if request.python is None else request.python
        platform = here.platform if request.platform is None else request.platform
        self._around = Surroundings("", python, platform, packages)

    def of(self, requirements: Sequence[str]) -> tuple[str, ...]:
        if not self._around.packages:
            return tuple(requirements)
        return tuple(text for text in requirements if not self._around.has_package(text))


class _Changes:
    """The records of :class:`~automatosx_nb.model.plan.PlannedChange`, as far as they do not depend on a profile.

    What an installed version asked for counts as granted.
    """

    def __init__(
        self, registry: Registry, permissions: PermissionPolicy, resolution: Resolution, lacks: _Lacks
    ) -> None:
        self._lacks = lacks
        self._registry = registry
        self._permissions = permissions
        self._resolution = resolution

    def since(self, installed: Mapping[str, Version]) -> list[PlannedChange]:
        """What is added or changed, in the order of activation, then what is removed."""
        chosen = self._resolution.selected
        new = [plugin for plugin in self._resolution.order if installed.get(plugin) != chosen[plugin]]
        gone = sorted(installed.keys() - chosen.keys())
        return [
            *(self._change(plugin, installed.get(plugin), chosen[plugin]) for plugin in new),
            *(PlannedChange(each, "remove", str(installed[each]), None, "nothing requires it") for each in gone),
        ]

    def _change(self, plugin: str, old: Version | None, new: Version) -> PlannedChange:
        detail = self._registry.plugin(plugin)
        release = release_of(detail, str(new))
        before = next((each for each in detail.releases if old is not None and each.version == str(old)), None)
        asked = (*before.permissions, *before.optional_permissions) if before else ()
        consent = Consent.of(release, asked, self._permissions, plugin)
        changelog = news(self._registry.changelog(plugin, str(new)), str(old), str(new)) if old is not None else ""
        return PlannedChange(
            id=plugin,
            kind=change_kind(str(old) if old is not None else None, str(new)),
            old=str(old) if old is not None else None,
            new=str(new),
            why=self._resolution.because(plugin),
            asks=consent.asks,
            optional=consent.optional,
            by_policy=consent.by_policy,
            denied=consent.denied,
            drops=not_covered(asked, (*release.permissions, *release.optional_permissions)),
            size=release.size,
            changelog=changelog,
            missing_packages=self._lacks.of(release.packages),
            sha256=release.sha256,
            requires=requirement_changes(before.dependencies if before else {}, release.dependencies),
            old_size=before.size if before else 0,
            source=self._registry.source_of(plugin),
            verified=detail.summary.verified,
            deprecated=deprecation(release),
            warnings=warnings_of(plugin, self._resolution.releases[plugin]),
            signature=release.signature,
        )
