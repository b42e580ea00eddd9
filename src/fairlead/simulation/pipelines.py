"""The life of a pipeline run, as Tekton's controller would lead it.

    (nothing) -> PipelineRunPending | Started -> Running ... -> Succeeded | Completed | Failed | Cancelled

Everything is worked out from what is seen (the run, its task runs, its approvals) and from the run's
fate, so a run goes on where it stood after any restart, and writing a step twice does no harm: its
names are fixed and its patches carry the version that was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from fairlead.simulation.actions import Action, Create, patch_spec, patch_status
from fairlead.simulation.approvals import draft_approval
from fairlead.simulation.conditions import (
    Condition,
    find_condition,
    is_done,
    is_state,
    says,
)
from fairlead.simulation.objects import (
    JsonObject,
    find_moment,
    json_list,
    objects,
    text,
    timestamp,
)
from fairlead.simulation.scenario import Pipeline, Runs, Task
from fairlead.simulation.taskruns import (
    CANCELLED,
    Fate,
    child_reference,
    draft_task_run,
    ended_status,
    failed,
    started_at,
    started_status,
    task_run_name,
)
from fairlead.simulation.taskruns import SUCCEEDED as TASK_SUCCEEDED

QUEUE = timedelta(seconds=1)
"""How long a run waits before it starts."""
CLOSING = timedelta(seconds=2)
"""How long the closing tasks of a run that is being ended take."""

Outcome = Literal["waiting", "succeeded", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A run and all that belongs to it, as the cluster has it now."""

    run: JsonObject
    task_runs: Mapping[str, JsonObject]
    approvals: Mapping[str, JsonObject]
    pipeline: Pipeline
    runs: Runs | None
    fate: Fate
    now: datetime

    @property
    def name(self) -> str:
        """The run's name."""
        return text(self.run, "metadata", "name")

    @property
    def asked(self) -> str:
        """What a person asked of the run."""
        return text(self.run, "spec", "status")


@dataclass(slots=True)
class Plan:
    """What to do now, and when to look again if nothing changes before."""

    actions: list[Action] = field(default_factory=list[Action])
    due: datetime | None = None

    def wait(self, until: datetime) -> None:
        """Looks again at a moment, or before."""
        self.due = until if self.due is None else min(self.due, until)


def plan_run(sight: Sight) -> Plan:
    """The next steps of a run."""
    plan = Plan()
    if is_done(sight.run):
        return plan
    if find_condition(sight.run) is None or not text(sight.run, "status", "startTime"):
        _begin(sight, plan)
    elif sight.asked in {"Cancelled", "CancelledRunFinally", "StoppedRunFinally"}:
        _stop(sight, plan)
    else:
        _advance(sight, plan)
    return plan


def _begin(sight: Sight, plan: Plan) -> None:
    if sight.asked == "PipelineRunPending":
        message = f'PipelineRun "{sight.name}" is pending'
        _report(sight, plan, Condition("Unknown", "PipelineRunPending", message))
        return
    if sight.asked:
        _end(sight, plan, "Cancelled", f'PipelineRun "{sight.name}" was cancelled')
        return
    created = find_moment(text(sight.run, "metadata", "creationTimestamp")) or sight.now
    if sight.now < created + QUEUE:
        plan.wait(created + QUEUE)
        return
    condition = Condition("Unknown", "Started", "").to_json(sight.now)
    status: JsonObject = {"startTime": timestamp(sight.now), "conditions": [condition]}
    plan.actions.append(patch_status(sight.run, status))


def _advance(sight: Sight, plan: Plan) -> None:
    done = 0
    for group in sight.pipeline.groups:
        outcomes = [_advance_task(sight, plan, task) for task in group]
        done += outcomes.count("succeeded")
        if "waiting" in outcomes:
            left = len(sight.pipeline.tasks) - done - outcomes.count("failed")
            message = f"Tasks Completed: {done + outcomes.count('failed')} (Failed: {outcomes.count('failed')}, Cancelled 0), Incomplete: {left}, Skipped: 0"
            _report(sight, plan, Condition("Unknown", "Running", message))
            return
        if "failed" in outcomes:
            count = done + outcomes.count("failed")
            left = len(sight.pipeline.tasks) - count
            _end(
                sight,
                plan,
                "Failed",
                f"Tasks Completed: {count} (Failed: {outcomes.count('failed')}, Cancelled 0), Skipped: {left}",
            )
            return
    _end(
        sight,
        plan,
        "Succeeded",
        f"Tasks Completed: {done} (Failed: 0, Cancelled 0), Skipped: 0",
    )


