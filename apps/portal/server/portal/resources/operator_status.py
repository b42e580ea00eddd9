"""The status that the platform's operator writes on most of its resources."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from fairlead.kube import KubeModel

OperatorState = Literal["created", "initialized", "in_progress", "failed"]


class OperatorStatus(KubeModel):
    """How far the operator has got with a resource."""

    status: OperatorState | str | None = None
    """created, initialized, in_progress or failed; free text in the CRD."""
    available: bool | None = None
    action: str | None = None
    value: str | None = None
    username: str | None = None
    result: Literal["success", "error"] | str | None = None
    detailed_message: str | None = None
    failure_count: int | None = None
    last_time_updated: AwareDatetime | None = None


class DeliveryStatus(OperatorStatus):
    """What the operator says of pipelines and stages: some of it in snake case."""

    detailed_message: Annotated[str | None, Field(alias="detailed_message")] = None
    last_time_updated: Annotated[
        AwareDatetime | None, Field(alias="last_time_updated")
    ] = None
