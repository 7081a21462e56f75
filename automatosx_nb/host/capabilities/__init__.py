"""What the host does on behalf of plugins, a file a capability, each the other end of its namesake in ``sdk``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from automatosx_nb.model.permissions import Permission


class Capability(Protocol):
    """One capability of one plugin. The broker has checked what a method ``needs`` before it is asked for it."""

    def needs(self, method: str, args: Sequence[object]) -> Permission | None:
        """What has to be granted for exactly this; None: nothing.

        :raises InvalidRequest: as :meth:`ask`.
        """

    def ask(self, method: str, args: Sequence[object]) -> object:
        """Carry out ``method``; ``args`` come from the worker and are not to be trusted.

        :raises InvalidRequest: there is no such method, or it does not take these arguments.
        """

    def close(self) -> None:
        """Give back what is held; the plugin has stopped."""
