"""Events between a kernel's bus and a real server's event logger, both ways, and never in a circle."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped, unused-ignore]

from automatosx_nb.errors import AutomatosxError, SpoolDamaged
from automatosx_nb.host.bridge import Bridge
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.bus.limits import BusLimits
from automatosx_nb.host.bus.making import new_event
from automatosx_nb.model.bridging import BridgePolicy
from automatosx_nb.model.delivery import Envelope
from automatosx_nb.model.events import Event
from automatosx_nb.profile.spool import Spool
from automatosx_nb.server.bridging import SCHEMA, SCHEMA_ID, ServerBridge, ToKernels
from tests.no_failure import no_failure

TIMEOUT_S = 30
SAVED = "https://events.example.org/acme/saved_file/v1"
SAVED_TOPIC = "server.events.example.org.acme.saved-file.v1"
SAVED_SCHEMA = {
    "$id": SAVED,
    "version": "1",
    "title": "Saved",
    "type": "object",
    "properties": {"name": {"type": "string"}},
}
POLICY = BridgePolicy(("user.**", "user.go"), ("server.**",))


@dataclass
class Kernel:
    """What a kernel's end needs, and what its bus told."""

    spool: Spool
    bridge: BridgePolicy = POLICY
    bus_limits: BusLimits = field(default_factory=BusLimits)
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus = Bus(no_failure)
        self.bus.subscribe("server.**", self.told.append)
        self.end = Bridge(self, self.bus, threading.Event())
        assert self.end.open() == bool(self.bridge.from_server)

    def publish(self, topic: str, data: Any = None, hops: int = 0) -> None:
        self.bus.publish(new_event("test", topic, data, hops=hops))
        assert self.end.drain(TIMEOUT_S)


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    bridged = {"to_server": list(POLICY.to_server), "from_server": list(POLICY.from_server)}
    return {**jp_server_config, "BusPolicy": bridged}


@pytest.fixture(autouse=True)
def user_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTOMATOSX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def kernel(user_home: Path) -> Iterator[Kernel]:
    kernel = Kernel(Spool(user_home / "bridge.sqlite3"))
    yield kernel
    kernel.end.close()
    kernel.spool.close()


@pytest.fixture
def server(jp_serverapp: Any) -> Any:
    jp_serverapp.event_logger.register_event_schema(SAVED_SCHEMA)
    return jp_serverapp


@pytest.fixture
def heard(server: Any) -> Callable[[], list[dict[str, Any]]]:
    written = io.StringIO()
    server.event_logger.register_handler(logging.StreamHandler(written))
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def crossing(server: Any) -> ServerBridge:
    bridge: ServerBridge = server.web_app.settings["automatosx_bridge"]
    return bridge


async def test_what_policy_names_of_a_kernel_is_told_by_the_server_once(
    server: Any, heard: Callable[[], list[dict[str, Any]]], kernel: Kernel
) -> None:
    await crossing(server).cross()
    kernel.publish("user.go", {"rows": [1, None]})
    kernel.publish("plugin.acme.demo.finding")
    await crossing(server).cross()
    await crossing(server).cross()
    (told,) = heard()
    assert (told["__schema__"], told["topic"], told["data"]) == (SCHEMA_ID, "user.go", {"rows": [1, None]})
    assert (told["source"], told["hops"]) == ("test", 0)
    declared = yaml.safe_load(SCHEMA.read_text("utf-8"))
    said = {name for name in told if not name.startswith("__")} - {"taskName"}
    assert set(declared["required"]) <= said <= set(declared["properties"])


async def test_what_a_server_tells_is_on_the_bus_under_its_schemas_name(server: Any, kernel: Kernel) -> None:
    server.event_logger.emit(schema_id=SAVED, data={"name": "a.ipynb"})
    await crossing(server).cross()
    kernel.end.take()
    kernel.end.take()
    (event,) = kernel.told
    assert (event.type, event.source, event.hops) == (SAVED_TOPIC, "jupyter-server", 0)
    assert (event.data["schema"], event.data["event"]) == (SAVED, {"name": "a.ipynb"})
    kernel.publish(SAVED_TOPIC)
    assert kernel.spool.after("up", 0, 9) == [], "it does not go back"


async def test_what_a_server_has_from_a_kernel_does_not_come_back(server: Any, kernel: Kernel) -> None:
    await crossing(server).cross()
    kernel.publish("user.go")
    await crossing(server).cross()
    await crossing(server).cross()
    kernel.end.take()
    assert kernel.told == []


