"""Every path that is served, once: for the Jupyter server's extension, and for a registry that is its own server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automatosx_nb.server import access, contents, pages, reviews, sayings, uploads
from automatosx_nb.server.handlers import API, ROUTES, NothingHereHandler

if TYPE_CHECKING:
    from automatosx_nb.server.shelf import Shelf

Rule = tuple[str, type[Any], dict[str, Any]]
"""Pattern, handler, and what its ``initialize`` is given; as tornado takes it, before a base URL is put in front."""
API_ROUTES = (*access.ROUTES, *ROUTES, *contents.ROUTES, *uploads.ROUTES, *reviews.ROUTES, *sayings.ROUTES)
"""Paths under the API, and who answers."""


def rules(shelf: Shelf) -> list[Rule]:
    """In the order in which they are tried."""
    given = {"shelf": shelf}
    return [
        *((API + route, handler, given) for route, handler in API_ROUTES),
        (API + ".*", NothingHereHandler, given),
        *((pages.ROOT + route, handler, given) for route, handler in pages.ROUTES),
    ]
