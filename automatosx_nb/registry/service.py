"""The registry in one process, on a folder: the same for a kernel, the server extension and the shell."""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from automatosx_nb.errors import (
    ArtifactMismatch,
    UnknownPlugin,
    UnknownPublisher,
    UnknownRelease,
)
from automatosx_nb.model.identity import owner
from automatosx_nb.model.names import publisher_of
from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.model.release import PluginDetail, Stage
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.model.spelling import nearest
from automatosx_nb.registry import records, signed, storage
from automatosx_nb.registry.blobs import BlobStore, DigestDiffers
from automatosx_nb.registry.current import CurrentSearch
from automatosx_nb.registry.downloads import DownloadCounter
from automatosx_nb.registry.feed import RevisionFeed
from automatosx_nb.registry.figures import Figures, figures
from automatosx_nb.registry.intake import Intake
from automatosx_nb.registry.pictures import Pictures
from automatosx_nb.registry.sayings import sayings
from automatosx_nb.registry.schema import plugins, publishers, sequence
from automatosx_nb.registry.sight import Sight
from automatosx_nb.registry.storage import Storage
from automatosx_nb.registry.unpacked import Unpacked
from automatosx_nb.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping
    from pathlib import Path

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports import ArtifactSource
    from automatosx_nb.model.release import CheckResult, IndexRelease, SearchPage, SearchQuery
    from automatosx_nb.model.screenshots import ShownPicture
    from automatosx_nb.registry.apart import SearchApart
    from automatosx_nb.registry.keeping import Keeping
    from automatosx_nb.registry.search import SearchDocument
    from automatosx_nb.sandbox.supervisor import Sandbox

_PIECE = 64 * 1024
"""Bytes in one piece of an artifact."""


