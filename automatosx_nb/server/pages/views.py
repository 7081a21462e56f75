"""Records as the templates show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automatosx_nb.model.contributions import KINDS
from automatosx_nb.model.names import publisher_of, short_name
from automatosx_nb.model.permissions import WordedPermission, worded
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.model.search_parameters import parameters_of
from automatosx_nb.model.surroundings import MAX_TEXT
from automatosx_nb.server.pages.rendering import label

if TYPE_CHECKING:
    from automatosx_nb.model.keys import PublisherKey
    from automatosx_nb.model.release import (
        Advisory,
        CheckResult,
        PluginDetail,
        PluginSummary,
        ReleaseDetail,
        SearchPage,
        SearchQuery,
    )
    from automatosx_nb.model.screenshots import ShownPicture
    from automatosx_nb.server.pages.site import Site

SORTS = {
    "relevance": "Best match",
    "downloads": "Most downloads",
    "rating": "Best rated",
    "updated": "Recently updated",
    "name": "Name",
}
MOST_VALUES = 10
"""Values of one facet that are listed."""
_FACETS = {
    "category": "Category",
    "risk": "Highest risk",
    "permission": "Asks for",
    "publisher": "Publisher",
    "verified": "Trust",
    "signed": "Signature",
    "stage": "Stage",
}
_LABELS = {
    ("verified", "true"): "Verified publishers",
    ("verified", "false"): "Not verified",
    ("signed", "true"): "Signed",
    ("signed", "false"): "Not signed",
    ("permission", "none"): "Nothing",
    ("risk", "none"): "Asks for nothing",
}
_ORDER = ("none", "low", "medium", "high")
"""Of risks: more important than how many have them."""
_HIDDEN = {("verified", "false"), ("signed", "false")}
"""What nobody looks for; it can still be asked for in the address."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: a link that asks for it, or, where it is asked for, one that does not any more."""

    label: str
    count: int
    link: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class SearchView:
    query: SearchQuery
    total: int
    items: tuple[PluginSummary, ...]
    facets: Mapping[str, tuple[Choice, ...]]
    """Title → choices."""
    chosen: tuple[tuple[str, str], ...]
    """What is asked for besides the text, as label and link that takes it away."""
    kept: Mapping[str, str]
    """Fields that another text leaves as they are."""
    next: str
    """Link; empty: this is the last page."""
    first: str
    """Link; empty: this is the first page."""


@dataclass(frozen=True, slots=True)
class PluginView:
    """``release`` is the one that is shown."""

    detail: PluginDetail
    release: ReleaseDetail
    changelog: str
    advisories: tuple[Advisory, ...]
    checks: tuple[CheckResult, ...]
    screenshots: tuple[ShownPicture, ...] = ()

    @property
    def id(self) -> str:
        return self.detail.summary.id

    @property
    def name(self) -> str:
        return short_name(self.id)

    @property
    def publisher(self) -> str:
        return publisher_of(self.id)

    @property
    def is_newest(self) -> bool:
        """Whether it is the release that stands for the plugin, whose readme is shown."""
        return self.release.version == self.detail.summary.version

    @property
    def wanted(self) -> str:
        """What is typed after ``install``."""
        return self.id if self.is_newest else f"{self.id}@{self.release.version}"

    @property
    def permissions(self) -> list[WordedPermission]:
        return [worded(text, reason) for text, reason in self.release.permissions.items()]

    @property
    def optional_permissions(self) -> list[WordedPermission]:
        return [worded(text, reason) for text, reason in self.release.optional_permissions.items()]

    @property
    def signer(self) -> PublisherKey | None:
        """Whose signature of the release counts; who installs it verifies that, for the registry's word is not all."""
        found = self.release.signature
        return next((key for key in self.detail.keys if found and key.id == found.key), None)

    @property
    def adds(self) -> list[str]:
        """What it contributes that this version makes something of."""
        return [
            contributed(kind, name)
            for kind, names in self.release.contributions.items()
            if kind in KINDS and KINDS[kind].served
            for name in names
        ]

    @property
    def needs(self) -> list[str]:
        """Around it; other plugins are told apart, for they have pages."""
        release = self.release
        python = [f"Python {release.python}"] if release.python else []
        return [*python, *release.packages, *([" or ".join(release.platforms)] if release.platforms else [])]


_SHOWN_AS = {
    "magics": "%{}",
    "commands": "the command {}",
    "panels": "the panel {}",
    "formatters": "a view of {}",
    "subscriptions": "listens to {}",
    "services": "the service {}",
    "events": "tells {}",
    "settings": "the setting {}",
}


def contributed(kind: str, name: str) -> str:
    return _SHOWN_AS.get(kind, f"{{}} ({kind})").format(name)


def search(site: Site, query: SearchQuery, found: SearchPage) -> SearchView:
    asked = parameters_of(replace(query, size=_DEFAULT.size, cursor=None, sort=query.sort), most=MAX_TEXT)
    asked = {name: value for name, value in asked.items() if (name, value) not in _SAID_ANYWAY}
    facets = {title: _choices(site, asked, name, found) for name, title in _FACETS.items()}
    return SearchView(
        query=query,
        total=found.total,
        items=found.items,
        facets={title: choices for title, choices in facets.items() if choices},
        chosen=tuple(
            (_label(name, asked[name]), site.search(**_without(asked, name))) for name in _FACETS if name in asked
        ),
        kept={name: value for name, value in asked.items() if name not in ("q", "sort")},
        next=site.search(**asked, cursor=found.next) if found.next else "",
        first=site.search(**asked) if query.cursor else "",
    )


_DEFAULT = SearchQuery()
_SAID_ANYWAY = {("size", str(_DEFAULT.size)), ("sort", _DEFAULT.sort)}


def _choices(site: Site, asked: Mapping[str, str], name: str, found: SearchPage) -> tuple[Choice, ...]:
    """None, where all that was found has the one value."""
    counts = {value: count for value, count in found.facets.get(name, {}).items() if (name, value) not in _HIDDEN}
    chosen = asked.get(name)
    if chosen:
        counts.setdefault(chosen, 0)
    elif list(counts.values()) == [found.total]:
        return ()
    values = sorted(counts, key=_risk) if name == "risk" else list(counts)
    return tuple(
        Choice(
            _label(name, value),
            counts[value],
            site.search(**(_without(asked, name) if value == chosen else {**asked, name: value})),
            chosen=value == chosen,
        )
        for value in values[:MOST_VALUES]
    )


def _risk(value: str) -> int:
    return _ORDER.index(value) if value in _ORDER else len(_ORDER)


def _without(asked: Mapping[str, str], name: str) -> dict[str, str]:
    return {each: value for each, value in asked.items() if each != name}


def _label(name: str, value: str) -> str:
    return _LABELS.get((name, value)) or (value if name == "publisher" else label(value))
