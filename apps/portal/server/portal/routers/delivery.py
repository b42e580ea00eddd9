"""CD pipelines and their stages: made, ordered and deployed by rules that the server keeps."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from fairlead import TRPCError, mutation
from fairlead.access import all_of, can
from fairlead.kube import (
    InvalidObject,
    KubeConflictError,
    ListOptions,
    ObjectMeta,
    ResourceRouter,
    StaleObject,
)
from portal.kinds.stage import QualityGate, StageTriggerType
from portal.resources import CDPipeline, PipelineRun, Stage
from portal.resources.inputs import Description, ShortName
from portal.resources.pipeline_run import Param, PipelineRef, PipelineRunSpec
from portal.resources.stage import PIPELINE_LABEL

NEXT_ORDER = "portal.fairlead.dev/next-stage-order"
ATTEMPTS = 10
SOMEBODY_APPROVES = QualityGate(quality_gate_type="manual", step_name="approve")


class _Input(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class PipelineApplication(_Input):
    """One application of a CD pipeline: records here, parallel lists in the cluster."""

    codebase: Annotated[str, Field(min_length=1)]
    stream: Annotated[str, Field(min_length=1)]
    promote: bool = True


class CDPipelines(ResourceRouter[CDPipeline]):
    """Applications that are deployed together."""

    @mutation(
        access=can("create", CDPipeline, name=None), raises=(StaleObject, InvalidObject)
    )
    async def define(
        self,
        name: ShortName,
        namespace: str,
        applications: Annotated[list[PipelineApplication], Field(min_length=1)],
        description: Description = "",
    ) -> CDPipeline:
        """Creates a CD pipeline of applications, each with its stream of images."""
        codebases = [each.codebase for each in applications]
        if len(set(codebases)) < len(codebases):
            raise TRPCError("BAD_REQUEST", "An application can be in a pipeline once")
        pipeline = CDPipeline.draft(
            name=name,
            namespace=namespace,
            applications=codebases,
            input_docker_streams=[each.stream for each in applications],
            applications_to_promote=[
                each.codebase for each in applications if each.promote
            ],
            description=description,
        )
        return await self.create(pipeline)


class Stages(ResourceRouter[Stage]):
    """Environments that CD pipelines deploy to."""

    @mutation(
        access=all_of(
            can("create", Stage, name=None),
            can("patch", CDPipeline, name="pipeline"),
        ),
        raises=(StaleObject, InvalidObject),
    )
    async def add(  # noqa: PLR0913, PLR0917  what a stage is
        self,
        pipeline: str,
        namespace: str,
        name: ShortName,
        trigger_type: StageTriggerType = "Manual",
        quality_gates: list[QualityGate] | None = None,
        description: Description = "",
    ) -> Stage:
        """Adds a stage at the end of a pipeline's row; its place is counted here."""
        order = await self._take_order(pipeline, namespace)
        owner = await self.ctx.kube.get(CDPipeline, pipeline, namespace)
        stage = Stage.draft(
            namespace=namespace,
            cd_pipeline=pipeline,
            name=name,
            order=order,
            trigger_type=trigger_type,
            quality_gates=quality_gates or [SOMEBODY_APPROVES],
            description=description,
            owner=owner,
        )
        return await self.create(stage)

    @mutation(access=can("create", PipelineRun, name=None))
    async def deploy(
        self,
        name: str,
        versions: Annotated[dict[str, str], Field(min_length=1)],
        namespace: str | None = None,
    ) -> PipelineRun:
        """Starts a run that brings each application to the version given for it.

        Args:
            versions: the image tag by application.
        """
        kube = self.ctx.kube
        stage = await kube.get(Stage, name, namespace)
        pipeline = await kube.get(CDPipeline, stage.spec.cd_pipeline, namespace)
        unknown = sorted(versions.keys() - set(pipeline.spec.applications))
        if unknown:
            raise TRPCError(
                "BAD_REQUEST",
                f"{pipeline.metadata.name} does not deploy {', '.join(unknown)}",
            )
        return await kube.create(make_deploy_run(stage, versions, self.ctx.user.name))

    async def _take_order(self, pipeline: str, namespace: str) -> int:
        """The next place in the row, kept at the pipeline: two never get the same."""
        kube = self.ctx.kube
        options = ListOptions(label_selector=f"{PIPELINE_LABEL}={pipeline}")
        for _ in range(ATTEMPTS):
            owner = await kube.get(CDPipeline, pipeline, namespace)
            stages = await kube.list_(Stage, namespace, options)
            taken = max((each.spec.order for each in stages.items), default=-1)
            counted = (owner.metadata.annotations or {}).get(NEXT_ORDER, "0")
            # A stage that was added a moment ago may have its place, but not be listed yet.
            order = max(taken + 1, int(counted) if counted.isdecimal() else 0)
            patch: dict[str, JsonValue] = {
                "metadata": {
                    "resourceVersion": owner.metadata.resource_version,
                    "annotations": {NEXT_ORDER: str(order + 1)},
                }
            }
            try:
                await kube.patch(CDPipeline, pipeline, namespace, patch=patch)
            except KubeConflictError:
                continue
            return order
        raise TRPCError("CONFLICT", f"{pipeline} is changed by others: try again")


def make_deploy_run(stage: Stage, versions: dict[str, str], user: str) -> PipelineRun:
    """The run that deploys versions to a stage."""
    spec, metadata = stage.spec, stage.metadata
    manual = any(gate.quality_gate_type == "manual" for gate in spec.quality_gates)
    pipeline = "deploy-with-approval" if manual else "deploy"
    payload = {
        application: {"imageTag": tag, "customValues": False}
        for application, tag in versions.items()
    }
    told = {"author": user, "message": f"Deploy to {spec.name} from the portal"}
    return PipelineRun(
        metadata=ObjectMeta(
            generate_name=f"deploy-{metadata.name[:45].rstrip('-')}-",
            namespace=metadata.namespace,
            labels={
                "app.edp.epam.com/pipelinetype": "deploy",
                "app.edp.epam.com/cdpipeline": spec.cd_pipeline,
                "app.edp.epam.com/stage": spec.name,
                "app.edp.epam.com/cdstage": metadata.name,
                "tekton.dev/pipeline": pipeline,
            },
            annotations={"results.tekton.dev/resultAnnotations": json.dumps(told)},
        ),
        spec=PipelineRunSpec(
            pipeline_ref=PipelineRef(name=pipeline),
            params=[
                Param(name="APPLICATIONS_PAYLOAD", value=json.dumps(payload)),
                Param(name="CDPIPELINE", value=spec.cd_pipeline),
                Param(name="CDSTAGE", value=metadata.name),
            ],
        ),
    )
