"""``state``: what a plugin has saved, looked at, carried away, brought back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import InvalidStateFile, NoSnapshot, QuotaExceeded, UsageError
from automatosx_nb.profile.snapshots import snapshots_of
from tests.commands.test_verbs import ax
from tests.conftest import stock, use_home

LEDGER = "automatosx.cell-ledger"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, filled_registry: Path) -> Iterator[Marketplace]:
    """With the ledger; making one for each test would cost more than the test."""
    with pytest.MonkeyPatch.context() as patch:
        stock(use_home(tmp_path_factory.mktemp("state"), patch), filled_registry)
        market = Marketplace()
        market.install(LEDGER, "1.0.0", grant=["storage", "events:subscribe:kernel.cell.finished"])
        yield market
        market.close()


@pytest.fixture
def market(installed: Marketplace) -> Marketplace:
    """Nothing was saved yet."""
    shutil.rmtree(installed.plugin_state(LEDGER).path.parent, ignore_errors=True)
    return installed


def save(market: Marketplace, **values: object) -> None:
    state = market.profile.state(market.installed_plugin(LEDGER))
    for key, value in values.items():
        state.put(key, value, ttl_s=1e6 if key == "session" else None)
    state.close()


def saved(market: Marketplace) -> dict[str, object]:
    state = market.profile.state(market.installed_plugin(LEDGER))
    try:
        return dict(state.items())
    finally:
        state.close()


def test_nothing_was_saved_yet_and_asking_makes_no_file(market: Marketplace) -> None:
    assert f"{LEDGER} 1.0.0 keeps 0 entries in 0 B of 64.0 MiB" in ax(market, f"state usage {LEDGER}")
    assert ax(market, f"state snapshots {LEDGER}") == "There is no snapshot."
    with pytest.raises(NoSnapshot):
        ax(market, f"state snapshot {LEDGER}")
    with pytest.raises(NoSnapshot):
        ax(market, f"state restore {LEDGER}")
    assert not market.plugin_state(LEDGER).path.exists()


def test_usage_is_told_to_people_and_to_programs(market: Marketplace) -> None:
    save(market, a=1, session=2)
    usage = json.loads(ax(market, f"state usage {LEDGER} --json"))
    assert (usage["entries"], usage["expired"], usage["quota_bytes"], usage["state_version"]) == (2, 0, 64 << 20, 1)
    assert "keeps 2 entries" in ax(market, f"state usage {LEDGER}")


def test_a_snapshot_is_taken_listed_and_brought_back(market: Marketplace) -> None:
    save(market, a=1)
    ax(market, f"state snapshot {LEDGER}")
    save(market, a=2, b=3)
    newest = json.loads(ax(market, f"state snapshots {LEDGER} --json"))["snapshots"][0]
    assert (newest["why"], newest["revision"]) == ("asked", 1)
    said = ax(market, f"state restore {LEDGER} {newest['name']}")
    assert saved(market) == {"a": 1}
    (aside,) = market.plugin_state(LEDGER).set_aside()
    assert aside in said
    assert f"Set aside in {market.plugin_state(LEDGER).path.parent}: {aside}" in ax(market, f"state usage {LEDGER}")
    assert [entry.kind for entry in market.audit.read(plugin=LEDGER)][-1] == "state-restored"


def test_empty_starts_anew_also_where_there_is_no_snapshot_that_is_whole(market: Marketplace) -> None:
    save(market, a=1)
    path = market.plugin_state(LEDGER).path
    for each in (path, *(snapshot.path for snapshot in snapshots_of(path))):
        each.write_bytes(b"nothing of worth" * 99)
    with pytest.raises(NoSnapshot):
        ax(market, f"state restore {LEDGER}")
    assert path.read_bytes() == b"nothing of worth" * 99
    ax(market, f"state restore {LEDGER} empty")
    assert saved(market) == {}


def test_a_name_that_is_no_snapshot_is_told_with_those_that_are(market: Marketplace) -> None:
    save(market, a=1)
    with pytest.raises(NoSnapshot) as caught:
        ax(market, f"state restore {LEDGER} yesterday")
    assert caught.value.available == tuple(each.name for each in market.plugin_state(LEDGER).snapshots())


def test_what_was_exported_is_imported_whole(market: Marketplace, tmp_path: Path) -> None:
    kept = {"a": [1, {"b": "é"}], "raw": b"\x00\xff", "session": None}
    save(market, **kept)
    file = tmp_path / "state.jsonl"
    assert ax(market, f"state export {LEDGER} {file}").startswith("3 entries")
    save(market, a=2, other=3)
    said = ax(market, f"state import {LEDGER} {file}")
    assert saved(market) == kept
    before = market.plugin_state(LEDGER).snapshots()[0]
    assert before.why == "import"
    assert before.name in said
    state = market.profile.state(market.installed_plugin(LEDGER))
    session = state.entry("session")
    assert session is not None
    assert session.expires is not None
    state.close()


def test_an_export_is_one_moment_and_is_the_same_twice(market: Marketplace, tmp_path: Path) -> None:
    save(market, b=1, a=2)
    for name in ("one", "two"):
        ax(market, f"state export {LEDGER} {tmp_path / name}")
    one, two = ((tmp_path / name).read_text().splitlines()[1:-1] for name in ("one", "two"))
    assert one == two == ['{"key":"a","value":2}', '{"key":"b","value":1}']


def _signed(lines: list[bytes]) -> bytes:
    body = b"".join(lines)
    return body + json.dumps({"entries": len(lines) - 1, "sha256": sha256(body).hexdigest()}).encode() + b"\n"


Change = Callable[[list[bytes]], bytes]
BROKEN: dict[str, tuple[Change, str]] = {
    "cut off": (lambda lines: b"".join(lines[:-1]), "cut off"),
    "cut in a line": (lambda lines: b"".join(lines)[:-20], "no JSON"),
    "changed": (lambda lines: b"".join(lines).replace(b":1}", b":2}"), "SHA-256"),
    "empty": (lambda _lines: b"", "no state that was exported"),
    "something else": (lambda _lines: b"a,b\n1,2\n", "no JSON"),
    "another format": (lambda lines: _signed([b'{"format":"other"}\n', *lines[1:-1]]), "no state that was exported"),
    "a newer format": (
        lambda lines: _signed([lines[0].replace(b'"version":1', b'"version":2'), *lines[1:-1]]),
        "format 2",
    ),
    "another plugin's": (
        lambda lines: _signed([lines[0].replace(b"cell-ledger", b"data-profiler"), *lines[1:-1]]),
        "automatosx.data-profiler",
    ),
    "another version": (
        lambda lines: _signed([lines[0].replace(b'"state_version":1', b'"state_version":7'), *lines[1:-1]]),
        "version 7",
    ),
    "a key twice": (lambda lines: _signed([*lines[:-1], lines[1]]), "a key twice"),
    "no value": (lambda lines: _signed([lines[0], b'{"key":"a"}\n']), "no entry"),
    "no base64": (lambda lines: _signed([lines[0], b'{"key":"a","bytes":"?"}\n']), "base64"),
    "an empty key": (lambda lines: _signed([lines[0], b'{"key":"","value":1}\n']), "a key has"),
    "half a character": (lambda lines: _signed([lines[0], b'{"key":"\\ud800","value":1}\n']), "a key has"),
    "one thing more": (lambda lines: _signed([lines[0], b'{"key":"a","value":1,"x":2}\n']), "an entry has"),
    "an infinity": (lambda lines: _signed([lines[0], b'{"key":"a","value":Infinity}\n']), "no JSON"),
    "an end that no clock has": (
        lambda lines: _signed([lines[0], b'{"key":"a","value":1,"expires":1e300}\n']),
        "seconds since 1970",
    ),
    "an end before time": (
        lambda lines: _signed([lines[0], b'{"key":"a","value":1,"expires":-1}\n']),
        "seconds since 1970",
    ),
    "half a character in a value": (
        lambda lines: _signed([lines[0], b'{"key":"a","value":["\\ud800"]}\n']),
        "none that a plugin can read",
    ),
    "more than 64 bits": (
        lambda lines: _signed([lines[0], b'{"key":"a","value":' + b"9" * 30 + b"}\n"]),
        "none that a plugin can read",
    ),
    "a value nested too deep": (
        lambda lines: _signed([lines[0], b'{"key":"a","value":' + b"[" * 90 + b"]" * 90 + b"}\n"]),
        "none that a plugin can read",
    ),
    "nested too deep": (lambda lines: _signed([lines[0], b"[" * 100_000 + b"\n"]), "no JSON"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_file_that_is_not_whole_changes_nothing(market: Marketplace, tmp_path: Path, broken: str) -> None:
    change, reason = BROKEN[broken]
    save(market, a=1)
    file = tmp_path / "state.jsonl"
    ax(market, f"state export {LEDGER} {file}")
    file.write_bytes(change(file.read_bytes().splitlines(keepends=True)))
    save(market, a=5)
    with pytest.raises(InvalidStateFile, match=reason):
        ax(market, f"state import {LEDGER} {file}")
    assert saved(market) == {"a": 5}


def test_more_than_the_plugin_may_keep_is_not_imported(market: Marketplace, tmp_path: Path) -> None:
    save(market, a="x" * 2000)
    file = tmp_path / "state.jsonl"
    ax(market, f"state export {LEDGER} {file}")
    state = market.plugin_state(LEDGER)
    state.entry = replace(state.entry, grants=("storage:1KiB",))
    with pytest.raises(QuotaExceeded):
        state.load(file)


@pytest.mark.parametrize("line", ["export", "import", "usage {} more", "snapshots {} more"])
def test_what_is_typed_wrongly_is_told_with_the_usage(market: Marketplace, line: str) -> None:
    words = line.format(LEDGER) if "{}" in line else f"{line} {LEDGER}"
    with pytest.raises(UsageError) as caught:
        ax(market, f"state {words}")
    assert "export ID FILE" in str(caught.value)
