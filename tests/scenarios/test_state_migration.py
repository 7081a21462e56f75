"""An update that changes what a plugin keeps: migrated in the sandbox, on a copy, before the switch; or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import MigrationFailed, StateDowngrade
from automatosx_nb.package import build
from automatosx_nb.profile.snapshots import snapshots_of
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.scenarios.lifecycle import Lend, files, save, saved, write_plugin

if TYPE_CHECKING:
    pass

NOTES = "acme.notes"
MIGRATE = """
from automatosx_nb.sdk import storage

def run():
    return storage.get("kept")

def migrate(before):
    for key, value in storage.scan():
        storage.put(key, {"text": value, "from": before})
    storage.delete("gone")
"""
FAILS = MIGRATE + '    raise ValueError("no text in " + str(before))\n'
HANGS = MIGRATE + "    while True:\n        pass\n"
READS = MIGRATE + '    from automatosx_nb.sdk import settings\n    settings.get("rows")\n'


def state(version: int) -> str:
    return f'[state]\nversion = {version}\nmigrate = "demo:migrate"\n'


RELEASES: dict[str, dict[str, str]] = {
    "1.0.0": {},
    "1.1.0": {"needs": state(2), "source": MIGRATE},
    "1.1.1": {"needs": state(2), "source": MIGRATE},
    "1.2.0": {"needs": state(3), "source": FAILS},
    "1.3.0": {"needs": state(3) + "[limits]\nwall-s = 1\n", "source": HANGS},
    "1.4.0": {"needs": state(3), "source": READS},
}


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRegistry]:
    folder = tmp_path_factory.mktemp("notes")
    registry = EmbeddedRegistry(folder / "registry")
    for version, more in RELEASES.items():
        asked = {"storage": "To remember."}
        source = more.get("source", "def run():\n    return 'ran'\n")
        plugin = write_plugin(
            folder / version, NOTES, version, permissions=asked, needs=more.get("needs", ""), source=source
        )
        registry.publish(build(plugin))
    yield registry
    registry.close()


@pytest.fixture
def market(home: Path, notes: EmbeddedRegistry, lend: Lend) -> Marketplace:
    """1.0.0 is installed, and has kept a text."""
    market = lend(Marketplace(registry=notes))
    market.install(NOTES, "1.0.0", grant=["storage"])
    save(market, NOTES, "a text")
    return market


def version(market: Marketplace) -> str:
    return market.installed_plugin(NOTES).version


def test_an_update_migrates_a_copy_and_a_rollback_brings_the_old_state_back(market: Marketplace) -> None:
    market.install(NOTES, "1.1.0")
    assert saved(market, NOTES) == {"text": "a text", "from": 1}
    market.rollback()
    assert (version(market), saved(market, NOTES)) == ("1.0.0", "a text")
    market.rollback(2)
    assert saved(market, NOTES) == {"text": "a text", "from": 1}


def test_before_and_after_a_migration_there_is_a_snapshot(market: Marketplace) -> None:
    old = market.profile.state_path(market.installed_plugin(NOTES))
    market.install(NOTES, "1.1.0")
    new = market.profile.state_path(market.installed_plugin(NOTES))
    for path in (old, new):
        assert snapshots_of(path)[0].why == "migration"


def test_an_update_within_a_version_of_state_only_copies(market: Marketplace) -> None:
    market.install(NOTES, "1.1.0")
    market.install(NOTES, "1.1.1")
    assert saved(market, NOTES) == {"text": "a text", "from": 1}
    assert market.installed_plugin(NOTES).state_version == 2


@pytest.mark.parametrize(
    ("release", "reason"),
    [("1.2.0", "no text in 1"), ("1.3.0", "wall_s"), ("1.4.0", "settings")],
)
def test_a_migration_that_fails_undoes_the_update(market: Marketplace, release: str, reason: str) -> None:
    there = files(market.profile.root / "state")
    with pytest.raises(MigrationFailed) as caught:
        market.install(NOTES, release)
    assert reason in caught.value.reason
    assert (caught.value.before, caught.value.after) == (1, 3)
    assert (version(market), saved(market, NOTES)) == ("1.0.0", "a text")
    assert [entry.number for entry in market.history()] == [1]
    left = {name for name in files(market.profile.root / "state") - there if ".sqlite3." not in name}
    assert all("snapshots/000001" in name for name in left)
    market.install(NOTES, "1.1.0")
    assert saved(market, NOTES) == {"text": "a text", "from": 1}


@pytest.mark.parametrize(
    ("release", "kinds"),
    [
        ("1.1.0", {"worker-started": {}, "capability-calls": {"method": "put", "calls": 1}}),
        ("1.2.0", {"worker-started": {}, "worker-ended": {"error": "plugin-failed"}}),
        ("1.3.0", {"worker-started": {}, "limit-exceeded": {"limit": "wall_s"}}),
    ],
)
def test_a_migration_is_in_the_audit_log_with_what_it_asked_for_and_how_it_ended(
    market: Marketplace, release: str, kinds: dict[str, dict[str, object]]
) -> None:
    before = max((entry.number for entry in market.audit.read()), default=0)
    with contextlib.suppress(MigrationFailed):
        market.install(NOTES, release)
    written = [entry for entry in market.audit.read(plugin=NOTES, after=before) if entry.version == release]
    for kind, facts in kinds.items():
        found = [entry.detail for entry in written if entry.kind == kind and facts.items() <= entry.detail.items()]
        if kind != "capability-calls":
            found = [detail for detail in found if detail["for"] == "migration"]
        assert len(found) == 1, written


def test_an_older_release_does_not_get_newer_state(market: Marketplace) -> None:
    market.install(NOTES, "1.1.0")
    with pytest.raises(StateDowngrade) as caught:
        market.install(NOTES, "1.0.0")
    assert (caught.value.reads, caught.value.found) == (1, 2)
    assert "rollback" in caught.value.next_step()
    with pytest.raises(StateDowngrade):
        market.rollback(1, keep_state=True)
    assert (version(market), saved(market, NOTES)) == ("1.1.0", {"text": "a text", "from": 1})


def test_removed_and_installed_anew_an_older_release_starts_without_state(market: Marketplace) -> None:
    market.install(NOTES, "1.1.0")
    market.remove(NOTES)
    market.install(NOTES, "1.0.0", grant=["storage"])
    assert saved(market, NOTES) is None


def test_what_never_kept_anything_is_not_migrated(market: Marketplace) -> None:
    market.remove(NOTES)
    market.install(NOTES, "1.0.0", grant=["storage"])
    market.install(NOTES, "1.2.0")
    assert version(market) == "1.2.0"
    market.install(NOTES, "1.0.0")
    assert version(market) == "1.0.0"
