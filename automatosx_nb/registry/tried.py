"""What was tried before it was bundled, by its content: it is not started again on each user's computer (ADR 17)."""

from __future__ import annotations

import hashlib
import tomllib
from typing import TYPE_CHECKING

from automatosx_nb.files import read_if_there

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.package import Package

FILE = "tried.toml"
"""``"publisher.name@version" = "digest"``, beside the folders of the plugins that it speaks of."""


def digest(package: Package) -> str:
    """SHA-256 of all of its files with their paths, each after its length: equal for equal files, whatever zlib packed
    them, and another for any other file."""
    found = hashlib.sha256()
    for path, content in sorted(package.files.items()):
        for part in (path.encode(), content):
            found.update(b"%d:" % len(part))
            found.update(part)
    return found.hexdigest()


def digests_in(root: Path) -> frozenset[str]:
    """Of the packages that were tried; none, where ``root`` has no such file."""
    data = read_if_there(root / FILE)
    return frozenset() if data is None else frozenset(tomllib.loads(data.decode("utf-8")).values())
