"""Every limit of a worker, with its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker may use. Defaults fit a data plugin on a laptop; the user's configuration caps them."""

    memory_mb: int = 1024
    """Address space (RLIMIT_AS), MiB."""
    resident_mb: int = 1024
    """Memory that it takes of this computer, a table that it was handed included, MiB; watched by the fork server."""
    cpu_s: int = 300
    """CPU seconds of the worker's whole life (RLIMIT_CPU)."""
    wall_s: float = 60.0
    """Wall time of one call."""
    start_s: float = 20.0
    """Wall time to start and to load the plugin's modules."""
    idle_s: float = 300.0
    """A worker that was not called for so long is ended; the next call starts another."""
    open_files: int = 64
    disk_mb: int = 256
    """All files in its temporary directory together, MiB; watched by the fork server."""
    threads: int = 128
    """Most threads at a time; watched by the fork server."""
    messages: int = 20_000
    """Most questions to the host and pieces of output in one call."""
    messages_per_s: int = 2000
    """Questions and pieces of output that the host takes in a second; what comes faster waits, on the call's time."""
    file_mb: int = 64
    """Largest file in its temporary directory (RLIMIT_FSIZE), MiB."""
    frame_mb: int = 16
    """Largest frame on the wire, MiB; tables cross through shared memory and have their own cap."""
    table_mb: int = 2048
    """Largest table handed over or back, MiB."""
    read_mb: int = 4096
    """Largest file handed over to be read, MiB; it is read in pieces, as far as the plugin asks for it."""
    write_mb: int = 256
    """Most that a call may write into the files that it was handed, MiB each."""
    frame_depth: int = 64
    """Deepest nesting of a value on the wire."""
    source_kb: int = 256
    """Largest module, KiB."""
    output_kb: int = 1024
    """Most text a call may print, KiB; what is over is cut, and said so."""
    log_kb: int = 256
    """Most text a call may write into the plugin's log, KiB; what is over is dropped, and said so."""

    def capping(self, asked: Mapping[str, float]) -> Limits:
        """Those that a plugin asks for, by their names here, where they stay below these; these for all others."""
        return replace(self, **{name: min(value, getattr(self, name)) for name, value in asked.items()})
