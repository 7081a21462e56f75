"""Another profile to make the same, and a registry that has nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.registry.service import EmbeddedRegistry


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "automatosx.lock"


@pytest.fixture
def other(market: Marketplace, tmp_path: Path) -> Iterator[Marketplace]:
    """Another profile on the same registry."""
    other = Marketplace(tmp_path / "other" / "profile", market.registry)
    yield other
    other.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[EmbeddedRegistry]:
    """A registry in which nothing was ever published."""
    with EmbeddedRegistry(tmp_path / "empty") as registry:
        yield registry
