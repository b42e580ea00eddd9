"""Task runs: made for a task of a pipeline run, started, ended."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from fairlead.simulation import labels
from fairlead.simulation.conditions import Condition
from fairlead.simulation.drafts import short_name
from fairlead.simulation.objects import (
    JsonObject,
    find_moment,
    json_list,
    label,
    owner_reference,
    text,
    timestamp,
)
from fairlead.simulation.scenario import Task
from fairlead.simulation.templates import suffix

SUCCEEDED = Condition("True", "Succeeded", "All Steps have completed executing")
RUNNING = Condition(
    "Unknown", "Running", "Not all Steps in the Task have finished executing"
)
CANCELLED = Condition(
    "False", "TaskRunCancelled", "TaskRun was cancelled. Its PipelineRun was cancelled"
)


def failed(task: Task) -> Condition:
    """The condition of a task that failed."""
    return Condition("False", "Failed", f'"step-{task.steps[-1]}" {task.message}')


def draft_task_run(run: JsonObject, task: Task) -> JsonObject:
    """The task run of a task."""
    name = text(run, "metadata", "name")
    return {
        "apiVersion": labels.TASK_RUN.api_version,
        "kind": labels.TASK_RUN.name,
        "metadata": {
            "name": task_run_name(name, task),
            "namespace": text(run, "metadata", "namespace"),
            "labels": {
                labels.RUN_LABEL: name,
                labels.TASK_LABEL: task.name,
                labels.PIPELINE_LABEL: label(run, labels.PIPELINE_LABEL) or "unknown",
                labels.TYPE_LABEL: label(run, labels.TYPE_LABEL) or "build",
            },
            "ownerReferences": [owner_reference(run)],
        },
        "spec": {
            "taskRef": {"kind": "Task", "name": task.name},
            "serviceAccountName": "tekton",
            "timeout": "1h0m0s",
        },
    }


def task_run_name(run: str, task: Task) -> str:
    """The name of the task run of a task: always the same, so that it is made once."""
    name = f"{run}-{task.name}"
    if len(name) <= 63:
        return name
    # What makes runs of one branch differ stands at the end, which is cut off.
    return short_name(run, f"{task.name[:33].rstrip('-')}-{suffix(5, name)}")


def child_reference(run: str, task: Task) -> JsonObject:
    """How a pipeline run names what runs one of its tasks."""
    kind = labels.APPROVAL_TASK if task.approval else labels.TASK_RUN
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "name": task_run_name(run, task),
        "pipelineTaskName": task.name,
    }


def pod_name(task_run: str) -> str:
    """The name of the pod of a task run; a host name has 63 letters at most."""
    name = f"{task_run}-pod"
    return name if len(name) <= 63 else short_name(task_run, f"{suffix(5, task_run)}-pod")  # fmt: skip


def started_status(task: Task, name: str, now: datetime) -> JsonObject:
    """The status of a task run that has just started."""
    return {
        "startTime": timestamp(now),
        "podName": pod_name(name),
        "conditions": [RUNNING.to_json(now)],
        "steps": [
            {
                "name": step,
                "container": f"step-{step}",
                "running": {"startedAt": timestamp(now)},
            }
            for step in task.steps
        ],
    }


def ended_status(
    task: Task, started: datetime, now: datetime, condition: Condition
) -> JsonObject:
    """What changes in the status of a task run that ends."""
    return {
        "completionTime": timestamp(now),
        "conditions": [condition.to_json(now)],
        "steps": json_list(_ended_steps(task, started, now, condition)),
    }


def _ended_steps(
    task: Task, started: datetime, now: datetime, condition: Condition
) -> list[JsonObject]:
    share = (now - started) / len(task.steps)
    good, last = condition.status == "True", len(task.steps) - 1
    return [
        {
            "name": step,
            "container": f"step-{step}",
            "terminated": {
                "exitCode": 0 if good or place < last else 1,
                "reason": "Completed" if good or place < last else "Error",
                "startedAt": timestamp(started + share * place),
                "finishedAt": timestamp(started + share * (place + 1)),
            },
        }
        for place, step in enumerate(task.steps)
    ]


class Fate:
    """What will become of one run: drawn from the seed and the run's uid, so that it never changes."""

    def __init__(self, seed: int, uid: str) -> None:
        self._key = f"{seed}/{uid}"

    def takes(self, task: Task) -> timedelta:
        """How long a task runs."""
        return task.takes.draw(self.chance(f"{task.name}/takes"))

    def fails(self, task: Task) -> bool:
        """Whether a task fails."""
        return self.chance(f"{task.name}/fails").random() < task.fails

    def chance(self, what: str) -> random.Random:
        """The draws for one matter."""
        # A scenario must look alive, not be unpredictable: no secret hangs on it.
        return random.Random(f"{self._key}/{what}")  # noqa: S311


def started_at(value: JsonObject, default: datetime) -> datetime:
    """When a run started."""
    return find_moment(text(value, "status", "startTime")) or default
