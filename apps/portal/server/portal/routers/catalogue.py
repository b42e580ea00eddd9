"""Codebases and their branches, which cannot be deleted while they are deployed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from pydantic import Field

from fairlead import TRPCError, TypedError, mutation
from fairlead.access import authenticated, can
from fairlead.kube import (
    DeleteOptions,
    KubeNotFoundError,
    ResourceRouter,
    StaleObject,
    UserKube,
)
from fairlead.kube.bulk import DeleteResult, DeleteTarget, delete_many
from fairlead.kube.objects import Propagation
from portal.resources import CDPipeline, Codebase, CodebaseBranch

Targets = Annotated[list[DeleteTarget], Field(max_length=1000)]


class InUse(TypedError, code="CONFLICT"):  # noqa: N818  its name is on the wire
    """It is deployed by CD pipelines; take it out of them first."""

    pipelines: list[str]


Uses = Callable[[CDPipeline, str], bool]


async def refuse_if_used(
    kube: UserKube, name: str, place: str | None, uses: Uses
) -> None:
    """Refuses what a CD pipeline of the namespace uses.

    Raises:
        InUse: one does, or several.
    """
    pipelines = await kube.list_(CDPipeline, place)
    found = [each.metadata.name for each in pipelines.items if uses(each, name)]
    if found:
        listed = ", ".join(found)
        raise InUse(pipelines=found).with_message(
            f"{name} is deployed by {listed}: take it out there first"
        )


def deploys_codebase(pipeline: CDPipeline, name: str) -> bool:
    """Is the codebase one of the pipeline's applications?"""
    return name in pipeline.spec.applications


def takes_stream(pipeline: CDPipeline, stream: str) -> bool:
    """Does the pipeline deploy the images of that stream?"""
    return stream in pipeline.spec.input_docker_streams


def get_stream_name(branch: CodebaseBranch) -> str:
    """The image stream of a branch: `<codebase>-<branch>`, as a name may be written."""
    name = "".join(
        letter if letter.isalnum() else "-"
        for letter in branch.spec.branch_name.lower()
    )
    return f"{branch.spec.codebase_name}-{name.strip('-')}"


Check = Callable[[str, str | None], Awaitable[None]]


async def split_by_use(
    targets: Sequence[DeleteTarget], check: Check
) -> tuple[list[DeleteTarget], list[DeleteResult]]:
    """Those that may go, and why each of the others stays."""
    free: list[DeleteTarget] = []
    kept: list[DeleteResult] = []
    for target in targets:
        try:
            await check(target.name, target.namespace)
            free.append(target)
        except KubeNotFoundError:
            free.append(target)  # gone already, which is what is wanted
        except TRPCError as error:
            kept.append(
                DeleteResult(
                    name=target.name,
                    namespace=target.namespace,
                    deleted=False,
                    code=error.code,
                    message=error.message,
                )
            )
    return free, kept


class Codebases(ResourceRouter[Codebase]):
    """Source repositories that the platform builds."""

    @mutation(access=can("delete", Codebase), raises=(StaleObject, InUse))
    async def delete(  # noqa: PLR0913, PLR0917  as the router it derives from
        self,
        name: str,
        namespace: str | None = None,
        propagation_policy: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> None:
        """Deletes a codebase that no CD pipeline deploys."""
        await self._check(name, namespace)
        options = DeleteOptions(
            propagation=propagation_policy,
            uid=uid,
            resource_version=resource_version,
            dry_run=dry_run,
        )
        await self.ctx.kube.delete(Codebase, name, namespace, options)

    @mutation(access=authenticated)
    async def delete_many(
        self,
        items: Targets,
        propagation_policy: Propagation | None = None,
        dry_run: bool = False,
    ) -> list[DeleteResult]:
        """Deletes codebases; those that are deployed stay, and say so."""
        free, kept = await split_by_use(items, self._check)
        kube = self.ctx.kube
        options = DeleteOptions(propagation=propagation_policy, dry_run=dry_run)
        return kept + await delete_many(kube, self.call, Codebase, free, options)

    async def _check(self, name: str, namespace: str | None) -> None:
        kube = self.ctx.kube
        place = kube.place(Codebase, namespace)
        await refuse_if_used(kube, name, place, deploys_codebase)


class CodebaseBranches(ResourceRouter[CodebaseBranch]):
    """Branches of codebases."""

    @mutation(access=can("delete", CodebaseBranch), raises=(StaleObject, InUse))
    async def delete(  # noqa: PLR0913, PLR0917  as the router it derives from
        self,
        name: str,
        namespace: str | None = None,
        propagation_policy: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> None:
        """Deletes a branch whose images no CD pipeline deploys."""
        await self._check(name, namespace)
        options = DeleteOptions(
            propagation=propagation_policy,
            uid=uid,
            resource_version=resource_version,
            dry_run=dry_run,
        )
        await self.ctx.kube.delete(CodebaseBranch, name, namespace, options)

    @mutation(access=authenticated)
    async def delete_many(
        self,
        items: Targets,
        propagation_policy: Propagation | None = None,
        dry_run: bool = False,
    ) -> list[DeleteResult]:
        """Deletes branches; those that are deployed stay, and say so."""
        free, kept = await split_by_use(items, self._check)
        kube = self.ctx.kube
        options = DeleteOptions(propagation=propagation_policy, dry_run=dry_run)
        return kept + await delete_many(kube, self.call, CodebaseBranch, free, options)

    async def _check(self, name: str, namespace: str | None) -> None:
        kube = self.ctx.kube
        place = kube.place(CodebaseBranch, namespace)
        branch = await kube.get(CodebaseBranch, name, place)
        await refuse_if_used(kube, get_stream_name(branch), place, takes_stream)
