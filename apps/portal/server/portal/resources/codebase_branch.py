"""CodebaseBranch: one branch of a codebase that the platform builds."""

from typing import Annotated

from pydantic import Field

from fairlead.kube.drafts import At, DraftInputs, Label, Name, OwnedBy, creator
from portal.kinds import codebase_branch as kind
from portal.resources.codebase import Codebase
from portal.resources.inputs import NamespaceName, Text

CODEBASE_LABEL = "app.edp.epam.com/codebaseName"
BRANCH_LABEL = "app.edp.epam.com/branchName"


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


class CodebaseBranch(kind.CodebaseBranch):
    """A branch of a codebase, with its builds."""

    draft = creator(
        CodebaseBranchDraftInputs, Name("{codebase_name}-{branch_name}", random=5)
    )
