"""Every kind of entry by the path that makes it, and nothing in the file of what was handed to a plugin."""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automatosx_nb.errors import AuditDamaged, InvalidRequest, PermissionDenied, PluginFailed, UnknownVariable
from automatosx_nb.host.assembly import make_runner
from automatosx_nb.host.tally import OTHER
from tests.commands.test_verbs import Console, ax
from tests.no_failure import no_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.model.audit import AuditEntry
    from tests.conftest import MakePlugin

KEEPER = """
from automatosx_nb.sdk import log, storage

def run(value=None):
    storage.put(str(value), value)
    log.info(str(value))
    return storage.get(str(value))

def fail(value=None):
    raise RuntimeError(str(value))
"""
STORAGE = {"storage": "Keeps things."}


def entries(market: Marketplace, *kinds: str) -> list[AuditEntry]:
    return [entry for entry in market.audit.read() if not kinds or entry.kind in kinds]


def runner_of(market: Marketplace, variables: Mapping[str, object] | None = None) -> PluginRunner:
    return make_runner(market, market.installed()[0], lambda: variables or {}, on_error=no_failure)


@pytest.fixture
def keeper(market: Marketplace, make_plugin: MakePlugin) -> Marketplace:
    command = '[[contributes.commands]]\nname = "fail"\nhandler = "demo:fail"\ntitle = "Fail"\n'
    market.publish(make_plugin(source=KEEPER, permissions=STORAGE, extra=command))
    return market


def test_what_changes_a_profile_is_told_with_where_it_was_asked_for(
    keeper: Marketplace, make_plugin: MakePlugin, tmp_path: Path
) -> None:
    ax(keeper, "install acme.demo --grant storage", Console(prefix="jupyter automatosx"))
    keeper.publish(make_plugin(version="1.1.0"))
    ax(keeper, "update")
    keeper.lock(tmp_path / "a.lock")
    keeper.rollback()
    keeper.sync(tmp_path / "a.lock")
    keeper.remove("acme.demo")
    told = [entry for entry in entries(keeper) if not entry.kind.startswith("worker")]
    assert [(entry.kind, entry.version, entry.detail["surface"]) for entry in told] == [
        ("plugin-installed", "1.0.0", "terminal"),
        ("grants-given", "1.0.0", "terminal"),
        ("plugin-updated", "1.1.0", "notebook"),
        ("grants-gone", "1.1.0", "notebook"),
        ("profile-rolled-back", "", "python"),
        ("plugin-updated", "1.0.0", "python"),
        ("grants-given", "1.0.0", "python"),
        ("profile-synced", "", "python"),
        ("plugin-updated", "1.1.0", "python"),
        ("grants-gone", "1.1.0", "python"),
        ("plugin-removed", "1.1.0", "python"),
    ]
    assert entries(keeper, "grants-given")[0].detail["permissions"] == ["storage"]
    assert [entry.detail["before"] for entry in entries(keeper, "plugin-updated")] == ["1.0.0", "1.1.0", "1.0.0"]
    assert keeper.audit.check().broken_at is None


def test_what_is_granted_and_revoked_without_a_generation_is_told_too(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(extra='[permissions.optional]\n"storage" = "Keeps things."\n'))
    market.install("acme.demo")
    ax(market, "grant acme.demo storage --for once")
    ax(market, "grant acme.demo storage --for session")
    ax(market, "revoke acme.demo storage")
    ax(market, "grant acme.demo storage")
    told = [(entry.kind, entry.detail) for entry in entries(market, "grants-given", "grants-gone")]
    where = {"permissions": ["storage"], "surface": "notebook"}
    assert told == [
        ("grants-given", {**where, "for": "once"}),
        ("grants-given", {**where, "for": "session"}),
        ("grants-gone", {**where, "for": "session"}),
        ("grants-given", {**where, "generation": 2, "action": "grant"}),
    ]


def test_a_release_that_is_tried_before_it_comes_in_is_told(keeper: Marketplace, make_plugin: MakePlugin) -> None:
    keeper.install("acme.demo", grant=["storage"])
    keeper.publish(make_plugin(version="1.1.0"))
    keeper.update()
    kinds = ("worker-started", "plugin-installed", "plugin-updated")
    assert [(entry.kind, entry.version, entry.detail.get("for")) for entry in entries(keeper, *kinds)] == [
        ("worker-started", "1.0.0", "trial"),
        ("plugin-installed", "1.0.0", None),
        ("worker-started", "1.1.0", "trial"),
        ("plugin-updated", "1.1.0", None),
    ]


def test_what_changes_nothing_is_no_entry(keeper: Marketplace) -> None:
    keeper.install("acme.demo", grant=["storage"])
    before = len(entries(keeper))
    keeper.install("acme.demo")
    keeper.update()
    assert len(entries(keeper)) == before


def test_an_install_stands_though_the_log_cannot_be_written(
    keeper: Marketplace, capfd: pytest.CaptureFixture[str]
) -> None:
    path = keeper.profile.root / "audit.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"this is no database" * 99)
    keeper.install("acme.demo", grant=["storage"])
    assert [entry.id for entry in keeper.installed()] == ["acme.demo"]
    with pytest.raises(AuditDamaged):
        keeper.audit.read()
    assert "the audit log" in capfd.readouterr().err


