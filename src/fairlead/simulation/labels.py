"""Names that the platform and Tekton agree on: kinds, labels, annotations."""

from __future__ import annotations

from typing import Final, Literal

from fairlead.simulation.objects import Kind

RunType = Literal["build", "review", "deploy", "clean", "security", "release", "tests"]

_PLATFORM: Final = "v2.edp.epam.com/v1"
CODEBASE: Final = Kind(_PLATFORM, "Codebase")
CODEBASE_BRANCH: Final = Kind(_PLATFORM, "CodebaseBranch")
IMAGE_STREAM: Final = Kind(_PLATFORM, "CodebaseImageStream")
CD_PIPELINE: Final = Kind(_PLATFORM, "CDPipeline")
STAGE: Final = Kind(_PLATFORM, "Stage")
PIPELINE_RUN: Final = Kind("tekton.dev/v1", "PipelineRun")
TASK_RUN: Final = Kind("tekton.dev/v1", "TaskRun")
DEPLOYMENT: Final = Kind("apps/v1", "Deployment")
REPLICA_SET: Final = Kind("apps/v1", "ReplicaSet")
POD: Final = Kind("v1", "Pod")
APPROVAL_TASK: Final = Kind("edp.epam.com/v1alpha1", "ApprovalTask")

CODEBASE_LABEL: Final = "app.edp.epam.com/codebase"
BRANCH_LABEL: Final = "app.edp.epam.com/codebasebranch"
TYPE_LABEL: Final = "app.edp.epam.com/pipelinetype"
CD_PIPELINE_LABEL: Final = "app.edp.epam.com/cdpipeline"
STAGE_LABEL: Final = "app.edp.epam.com/stage"
CD_STAGE_LABEL: Final = "app.edp.epam.com/cdstage"
CHANGE_LABEL: Final = "app.edp.epam.com/changenumber"
AUTHOR_LABEL: Final = "app.edp.epam.com/gitauthor"
PIPELINE_LABEL: Final = "tekton.dev/pipeline"
RUN_LABEL: Final = "tekton.dev/pipelineRun"
TASK_LABEL: Final = "tekton.dev/pipelineTask"
RESULTS_ANNOTATION: Final = "results.tekton.dev/resultAnnotations"

STORM_LABEL: Final = "simulation.fairlead.dev/storm"
"""Objects of a storm carry it; the simulator lets them be."""
