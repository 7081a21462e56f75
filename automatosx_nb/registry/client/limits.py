"""Every limit of what is asked over a network, with its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """What a registry's answer may take."""

    connect_s: float = 10.0
    """To reach the registry."""
    read_s: float = 10.0
    """Without a byte."""
    total_s: float = 30.0
    """For one document, or until an artifact begins: every try and the pauses between them."""
    tries: int = 4
    pause_s: float = 0.25
    """The longest pause before the second try; it doubles with each further one, and each is shortened by chance."""
    most_pause_s: float = 5.0
    document_mb: int = 16
    """One document, decompressed, MiB."""
    slowest_kb_per_s: int = 8
    """What an artifact has to come with in the long run, KiB/s, beyond ``total_s``."""
    at_once: int = 6
    """Requests at a time."""
    fresh_s: float = 5.0
    """A document is not asked for again so soon: one plan needs it several times."""
    outage_s: float = 5.0
    """So long nobody waits for a registry again that did not answer, where the cache has what is asked for."""
    whole_kb: int = 1024
    """An artifact of up to so many KiB is sent in one request."""
    part_kb: int = 1024
    """Larger ones are sent in parts of so many KiB."""
    send_s: float = 1800.0
    """For all parts of one."""
    check_s: float = 900.0
    """So long the registry may check one."""
