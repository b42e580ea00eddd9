"""Waiting for the cluster to be so."""

from __future__ import annotations

import asyncio

from tests.simulation.samples import reason

from fairlead.simulation.cluster import Cluster
from fairlead.simulation.objects import JsonObject, Kind, ref_of, text


async def wait_for(cluster: Cluster, kind: Kind, name: str, wanted: str) -> JsonObject:
    """Watches until the object's status or reason is the wanted one."""
    async with asyncio.timeout(20):
        values, version = await cluster.list(kind)
        for value in values:
            if ref_of(value).name == name and wanted in {
                text(value, "status", "status"),
                reason(value),
            }:
                return value
        async for _, value in cluster.watch(kind, version):
            if ref_of(value).name == name and wanted in {
                text(value, "status", "status"),
                reason(value),
            }:
                return value
    raise AssertionError
