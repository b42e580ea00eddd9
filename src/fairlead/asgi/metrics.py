"""Prometheus metrics: plain numbers while serving, turned into families when scraped.

The client library's own counters take a lock per update; in the path of every call that shows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from prometheus_client.registry import Collector, CollectorRegistry

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


class Metrics:
    """Counts calls, connections and subscriptions.

    Attributes:
        connections: open WebSockets.
        subscriptions: running subscriptions, over any transport.
    """

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], CallSeries] = {}
        self.connections = 0
        self.subscriptions = 0
        self.dropped = 0
        self._drift: Counter[tuple[str, str]] = Counter()

    @cached_property
    def registry(self) -> CollectorRegistry:
        """Where application code may register metrics of its own."""
        # Prometheus's client is imported by who scrapes, or has metrics of its own.
        from fairlead.asgi.metric_families import make_registry  # noqa: PLC0415

        return make_registry(self)

    @property
    def series(self) -> Mapping[tuple[str, str], CallSeries]:
        """The calls by path and outcome."""
        return self._series

    @property
    def drift(self) -> Mapping[tuple[str, str], int]:
        """Requests and connections of clients of other types, by transport and whether it matters."""
        return self._drift

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
        from prometheus_client.exposition import generate_latest  # noqa: PLC0415

        return generate_latest(self.registry)
