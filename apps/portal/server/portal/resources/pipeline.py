"""Pipeline: what a run runs, with the parameters it takes."""

from typing import Literal

from pydantic import JsonValue

from fairlead.kube import KubeModel, Resource
from portal.resources.pipeline_run import PipelineTask

PIPELINE_TYPE_LABEL = "app.edp.epam.com/pipelinetype"


class ParamSpec(KubeModel):
    """A parameter that a pipeline takes; without a default, it has to be given."""

    name: str
    type: Literal["string", "array", "object"] = "string"
    description: str | None = None
    default: JsonValue = None
    enum: list[str] | None = None


class PipelineDefinition(KubeModel):
    """The tasks and the parameters of a pipeline."""

    description: str | None = None
    params: list[ParamSpec] | None = None
    tasks: list[PipelineTask] | None = None


class Pipeline(
    Resource,
    group="tekton.dev",
    version="v1",
    plural="pipelines",
    labels={"type": PIPELINE_TYPE_LABEL},
):
    """A pipeline that runs can be started of."""

    spec: PipelineDefinition
