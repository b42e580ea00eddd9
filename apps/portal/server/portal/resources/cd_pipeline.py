"""CDPipeline: applications that are deployed together through a row of stages."""

from typing import Annotated

from pydantic import Field

from fairlead.kube.drafts import At, Put, creator, editor
from portal.kinds import cd_pipeline as kind
from portal.resources.inputs import DescribedEdits, DescribedInputs, ShortName

Names = Annotated[list[str], Field(min_length=1)]


class CDPipelineDraftInputs(DescribedInputs):
    """What it takes to deploy applications together; the first two lists go in pairs."""

    name: Annotated[ShortName, At()]
    applications: Names
    input_docker_streams: Names
    applications_to_promote: list[str] = Field(default_factory=list[str])
    deployment_type: kind.CDPipelineDeploymentType = "container"


class CDPipelineEdits(DescribedEdits):
    """What may be changed in a CD pipeline."""

    applications: Names | None = None
    input_docker_streams: Names | None = None
    applications_to_promote: list[str] | None = None


class CDPipeline(kind.CDPipeline):
    """Applications that are deployed together through a row of stages."""

    draft = creator(CDPipelineDraftInputs, Put("spec.name", "{name}"))
    edit = editor(CDPipelineEdits)
