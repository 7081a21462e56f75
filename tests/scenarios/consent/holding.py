"""Plugins that ask for something, and what they hold."""

from __future__ import annotations

from collections.abc import Callable

from automatosx_nb.app import Marketplace

STORAGE = {"storage": "To remember."}
CELLS = "events:subscribe:kernel.cell.finished"
KEEPER = """\
from automatosx_nb.sdk import storage


def run():
    storage.put('seen', 1)
    return ','.join(storage.keys())
"""
IMPORTER = """\
def run():
    try:
        import pyarrow
        return 'with'
    except ImportError:
        return 'without'
"""
OPTIONAL = '[permissions.optional]\n"storage" = "To remember."\n'
SetPolicy = Callable[..., None]


def granted(market: Marketplace, plugin: str = "acme.demo") -> tuple[str, ...]:
    return next(entry.grants for entry in market.installed() if entry.id == plugin)
