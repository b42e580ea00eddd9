"""A table of widgets: its router, and what a client shows of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from tests.kube.cluster import (
    TOKENS,
    Widget,
    grant,
    make_widget,
    prepare,
)

from fairlead import Context, Router, tracked
from fairlead.devcluster import DevCluster
from fairlead.kube import (
    FacetCount,
    Kube,
    ResourceRouter,
    StateChange,
    View,
    ViewDelta,
    ViewRouter,
    ViewSnapshot,
)
from fairlead.kube.reviews import ReviewOptions


class WidgetRow(View[Widget]):
    """One line of a table."""

    size: int
    label: str | None

    @classmethod
    def of(cls, source: Widget) -> WidgetRow | None:
        if source.spec.color == "hidden":
            return None
        if source.spec.color == "broken":
            raise ValueError("this view cannot cope with it")
        return cls(size=source.spec.size // 10, label=source.spec.color)


class Rows(ViewRouter[Widget, WidgetRow]):
    """The table."""


class Widgets(ResourceRouter[Widget]):
    """The derived procedures."""

    rows: Rows


class App(Router[Context]):
    widgets: Widgets


Frame = ViewSnapshot[WidgetRow] | ViewDelta[WidgetRow] | StateChange
Frames = AsyncIterator[tracked[Frame]]


class Table:
    """What a client shows: rows in order, as the frames say."""

    def __init__(self) -> None:
        self.rows: list[WidgetRow] = []
        self.total = 0
        self.bytes = 0
        self.counts: list[list[FacetCount]] | None = None

    @property
    def names(self) -> list[str]:
        return [row.metadata.name for row in self.rows]

    def apply(self, frame: Frame) -> None:
        if isinstance(frame, ViewSnapshot | ViewDelta) and frame.counts is not None:
            self.counts = frame.counts
        if isinstance(frame, ViewSnapshot):
            self.rows, self.total = list(frame.items), frame.total
        elif isinstance(frame, ViewDelta):
            gone = {(each.namespace, each.name) for each in frame.deletes}
            gone |= {
                (row.metadata.namespace, row.metadata.name) for row in frame.upserts
            }
            self.rows = [
                row
                for row in self.rows
                if (row.metadata.namespace, row.metadata.name) not in gone
            ]
            for position, row in zip(frame.positions, frame.upserts, strict=True):
                self.rows.insert(position, row)
            self.total = frame.total

    async def follow(self, frames: Frames, until: list[str], total: int) -> None:
        async with asyncio.timeout(10):
            while (self.names, self.total) != (until, total):
                self.apply((await anext(frames)).data)


@asynccontextmanager
async def serve_widgets() -> AsyncGenerator[Kube]:
    """A cluster in which `ann` may list and watch widgets."""
    async with (
        DevCluster(tokens=TOKENS) as cluster,
        Kube.from_kubeconfig(
            cluster.kubeconfig_path,
            identity="impersonate",
            recheck_seconds=0.05,
            reviews=ReviewOptions(seconds=0),
        ) as kube,
    ):
        await prepare(kube.client)
        await grant(kube.client, "ann", ["list", "watch"])
        yield kube


def colored(name: str, size: int, color: str, namespace: str = "team-a") -> Widget:
    widget = make_widget(name, size, namespace)
    widget.spec.color = color
    return widget


async def fill(kube: Kube) -> None:
    server = kube.acting_as_server()
    for widget in (
        colored("a", 30, "Blue"),
        colored("b", 10, "red"),
        colored("c", 20, "green", "team-b"),
        colored("x", 20, "hidden"),
        colored("y", 20, "broken"),
    ):
        await server.create(widget)
