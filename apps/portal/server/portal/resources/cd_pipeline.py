"""CDPipeline: applications that are deployed together through a row of stages."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from fairlead.kube import KubeModel, Resource
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


class CDPipeline(Resource, group="v2.edp.epam.com", version="v1", plural="cdpipelines"):
    """Applications that are deployed together through a row of stages."""

    spec: CDPipelineSpec
    status: DeliveryStatus | None = None
