from pydantic import JsonValue
from tests.simulation.samples import TASKS, reason, run, scenario
from tests.simulation.stage import START, Stage

from fairlead.simulation import labels
from fairlead.simulation.actions import Patch
from fairlead.simulation.conditions import is_done
from fairlead.simulation.objects import Kind, Ref, find_moment, objects, text
from fairlead.simulation.taskruns import task_run_name

APPROVAL: list[JsonValue] = [
    {"name": "approve", "approval": True, "message": "Deploy?"},
    {"name": "deploy", "takes": "1s"},
]
RUNS: JsonValue = {
    "every": "1h",
    "mix": {"build": 1},
    "authors": ["ann"],
    "changes": ["Change"],
    "approvers": ["lea"],
    "approval": "30s",
}


def reasons(stage: Stage, ref: Ref) -> list[str]:
    found = [
        text(each, "reason")
        for action in stage.done
        if isinstance(action, Patch) and action.ref == ref
        for each in objects(action.body, "status", "conditions")
    ]
    return [
        each
        for place, each in enumerate(found)
        if place == 0 or found[place - 1] != each
    ]


def test_run_walks_to_success() -> None:
    stage = Stage(scenario())
    ref = stage.put(run())
    stage.run(60)
    assert reasons(stage, ref) == ["Started", "Running", "Succeeded"]
    assert len(stage.of(labels.TASK_RUN)) == 4
    assert all(reason(each) == "Succeeded" for each in stage.of(labels.TASK_RUN))


def test_run_takes_as_long_as_its_longest_tasks_in_a_row() -> None:
    stage = Stage(scenario())
    ref = stage.put(run())
    stage.run(60)
    started = find_moment(text(stage.objects[ref], "status", "startTime"))
    ended = find_moment(text(stage.objects[ref], "status", "completionTime"))
    assert started is not None
    assert ended is not None
    assert 7 <= (ended - started).total_seconds() <= 8


def test_tasks_side_by_side_start_together() -> None:
    stage = Stage(scenario())
    stage.put(run())
    stage.run(60)
    starts = {
        text(each, "metadata", "labels", labels.TASK_LABEL): text(
            each, "status", "startTime"
        )
        for each in stage.of(labels.TASK_RUN)
    }
    assert starts["compile"] == starts["lint"]
    assert starts["fetch"] < starts["compile"] < starts["push"]


def test_run_names_its_children() -> None:
    stage = Stage(scenario())
    ref = stage.put(run())
    stage.run(60)
    children = objects(stage.objects[ref], "status", "childReferences")
    assert [text(each, "pipelineTaskName") for each in children] == [
        "fetch",
        "compile",
        "lint",
        "push",
    ]


def test_failing_task_ends_the_run() -> None:
    tasks: list[JsonValue] = [
        {"name": "fetch"},
        {"name": "test", "fails": 1, "message": "2 tests failed"},
        {"name": "push"},
    ]
    stage = Stage(scenario(pipelines={"build": {"name": "b", "tasks": tasks}}))
    ref = stage.put(run())
    stage.run(60)
    assert reason(stage.objects[ref]) == "Failed"
    assert {reason(each) for each in stage.of(labels.TASK_RUN)} == {
        "Succeeded",
        "Failed",
    }
    condition = objects(stage.objects[ref], "status", "conditions")[0]
    assert (
        text(condition, "message")
        == "Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 1"
    )


def test_cancelled_run_ends_at_once_with_its_tasks() -> None:
    stage = Stage(scenario())
    ref = stage.put(run())
    stage.run(
        60,
        until=lambda: (
            len(stage.of(labels.TASK_RUN)) == 3
            and reason(stage.of(labels.TASK_RUN)[-1]) == "Running"
        ),
    )
    stage.ask(ref, "Cancelled")
    stage.run(0.05)
    assert reason(stage.objects[ref]) == "Cancelled"
    assert [reason(each) for each in stage.of(labels.TASK_RUN)] == [
        "Succeeded",
        "TaskRunCancelled",
        "TaskRunCancelled",
    ]


def test_run_cancelled_with_closing_tasks_says_so_first() -> None:
    stage = Stage(scenario())
    ref = stage.put(run())
    stage.run(4)
    stage.ask(ref, "CancelledRunFinally")
    stage.run(10)
    assert reasons(stage, ref)[-2:] == ["CancelledRunningFinally", "Cancelled"]


