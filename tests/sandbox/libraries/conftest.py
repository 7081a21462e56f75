"""What code in this process was granted is forgotten after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _grants_are_forgotten() -> Iterator[None]:
    from automatosx_nb.sdk import _wire

    yield
    _wire.granted_to("this code", None)
