"""CDPipeline: applications that are deployed together through a row of stages."""

from typing import Annotated, Literal

from pydantic import Field

from fairlead.kube import KubeModel, Resource
from fairlead.kube.drafts import At, Put, creator, editor
from portal.resources.inputs import DescribedEdits, DescribedInputs, ShortName
from portal.resources.operator_status import DeliveryStatus

Names = Annotated[list[str], Field(min_length=1)]


class CDPipelineSpec(KubeModel):
    """What is deployed together; `applications` and `input_docker_streams` go in pairs."""

    name: Annotated[str, Field(min_length=2)]
    applications: Names
    input_docker_streams: Names
    applications_to_promote: list[str] | None = None
    deployment_type: Literal["container", "custom"] = "container"
    description: str | None = None


class CDPipelineDraftInputs(DescribedInputs):
    """What it takes to deploy applications together; the first two lists go in pairs."""

    name: Annotated[ShortName, At()]
    applications: Names
    input_docker_streams: Names
    applications_to_promote: list[str] = Field(default_factory=list[str])
    deployment_type: Literal["container", "custom"] = "container"


class CDPipelineEdits(DescribedEdits):
    """What may be changed in a CD pipeline."""

    applications: Names | None = None
    input_docker_streams: Names | None = None
    applications_to_promote: list[str] | None = None


class CDPipeline(Resource, group="v2.edp.epam.com", version="v1", plural="cdpipelines"):
    """Applications that are deployed together through a row of stages."""

    spec: CDPipelineSpec
    status: DeliveryStatus | None = None
    draft = creator(CDPipelineDraftInputs, Put("spec.name", "{name}"))
    edit = editor(CDPipelineEdits)
