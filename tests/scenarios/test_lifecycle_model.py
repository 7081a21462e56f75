"""Random sequences of changes, held against a reference model: dictionaries that are copied and never shared."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import AutomatosxError, NothingToRollBack, UnknownGeneration
from automatosx_nb.model.retention import GenerationRetention
from automatosx_nb.profile.collecting import collect
from tests.scenarios.lifecycle import BASE, OTHER, now, save, saved

if TYPE_CHECKING:
    from automatosx_nb.registry.service import EmbeddedRegistry

EXAMPLES = int(os.environ.get("LIFECYCLE_EXAMPLES", "12"))
"""More take long: 1000 of them some minutes."""
VERSIONS = {BASE: ("1.0.0", "1.0.1", "1.1.0"), OTHER: ("1.0.0",)}
STEPS = st.one_of(
    st.tuples(
        st.just("install"), st.sampled_from([(plugin, each) for plugin, all_ in VERSIONS.items() for each in all_])
    ),
    st.tuples(st.just("update"), st.none()),
    st.tuples(st.just("remove"), st.sampled_from(sorted(VERSIONS))),
    st.tuples(st.just("pin"), st.sampled_from(sorted(VERSIONS))),
    st.tuples(st.just("unpin"), st.sampled_from(sorted(VERSIONS))),
    st.tuples(st.just("save"), st.sampled_from(sorted(VERSIONS))),
    st.tuples(st.just("set"), st.integers(0, 99)),
    st.tuples(st.just("undo"), st.none()),
    st.tuples(st.just("rollback"), st.none()),
    st.tuples(st.just("rollback to"), st.integers(1, 6)),
    st.tuples(st.just("keep state"), st.integers(1, 6)),
    st.tuples(st.just("keep state"), st.just(1)),
    st.tuples(st.just("save"), st.just(BASE)),
    st.tuples(st.just("undo"), st.none()),
    st.tuples(st.just("gc"), st.integers(2, 4)),
)

BEGIN: tuple[tuple[str, Any], ...] = (
    ("install", (BASE, "1.0.0")),
    ("save", BASE),
    ("set", 1),
    ("update", None),
    ("save", BASE),
    ("set", 2),
)
"""From an empty profile it takes long until something is worth taking back."""


@dataclass
class Line:
    """What one line of a plugin has saved, and its setting: a rollback comes back to the very same one."""

    saved: Any = None
    rows: int = 10


@dataclass
class Plugin:
    version: str
    line: int
    pinned: bool = False


@dataclass
class Made:
    """One generation."""

    plugins: dict[str, Plugin]
    parent: int
    restores: int | None = None


@dataclass
class Model:
    """Generations by number; ``lines`` are shared by the generations that name them, as state files are."""

    made: dict[int, Made] = field(default_factory=lambda: {0: Made({}, -1)})
    current: int = 0
    lines: list[Line] = field(default_factory=list)

    @property
    def plugins(self) -> dict[str, Plugin]:
        return self.made[self.current].plugins

    def make(self, plugins: dict[str, Plugin], restores: int | None = None) -> None:
        if plugins == self.plugins:
            return
        self.made[self.current + 1] = Made(plugins, self.current, restores)
        self.current += 1

    def line(self, of: Plugin | None = None) -> int:
        self.lines.append(deepcopy(self.lines[of.line]) if of else Line())
        return len(self.lines) - 1

    def brought(self, plugin: str, version: str) -> dict[str, Plugin]:
        old = self.plugins.get(plugin)
        if old is not None and old.version == version:
            return deepcopy(self.plugins)
        return {**deepcopy(self.plugins), plugin: Plugin(version, self.line(old))}

    def back(self) -> int | None:
        """Where a rollback leads; None: nowhere."""
        at = self.made[self.current]
        while at.restores is not None and at.restores in self.made:
            at = self.made[at.restores]
        return at.parent if at.parent in self.made else None

    def with_todays_lines(self, target: dict[str, Plugin]) -> dict[str, Plugin]:
        found = deepcopy(target)
        for plugin, entry in found.items():
            today = self.plugins.get(plugin)
            if today is not None and today.line != entry.line:
                entry.line = today.line if today.version == entry.version else self.line(today)
        return found


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[("keep state", 1), ("save", BASE), ("undo", None)])
@example(steps=[("keep state", 1), ("set", 5), ("rollback to", 2), ("gc", 2), ("undo", None)])
@example(steps=[("remove", BASE), ("undo", None), ("pin", BASE), ("install", (BASE, "1.0.1")), ("update", None)])
@given(steps=st.lists(STEPS, max_size=14))
def test_any_sequence_of_changes_leaves_what_the_model_says(
    shop: EmbeddedRegistry, steps: list[tuple[str, Any]]
) -> None:
    folder = Path(tempfile.mkdtemp())
    market = Marketplace(folder / "profile", shop)
    vars(market)["_try_out"] = lambda _package, _grants: None  # what a plugin does when it starts is not the subject
    model, values = Model(), itertools.count()
    try:
        for action, value in (*BEGIN, *steps):
            carry_out(market, model, action, value, values)
            compare(market, model)
    finally:
        market.close()
        shutil.rmtree(folder)


def carry_out(market: Marketplace, model: Model, action: str, value: Any, values: Iterator[int]) -> None:
    plugin = model.plugins.get(value) if isinstance(value, str) else None
    match action:
        case "install":
            install(market, model, *value)
        case "update":
            market.update()
            old = model.plugins.get(BASE)
            if old is not None and not old.pinned:
                model.make(model.brought(BASE, "1.1.0"))
        case "remove" if plugin is not None:
            market.remove(value)
            model.make({name: deepcopy(each) for name, each in model.plugins.items() if name != value})
        case "pin" if plugin is not None and not plugin.pinned:
            market.pin(value)
            model.make({**deepcopy(model.plugins), value: Plugin(plugin.version, plugin.line, pinned=True)})
        case "unpin" if plugin is not None and plugin.pinned:
            market.unpin(value)
            model.make({**deepcopy(model.plugins), value: Plugin(plugin.version, plugin.line)})
        case "save" if plugin is not None:
            model.lines[plugin.line].saved = next(values)
            save(market, value, model.lines[plugin.line].saved)
        case "set" if BASE in model.plugins:
            market.plugin_settings(BASE).put("rows", str(value))
            model.lines[model.plugins[BASE].line].rows = value
        case "undo" | "rollback" | "rollback to" | "keep state":
            go_back(market, model, action, value)
        case "gc":
            collected = collect([market.profile], GenerationRetention(value, timedelta()), now())
            gone = {int(each.what.split()[1]) for each in collected.removed if each.kind == "generation"}
            assert gone.isdisjoint({model.current, model.made[model.current].parent, model.back()})
            assert gone <= set(range(1, model.current - value + 1))
            model.made = {number: each for number, each in model.made.items() if number not in gone}


def install(market: Marketplace, model: Model, plugin: str, version: str) -> None:
    old = model.plugins.get(plugin)
    if old is not None and old.pinned and old.version != version:
        with pytest.raises(AutomatosxError):
            market.install(plugin, version)
        return
    before = market.profile.current().number
    applied = market.install(plugin, version)
    plugins = model.brought(plugin, version)
    if applied.generation != before and plugins == model.plugins:
        model.made[model.current + 1] = Made(plugins, model.current)  # only the wish is another one
        model.current += 1
        return
    model.make(plugins)


def go_back(market: Marketplace, model: Model, action: str, value: Any) -> None:
    target = {"undo": model.made[model.current].parent, "rollback": model.back()}.get(action, value)
    if target is None or target not in model.made or target > model.current:
        with pytest.raises((NothingToRollBack, UnknownGeneration)):
            market.undo() if action == "undo" else market.rollback(None if action == "rollback" else value)
        return
    plugins = deepcopy(model.made[target].plugins)
    before = market.profile.current().number
    if action == "keep state":
        market.rollback(value, keep_state=True)
        plugins = model.with_todays_lines(plugins)
    else:
        market.undo() if action == "undo" else market.rollback(None if action == "rollback" else value)
    if market.profile.current().number != before:
        model.made[model.current + 1] = Made(plugins, model.current, target)
        model.current += 1
    else:
        assert plugins == model.plugins


def compare(market: Marketplace, model: Model) -> None:
    current = market.profile.current()
    assert current.number == model.current
    assert set(market.profile.generations.numbers()) == set(model.made) - {0}
    found = {entry.id: (entry.version, entry.pin is not None) for entry in current.plugins.values()}
    assert found == {plugin: (each.version, each.pinned) for plugin, each in model.plugins.items()}
    for plugin, each in model.plugins.items():
        assert saved(market, plugin) == model.lines[each.line].saved
        market.profile.package(current.plugins[plugin])
    if BASE in model.plugins:
        assert market.plugin_settings(BASE).get("rows").value == model.lines[model.plugins[BASE].line].rows
