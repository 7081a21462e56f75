"""What the rooms promise each other, as protocols: so a room names what it needs and never who gives it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from automatosx_nb.model.release import (
        IndexRelease,
        PluginDetail,
        PublishReport,
        SearchPage,
        SearchQuery,
        Stage,
    )


class ReleaseIndex(Protocol):
    """What the resolver reads."""

    def releases(self, plugin: str, /) -> Sequence[IndexRelease]:
        """Every release of ``plugin``, in any order; empty where the plugin is unknown."""


class Registry(ReleaseIndex, Protocol):
    """A registry, embedded or remote: the same contract suite runs over every one."""

    def search(self, query: SearchQuery) -> SearchPage: ...

    def plugin(self, plugin: str) -> PluginDetail:
        """:raises UnknownPlugin: with the nearest ids."""

    def artifact(self, plugin: str, version: str) -> Iterator[bytes]:
        """The artifact's bytes, in pieces, and counts a download.

        :raises UnknownPlugin:
        :raises UnknownRelease:
        """

    def changelog(self, plugin: str, version: str) -> str:
        """Markdown. Raises as :meth:`artifact` does."""

    def publish(self, artifact: bytes, *, stage: Stage) -> PublishReport:
        """Check and store one artifact; the very same bytes again change nothing.

        :raises InvalidArtifact: it cannot be read safely.
        :raises InvalidManifest:
        :raises ReleaseExists: the version is taken by other bytes.
        :raises PublishRefused: an enforced check failed.
        """


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a transaction, for a progress bar. ``fraction`` is of the whole transaction, 0 to 1."""

    name: str
    """``resolve``, ``fetch``, ``verify``, ``unpack``, ``check``, ``switch``, ``activate`` or ``done``."""
    fraction: float
    text: str
    """The same for a person, as in 'fetching automatosx.data-profiler 1.0.0'."""


class Progress(Protocol):
    """Is told of each step, in the order in which they happen, on the thread that does the work."""

    def __call__(self, step: Step, /) -> None: ...


def silent(_step: Step, /) -> None:
    """The progress nobody watches."""
