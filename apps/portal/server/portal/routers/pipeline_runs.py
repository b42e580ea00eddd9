"""Pipeline runs: cancel one, run one again."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from fairlead import mutation
from fairlead.access import can
from fairlead.kube import ObjectMeta, ResourceRouter
from portal.resources import PipelineRun
from portal.resources.pipeline_run import PipelineRunSpec

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


class PipelineRuns(ResourceRouter[PipelineRun]):
    """Builds, reviews and deployments."""

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
