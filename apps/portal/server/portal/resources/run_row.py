"""RunRow: one line of a table of pipeline runs, worked out on the server."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from fairlead.kube import View
from portal.resources.condition import Condition
from portal.resources.pipeline_run import PipelineRun

__all__ = ["Phase", "RunRow"]

Phase = Literal[
    "succeeded", "failed", "running", "pending", "stopping", "cancelled", "unknown"
]

_LABELS = "app.edp.epam.com/"
_PIPELINE = "tekton.dev/pipeline"
_CHANGE = "results.tekton.dev/resultAnnotations"
_CANCELLED = frozenset({"Cancelled", "CancelledRunFinally", "StoppedRunFinally"})
_STOPPING = _CANCELLED | {
    "PipelineRunStopping",
    "CancelledRunningFinally",
    "StoppedRunningFinally",
}
_PENDING = frozenset({"PipelineRunPending", "Pending", "ResolvingPipelineRef"})


class RunRow(View[PipelineRun]):
    """One line of the table of runs.

    Attributes:
        reason: the deciding condition's, without the kind's name before it.
        branch: as Git knows it, where the run's trigger has written it down.
        started: milliseconds since the epoch; a run that has not begun counts from its creation.
        ended: the same; None while it goes on, and only then.
        duration: milliseconds; None while it goes on.
    """

    phase: Phase
    reason: str
    message: str | None
    pipeline: str
    type: str
    codebase: str
    branch: str
    author: str
    started: int | None
    ended: int | None
    duration: int | None

    @classmethod
    def of(cls, source: PipelineRun, /) -> RunRow:
        """A run's row."""
        labels = source.metadata.labels or {}
        condition = _find_succeeded(source)
        phase, reason = _read_state(source, condition)
        change = _read_change((source.metadata.annotations or {}).get(_CHANGE))
        codebase = labels.get(f"{_LABELS}codebase", "")
        branch = labels.get(f"{_LABELS}codebasebranch", "")
        ref = source.spec.pipeline_ref
        begun, ended = _read_times(source, condition)
        started = _to_ms(source.metadata.creation_timestamp) if begun is None else begun
        return cls(
            phase=phase,
            reason=reason,
            message=condition.message if condition else None,
            pipeline=(ref and ref.name) or labels.get(_PIPELINE, ""),
            type=labels.get(f"{_LABELS}pipelinetype", ""),
            codebase=codebase,
            # The label holds the CodebaseBranch's name: the codebase's, a dash, the rest.
            branch=change.get("branch")
            or (branch.removeprefix(f"{codebase}-") if codebase else branch),
            author=change.get("author") or labels.get(f"{_LABELS}gitauthor", ""),
            started=started,
            ended=ended,
            duration=None if started is None or ended is None else ended - started,
        )


def _find_succeeded(run: PipelineRun) -> Condition | None:
    """The condition that decides. Tekton promises no order, so it is found by its type."""
    conditions = (run.status and run.status.conditions) or ()
    return next((each for each in conditions if each.type == "Succeeded"), None)


def _read_state(run: PipelineRun, condition: Condition | None) -> tuple[Phase, str]:
    asked = run.spec.status or ""
    if condition is None:
        return ("stopping" if asked in _CANCELLED else "pending"), "Pending"
    reason = condition.reason or ""
    short = reason.removeprefix("PipelineRun")
    # What would not begin with a capital without the kind's name is a word of its own.
    shown = short if short[:1].isupper() else reason
    return _choose_phase(condition.status, reason, asked), shown or condition.status


def _choose_phase(status: str, reason: str, asked: str) -> Phase:
    if status == "True":
        return "succeeded"
    if status == "False":
        return "cancelled" if reason in _CANCELLED else "failed"
    # A finished cancellation is "False"; while it goes on, the run still counts as running.
    if reason in _STOPPING or asked in _CANCELLED:
        return "stopping"
    return (
        "pending" if reason in _PENDING or asked == "PipelineRunPending" else "running"
    )


def _read_times(
    run: PipelineRun, condition: Condition | None
) -> tuple[int | None, int | None]:
    status = run.status
    started = _to_ms(status.start_time) if status else None
    completed = _to_ms(status.completion_time) if status else None
    if completed is not None or condition is None or condition.status == "Unknown":
        return started, completed
    # Refused before it began, a run has no completion time; its last transition is its end.
    ended = _to_ms(condition.last_transition_time)
    return started, ended if ended is not None else started


def _to_ms(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp() * 1000)


def _read_change(text: str | None) -> dict[str, str]:
    """What the trigger wrote down of the change behind a run: texts only."""
    if not text:
        return {}
    try:
        found = msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError:
        # The annotation is written by other tools; a broken one costs only what it would tell.
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}
