"""Locks as JSON, in parts, and beside what else is installed."""

from __future__ import annotations

import copy
import json
import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidLockfile, LockfileTooNew
from automatosx_nb.model.generation import InstalledPlugin, Pin
from automatosx_nb.model.lockfile import (
    LockedPlugin,
    Lockfile,
    beside,
    document,
    lacking,
    misfits,
    parse,
    parse_document,
    part_of,
    render,
)
from tests.model.test_lockfile import locks

JUNK: tuple[Any, ...] = (None, True, -1, 1.5, "", "\u202e", "a" * 100_000, [], [[]], {}, {"": {}}, float("nan"))


@settings(max_examples=25)
@given(locks())
def test_every_lock_comes_back_from_json(lock: Lockfile) -> None:
    assert parse_document(json.loads(json.dumps(document(lock))), source="n.ipynb") == lock


@settings(max_examples=25)
@given(locks(), st.randoms(use_true_random=False))
def test_json_changed_anywhere_raises_nothing_else(lock: Lockfile, chance: random.Random) -> None:
    changed = copy.deepcopy(document(lock))
    table: Any = changed
    while True:
        key = chance.choice(sorted(table)) if table else "new"
        inner = table.get(key)
        if not isinstance(inner, dict) or chance.random() < 0.3:
            break
        table = inner
    table[chance.choice([key, "other", "x.y", "\x1b"])] = chance.choice(JUNK)
    with suppress(InvalidLockfile, LockfileTooNew):
        parse_document(changed, source="n.ipynb")


@pytest.mark.parametrize("wrong", [7, "text", [], True, {"plugins": {str(each): {} for each in range(200_000)}}])
def test_what_is_no_lock_is_told(wrong: object) -> None:
    with pytest.raises(InvalidLockfile):
        parse_document(wrong, source="n.ipynb")


@settings(max_examples=25)
@given(locks(), st.data())
def test_a_part_is_a_whole_lock_of_what_was_asked_for(lock: Lockfile, data: st.DataObject) -> None:
    wanted = {plugin for plugin in lock.plugins if data.draw(st.booleans())}
    part = part_of(lock, wanted)
    assert parse(render(part)) == part
    assert set(part.wishes) == wanted <= set(part.plugins)
    assert all(needed(lock).plugins[plugin] == locked for plugin, locked in part.plugins.items())


def needed(lock: Lockfile) -> Lockfile:
    """As a notebook has it, in which nobody's channels and pins are."""
    plugins = {plugin: replace(locked, channel="stable", pin=None) for plugin, locked in lock.plugins.items()}
    return replace(lock, plugins=plugins)


@settings(max_examples=25)
@given(locks())
def test_beside_nothing_and_beside_itself_a_lock_is_itself(lock: Lockfile) -> None:
    assert beside(lock, Lockfile("", "", {}, {})) == needed(lock)
    assert beside(lock, lock) == lock


@settings(max_examples=25)
@given(locks(), locks())
def test_beside_another_all_of_it_is_there_and_where_nothing_misfits_the_whole_is_a_lock(
    lock: Lockfile, found: Lockfile
) -> None:
    combined = beside(lock, found)
    for plugin, locked in lock.plugins.items():
        assert (combined.plugins[plugin].version, combined.plugins[plugin].sha256) == (locked.version, locked.sha256)
        assert set(locked.grants) <= set(combined.plugins[plugin].grants)
    assert set(combined.plugins) <= {*lock.plugins, *found.plugins}
    if not misfits(combined, {}):
        assert parse(render(combined)) == combined


def entry(version: str = "1.0.0", sha256: str = "aa", **more: Any) -> InstalledPlugin:
    return InstalledPlugin(
        id="acme.demo",
        version=version,
        sha256=sha256,
        wish="*",
        grants=(),
        state="",
        summary="",
        contributes={},
        **more,
    )


ONE = Lockfile("", "", {"acme.demo": "*"}, {"acme.demo": LockedPlugin("1.0.0", "aa", 1, ("storage",))})


@pytest.mark.parametrize(
    ("installed", "said"),
    [
        ({}, "acme.demo 1.0.0 is not installed"),
        ({"acme.demo": entry("2.0.0")}, "acme.demo is 2.0.0 here, and 1.0.0 there"),
        ({"acme.demo": entry(sha256="bb")}, "acme.demo 1.0.0 has other bytes here"),
        ({"acme.demo": entry()}, "acme.demo is not granted storage here"),
    ],
)
def test_what_is_lacking_is_a_sentence(installed: dict[str, InstalledPlugin], said: str) -> None:
    assert lacking(ONE, installed) == (said,)


def test_a_pin_stands_against_another_version_and_not_against_the_same() -> None:
    pin = Pin("ours", "somebody@here", "2026-01-01T00:00:00Z")
    (said,) = misfits(ONE, {"acme.demo": entry("2.0.0", pin=pin)})
    assert said == "acme.demo is held at 2.0.0 (pinned by somebody@here on 2026-01-01: ours), and there would be 1.0.0"
    assert misfits(ONE, {"acme.demo": entry(pin=pin)}) == ()
