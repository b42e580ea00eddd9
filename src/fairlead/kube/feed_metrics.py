"""How the feeds of a hub are, in Prometheus's terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from fairlead.kube.hub import FeedHealth

__all__ = ["FeedMetrics"]

LABELS = ["resource", "namespace", "selectors"]


class FeedMetrics(Collector):
    """Sums over identities: users' names are no labels.

    Args:
        read: the feeds as they are; empty before the hub was used.
    """

    def __init__(self, read: Callable[[], list[FeedHealth]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """The families, at the moment of a scrape."""
        groups: dict[tuple[str, str, str], list[FeedHealth]] = {}
        for feed in self._read():
            key = (feed.resource, feed.namespace or "", feed.selectors)
            groups.setdefault(key, []).append(feed)
        feeds, stale, objects, quiet = (
            GaugeMetricFamily(f"fairlead_{name}", text, labels=LABELS)
            for name, text in (
                ("feeds", "Live feeds: a list and a watch each"),
                ("feeds_stale", "Feeds that have lost the cluster, or only poll it"),
                ("feed_objects", "Objects that feeds hold"),
                ("feed_quiet_seconds", "Since the cluster last told a feed anything"),
            )
        )
        lists, watches = (
            CounterMetricFamily(f"fairlead_feed_{name}", text, labels=LABELS)
            for name, text in (
                ("lists", "Lists that running feeds made"),
                ("watches", "Watches that running feeds opened"),
            )
        )
        for key, found in groups.items():
            feeds.add_metric(key, len(found))
            stale.add_metric(key, sum(feed.state == "stale" for feed in found))
            objects.add_metric(key, sum(feed.objects for feed in found))
            quiet.add_metric(key, max(feed.quiet_seconds or 0.0 for feed in found))
            lists.add_metric(key, sum(feed.lists for feed in found))
            watches.add_metric(key, sum(feed.watches for feed in found))
        return [feeds, stale, objects, quiet, lists, watches]
