"""A server's end of the bridge to the buses of kernels: what they told, as events of a schema of ours, and back.

Nothing crosses twice. What is of ours here is never handed to a bus, and what a bus has from here never comes back;
where something else answers an event with one of its own, that is one hop more, and too many hops are the end.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.ioloop import PeriodicCallback

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.host.bus.making import new_event
from automatosx_nb.host.metering import Bucket, Rate
from automatosx_nb.model.bridging import server_topic
from automatosx_nb.model.delivery import Envelope, attributes_of

if TYPE_CHECKING:
    from automatosx_nb.host.bus.limits import BusLimits
    from automatosx_nb.model.bridging import BridgePolicy
    from automatosx_nb.profile.spool import Spool
    from automatosx_nb.server.activity import Emit

SCHEMA = Path(__file__).parent / "event_schemas" / "bus_event" / "v1.yaml"
SCHEMA_ID = "urn:automatosx_nb:bus_event:v1"
EVERY_S = 0.5
AT_ONCE = 256
MOST_WAITING = 1000
SOURCE = "jupyter-server"
_hops: ContextVar[int] = ContextVar("hops of the event that is told here", default=-1)
"""Listeners are tasks that begin with a copy of this: what they tell in answer is one hop more."""


class ToKernels(logging.Handler):
    """Takes what the event logger tells, as it left its modifiers, where policy names its topic."""

    def __init__(self, policy: BridgePolicy, limits: BusLimits) -> None:
        super().__init__()
        self._policy = policy
        self._limits = limits
        self._bucket = Bucket(Rate(limits.per_s, limits.burst))
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self.left_out = 0
        """Events that came too fast, were too large, or went in a circle."""

    def emit(self, record: logging.LogRecord) -> None:
        told: Any = record.msg
        topic = server_topic(told["__schema__"])
        if topic is None or not self._policy.comes_down(topic):
            return
        event = {name: value for name, value in told.items() if not name.startswith("__")}
        data = {"schema": told["__schema__"], "event": event}
        hops = _hops.get() + 1
        too_large = len(json.dumps(data, default=str)) > self._limits.payload_kb << 10
        if hops > self._limits.hops or too_large or self._bucket.take():
            self.left_out += 1
            return
        self._waiting.append(Envelope.of(new_event(SOURCE, topic, _plain(data), hops=hops)).body)

    def taken(self) -> list[bytes]:
        """What waits, which is handed out once."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]


class ServerBridge:
    """:attr:`to_kernels` is the event logger's to call. A spool that cannot be read ends it, and is told."""

    def __init__(
        self,
        spool: Spool,
        policy: BridgePolicy,
        limits: BusLimits,
        emit: Emit,
        on_error: Callable[[AutomatosxError], object],
    ) -> None:
        self.to_kernels = ToKernels(policy, limits)
        self._spool = spool
        self._policy = policy
        self._limits = limits
        self._emit = emit
        self._on_error = on_error
        self._read: int | None = None
        self._lock = threading.Lock()
        self._timer = PeriodicCallback(self.cross, EVERY_S * 1000)

    async def start(self) -> None:
        await self.cross()
        self._timer.start()

    async def cross(self) -> None:
        """Tell what kernels handed over since the last time, and hand over what was told here."""
        try:
            bodies = await asyncio.get_running_loop().run_in_executor(None, self._exchange)
        except AutomatosxError as error:
            self._timer.stop()
            self._on_error(error)
            return
        for body in bodies:
            self._tell(body)

    def close(self) -> None:
        self._timer.stop()
        self._spool.close()

    def _exchange(self) -> list[bytes]:
        with self._lock:
            down = self.to_kernels.taken()
            if down:
                self._spool.put("down", down)
            if self._read is None:
                self._read = self._spool.newest()
            found = self._spool.after("up", self._read, AT_ONCE)
            self._read = max((number for number, _ in found), default=self._read)
            return [body for _, body in found]

    def _tell(self, body: bytes) -> None:
        told = _told(body)
        if told is None or self._policy.goes_up(told["topic"]) is None or told["hops"] > self._limits.hops:
            return
        token = _hops.set(told["hops"])
        try:
            self._emit(schema_id=SCHEMA_ID, data=told)
        finally:
            _hops.reset(token)


def _told(body: bytes) -> dict[str, Any] | None:
    """As the schema has it; None: something else wrote there."""
    try:
        event = attributes_of(body)
        datetime.fromisoformat(event["time"])
        known: dict[str, Any] = {
            "topic": str(event["type"]),
            **{name: str(event[name]) for name in ("id", "source", "time")},
            "hops": int(event.get("hops", 0)),
            "data": event.get("data"),
        }
    except (KeyError, TypeError, ValueError):
        return None
    return known | ({"traceparent": str(event["traceparent"])} if "traceparent" in event else {})


def _plain(data: Any) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(data, default=str))
