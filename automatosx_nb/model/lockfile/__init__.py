"""``automatosx.lock``: what a profile has, to the byte, so that another one can be made the same.

docs/lockfile.md documents the format.
"""

from automatosx_nb.model.lockfile.combining import beside, lacking, misfits, part_of
from automatosx_nb.model.lockfile.reading import parse, parse_document
from automatosx_nb.model.lockfile.record import LOCK_VERSION, LockedPlugin, Lockfile, differences
from automatosx_nb.model.lockfile.writing import document, render

__all__ = [
    "LOCK_VERSION",
    "LockedPlugin",
    "Lockfile",
    "beside",
    "differences",
    "document",
    "lacking",
    "misfits",
    "parse",
    "parse_document",
    "part_of",
    "render",
]
