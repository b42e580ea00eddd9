"""Questions that a pipeline run waits on."""

from __future__ import annotations

from fairlead.simulation import labels
from fairlead.simulation.objects import JsonObject, owner_reference, text
from fairlead.simulation.scenario import Task
from fairlead.simulation.taskruns import task_run_name


def draft_approval(run: JsonObject, task: Task) -> JsonObject:
    """The question that a task of a pipeline run is."""
    name = text(run, "metadata", "name")
    return {
        "apiVersion": labels.APPROVAL_TASK.api_version,
        "kind": labels.APPROVAL_TASK.name,
        "metadata": {
            "name": task_run_name(name, task),
            "namespace": text(run, "metadata", "namespace"),
            "labels": {labels.RUN_LABEL: name, labels.TASK_LABEL: task.name},
            "ownerReferences": [owner_reference(run)],
        },
        "spec": {"action": "Pending", "description": task.message},
    }


def decided(approval: JsonObject, action: str, who: str) -> JsonObject:
    """A question that has been answered; nobody answers one that is cancelled."""
    question = text(approval, "spec", "description")
    answer: JsonObject = {"action": action, "description": question}
    if action != "Canceled":
        answer["approve"] = {"approvedBy": who}
    return {**approval, "spec": answer}
