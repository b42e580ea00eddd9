"""Stage: one environment that a CD pipeline deploys to."""

from typing import Annotated, Literal

from pydantic import Field

from fairlead.kube import KubeModel, Resource
from portal.resources.cd_pipeline import DeliveryStatus

PIPELINE_LABEL = "app.edp.epam.com/cdPipelineName"
TriggerType = Literal["Auto", "Manual", "Auto-stable"]
StageName = Annotated[
    str,
    Field(min_length=2, max_length=20, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
]


class QualityGate(KubeModel):
    """What must be passed before versions move on."""

    quality_gate_type: Literal["manual", "autotests"]
    step_name: Annotated[str, Field(min_length=2)]
    autotest_name: str | None = None
    branch_name: str | None = None


class StageSpec(KubeModel):
    """Where and when is deployed."""

    name: Annotated[str, Field(min_length=2)]
    cd_pipeline: str
    order: Annotated[int, Field(ge=0)]
    """Place in the row of stages, from 0."""
    namespace: str
    cluster_name: str = "in-cluster"
    trigger_type: TriggerType = "Manual"
    trigger_template: str = "deploy"
    clean_template: str | None = None
    quality_gates: list[QualityGate]
    description: str | None = None


class Stage(
    Resource,
    group="v2.edp.epam.com",
    version="v1",
    plural="stages",
    labels={"cdPipeline": PIPELINE_LABEL},
):
    """One environment that a CD pipeline deploys to."""

    spec: StageSpec
    status: DeliveryStatus | None = None