def test_stopped_run_lets_its_running_task_finish() -> None:
    stage = Stage(scenario())
    ref = stage.put(run())
    stage.run(2.5)
    stage.ask(ref, "StoppedRunFinally")
    stage.run(10)
    assert reasons(stage, ref)[-2:] == ["StoppedRunningFinally", "Cancelled"]
    assert [reason(each) for each in stage.of(labels.TASK_RUN)] == ["Succeeded"]


def test_pending_run_waits_until_it_is_let_go() -> None:
    stage = Stage(scenario())
    ref = stage.put(run(status="PipelineRunPending"))
    stage.run(60)
    assert reason(stage.objects[ref]) == "PipelineRunPending"
    assert stage.of(labels.TASK_RUN) == []
    stage.ask(ref, "")
    stage.run(60)
    assert reason(stage.objects[ref]) == "Succeeded"


def test_run_of_an_unknown_pipeline_moves_all_the_same() -> None:
    stage = Stage(scenario())
    ref = stage.put(run(pipelineRef={"name": "never-heard-of"}))
    stage.run(60)
    assert is_done(stage.objects[ref])


def _approval(stage: Stage) -> Ref:
    stage.run(10, until=lambda: bool(stage.of(labels.APPROVAL_TASK)))
    (found,) = stage.of(labels.APPROVAL_TASK)
    return Ref(labels.APPROVAL_TASK, "team", text(found, "metadata", "name"))


def _decide(stage: Stage, ref: Ref, action: str) -> None:
    decided: dict[str, JsonValue] = {"action": action, "approve": {"approvedBy": "ann"}}
    stage.put({**stage.objects[ref], "spec": decided})


def test_run_waits_for_an_approval() -> None:
    stage = Stage(scenario(pipelines={"build": {"name": "b", "tasks": APPROVAL}}))
    ref = stage.put(run())
    approval = _approval(stage)
    stage.run(3600)
    assert reason(stage.objects[ref]) == "Running"
    _decide(stage, approval, "Approved")
    stage.run(10)
    assert reason(stage.objects[ref]) == "Succeeded"


def test_rejected_approval_fails_the_run() -> None:
    stage = Stage(scenario(pipelines={"build": {"name": "b", "tasks": APPROVAL}}))
    ref = stage.put(run())
    _decide(stage, _approval(stage), "Rejected")
    stage.run(10)
    assert reason(stage.objects[ref]) == "Failed"
    assert stage.of(labels.TASK_RUN) == []


def test_approval_nobody_answers_is_answered_by_an_approver() -> None:
    stage = Stage(
        scenario(pipelines={"build": {"name": "b", "tasks": APPROVAL}}, runs=RUNS)
    )
    ref = stage.put(run())
    approval = _approval(stage)
    stage.run(60)
    assert text(stage.objects[approval], "spec", "approve", "approvedBy") == "lea"
    assert reason(stage.objects[ref]) == "Succeeded"


def test_cancelling_a_run_cancels_its_approval() -> None:
    stage = Stage(scenario(pipelines={"build": {"name": "b", "tasks": APPROVAL}}))
    ref = stage.put(run())
    approval = _approval(stage)
    stage.run(1)
    stage.ask(ref, "Cancelled")
    stage.run(1)
    assert text(stage.objects[approval], "spec", "action") == "Canceled"


def test_run_made_anew_under_its_old_name_starts_over() -> None:
    stage = Stage(scenario())
    ref = stage.put(run())
    stage.run(4)
    stage.remove(ref)
    for child in [*stage.of(labels.TASK_RUN)]:
        stage.remove(
            Ref(
                Kind("tekton.dev/v1", "TaskRun"),
                "team",
                text(child, "metadata", "name"),
            )
        )
    stage.put(run())
    stage.run(60)
    assert reason(stage.objects[ref]) == "Succeeded"
    assert stage.now > START
    assert len(stage.of(labels.TASK_RUN)) == len(TASKS)


def test_long_runs_of_one_branch_have_task_runs_of_different_names() -> None:
    task = scenario().pipelines["build"].tasks[0]
    stem = "review-fraud-scoring-experiment-graph-features-z4t6c"
    names = {task_run_name(f"{stem}-{ending}", task) for ending in ("2zkd", "6sww")}
    assert len(names) == 2
    assert all(len(name) <= 63 for name in names)
    assert task_run_name("short", task) == f"short-{task.name}"
