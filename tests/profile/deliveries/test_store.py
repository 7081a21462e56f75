"""What is published for durable subscribers is owed to them, in order, until it was handled or given up."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from automatosx_nb.errors import DeliveriesDamaged, StorageFailed, UnknownDeadLetter
from automatosx_nb.model.delivery import COUNTS, Ended, Outcome, Owed, Subscriber, Terms
from automatosx_nb.profile.deliveries import Deliveries
from automatosx_nb.profile.deliveries.retaining import MAX_RETAINED
from tests.profile.deliveries.conftest import LISTENER, Clock, MakeKernel, event

OTHER = Subscriber("acme.other", "plugin.a.*", "other:on_event")


def texts(owed: tuple[Owed, ...]) -> list[str]:
    return [json.loads(each.body)["data"] for each in owed]


def put(store: Deliveries, *words: str, source: str = "a", topic: str = "plugin.a.b") -> None:
    for word in words:
        store.publish(event(word, source=source, topic=topic), [LISTENER])


def take(store: Deliveries, *outcomes: Outcome) -> tuple[Owed, ...]:
    return store.exchange(outcomes=outcomes, wanted=[LISTENER]).owed


def counts(store: Deliveries, plugin: str = "acme.demo") -> dict[str, int]:
    (pending,) = store.pending(plugin)
    return {name: count for name, count in pending.counts.items() if count}


def fail(store: Deliveries, clock: Clock, times: int) -> None:
    for _ in range(times):
        (owed, *_) = take(store)
        store.exchange(outcomes=[Outcome(owed.number, "failed", "boom")])
        clock.now += 10


def test_what_was_published_is_owed_in_its_order_and_once(store: Deliveries) -> None:
    put(store, "one", "two", "three")
    owed = take(store)
    assert texts(owed) == ["one", "two", "three"]
    assert [(each.subscriber, each.attempt) for each in owed] == [(LISTENER, 1)] * 3
    assert take(store) == ()
    assert take(store, *(Outcome(each.number, "handled") for each in owed)) == ()
    assert counts(store) == {"accepted": 3, "handled": 3}


def test_publishing_and_taking_need_one_exchange(store: Deliveries) -> None:
    exchanged = store.exchange(puts=[(event("one"), [LISTENER])], wanted=[LISTENER])
    assert texts(exchanged.owed) == ["one"]


def test_nothing_is_kept_for_who_does_not_subscribe(store: Deliveries) -> None:
    store.publish(event("one"), [OTHER])
    assert store.exchange(wanted=[OTHER]).owed == ()
    assert [each.plugin for each in store.pending()] == ["acme.demo"]


def test_without_a_subscription_no_file_is_made(kernel: MakeKernel, tmp_path: Path) -> None:
    store = kernel()
    assert store.follow(1, {}) == ()
    assert (store.publish(event(), []), store.dead(), store.pending(), store.retained("**")) == ((), (), (), ())
    assert list(tmp_path.iterdir()) == []


def test_a_failed_event_waits_longer_each_time_and_then_is_a_dead_letter(store: Deliveries, clock: Clock) -> None:
    put(store, "one")
    for wait_s in (1.0, 4.0):
        (owed,) = take(store)
        exchanged = store.exchange(outcomes=[Outcome(owed.number, "failed", "boom")], wanted=[LISTENER])
        assert exchanged.owed == ()
        assert exchanged.next_due == clock.now + wait_s
        clock.now += wait_s - 0.001
        assert take(store) == ()
        clock.now += 0.001
    (owed,) = take(store)
    assert owed.attempt == 3
    store.exchange(outcomes=[Outcome(owed.number, "failed", "boom\x1b[31m")])
    (letter,) = store.dead()
    assert (letter.number, letter.plugin, letter.topic, letter.handler) == (
        1,
        "acme.demo",
        "plugin.**",
        "demo:on_event",
    )
    assert (letter.attempts, letter.event) == (3, {"data": "one"})
    assert letter.error.startswith("boom")
    assert "\x1b" not in letter.error
    assert counts(store) == {"accepted": 1, "failed": 3, "buried": 1}


def test_while_an_event_waits_for_its_next_try_only_its_own_publisher_and_topic_wait(
    store: Deliveries, clock: Clock
) -> None:
    put(store, "first")
    (owed,) = take(store)
    put(store, "second")
    put(store, "other topic", topic="plugin.a.c")
    put(store, "other publisher", source="b")
    found = take(store, Outcome(owed.number, "failed", "boom"))
    assert texts(found) == ["other topic", "other publisher"]
    store.exchange(outcomes=[Outcome(each.number, "handled") for each in found])
    clock.now += 1
    (again,) = take(store)
    assert (texts((again,)), again.attempt) == (["first"], 2)
    assert texts(take(store, Outcome(again.number, "handled"))) == ["second"]


def test_a_dead_letter_lets_the_next_event_of_its_lane_through(store: Deliveries, clock: Clock) -> None:
    put(store, "bad", "good")
    fail(store, clock, 1)
    store.exchange(outcomes=[Outcome(2, "released")])
    fail(store, clock, 2)
    assert [letter.event["data"] for letter in store.dead()] == ["bad"]
    assert texts(take(store)) == ["good"]


def test_what_was_released_is_owed_at_once_and_that_was_no_try(store: Deliveries, clock: Clock) -> None:
    put(store, "one")
    for _ in range(10):
        (owed,) = take(store)
        assert owed.attempt == 1
        store.exchange(outcomes=[Outcome(owed.number, "released")])
    (owed,) = take(store)
    assert take(store, Outcome(owed.number, "released", "suspended", wait_s=60.0)) == ()
    clock.now += 60
    assert [each.attempt for each in take(store)] == [1]


def test_of_several_that_were_tried_before_one_is_taken_at_a_time(store: Deliveries, clock: Clock) -> None:
    for source in "abc":
        put(store, source, source=source)
    owed = take(store)
    assert len(owed) == 3
    store.exchange(outcomes=[Outcome(each.number, "failed", "boom") for each in owed])
    clock.now += 1
    for source in "abc":
        (again,) = take(store)
        assert texts((again,)) == [source]
        store.exchange(outcomes=[Outcome(again.number, "handled")])


def test_two_kernels_share_the_events_and_keep_a_lanes_order(kernel: MakeKernel, store: Deliveries) -> None:
    other = kernel()
    put(store, "a1", "a2")
    first = take(store)
    put(store, "a3")
    put(store, "b1", source="b")
    second = take(other)
    assert (texts(first), texts(second)) == (["a1", "a2"], ["b1"])
    assert take(other) == ()
    store.exchange(outcomes=[Outcome(each.number, "handled") for each in first])
    assert texts(take(other, *(Outcome(each.number, "handled") for each in second))) == ["a3"]


def test_what_a_kernel_held_that_ended_is_owed_to_the_next_at_once_and_was_a_try(
    kernel: MakeKernel, store: Deliveries
) -> None:
    ending = kernel()
    put(store, "one")
    assert len(take(ending)) == 1
    assert take(store) == ()
    ending.close()
    (owed,) = take(store)
    assert owed.attempt == 2


def test_an_event_that_ends_every_kernel_is_a_dead_letter_in_the_end(kernel: MakeKernel, store: Deliveries) -> None:
    put(store, "deadly")
    for _ in range(3):
        ending = kernel()
        assert len(take(ending)) == 1
        ending.close()
    assert take(store) == ()
    assert [(letter.event["data"], letter.error) for letter in store.dead()] == [
        ("deadly", "the kernel that handled it ended")
    ]


def test_a_kernel_that_says_nothing_loses_what_it_holds_when_its_lease_is_over(
    kernel: MakeKernel, store: Deliveries, clock: Clock
) -> None:
    silent = kernel(lease_s=30.0)
    put(store, "one", "two")
    held = take(silent)
    clock.now += 29
    silent.exchange()
    clock.now += 29
    assert take(store) == ()
    clock.now += 1
    (owed,) = take(store)
    assert (texts((owed,)), owed.attempt) == (["one"], 2)
    silent.exchange(outcomes=[Outcome(held[0].number, "failed", "too late"), Outcome(held[1].number, "handled")])
    assert take(store, Outcome(owed.number, "handled")) == ()
    assert counts(store) == {"accepted": 2, "failed": 2, "handled": 2}


def test_a_clock_that_was_set_back_makes_nothing_wait_for_ever(store: Deliveries, clock: Clock) -> None:
    put(store, "one")
    (owed,) = take(store)
    store.exchange(outcomes=[Outcome(owed.number, "failed", "boom")])
    clock.now -= 7 * 86400
    assert texts(take(store)) == ["one"]


def test_an_event_that_expired_is_owed_to_nobody_and_counted(store: Deliveries, clock: Clock) -> None:
    store.publish(event("short", expires=clock.now + 5), [LISTENER])
    store.publish(event("long", expires=clock.now + 50), [LISTENER])
    clock.now += 5
    assert texts(take(store)) == ["long"]
    assert counts(store) == {"accepted": 2, "expired": 1}


def test_a_full_queue_lets_the_oldest_go_but_nothing_that_is_being_handled(store: Deliveries) -> None:
    put(store, "taken")
    (owed,) = take(store)
    put(store, *"abcdefg")
    assert texts(take(store, Outcome(owed.number, "handled"))) == list("cdefg")
    assert counts(store) == {"accepted": 8, "handled": 1, "dropped": 2}


def test_a_full_queue_that_rejects_says_so_and_keeps_what_waits(kernel: MakeKernel) -> None:
    store = kernel()
    store.follow(1, {LISTENER: Terms("reject", queue=2), OTHER: Terms(queue=2)})
    said = [store.publish(event(word), [LISTENER, OTHER]) for word in "abc"]
    assert said == [(), (), (LISTENER,)]
    assert texts(take(store)) == ["a", "b"]
    assert counts(store) == {"accepted": 2, "rejected": 1}
    assert counts(store, "acme.other") == {"accepted": 3, "dropped": 1}


def test_a_queue_has_a_bound_in_bytes_too(kernel: MakeKernel) -> None:
    store = kernel()
    store.follow(1, {LISTENER: Terms(most_bytes=3 * len(event("x" * 100).body))})
    put(store, *(letter * 100 for letter in "abcd"), "e" * 1000)
    assert [text[0] for text in texts(take(store))] == ["b", "c", "d"]
    assert counts(store) == {"accepted": 4, "dropped": 1, "rejected": 1}


def test_a_subscription_that_ended_takes_its_events_along_and_begins_anew(store: Deliveries, clock: Clock) -> None:
    put(store, "bad")
    fail(store, clock, 3)
    put(store, "one", "two")
    assert store.follow(2, {}) == (Ended(LISTENER, 3),)
    assert (store.pending(), store.dead()) == ((), ())
    put(store, "meanwhile")
    assert store.follow(3, {LISTENER: Terms()}) == ()
    put(store, "from then on")
    assert texts(take(store)) == ["from then on"]
    assert counts(store) == {"accepted": 1}


def test_a_kernel_that_follows_an_older_generation_ends_nothing(store: Deliveries) -> None:
    store.follow(7, {LISTENER: Terms(), OTHER: Terms()})
    assert store.follow(6, {}) == ()
    assert store.follow(7, {}) == ()
    assert len(store.pending()) == 2
    assert store.followed() == 7


def test_what_a_generation_changed_is_kept_once_for_who_subscribed_before_it(kernel: MakeKernel) -> None:
    store = kernel()
    before, after = Subscriber("acme.demo", "a.*", "demo:on"), Subscriber("acme.other", "a.*", "other:on")
    store.follow(1, {before: Terms()}, [event("one", topic="a.b")])
    for _ in range(2):
        store.follow(2, {before: Terms(), after: Terms()}, [event("two", topic="a.b"), event("no", topic="b.b")])
    assert texts(store.exchange(wanted=[before, after]).owed) == ["two"]


def test_another_handler_for_the_same_topic_is_owed_what_the_old_one_was(store: Deliveries) -> None:
    put(store, "one")
    renamed = Subscriber("acme.demo", "plugin.**", "demo:on_finding")
    assert store.follow(2, {renamed: Terms()}) == ()
    assert texts(store.exchange(wanted=[renamed]).owed) == ["one"]
    assert take(store) == ()


def test_dead_letters_are_replayed_with_all_their_tries_or_dropped(store: Deliveries, clock: Clock) -> None:
    put(store, "one")
    fail(store, clock, 3)
    put(store, "two", source="b")
    fail(store, clock, 3)
    assert [letter.number for letter in store.dead("acme.demo")] == [1, 2]
    assert store.dead("acme.other") == ()
    with pytest.raises(UnknownDeadLetter) as caught:
        store.replay([1, 9])
    assert (caught.value.numbers, caught.value.known) == ((9,), (1, 2))
    assert len(store.dead()) == 2
    assert store.replay([1]) == 1
    (owed,) = take(store)
    assert (texts((owed,)), owed.attempt) == (["one"], 1)
    assert store.drop() == 1
    assert store.dead() == ()
    assert (store.replay(), store.drop()) == (0, 0)
    assert counts(store) == {"accepted": 2, "failed": 6, "buried": 2, "replayed": 1, "forgotten": 1}


def test_an_expired_dead_letter_that_is_replayed_is_delivered(store: Deliveries, clock: Clock) -> None:
    store.publish(event("short", expires=clock.now + 25), [LISTENER])
    fail(store, clock, 3)
    clock.now += 100
    store.replay()
    assert texts(take(store)) == ["short"]


def test_retained_events_survive_and_the_last_one_of_a_topic_counts(
    kernel: MakeKernel, clock: Clock, store: Deliveries
) -> None:
    store.exchange(retain=[event("old", topic="plugin.a.state"), event("new", topic="plugin.a.state")])
    store.exchange(retain=[event("brief", topic="plugin.a.brief", expires=clock.now + 5)])
    store.exchange(retain=[event("theirs", topic="plugin.b.state")])
    again = kernel()
    assert [json.loads(each.body)["data"] for each in again.retained("plugin.a.*")] == ["new", "brief"]
    clock.now += 5
    assert [json.loads(each.body)["data"] for each in again.retained("**")] == ["new", "theirs"]
    again.forget_retained("plugin.a.")
    assert [json.loads(each.body)["data"] for each in store.retained("**")] == ["theirs"]


def test_a_subscription_that_asks_for_it_begins_with_what_is_retained_and_gets_that_once(kernel: MakeKernel) -> None:
    store = kernel()
    store.exchange(retain=[event("kept", topic="plugin.a.state"), event("other", topic="user.a")])
    for generation in (1, 2):
        store.follow(generation, {LISTENER: Terms(retained=True), OTHER: Terms()})
    assert [
        (each.subscriber, json.loads(each.body)["data"]) for each in store.exchange(wanted=[LISTENER, OTHER]).owed
    ] == [(LISTENER, "kept")]


def test_of_too_many_retained_topics_the_oldest_are_forgotten(store: Deliveries) -> None:
    store.exchange(retain=[event(str(n), topic=f"plugin.a.t{n}") for n in range(MAX_RETAINED + 2)])
    kept = store.retained("**")
    assert len(kept) == MAX_RETAINED
    assert json.loads(kept[0].body)["data"] == "2"


def test_pending_says_what_waits_what_is_in_flight_and_what_is_retried(store: Deliveries, clock: Clock) -> None:
    put(store, "one", "two", "three")
    take(store)
    store.exchange(outcomes=[Outcome(1, "failed", "boom"), Outcome(2, "released")])
    (pending,) = store.pending()
    assert (pending.waiting, pending.in_flight, pending.retrying, pending.dead) == (2, 1, 1, 0)
    assert pending.waiting_bytes == len(event("one").body) + len(event("two").body)
    assert pending.oldest == pending.since == "2023-11-14T22:13:20.000+00:00"
    assert set(pending.counts) == set(COUNTS)


def test_a_file_that_is_no_database_is_told_and_not_overwritten(kernel: MakeKernel, tmp_path: Path) -> None:
    store = kernel()
    store.path.parent.mkdir()
    store.path.write_bytes(b"somebody's data, and no database" * 100)
    before = store.path.read_bytes()
    with pytest.raises(DeliveriesDamaged, match="Move the file away"):
        store.publish(event(), [LISTENER])
    assert store.path.read_bytes() == before


def test_a_fork_may_not_use_what_its_parent_opened_and_takes_nothing_from_it(store: Deliveries) -> None:
    put(store, "one", "two")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            put(store, "by the child")
        except StorageFailed:
            store.close()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert texts(take(store)) == ["one", "two"]