async def test_a_listener_that_answers_each_event_with_another_is_one_hop_more_until_there_are_too_many(
    server: Any, kernel: Kernel
) -> None:
    async def answer(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        logger.emit(schema_id=SAVED, data={"name": data["topic"]})

    server.event_logger.add_listener(schema_id=SCHEMA_ID, listener=answer)
    kernel.bus.subscribe("server.**", lambda event: kernel.publish("user.again", hops=event.hops + 1))
    await crossing(server).cross()
    kernel.publish("user.go")
    for _ in range(BusLimits().hops):
        await crossing(server).cross()
        await asyncio.gather(*server.event_logger._active_listeners)
        await crossing(server).cross()
        kernel.end.take()
    assert [event.hops for event in kernel.told] == list(range(1, BusLimits().hops, 2))
    assert crossing(server).to_kernels.left_out == 1


def test_each_end_asks_policy_for_itself(user_home: Path) -> None:
    spool = Spool(user_home / "bridge.sqlite3")
    quiet = Kernel(spool, BridgePolicy())
    spool.put("down", [b'{"id": "1", "source": "s", "type": "server.acme.v1", "time": "t"}'])
    quiet.end.take()
    quiet.publish("user.go")
    assert (quiet.told, spool.after("up", 0, 9)) == ([], [])
    told: list[Any] = []
    end = ServerBridge(spool, BridgePolicy(("kernel.**",)), BusLimits(), lambda **event: told.append(event), _never)
    asyncio.run(end.cross())
    open_kernel = Kernel(spool)
    open_kernel.publish("user.go")
    asyncio.run(end.cross())
    assert told == []
    open_kernel.end.close()
    end.close()


def test_a_kernels_end_serves_until_it_is_ended_and_not_at_all_where_policy_names_nothing(user_home: Path) -> None:
    kernel = Kernel(Spool(user_home / "bridge.sqlite3"))
    kernel.end.close()
    ended, heard = threading.Event(), threading.Event()
    kernel.bus.subscribe("server.**", lambda _event: heard.set())
    end = Bridge(kernel, kernel.bus, ended)
    serving = threading.Thread(target=end.serve)
    assert not [each for each in kernel.bus.subscribers() if each.owner == "server"]
    serving.start()
    kernel.spool.put("down", [Envelope.of(new_event("test", "server.acme.v1", None)).body])
    while not heard.wait(0.1) and serving.is_alive():
        kernel.spool.put("down", [Envelope.of(new_event("test", "server.acme.v1", None)).body])
    ended.set()
    serving.join(TIMEOUT_S)
    assert not serving.is_alive()
    assert heard.is_set()
    assert kernel.bus.subscribers() == []
    kernel.bridge = BridgePolicy()
    Bridge(kernel, kernel.bus, threading.Event()).serve()
    kernel.spool.close()


def test_what_something_else_wrote_there_is_passed_over(kernel: Kernel) -> None:
    told: list[Any] = []
    end = ServerBridge(kernel.spool, POLICY, BusLimits(), lambda **event: told.append(event), _never)
    asyncio.run(end.cross())
    kernel.spool.put("up", [b"{", b"[]", b'{"type": "user.go"}', b"\xff"])
    kernel.spool.put("down", [b"{", b"[]", b'{"type": "server.go"}', b"\xff"])
    asyncio.run(end.cross())
    kernel.end.take()
    assert (told, kernel.told) == ([], [])


def test_what_is_too_fast_or_too_large_is_left_out_and_counted() -> None:
    handler = ToKernels(POLICY, BusLimits(per_s=0.1, burst=2, payload_kb=1))

    def tell(name: str) -> None:
        capsule = {"__schema__": SAVED, "__timestamp__": "now", "name": name}
        handler.emit(logging.LogRecord("events", logging.INFO, "", 0, capsule, None, None))

    tell("x" * 2000)
    assert (handler.taken(), handler.left_out) == ([], 1)
    for _ in range(5):
        tell("a")
    assert (len(handler.taken()), handler.left_out) == (2, 4)
    assert handler.taken() == []


def test_a_spool_that_cannot_be_read_ends_the_servers_end_and_is_told(user_home: Path) -> None:
    user_home.mkdir()
    (user_home / "bridge.sqlite3").write_bytes(b"this is no database" * 99)
    errors: list[AutomatosxError] = []
    end = ServerBridge(Spool(user_home / "bridge.sqlite3"), POLICY, BusLimits(), _never, errors.append)
    asyncio.run(end.cross())
    assert [type(error) for error in errors] == [SpoolDamaged]


def _never(*_: Any, **event: Any) -> None:
    raise AssertionError(event)
