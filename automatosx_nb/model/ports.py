"""What the rooms promise each other, as protocols: so a room names what it needs and never who gives it."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.release import (
        CheckResult,
        IndexRelease,
        PluginDetail,
        PublishReport,
        SearchPage,
        SearchQuery,
        Stage,
    )
    from automatosx_nb.model.screenshots import ShownPicture


class ReleaseIndex(Protocol):
    """What the resolver reads."""

    def releases(self, plugin: str, /) -> Sequence[IndexRelease]:
        """Every release of ``plugin``, in any order; empty where the plugin is unknown."""


class ArtifactSource(Protocol):
    """Who has artifacts: a registry, or a mirror of one. Nobody believes it: bytes are compared with their digest."""

    @property
    def address(self) -> str:
        """What a lockfile calls it: its URL, without anybody's credentials, or ``embedded``; no path of a machine."""

    def artifact(self, plugin: str, version: str, *, start: int = 0) -> Generator[bytes, None, None]:
        """The artifact's bytes from byte ``start`` on, in pieces; from the first on it counts a download.

        Whoever does not want all of them closes it.

        :raises UnknownPlugin:
        :raises UnknownRelease:
        :raises RegistryUnreachable: also between two pieces.
        """


class Registry(ReleaseIndex, ArtifactSource, Protocol):
    """A registry, embedded or remote: the same contract suite runs over every one."""

    @property
    def mirrors(self) -> Sequence[ArtifactSource]:
        """Who is asked for its artifacts before it is, in that order."""

    @property
    def stale_since(self) -> str | None:
        """When what is told in its place, while it is away, was last true, RFC 3339, UTC. None: it is there."""

    def releases_many(self, ids: Collection[str], /) -> Mapping[str, Sequence[IndexRelease]]:
        """As :meth:`releases` of each, asked for together; with every one of ``ids``."""

    def search(self, query: SearchQuery) -> SearchPage: ...

    def plugin(self, plugin: str) -> PluginDetail:
        """:raises UnknownPlugin: with the nearest ids."""

    def changelog(self, plugin: str, version: str) -> str:
        """Markdown. Raises as :meth:`artifact` does."""

    def checked(self, plugin: str, version: str) -> tuple[CheckResult, ...]:
        """What the checks found when it was published. Raises as :meth:`artifact` does."""

    def screenshots(self, plugin: str, version: str) -> tuple[ShownPicture, ...]:
        """What a release shows of itself, in its author's order. Raises as :meth:`artifact` does."""

    def picture(self, plugin: str, version: str, shown: ShownPicture) -> bytes | None:
        """The bytes of one of them; None: it is not what was shown. Raises as :meth:`artifact` does."""

    def publish(self, artifact: bytes, *, stage: Stage, signature: bytes | None = None) -> PublishReport:
        """Check and store one artifact; the very same bytes again change nothing.

        :param signature: a detached one (``.axp.sig``), kept with the release; None: it is not signed.

        :raises NotAnArchive: there is nothing in it to look at.
        :raises PublishRefused: it cannot be read, or an enforced check failed, with all that is wrong; as ReleaseExists
            or VersionUsed where the version is taken by other bytes, or by a release that was deleted.
        :raises PluginQuarantined, SignatureRequired: nothing else is wrong; with more, PublishRefused says it as well.
        """

    def check(self, artifact: bytes) -> tuple[CheckResult, ...]:
        """What :meth:`publish` would find, also why the artifact cannot be read; nothing is stored.

        :raises ActionForbidden: the name is another's to publish under.
        """

    def has_publisher(self, name: str) -> bool:
        """Whether anything was ever published here as ``name``, also what is not shown to everybody.

        :raises RegistryUnreachable: it cannot say so now; nothing else counts as a no.
        """

    def source_of(self, plugin: str) -> str:
        """The address of whoever's word about ``plugin`` counts: this registry, or one of several behind it."""

    def seen_by(self, actor: Actor) -> Registry:
        """The same registry, open and closed with this one, as ``actor`` reads it: without the drafts of others."""

    def close(self) -> None:
        """Give back what is held; nothing is called afterwards."""
