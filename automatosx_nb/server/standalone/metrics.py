"""What Prometheus collects of one process (https://prometheus.io/docs/concepts/metric_types/)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

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
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from automatosx_nb import __version__
from automatosx_nb.server.requests import found_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.web import RequestHandler

    from automatosx_nb.registry.figures import Figures

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""What a client makes up is no label."""
_MEANS = {
    "searches": "Searches for words.",
    "searches_without_result": "Of those, those that found nothing.",
    "clicks": "Plugins' pages that were opened from a page of results.",
    "downloads": "Artifacts that were sent from their first byte.",
}
"""What is also counted by what it means, so that nobody has to know our paths."""
_API_SEARCH, _PAGE_SEARCH, _PAGE, _ARTIFACT = "plugins", "automatosx/", "automatosx/plugins/*", "plugins/*/*/artifact"


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
        self._events = {name: Counter(f"automatosx_{name}", what, registry=self._all) for name, what in _MEANS.items()}
        self._told: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._figures = _Figures()
        self._all.register(self._figures)
        for name, (what, now) in gauges.items():
            Gauge(f"automatosx_{name}", what, registry=self._all).set_function(now)

    def answered(self, handler: RequestHandler, route: str) -> None:
        method = handler.request.method
        key = method if method in _METHODS else "other", route, handler.get_status()
        told = self._told.get(key)
        if told is None:  # to find them takes longer than to count
            told = self._told[key] = self._requests.labels(*key), self._seconds.labels(*key[:2])
        told[0].inc()
        told[1].observe(handler.request.request_time())
        if method == "GET" and key[2] in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
            for event in _events(handler, route):
                self._events[event].inc()

    def exposition(self, figures: Figures) -> bytes:
        """The text format. ``figures``: what the registry says of itself now."""
        self._figures.now = figures
        return generate_latest(self._all)


class _Figures(Collector):
    """What the registry said of itself last."""

    def __init__(self) -> None:
        self.now: Figures = {}

    def collect(self) -> Iterable[Metric]:
        for name, (what, value, grows) in self.now.items():
            family = CounterMetricFamily if grows else GaugeMetricFamily
            yield family(f"automatosx_{name}", what, value=value)


def _events(handler: Any, route: str) -> Iterator[str]:
    """What an answer means, where it was a good one. Who has a page of results, or a plugin's, already, looks at it
    again; who has an artifact is sent none."""
    said = handler.request.arguments
    if route in (_API_SEARCH, _PAGE_SEARCH) and said.get("q", [b""])[0].strip() and "cursor" not in said:
        yield "searches"
        if found_by(handler) == 0:
            yield "searches_without_result"
    elif route == _ARTIFACT and handler.get_status() == HTTPStatus.OK:
        yield "downloads"
    elif route == _PAGE:
        came = urlsplit(handler.request.headers.get("Referer", ""))
        if came.path.endswith(f"/{_PAGE_SEARCH}") and parse_qs(came.query).get("q"):
            yield "clicks"
