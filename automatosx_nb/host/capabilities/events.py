"""``sdk.events``: publishing what the manifest declares, where it was granted and as its schema says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import EventNotDeclared, InvalidEvent, InvalidRequest
from automatosx_nb.host.metering import Bucket, Rate
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.host.bus.limits import BusLimits
    from automatosx_nb.host.bus.publishing import Publisher
    from automatosx_nb.host.ports import Record

_TAKES = "publish, with a topic, its data, seconds until it expires or None, and the event that is handled or None"


class EventsCapability:
    """Of one plugin. What comes faster than ``limits`` allow is slowed down; ``sleep`` takes seconds."""

    def __init__(
        self,
        plugin: str,
        declared: Sequence[Record],
        publisher: Publisher,
        limits: BusLimits,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.throttled = 0
        self._plugin = plugin
        self._declared = {each["topic"]: each for each in declared}
        self._publisher = publisher
        self._bucket = Bucket(Rate(limits.per_s, limits.burst))
        self._sleep = sleep

    def needs(self, method: str, args: Sequence[object]) -> Permission:
        topic, *_ = self._arguments(method, args)
        return Permission("events", f"publish:{topic}")

    def ask(self, method: str, args: Sequence[object]) -> object:
        topic, data, expires_s, handled = self._arguments(method, args)
        fault = self._checks[topic](data)
        if fault is not None:
            raise InvalidEvent(topic, f"it is not what its schema describes ({fault})")
        while (wait_s := self._bucket.take()) > 0:
            self.throttled += 1
            self._sleep(wait_s)
        retain = bool(self._declared[topic].get("retained"))
        self._publisher.publish(topic, data, expires_s=expires_s, retain=retain, handled=handled)
        return None

    def close(self) -> None:
        """Nothing is held."""

    @cached_property
    def _checks(self) -> dict[str, Callable[[object], str | None]]:
        from automatosx_nb.model.matching import checker

        return {topic: checker(each["schema"]) for topic, each in self._declared.items()}

    def _arguments(self, method: str, args: Sequence[object]) -> tuple[str, Any, float | None, str | None]:
        match method, list(args):
            case "publish", [str(topic), data, (int() | float() | None) as expires_s, (str() | None) as handled]:
                if topic not in self._declared:
                    raise EventNotDeclared(self._plugin, topic[:200], nearest(topic[:200], self._declared))
                return topic, data, expires_s, handled
        raise InvalidRequest("events", method, _TAKES)
