"""The table of runs as the server works it out: state, times and what is known of the change."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.resources import PipelineRun, RunRow

BORN = datetime(2026, 11, 23, 10, tzinfo=UTC)


def make_row(
    *conditions: dict[str, str],
    asked: str | None = None,
    times: dict[str, datetime] | None = None,
    **metadata: Any,
) -> RunRow:
    status = {
        name: time.strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, time in (times or {}).items()
    }
    run = {
        "apiVersion": "tekton.dev/v1",
        "kind": "PipelineRun",
        "metadata": {
            "name": "build-main-x7k2",
            "namespace": "team-a",
            "uid": "u1",
            "resourceVersion": "7",
            "creationTimestamp": BORN.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **metadata,
        },
        "spec": {"status": asked} if asked else {},
        "status": {"conditions": list(conditions), **status},
    }
    return RunRow.of(PipelineRun.from_wire(json.dumps(run).encode()))


def succeeded(status: str, reason: str) -> dict[str, str]:
    return {"type": "Succeeded", "status": status, "reason": reason}


@pytest.mark.parametrize(
    ("status", "reason", "phase"),
    [
        ("True", "Succeeded", "succeeded"),
        ("True", "Completed", "succeeded"),
        ("False", "Failed", "failed"),
        ("False", "PipelineRunTimeout", "failed"),
        ("False", "CreateRunFailed", "failed"),
        ("False", "Cancelled", "cancelled"),
        ("False", "CancelledRunFinally", "cancelled"),
        ("Unknown", "Started", "running"),
        ("Unknown", "Running", "running"),
        ("Unknown", "PipelineRunPending", "pending"),
        ("Unknown", "Cancelled", "stopping"),
        ("Unknown", "PipelineRunStopping", "stopping"),
        ("Unknown", "StoppedRunningFinally", "stopping"),
    ],
)
def test_the_state_is_read_off_the_deciding_condition(
    status: str, reason: str, phase: str
) -> None:
    other = {"type": "Notified", "status": "False", "reason": "Failed"}
    assert make_row(other, succeeded(status, reason)).phase == phase


def test_a_run_without_the_deciding_condition_waits() -> None:
    row = make_row({"type": "Notified", "status": "False", "reason": "Failed"})
    assert (row.phase, row.reason, row.message) == ("pending", "Pending", None)


def test_a_running_run_that_was_asked_to_stop_is_stopping() -> None:
    assert (
        make_row(succeeded("Unknown", "Running"), asked="Cancelled").phase == "stopping"
    )


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("PipelineRunTimeout", "Timeout"), ("PipelineRun", "PipelineRun"), ("", "False")],
)
def test_a_reason_loses_the_kinds_name_not_its_meaning(reason: str, shown: str) -> None:
    assert make_row(succeeded("False", reason)).reason == shown


def test_times_are_milliseconds_and_a_duration_is_between_them() -> None:
    times = {
        "startTime": BORN + timedelta(seconds=3),
        "completionTime": BORN + timedelta(seconds=10),
    }
    row = make_row(succeeded("True", "Succeeded"), times=times)
    assert row.started == int(BORN.timestamp() * 1000) + 3000
    assert row.duration == 7000


def test_a_run_that_goes_on_has_no_end_and_counts_from_its_creation() -> None:
    row = make_row(succeeded("Unknown", "Running"))
    assert row.started == int(BORN.timestamp() * 1000)
    assert (row.ended, row.duration) == (None, None)


def test_a_run_that_was_refused_ends_with_its_last_transition() -> None:
    refused = {
        **succeeded("False", "CreateRunFailed"),
        "lastTransitionTime": "2026-11-23T10:00:05Z",
    }
    assert make_row(refused).duration == 5000


def test_the_change_is_known_as_its_trigger_wrote_it_down() -> None:
    labels = {
        "app.edp.epam.com/codebase": "api",
        "app.edp.epam.com/codebasebranch": "api-feature-x",
        "app.edp.epam.com/pipelinetype": "build",
        "tekton.dev/pipeline": "api-build",
    }
    note = {"results.tekton.dev/resultAnnotations": '{"author":"maria","pr":7}'}
    row = make_row(labels=labels, annotations=note)
    assert (row.codebase, row.branch, row.author) == ("api", "feature-x", "maria")
    assert (row.type, row.pipeline) == ("build", "api-build")


@pytest.mark.parametrize("text", ["{", "[]", "7", ""])
def test_an_annotation_that_is_no_object_costs_only_what_it_would_tell(
    text: str,
) -> None:
    row = make_row(annotations={"results.tekton.dev/resultAnnotations": text})
    assert (row.author, row.branch) == ("", "")
