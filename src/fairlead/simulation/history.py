"""Runs that ended before anybody looked: expanded from a compact table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from fairlead.simulation import labels
from fairlead.simulation.approvals import decided, draft_approval
from fairlead.simulation.conditions import Condition
from fairlead.simulation.drafts import Change, draft_code_run, draft_deploy_run
from fairlead.simulation.durations import parse_duration
from fairlead.simulation.errors import ManifestError
from fairlead.simulation.objects import (
    JsonObject,
    Kind,
    Ref,
    child,
    json_list,
    ref_of,
    text,
    timestamp,
)
from fairlead.simulation.scenario import POD_LOG, Pipeline, Scenario, Task
from fairlead.simulation.taskpods import draft_pod, ended_pod, task_lines
from fairlead.simulation.taskruns import (
    CANCELLED,
    SUCCEEDED,
    Fate,
    child_reference,
    draft_task_run,
    ended_status,
    failed,
    started_status,
)
from fairlead.simulation.templates import suffix

_PRUNED = {labels.TASK_RUN.name, labels.POD.name, POD_LOG.name}


class History(BaseModel):
    """A table of finished runs.

    Attributes:
        runs: rows of namespace, type, branch or stage, how long ago it started, result (after a slash,
            the task that decided it), author, first line of the commit message. With the result
            `Started` the run has only been asked for: the simulator leads it from there.
        tasks_within: how long ago a run may have started for its task runs to be there still; those
            of older runs have been pruned, as a real cluster's are.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    api_version: str = Field(alias="apiVersion")
    kind: Literal["PipelineHistory"]
    runs: list[
        tuple[str, Literal["build", "review", "deploy"], str, str, str, str, str]
    ]
    tasks_within: str = Field(alias="tasksWithin", default="12h")


def expand_history(
    history: History, known: Mapping[Ref, JsonObject], scenario: Scenario, now: datetime
) -> Iterable[JsonObject]:
    """The pipeline runs of a table, each followed by its task runs.

    Raises:
        ManifestError: a row names what is not there.
    """
    for place, (namespace, kind, target, ago, result, author, message) in enumerate(
        history.runs
    ):
        key = f"{namespace}/{kind}/{target}/{place}"
        change = _change(key, author, message)
        found = _find(
            known,
            labels.STAGE if kind == "deploy" else labels.CODEBASE_BRANCH,
            namespace,
            target,
        )
        if kind == "deploy":
            pipeline = _find(
                known, labels.CD_PIPELINE, namespace, text(found, "spec", "cdPipeline")
            )
            run = draft_deploy_run(found, pipeline, change, f"1.{place}.0")
        else:
            codebase = _find(
                known, labels.CODEBASE, namespace, text(found, "spec", "codebaseName")
            )
            run = draft_code_run(kind, codebase, found, change, scenario)
        ended, _, task = result.partition("/")
        age = parse_duration(ago)
        family = _finish(
            run, scenario, (ended, task), now - age, Fate(scenario.seed, key)
        )
        if ended == "Started":
            yield run
            continue
        pruned = age > parse_duration(history.tasks_within)
        yield from (
            each for each in family if not pruned or text(each, "kind") not in _PRUNED
        )


def _change(key: str, author: str, message: str) -> Change:
    commit = "".join(f"{ord(sign):02x}" for sign in suffix(20, key))
    return Change(
        author=author,
        message=message,
        commit=commit,
        number=100 + sum(key.encode()) % 900,
    )


def _find(
    known: Mapping[Ref, JsonObject], kind: Kind, namespace: str, name: str
) -> JsonObject:
    found = known.get(Ref(kind, namespace, name))
    if found is None:
        raise ManifestError(
            f"The history names {kind.name} {namespace}/{name}, which no seed file makes: add it"
        )
    return found


