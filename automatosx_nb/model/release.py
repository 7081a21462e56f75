"""What a registry says of plugins: records, as every surface and the resolver read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, get_args

from automatosx_nb.model.keys import PublisherKey, ReleaseSignature
from automatosx_nb.model.surroundings import Surroundings

if TYPE_CHECKING:
    from automatosx_nb.model.semver import Range, Version


class Stage(StrEnum):
    """How far a release has come: ``draft`` is seen by its publisher only, ``stable`` is what install chooses."""

    DRAFT = "draft"
    BETA = "beta"
    STABLE = "stable"


Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Advisory:
    """What is known against the versions of ``plugin`` in ``range``. ``disables``: they do not run any more."""

    id: str
    plugin: str
    range: Range
    severity: Severity
    summary: str
    disables: bool = False
    published: str = ""
    """RFC 3339, UTC."""

    def covers(self, version: Version) -> bool:
        """A prerelease is in a range like any release."""
        return self.range.allows(version, prereleases=True)


@dataclass(frozen=True, slots=True)
class IndexRelease:
    """What the resolver needs to know of one release; ``index/{id}`` carries a list of these."""

    version: Version
    dependencies: Mapping[str, Range] = field(default_factory=dict)
    optional_dependencies: Mapping[str, Range] = field(default_factory=dict)
    engine: Range | None = None
    python: str = ""
    """A PEP 440 specifier set, as in ``>=3.11``; empty: any."""
    packages: tuple[str, ...] = ()
    """PEP 508 requirements that the environment has to meet."""
    platforms: tuple[str, ...] = ()
    """Operating systems, as in ``("linux", "macos")``; empty: any."""
    stage: Stage = Stage.STABLE
    yanked: str | None = None
    """Why it was yanked; None: it was not."""
    quarantined: str | None = None
    signed: str | None = None
    """The id of the key whose signature of it counts; None: there is none."""
    published: str = ""
    """RFC 3339, UTC; empty: not known."""
    sha256: str = ""
    size: int = 0
    """Bytes of the artifact."""
    advisories: tuple[Advisory, ...] = ()
    """Those that cover this version."""
    deprecated: str | None = None
    """Why it is; None: it is not."""
    successor: str | None = None
    """The id of the plugin to use in its place, where it is deprecated and there is one."""


@dataclass(frozen=True, slots=True)
class PluginSummary:
    """One search result."""

    id: str
    version: str
    """The newest stable release's, else the newest there is."""
    summary: str
    categories: tuple[str, ...]
    keywords: tuple[str, ...]
    license: str
    verified: bool
    downloads: int
    permissions: Mapping[str, str]
    """Permission → the author's reason."""
    updated: str
    """When that release was published: RFC 3339, UTC."""
    engine: str = ""
    python: str = ""
    platforms: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    """What that release needs around it, as in :class:`ReleaseDetail`."""
    stage: Stage = Stage.STABLE
    signed: bool = False
    """Whether its publisher signed that release."""
    deprecated: str | None = None
    """Why it is not to be used any more; None: it is."""
    successor: str | None = None
    """Of one that is deprecated: what takes its place."""
    rating: float | None = None
    """Mean of the stars, 1 to 5; None: nobody gave any."""
    ratings: int = 0


@dataclass(frozen=True, slots=True)
class ReleaseDetail:
    """One release, as details and change views show it."""

    version: str
    stage: Stage
    published: str
    """RFC 3339, UTC."""
    sha256: str
    size: int
    permissions: Mapping[str, str]
    optional_permissions: Mapping[str, str]
    dependencies: Mapping[str, str]
    packages: tuple[str, ...]
    engine: str
    python: str
    contributions: Mapping[str, tuple[str, ...]]
    """Contribution kind → the names it adds, as in ``{"magics": ("profile",)}``."""
    yanked: str | None = None
    platforms: tuple[str, ...] = ()
    """Operating systems, as in ``("linux", "macos")``; empty: any."""
    deprecated: str | None = None
    successor: str | None = None
    """As in :class:`IndexRelease`."""
    signature: ReleaseSignature | None = None
    """The one that counts; None: there is none."""


@dataclass(frozen=True, slots=True)
class PluginDetail:
    """All that a details view shows. ``releases`` are newest first."""

    summary: PluginSummary
    authors: tuple[str, ...]
    readme: str
    """Markdown of the newest release."""
    changelog: str
    """Markdown of the newest release."""
    releases: tuple[ReleaseDetail, ...]
    keys: tuple[PublisherKey, ...] = ()
    """Every key that ever spoke for its publisher, the oldest first."""


Sort = Literal["relevance", "downloads", "rating", "updated", "name"]


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """``text`` is what a person typed; empty: everything. ``size`` 1–100; ``cursor`` from a page's ``next``.

    ``permission`` is a kind, ``risk`` the highest of what is asked for; ``none``: nothing is. ``compatible``: what does
    not run there is left out.
    """

    text: str = ""
    category: str | None = None
    publisher: str | None = None
    verified: bool | None = None
    permission: str | None = None
    risk: str | None = None
    stage: str | None = None
    signed: bool | None = None
    compatible: Surroundings | None = None
    sort: Sort = "relevance"
    size: int = 24
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    total: int
    items: tuple[PluginSummary, ...]
    facets: Mapping[str, Mapping[str, int]]
    """Facet name → value → how many of all the matches have it, as in ``{"category": {"data-quality": 2}}``."""
    next: str | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one publishing check found; ``line`` is 1-based, 0 where none applies."""

    check: str
    passed: bool
    severity: Literal["error", "warning", "info"]
    message: str
    file: str = ""
    line: int = 0
    duration_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class PublishReport:
    id: str
    version: str
    sha256: str
    stage: Stage
    created: bool
    """False: the very same bytes were published before, and nothing changed."""
    checks: tuple[CheckResult, ...]
    wanted: Stage | None = None
    """What it waits to become, until reviewers have spoken; None: it waits for nothing."""
