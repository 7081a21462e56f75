"""What the handlers of a registry's rooms share: the room, a body in JSON, and parameters that are numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import msgspec

from automatosx_nb.errors import InvalidAct, ReadingOnly
from automatosx_nb.server.handlers import RegistryHandler
from automatosx_nb.server.keeping import is_kept_here

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports import Registry

T = TypeVar("T")

LONGEST = 64 * 1024
"""Bytes of a body."""
_DOCS = "docs/rest-api.md has its members"


class RoomHandler(RegistryHandler):
    """Asks one room of the registry, as whoever asks."""

    room = ""
    """Its name as an attribute of the registry."""

    async def in_room(self, ask: Callable[[Any, Actor], T], *, room: str = "") -> T:
        """:param room: another one than the handler's."""
        actor = await self.actor()
        return await self.shelf.ask(lambda registry: ask(room_of(registry, room or self.room), actor))

    def body(self, kind: type[T]) -> T:
        """:raises InvalidAct: it is too long, or not what it has to be."""
        if len(self.request.body) > LONGEST:
            raise InvalidAct(f"the body is longer than {LONGEST} bytes", _DOCS)
        try:
            return msgspec.json.decode(self.request.body, type=kind)
        except msgspec.DecodeError as error:  # a ValidationError is one, too
            raise InvalidAct(f"the body cannot be read: {error}", _DOCS) from error

    def text(self, name: str) -> str | None:
        """A parameter; None: it is not there, or empty."""
        return self.get_query_argument(name, "") or None

    def number(self, name: str) -> int | None:
        """:raises InvalidAct: it is none."""
        said = self.text(name)
        if said is None:
            return None
        if not (said.isascii() and said.isdigit() and len(said) < 16):
            raise InvalidAct(f"{name} is {said!r}", "Give a whole number")
        return int(said)

    def flag(self, name: str) -> bool | None:
        """:raises InvalidAct: it is neither true nor false."""
        said = self.text(name)
        if said not in (None, "true", "false"):
            raise InvalidAct(f"{name} is {said!r}", "Give true or false")
        return None if said is None else said == "true"

    def answer_page(self, page: Any, parameter: str) -> None:
        """``page`` with its items, and the address of the one that follows, where ``parameter`` is its ``next``."""
        if page.next is not None:
            asked = [
                (name, self.get_query_argument(name)) for name in self.request.query_arguments if name != parameter
            ]
            there = f"{self.request.path}?{urlencode([*asked, (parameter, page.next)])}"
            self.set_header("Link", f'<{there}>; rel="next"')
        self.answer(page)


def room_of(registry: Registry, name: str) -> Any:
    """A server acts in its own registry only: what is another computer's knows one token, and not who asks here.

    :raises ReadingOnly:
    """
    if not is_kept_here(registry):
        raise ReadingOnly(registry.address)
    return getattr(registry, name)
