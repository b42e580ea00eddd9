"""Filling a fresh cluster, once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fairlead.simulation import labels
from fairlead.simulation.actions import Log
from fairlead.simulation.cluster import Cluster, wait_until_served
from fairlead.simulation.errors import ClusterError
from fairlead.simulation.manifests import Manifests, read_manifests
from fairlead.simulation.objects import (
    JsonObject,
    Kind,
    Ref,
    json_list,
    objects,
    ref_of,
    strings,
    text,
    timestamp,
)

__all__ = ["SEED_MARKER", "SeedReport", "seed"]

SEED_MARKER = Ref(Kind("v1", "ConfigMap"), "default", "fairlead-seed")
"""The ConfigMap that says that a cluster has been seeded."""

_AT_ONCE = 16
_CLUSTER_SCOPED_FIRST = ("Namespace", "ClusterRole", "Role")

Progress = Callable[[str], None]


@dataclass(slots=True)
class SeedReport:
    """What seeding did.

    Attributes:
        skipped: the cluster had been seeded before, so nothing was done.
        created: objects made.
        existing: objects that were there already.
    """

    skipped: bool = False
    created: int = 0
    existing: int = 0
    uids: dict[Ref, str] = field(default_factory=dict[Ref, str])


async def seed(
    kubeconfig: Path,
    directory: Path,
    *,
    progress: Progress | None = None,
    force: bool = False,
) -> SeedReport:
    """Applies a cluster directory to a cluster that has not been seeded yet.

    What exists is left as it is, so that a seeding that was cut short is completed by the next one.

    Args:
        kubeconfig: whose current context is the cluster; its user must be an administrator.
        directory: with `crds/`, `seed/` and perhaps `scenario.yaml`.
        progress: told in words what is being done.
        force: goes through all objects even if the cluster has been seeded before: what has been
            deleted since comes back.

    Raises:
        ManifestError: a file is wrong.
        ClusterError: the cluster refused an object.
        UnreachableError: the cluster did not answer.
    """
    tell = progress or _say_nothing
    async with Cluster.from_kubeconfig(kubeconfig) as cluster:
        if not force and await cluster.find(SEED_MARKER) is not None:
            tell("The cluster has been seeded before")
            return SeedReport(skipped=True)
        now = datetime.now(UTC)
        manifests = read_manifests(directory, now)
        report = await _apply(cluster, manifests, tell)
        await _create(cluster, _marker(report, now), SeedReport())
    tell(f"Seeded {report.created} objects, {report.existing} were there")
    return report


def _say_nothing(_: str) -> None:
    return


async def _apply(cluster: Cluster, manifests: Manifests, tell: Progress) -> SeedReport:
    report = SeedReport()
    tell(f"Defining {len(manifests.definitions)} kinds of resources")
    await _create_all(cluster, manifests.definitions, report)
    await wait_until_served(
        cluster,
        [kind for each in manifests.definitions for kind in defined_kinds(each)],
    )
    for wave in waves(manifests.objects):
        kinds = sorted({text(value, "kind") for value in wave})
        tell(f"Creating {len(wave)} objects: {', '.join(kinds)}")
        await _create_all(
            cluster, [adopt(value, report.uids) for value in wave], report
        )
    if manifests.logs:
        tell(f"Writing the logs of {len(manifests.logs)} containers")
        await _all_at_once(partial(_write_log, cluster), manifests.logs)
    return report


async def _write_log(cluster: Cluster, value: JsonObject) -> None:
    pod = Ref(labels.POD, text(value, "metadata", "namespace"), text(value, "metadata", "name"))  # fmt: skip
    lines = tuple(strings(value, "lines"))
    log = Log(pod, text(value, "container"), lines, timestamps=True)
    try:
        await cluster.append_log(log)
    except ClusterError as error:
        # A real cluster takes no lines from outside.
        if error.status not in {403, 404, 405}:
            raise


def defined_kinds(definition: JsonObject) -> list[Kind]:
    """The kinds that a custom resource definition makes the cluster serve."""
    group, name = (
        text(definition, "spec", "group"),
        text(definition, "spec", "names", "kind"),
    )
    versions = objects(definition, "spec", "versions")
    return [
        Kind(f"{group}/{text(each, 'name')}", name)
        for each in versions
        if each.get("served") is True
    ]


def waves(values: Iterable[JsonObject]) -> list[list[JsonObject]]:
    """Objects in the order they can be made: namespaces and roles, what has no owner, what they own, and so on."""
    found = list(values)
    owners = {ref_of(value): _owners(value) for value in found}
    depths: dict[Ref, int] = {}

    def depth(ref: Ref) -> int:
        if ref not in depths:
            above = [depth(owner) for owner in owners.get(ref, [])]
            first = (
                _CLUSTER_SCOPED_FIRST.index(ref.kind.name)
                if ref.kind.name in _CLUSTER_SCOPED_FIRST
                else len(_CLUSTER_SCOPED_FIRST)
            )
            depths[ref] = max([first, *(each + 1 for each in above)])
        return depths[ref]

    grouped: dict[int, list[JsonObject]] = {}
    for value in found:
        grouped.setdefault(depth(ref_of(value)), []).append(value)
    return [grouped[place] for place in sorted(grouped)]


def adopt(value: JsonObject, uids: Mapping[Ref, str]) -> JsonObject:
    """An object whose owner references carry the uids that the cluster gave their owners."""
    metadata = value.get("metadata")
    references = objects(value, "metadata", "ownerReferences")
    if not isinstance(metadata, dict) or not references:
        return value
    named = [
        {**each, "uid": uids.get(owner, "")}
        for each, owner in zip(references, _owners(value), strict=True)
    ]
    return {**value, "metadata": {**metadata, "ownerReferences": json_list(named)}}


def _owners(value: JsonObject) -> list[Ref]:
    namespace = text(value, "metadata", "namespace")
    return [
        Ref(
            Kind(text(each, "apiVersion"), text(each, "kind")),
            namespace,
            text(each, "name"),
        )
        for each in objects(value, "metadata", "ownerReferences")
    ]


async def _create_all(
    cluster: Cluster, values: Iterable[JsonObject], report: SeedReport
) -> None:
    async def create_one(value: JsonObject) -> None:
        await _create(cluster, value, report)

    await _all_at_once(create_one, values)


async def _all_at_once(
    work: Callable[[JsonObject], Awaitable[None]], values: Iterable[JsonObject]
) -> None:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(value: JsonObject) -> None:
        async with gate:
            await work(value)

    try:
        async with asyncio.TaskGroup() as group:
            for value in values:
                group.create_task(one(value))
    except* (ClusterError, OSError) as failures:
        raise failures.exceptions[0] from None


async def _create(cluster: Cluster, value: JsonObject, report: SeedReport) -> None:
    ref = ref_of(value)
    made = await _create_or_get(cluster, ref, value, report)
    report.uids[ref] = text(made, "metadata", "uid")
    status = value.get("status")
    fresh = made.get("status") is None or text(made, "status", "phase") == "Pending"
    # The API takes no status with a new object; one that is there already was written before.
    if status is not None and fresh:
        await cluster.patch(ref, {"status": status}, subresource="status")


async def _create_or_get(
    cluster: Cluster, ref: Ref, value: JsonObject, report: SeedReport
) -> JsonObject:
    try:
        made = await cluster.create(value)
    except ClusterError as error:
        if error.reason != "AlreadyExists":
            raise ClusterError(
                error.status, error.reason, f"{ref} cannot be made: {error}"
            ) from error
        report.existing += 1
        return await cluster.get(ref)
    report.created += 1
    return made


def _marker(report: SeedReport, now: datetime) -> JsonObject:
    return {
        "apiVersion": SEED_MARKER.kind.api_version,
        "kind": SEED_MARKER.kind.name,
        "metadata": {"name": SEED_MARKER.name, "namespace": SEED_MARKER.namespace},
        "data": {
            "seededAt": timestamp(now),
            "objects": str(report.created + report.existing),
        },
    }
