"""What a scenario file says: which pipelines there are, how often they run, how resources come up."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

from fairlead.simulation.durations import Span, SpanField
from fairlead.simulation.errors import ManifestError
from fairlead.simulation.labels import RunType
from fairlead.simulation.objects import JsonObject, Kind

POD_LOG = Kind("simulation.fairlead.dev/v1", "PodLog")
"""Lines of a container in a seed: `metadata` names the pod, then `container` and `lines`, each with its time."""

__all__ = [
    "POD_LOG",
    "Failure",
    "LogLines",
    "Phase",
    "Pipeline",
    "Runs",
    "Scenario",
    "Task",
    "Walk",
    "Workloads",
    "read_scenario",
]


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, extra="forbid", frozen=True
    )


class Task(_Model):
    """One task of a pipeline.

    Attributes:
        takes: how long it runs.
        fails: how likely it fails, from 0 to 1.
        message: what it says when it fails.
        steps: names of its steps.
        beside: whether it runs at the same time as the task before it.
        approval: whether it is no task but a question to a person.
        logs: what each of its steps says, a template over the task run.
    """

    name: str
    takes: SpanField = Span(1.0, 1.0)
    fails: float = Field(default=0.0, ge=0, le=1)
    message: str = "exited with code 1"
    steps: tuple[str, ...] = ("main",)
    beside: bool = False
    approval: bool = False
    logs: tuple[str, ...] = ()


class Pipeline(_Model):
    """A pipeline: its name may be a template over the codebase's spec."""

    name: str
    tasks: tuple[Task, ...] = Field(min_length=1)

    @property
    def groups(self) -> list[list[Task]]:
        """Tasks that run together, in order."""
        groups: list[list[Task]] = []
        for task in self.tasks:
            if task.beside and groups:
                groups[-1].append(task)
            else:
                groups.append([task])
        return groups


class Runs(_Model):
    """How pipeline runs come and go.

    Attributes:
        every: time between two starts.
        active: how many may be under way at once; beyond it none starts by itself.
        keep: how many finished runs a namespace keeps; the oldest go first.
        mix: how often each type is started, by weight.
        authors: who pushes the changes.
        changes: first lines of their commit messages.
        approvers: who answers approvals that nobody else answered.
        approval: how long they take; absent: approvals wait for a person.
    """

    every: SpanField
    active: int = Field(default=6, ge=1)
    keep: int = Field(default=60, ge=0)
    mix: dict[Literal["build", "review", "deploy"], int]
    authors: tuple[str, ...] = Field(min_length=1)
    changes: tuple[str, ...] = Field(min_length=1)
    approvers: tuple[str, ...] = ()
    approval: SpanField | None = None


class Phase(_Model):
    """A value of the walk's field, when it comes, and what else the status then says."""

    value: str
    after: SpanField
    status: dict[str, JsonValue] = Field(default_factory=dict)
    create: tuple[JsonObject, ...] = ()


class Failure(_Model):
    """What stands in the place of the last phase, and how often."""

    rate: float = Field(ge=0, le=1)
    value: str
    status: dict[str, JsonValue] = Field(default_factory=dict)


class Walk(_Model):
    """How a new resource comes up: from phase to phase of one field of its status."""

    api_version: str
    kind: str
    field: str = "status"
    phases: tuple[Phase, ...] = Field(min_length=1)
    failure: Failure | None = None

    @property
    def of(self) -> Kind:
        """The kind that walks."""
        return Kind(self.api_version, self.kind)


class LogLines(_Model):
    """What containers say: templates over their pod.

    Attributes:
        start: said once, when a container has started.
        lines: of these, one to three are said now and then.
        every: how often that is.
    """

    start: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    every: SpanField = Span(5.0, 15.0)


class Workloads(_Model):
    """How deployments, replica sets and pods come up. Absent: nobody moves them.

    Attributes:
        starts: how long a pod takes to become ready.
        fails: how likely it crashes once before that, from 0 to 1.
        failing_tags: image tags that cannot be pulled: a rollout to one of them hangs.
        task_pods: whether task runs have pods with logs.
        logs: what the pods of deployments say.
    """

    starts: SpanField = Span(1.0, 3.0)
    fails: float = Field(default=0.0, ge=0, le=1)
    failing_tags: tuple[str, ...] = ("missing",)
    task_pods: bool = True
    logs: LogLines | None = None


class Scenario(_Model):
    """A whole scenario. The seed makes the draws of one object the same in every run."""

    api_version: Literal["simulation.fairlead.dev/v1"] = "simulation.fairlead.dev/v1"
    kind: Literal["Scenario"] = "Scenario"
    seed: int = 0
    pipelines: dict[str, Pipeline] = Field(default_factory=dict)
    runs: Runs | None = None
    walks: tuple[Walk, ...] = ()
    workloads: Workloads | None = None

    def pipeline_of(self, name: str, run_type: RunType | str) -> Pipeline | None:
        """The pipeline of that key, else the one of that type, else any: a run always moves."""
        fallback = next(iter(self.pipelines.values()), None)
        return self.pipelines.get(name) or self.pipelines.get(run_type) or fallback


def read_scenario(path: Path) -> Scenario:
    """Reads a scenario file.

    Raises:
        ManifestError: it cannot be read or says something unknown.
    """
    try:
        return Scenario.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as exc:
        raise ManifestError(f"{path} is no scenario: {exc}") from exc
