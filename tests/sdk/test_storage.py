"""``sdk.storage`` against the state of a kernel: what several writers need, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from automatosx_nb.errors import PermissionDenied
from automatosx_nb.sdk import storage
from automatosx_nb.testing import plugin_host
from automatosx_nb.testing.memory import PluginHost


@pytest.fixture
def host() -> Iterator[PluginHost]:
    with plugin_host(["storage"], storage={"n": 1}) as host:
        yield host


def revision(key: str) -> int:
    found = storage.entry(key)
    assert found is not None
    return found.revision


def test_an_entry_has_a_revision_that_every_write_changes(host: PluginHost) -> None:
    first = revision("n")
    assert storage.put("n", 2) == revision("n") != first
    assert storage.entry("missing") is None


def test_replace_writes_only_where_nobody_wrote_since(host: PluginHost) -> None:
    seen = revision("n")
    storage.replace("n", 2, seen)
    with pytest.raises(storage.Conflict):
        storage.replace("n", 3, seen)
    with pytest.raises(storage.Conflict):
        storage.replace("n", 3, 0)
    assert storage.replace("new", 1, 0) == revision("new")
    assert host.storage == {"n": 2, "new": 1}


def test_update_calls_again_where_somebody_was_faster(host: PluginHost) -> None:
    seen: list[int] = []

    def raced(value: int) -> int:
        seen.append(value)
        if len(seen) == 1:
            host.state.put("n", 10)
        return value + 1

    assert storage.update("n", raced) == 11
    assert seen == [1, 10]
    assert storage.update("other", lambda value: value + 1, default=4) == 5
    assert host.storage == {"n": 11, "other": 5}


def test_update_gives_up_where_others_are_always_faster(host: PluginHost) -> None:
    turns: list[int] = []

    def always_raced(value: int) -> int:
        turns.append(value)
        host.state.put("n", value + 1)
        return 0

    with pytest.raises(storage.Conflict):
        storage.update("n", always_raced)
    assert turns == list(range(1, storage.UPDATE_TRIES + 1))


def test_a_transaction_is_written_as_a_whole_at_its_end(host: PluginHost) -> None:
    with storage.transaction() as both:
        both.put("a", both.get("n") + 1)
        both.put("gone", 1)
        both.delete("gone")
        assert both.get("a") == 2
        assert both.get("gone", "nothing") == "nothing"
        assert both.get("missing", "nothing") == "nothing"
        assert host.storage == {"n": 1}
    assert host.storage == {"n": 1, "a": 2}


def test_a_transaction_writes_nothing_where_what_it_read_changed(host: PluginHost) -> None:
    both = storage.transaction()
    both.put("a", both.get("n"))
    host.state.put("n", 5)
    with pytest.raises(storage.Conflict):
        both.__exit__(None, None, None)
    assert host.storage == {"n": 5}


def test_a_transaction_can_require_what_it_did_not_read(host: PluginHost) -> None:
    both = storage.transaction()
    both.require("n", 0)
    both.put("a", 1)
    with pytest.raises(storage.Conflict):
        both.__exit__(None, None, None)
    assert host.storage == {"n": 1}
    with storage.transaction() as both:
        both.require("n", revision("n"))
        both.require("a", 0)
        both.put("a", 1)
    assert host.storage == {"n": 1, "a": 1}


def test_a_transaction_that_raised_writes_nothing(host: PluginHost) -> None:

    def halfway() -> None:
        with storage.transaction() as both:
            both.put("a", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        halfway()
    assert host.storage == {"n": 1}


def test_a_scan_reads_page_by_page_and_from_a_key_on(host: PluginHost) -> None:
    many = {f"k{number:04}": number for number in range(storage.PAGE + 5)}
    for half in (0, 1):
        with storage.transaction() as every_other:
            for number in range(half, len(many), 2):
                every_other.put(f"k{number:04}", number)
    assert dict(storage.scan("k")) == many
    assert len([call for call in host.calls if call[1] == "scan"]) == 2
    assert [key for key, _ in storage.scan("k", after="k1002")] == ["k1003", "k1004"]


def test_what_outlived_its_time_is_not_there(host: PluginHost) -> None:
    storage.put("brief", 1, ttl=1e-6)
    storage.put("long", 1, ttl=3_600)
    assert storage.keys() == ["long", "n"]
    long = storage.entry("long")
    assert long is not None
    assert long.expires is not None


def test_usage_is_within_what_was_granted() -> None:
    with plugin_host(["storage:64KiB"]):
        before, allowed = storage.usage()
        storage.put("a", b"x" * 20_000)
        after, _ = storage.usage()
    assert allowed == 64 * 1024
    assert after - before >= 20_000


@pytest.mark.parametrize("ttl", [0, -1, True, "1"])
def test_a_time_to_live_is_a_positive_number_of_seconds(host: PluginHost, ttl: Any) -> None:
    with pytest.raises(ValueError, match="a time to live is a number of seconds over 0"):
        storage.put("n", 2, ttl)
    assert host.storage == {"n": 1}


@pytest.mark.parametrize("number", [-1, True, "1", 1.0])
def test_a_revision_is_an_int_that_is_not_negative(host: PluginHost, number: Any) -> None:
    with pytest.raises(ValueError, match="a revision is an int"):
        storage.replace("n", 2, number)
    assert host.storage == {"n": 1}


def test_without_the_permission_nothing_of_it_works() -> None:
    with plugin_host():
        for act in (storage.keys, storage.usage, lambda: storage.put("n", 1), lambda: storage.replace("n", 1, 0)):
            with pytest.raises(PermissionDenied):
                act()
