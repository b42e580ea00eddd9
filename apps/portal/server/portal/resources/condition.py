"""A condition: one thing that a controller says of an object."""

from typing import Literal

from pydantic import AwareDatetime

from fairlead.kube import KubeModel


class Condition(KubeModel):
    """One condition; a pipeline run's outcome is the one of type `Succeeded`."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str | None = None
    message: str | None = None
    last_transition_time: AwareDatetime | None = None