def _advance_task(sight: Sight, plan: Plan, task: Task) -> Outcome:
    if task.approval:
        return _advance_approval(sight, plan, task)
    seen = sight.task_runs.get(task_run_name(sight.name, task))
    if seen is None:
        plan.actions.append(Create(draft_task_run(sight.run, task)))
        return "waiting"
    if is_done(seen):
        return "succeeded" if is_state(seen, "True") else "failed"
    if find_condition(seen) is None:
        status = started_status(task, text(seen, "metadata", "name"), sight.now)
        plan.actions.append(patch_status(seen, status))
        return "waiting"
    started = started_at(seen, sight.now)
    ends = started + sight.fate.takes(task)
    if sight.now < ends:
        plan.wait(ends)
        return "waiting"
    condition = failed(task) if sight.fate.fails(task) else TASK_SUCCEEDED
    plan.actions.append(
        patch_status(seen, ended_status(task, started, sight.now, condition))
    )
    return "waiting"


def _advance_approval(sight: Sight, plan: Plan, task: Task) -> Outcome:
    seen = sight.approvals.get(task_run_name(sight.name, task))
    if seen is None:
        plan.actions.append(Create(draft_approval(sight.run, task)))
        return "waiting"
    action = text(seen, "spec", "action")
    if action != "Pending":
        return "succeeded" if action == "Approved" else "failed"
    if (
        sight.runs is not None
        and sight.runs.approval is not None
        and sight.runs.approvers
    ):
        chance = sight.fate.chance(f"{task.name}/approval")
        asked = find_moment(text(seen, "metadata", "creationTimestamp")) or sight.now
        answers = asked + sight.runs.approval.draw(chance)
        if sight.now >= answers:
            who = chance.choice(sight.runs.approvers)
            plan.actions.append(
                patch_spec(seen, {"action": "Approved", "approve": {"approvedBy": who}})
            )
        else:
            plan.wait(answers)
    return "waiting"


def _stop(sight: Sight, plan: Plan) -> None:
    """Ends a run that a person wants ended, at once or with its closing tasks."""
    running = [each for each in sight.task_runs.values() if not is_done(each)]
    if sight.asked == "StoppedRunFinally" and _let_finish(sight, plan, running):
        _report(
            sight,
            plan,
            Condition("Unknown", "StoppedRunningFinally", "Waiting for running tasks"),
        )
        return
    _cancel_children(sight, plan, running)
    if sight.asked == "CancelledRunFinally":
        closing = Condition(
            "Unknown", "CancelledRunningFinally", "Running the closing tasks"
        )
        since = find_moment(text(find_condition(sight.run) or {}, "lastTransitionTime"))
        if not says(sight.run, closing):
            _report(sight, plan, closing)
            return
        if since is not None and sight.now < since + CLOSING:
            plan.wait(since + CLOSING)
            return
    _end(sight, plan, "Cancelled", f'PipelineRun "{sight.name}" was cancelled')


def _let_finish(sight: Sight, plan: Plan, running: list[JsonObject]) -> bool:
    names = {text(each, "metadata", "name") for each in running}
    tasks = [
        task
        for task in sight.pipeline.tasks
        if task_run_name(sight.name, task) in names
    ]
    for task in tasks:
        _advance_task(sight, plan, task)
    return bool(tasks)


def _cancel_children(sight: Sight, plan: Plan, running: list[JsonObject]) -> None:
    tasks = {task_run_name(sight.name, task): task for task in sight.pipeline.tasks}
    for each in running:
        task = tasks.get(text(each, "metadata", "name"))
        if task is not None:
            status = ended_status(
                task, started_at(each, sight.now), sight.now, CANCELLED
            )
            plan.actions.append(patch_status(each, status))
    plan.actions.extend(
        patch_spec(each, {"action": "Canceled"})
        for each in sight.approvals.values()
        if text(each, "spec", "action") == "Pending"
    )


def _report(sight: Sight, plan: Plan, condition: Condition) -> None:
    known = _references(sight)
    if (
        says(sight.run, condition)
        and objects(sight.run, "status", "childReferences") == known
    ):
        return
    status: JsonObject = {"conditions": [condition.to_json(sight.now)]}
    if known:
        status["childReferences"] = json_list(known)
    plan.actions.append(patch_status(sight.run, status))


def _end(sight: Sight, plan: Plan, reason: str, message: str) -> None:
    condition = Condition("True" if reason == "Succeeded" else "False", reason, message)
    status: JsonObject = {
        "completionTime": timestamp(sight.now),
        "conditions": [condition.to_json(sight.now)],
        "childReferences": json_list(_references(sight)),
    }
    if not text(sight.run, "status", "startTime"):
        status["startTime"] = timestamp(sight.now)
    plan.actions.append(patch_status(sight.run, status))


def _references(sight: Sight) -> list[JsonObject]:
    there = {*sight.task_runs, *sight.approvals}
    found = ((task, task_run_name(sight.name, task)) for task in sight.pipeline.tasks)
    return [child_reference(sight.name, task) for task, name in found if name in there]
