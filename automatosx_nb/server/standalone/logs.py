"""What the server's log says: a JSON object a line, of what was asked and what went wrong, and nobody's secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from automatosx_nb.server.requests import found_by, request_id

if TYPE_CHECKING:
    from tornado.web import RequestHandler

REQUESTS = "automatosx.requests"
_SECRET = ("token", "_xsrf", "password", "code", "state")
"""Parameters whose values are left out, as Jupyter does."""
LEFT_OUT = "[left out]"
_IN_TEXT = re.compile(rf"([?&](?:{'|'.join(_SECRET)})=|authorization: ?(?:token|bearer) )[^&\s'\"]+", re.IGNORECASE)


class JsonLines(logging.Formatter):
    """``time`` (RFC 3339, UTC), ``level``, ``logger``, ``message``, ``exception`` where there is one, and the record's
    ``fields``."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _IN_TEXT.sub(rf"\1{LEFT_OUT}", record.getMessage()),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            said["exception"] = _IN_TEXT.sub(rf"\1{LEFT_OUT}", self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False, default=str)


def write_json_lines() -> None:
    """Have everything that this process logs be written so, to standard error. Tornado's own line about each request
    is replaced by :func:`log_request`'s."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("alembic.runtime.plugins", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)


def log_request(handler: RequestHandler, route: str) -> None:
    """One line for one answer: a warning where it is the server's fault.

    It is written past ``logging``, in the same form, for that takes as long as a whole short answer.
    """
    request, status = handler.request, handler.get_status()
    user = getattr(handler, "_jupyter_current_user", None)
    said = {
        "time": _now(),
        "level": "warning" if status >= 500 else "info",
        "logger": REQUESTS,
        "message": f"{request.method} {request.path}: {status}",
        "request": request_id(request),
        "method": request.method,
        "path": request.path,
        "query": scrubbed(request.query) if request.query else "",
        "route": route,
        "status": status,
        "ms": round(request.request_time() * 1000, 2),
        "address": request.remote_ip,
        "user": getattr(user, "username", None),
        "agent": request.headers.get("User-Agent", "")[:200],
    }
    found = found_by(handler)
    if found is not None:
        said["found"] = found
    sys.stderr.write(msgspec.json.encode(said).decode() + "\n")


def _now() -> str:
    """As :class:`JsonLines` has it."""
    now = time.time()
    return f"{_second(int(now))}.{int(now % 1 * 1000):03}+00:00"


@lru_cache(1)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def scrubbed(query: str) -> str:
    """``query`` without the values of secrets, however their names were quoted."""
    said = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, LEFT_OUT if name in _SECRET else value) for name, value in said])
