"""Once a day, in the background of a kernel: what is said against what is installed, and updates by policy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace

EVERY_S = 24 * 3600.0


def look_after_daily(market: Marketplace) -> bool:
    """Whether it was this kernel's turn. Whatever goes wrong is left for the next day."""
    try:
        if not market.profile.current().plugins or not _claim(market):
            return False
        market.look_after()
    except (AutomatosxError, OSError):
        return True
    return True


def _claim(market: Marketplace) -> bool:
    """Take today's turn from all other kernels of the profile; the file's time says when it was taken last."""
    from automatosx_nb.profile.lock import writer_lock

    path = market.profile.root / "upkeep"
    with writer_lock(market.profile.root, wait_s=1.0):
        if path.exists() and 0 <= time.time() - path.stat().st_mtime < EVERY_S:
            return False
        path.touch()
        return True
