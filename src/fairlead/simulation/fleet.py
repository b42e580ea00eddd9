"""What runs: deployments, their replica sets and pods, and the pods of task runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fairlead.simulation import labels
from fairlead.simulation.conditions import is_done
from fairlead.simulation.objects import JsonObject, Kind, objects, text
from fairlead.simulation.pipelines import Plan
from fairlead.simulation.pods import Pods
from fairlead.simulation.scenario import Scenario
from fairlead.simulation.taskpods import TaskPods
from fairlead.simulation.workloads import ReplicaSets, plan_deployment, sight
from fairlead.simulation.world import World, is_leaving


class Fleet:
    """Leads all workloads of a cluster; nothing when the scenario has none."""

    def __init__(self, scenario: Scenario, world: World) -> None:
        self._scenario = scenario
        self._world = world
        self._sets = ReplicaSets()
        self._task_pods = TaskPods(scenario)
        workloads = scenario.workloads
        self._pods = None if workloads is None else Pods(workloads, scenario.seed)

    @property
    def kinds(self) -> list[Kind]:
        """The kinds to watch."""
        if self._pods is None:
            return []
        return [labels.DEPLOYMENT, labels.REPLICA_SET, labels.POD]

    def forget(self, value: JsonObject) -> None:
        """Forgets an object that is gone."""
        uid = text(value, "metadata", "uid")
        self._sets.forget(uid)
        self._task_pods.forget(uid)
        if self._pods is not None:
            self._pods.forget(uid)

    def plans(self, now: datetime) -> Iterator[Plan]:
        """The next steps of everything that runs."""
        if self._pods is None or self._scenario.workloads is None:
            return
        for deployment in self._standing(labels.DEPLOYMENT):
            owned = self._world.owned(deployment, labels.REPLICA_SET)
            yield self._settled(
                deployment, plan_deployment(sight(deployment, owned, now))
            )
        for replica_set in self._standing(labels.REPLICA_SET):
            pods = self._world.owned(replica_set, labels.POD)
            yield self._settled(replica_set, self._sets.plan(replica_set, pods))
        for pod in self._standing(labels.POD):
            # Those of task runs are led with these.
            plan = Plan() if _is_of_task(pod) else self._pods.plan(pod, now)
            yield self._settled(pod, plan)
        if self._scenario.workloads.task_pods:
            yield from self._plan_task_pods(now)

    def _plan_task_pods(self, now: datetime) -> Iterator[Plan]:
        for task_run in self._standing(labels.TASK_RUN):
            pods = self._world.owned(task_run, labels.POD)
            plan = self._task_pods.plan(task_run, pods[0] if pods else None, now)
            # One that runs logs as time goes by, and says nothing of when.
            yield self._settled(task_run, plan) if is_done(task_run) else plan

    def _settled(self, value: JsonObject, plan: Plan) -> Plan:
        """A plan; who has none, and waits for nothing, is not asked again until something changes."""
        if not plan.actions and plan.due is None:
            self._world.settle(value)
        return plan

    def _standing(self, kind: Kind) -> list[JsonObject]:
        return [each for each in self._world.unsettled(kind) if not is_leaving(each)]


def _is_of_task(pod: JsonObject) -> bool:
    return any(
        text(each, "kind") == labels.TASK_RUN.name
        for each in objects(pod, "metadata", "ownerReferences")
    )
