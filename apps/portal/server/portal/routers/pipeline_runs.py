"""Pipeline runs: start one of a pipeline, cancel one, run one again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from fairlead import TRPCError, mutation
from fairlead.access import all_of, can
from fairlead.kube import (
    InvalidObject,
    ObjectMeta,
    ResourceRouter,
    StaleObject,
    ViewRouter,
)
from portal.resources import Pipeline, PipelineRun, RunRow, TriggerTemplate
from portal.resources.pipeline import PIPELINE_TYPE_LABEL, ParamSpec
from portal.resources.pipeline_run import Param, PipelineRef, PipelineRunSpec
from portal.resources.trigger_template import TEMPLATE_LABEL
from portal.routers.run_templates import take_from_template

# What a run again takes over. All else belongs to the run it was: Tekton's own labels and the
# records of its results would have two runs pass for one.
SPEC = frozenset({"pipelineRef", "params", "workspaces", "taskRunTemplate", "timeouts"})
LABEL_PREFIX = "app.edp.epam.com/"
PARENT_LABEL = f"{LABEL_PREFIX}parentPipelineRun"
ANNOTATIONS = frozenset({"results.tekton.dev/resultAnnotations"})

CancelMode = Literal["Cancelled", "CancelledRunFinally", "StoppedRunFinally"]


def draft_rerun(run: PipelineRun) -> PipelineRun:
    """A new run of the same, named by the cluster."""
    spec: dict[str, JsonValue] = {
        name: value for name, value in run.to_wire()["spec"].items() if name in SPEC
    }
    labels = {
        key: value
        for key, value in (run.metadata.labels or {}).items()
        if key.startswith(LABEL_PREFIX) and key != PARENT_LABEL
    }
    annotations = {
        key: value
        for key, value in (run.metadata.annotations or {}).items()
        if key in ANNOTATIONS
    }
    stem = run.metadata.name.removeprefix("r-")
    return PipelineRun(
        metadata=ObjectMeta(
            # The cluster adds five characters; a task's pod adds more to the name.
            generate_name=f"r-{stem[:50].rstrip('-')}-",
            namespace=run.metadata.namespace,
            labels=labels,
            annotations=annotations or None,
        ),
        spec=PipelineRunSpec.model_validate(spec),
    )


def choose_params(pipeline: Pipeline, given: Mapping[str, str]) -> list[Param]:
    """The parameters of a new run: those given; the others keep the pipeline's own default.

    Raises:
        TRPCError: BAD_REQUEST; the pipeline does not take one, or one that it needs is missing.
    """
    declared = {each.name: each for each in pipeline.spec.params or []}
    name = pipeline.metadata.name
    if unknown := sorted(given.keys() - declared.keys()):
        raise TRPCError(
            "BAD_REQUEST", f"{name} takes no parameter {', '.join(unknown)}"
        )
    missing = [
        each.name
        for each in declared.values()
        if each.default is None and each.name not in given
    ]
    if missing:
        raise TRPCError(
            "BAD_REQUEST", f"{name} needs the parameter {', '.join(missing)}"
        )
    return [Param(name=key, value=_read(declared[key], given[key])) for key in given]


def _read(declared: ParamSpec, text: str) -> JsonValue:
    """The value of a parameter: a text as it is, lists and objects as JSON."""
    if declared.type == "string":
        if declared.enum and text not in declared.enum:
            choices = ", ".join(declared.enum)
            raise TRPCError("BAD_REQUEST", f"{declared.name} is one of {choices}")
        return text
    wanted = list if declared.type == "array" else dict
    try:
        value: JsonValue = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, wanted):
        raise TRPCError("BAD_REQUEST", f"{declared.name} is a JSON {declared.type}")
    return value


def draft_run(
    pipeline: Pipeline,
    given: Mapping[str, str],
    user: str,
    taken: Mapping[str, JsonValue],
) -> PipelineRun:
    """A run of a pipeline, named by the cluster and marked with who started it.

    Args:
        taken: fields of the spec that come from the pipeline's template.
    """
    name = pipeline.metadata.name
    labels = {"tekton.dev/pipeline": name}
    kind = (pipeline.metadata.labels or {}).get(PIPELINE_TYPE_LABEL)
    if kind:
        labels[PIPELINE_TYPE_LABEL] = kind
    told = {"author": user, "message": f"{name} started from the portal"}
    return PipelineRun(
        metadata=ObjectMeta(
            generate_name=f"{name[:50].rstrip('-.')}-",
            namespace=pipeline.metadata.namespace,
            labels=labels,
            annotations={"results.tekton.dev/resultAnnotations": json.dumps(told)},
        ),
        spec=PipelineRunSpec.model_validate(
            {
                **taken,
                "pipelineRef": PipelineRef(name=name),
                "params": choose_params(pipeline, given),
            }
        ),
    )


class RunRows(ViewRouter[PipelineRun, RunRow]):
    """The table of runs."""


class PipelineRuns(ResourceRouter[PipelineRun]):
    """Builds, reviews and deployments."""

    rows: RunRows

    @mutation(access=can("patch", PipelineRun))
    async def cancel(
        self,
        name: str,
        namespace: str | None = None,
        mode: CancelMode = "CancelledRunFinally",
    ) -> PipelineRun:
        """Stops a run; what it does finally (clean up, report) is still done by default."""
        patch: dict[str, JsonValue] = {"spec": {"status": mode}}
        return await self.ctx.kube.patch(PipelineRun, name, namespace, patch=patch)

    @mutation(access=can("create", PipelineRun, name=None))
    async def rerun(self, name: str, namespace: str | None = None) -> PipelineRun:
        """Runs the same again, as a run of its own."""
        run = await self.ctx.kube.get(PipelineRun, name, namespace)
        return await self.ctx.kube.create(draft_rerun(run))

    @mutation(
        access=all_of(
            can("create", PipelineRun, name=None),
            can("get", Pipeline, name="pipeline"),
        ),
        raises=(StaleObject, InvalidObject),
    )
    async def start(
        self,
        pipeline: str,
        namespace: str,
        params: Annotated[dict[str, str], Field(max_length=100)] | None = None,
    ) -> PipelineRun:
        """Starts a run of a pipeline.

        Workspaces, service account and timeouts are those of the TriggerTemplate that the pipeline's
        label names, if it names one.

        Args:
            params: a value by parameter; of lists and objects as JSON. What is not given keeps
                the pipeline's default.
        """
        kube, given = self.ctx.kube, params or {}
        found = await kube.get(Pipeline, pipeline, namespace)
        taken: dict[str, JsonValue] = {}
        if label := (found.metadata.labels or {}).get(TEMPLATE_LABEL):
            template = await kube.get(TriggerTemplate, label, namespace)
            taken = take_from_template(template, given)
        return await self.create(draft_run(found, given, self.ctx.user.name, taken))
