"""Stage: one environment that a CD pipeline deploys to."""

from typing import Annotated

from pydantic import Field

from fairlead.kube.drafts import At, Label, Name, OwnedBy, Put, creator, editor
from portal.kinds import stage as kind
from portal.resources.cd_pipeline import CDPipeline
from portal.resources.inputs import DescribedEdits, DescribedInputs, ShortName, Text

PIPELINE_LABEL = "app.edp.epam.com/cdPipelineName"


class StageDraftInputs(DescribedInputs):
    """What it takes to add a stage to a pipeline."""

    cd_pipeline: Annotated[Text, At(), Label(PIPELINE_LABEL)]
    name: Annotated[ShortName, At("spec.name")]
    order: Annotated[int, Field(ge=0)]
    trigger_type: kind.StageTriggerType = "Manual"
    quality_gates: list[kind.QualityGate]
    owner: Annotated[CDPipeline | None, OwnedBy(controller=True)] = None
    """The pipeline, which the stage is deleted with."""


class StageEdits(DescribedEdits):
    """What may be changed in a stage; its place and its namespace never."""

    trigger_type: kind.StageTriggerType | None = None
    quality_gates: list[kind.QualityGate] | None = None


class Stage(kind.Stage):
    """One environment that a CD pipeline deploys to."""

    draft = creator(
        StageDraftInputs,
        Name("{cd_pipeline}-{name}"),
        Put("spec.namespace", "{namespace}-{cd_pipeline}-{name}"),
    )
    edit = editor(StageEdits)
