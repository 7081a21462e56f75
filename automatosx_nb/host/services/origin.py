"""Where a call of a service comes from: what its provider, and whoever that calls in turn, has to know of it."""

from __future__ import annotations

import contextvars
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automatosx_nb.host.services.core.service import Client
    from automatosx_nb.model.generation import InstalledPlugin


@dataclass(frozen=True, slots=True)
class Origin:
    """``chain``: the plugins that wait, the first one first, '' for the notebook; ``deadline`` is on ``monotonic``.

    ``cell`` is the context of the cell that waits at the beginning of the chain; None: none does.
    """

    chain: tuple[str, ...] = ()
    deadline: float = math.inf
    cell: contextvars.Context | None = None


class Retired(Exception):
    """The provider takes no more calls: another release of it is there, or none."""


class GaveUp(Exception):
    """Nobody waits for the answer any more, and the call was interrupted."""


class Caller(Protocol):
    """Who calls: a plugin's runner, or the notebook."""

    @property
    def client(self) -> Client: ...

    @property
    def origin(self) -> Origin:
        """Of the call that it carries out itself."""

    @property
    def works(self) -> Provider | None:
        """What does one thing at a time, and so cannot be called meanwhile; None: nothing that could be called."""

    def gave_up(self) -> bool:
        """Whether nobody waits for the answer any more."""


class Provider(Protocol):
    """What carries a plugin's handlers out: :class:`automatosx_nb.host.runner.PluginRunner`."""

    @property
    def entry(self) -> InstalledPlugin: ...

    def serve(
        self, handler: str, arguments: Mapping[str, object], origin: Origin, gave_up: Callable[[], bool]
    ) -> object:
        """Call a handler for another plugin, or for the notebook, and wait for it.

        :raises TimeoutError: the origin's deadline passed, and the call was interrupted.
        :raises GaveUp: the caller did, or was interrupted while it waited.
        :raises Retired: nothing was called.
        """
