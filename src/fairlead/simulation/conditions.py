"""The condition of type Succeeded: how Tekton tells how a run stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fairlead.simulation.objects import JsonObject, objects, text, timestamp

State = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Condition:
    """What the condition says, without its time."""

    status: State
    reason: str
    message: str

    def to_json(self, now: datetime) -> JsonObject:
        """The condition as it stands in a status."""
        return {
            "type": "Succeeded",
            "status": self.status,
            "reason": self.reason,
            "message": self.message,
            "lastTransitionTime": timestamp(now),
        }


def find_condition(value: JsonObject) -> JsonObject | None:
    """The condition of type Succeeded, wherever it stands in the list."""
    found = objects(value, "status", "conditions")
    return next((each for each in found if text(each, "type") == "Succeeded"), None)


def is_done(value: JsonObject) -> bool:
    """Whether a run has ended."""
    condition = find_condition(value)
    return condition is not None and text(condition, "status") in {"True", "False"}


def is_state(value: JsonObject, state: State) -> bool:
    """Whether a run's condition has this status."""
    condition = find_condition(value)
    return condition is not None and text(condition, "status") == state


def says(value: JsonObject, condition: Condition) -> bool:
    """Whether a run's status already says this."""
    found = find_condition(value)
    return found is not None and (
        text(found, "status"),
        text(found, "reason"),
        text(found, "message"),
    ) == (condition.status, condition.reason, condition.message)
