"""A right that ends while something is followed leaves one record in the audit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

import pytest
from tests.kube.cluster import RBAC, TOKENS, grant, opened, prepare, send
from tests.kube.widget_rows import Widgets

from fairlead import (
    Context,
    Request,
    Router,
    Services,
    TRPCError,
    User,
    create_caller,
    tracked,
)
from fairlead.access import Audit, AuditRecord
from fairlead.devcluster import DevCluster
from fairlead.kube import Explorer, Kube
from fairlead.kube.discovery import KindRef
from fairlead.kube.reviews import ReviewOptions


class App(Router[Context]):
    widgets: Widgets
    explorer: Explorer


KIND = KindRef(group="example.com", version="v1", plural="widgets")
Open = Callable[[App], AsyncIterator[tracked[Any]]]
OPEN: dict[str, Open] = {
    "objects": lambda app: app.widgets.watch("team-a"),
    "one object": lambda app: app.widgets.watch_item("x", "team-a"),
    "rows": lambda app: app.widgets.rows.watch("team-a"),
    "all namespaces": lambda app: app.widgets.watch(),
    "a kind": lambda app: app.explorer.changes(KIND, "team-a"),
    "a kind everywhere": lambda app: app.explorer.changes(KIND),
}


@pytest.mark.parametrize("how", ["reviews say so", "the cluster refuses"])
@pytest.mark.parametrize("what", list(OPEN))
async def test_the_end_is_recorded_once(
    what: str, how: Literal["reviews say so", "the cluster refuses"]
) -> None:
    by_review = how == "reviews say so"
    async with (
        DevCluster(tokens=TOKENS) as cluster,
        Kube.from_kubeconfig(
            cluster.kubeconfig_path,
            identity="impersonate",
            recheck_seconds=0.05 if by_review else 60,
            reviews=ReviewOptions(seconds=0),
        ) as kube,
    ):
        await prepare(kube.client)
        await grant(kube.client, "bob", ["list", "watch"], "team-a")
        records: list[AuditRecord] = []
        services = Services(kube)
        services.add(Audit(records.append))
        request = Request(user=User(name="bob"), services=services)
        app = create_caller(App, Context(request=request))
        async with asyncio.timeout(30), opened(OPEN[what](app)) as frames:
            await anext(frames)
            assert records == []
            if by_review:
                path = f"{RBAC}/namespaces/team-a/rolebindings/bob-widgets-list-watch"
                await send(kube.client, "DELETE", path)
            else:
                cluster.faults.fail(403, plural="widgets", times=-1)
                cluster.faults.drop_watches(expired=True)
            with pytest.raises(TRPCError):
                async for _ in frames:
                    pass
        (record,) = records
        assert (record.user, record.decision, record.code) == (
            "bob",
            "denied",
            "FORBIDDEN",
        )
        assert record.reason
