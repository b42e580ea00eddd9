"""ApprovalTask: a question that a pipeline run waits on until a person answers it."""

from typing import Literal

from fairlead.kube import KubeModel, Resource
from portal.resources.task_run import RUN_LABEL, TASK_LABEL

ApprovalAction = Literal["Pending", "Approved", "Rejected", "Canceled"]


class Approval(KubeModel):
    """Who decided, and why."""

    approved_by: str
    comment: str | None = None


class ApprovalTaskSpec(KubeModel):
    """The question and the decision."""

    action: ApprovalAction = "Pending"
    description: str = "Proceed"
    approve: Approval | None = None


class ApprovalTask(
    Resource,
    group="edp.epam.com",
    version="v1alpha1",
    plural="approvaltasks",
    labels={"pipelineRun": RUN_LABEL, "pipelineTask": TASK_LABEL},
):
    """A question that a pipeline run waits on until a person answers it."""

    spec: ApprovalTaskSpec
