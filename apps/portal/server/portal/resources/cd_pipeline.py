"""CDPipeline: applications that are deployed together through a row of stages."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from fairlead.kube import KubeModel, Resource
from fairlead.kube.drafts import At, DraftInputs, Put, creator, editor
from portal.resources.operator_status import OperatorStatus

Names = Annotated[list[str], Field(min_length=1)]


class CDPipelineSpec(KubeModel):
    """What is deployed together; `applications` and `input_docker_streams` go in pairs."""

    name: Annotated[str, Field(min_length=2)]
    applications: Names
    input_docker_streams: Names
    applications_to_promote: list[str] | None = None
    deployment_type: Literal["container", "custom"] = "container"
    description: str | None = None


class DeliveryStatus(OperatorStatus):
    """What the operator says of pipelines and stages: some of it in snake case."""

    detailed_message: Annotated[str | None, Field(alias="detailed_message")] = None
    last_time_updated: Annotated[
        AwareDatetime | None, Field(alias="last_time_updated")
    ] = None


class CDPipelineDraftInputs(DraftInputs):
    """What it takes to deploy applications together; the first two lists go in pairs."""

    name: Annotated[
        str,
        Field(min_length=2, max_length=20, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
        At("metadata.name"),
    ]
    namespace: Annotated[str, Field(min_length=1), At("metadata.namespace")]
    applications: Annotated[Names, At("spec.applications")]
    input_docker_streams: Annotated[Names, At("spec.input_docker_streams")]
    applications_to_promote: Annotated[
        list[str], At("spec.applications_to_promote")
    ] = Field(default_factory=list[str])
    deployment_type: Annotated[
        Literal["container", "custom"], At("spec.deployment_type")
    ] = "container"
    description: Annotated[
        str, Field(max_length=250), At("spec.description", omit="")
    ] = ""


class CDPipelineEdits(DraftInputs):
    """What may be changed in a CD pipeline."""

    applications: Annotated[Names | None, At("spec.applications")] = None
    input_docker_streams: Annotated[Names | None, At("spec.input_docker_streams")] = (
        None
    )
    applications_to_promote: Annotated[
        list[str] | None, At("spec.applications_to_promote")
    ] = None
    description: Annotated[
        str | None, Field(max_length=250), At("spec.description")
    ] = None


class CDPipeline(Resource, group="v2.edp.epam.com", version="v1", plural="cdpipelines"):
    """Applications that are deployed together through a row of stages."""

    spec: CDPipelineSpec
    status: DeliveryStatus | None = None
    draft = creator(CDPipelineDraftInputs, Put("spec.name", "{name}"))
    edit = editor(CDPipelineEdits)
