"""A marketplace, a shell and a policy that a test changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import magics
from automatosx_nb.app import Marketplace
from tests.conftest import current_market
from tests.scenarios.consent.holding import SetPolicy


@pytest.fixture
def market(stocked_home: Path) -> Iterator[Marketplace]:
    """The marketplace that this process's shell uses."""
    with current_market() as market:
        yield market


@pytest.fixture
def set_policy(market: Marketplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SetPolicy:
    """Write the system's policy; the running marketplace reads it when it next asks."""
    folder = tmp_path / "etc"
    folder.mkdir()
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(folder)])

    def write(**settings: Any) -> None:
        lines = [f"c.PermissionPolicy.{name} = {value!r}\n" for name, value in settings.items()]
        path = folder / "automatosx_config.py"
        path.write_text("".join(lines) or "c.PermissionPolicy.deny = []\n")
        market._policy_looked = float("-inf")

    return write


@pytest.fixture
def shell(market: Marketplace, shell: Any) -> Any:
    """With the extension, over the marketplace that the test changes."""
    magics.load(shell)
    return shell
