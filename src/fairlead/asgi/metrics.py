"""Prometheus metrics: plain numbers while serving, turned into families when scraped.

The client library's own counters take a lock per update; in the path of every call that shows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

__all__ = ["CallSeries", "Measured", "Metrics"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNKNOWN = "<unknown>"


@runtime_checkable
class Measured(Protocol):
    """A part of an application with metrics of its own, such as a cluster."""

    @property
    def collectors(self) -> Iterable[Collector]:
        """Asked at each scrape; must not wait."""
        ...


@dataclass(slots=True)
class CallSeries:
    """Calls of one path with one outcome."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Counts one call."""
        self.buckets[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds


class Metrics(Collector):
    """Counts calls, connections and subscriptions.

    Attributes:
        registry: where application code may register metrics of its own.
        connections: open WebSockets.
        subscriptions: running subscriptions, over any transport.
    """

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], CallSeries] = {}
        self.connections = 0
        self.subscriptions = 0
        self.dropped = 0
        self._drift: Counter[tuple[str, str]] = Counter()
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)

    def count_call(self, path: str | None, code: str, seconds: float) -> None:
        """A call has been answered. Pass None for a path that no procedure has: paths from
        outside would make as many series as somebody cares to invent."""
        self.get_series(path, code).add(seconds)

    def get_series(self, path: str | None, code: str) -> CallSeries:
        """The calls of one path with one outcome, to be counted without looking them up again."""
        key = (path or UNKNOWN, code)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = CallSeries()
        return series

    def count_drift(self, transport: str, affected: str) -> None:
        """A request or connection came from a client that was generated from other types."""
        self._drift[transport, affected] += 1

    def render(self) -> bytes:
        """Prometheus's text format."""
        return generate_latest(self.registry)

    def collect(self) -> Iterable[Metric]:
        """The families, at the moment of a scrape."""
        yield self._collect_calls()
        yield GaugeMetricFamily(
            "fairlead_websocket_connections",
            "Open WebSocket connections",
            value=self.connections,
        )
        yield GaugeMetricFamily(
            "fairlead_subscriptions", "Running subscriptions", value=self.subscriptions
        )
        yield CounterMetricFamily(
            "fairlead_websocket_dropped",
            "Connections cut because their client read too slowly",
            value=self.dropped,
        )
        drift = CounterMetricFamily(
            "fairlead_schema_drift",
            "Requests and connections of clients generated from other types than are served",
            labels=["transport", "affected"],
        )
        for labels, count in sorted(self._drift.items()):
            drift.add_metric(labels, count)
        yield drift

    def _collect_calls(self) -> Metric:
        family = HistogramMetricFamily(
            "fairlead_call_duration_seconds",
            "Calls by path and tRPC error code (OK for none)",
            labels=["path", "code"],
        )
        for (path, code), series in self._series.items():
            if not any(series.buckets):
                continue
            family.add_metric([path, code], list(_accumulate(series)), series.total)
        return family


def _accumulate(series: CallSeries) -> Iterator[tuple[str, float]]:
    count = 0
    for bound, added in zip((*BUCKETS, float("inf")), series.buckets, strict=True):
        count += added
        yield ("+Inf" if bound == float("inf") else str(bound)), count
