"""The event bus beside its yardsticks, in one run: ``python tests/bench/bus.py``. Exits with 1 where a bound is missed.

pyee, pluggy, blinker and pyzmq are measured where they are installed; what is missing is said.
"""

from __future__ import annotations

import os
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

import msgspec

from automatosx_nb.host.bus import Bus
from automatosx_nb.host.bus.activity import Activity
from automatosx_nb.host.bus.duty import Duty
from automatosx_nb.host.bus.plugins import PluginSubscriber
from automatosx_nb.model.events import Event
from automatosx_nb.model.events.trie import TopicTrie

EVENT = Event("1", "bench", "kernel.cell.finished", "2026-01-01T00:00:00Z", {"cell": "0f", "lines": 3, "ok": True})
BLOCKS, ROUNDS, MESSAGES, PAUSE_S = 10, 200, 20_000, 0.001
ZMQ = {"PUB": "SUB", "PUSH": "PULL"}
NEVER = "2999-01-01T00:00:00Z"
CHUNK_S, PAID_ROUNDS = 0.008, 300
LISTENERS, TURNS, CHUNKS, STORM_S = 100, 10, 20, 3.0
SOURCE = """
import time
from time import perf_counter

from automatosx_nb.sdk import events

took = []

def on_event(event):
    pass

def on_timed(event):
    here = perf_counter()
    took.append(here - event.data)

def run():
    return took

def storm(seconds):
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        events.publish("plugin.acme.demo.found", {"rows": count})
        count += 1
    return count
"""
TOPIC = "plugin.acme.demo.found"
HANDLERS = ("demo:on_event", "demo:on_timed", "demo:run", "demo:storm")


