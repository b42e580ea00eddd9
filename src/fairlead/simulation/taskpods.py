"""The pods of task runs: one container for each step, and what the steps log."""

from __future__ import annotations

from datetime import datetime

from fairlead.simulation import labels
from fairlead.simulation.actions import Create, Log, patch_status
from fairlead.simulation.conditions import find_condition, is_done, is_state
from fairlead.simulation.objects import (
    JsonObject,
    child,
    find_moment,
    json_list,
    label,
    objects,
    owner_reference,
    ref_of,
    text,
    timestamp,
)
from fairlead.simulation.pipelines import Plan
from fairlead.simulation.pods import container_statuses
from fairlead.simulation.scenario import Scenario, Task
from fairlead.simulation.templates import Scope, render

_TASK_RUN_LABEL = "tekton.dev/taskRun"


class TaskPods:
    """Leads the pods of task runs. It remembers what each has logged."""

    def __init__(self, scenario: Scenario) -> None:
        self._tasks = {
            task.name: task
            for pipeline in scenario.pipelines.values()
            for task in pipeline.tasks
        }
        self._logged: dict[str, int] = {}

    def forget(self, uid: str) -> None:
        """Forgets a pod that is gone."""
        self._logged.pop(uid, None)

    def plan(self, task_run: JsonObject, pod: JsonObject | None, now: datetime) -> Plan:
        """The next steps of the pod of a task run."""
        plan = Plan()
        if find_condition(task_run) is None or not text(task_run, "status", "podName"):
            return plan
        task = self._tasks.get(label(task_run, labels.TASK_LABEL))
        if pod is None:
            if not is_done(task_run):
                plan.actions.append(Create(draft_pod(task_run)))
            return plan
        if text(pod, "status", "phase") in {"Succeeded", "Failed"}:
            return plan
        if is_done(task_run):
            self._log(task_run, pod, task, 1.0, plan)
            plan.actions.append(patch_status(pod, ended_pod(task_run, pod)))
            return plan
        if text(pod, "status", "phase") != "Running":
            plan.actions.append(patch_status(pod, _running(task_run, pod, now)))
        self._follow(task_run, pod, task, now, plan)
        return plan

    def _follow(
        self,
        task_run: JsonObject,
        pod: JsonObject,
        task: Task | None,
        now: datetime,
        plan: Plan,
    ) -> None:
        """Log as much as the time that has gone by allows."""
        started = find_moment(text(task_run, "status", "startTime")) or now
        seconds = (now - started).total_seconds()
        longest = max(1.0, task.takes.high if task is not None else 1.0)
        self._log(task_run, pod, task, min(0.9, seconds / longest), plan)

    def _log(
        self,
        task_run: JsonObject,
        pod: JsonObject,
        task: Task | None,
        share: float,
        plan: Plan,
    ) -> None:
        uid = text(pod, "metadata", "uid")
        lines = task_lines(task_run, task)
        due = int(len(lines) * share)
        # After a restart what was due before is taken as logged: the cluster keeps it.
        seen = self._logged.setdefault(uid, 0 if text(pod, "status", "phase") == "Pending" else due)  # fmt: skip
        if due > seen:
            for step in dict.fromkeys(step for step, _ in lines[seen:due]):
                new = tuple(line for name, line in lines[seen:due] if name == step)
                plan.actions.append(Log(ref_of(pod), f"step-{step}", new))
            self._logged[uid] = due


def draft_pod(task_run: JsonObject) -> JsonObject:
    """The pod of a task run that has started."""
    containers: list[JsonObject] = [
        {
            "name": text(step, "container"),
            "image": f"registry.example.com/steps/{text(step, 'name')}:1",
        }
        for step in objects(task_run, "status", "steps")
    ]
    return {
        "apiVersion": labels.POD.api_version,
        "kind": labels.POD.name,
        "metadata": {
            "name": text(task_run, "status", "podName"),
            "namespace": text(task_run, "metadata", "namespace"),
            "labels": {
                **child(task_run, "metadata", "labels"),
                _TASK_RUN_LABEL: text(task_run, "metadata", "name"),
            },
            "ownerReferences": [owner_reference(task_run)],
        },
        "spec": {
            "containers": json_list(containers),
            "restartPolicy": "Never",
            "serviceAccountName": text(task_run, "spec", "serviceAccountName")
            or "default",
            "nodeName": "dev-node",
        },
    }


def _running(task_run: JsonObject, pod: JsonObject, now: datetime) -> JsonObject:
    started = text(task_run, "status", "startTime") or timestamp(now)
    running: JsonObject = {"running": {"startedAt": started}}
    return {
        "phase": "Running",
        "startTime": started,
        "containerStatuses": json_list(
            container_statuses(pod, lambda _: running, ready=True)
        ),
    }


def ended_pod(task_run: JsonObject, pod: JsonObject) -> JsonObject:
    """The status of the pod of a task run that has ended."""
    steps = {
        text(step, "container"): child(step, "terminated")
        for step in objects(task_run, "status", "steps")
    }
    good = is_state(task_run, "True")

    def state(name: str) -> JsonObject:
        default: JsonObject = {"exitCode": 0 if good else 1, "reason": "Completed"}
        return {"terminated": steps.get(name) or default}

    return {
        "phase": "Succeeded" if good else "Failed",
        "containerStatuses": json_list(container_statuses(pod, state)),
    }


def task_lines(task_run: JsonObject, task: Task | None) -> list[tuple[str, str]]:
    """What the steps of a task run log from its start to its end, as (step, line)."""
    now = find_moment(text(task_run, "status", "startTime")) or datetime.min
    scope = Scope(now, task_run)
    steps = [text(step, "name") for step in objects(task_run, "status", "steps")]
    name = label(task_run, labels.TASK_LABEL)
    found: list[tuple[str, str]] = []
    for step in steps:
        found.append((step, f"[{step}] {name} of {label(task_run, labels.RUN_LABEL)}"))
        if task is not None:
            found += [(step, str(render(line, scope))) for line in task.logs]
        last = step == steps[-1]
        condition = find_condition(task_run) or {}
        if last and text(condition, "status") == "False":
            found.append((step, f"ERROR {text(condition, 'message')}"))
        else:
            found.append((step, f"[{step}] done"))
    return found
