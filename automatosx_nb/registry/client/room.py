"""A room of another computer's registry: who acts there is known by the token, so the actor here counts for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from automatosx_nb.errors import ReadingOnly, RegistryAnswerInvalid

if TYPE_CHECKING:
    from automatosx_nb.registry.client.transport import Transport

T = TypeVar("T")
_JSON = {"Content-Type": "application/json"}


class Room:
    """Nothing is kept of what it says. Its methods raise as :meth:`Transport.send` does, and what each says."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _ask(self, kind: type[T], method: str, *path: str, body: Any = None, raw: bytes = b"", **asked: Any) -> T:
        """``body`` is sent as JSON, ``raw`` as it is; ``asked`` are parameters, None: it is not asked.

        :raises ReadingOnly: there is no such room.
        """
        answer = self._send(method, *path, body=body, raw=raw, **asked)
        try:
            return msgspec.json.decode(answer, type=kind)
        except msgspec.MsgspecError as error:
            reason = f"answers what cannot be read ({str(error)[:200].rstrip('.')})"
            raise RegistryAnswerInvalid(self._transport.address, reason) from error

    def _send(self, method: str, *path: str, body: Any = None, raw: bytes = b"", **asked: Any) -> bytes:
        said = {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}
        query = urlencode({name: value for name, value in said.items() if value is not None})
        where = "/".join(quote(part, safe="") for part in path) + (f"?{query}" if query else "")
        data = raw if body is None else msgspec.json.encode(body)
        answer = self._transport.send(method, where, data, _JSON if data else {})
        if answer.status >= 300:
            self._transport.require_registry()
            raise ReadingOnly(self._transport.address)
        return answer.body
