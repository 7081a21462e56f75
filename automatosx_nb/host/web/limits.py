"""Every limit of a request, with its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpLimits:
    connect_s: float = 10.0
    total_s: float = 60.0
    """From the call to the last byte of its answer, redirects included; a call may ask for less."""
    request_mb: int = 8
    """Body of a request, MiB."""
    received_mb: int = 8
    """Body of an answer as it comes, MiB."""
    decoded_mb: int = 8
    """Body of an answer once it is decompressed, MiB."""
    header_kb: int = 16
    """All headers of a request, KiB; those of an answer have 100 KiB (h11)."""
    headers: int = 64
    redirects: int = 5
    addresses: int = 4
    """Addresses of a host that are tried."""
