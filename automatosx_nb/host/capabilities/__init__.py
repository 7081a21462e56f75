"""What the host does on behalf of plugins, a file a capability, each the other end of its namesake in ``sdk``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol


class Capability(Protocol):
    """One capability of one plugin. The broker has checked ``permission`` before any method is called."""

    permission: ClassVar[str | None]
    """What has to be granted; None: nothing."""

    def ask(self, method: str, args: Sequence[object]) -> object:
        """Carry out ``method``; ``args`` come from the worker and are not to be trusted.

        :raises InvalidRequest: there is no such method, or it does not take these arguments.
        """

    def close(self) -> None:
        """Give back what is held; the plugin has stopped."""
