"""What narrows a search: a plugin's properties as tokens of one field, and what an environment does not offer."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import tantivy

from automatosx_nb.errors import InvalidPermission, InvalidSearch
from automatosx_nb.model.names import publisher_of
from automatosx_nb.model.permissions import KINDS, Permission, Risk
from automatosx_nb.model.release import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from automatosx_nb.model.release import PluginSummary, SearchQuery
    from automatosx_nb.model.surroundings import Surroundings

HAS = "has"
NONE = "none"
"""The kind and the risk of a plugin that asks for no permission."""
STAGES = (Stage.BETA.value, Stage.STABLE.value)
RISKS = (NONE, *(risk.value for risk in Risk))


def kinds(summary: PluginSummary) -> tuple[str, ...]:
    """The kinds of permission that it asks for, sorted; ``none``, where it asks for nothing."""
    return tuple(sorted({text.partition(":")[0] for text in summary.permissions})) or (NONE,)


def risk(summary: PluginSummary) -> str:
    """The highest risk of what it asks for."""
    return max((_risk(text) for text in summary.permissions), key=RISKS.index, default=NONE)


def tokens(summary: PluginSummary) -> Iterator[str]:
    """All that a search may ask for, and what the plugin needs around it."""
    yield from (f"category={category}" for category in summary.categories)
    yield f"publisher={publisher_of(summary.id)}"
    yield f"verified={_flag(summary.verified)}"
    yield f"signed={_flag(summary.signed)}"
    yield f"stage={summary.stage.value}"
    yield f"risk={risk(summary)}"
    yield from (f"permission={kind}" for kind in kinds(summary))
    yield from needs(summary)


def needs(summary: PluginSummary) -> Iterator[str]:
    """What it needs around it, a token each; there are few different ones, however many plugins there are."""
    if summary.engine:
        yield f"engine {summary.engine}"
    if summary.python:
        yield f"python {summary.python}"
    if summary.platforms:
        yield f"platform {json.dumps(sorted(summary.platforms))}"
    yield from (f"package {requirement}" for requirement in summary.packages)


def clauses(schema: Any, query: SearchQuery, needed: Needed) -> list[tuple[Any, Any]]:
    """What has to hold of a hit, and what must not; none of it scores."""
    found = [(tantivy.Occur.Must, _has(schema, token)) for token in _asked(query)]
    if query.compatible is not None:
        missing = needed.missing(query.compatible)
        if missing:
            found.append((tantivy.Occur.MustNot, tantivy.Query.term_set_query(schema, HAS, missing)))
    return found


def validate(query: SearchQuery) -> None:
    """:raises InvalidSearch: for a filter of a closed list that is not on it."""
    for part, value, valid in (
        ("permission", query.permission, (NONE, *KINDS)),
        ("risk", query.risk, RISKS),
        ("stage", query.stage, STAGES),
    ):
        if value is not None and value not in valid:
            raise InvalidSearch(part, repr(value), f"one of {', '.join(valid)}")


class Needed:
    """What all the plugins of an index need around them, each once: an environment is asked for each once, too."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._missing = lru_cache(maxsize=64)(self._find)

    def add(self, tokens: Iterable[str]) -> None:
        self._change(tokens, 1)

    def discard(self, tokens: Iterable[str]) -> None:
        self._change(tokens, -1)

    def missing(self, here: Surroundings) -> list[str]:
        """The tokens of what ``here`` does not offer."""
        return self._missing(here)

    def _change(self, tokens: Iterable[str], by: int) -> None:
        for token in tokens:
            before = self._counts[token]
            self._counts[token] += by
            if not before or not self._counts[token]:
                self._missing.cache_clear()
            if not self._counts[token]:
                del self._counts[token]

    def _find(self, here: Surroundings) -> list[str]:
        return [token for token in list(self._counts) if not _holds(token, here)]


def _holds(token: str, here: Surroundings) -> bool:
    kind, _, text = token.partition(" ")
    if kind == "engine":
        return here.has_engine(text)
    if kind == "python":
        return here.has_python(text)
    if kind == "platform":
        return here.is_platform(tuple(json.loads(text)))
    return here.has_package(text)


def _asked(query: SearchQuery) -> Iterator[str]:
    for name in ("category", "publisher", "permission", "risk", "stage"):
        value = getattr(query, name)
        if value is not None:
            yield f"{name}={value}"
    for name in ("verified", "signed"):
        value = getattr(query, name)
        if value is not None:
            yield f"{name}={_flag(value)}"


def _has(schema: Any, token: str) -> Any:
    return tantivy.Query.const_score_query(tantivy.Query.term_query(schema, HAS, token), 0.0)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _risk(text: str) -> str:
    """What cannot be read was published for another automatosx_nb: nobody knows what it would allow."""
    try:
        return Permission.parse(text).risk.value
    except InvalidPermission:
        return Risk.HIGH.value
