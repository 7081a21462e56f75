"""Plugins that go together in no way, and of which no search finds that out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import MakePlugin

HOLES = 9
FIRST = "mallory.p0"


def pigeons(make_plugin: MakePlugin) -> Iterator[Path]:
    """Plugins of which each two exclude each other's version, and one more of them than there are versions: every
    proof that they do not go together is as long as 2 to the power of how many there are (Haken 1985)."""
    names = [f"mallory.p{number}" for number in range(HOLES + 1)]
    for at, plugin in enumerate(names, 1):
        for version in range(1, HOLES + 1):
            others = dict.fromkeys(names[at:], f"<{version}.0.0 || >{version}.0.0")
            yield make_plugin(plugin, f"{version}.0.0", requires=others)
