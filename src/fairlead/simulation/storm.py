"""A storm: many pipeline runs that change at a steady rate, to see what a client makes of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from fairlead.simulation import labels
from fairlead.simulation.actions import Action, Create, Delete, Patch
from fairlead.simulation.cluster import Cluster, wait_until_served
from fairlead.simulation.conditions import Condition
from fairlead.simulation.errors import ClusterError, SimulationError
from fairlead.simulation.objects import JsonObject, Kind, Ref, timestamp
from fairlead.simulation.simulator import carry_out

__all__ = [
    "Storm",
    "StormReport",
    "clear_storm",
    "storm_changes",
    "storm_objects",
    "unleash",
]

_AT_ONCE = 32
_STATES = (
    Condition("Unknown", "Started", ""),
    Condition(
        "Unknown",
        "Running",
        "Tasks Completed: 1 (Failed: 0, Cancelled 0), Incomplete: 3, Skipped: 0",
    ),
    Condition(
        "Unknown",
        "Running",
        "Tasks Completed: 3 (Failed: 0, Cancelled 0), Incomplete: 1, Skipped: 0",
    ),
    Condition(
        "True", "Succeeded", "Tasks Completed: 4 (Failed: 0, Cancelled 0), Skipped: 0"
    ),
    Condition(
        "False", "Failed", "Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 2"
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What a storm is made of.

    Attributes:
        objects: how many pipeline runs there are.
        rate: changes a second, creations included.
        changes: how many changes come after the objects are there; None: without end.
        namespace: where; it is made if it is not there.
        churn: the share of changes that delete a run and make it anew.
        seed: which changes come in which order.
    """

    objects: int = 1000
    rate: float = 200.0
    changes: int | None = 2000
    namespace: str = "storm"
    churn: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuses what cannot be."""
        if (
            self.objects < 1
            or self.rate <= 0
            or (self.changes is not None and self.changes < 0)
            or not 0 <= self.churn <= 1
        ):
            message = f"{self} cannot be: objects and rate must be above 0, changes at least 0, churn from 0 to 1"
            raise SimulationError(message)


@dataclass(slots=True)
class StormReport:
    """What a storm did.

    Attributes:
        done: changes that the cluster took.
        missed: changes that came too late, to a run that was just being replaced.
        seconds: how long it lasted.
    """

    done: int = 0
    missed: int = 0
    seconds: float = 0.0


def storm_objects(storm: Storm) -> Iterator[Create]:
    """The creations that a storm begins with."""
    for place in range(storm.objects):
        yield Create(_run(storm, f"storm-{place:05}"))


def storm_changes(storm: Storm, now: datetime) -> Iterator[Action]:
    """The changes that follow: mostly of status, some a deletion with a creation after it."""
    return islice(_endless_changes(storm, now), storm.changes)


def _endless_changes(storm: Storm, now: datetime) -> Iterator[Action]:
    chance = random.Random(storm.seed)  # noqa: S311 - load, not secrets
    stands = [0] * storm.objects
    while True:
        place = chance.randrange(storm.objects)
        name = f"storm-{place:05}"
        if chance.random() < storm.churn / 2:
            yield Delete(_ref(storm, name))
            yield Create(_run(storm, name))
            stands[place] = 0
            continue
        condition = _STATES[stands[place] % len(_STATES)]
        stands[place] += 1
        status: JsonObject = {
            "startTime": timestamp(now),
            "conditions": [condition.to_json(now)],
        }
        yield Patch(_ref(storm, name), {"status": status}, "status")


def _ref(storm: Storm, name: str) -> Ref:
    return Ref(labels.PIPELINE_RUN, storm.namespace, name)


def _run(storm: Storm, name: str) -> JsonObject:
    return {
        "apiVersion": labels.PIPELINE_RUN.api_version,
        "kind": labels.PIPELINE_RUN.name,
        "metadata": {
            "name": name,
            "namespace": storm.namespace,
            "labels": {
                labels.STORM_LABEL: "true",
                labels.TYPE_LABEL: "build",
                labels.CODEBASE_LABEL: "storm",
                labels.AUTHOR_LABEL: "storm",
                labels.PIPELINE_LABEL: "storm-build",
            },
        },
        "spec": {"pipelineRef": {"name": "storm-build"}},
    }


async def unleash(kubeconfig: Path, storm: Storm) -> StormReport:
    """Makes the objects, then the changes, at the storm's rate.

    A cluster slower than the rate is not overrun: the storm then takes as long as it takes.

    Raises:
        ManifestError: the kubeconfig is missing or unusable.
        ClusterError: the cluster refused a change for another reason than a change before it.
        UnreachableError: the cluster did not answer.
    """
    report = StormReport()
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with Cluster.from_kubeconfig(kubeconfig) as cluster:
        space: JsonObject = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": storm.namespace},
        }
        await _attempt(cluster, Create(space), StormReport())
        await _define_runs(cluster)
        await _blow(cluster, storm_objects(storm), storm.rate, report)
        await _blow(
            cluster, storm_changes(storm, datetime.now(UTC)), storm.rate, report
        )
    report.seconds = loop.time() - start
    return report


async def _define_runs(cluster: Cluster) -> None:
    """A cluster that has no pipeline runs gets the kind, without a schema of its own."""
    if await cluster.serves(labels.PIPELINE_RUN):
        return
    schema: JsonObject = {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }
    version: JsonObject = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    definition: JsonObject = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "pipelineruns.tekton.dev"},
        "spec": {
            "group": "tekton.dev",
            "scope": "Namespaced",
            "names": {
                "plural": "pipelineruns",
                "kind": labels.PIPELINE_RUN.name,
                "shortNames": ["pr"],
            },
            "versions": [version],
        },
    }
    await _attempt(cluster, Create(definition), StormReport())
    await wait_until_served(cluster, [labels.PIPELINE_RUN])


async def clear_storm(kubeconfig: Path, namespace: str = "storm") -> None:
    """Deletes the objects of a storm.

    Raises:
        ManifestError: the kubeconfig is missing or unusable.
        ClusterError: the cluster refused.
        UnreachableError: the cluster did not answer.
    """
    async with Cluster.from_kubeconfig(kubeconfig) as cluster:
        await cluster.delete_labelled(
            labels.PIPELINE_RUN, namespace, labels.STORM_LABEL
        )
        await _attempt(
            cluster, Delete(Ref(Kind("v1", "Namespace"), "", namespace)), StormReport()
        )


async def _blow(
    cluster: Cluster, actions: Iterator[Action], rate: float, report: StormReport
) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(action: Action) -> None:
        try:
            await _attempt(cluster, action, report)
        finally:
            gate.release()

    async with asyncio.TaskGroup() as group:
        for place, action in enumerate(actions):
            await asyncio.sleep(max(0.0, start + place / rate - loop.time()))
            await gate.acquire()
            group.create_task(one(action))


async def _attempt(cluster: Cluster, action: Action, report: StormReport) -> None:
    try:
        await carry_out(cluster, action)
    except ClusterError as error:
        if error.status not in {404, 409}:
            raise
        report.missed += 1
    else:
        report.done += 1
