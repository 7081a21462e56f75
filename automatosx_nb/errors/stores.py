"""Where a registry keeps what it has, when that is not this computer's disk."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import PlatformError


class StoreUnreachable(PlatformError):
    """``store`` is the URL of a registry's database or of its artifacts, without its password."""

    code: ClassVar[str] = "store-unreachable"
    store: str
    reason: str

    def problem(self) -> str:
        return f"the registry's store at {self.store} does not answer as it should: {self.reason}."

    def next_step(self) -> str:
        return (
            "What was asked was done whole or not at all, and may be asked again. Whoever runs the registry: see that "
            "the server there runs, and that its address and the credentials are right."
        )
