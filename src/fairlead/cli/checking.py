"""`fairlead check`: is an application ready to be run and shipped?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fairlead.codegen import check
from fairlead.codegen.generating import compile_source, load_application
from fairlead.codegen.kind_definitions import served_resources
from fairlead.errors import FairleadError

if TYPE_CHECKING:
    from fairlead.codegen.generating import GenerationSource

__all__ = ["Finding", "check_application", "check_cluster"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        cure: what to do about it; None where nothing is wrong.
    """

    what: str
    cure: str | None = None


def check_application(
    load: Callable[[], GenerationSource], out: Path | None
) -> Iterator[Finding]:
    """What can be said without a cluster; ends at the first thing that makes the rest moot.

    Args:
        load: imports the application.
        out: folder of the generated package; None where there is none.
    """
    try:
        source = load()
        procedures = compile_source(source).procedures
    except FairleadError as error:
        yield Finding("the application cannot be loaded", str(error))
        return
    yield Finding(f"the application loads: {len(procedures)} procedures")
    try:
        load_application(source)
    except FairleadError as error:
        yield Finding("some types have no TypeScript", str(error))
        return
    yield Finding("every type has its TypeScript")
    if out is None:
        return
    if difference := check(source, out):
        files = sum(line.startswith("+++ ") for line in difference.splitlines())
        yield Finding(
            f"{out} is out of date: {files} files differ", "run fairlead generate"
        )
    else:
        yield Finding(f"{out} is up to date")


async def check_cluster(source: GenerationSource) -> AsyncIterator[Finding]:
    """Does the cluster of KUBECONFIG serve every kind that the application's routers serve?"""
    from fairlead.kube import (  # noqa: PLC0415  loads only where it is used
        Kube,
        KubeError,
        KubeNotFoundError,
        Resource,
    )
    from fairlead.kube.client import KubeRequest  # noqa: PLC0415
    from fairlead.kube.resource import get_info  # noqa: PLC0415
    from fairlead.kube.urls import get_collection_path  # noqa: PLC0415

    async with Kube.from_env() as kube:
        for model in served_resources(source):
            info = get_info(cast("type[Resource]", model))
            request = KubeRequest(
                method="GET",
                path=get_collection_path(info, None),
                credentials=kube.client.server_credentials,
                query={"limit": 1},
            )
            try:
                await kube.client.send(request)
            except KubeNotFoundError:
                cure = "apply what `fairlead crds` prints, or mend the class's group, version and plural"
                yield Finding(f"{info.qualified_plural} is not served", cure)
            except KubeError as error:
                yield Finding(
                    f"{info.qualified_plural} cannot be listed", error.message
                )
            else:
                yield Finding(f"{info.qualified_plural} is served")
