"""A registry's documents as records. Nothing in them is believed: what would name a file or a version is checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from automatosx_nb.errors import InvalidRange, InvalidVersion
from automatosx_nb.model.release import (
    Advisory,
    CheckResult,
    IndexRelease,
    PluginDetail,
    ReleaseDetail,
    SearchPage,
    Severity,
    Stage,
)
from automatosx_nb.model.screenshots import ShownPicture
from automatosx_nb.model.semver import Range, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGEST = re.compile(r"[0-9a-f]{64}")


class NotUnderstood(ValueError):
    """A document is not what its path promises; the text continues 'it'."""


class SaidAdvisory(msgspec.Struct):
    id: str
    plugin: str
    range: str
    severity: Severity
    summary: str
    disables: bool = False
    published: str = ""


class _Release(msgspec.Struct):
    version: str
    sha256: str
    size: int
    dependencies: dict[str, str] = {}
    optional_dependencies: dict[str, str] = {}
    engine: str | None = None
    python: str = ""
    packages: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    stage: Stage = Stage.STABLE
    yanked: str | None = None
    quarantined: str | None = None
    deprecated: str | None = None
    successor: str | None = None
    published: str = ""
    advisories: tuple[SaidAdvisory, ...] = ()
    signed: str | None = None


class _Index(msgspec.Struct):
    id: str
    releases: list[_Release]


class _Name(msgspec.Struct):
    name: str
    taken: bool


class SaidOfRelease(msgspec.Struct):
    """What a release's own document says beyond a plugin's."""

    changelog: str
    checks: tuple[CheckResult, ...] = ()
    screenshots: tuple[ShownPicture, ...] = ()


def index_of(plugin: str, body: bytes) -> list[IndexRelease]:
    """:raises NotUnderstood:"""
    try:
        document = msgspec.json.decode(body, type=_Index)
        _same(plugin, document.id)
        return [_index_release(each) for each in document.releases]
    except (msgspec.MsgspecError, InvalidVersion, InvalidRange) as error:
        raise _not_understood(f"index of {plugin}", error) from error


def detail_of(plugin: str, body: bytes) -> PluginDetail:
    """:raises NotUnderstood:"""
    try:
        detail = msgspec.json.decode(body, type=PluginDetail)
        _same(plugin, detail.summary.id)
        for release in detail.releases:
            _check_release(release)
        if detail.summary.version not in [release.version for release in detail.releases]:
            raise NotUnderstood(f"shows a release of {plugin} that it does not have")
        return detail
    except (msgspec.MsgspecError, InvalidVersion, InvalidRange) as error:
        raise _not_understood(f"details of {plugin}", error) from error


def page_of(body: bytes) -> SearchPage:
    """:raises NotUnderstood:"""
    try:
        return msgspec.json.decode(body, type=SearchPage)
    except msgspec.MsgspecError as error:
        raise _not_understood("page of a search", error) from error


def name_taken(name: str, body: bytes) -> bool:
    """:raises NotUnderstood:"""
    try:
        document = msgspec.json.decode(body, type=_Name)
    except msgspec.MsgspecError as error:
        raise _not_understood(f"word on the name {name}", error) from error
    _same(name, document.name)
    return document.taken


def said_of(plugin: str, body: bytes) -> SaidOfRelease:
    """:raises NotUnderstood:"""
    try:
        return msgspec.json.decode(body, type=SaidOfRelease)
    except msgspec.MsgspecError as error:
        raise _not_understood(f"release of {plugin}", error) from error


def _index_release(said: _Release) -> IndexRelease:
    _check_bytes(said.sha256, said.size)
    return IndexRelease(
        version=Version.parse(said.version),
        dependencies=_ranges(said.dependencies),
        optional_dependencies=_ranges(said.optional_dependencies),
        engine=None if said.engine is None else Range.parse(said.engine),
        python=said.python,
        packages=said.packages,
        platforms=said.platforms,
        stage=said.stage,
        yanked=said.yanked,
        quarantined=said.quarantined,
        deprecated=said.deprecated,
        successor=said.successor,
        published=said.published,
        sha256=said.sha256,
        size=said.size,
        advisories=tuple(advisory_of(each) for each in said.advisories),
        signed=said.signed,
    )


def advisory_of(said: SaidAdvisory) -> Advisory:
    return Advisory(
        id=said.id,
        plugin=said.plugin,
        range=Range.parse(said.range),
        severity=said.severity,
        summary=said.summary,
        disables=said.disables,
        published=said.published,
    )


def _ranges(said: Mapping[str, str]) -> dict[str, Range]:
    return {plugin: Range.parse(wanted) for plugin, wanted in said.items()}


def _check_release(said: ReleaseDetail) -> None:
    Version.parse(said.version)
    _check_bytes(said.sha256, said.size)
    _ranges(said.dependencies)


def _check_bytes(sha256: str, size: int) -> None:
    if not _DIGEST.fullmatch(sha256) or size < 0:
        raise NotUnderstood("names an artifact by what is no SHA-256 and size")


def _same(asked: str, said: str) -> None:
    if asked != said:
        raise NotUnderstood(f"answers about another plugin than {asked}")


def _not_understood(what: str, error: Exception) -> NotUnderstood:
    reason = " ".join(str(error).split())[:200].rstrip(".")
    return NotUnderstood(f"has a {what} that cannot be read ({reason})")
