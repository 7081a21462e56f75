"""Damage to what a plugin has saved, as its user meets it: told where they look, written down, and mended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import StateRestored
from automatosx_nb.host.assembly import make_runner
from automatosx_nb.host.bus import Bus
from automatosx_nb.model.events import Event
from automatosx_nb.model.retention import GenerationRetention
from automatosx_nb.package import build
from automatosx_nb.profile.collecting import collect
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.scenarios.lifecycle import now, save, write_plugin

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.sandbox.supervisor import Sandbox

KEEPER = "acme.keeper"
SOURCE = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.get('kept')\n"


@pytest.fixture
def market(home: Path, tmp_path: Path, one_sandbox: Sandbox) -> Iterator[Marketplace]:
    registry = EmbeddedRegistry(tmp_path / "registry")
    asked = {"storage": "To remember."}
    registry.publish(build(write_plugin(tmp_path / "keeper", KEEPER, "1.0.0", permissions=asked, source=SOURCE)))
    market = Marketplace(registry=registry)
    market._sandbox = one_sandbox
    market.install(KEEPER, grant=["storage"])
    save(market, KEEPER, 1)
    save(market, KEEPER, 2)
    yield market
    market._sandbox = None
    market.close()
    registry.close()


@pytest.fixture
def told() -> list[tuple[str, Exception]]:
    return []


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def runner(market: Marketplace, told: list[tuple[str, Exception]], events: list[Event]) -> Iterator[PluginRunner]:
    bus = Bus(lambda what, error: told.append((what, error)))
    bus.subscribe("marketplace.plugin.*", events.append)
    runner = make_runner(
        market,
        market.installed_plugin(KEEPER),
        lambda: MappingProxyType({}),
        bus=bus,
        on_error=lambda what, error: told.append((what, error)),
    )
    yield runner
    runner.stop()


def test_damage_is_told_in_the_cell_in_the_audit_log_and_on_the_bus(
    market: Marketplace, runner: PluginRunner, events: list[Event], capsys: pytest.CaptureFixture[str]
) -> None:
    path = market.plugin_state(KEEPER).path
    path.write_bytes(path.read_bytes()[:5000])
    (magic,) = runner.entry.contributes["magics"]
    assert runner.run_magic(magic, "", None) == 1
    (aside,) = market.plugin_state(KEEPER).set_aside()
    said = capsys.readouterr().err
    assert said.startswith(f"Warning, {KEEPER}: a plugin's saved state at {path} was damaged")
    assert aside in said
    (entry,) = [each for each in market.audit.read(plugin=KEEPER) if each.kind == "state-restored"]
    assert entry.detail["set_aside"] == aside
    (event,) = events
    assert (event.type, event.data["set_aside"]) == ("marketplace.plugin.state-restored", aside)


def test_where_nobody_waits_for_a_call_it_goes_where_other_failures_go(
    market: Marketplace, runner: PluginRunner, told: list[tuple[str, Exception]]
) -> None:
    path = market.plugin_state(KEEPER).path
    path.unlink()
    assert runner.call("demo:run") == 1
    ((what, error),) = told
    assert what == f"the saved state of {KEEPER}"
    assert isinstance(error, StateRestored)


def test_gc_frees_snapshots_with_their_state_and_leaves_what_was_set_aside(market: Marketplace) -> None:
    saved = market.plugin_state(KEEPER)
    saved.restore()
    (aside,) = saved.set_aside()
    kept = {path.name for path in (saved.path, *(snapshot.path for snapshot in saved.snapshots()))}
    assert len(kept) > 1
    retention = GenerationRetention(2, timedelta())
    collect([market.profile], retention, now(), dry_run=False)
    assert kept <= {path.name for path in saved.path.parent.rglob("*")}
    for _ in range(2):
        market.remove(KEEPER)
        market.install(KEEPER, grant=["storage"])
    collect([market.profile], retention, now(), dry_run=False)
    assert {path.name for path in saved.path.parent.rglob("*.sqlite3")} == {aside}
