"""What a service of the host's own is, and what it is told of who calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from automatosx_nb.model.contributions.services import Service
from automatosx_nb.model.schemas import Schema
from automatosx_nb.model.semver import Version

if TYPE_CHECKING:
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Usage


class Client(Protocol):
    """The plugin that calls, as a service of the host sees it."""

    @property
    def plugin(self) -> str:
        """Its id; '' is the notebook itself."""

    @property
    def limits(self) -> Limits: ...

    @property
    def handled(self) -> int:
        """How often one of its handlers was called since the kernel started."""

    @property
    def call(self) -> object:
        """The call of a handler that asks: one object from its beginning to its end."""

    def usage(self) -> Usage:
        """Of its worker."""

    def show(self, show: Callable[[], None]) -> bool:
        """Call ``show`` where what it prints appears in the cell that waits; False: none waits, and nothing was."""


@dataclass(frozen=True, slots=True)
class CoreService:
    """``answer`` takes who calls and the arguments, which fit the request; its result fits the reply."""

    service: Service
    answer: Callable[[Client, Mapping[str, Any]], object]


def core_service(
    name: str,
    version: str,
    summary: str,
    request: Mapping[str, Any],
    reply: Schema,
    answer: Callable[[Client, Mapping[str, Any]], object],
    *,
    required: tuple[str, ...] = (),
) -> CoreService:
    """``request``: the properties of the request's schema."""
    schema: Schema = {"type": "object", "properties": dict(request), "required": list(required)}
    return CoreService(Service(name, Version.parse(version), "", schema, reply, summary), answer)
