"""The registry in one process, on a folder: the same for a kernel, the server extension and the shell."""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from automatosx_nb.errors import (
    ArtifactMismatch,
    SignatureRequired,
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
from automatosx_nb.registry import publishing, records, signed, storage, unreadable
from automatosx_nb.registry.blobs import BlobStore, DigestDiffers
from automatosx_nb.registry.current import CurrentSearch
from automatosx_nb.registry.downloads import DownloadCounter
from automatosx_nb.registry.feed import RevisionFeed
from automatosx_nb.registry.figures import Figures, figures
from automatosx_nb.registry.pictures import Pictures
from automatosx_nb.registry.rooms import Rooms
from automatosx_nb.registry.sayings import sayings
from automatosx_nb.registry.schema import artifacts, plugins, publishers, releases, sequence
from automatosx_nb.registry.sight import seen_by
from automatosx_nb.registry.storage import Storage
from automatosx_nb.registry.unpacked import Unpacked
from automatosx_nb.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports import ArtifactSource
    from automatosx_nb.model.release import CheckResult, IndexRelease, PublishReport, SearchPage, SearchQuery
    from automatosx_nb.model.screenshots import ShownPicture
    from automatosx_nb.registry.keeping import Keeping
    from automatosx_nb.registry.publishing import Also
    from automatosx_nb.registry.records import Record
    from automatosx_nb.registry.search import SearchDocument
    from automatosx_nb.registry.uploads import Uploads
    from automatosx_nb.sandbox.supervisor import Sandbox

_PIECE = 64 * 1024
"""Bytes in one piece of an artifact."""


class EmbeddedRegistry(Rooms):
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
        self._search = CurrentSearch(self._database, self._feed, self._downloads)
        self._reader: Actor | None = None
        self._pictures = Pictures()

    def seen_by(self, actor: Actor) -> EmbeddedRegistry:
        """The same registry, open and closed with this one, as ``actor`` reads it, without the drafts of others,
        and publishes in it, as a member or not.
        """
        view = copy(self)
        view._reader = actor
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

    def search_document(self, query: SearchQuery) -> SearchDocument:
        """As :meth:`search`, in JSON."""
        return self._search.search_document(query)

    def plugin(self, plugin: str) -> PluginDetail:
        """All of a plugin but what is quarantined; its drafts too, for whoever may see them.

        :raises UnknownPlugin: with the nearest ids.
        """
        with self._database.read() as connection:
            written = self._downloads.written(connection)
            rows = records.newest_first(self._releases(connection, plugin))
            published = [row for row in rows if row.stage != Stage.DRAFT]
            top = records.shown(published or rows)
            if top is None:
                raise UnknownPlugin(plugin, nearest(plugin, self._shown(connection)))
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
            return records.index_releases_of(connection, self._rows(connection, [plugin]), [plugin])[plugin]

    def releases_many(self, ids: Collection[str], /) -> dict[str, list[IndexRelease]]:
        """As :meth:`releases` of each of ``ids``, and with a few questions to the database for all of them."""
        found: dict[str, list[IndexRelease]] = {plugin: [] for plugin in ids}
        with self._database.read() as connection:
            for some in records.batches(sorted(found)):
                found |= records.index_releases_of(connection, self._rows(connection, some), some)
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
            return str(self._release(connection, plugin, version).artifact)

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
            row = self._release(connection, plugin, version)
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
                    row = self._release(connection, plugin, version)
                    self._downloads.count(row.id, row.key, count)

    def changelog(self, plugin: str, version: str) -> str:
        """Markdown. Raises as :meth:`artifact` does."""
        with self._database.read() as connection:
            return str(self._release(connection, plugin, version).changelog)

    def checked(self, plugin: str, version: str) -> tuple[CheckResult, ...]:
        """What the checks found when it was published. Raises as :meth:`artifact` does."""
        with self._database.read() as connection:
            return records.check_results(connection, self._release(connection, plugin, version).key)

    def publish(self, artifact: bytes, *, stage: Stage = Stage.STABLE, signature: bytes | None = None) -> PublishReport:
        """As :meth:`automatosx_nb.model.ports.Registry.publish`.

        :param signature: a detached one, which comes with the release or keeps it out.
        """
        return self._publish(artifact, stage, signature=signature)

    def check(self, artifact: bytes) -> tuple[CheckResult, ...]:
        """As :meth:`automatosx_nb.model.ports.Registry.check`."""
        return publishing.check(
            artifact,
            database=self._database,
            blobs=self._blobs,
            sandbox=self._sandbox,
            actor=self._reader or owner(),
            policy=self._policy(),
            limits=self._limits(),
        )

    @cached_property
    def uploads(self) -> Uploads:
        """Artifacts that come in parts, from anywhere."""
        from automatosx_nb.registry.parts import PartStore
        from automatosx_nb.registry.uploads import Uploads

        def publish(artifact: bytes, stage: Stage, actor: Actor, also: Also) -> PublishReport:
            return self._publish(artifact, stage, actor=actor, also=also)

        return Uploads(self._database, PartStore(self._objects), publish, self._policy().uploads)

    @cached_property
    def keeping(self) -> Keeping:
        """Whether its bytes are all there, and what nothing needs."""
        from automatosx_nb.registry.keeping import Keeping

        return Keeping(Storage(self._database, self._objects), self.uploads)

    def _publish(
        self, artifact: bytes, stage: Stage, *, signature: bytes | None = None, signed: bool = False, **more: Any
    ) -> PublishReport:
        if signature is not None:
            return self.keys.publish(
                artifact, signature, lambda also: self._publish(artifact, stage, signed=True, also=also)
            )
        if self._policy().signed and not (signed or stage is Stage.DRAFT or more.get("owner")):
            manifest = unreadable.opened(artifact, self._policy()).manifest
            raise SignatureRequired(manifest.id, str(manifest.version))
        return publishing.publish(
            artifact,
            stage=stage,
            database=self._database,
            blobs=self._blobs,
            sandbox=self._sandbox,
            **{
                "policy": self._policy(),
                "review": self._review(),
                "limits": self._limits(),
                "actor": self._reader or owner(),
                **more,
            },
        )

    def publish_bundled(self, artifact: bytes, *, verified: bool = True, tried: Collection[str] = ()) -> PublishReport:
        """As :meth:`publish`, for what came with the user's own installation. Its documentation was executed before it
        was bundled, and is not on each user's computer, whose configured limits keep none of it out.

        :param verified: whether its publisher counts as verified from now on.
        :param tried: digests of what was started before it was bundled, too (``automatosx_nb.registry.tried``).

        :raises PublishRefused: also where users have that name, and nobody said that they are who they say.
        """
        own: dict[str, Any] = {"policy": self._policy().without_notebooks(), "review": ReviewPolicy()}
        report = self._publish(artifact, Stage.STABLE, owner=True, limits=Limits(), tried=tried, **own)
        if verified:
            self.access.verify(owner(), publisher_of(report.id), verified=True)
        return report

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
            return self._known(connection)

    def _known(self, connection: Connection) -> tuple[str, ...]:
        query = select(plugins.c.id)
        if self._reader is not None:
            query = query.where(plugins.c.key.in_(select(releases.c.plugin).where(seen_by(self._reader))))
        return tuple(sorted(connection.execute(query).scalars()))  # databases differ in what comes first

    def _shown(self, connection: Connection) -> tuple[str, ...]:
        """Of :meth:`known`, those of which something can be had."""
        seen = select(releases.c.plugin).where(releases.c.quarantined.is_(None) & seen_by(self._reader))
        return tuple(sorted(connection.execute(select(plugins.c.id).where(plugins.c.key.in_(seen))).scalars()))

    def _releases(self, connection: Connection, plugin: str, version: str | None = None) -> list[Record]:
        """All, or the one of that version, but what is quarantined."""
        query = (
            select(releases, plugins.c.id, publishers.c.verified)
            .join(plugins, plugins.c.key == releases.c.plugin)
            .join(publishers, publishers.c.key == plugins.c.publisher)
            .where((plugins.c.id == plugin) & releases.c.quarantined.is_(None) & seen_by(self._reader))
        )
        if version is not None:
            query = query.where(releases.c.version == version)
        return list(connection.execute(query))

    def _rows(self, connection: Connection, ids: Sequence[str]) -> list[Record]:
        """Every release of ``ids``, with what an index says of one, and nothing that is only shown."""
        query = select(*records.INDEX_COLUMNS, plugins.c.id, artifacts.c.size)
        joined = releases.join(plugins, plugins.c.key == releases.c.plugin)
        joined = joined.join(artifacts, artifacts.c.sha256 == releases.c.artifact)
        return list(connection.execute(query.select_from(joined).where(plugins.c.id.in_(ids) & seen_by(self._reader))))

    def _release(self, connection: Connection, plugin: str, version: str) -> Record:
        found = self._releases(connection, plugin, version)
        if found:
            return found[0]
        rows = records.newest_first(self._releases(connection, plugin))
        if not rows:
            raise UnknownPlugin(plugin, nearest(plugin, self._shown(connection)))
        raise UnknownRelease(plugin, version, tuple(row.version for row in rows))