class EmbeddedRegistry(Intake):
    """Implements :class:`automatosx_nb.model.ports.Registry`; every method may be called from any thread.

    Besides what each method says, all raise what :class:`automatosx_nb.registry.database.Database` does.
    """

    address = "embedded"

    def __init__(
        self,
        home: Path | Storage,
        *,
        sandbox: Sandbox | None = None,
        policy: Callable[[], PublishPolicy] = PublishPolicy,
        review: Callable[[], ReviewPolicy] = ReviewPolicy,
        limits: Callable[[], Limits] = Limits,
    ) -> None:
        """Open the registry in the folder ``home``, made where it is missing, or that of an open storage.

        :param sandbox: where publishing starts plugins to see that they do; it stays the caller's to close.
        :param policy: what is asked of what is published, asked anew each time as well.
        :param review: who has to approve it, asked anew each time; what that raises keeps it from being published.
        :param limits: what plugins may use there at most, asked anew each time as well.
        """
        self._database, self._objects = home if isinstance(home, Storage) else storage.in_folder(home)
        self._sandbox = sandbox
        self._policy = policy
        self._review = review
        self._limits = limits
        self._blobs = BlobStore(self._objects)
        self._unpacked = Unpacked()
        self._feed = RevisionFeed(self._database)
        self._downloads = DownloadCounter(self._database)
        self._search: CurrentSearch | SearchApart = CurrentSearch(self._database, self._feed, self._downloads)
        self._reader: Actor | None = None
        self._sight = Sight(None)
        self._pictures = Pictures()

    def seen_by(self, actor: Actor) -> EmbeddedRegistry:
        """The same registry, open and closed with this one, as ``actor`` reads it, without the drafts of others,
        and publishes in it, as a member or not.
        """
        view = copy(self)
        view._reader, view._sight = actor, Sight(actor)
        return view

    @classmethod
    def at(cls, database: str, blobs: str, **options: Any) -> EmbeddedRegistry:
        """The registry of a team, by two URLs; ``options`` and what is raised as of the constructor.

        :raises InvalidConfiguration: as :func:`automatosx_nb.registry.storage.at` does.
        """
        return cls(storage.at(database, blobs), **options)

    def __enter__(self) -> EmbeddedRegistry:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Writes what was counted."""
        self.end_searches()
        self._downloads.close()
        self._database.close()

    @property
    def revision(self) -> int:
        """The number of the last change of anything but downloads; what was read at one number is read at it again.

        Another process's change is seen within half a second, this one's at once.
        """
        return self._feed.current()

    def figures(self) -> Figures:
        """What a server tells of it to whoever watches."""
        return figures(self._database, self._search.revision, self.uploads)

    @property
    def schema(self) -> str | None:
        """The revision of its tables, as they are now: another node may have migrated them."""
        return self._database.revision()

    def search(self, query: SearchQuery) -> SearchPage:
        """:raises InvalidSearch: for a text, size, sort or cursor that is none."""
        return self._search.search(query)

    def searcher(self) -> Callable[[SearchQuery], SearchDocument]:
        """As :meth:`search`, in JSON: for several queries, of the registry as it is now."""
        return self._search.searcher()

    def search_apart(self, processes: int) -> None:
        """From now on search in processes of their own, which begin to build their indexes now; 0 changes nothing.
        For whoever opened it, before anybody else has it."""
        if processes:
            from automatosx_nb.registry.apart import SearchApart

            self._search = SearchApart(self._database, self._downloads, processes)

    def end_searches(self) -> None:
        """What is searched apart comes to its end, and nothing more is: for whoever has threads that wait for it, and
        waits for those before :meth:`close`."""
        if self.apart is not None:
            self.apart.close()

    @property
    def apart(self) -> SearchApart | None:
        """Where it searches; None: in this process."""
        return None if isinstance(self._search, CurrentSearch) else self._search

    def plugin(self, plugin: str) -> PluginDetail:
        """All of a plugin but what is quarantined; its drafts too, for whoever may see them.

        :raises UnknownPlugin: with the nearest ids.
        """
        with self._database.read() as connection:
            written = self._downloads.written(connection)
            rows = records.newest_first(self._sight.releases(connection, plugin))
            published = [row for row in rows if row.stage != Stage.DRAFT]
            top = records.shown(published or rows)
            if top is None:
                raise UnknownPlugin(plugin, nearest(plugin, self._sight.shown(connection)))
            asked = records.asked_permissions(connection, top.key)
            count = records.download_count(connection, top.plugin) - written(top.id) + self._downloads.ever(top.id)
            return PluginDetail(
                summary=records.summary(top, asked, count, sayings(connection, {top.plugin: top.key})[top.plugin]),
                authors=tuple(top.authors),
                readme=top.readme,
                changelog=top.changelog,
                releases=records.release_details(connection, rows),
                keys=signed.of_publisher(connection, publisher_of(plugin)),
            )

    def releases(self, plugin: str, /) -> list[IndexRelease]:
        """Every release, newest first; none where the plugin is unknown."""
        with self._database.read() as connection:
            return records.index_releases_of(connection, self._sight.index_rows(connection, [plugin]), [plugin])[plugin]

    def releases_many(self, ids: Collection[str], /) -> dict[str, list[IndexRelease]]:
        """As :meth:`releases` of each of ``ids``, and with a few questions to the database for all of them."""
        found: dict[str, list[IndexRelease]] = {plugin: [] for plugin in ids}
        with self._database.read() as connection:
            for some in records.batches(sorted(found)):
                found |= records.index_releases_of(connection, self._sight.index_rows(connection, some), some)
        return found

    @property
    def mirrors(self) -> tuple[ArtifactSource, ...]:
        """None: it has its own bytes."""
        return ()

    @property
    def stale_since(self) -> None:
        """It is always there."""
        return

    def contents(self, plugin: str, version: str) -> Mapping[str, bytes]:
        """The files of an artifact. To look into it is no download. Raises as :meth:`artifact` does."""
        return self._files(plugin, version, self._artifact_of(plugin, version))

    def screenshots(self, plugin: str, version: str) -> tuple[ShownPicture, ...]:
        """As :meth:`automatosx_nb.model.ports.Registry.screenshots`."""
        sha256 = self._artifact_of(plugin, version)
        return self._pictures.of(sha256, lambda: self._files(plugin, version, sha256))

    def picture(self, plugin: str, version: str, shown: ShownPicture) -> bytes | None:
        """As :meth:`automatosx_nb.model.ports.Registry.picture`."""
        sha256 = self._artifact_of(plugin, version)
        files = self._files(plugin, version, sha256)
        return files[shown.file] if shown in self._pictures.of(sha256, lambda: files) else None

    def _artifact_of(self, plugin: str, version: str) -> str:
        with self._database.read() as connection:
            return str(self._sight.release(connection, plugin, version).artifact)

    def _files(self, plugin: str, version: str, sha256: str) -> Mapping[str, bytes]:
        try:
            return self._unpacked.files(sha256, f"{plugin} {version}", lambda: self._blobs.read(sha256))
        except DigestDiffers as error:
            raise ArtifactMismatch(plugin, version, error.expected, error.actual) from error

    def artifact(self, plugin: str, version: str, *, start: int = 0) -> Generator[bytes, None, None]:
        """The artifact in pieces of at most 64 KiB. A whole one is compared with its digest before the first is given.

        What is asked for from a byte after the first counts as no download, for it was counted when that began, and
        is compared by whoever has its beginning.

        :raises UnknownPlugin:
        :raises UnknownRelease:
        :raises ArtifactMismatch: what is stored is not what was published.
        """
        with self._database.read() as connection:
            row = self._sight.release(connection, plugin, version)
        try:
            data = self._blobs.tail(row.artifact, start) if start else self._blobs.read(row.artifact)
        except DigestDiffers as error:
            raise ArtifactMismatch(plugin, row.version, error.expected, error.actual) from error
        if not start:
            self._downloads.count(row.id, row.key)
        return (data[each : each + _PIECE] for each in range(0, len(data), _PIECE))

    def count_downloads(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Of (plugin, version), whose bytes somebody gave who had them from here; what is gone is left out."""
        with self._database.read() as connection:
            for (plugin, version), count in counts.items():
                with suppress(UnknownPlugin, UnknownRelease):
                    row = self._sight.release(connection, plugin, version)
                    self._downloads.count(row.id, row.key, count)

    def changelog(self, plugin: str, version: str) -> str:
        """Markdown. Raises as :meth:`artifact` does."""
        with self._database.read() as connection:
            return str(self._sight.release(connection, plugin, version).changelog)

    def checked(self, plugin: str, version: str) -> tuple[CheckResult, ...]:
        """What the checks found when it was published. Raises as :meth:`artifact` does."""
        with self._database.read() as connection:
            return records.check_results(connection, self._sight.release(connection, plugin, version).key)

    @cached_property
    def keeping(self) -> Keeping:
        """Whether its bytes are all there, and what nothing needs."""
        from automatosx_nb.registry.keeping import Keeping

        return Keeping(Storage(self._database, self._objects), self.uploads)

    def has_members(self, publisher: str) -> bool:
        """Whether users of this registry have that name."""
        try:
            return bool(self.access.publisher(owner(), publisher).members)
        except UnknownPublisher:
            return False

    def has_publisher(self, name: str) -> bool:
        """As :meth:`automatosx_nb.model.ports.Registry.has_publisher`."""
        with self._database.read() as connection:
            return connection.execute(select(publishers.c.key).where(publishers.c.name == name)).first() is not None

    def is_verified(self, publisher: str) -> bool:
        """Whether it is known to be who it says it is."""
        with self._database.read() as connection:
            query = select(publishers.c.verified).where(publishers.c.name == publisher)
            return bool(connection.execute(query).scalar_one_or_none())

    def source_of(self, _plugin: str) -> str:
        return self.address

    def changes(self, since: int | None) -> tuple[int, list[str] | None]:
        """The number of the last change, and the plugins that changed after the one numbered ``since``; None in their
        place: it cannot be said which, for one may be gone, or it is another thing that changed: who may do what."""
        with self._database.read() as connection:
            last = int(connection.execute(select(sequence.c.value)).scalar_one())
            if since is None or since == last:
                return last, []
            query = select(plugins.c.id, plugins.c.revision).where(plugins.c.revision > since)
            changed = {row.id: row.revision for row in connection.execute(query)}
            return last, [*changed] if len({*changed.values()}) == last - since else None

    def known(self) -> tuple[str, ...]:
        """Every plugin's id, sorted."""
        with self._database.read() as connection:
            return self._sight.known(connection)
