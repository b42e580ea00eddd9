"""CodebaseBranch: one branch of a codebase that the platform builds."""

from typing import Annotated

from pydantic import Field

from fairlead.kube import KubeModel, Resource
from fairlead.kube.drafts import At, DraftInputs, Label, Name, OwnedBy, creator
from portal.resources.codebase import Codebase
from portal.resources.inputs import NamespaceName, Text
from portal.resources.operator_status import OperatorStatus

CODEBASE_LABEL = "app.edp.epam.com/codebaseName"
BRANCH_LABEL = "app.edp.epam.com/branchName"


class CodebaseBranchSpec(KubeModel):
    """Which branch of which codebase."""

    codebase_name: Text
    branch_name: Text
    from_commit: str = ""
    release: bool = False
    version: str | None = None
    pipelines: dict[str, str] | None = None


class CodebaseBranchStatus(OperatorStatus):
    """What the operator says of a branch."""

    build: str | None = None
    last_successful_build: str | None = None


class CodebaseBranchDraftInputs(DraftInputs):
    """What it takes to have a branch of a codebase built."""

    namespace: NamespaceName
    codebase_name: Annotated[Text, At(), Label(CODEBASE_LABEL)]
    branch_name: Annotated[str, Field(pattern=r"^\S+$"), At(), Label(BRANCH_LABEL)]
    from_commit: str = ""
    """Where it starts; empty for the tip of the default branch."""
    release: bool = False
    version: Annotated[str, At(omit="")] = ""
    owner: Annotated[Codebase | None, OwnedBy()] = None
    """The codebase, which the branch is deleted with."""


class CodebaseBranch(
    Resource, group="v2.edp.epam.com", version="v1", plural="codebasebranches"
):
    """A branch of a codebase, with its builds."""

    spec: CodebaseBranchSpec
    status: CodebaseBranchStatus | None = None
    draft = creator(
        CodebaseBranchDraftInputs, Name("{codebase_name}-{branch_name}", random=5)
    )
