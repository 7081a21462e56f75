"""The notebooks run as tests, each in an empty home of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from tempfile import TemporaryDirectory

import pytest

_HOMES: pytest.StashKey[TemporaryDirectory[str]] = pytest.StashKey()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """The first cell of a notebook starts its kernel, which takes its home from the environment."""
    notebook = item.parent
    assert notebook is not None
    if _HOMES not in notebook.stash:
        home = notebook.stash[_HOMES] = TemporaryDirectory(prefix="notebook-home-")
        item.config.add_cleanup(home.cleanup)
    before = os.environ.get("AUTOMATOSX_HOME")
    os.environ["AUTOMATOSX_HOME"] = notebook.stash[_HOMES].name
    try:
        return (yield)
    finally:
        del os.environ["AUTOMATOSX_HOME"]
        if before is not None:
            os.environ["AUTOMATOSX_HOME"] = before
