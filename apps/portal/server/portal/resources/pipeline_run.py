"""PipelineRun: one run of a Tekton pipeline."""

from typing import Literal

from pydantic import AwareDatetime, JsonValue

from fairlead.kube import KubeModel, Resource
from portal.resources.condition import Condition


class PipelineRef(KubeModel):
    """The pipeline that a run runs."""

    name: str | None = None


class Param(KubeModel):
    """A parameter of a run."""

    name: str
    value: JsonValue


class ChildReference(KubeModel):
    """A TaskRun (or another kind) that a run started."""

    name: str | None = None
    pipeline_task_name: str | None = None
    kind: str | None = None


class PipelineRunSpec(KubeModel):
    """What to run."""

    pipeline_ref: PipelineRef | None = None
    params: list[Param] | None = None
    status: (
        Literal[
            "Cancelled",
            "CancelledRunFinally",
            "StoppedRunFinally",
            "PipelineRunPending",
        ]
        | None
    ) = None
    """Set it to cancel, stop or hold the run."""


class PipelineTask(KubeModel):
    """A task of the pipeline, whether it has started or not."""

    name: str
    run_after: list[str] | None = None


class PipelineSpec(KubeModel):
    """The pipeline as it was when the run began."""

    tasks: list[PipelineTask] | None = None


class PipelineRunStatus(KubeModel):
    """How far a run has got."""

    start_time: AwareDatetime | None = None
    completion_time: AwareDatetime | None = None
    conditions: list[Condition] | None = None
    child_references: list[ChildReference] | None = None
    pipeline_spec: PipelineSpec | None = None


class PipelineRun(Resource, group="tekton.dev", version="v1", plural="pipelineruns"):
    """One run of a pipeline: a build, a review, a deployment."""

    spec: PipelineRunSpec
    status: PipelineRunStatus | None = None
