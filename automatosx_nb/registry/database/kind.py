"""What one database does its own way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from automatosx_nb.errors import AutomatosxError

BUSY_S = 10.0
"""How long a writer waits for another one."""


class Kind(Protocol):
    """A database that was opened; ``reading`` and ``writing`` are execution options of a transaction's connection."""

    where: str
    read_only: bool
    engine: Engine
    reading: Mapping[str, Any]
    writing: Mapping[str, Any]
    fresh_s: float
    """How long the number of the last change is believed before it is asked for again; it is other processes' only."""
    has_revision: str
    """A question that answers true where there is a table ``alembic_version``."""

    def version(self) -> int | None:
        """Another number after every write of whatever process, where to ask is next to nothing; None: it is not."""

    def close(self) -> None: ...

    def lock(self, connection: Connection) -> None:
        """From here to its end the transaction is the only one that writes."""

    def lock_schema(self, connection: Connection) -> None:
        """From here to its end the transaction is the only one that migrates; there may be no table yet."""

    def ours(self, error: BaseException | None) -> AutomatosxError:
        """What an error of the driver means."""
