"""Codebases and their branches, which cannot be deleted while they are deployed."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.kube import ObjectInUse, ResourceRouter, UserKube
from portal.resources import CDPipeline, Codebase, CodebaseBranch


class Codebases(ResourceRouter[Codebase]):
    """Source repositories that the platform builds."""

    async def check_delete(self, name: str, namespace: str | None) -> None:
        """A codebase stays while a CD pipeline deploys it."""
        await refuse_if_used(
            self.ctx.kube, name, namespace, lambda it: name in it.spec.applications
        )


class CodebaseBranches(ResourceRouter[CodebaseBranch]):
    """Branches of codebases."""

    async def check_delete(self, name: str, namespace: str | None) -> None:
        """A branch stays while a CD pipeline deploys its images."""
        kube = self.ctx.kube
        stream = get_stream_name(await kube.get(CodebaseBranch, name, namespace))
        await refuse_if_used(
            kube, stream, namespace, lambda it: stream in it.spec.input_docker_streams
        )


async def refuse_if_used(
    kube: UserKube, name: str, place: str | None, uses: Callable[[CDPipeline], bool]
) -> None:
    """Refuses what a CD pipeline of the namespace uses.

    Raises:
        ObjectInUse: one does, or several.
    """
    pipelines = await kube.list_(CDPipeline, place)
    found = [each.metadata.name for each in pipelines.items if uses(each)]
    if found:
        listed = ", ".join(found)
        raise ObjectInUse(by=found).with_message(
            f"{name} is deployed by {listed}: take it out there first"
        )


def get_stream_name(branch: CodebaseBranch) -> str:
    """The image stream of a branch: `<codebase>-<branch>`, as a name may be written."""
    name = "".join(
        letter if letter.isalnum() else "-"
        for letter in branch.spec.branch_name.lower()
    )
    return f"{branch.spec.codebase_name}-{name.strip('-')}"
