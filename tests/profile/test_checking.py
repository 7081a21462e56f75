"""What is found wrong with what is installed, and that doing what is said about it mends it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.cli import Terminal
from automatosx_nb.commands import answer
from automatosx_nb.commands.doctor import FAULTY
from automatosx_nb.errors import RegistryUnreachable
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.profile.changes import MOVES, opened, prepare, publish
from tests.scenarios.lifecycle import BASE, Console, ax, save


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedRegistry, Path]]:
    """A registry, and a profile that was made from it."""
    folder = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as environment, publish(folder) as registry:
        environment.setenv("AUTOMATOSX_HOME", str(folder / "home"))
        prepare(folder / "profile", registry)
        yield registry, folder / "profile"


@pytest.fixture
def market(
    shop: tuple[EmbeddedRegistry, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Marketplace]:
    monkeypatch.setenv("AUTOMATOSX_HOME", str(tmp_path / "home"))
    registry, prepared = shop
    market = opened(Path(shutil.copytree(prepared, tmp_path / "profile")), registry)
    yield market
    market.close()


def artifact(market: Marketplace, plugin: str) -> Path:
    return market.profile.store.path(market.installed_plugin(plugin).sha256)


def _lose(path: Path) -> None:
    path.unlink()


def _spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


@pytest.mark.parametrize("harm", [_lose, _spoil])
@pytest.mark.parametrize("wish", ["", "1.1.0"])
def test_a_plugin_whose_artifact_is_missing_or_damaged_is_installed_again_as_it_is_told(
    market: Marketplace, harm: Callable[[Path], None], wish: str
) -> None:
    market.pin(BASE)
    harm(artifact(market, BASE))
    (fault,) = market.faults()
    assert fault.what.startswith(f"{BASE} 1.1.0 cannot run: {artifact(market, BASE)} ")
    assert f"%ax install '{BASE}@^1.1.0' brings it again." in fault.next_step
    number = market.profile.generations.current_number()
    market.install(BASE, "1.1.0")
    assert market.faults() == ()
    assert market.profile.generations.current_number() == number, "nothing else changed"
    if not wish:
        market.unpin(BASE)
        market.install(BASE)
        assert market.faults() == ()


def test_a_removed_plugin_whose_artifact_was_damaged_in_the_store_can_be_installed(market: Marketplace) -> None:
    path = artifact(market, BASE)
    market.remove(BASE)
    _spoil(path)
    market.install(BASE, "1.1.0")
    assert market.faults() == ()


def test_where_nobody_has_the_artifact_any_more_that_is_what_is_said(
    market: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lose(artifact(market, BASE))

    def gone(_self: object, plugin: str, version: str, **_: object) -> None:
        raise RegistryUnreachable("a registry", "gone")

    monkeypatch.setattr(EmbeddedRegistry, "artifact", gone)
    with pytest.raises(RegistryUnreachable):
        market.install(BASE, "1.1.0")
    assert len(market.faults()) == 1


def test_a_record_that_is_damaged_is_the_one_thing_that_is_told(market: Marketplace) -> None:
    number = market.profile.generations.current_number()
    record = market.profile.root / "generations" / f"{number:06d}.json"
    record.write_text("{")
    (fault,) = market.faults()
    assert str(record) in fault.what


def test_saved_state_that_is_damaged_is_told_with_what_helps(market: Marketplace) -> None:
    entry = market.installed_plugin(MOVES)
    market.profile.state_path(entry).write_bytes(b"this is no database")
    faults = market.faults()
    assert len(faults) == 1
    market.plugin_state(MOVES).restore("empty")
    assert market.faults() == ()
    save(market, MOVES, "anew")


def test_an_entry_of_the_audit_log_that_was_changed_is_told(market: Marketplace) -> None:
    path = market.profile.root / "audit.sqlite3"
    market.audit.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE entries SET plugin = 'acme.somebody' WHERE number = 2")
    connection.commit()
    connection.close()
    (fault,) = market.faults()
    assert "entry 2" in fault.what
    market.audit.close()
    path.rename(path.with_name("kept.sqlite3"))
    market.install(BASE, "1.0.0")
    assert market.faults() == ()


def test_doing_exactly_what_doctor_says_of_an_artifact_mends_it_and_changes_nothing_else(market: Marketplace) -> None:
    market.install(BASE, ">=1.0 <2")
    _lose(artifact(market, BASE))
    number = market.profile.generations.current_number()
    typed = re.search(r"jupyter automatosx (install .*) brings", answer(["doctor"], lambda: market, Terminal()).text)
    assert typed
    done = answer(shlex.split(typed[1]), lambda: market, Terminal()).text.splitlines()
    assert done[0] == f"{BASE} {market.installed_plugin(BASE).version} was missing or damaged, and was fetched again."
    assert done[1] == "Nothing else changed."
    assert market.faults() == ()
    assert market.profile.generations.current_number() == number


def test_doctor_says_it_last_and_with_its_exit_status(market: Marketplace) -> None:
    assert json.loads(ax(market, "doctor --json"))["faults"] == []
    _lose(artifact(market, BASE))
    said = ax(market, "doctor")
    assert "the artifact is missing" in said.partition("What is wrong with what is installed:")[2]
    (fault,) = json.loads(ax(market, "doctor --json"))["faults"]
    assert fault["next_step"].startswith("%ax install ")
    assert answer(["doctor"], lambda: market, Console()).status == FAULTY
