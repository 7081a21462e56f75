"""A search over HTTP: the question in an address, and the page that is found as the answer that is given."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from automatosx_nb.errors import InvalidSearch
from automatosx_nb.model.search_parameters import parameters_of, query_of
from automatosx_nb.model.surroundings import MAX_TEXT
from automatosx_nb.registry.search import SearchDocument
from automatosx_nb.server.requests import TOTAL
from automatosx_nb.server.slim.answer import ALWAYS_ASK, Answer
from automatosx_nb.server.together import Elsewhere, Together

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.httputil import HTTPServerRequest

    from automatosx_nb.model.ports import Registry
    from automatosx_nb.model.release import SearchQuery
    from automatosx_nb.server.together import Line


_READ_OTHERWISE = re.compile(r"^\s|\s$|[\x00-\x1f]")
"""In a value: tornado's handlers take it away."""


def question(request: HTTPServerRequest) -> SearchQuery | None:
    """What a handler would read of the address; None: it has to, for it reads that otherwise, or says what is wrong."""
    try:
        said = {name: values[-1].decode() for name, values in request.query_arguments.items()}
        if any(map(_READ_OTHERWISE.search, said.values())):
            return None
        return query_of(said)
    except (UnicodeDecodeError, InvalidSearch):
        return None


def search(registry: Registry, query: SearchQuery) -> SearchDocument:
    """A registry that is kept here has its summaries in JSON."""
    kept: Any = registry
    if hasattr(kept, "searcher"):
        found: SearchDocument = kept.searcher()(query)
        return found
    page = registry.search(query)
    return SearchDocument(page.total, page.next, msgspec.json.encode(page))


def line(registry: Registry, path: str) -> Line[SearchQuery, Answer]:
    """What answers searches of a registry that is kept here: its own processes, or a thread.

    :param path: where they are asked.
    """
    kept: Any = registry
    if kept.apart is not None:
        return Elsewhere(kept.apart.ask, lambda query, found: answer(found, query, path))
    return Together(lambda: _answering(kept.searcher(), path), "automatosx-search")


def _answering(find: Callable[[SearchQuery], SearchDocument], path: str) -> Callable[[SearchQuery], Answer]:
    return lambda query: answer(find(query), query, path)


def answer(found: SearchDocument, query: SearchQuery, path: str) -> Answer:
    also = [(TOTAL, str(found.total))]
    if found.next is not None:
        asked = parameters_of(replace(query, cursor=found.next), most=MAX_TEXT)
        also.append(("Link", f'<{path}?{urlencode(asked, safe=",=")}>; rel="next"'))
    return Answer.of(found.body, "application/json", ALWAYS_ASK, tuple(also))
