"""Mistakes in creators and editors that both type checkers report, where they stand and nowhere else."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from tests.typing.draft_calls import Branch, BranchEdits

from fairlead.kube.drafts import creator


def draft_wrongly() -> None:
    Branch.draft()  # type: ignore[call-arg]
    Branch.draft(codebase=1)  # type: ignore[arg-type]
    Branch.draft(codebase="a", kind="hotfix")  # type: ignore[arg-type]
    Branch.draft(codebase="a", color="red")  # type: ignore[call-arg]
    Branch.draft("a")  # type: ignore[call-arg]
    number: int = Branch.draft(codebase="a")  # type: ignore[assignment]
    del number


def edit_wrongly(branch: Branch) -> None:
    branch.edit(codebase="b")  # type: ignore[call-arg]
    branch.edit(note=1)  # type: ignore[arg-type]
    Branch.edit(note="x")  # type: ignore[operator]


creator(BranchEdits, "spec.note")  # type: ignore[arg-type]
creator(Branch)  # type: ignore[arg-type]
