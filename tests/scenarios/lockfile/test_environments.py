"""A lock that does not fit where it is synced says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import Incompatible, MagicTaken, ResolutionConflict
from tests.scenarios.lockfile.locks import ASKS, STORING, edit

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


def test_a_library_that_is_missing_here_is_told_before_anybody_is_asked(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.publish(make_plugin(source=STORING, permissions=ASKS, needs='packages = ["no-such-library>=2"]'))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("automatosx_nb.host.environment.missing_packages", lambda _requirements: ())
        market.install("acme.demo", grant=["storage"])
    market.lock(lock)
    with pytest.raises(Incompatible) as caught:
        other.sync(lock)
    assert "%pip install 'no-such-library>=2'" in caught.value.next_step()


def test_a_plugin_for_another_python_is_told(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.publish(make_plugin(needs='python = ">=4.2"'))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("automatosx_nb.host.environment.python_version", lambda: "4.2.0")
        market.install("acme.demo")
    market.lock(lock)
    with pytest.raises(ResolutionConflict) as caught:
        other.sync(lock)
    assert "needs Python >=4.2" in str(caught.value)


def test_two_locks_put_together_do_not_take_each_others_magics(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin
) -> None:
    for name in ("acme.one", "acme.two"):
        market.publish(make_plugin(name, magic="shared"))
    market.install("acme.one")
    other.install("acme.two")
    mine, theirs = market.lock(lock), other.lockfile()
    edit(
        lock,
        lambda it: replace(it, wishes={**mine.wishes, **theirs.wishes}, plugins={**mine.plugins, **theirs.plugins}),
    )
    for profile in (market, other):
        with pytest.raises(MagicTaken):
            profile.sync(lock)
