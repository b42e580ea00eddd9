"""Procedures of what runs: logs of pods, scale and restart of workloads.

class Pods(PodRouter[Pod]): ...
class Deployments(WorkloadRouter[Deployment]): ...
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, ClassVar, Generic, TypeVar

import msgspec
from pydantic import BaseModel, Field

from fairlead.access import ResourceAttributes, can
from fairlead.errors import TRPCError
from fairlead.kube.client import KubeClient, KubeRequest
from fairlead.kube.errors import KubeForbiddenError, KubeNotFoundError
from fairlead.kube.executing import ExecRouter
from fairlead.kube.guard import guard_events
from fairlead.kube.logs import LogReader, write_time
from fairlead.kube.policies import on_resource
from fairlead.kube.resource import Resource, ResourceInfo, get_info
from fairlead.kube.routers import ResourceRouter
from fairlead.kube.urls import get_object_path
from fairlead.kube.user_kube import UserKube
from fairlead.kube.watching import set_guard
from fairlead.procedure import mutation, subscription
from fairlead.schema import raw_json
from fairlead.tracking import tracked

__all__ = [
    "LogChunk",
    "PodRouter",
    "RestartRouter",
    "WorkloadRouter",
    "make_paused_error",
]

R = TypeVar("R", bound=Resource)

MAX_REPLICAS = 2**31 - 1
SILENCE = 4 * 3600.0
"""Seconds: a container may have nothing to say for hours."""


class LogChunk(BaseModel):
    """Lines that came together, without their ends."""

    lines: list[str]


class PodRouter(ExecRouter[R], Generic[R]):
    """A resource router for pods: with their logs, and commands in their containers."""

    subresources: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "log": ("get",),
        "exec": ("create",),
        "attach": ("create",),
    }

    @subscription(access=can("get", subresource="log"))
    def logs(  # noqa: PLR0913, PLR0917  the options of kubectl logs
        self,
        name: str,
        namespace: str | None = None,
        container: str | None = None,
        follow: bool = True,
        previous: bool = False,
        tail_lines: Annotated[int, Field(ge=0)] | None = None,
        since_seconds: Annotated[int, Field(ge=1)] | None = None,
        since_time: datetime | None = None,
        timestamps: bool = False,
        last_event_id: str | None = None,
    ) -> AsyncIterator[tracked[LogChunk]]:
        """A container's log, as it is written; resumes without a line lost or repeated.

        Args:
            since_time: whole seconds count; without a zone it is UTC.
            timestamps: begin each line with the time it was written.
        """
        kube = self.ctx.kube
        place = kube.place(self.resource, namespace)
        info = get_info(self.resource)
        reader = LogReader(last_event_id, timestamps=timestamps)
        resumed = reader.since is not None
        request = KubeRequest(
            method="GET",
            path=get_object_path(info, name, place, "log"),
            credentials=kube.credentials,
            query={
                "container": container,
                "follow": follow,
                "previous": previous,
                "timestamps": True,
                "tailLines": None if resumed else tail_lines,
                "sinceSeconds": None if resumed else since_seconds,
                "sinceTime": reader.since or write_time(since_time),
            },
        )
        right = ResourceAttributes.of(
            info, "get", subresource="log", namespace=place, name=name
        )
        return guard_events(
            _read_log(kube.raw.client, request, reader),
            partial(set_guard, self.ctx, self.call, right, None),
        )


async def _read_log(
    client: KubeClient, request: KubeRequest, reader: LogReader
) -> AsyncIterator[tracked[LogChunk]]:
    async with client.stream(request, silence=SILENCE) as chunks:
        async for chunk in chunks:
            lines = reader.feed(chunk)
            if lines:
                yield tracked(reader.position, LogChunk(lines=lines))
    lines = reader.feed(b"", final=True)
    if lines:
        yield tracked(reader.position, LogChunk(lines=lines))


class RestartRouter(ResourceRouter[R], Generic[R]):
    """A resource router for what has a template of pods: restart."""

    @mutation(access=on_resource("patch"))
    async def restart(
        self, name: str, namespace: str | None = None, dry_run: bool = False
    ) -> R:
        """Replaces all pods, a few at a time, as `kubectl rollout restart` does."""
        kube = self.ctx.kube
        place = kube.place(self.resource, namespace)
        info = get_info(self.resource)
        await check_goes_on(kube, info, name, place)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        annotations = {"kubectl.kubernetes.io/restartedAt": now}
        patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
        data = await kube.raw.patch(info, name, place, patch, dry_run=dry_run)
        return raw_json(data, self.resource)


class WorkloadRouter(RestartRouter[R], Generic[R]):
    """A resource router for deployments and the like: scale and restart."""

    subresources: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "scale": ("get", "update", "patch")
    }

    @mutation(access=can("patch", subresource="scale"))
    async def scale(
        self,
        name: str,
        replicas: Annotated[int, Field(ge=0, le=MAX_REPLICAS)],
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> None:
        """Sets how many replicas there should be."""
        kube, info = self.ctx.kube, get_info(self.resource)
        place = kube.place(self.resource, namespace)
        await scale_workload(kube, info, name, place, replicas, dry_run=dry_run)


async def scale_workload(  # noqa: PLR0913  keyword-only after what names the object
    kube: UserKube,
    info: ResourceInfo,
    name: str,
    namespace: str | None,
    replicas: int,
    *,
    dry_run: bool,
) -> None:
    """Sets how many replicas there should be.

    Raises:
        TRPCError: PRECONDITION_FAILED; objects of that kind have no replicas.
    """
    patch = {"spec": {"replicas": replicas}}
    try:
        await kube.raw.patch(
            info, name, namespace, patch, subresource="scale", dry_run=dry_run
        )
    except KubeNotFoundError as error:
        if error.details.name:
            raise
        raise TRPCError(
            "PRECONDITION_FAILED",
            f"The cluster does not scale objects of the kind {info.kind}",
        ) from error


class _Spec(msgspec.Struct):
    paused: bool = False


class _Pausable(msgspec.Struct):
    spec: _Spec = msgspec.field(default_factory=_Spec)


async def check_goes_on(
    kube: UserKube, info: ResourceInfo, name: str, namespace: str | None
) -> None:
    """A deployment that is paused would take a new template, and do nothing.

    Raises:
        TRPCError: PRECONDITION_FAILED; it is paused.
    """
    try:
        body = await kube.raw.get(info, name, namespace)
    except KubeForbiddenError:
        return  # who may write but not read is not told
    if msgspec.json.decode(body, type=_Pausable).spec.paused:
        raise make_paused_error(name)


def make_paused_error(name: str) -> TRPCError:
    """Why a rollout does not begin."""
    return TRPCError("PRECONDITION_FAILED", f"{name} is paused: resume it first")
