"""What type checkers infer for creators and editors: the inputs' own names and types, and the resource."""

from __future__ import annotations

from typing import Annotated, Literal, assert_type

from fairlead.kube import KubeModel, Resource
from fairlead.kube.drafts import At, DraftInputs, Name, OwnedBy, creator, editor


class BranchSpec(KubeModel):
    codebase: str
    kind: Literal["release", "feature"] = "feature"
    note: str | None = None


class BranchDraftInputs(DraftInputs):
    codebase: Annotated[str, At("spec.codebase")]
    kind: Annotated[Literal["release", "feature"], At("spec.kind")] = "feature"
    owner: Annotated[Resource | None, OwnedBy()] = None


class BranchEdits(DraftInputs):
    note: Annotated[str | None, At("spec.note")] = None


class Branch(Resource, group="example.com", version="v1", plural="branches"):
    spec: BranchSpec
    draft = creator(BranchDraftInputs, Name("{codebase}", random=5))
    edit = editor(BranchEdits)


def check_drafts(owner: Resource) -> None:
    branch = Branch.draft(codebase="a", kind="release", owner=owner)
    assert_type(branch, Branch)
    assert_type(branch.draft(codebase="a"), Branch)
    assert_type(Branch.draft.using("x".__mul__)(codebase="a"), Branch)
    assert_type(branch.edit(note=None), Branch)