def optional(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        print(f"({name} is not installed: not measured)")
        return None


def least_us(action: Callable[[], object], number: int) -> float:
    return min(timeit.repeat(action, number=number, repeat=9)) / number * 1e6


def in_turns(one: Callable[[], object], other: Callable[[], object], number: int) -> tuple[float, float]:
    """The least of each, µs, measured alternately: other people's load is on both."""
    ones, others = [], []
    for _ in range(25):
        ones.append(timeit.timeit(one, number=number // 4))
        others.append(timeit.timeit(other, number=number // 4))
    return min(ones) / (number // 4) * 1e6, min(others) / (number // 4) * 1e6


def ignore(_event: object) -> None:
    """A handler."""


def plain(subscribers: int) -> Callable[[], object]:
    table = {EVENT.type: [ignore] * subscribers}

    def publish(event: Event) -> None:
        for handler in table.get(event.type, ()):
            handler(event)

    return lambda: publish(EVENT)


def ours(subscribers: int) -> Callable[[], object]:
    bus = Bus(lambda _pattern, error: None)
    for _ in range(subscribers):
        bus.subscribe("kernel.cell.*", ignore)
    return lambda: bus.publish(EVENT)


def of_pyee(pyee: Any, subscribers: int) -> Callable[[], object]:
    emitter = pyee.EventEmitter()
    for _ in range(subscribers):
        emitter.on(EVENT.type, lambda event: None)
    return lambda: emitter.emit(EVENT.type, EVENT)


def of_pluggy(pluggy: Any, subscribers: int) -> Callable[[], object]:
    class Spec:
        @pluggy.HookspecMarker("bench")  # type: ignore[untyped-decorator]
        def told(self, event: object) -> None: ...

    class Plugin:
        @pluggy.HookimplMarker("bench")  # type: ignore[untyped-decorator]
        def told(self, event: object) -> None: ...

    manager = pluggy.PluginManager("bench")
    manager.add_hookspecs(Spec)
    for _ in range(subscribers):
        manager.register(Plugin())
    return lambda: manager.hook.told(event=EVENT)


def of_blinker(blinker: Any, subscribers: int) -> Callable[[], object]:
    signal = blinker.Signal()
    held = [lambda sender, event=None: None for _ in range(subscribers)]
    for handler in held:
        signal.connect(handler, weak=False)
    return lambda: signal.send(None, event=EVENT)


PEERS = {"pyee": of_pyee, "pluggy": of_pluggy, "blinker": of_blinker}


def dispatch() -> bool:
    modules = {name: found for name in PEERS if (found := optional(name)) is not None}
    good = True
    for subscribers in (1, 10, 100):
        number = 200_000 // (subscribers + 4)
        base, mine = in_turns(plain(subscribers), ours(subscribers), number)
        others = {name: least_us(PEERS[name](module, subscribers), number) for name, module in modules.items()}
        shown = ", ".join(f"{name} {figure:.2f}" for name, figure in others.items())
        print(
            f"dispatch to {subscribers:>3}: {mine:6.2f} µs, a dict of lists {base:6.2f} "
            f"(ratio {mine / base:.2f}, bound 2); {shown}"
        )
        good = good and mine <= 2 * base and all(mine < each for each in others.values())
    return good


def wildcard() -> bool:
    figures = []
    for patterns in (10, 1000, 10_000):
        trie: TopicTrie[int] = TopicTrie()
        for number in range(patterns):
            trie.add(f"plugin.p{number % 977}.n{number}.*", number)
        trie.add("plugin.acme.*.finding", -1)
        figures.append(least_us(lambda trie=trie: trie.match("plugin.acme.demo.finding"), 20_000))  # type: ignore[misc]
    shown = ", ".join(f"{each:.2f}" for each in figures)
    print(f"match a topic among 10, 1,000, 10,000 patterns: {shown} µs (bound 2)")
    return figures[-1] < 2 and figures[-1] < 2 * figures[0]


@contextmanager
def house() -> Iterator[Callable[..., Any]]:
    """``make(plugin, events=None, duty=None, bus=None)``: a plugin in a real worker, with all layers that there are."""
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.host.broker import CapabilityBroker
    from automatosx_nb.host.capabilities.log import LogCapability
    from automatosx_nb.host.grants import Grants
    from automatosx_nb.host.incidents import Incidents
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Program, Sandbox

    made: list[Any] = []
    limits = Limits(wall_s=600.0, messages=10_000_000)
    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        audit = Audit(Path(folder) / "audit.sqlite3")

        def make(
            plugin: str = "acme.demo", events: Any = None, duty: Duty | None = None, bus: Bus | None = None
        ) -> Any:
            entry = InstalledPlugin(plugin, "1.0.0", "0" * 64, "*", (), "state", "", {})
            program = Program(plugin, "1.0.0", {"demo.py": SOURCE.encode()}, HANDLERS)
            log = LogCapability()
            offered = {"log": log} if events is None else {"log": log, "events": events}
            runner = PluginRunner(
                entry,
                start=lambda _entry: sandbox.start(program, limits),
                broker=CapabilityBroker(Grants(plugin, (f"events:publish:{TOPIC}",)), offered),
                log=log,
                limits=limits,
                variables=lambda: MappingProxyType({}),
                render=lambda value, _entry: value,
                incidents=Incidents(entry, audit, Bus(lambda what, error: None), lambda what, error: None),
                duty=duty,
                traces=None if bus is None else bus.traces,
            )
            runner.call("demo:run")
            made.append(runner)
            return runner

        yield make
        for each in made:
            each.stop()
        audit.close()


def timed(expires: str | None) -> Event:
    """An event that says when it was published."""
    return replace(EVENT, data=time.perf_counter(), expires=expires)


def subscriber(made: Any, handler: str) -> PluginSubscriber:
    record = {"topic": EVENT.type, "handler": handler, "queue": 10_000}
    return PluginSubscriber("acme.demo", record, lambda: made, Activity)


def told_one_by_one(publish: Callable[[Event], object], expires: str | None = None) -> None:
    """Each when the one before has long been handled."""
    for _ in range(ROUNDS):
        publish(timed(expires))
        time.sleep(PAUSE_S)


@contextmanager
def ours_in_blocks(made: Any, expires: str | None = None) -> Iterator[Callable[[], float]]:
    """From publishing to the first line of the handler in the worker, median, µs; what may expire goes by its queue."""
    bus = Bus(lambda _pattern, error: None)
    undo = bus.add(subscriber(made, "demo:on_timed"))

    def block() -> float:
        told_one_by_one(bus.publish, expires)
        took: list[float] = made.call("demo:run")
        return statistics.median(took[-ROUNDS:]) * 1e6

    yield block
    undo()


def handled_a_second(made: Any) -> float:
    bus, rates = Bus(lambda _pattern, error: None), []
    bus.add(many := subscriber(made, "demo:on_event"))
    for _ in range(7):
        started = time.perf_counter()
        for _ in range(10_000):
            bus.publish(EVENT)
        made.call("demo:run")
        rates.append(10_000 / (time.perf_counter() - started))
    assert (many.counters.delivered, many.counters.failed) == (70_000, 0), "every event was handled"
    return max(rates)


def paid_by_a_cell(made: Any, expires: str | None) -> float:
    """What publishing one event makes the same work take longer on the thread that goes on with it, median, µs."""
    bus = Bus(lambda _pattern, error: None)
    undo = bus.add(subscriber(made, "demo:on_event"))
    event = replace(EVENT, expires=expires)
    rounds = int(1_000_000 * CHUNK_S / work())
    alone, beside = list[float](), list[float]()
    for _ in range(PAID_ROUNDS):
        for took, publish in ((alone, ignore), (beside, bus.publish)):
            started = time.perf_counter()
            publish(event)
            work(rounds)
            took.append(time.perf_counter() - started)
            time.sleep(2 * PAUSE_S)
    undo()
    return (statistics.median(beside) - statistics.median(alone)) * 1e6


def socket_pair() -> float:
    """msgspec messages a second over a socket pair to another process that decodes each."""
    encoder = msgspec.msgpack.Encoder()
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        here.close()
        decoder = msgspec.msgpack.Decoder(Event)
        while data := there.recv(65_536):
            if decoder.decode(data).hops:
                there.send(b"x")
        os._exit(0)
    there.close()
    last = Event("1", "bench", EVENT.type, EVENT.time, EVENT.data, hops=1)
    rates = []
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(MESSAGES - 1):
            here.send(encoder.encode(EVENT))
        here.send(encoder.encode(last))
        here.recv(1)
        rates.append(MESSAGES / (time.perf_counter() - started))
    here.close()
    os.waitpid(child, 0)
    return max(rates)


def listen_by_zmq(zmq: Any, kind: str, address: str, there: socket.socket) -> None:
    """The other process: it blocks in ``recv``, and takes the time once a message is an event."""
    receiving = zmq.Context().socket(getattr(zmq, kind))
    receiving.connect(address)
    if kind == "SUB":
        receiving.setsockopt(zmq.SUBSCRIBE, b"")
    decoder = msgspec.msgpack.Decoder(Event)
    while True:
        took = []
        for _ in range(ROUNDS):
            event = decoder.decode(receiving.recv())
            took.append(time.perf_counter() - event.data)
        there.send(str(statistics.median(took)).encode())


@contextmanager
def zmq_in_blocks(zmq: Any, kind: str) -> Iterator[Callable[[], float]]:
    """As :func:`ours_in_blocks`, of the same event over ipc to a process that is not confined."""
    with tempfile.TemporaryDirectory() as folder:
        here, there = socket.socketpair()
        address = f"ipc://{folder}/out"
        child = os.fork()
        if child == 0:
            listen_by_zmq(zmq, ZMQ[kind], address, there)
        context = zmq.Context()
        sending = context.socket(getattr(zmq, kind))
        sending.bind(address)
        time.sleep(1)  # the subscription travels, and nobody tells when it came
        encoder = msgspec.msgpack.Encoder()

        def block() -> float:
            told_one_by_one(lambda event: sending.send(encoder.encode(event)))
            return float(here.recv(100)) * 1e6

        yield block
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        context.destroy(linger=0)


def across() -> bool:
    zmq = optional("zmq")
    bare = socket_pair()
    with ExitStack() as opened:
        blocks = {
            f"zmq {kind}/{ZMQ[kind]}": opened.enter_context(zmq_in_blocks(zmq, kind))
            for kind in (ZMQ if zmq is not None else ())
        }
        made = opened.enter_context(house())(duty=Duty())
        blocks["a worker"] = opened.enter_context(ours_in_blocks(made))
        blocks["a worker by its queue"] = opened.enter_context(ours_in_blocks(made, NEVER))
        figures: dict[str, list[float]] = {name: [] for name in blocks}
        for _ in range(BLOCKS):
            for name, block in blocks.items():
                figures[name].append(block())
        rate = handled_a_second(made)
        paid = {name: paid_by_a_cell(made, expires) for name, expires in (("sends", None), ("queues", NEVER))}
    medians = {name: statistics.median(each) for name, each in figures.items()}
    shown = ", ".join(f"{name} {median:.0f}" for name, median in medians.items())
    print(f"from publishing to who handles it, in turns: {shown} µs")
    paid_shown = ", ".join(f"{each:.0f} where it {name} it" for name, each in paid.items())
    print(f"who publishes an event and computes on for {CHUNK_S * 1e3:.0f} ms pays {paid_shown} µs")
    ratio = rate / bare
    print(f"events a second, handled: {rate:,.0f}; a bare msgspec socket pair {bare:,.0f} ({ratio:.2f}, bound 0.33)")
    return rate >= bare / 3 and medians["a worker"] == min(medians.values())


def work(rounds: int = 1_000_000) -> float:
    """Seconds that a cell's own work takes."""
    started = time.perf_counter()
    total = 0
    for number in range(rounds):
        total += number * number % 7
    return time.perf_counter() - started


class Pace(NamedTuple):
    """How fast a cell's own work goes: seconds a chunk, and the part of the time in which its thread did not run."""

    chunk_s: float
    waited: float


def pace() -> Pace:
    began, ran = time.perf_counter(), time.thread_time()
    chunk_s = statistics.median(work() for _ in range(CHUNKS))
    return Pace(chunk_s, 1 - (time.thread_time() - ran) / (time.perf_counter() - began))


def alone(duty: Duty) -> Pace:
    """In a cell beside which nothing happens."""
    duty.cell(running=True)
    time.sleep(0.5)
    took = pace()
    duty.cell(running=False)
    return took


def spread(shares: list[float]) -> str:
    return f"{min(shares):+.1%} to {max(shares):+.1%}"


def blow(loud: Any, bus: Bus, told: list[int]) -> None:
    """Have a plugin publish as fast as it can, as a magic does; how often it did goes to ``told``."""
    with bus.traces.opened("call", "storm"):
        told.append(loud.call("demo:storm", [STORM_S]))


def storm() -> bool:
    """One plugin publishes as fast as it can, 100 others listen; a cell computes meanwhile, and then asks a plugin."""
    from automatosx_nb.host.bus.limits import BusLimits
    from automatosx_nb.host.bus.publishing import Publisher
    from automatosx_nb.host.capabilities.events import EventsCapability

    bus, duty, limits = Bus(lambda _pattern, error: None), Duty(), BusLimits()
    declared = [{"topic": TOPIC, "schema": {"type": "object", "properties": {"rows": {"type": "integer"}}}}]
    with house() as make:
        capability = EventsCapability("acme.demo", declared, Publisher(bus, "plugin/acme.demo", limits), limits)
        loud = make("acme.demo", capability, duty, bus)
        for number in range(LISTENERS):
            listening = make(f"acme.n{number}", None, duty, bus)
            record = {"topic": TOPIC, "handler": "demo:on_event"}
            bus.add(PluginSubscriber(f"acme.n{number}", record, lambda made=listening: made, Activity))  # type: ignore[misc]
        answering = make("acme.answers", None, duty, bus)
        slower, noise, waited, idle, answers, published, beside, lasted = [], [], [], [], [], 0, 0.0, 0.0
        before = alone(duty)
        for _ in range(TURNS):
            told: list[int] = []
            storming = threading.Thread(target=blow, args=(loud, bus, told))
            duty.cell(running=True)
            storming.start()
            time.sleep(0.5)  # past the burst that it may publish at once
            began, others = time.perf_counter(), time.process_time() - time.thread_time()
            stormy = pace()
            lasted += time.perf_counter() - began
            beside += time.process_time() - time.thread_time() - others
            duty.cell(running=False)
            started = time.perf_counter()
            answering.call("demo:run")
            answers.append(time.perf_counter() - started)
            storming.join()
            published += told[0]
            between, again, after = alone(duty), alone(duty), alone(duty)
            slower.append(2 * stormy.chunk_s / (before.chunk_s + between.chunk_s) - 1)
            noise.append(2 * again.chunk_s / (between.chunk_s + after.chunk_s) - 1)
            waited.append(stormy.waited)
            idle.append(again.waited)
            before = after
        counts = [each.counters for each in bus.subscribers()]
    slowed = statistics.median(slower)
    delivered = sum(each.delivered for each in counts)
    print(
        f"a cell beside a plugin that publishes without end to {LISTENERS}: {slowed:+.1%} (bound 5 %); "
        f"{published / (TURNS * STORM_S):,.0f} events a second got through, {delivered:,} deliveries"
    )
    print(
        f"the same beside nothing, in turns: {statistics.median(noise):+.1%}; single turns {spread(slower)} in the "
        f"storm, {spread(noise)} beside nothing"
    )
    print(
        f"its thread did not run for {statistics.median(waited):.1%} of the time in the storm, "
        f"{statistics.median(idle):.1%} beside nothing"
    )
    print(f"the kernel's other threads took {beside / lasted:.1%} of a core meanwhile")
    print(f"a plugin asked meanwhile answers in {max(answers) * 1e3:.0f} ms at most (bound 100)")
    return slowed < 0.05 and max(answers) < 0.1


def cell() -> bool:
    """What the extension adds to a cell that nobody subscribed to, µs."""
    from types import SimpleNamespace

    from IPython.core.interactiveshell import InteractiveShell

    from automatosx_nb import magics

    with tempfile.TemporaryDirectory() as home:
        os.environ["AUTOMATOSX_HOME"] = home
        shell: Any = InteractiveShell()  # type: ignore[no-untyped-call]
        info = SimpleNamespace(raw_cell="x = 1", store_history=True)
        result = SimpleNamespace(info=info, error_before_exec=None, error_in_exec=None, execution_count=1)

        def trigger() -> None:
            shell.events.trigger("pre_run_cell", info)
            shell.events.trigger("post_run_cell", result)

        without = least_us(trigger, 20_000)
        magics.load(shell)
        loaded = least_us(trigger, 20_000)
        magics.unload(shell)
        shell.history_manager.end_session()
        shell.history_manager = None
    print(f"a cell with no subscriber: {loaded - without:.1f} µs beyond IPython's own {without:.1f} (bound 5)")
    return loaded - without < 5


def main() -> int:
    results = {"dispatch": dispatch(), "wildcard": wildcard(), "cell": cell(), "across": across(), "storm": storm()}
    missed = [name for name, good in results.items() if not good]
    print("every bound is held" if not missed else f"missed: {', '.join(missed)}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
