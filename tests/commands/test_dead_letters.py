"""``events pending|dead|replay|drop``, as they are typed."""

from __future__ import annotations

import json

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import UnknownDeadLetter, UsageError
from automatosx_nb.model.delivery import Envelope, Outcome, Retries, Subscriber, Terms
from automatosx_nb.model.events import Event
from automatosx_nb.profile.deliveries import Deliveries
from tests.commands.test_verbs import ax

LISTENER = Subscriber("acme.demo", "plugin.**", "demo:on_event")


@pytest.fixture
def market(market: Marketplace) -> Marketplace:
    """With two events that ``acme.demo`` could not handle, 1 and 2, and one that waits."""
    store = Deliveries(market.profile.root / "events", retries=Retries(attempts=1))
    vars(market)["deliveries"] = store
    store.follow(1, {LISTENER: Terms()})
    for text in ("one", "two"):
        event = Event(text, "a", "plugin.a.b", "2026-01-01T00:00:00Z", {"said": text})
        (owed,) = store.exchange([(Envelope.of(event), [LISTENER])], wanted=[LISTENER]).owed
        store.exchange(outcomes=[Outcome(owed.number, "failed", "boom\nand more")])
    store.publish(Envelope.of(Event("three", "a", "plugin.a.b", "2026-01-01T00:00:00Z")), [LISTENER])
    return market


def test_nothing_is_said_to_be_nothing(home: object) -> None:
    market = Marketplace()
    assert ax(market, "events dead") == "There are no dead letters."
    assert ax(market, "events pending") == "No installed plugin has a durable subscription."
    assert json.loads(ax(market, "events dead --json")) == []
    assert "0 dead letters are gone" in ax(market, "events drop --all")
    market.close()


def test_dead_letters_are_shown_with_the_reason_and_what_to_do(market: Marketplace) -> None:
    shown = ax(market, "events dead")
    assert '{"said": "one"}' in shown
    assert "boom" in shown
    assert "events replay NUMBER" in shown
    assert "There are no dead letters." in ax(market, "events dead --plugin acme.other")
    letters = json.loads(ax(market, "events dead --json"))
    assert [(each["number"], each["error"], each["event"]["data"]) for each in letters] == [
        (1, "boom\nand more", {"said": "one"}),
        (2, "boom\nand more", {"said": "two"}),
    ]


def test_what_is_pending_is_shown_with_its_counts(market: Marketplace) -> None:
    shown = ax(market, "events pending --plugin acme.demo")
    assert "3 accepted" in shown
    (pending,) = json.loads(ax(market, "events pending --json"))
    assert (pending["waiting"], pending["dead"], pending["counts"]["buried"]) == (1, 2, 2)


def test_some_or_all_are_replayed_or_dropped(market: Marketplace) -> None:
    assert ax(market, "events replay 2").startswith("1 dead letter is tried again")
    assert [each.number for each in market.deliveries.dead()] == [1]
    assert ax(market, "events drop --all --plugin acme.other") == "0 dead letters are gone."
    assert ax(market, "events drop --all") == "1 dead letter is gone."
    assert [each.waiting for each in market.deliveries.pending()] == [2]


def test_what_is_no_number_of_a_dead_letter_is_told_and_nothing_is_changed(market: Marketplace) -> None:
    for line in ("events drop", "events replay one", "events drop 1 --all"):
        with pytest.raises(UsageError, match="--all"):
            ax(market, line)
    with pytest.raises(UnknownDeadLetter) as caught:
        ax(market, "events replay 1 2 9")
    assert caught.value.numbers == (9,)
    assert len(market.deliveries.dead()) == 2
