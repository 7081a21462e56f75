"""``POST plan``: which versions somebody would get, from what they want and have, without a profile of theirs here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from automatosx_nb.errors import InvalidPlanRequest
from automatosx_nb.model.resolution import Resolution, resolve
from automatosx_nb.model.semver import Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.model.compatibility import Environment
    from automatosx_nb.model.policy import Cooldown, ReleasePolicy
    from automatosx_nb.model.ports import ReleaseIndex

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


def read(body: bytes) -> PlanRequest:
    """:raises InvalidPlanRequest: it is no such request, or too long."""
    if len(body) > LONGEST:
        raise InvalidPlanRequest(f"it is longer than {LONGEST} bytes")
    try:
        return msgspec.json.decode(body, type=PlanRequest)
    except msgspec.DecodeError as error:  # a ValidationError is one, too
        raise InvalidPlanRequest(str(error)) from error


def plan(
    request: PlanRequest, index: ReleaseIndex, *, here: Environment, policy: ReleasePolicy, cooldown: Cooldown | None
) -> dict[str, Any]:
    """The document of the answer. ``here`` is where this server runs, for a request that does not say where plugins do.

    Raises as :func:`~automatosx_nb.model.resolution.resolve` does, and InvalidVersion for a version that is none.
    """
    installed = _versions(request.installed)
    resolution = resolve(
        request.wanted,
        index,
        installed=installed,
        locked=_versions(request.locked),
        update=request.update,
        prereleases=request.prereleases,
        engine=here.engine if request.engine is None else Version.parse(request.engine),
        python=here.python if request.python is None else request.python,
        platform=here.platform if request.platform is None else request.platform,
        policy=policy,
        cooldown=cooldown,
    )
    return {
        "changes": _changes(installed, resolution),
        "plugins": resolution.plugins(),
        "held_back": resolution.held_back(),
    }


def _versions(texts: Mapping[str, str]) -> dict[str, Version]:
    return {plugin: Version.parse(text) for plugin, text in texts.items()}


def _changes(installed: Mapping[str, Version], resolution: Resolution) -> list[dict[str, Any]]:
    """What is added or changed, in the order of activation, then what is removed."""
    found: list[dict[str, Any]] = []
    for plugin in resolution.order:
        old, new = installed.get(plugin), resolution.selected[plugin]
        if old != new:
            found.append(_change(plugin, old, new, resolution.because(plugin)))
    gone = sorted(installed.keys() - resolution.selected.keys())
    return [*found, *(_change(plugin, installed[plugin], None, "nothing requires it") for plugin in gone)]


def _change(plugin: str, old: Version | None, new: Version | None, why: str) -> dict[str, Any]:
    kind: Literal["add", "update", "downgrade", "remove"]
    if new is None:
        kind = "remove"
    elif old is None:
        kind = "add"
    else:
        kind = "downgrade" if new < old else "update"
    return {"id": plugin, "kind": kind, "old": old and str(old), "new": new and str(new), "why": why}