def _finish(
    run: JsonObject,
    scenario: Scenario,
    ending: tuple[str, str],
    start: datetime,
    fate: Fate,
) -> Iterable[JsonObject]:
    pipeline = scenario.pipeline_of(
        text(run, "spec", "pipelineRef", "name"),
        text(run, "metadata", "labels", labels.TYPE_LABEL),
    )
    if pipeline is None:
        raise ManifestError("A history needs pipelines: put them into the scenario")
    result, decisive = ending
    tasks, moment = _tasks_until(pipeline, decisive), start
    children: list[JsonObject] = []
    references: list[JsonObject] = []
    for task in tasks:
        condition = (
            SUCCEEDED
            if task.name != decisive
            else (CANCELLED if result == "Cancelled" else failed(task))
        )
        end = moment + timedelta(seconds=round(fate.takes(task).total_seconds()))
        references.append(child_reference(text(run, "metadata", "name"), task))
        if task.approval:
            children.append(_decide(run, task, scenario, condition))
        else:
            made = _finish_task(run, task, moment, end, condition)
            children.append(made)
            if scenario.workloads is not None and scenario.workloads.task_pods:
                children.extend(_leave_pod(made, task, moment, end))
        moment = end
    status: JsonObject = {
        "startTime": timestamp(start),
        "completionTime": timestamp(moment),
        "conditions": [
            _verdict(result, len(tasks), len(pipeline.tasks)).to_json(moment)
        ],
        "childReferences": json_list(references),
    }
    asked: JsonObject = {"status": "Cancelled"} if result == "Cancelled" else {}
    yield {**run, "spec": {**child(run, "spec"), **asked}, "status": status}
    yield from children


def _tasks_until(pipeline: Pipeline, decisive: str) -> list[Task]:
    names = [task.name for task in pipeline.tasks]
    if decisive and decisive not in names:
        raise ManifestError(
            f"The history names the task {decisive!r}: the pipeline has {', '.join(names)}"
        )
    return list(pipeline.tasks[: names.index(decisive) + 1 if decisive else None])


def _decide(
    run: JsonObject, task: Task, scenario: Scenario, condition: Condition
) -> JsonObject:
    answers = {"Succeeded": "Approved", "Failed": "Rejected"}
    approvers = scenario.runs.approvers if scenario.runs else ()
    who = approvers[0] if approvers else "unknown"
    action = answers.get(condition.reason, "Canceled")
    return decided(draft_approval(run, task), action, who)


def _finish_task(
    run: JsonObject, task: Task, start: datetime, end: datetime, condition: Condition
) -> JsonObject:
    made = draft_task_run(run, task)
    status = {
        **started_status(task, ref_of(made).name, start),
        **ended_status(task, start, end, condition),
    }
    return {**made, "status": status}


def _leave_pod(
    task_run: JsonObject, task: Task, start: datetime, end: datetime
) -> Iterable[JsonObject]:
    pod = draft_pod(task_run)
    yield {**pod, "status": {**ended_pod(task_run, pod), "startTime": timestamp(start)}}
    lines = task_lines(task_run, task)
    pace = (end - start) / max(1, len(lines))
    for step in dict.fromkeys(step for step, _ in lines):
        spoken = [
            f"{timestamp(start + pace * place)} {line}"
            for place, (name, line) in enumerate(lines)
            if name == step
        ]
        yield {
            "apiVersion": POD_LOG.api_version,
            "kind": POD_LOG.name,
            "metadata": {
                "name": text(pod, "metadata", "name"),
                "namespace": text(pod, "metadata", "namespace"),
            },
            "container": f"step-{step}",
            "lines": json_list(spoken),
        }


def _verdict(result: str, ran: int, planned: int) -> Condition:
    counts = {"Succeeded": (0, 0), "Failed": (1, 0), "Cancelled": (0, 1)}
    if result not in counts:
        raise ManifestError(
            f"A run's result is {', '.join(counts)}; the history says {result!r}"
        )
    bad, cancelled = counts[result]
    message = f"Tasks Completed: {ran} (Failed: {bad}, Cancelled {cancelled}), Skipped: {planned - ran}"
    return Condition("True" if result == "Succeeded" else "False", result, message)
