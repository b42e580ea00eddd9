"""CodebaseBranch: one branch of a codebase that the platform builds."""

from typing import Annotated

from pydantic import Field

from fairlead.kube import KubeModel, Resource
from portal.resources.operator_status import OperatorStatus


class BranchPipelines(KubeModel):
    """Pipelines of a branch that differ from its codebase's."""

    build: str | None = None
    review: str | None = None
    security: str | None = None


class CodebaseBranchSpec(KubeModel):
    """Which branch of which codebase."""

    codebase_name: Annotated[str, Field(min_length=1)]
    branch_name: Annotated[str, Field(min_length=1)]
    from_commit: str = ""
    release: bool = False
    version: str | None = None
    pipelines: BranchPipelines | None = None


class CodebaseBranchStatus(OperatorStatus):
    """What the operator says of a branch."""

    build: str | None = None
    last_successful_build: str | None = None
    version_history: list[str | None] | None = None


class CodebaseBranch(
    Resource, group="v2.edp.epam.com", version="v1", plural="codebasebranches"
):
    """A branch of a codebase, with its builds."""

    spec: CodebaseBranchSpec
    status: CodebaseBranchStatus | None = None