def test_capability_calls_are_told_when_the_runner_stops(keeper: Marketplace) -> None:
    keeper.install("acme.demo", grant=["storage"])
    runner = runner_of(keeper)
    for value in range(7):
        runner.call("demo:run", [value])
    assert entries(keeper, "capability-calls") == []
    runner.stop()
    assert [entry.detail for entry in entries(keeper, "plugin-called")] == [{"calls": 7, "events": 0}]
    found = {(each.detail["capability"], each.detail["method"]): each for each in entries(keeper, "capability-calls")}
    assert {key: entry.detail["calls"] for key, entry in found.items()} == {
        ("storage", "put"): 7,
        ("storage", "get"): 7,
        ("log", "info"): 7,
    }
    assert found["storage", "put"].detail["permission"] == "storage"


def test_a_refusal_at_the_broker_is_told_at_once(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(source=KEEPER, extra='[permissions.optional]\n"storage" = "Keeps things."\n'))
    market.install("acme.demo")
    runner = runner_of(market)
    with pytest.raises(PermissionDenied):
        runner.call("demo:run", [1])
    (entry,) = market.audit.read(denied=True)
    assert (entry.kind, entry.plugin) == ("permission-denied", "acme.demo")
    assert entry.detail == {"capability": "storage", "method": "put", "permission": "storage", "calls": 1}
    runner.stop()


def test_a_method_that_there_is_not_is_not_written_down(keeper: Marketplace) -> None:
    keeper.install("acme.demo", grant=["storage"])
    runner = runner_of(keeper)
    with pytest.raises(InvalidRequest):
        runner._broker.ask("storage", "hunter2", [])
    runner.stop()
    (entry,) = entries(keeper, "capability-calls")
    assert (entry.detail["method"], entry.detail["failed"]) == (OTHER, 1)


_SECRETS = st.lists(st.builds(secrets.token_hex, st.just(16)), min_size=1, max_size=3)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=_SECRETS)
def test_no_argument_is_in_the_bytes_of_the_log(keeper: Marketplace, values: list[str]) -> None:
    keeper.install("acme.demo", grant=["storage"])
    runner = runner_of(keeper)
    for value in values:
        assert runner.call("demo:run", [value]) == value
        with pytest.raises(PluginFailed):
            runner.call("demo:fail", [], {"value": value})
        with pytest.raises(InvalidRequest):
            runner._broker.ask("storage", value, [value])
    runner.stop()
    kept = b"".join(path.read_bytes() for path in keeper.profile.root.glob("audit.sqlite3*"))
    assert b"capability-calls" in kept
    assert not [value for value in values if value.encode() in kept]


def test_an_entry_of_a_change_that_was_edited_is_found(keeper: Marketplace) -> None:
    keeper.install("acme.demo", grant=["storage"])
    keeper.remove("acme.demo")
    edited = "UPDATE entries SET detail = replace(detail, 'storage', 'display') WHERE kind = 'grants-given'"
    with sqlite3.connect(keeper.profile.root / "audit.sqlite3") as connection:
        connection.execute(edited)
    connection.close()
    assert keeper.audit.check().broken_at == entries(keeper, "grants-given")[0].number


TAKER = """
def run(table, text, source, target, token):
    target.write(source.read_bytes())
    return table.num_rows
"""
TAKEN = """
{name = "table", type = "variable"}, {name = "text", type = "variable"}, {name = "source", type = "file:read"},
{name = "target", type = "file:write"}, {name = "--api-token", type = "secret"}
"""


def test_what_was_handed_over_is_counted_by_its_argument_without_a_name_or_a_value(
    market: Marketplace, make_plugin: MakePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOMATOSX_SECRETS_PASSPHRASE", "correct horse")
    table, text = pa.table({"patients": range(1000)}), "the-diagnosis"
    (tmp_path / "layoffs.csv").write_bytes(b"x" * 321)
    market.publish(make_plugin(source=TAKER.replace("token", "api_token"), args=TAKEN.replace("\n", "")))
    market.install("acme.demo")
    market.secrets.put("acme.demo", "hr-login", "t0p")
    runner = runner_of(market, {"ward": table, "note": text})
    (magic,) = market.installed()[0].contributes["magics"]
    for place in ("one.csv", "two.csv"):
        assert runner.run_magic(magic, f"ward note layoffs.csv {place} --api-token hr-login", None) == 1000
    runner.stop()
    told = [entry.detail for entry in entries(market, "handed-over")]
    assert told == [
        {"type": "variable", "argument": "table", "calls": 2, "bytes": 2 * table.nbytes},
        {"type": "variable", "argument": "text", "calls": 2, "bytes": 2 * len(text)},
        {"type": "file:read", "argument": "source", "calls": 2, "bytes": 642},
        {"type": "file:write", "argument": "target", "calls": 2, "bytes": 642},
        {"type": "secret", "argument": "--api-token", "calls": 2},
    ]
    written = (market.profile.root / "audit.sqlite3").read_bytes()
    for word in ("ward", "note", "patients", text, "layoffs", "one.csv", "hr-login", "t0p"):
        assert word.encode() not in written


def test_what_could_not_be_handed_over_is_no_entry(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(source="def run(value):\n    return 1\n", args='{name = "value", type = "variable"}'))
    market.install("acme.demo")
    runner = runner_of(market, {"here": 1})
    (magic,) = market.installed()[0].contributes["magics"]
    with pytest.raises(UnknownVariable):
        runner.run_magic(magic, "there", None)
    runner.stop()
    assert entries(market, "handed-over") == []
