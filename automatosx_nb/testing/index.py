"""An index in memory, written down as plain data."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.release import IndexRelease, Stage
from automatosx_nb.model.semver import Range, Version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MemoryIndex:
    """The releases that ``data`` lists, as ``{plugin: [{"version": "1.0.0", "deps": {plugin: range}}]}``.

    A release may also have ``optional`` (as ``deps``), ``engine``, ``python``, ``platforms``, ``stage``, ``published``
    (RFC 3339), ``yanked`` and ``quarantined`` (a reason, or true). ``env`` is what they are held against, as in
    ``{"engine": "1.0.0", "python": "3.12"}``. Plugin ids can be any text.
    """

    def __init__(self, data: Mapping[str, Sequence[Mapping[str, Any]]], env: Mapping[str, str] | None = None) -> None:
        self._data = data
        self._read: dict[str, tuple[IndexRelease, ...]] = {}
        env = env or {}
        self.engine = Version.parse(env["engine"]) if "engine" in env else None
        self.python = env.get("python")

    def releases(self, plugin: str, /) -> Sequence[IndexRelease]:
        """As they are listed; empty where ``plugin`` is unknown.

        :raises InvalidVersion:
        :raises InvalidRange:
        """
        if plugin not in self._read:
            self._read[plugin] = tuple(map(_release, self._data.get(plugin, ())))
        return self._read[plugin]

    def known(self) -> Sequence[str]:
        return tuple(self._data)


_range = cache(Range.parse)


def _release(record: Mapping[str, Any]) -> IndexRelease:
    engine = record.get("engine")
    return IndexRelease(
        version=Version.parse(record["version"]),
        dependencies={plugin: _range(text) for plugin, text in record.get("deps", {}).items()},
        optional_dependencies={plugin: _range(text) for plugin, text in record.get("optional", {}).items()},
        engine=_range(engine) if engine else None,
        python=record.get("python") or "",
        platforms=tuple(record.get("platforms", ())),
        stage=Stage(record.get("stage", Stage.STABLE)),
        yanked=_reason(record.get("yanked"), "no reason given"),
        quarantined=_reason(record.get("quarantined"), "no reason given"),
        published=record.get("published", ""),
    )


def _reason(mark: object, otherwise: str) -> str | None:
    """A mark is a reason, or true without one."""
    if not mark:
        return None
    return mark if isinstance(mark, str) else otherwise
