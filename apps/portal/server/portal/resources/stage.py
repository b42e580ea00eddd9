"""Stage: one environment that a CD pipeline deploys to."""

from typing import Annotated, Literal

from pydantic import Field

from fairlead.kube import KubeModel, Resource
from fairlead.kube.drafts import At, Label, Name, OwnedBy, Put, creator, editor
from portal.resources.cd_pipeline import CDPipeline
from portal.resources.inputs import DescribedEdits, DescribedInputs, ShortName, Text
from portal.resources.operator_status import DeliveryStatus

PIPELINE_LABEL = "app.edp.epam.com/cdPipelineName"
TriggerType = Literal["Auto", "Manual", "Auto-stable"]


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
    quality_gates: list[QualityGate]
    description: str | None = None


class StageDraftInputs(DescribedInputs):
    """What it takes to add a stage to a pipeline."""

    cd_pipeline: Annotated[Text, At(), Label(PIPELINE_LABEL)]
    name: Annotated[ShortName, At("spec.name")]
    order: Annotated[int, Field(ge=0)]
    trigger_type: TriggerType = "Manual"
    quality_gates: list[QualityGate]
    owner: Annotated[CDPipeline | None, OwnedBy(controller=True)] = None
    """The pipeline, which the stage is deleted with."""


class StageEdits(DescribedEdits):
    """What may be changed in a stage; its place and its namespace never."""

    trigger_type: TriggerType | None = None
    quality_gates: list[QualityGate] | None = None


class Stage(Resource, group="v2.edp.epam.com", version="v1", plural="stages"):
    """One environment that a CD pipeline deploys to."""

    spec: StageSpec
    status: DeliveryStatus | None = None
    draft = creator(
        StageDraftInputs,
        Name("{cd_pipeline}-{name}"),
        Put("spec.namespace", "{namespace}-{cd_pipeline}-{name}"),
    )
    edit = editor(StageEdits)
