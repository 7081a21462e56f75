"""A mirror as a registry: without a server, a network, or trust in anything but its digests."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn, TypeVar

import msgspec

from automatosx_nb.errors import (
    MirrorDamaged,
    MirrorExpired,
    NotAMirror,
    PublishingElsewhere,
    UnknownPlugin,
    UnknownRelease,
)
from automatosx_nb.model.names import publisher_of
from automatosx_nb.model.release import Stage
from automatosx_nb.model.spelling import nearest
from automatosx_nb.registry.client import records
from automatosx_nb.registry.client.addresses import ROOT
from automatosx_nb.registry.client.static_files import read_root, verified
from automatosx_nb.registry.mirroring.layout import FORMAT, Blob, PluginDocument, Root, path_of
from automatosx_nb.registry.pictures import in_files
from automatosx_nb.registry.search import Entry, SearchIndex
from automatosx_nb.registry.unpacked import Unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports import ArtifactSource
    from automatosx_nb.model.release import CheckResult, IndexRelease, PluginDetail, SearchPage, SearchQuery
    from automatosx_nb.model.screenshots import ShownPicture
    from automatosx_nb.registry.client.static_files import MirrorFiles

T = TypeVar("T")
_AT_ONCE = 6
_NULL = msgspec.Raw(b"null")
_MOST_KEPT = 512
"""Documents that are read and verified once."""
_PIECE = 64 * 1024
"""Bytes in one piece of an artifact."""


class StaticRegistry:
    """Implements :class:`automatosx_nb.model.ports.Registry`; every method may be called from any thread.

    All raise :class:`MirrorDamaged` where a file is not what it should be. ``address`` is the copied registry's, so
    that what is installed from a mirror is known to be the same as what is installed from there.
    """

    def __init__(self, files: MirrorFiles, *, pin: str = "", refuse_expired: bool = False) -> None:
        """:param pin: the SHA-256 of ``mirror.json``; empty: any will do.

        :raises NotAMirror:
        :raises MirrorExpired: it has, and ``refuse_expired``.
        """
        self._files = files
        self._root = _root(files.location, read_root(files, pin))
        self.address = self._root.source
        self.location = files.location
        self._indexing = threading.Lock()
        self._kept: dict[str, PluginDocument] = {}
        self._unpacked = Unpacked()
        if refuse_expired and self.stale_since is not None:
            raise MirrorExpired(files.location, self._root.made, self._root.expires)

    def __enter__(self) -> StaticRegistry:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._files.close()

    @property
    def mirrors(self) -> tuple[ArtifactSource, ...]:
        """None: it is one."""
        return ()

    @property
    def stale_since(self) -> str | None:
        """When it was made, once it has expired."""
        return self._root.made if datetime.fromisoformat(self._root.expires) <= datetime.now(UTC) else None

    def seen_by(self, _actor: Actor) -> StaticRegistry:
        """Everybody sees the same: what was copied."""
        return self

    def has_publisher(self, name: str) -> bool:
        """Whether a plugin of that publisher was copied; of others a mirror knows nothing."""
        return any(publisher_of(plugin) == name for plugin in self._root.plugins)

    def source_of(self, _plugin: str) -> str:
        return self.address

    def search(self, query: SearchQuery) -> SearchPage:
        """:raises InvalidSearch: for a text, size, sort or cursor that is none."""
        with self._indexing:
            index = self._index
        return index.search(query)

    def plugin(self, plugin: str) -> PluginDetail:
        """:raises UnknownPlugin: with the nearest ids."""
        document = self._document(plugin)
        if document.detail == _NULL:
            raise UnknownPlugin(plugin)
        return self._understood(plugin, lambda: records.detail_of(plugin, document.detail))

    def releases(self, plugin: str, /) -> list[IndexRelease]:
        """Every copied release, newest first; none where the plugin is unknown."""
        if plugin not in self._root.plugins:
            return []
        document = self._document(plugin)
        return self._understood(plugin, lambda: records.index_of(plugin, document.index))

    def releases_many(self, ids: Collection[str], /) -> dict[str, list[IndexRelease]]:
        return {plugin: self.releases(plugin) for plugin in ids}

    def artifact(self, plugin: str, version: str, *, start: int = 0) -> Generator[bytes, None, None]:
        """As :meth:`automatosx_nb.model.ports.ArtifactSource.artifact`, compared with its digest before it is given."""
        data = verified(self._files, self._blob(plugin, version))
        return (data[each : each + _PIECE] for each in range(start, len(data), _PIECE))

    def changelog(self, plugin: str, version: str) -> str:
        """Markdown. Raises as :meth:`artifact` does."""
        found = self._document(plugin).changelogs
        if version not in found:
            raise UnknownRelease(plugin, version, tuple(found))
        return found[version]

    def checked(self, plugin: str, version: str) -> tuple[CheckResult, ...]:
        """As :meth:`automatosx_nb.model.ports.Registry.checked`."""
        return self._document(plugin).checks.get(version, ())

    def screenshots(self, plugin: str, version: str) -> tuple[ShownPicture, ...]:
        """As :meth:`automatosx_nb.model.ports.Registry.screenshots`."""
        return in_files(self._contents(plugin, version))

    def picture(self, plugin: str, version: str, shown: ShownPicture) -> bytes | None:
        """As :meth:`automatosx_nb.model.ports.Registry.picture`."""
        files = self._contents(plugin, version)
        return files[shown.file] if shown in in_files(files) else None

    def _contents(self, plugin: str, version: str) -> Mapping[str, bytes]:
        blob = self._blob(plugin, version)
        return self._unpacked.files(blob.sha256, f"{plugin} {version}", lambda: verified(self._files, blob))

    def _blob(self, plugin: str, version: str) -> Blob:
        """The artifact. Raises as :meth:`artifact` does."""
        release = next((each for each in self.releases(plugin) if str(each.version) == version), None)
        if release is None or release.quarantined is not None:
            raise UnknownRelease(plugin, version, tuple(each.version for each in self.plugin(plugin).releases))
        return Blob(release.sha256, release.size)

    def publish(self, artifact: bytes, *, stage: Stage = Stage.STABLE, signature: bytes | None = None) -> NoReturn:
        """:raises PublishingElsewhere: always: it is a copy."""
        raise PublishingElsewhere(self.address, self.location)

    def check(self, artifact: bytes) -> NoReturn:
        """:raises PublishingElsewhere: always."""
        raise PublishingElsewhere(self.address, self.location)

    @cached_property
    def _index(self) -> SearchIndex:
        index = SearchIndex()
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="automatosx-mirror") as threads:
            documents = threads.map(self._document, self._root.plugins)
            shown = [plugin for plugin, each in zip(self._root.plugins, documents, strict=True) if each.detail != _NULL]
        details = sorted(map(self.plugin, shown), key=lambda each: (each.summary.updated, each.summary.id))
        entries = [Entry(each.summary, each.readme, number) for number, each in enumerate(details, 1)]
        index.update(entries, revision=len(entries))
        return index

    def _document(self, plugin: str) -> PluginDocument:
        """:raises UnknownPlugin:"""
        blob = self._root.plugins.get(plugin)
        if blob is None:
            raise UnknownPlugin(plugin, nearest(plugin, self._root.plugins))
        kept = self._kept.get(plugin)
        if kept is None:
            data = verified(self._files, blob)
            kept = self._understood(plugin, lambda: msgspec.json.decode(data, type=PluginDocument))
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[plugin] = kept
        return kept

    def _understood(self, plugin: str, read: Callable[[], T]) -> T:
        try:
            return read()
        except (msgspec.MsgspecError, records.NotUnderstood) as error:
            path = path_of(self._root.plugins[plugin].sha256)
            raise MirrorDamaged(self.location, path, f"this version cannot read what it says of {plugin}") from error


def _root(location: str, data: bytes) -> Root:
    """:raises NotAMirror:"""
    try:
        root = msgspec.json.decode(data, type=Root)
        datetime.fromisoformat(root.expires).astimezone(UTC)
    except (msgspec.MsgspecError, ValueError) as error:
        raise NotAMirror(location, f"its {ROOT} is none of a mirror's") from error
    if root.format != FORMAT:
        raise NotAMirror(location, f"its format is {root.format}, and this version reads {FORMAT}")
    return root
