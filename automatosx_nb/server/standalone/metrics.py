"""What Prometheus collects of one process (https://prometheus.io/docs/concepts/metric_types/)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from automatosx_nb import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.web import RequestHandler

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""What a client makes up is no label."""
_EVENTS = {
    ("GET", "plugins", 200): "searches",
    ("GET", "plugins/*/*/artifact", 200): "downloads",
}
"""Answers that are also counted by what they mean, so that nobody has to know our paths."""


class Metrics:
    """Of one server; :meth:`answered` and the gauges are for its loop's thread."""

    def __init__(self, gauges: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        """:param gauges: name → what it is, and how much it is now."""
        self._all = CollectorRegistry()
        ProcessCollector(registry=self._all)
        PlatformCollector(registry=self._all)
        Info("automatosx_build", "The version that runs.", registry=self._all).info({"version": __version__})
        self._requests = Counter(
            "automatosx_requests", "Answers, by route and status.", ("method", "route", "status"), registry=self._all
        )
        self._seconds = Histogram(
            "automatosx_request_seconds",
            "From a request's head to the end of its answer.",
            ("method", "route"),
            buckets=BUCKETS_S,
            registry=self._all,
        )
        self._events = {
            name: Counter(f"automatosx_{name}", f"How many {name} were answered.", registry=self._all)
            for name in sorted(set(_EVENTS.values()))
        }
        self._told: dict[tuple[str, str, int], tuple[list[Counter], Histogram]] = {}
        self._figures = _Figures()
        self._all.register(self._figures)
        for name, (what, now) in gauges.items():
            Gauge(f"automatosx_{name}", what, registry=self._all).set_function(now)

    def answered(self, handler: RequestHandler, route: str) -> None:
        method = handler.request.method
        key = method if method in _METHODS else "other", route, handler.get_status()
        told = self._told.get(key)
        if told is None:
            told = self._told[key] = self._counters(*key)
        counters, seconds = told
        for counter in counters:
            counter.inc()
        seconds.observe(handler.request.request_time())

    def _counters(self, method: str, route: str, status: int) -> tuple[list[Counter], Histogram]:
        """What such an answer is counted in: found once, for to find it takes longer than to count."""
        event = _EVENTS.get((method, route, status))
        counters = [self._requests.labels(method, route, status), *([self._events[event]] if event else [])]
        return counters, self._seconds.labels(method, route)

    def exposition(self, figures: Mapping[str, tuple[str, float]]) -> bytes:
        """The text format. ``figures``, what the registry says of itself now: name → what it is, and how much."""
        self._figures.now = figures
        return generate_latest(self._all)


class _Figures(Collector):
    """What the registry said of itself last."""

    def __init__(self) -> None:
        self.now: Mapping[str, tuple[str, float]] = {}

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, (what, value) in self.now.items():
            yield GaugeMetricFamily(f"automatosx_{name}", what, value=value)
