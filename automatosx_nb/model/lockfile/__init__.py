"""``automatosx.lock``: what a profile has, to the byte, so that another one can be made the same.

docs/lockfile.md documents the format.
"""

from automatosx_nb.model.lockfile.reading import parse
from automatosx_nb.model.lockfile.record import LOCK_VERSION, LockedPlugin, Lockfile, differences
from automatosx_nb.model.lockfile.writing import render

__all__ = ["LOCK_VERSION", "LockedPlugin", "Lockfile", "differences", "parse", "render"]
