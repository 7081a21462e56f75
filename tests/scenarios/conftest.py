"""What the tests of the life cycle share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.sandbox.supervisor import Sandbox
from tests.scenarios.lifecycle import Lend, open_shop

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.registry.service import EmbeddedRegistry


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRegistry]:
    """A registry that no test writes to."""
    registry = open_shop(tmp_path_factory.mktemp("shop"))
    yield registry
    registry.close()


@pytest.fixture(scope="session")
def one_sandbox() -> Iterator[Sandbox]:
    """Starting a fork server for each test would cost more than the test."""
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture
def lend(one_sandbox: Sandbox) -> Iterator[Lend]:
    """``lend(market)``: the same one, with the one sandbox instead of its own; it closes with the test."""
    lent: list[Marketplace] = []

    def lend(market: Marketplace) -> Marketplace:
        market._sandbox = one_sandbox
        lent.append(market)
        return market

    yield lend
    for market in lent:
        market._sandbox = None
        market.close()


@pytest.fixture
def life(home: Path, shop: EmbeddedRegistry, lend: Lend) -> Marketplace:
    """A marketplace on an empty profile, with the shop as its registry."""
    return lend(Marketplace(registry=shop))
