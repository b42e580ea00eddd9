"""TaskRun: one task of a pipeline run."""

from pydantic import AwareDatetime

from fairlead.kube import KubeModel, Resource
from portal.resources.condition import Condition

RUN_LABEL = "tekton.dev/pipelineRun"
TASK_LABEL = "tekton.dev/pipelineTask"


class StepEnd(KubeModel):
    """How a step ended."""

    exit_code: int
    reason: str | None = None
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None


class StepStart(KubeModel):
    """Since when a step runs."""

    started_at: AwareDatetime | None = None


class StepState(KubeModel):
    """One step of a task: a container of its pod."""

    name: str
    container: str | None = None
    running: StepStart | None = None
    terminated: StepEnd | None = None


class TaskRunSpec(KubeModel):
    """What to run; everything in it is Tekton's."""


class TaskRunStatus(KubeModel):
    """How far a task has got."""

    start_time: AwareDatetime | None = None
    completion_time: AwareDatetime | None = None
    pod_name: str | None = None
    conditions: list[Condition] | None = None
    steps: list[StepState] | None = None


class TaskRun(
    Resource,
    group="tekton.dev",
    version="v1",
    plural="taskruns",
    labels={"pipelineRun": RUN_LABEL, "pipelineTask": TASK_LABEL},
):
    """One task of a pipeline run, and the pod that does it."""

    spec: TaskRunSpec
    status: TaskRunStatus | None = None
