"""Each request's id: what a proxy in front gave it, or one of its own. It is in the answer, the log and the audit."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

HEADER = "X-Request-Id"
TOTAL = "X-Total-Count"
"""How many plugins a search found: for clients, and for what is counted of searches."""
_ID = re.compile(r"[A-Za-z0-9._:+/=~-]{1,64}")


def request_id(request: HTTPServerRequest) -> str:
    """Of 1 to 64 characters, the same for as long as ``request`` lives; what is said in another form is passed over."""
    kept = vars(request)
    if "automatosx_id" not in kept:
        said = request.headers.get(HEADER, "")
        kept["automatosx_id"] = said if _ID.fullmatch(said) else secrets.token_hex(16)
    return str(kept["automatosx_id"])


def found_by(handler: Any) -> int | None:
    """How many plugins a search found, also where its answer is given again or the client has it; None: it is none."""
    given = getattr(handler, "given", None)
    said = handler._headers if given is None else dict(given.also)
    return int(said[TOTAL]) if TOTAL in said else None
