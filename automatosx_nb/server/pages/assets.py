"""The page's own files: one style sheet, one small script, an icon. Named with their digest, they are kept for ever."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from automatosx_nb.server.asking import Asking
from automatosx_nb.server.slim import ALWAYS_ASK, Answer

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOREVER = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class AssetFile:
    data: bytes
    sha256: str
    media_type: str


@cache
def found(name: str) -> AssetFile:
    """:raises KeyError: there is none of that name."""
    path = {each.name: each for each in _FOLDER.iterdir()}[name]
    data = path.read_bytes()
    return AssetFile(data, hashlib.sha256(data).hexdigest(), _TYPES[path.suffix])


class Asset(Asking):
    """``GET assets/{name}``"""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        try:
            asset = found(name)
        except KeyError:
            raise web.HTTPError(404) from None
        named = self.get_query_argument("v", "") == asset.sha256[:16]
        self.set_header("Content-Type", asset.media_type)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.send(Answer.of(asset.data, asset.media_type, _FOREVER if named else ALWAYS_ASK))
        await self.finish()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.finish(f"{status_code}")
