"""The OpenAPI document's part on what is in a release."""

from __future__ import annotations

from typing import Any

from automatosx_nb.server.media_types import TEXT, TYPES
from automatosx_nb.server.openapi_words import get, in_path, in_query

_HERE = (
    in_path("id", "A plugin's id, publisher.name."),
    in_path("version", "A version as it was published."),
)
_AS = in_query("as", {"enum": ["markdown", "html"], "default": "markdown"}, "As written, or as safe HTML.")
_MARKDOWN: dict[str, Any] = {"text/markdown": {}, "text/html": {}}
_NONE = {"404": "No such plugin, version, or file."}
_FILES: dict[str, Any] = {media_type.partition(";")[0]: {} for media_type in (*TYPES.values(), TEXT)}
PATHS: dict[str, Any] = {
    "/plugins/{id}/{version}/readme": get(
        "A release's README", _MARKDOWN, parameters=(*_HERE, _AS), refusals={**_NONE, "400": "No such form of it."}
    ),
    "/plugins/{id}/{version}/changelog": get(
        "A release's changelog", _MARKDOWN, parameters=(*_HERE, _AS), refusals={**_NONE, "400": "No such form of it."}
    ),
    "/plugins/{id}/{version}/manifest": get(
        "A release's plugin.toml", {"application/toml": {}}, parameters=_HERE, refusals=_NONE
    ),
    "/plugins/{id}/{version}/files/{path}": get(
        "One of a release's files that are there to be looked at",
        _FILES,
        parameters=(*_HERE, in_path("path", "Its name in the artifact.")),
        refusals=_NONE,
    ),
}
