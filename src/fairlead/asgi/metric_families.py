"""The metrics of an application in Prometheus's terms, made when they are scraped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from fairlead.asgi.metrics import BUCKETS, CallSeries, Metrics

__all__ = ["make_registry"]


def make_registry(metrics: Metrics) -> CollectorRegistry:
    """A registry that shows them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(metrics))
    return registry


class _Families(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """The families, at the moment of a scrape."""
        yield self._collect_calls()
        yield GaugeMetricFamily(
            "fairlead_websocket_connections",
            "Open WebSocket connections",
            value=self._metrics.connections,
        )
        yield GaugeMetricFamily(
            "fairlead_subscriptions",
            "Running subscriptions",
            value=self._metrics.subscriptions,
        )
        yield CounterMetricFamily(
            "fairlead_websocket_dropped",
            "Connections cut because their client read too slowly",
            value=self._metrics.dropped,
        )
        drift = CounterMetricFamily(
            "fairlead_schema_drift",
            "Requests and connections of clients generated from other types than are served",
            labels=["transport", "affected"],
        )
        for labels, count in sorted(self._metrics.drift.items()):
            drift.add_metric(labels, count)
        yield drift

    def _collect_calls(self) -> Metric:
        family = HistogramMetricFamily(
            "fairlead_call_duration_seconds",
            "Calls by path and tRPC error code (OK for none)",
            labels=["path", "code"],
        )
        for (path, code), series in self._metrics.series.items():
            if not any(series.buckets):
                continue
            family.add_metric([path, code], list(_accumulate(series)), series.total)
        return family


def _accumulate(series: CallSeries) -> Iterator[tuple[str, float]]:
    count = 0
    for bound, added in zip((*BUCKETS, float("inf")), series.buckets, strict=True):
        count += added
        yield ("+Inf" if bound == float("inf") else str(bound)), count
