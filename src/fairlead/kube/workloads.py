"""Procedures of what runs: logs of pods, scale and restart of workloads.

class Pods(PodRouter[Pod]): ...
class Deployments(WorkloadRouter[Deployment]): ...
"""

from __future__ import annotations

import codecs
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import BaseModel, Field

from fairlead.access import ResourceAttributes, can
from fairlead.kube.client import KubeClient, KubeRequest
from fairlead.kube.executing import ExecRouter
from fairlead.kube.guard import guard_events
from fairlead.kube.policies import on_resource
from fairlead.kube.resource import Resource, ResourceInfo, get_info
from fairlead.kube.routers import ResourceRouter
from fairlead.kube.urls import get_object_path
from fairlead.kube.user_kube import UserKube
from fairlead.kube.watching import set_guard
from fairlead.procedure import mutation, subscription
from fairlead.schema import raw_json
from fairlead.tracking import tracked

__all__ = ["LogChunk", "LogReader", "PodRouter", "RestartRouter", "WorkloadRouter"]

R = TypeVar("R", bound=Resource)

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)")
MAX_LINE = 65_536
SILENCE = 4 * 3600.0
"""Seconds: a container may have nothing to say for hours."""


class LogChunk(BaseModel):
    """Lines that came together, without their ends."""

    lines: list[str]


class LogReader:
    """Log bytes with timestamps to lines, from where a reader left off.

    A cluster resumes at a whole second, so lines that were sent already come again; they are
    told by their timestamp, and by how many lines of that very timestamp were sent.

    Args:
        position: what `position` was when the reader left off.
        timestamps: leave each line's time before it.
    """

    def __init__(
        self, position: str | None = None, *, timestamps: bool = False
    ) -> None:
        self._timestamps = timestamps
        stamp, _, count = (position or "").partition("/")
        self._resume_at = stamp
        self._to_skip = int(count) if count.isdecimal() else 0
        self._last = stamp
        self._count = self._to_skip
        # Bytes of one character may come in two chunks.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    @property
    def since(self) -> str | None:
        """From when to ask for lines; None from the start."""
        return self._resume_at or None

    @property
    def position(self) -> str:
        """Where it is now."""
        return f"{self._last}/{self._count}"

    def feed(self, chunk: bytes, *, final: bool = False) -> list[str]:
        """The new lines that are complete now."""
        text = self._rest + self._decoder.decode(chunk, final)
        *lines, self._rest = text.split("\n")
        if self._rest and (final or len(self._rest) > MAX_LINE):
            lines.append(self._rest)  # a line too long goes on as one of its own
            self._rest = ""
        return [line for whole in lines if (line := self._take(whole)) is not None]

    def _take(self, whole: str) -> str | None:
        stamp, blank, line = whole.partition(" ")
        if not blank or not _STAMP.fullmatch(stamp):
            return whole or None
        if stamp < self._resume_at:
            return None
        if stamp == self._resume_at and self._to_skip > 0:
            self._to_skip -= 1
            return None
        self._count = self._count + 1 if stamp == self._last else 1
        self._last = stamp
        return (whole if self._timestamps else line).removesuffix("\r")


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
                "sinceTime": reader.since or _write_time(since_time),
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


def _write_time(time: datetime | None) -> str | None:
    if time is None:
        return None
    zoned = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class RestartRouter(ResourceRouter[R], Generic[R]):
    """A resource router for what has a template of pods: restart."""

    @mutation(access=on_resource("patch"))
    async def restart(
        self, name: str, namespace: str | None = None, dry_run: bool = False
    ) -> R:
        """Replaces all pods, a few at a time, as `kubectl rollout restart` does."""
        kube = self.ctx.kube
        place = kube.place(self.resource, namespace)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        annotations = {"kubectl.kubernetes.io/restartedAt": now}
        patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
        info = get_info(self.resource)
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
        replicas: Annotated[int, Field(ge=0)],
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
    """Sets how many replicas there should be."""
    await kube.raw.patch(
        info,
        name,
        namespace,
        {"spec": {"replicas": replicas}},
        subresource="scale",
        dry_run=dry_run,
    )
