"""``events``: what goes over the kernel's bus, who listens, and an event of one's own."""

from __future__ import annotations

import json
import re
import time
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from automatosx_nb.commands import dead_letters, text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import KernelNeeded, UsageError

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.host.bus import Subscriber
    from automatosx_nb.host.kernel import KernelHost
    from automatosx_nb.model.events import Event

SHOWN = 20
_MAX_DATA = 100
_STEP_S = 0.05
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")
"""Of the page on which the same sentences stand; a terminal shows none."""
_ACTIONS = ("topics", "tail", "publish", "stats", "activity", *dead_letters.ACTIONS)


def _configure(parser: Parser) -> None:
    parser.add_argument("action", nargs="?", choices=_ACTIONS, default="topics", help="default: topics")
    parser.add_argument(
        "topic",
        nargs="?",
        help="for publish: a topic under user.; for tail: a pattern, default: **; for replay, drop: a number",
    )
    parser.add_argument("data", nargs="?", help="for publish: the data, as JSON; default: null")
    parser.add_argument("more", nargs="*", help="for replay and drop: more numbers of dead letters")
    dead_letters.configure(parser)
    parser.add_argument("--most", type=int, default=SHOWN, metavar="N", help=f"the newest N; default: {SHOWN}")
    parser.add_argument("--seconds", type=float, default=0.0, metavar="S", help="for tail: wait so long for more")
    parser.add_argument("--stop", action="store_true", help="for tail: the last look; keep no more events")
    parser.add_argument("--retain", action="store_true", help="for publish: keep it for later subscribers")


def _events(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.action == "topics":
        return _topics(market)
    if options.action in dead_letters.ACTIONS:
        words = [word for word in (options.topic, options.data, *options.more) if word is not None]
        return dead_letters.carry_out(market, options, words, console)
    if console.host is None:
        raise KernelNeeded("the event bus")
    act = {"tail": _tail, "publish": _publish, "stats": _stats, "activity": _activity}[options.action]
    return act(console.host, options, console)


def _topics(market: Marketplace) -> Answer:
    """Ours, and those that the installed plugins declare."""
    from automatosx_nb.model.events.schemas import TOPICS

    found: list[dict[str, Any]] = [
        {"topic": name, "when": _LINK.sub(r"\1", topic.when), "schema": topic.schema} for name, topic in TOPICS.items()
    ]
    for entry in market.installed():
        found += [
            {"topic": each["topic"], "when": each["schema"].get("description", ""), "schema": each["schema"]}
            for each in entry.contributes.get("events", ())
        ]
    rows = [(each["topic"], each["when"], ", ".join(each["schema"].get("properties", {}))) for each in found]
    return Answer(text.table(("topic", "when", "data"), rows), found)


def _tail(host: KernelHost, options: Namespace, console: Console) -> Answer:
    from automatosx_nb.model.events.topics import check_pattern, matches

    pattern = check_pattern(options.topic or "**")
    first = not host.recording
    host.record()
    until = time.monotonic() + options.seconds
    while time.monotonic() < until:
        time.sleep(_STEP_S)
    events = [event for event in host.record(keep=not options.stop) if matches(pattern, event.type)]
    events = events[-max(options.most, 1) :]
    lines = [text.table(("when (UTC)", "topic", "from", "data"), map(_row, events))] if events else []
    if first and not options.stop:
        lines.append("From now on events are kept to be looked at: run it again; --stop ends that.")
    elif not events:
        lines.append("Nothing of that kind was published since you first looked.")
    return Answer("\n".join(lines), [event.attributes() for event in events])


def _row(event: Event) -> tuple[str, str, str, str]:
    data = json.dumps(event.data, ensure_ascii=False)
    shown = data if len(data) <= _MAX_DATA else data[:_MAX_DATA] + "…"
    return event.time[11:23], event.type, event.source, shown


def _publish(host: KernelHost, options: Namespace, console: Console) -> Answer:
    usage = f"{console.prefix} events publish user.TOPIC ['JSON']"
    if options.topic is None:
        raise UsageError("publish takes a topic", usage)
    try:
        data = None if options.data is None else json.loads(options.data)
    except ValueError as error:
        raise UsageError(f"{options.data!r} is no JSON ({error})", usage) from error
    event = host.publish(options.topic, data, retain=options.retain)
    return Answer(f"Published {event.id} on {event.type}.", event.attributes())


def _stats(host: KernelHost, options: Namespace, console: Console) -> Answer:
    published, subscribers = host.bus.published(), host.bus.subscribers()
    lines = ["Nothing was published yet."]
    if published:
        lines = [text.table(("topic", "published"), [(topic, str(count)) for topic, count in published.items()])]
    if subscribers:
        head = ("subscriber", "pattern", *_COUNTED)
        lines += ["", text.table(head, [_figures(each) for each in subscribers])]
    data: dict[str, Any] = {"published": published, "subscribers": [_record(each) for each in subscribers]}
    return Answer("\n".join(lines), data)


_COUNTED = ("delivered", "failed", "dropped", "coalesced", "rejected", "expired")


def _figures(each: Subscriber) -> tuple[str, ...]:
    return each.owner, each.pattern, *(str(getattr(each.counters, name)) for name in _COUNTED)


def _record(each: Subscriber) -> dict[str, Any]:
    counts = {name: getattr(each.counters, name) for name in _COUNTED}
    return {"subscriber": each.owner, "pattern": each.pattern, **counts}


def _activity(host: KernelHost, options: Namespace, console: Console) -> Answer:
    lines = host.bus.activity.lines()[-max(options.most, 1) :]
    rows = [(line.time[11:19], line.who, line.level, line.text) for line in lines]
    nothing = f"Nothing yet. What a plugin says is in {console.prefix} logs ID."
    shown = text.table(("when (UTC)", "who", "what", "text"), rows) if rows else nothing
    return Answer(shown, list(lines))


VERBS = (Verb("events", "what goes over the kernel's event bus, and who listens", _configure, _events, json=True),)
