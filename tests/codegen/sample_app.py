"""A small application with one of everything that the generator translates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fairlead.access import public
from fairlead.context import Context
from fairlead.errors import TypedError
from fairlead.procedure import mutation, query, subscription
from fairlead.router import Router
from fairlead.tracking import tracked


class Phase(StrEnum):
    RUNNING = "Running"
    PENDING = "Pending"


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Pod(Model):
    """A pod of the cluster."""

    name: str
    phase: Phase
    pod_ip: Annotated[
        str | None, Field(description="Its address.", deprecated="use podIps")
    ] = None
    labels: dict[str, str] = {}
    children: list[Pod] = []


class PodEvent(Model):
    type: Literal["ADDED", "DELETED"]
    object: Pod


class LockHeldError(TypedError, code="CONFLICT"):
    """Somebody else holds the lock."""

    held_by: str


class Containers(Router[Context]):
    @query(access=public)
    async def count(self, pod: str) -> int:
        return len(pod)


class Pods(Router[Context]):
    """The pods of a cluster."""

    containers: Containers

    @query(access=public, deprecated="use listAll")
    async def list_(self, namespace: str, limit: int | None = None) -> list[Pod]:
        """Lists the pods of a namespace."""
        return [Pod(name=namespace, phase=Phase.RUNNING)][:limit]

    @mutation(access=public, raises=(LockHeldError,))
    async def delete(self, name: str) -> None:
        raise LockHeldError(held_by=name)

    @mutation(access=public)
    async def create(self, pod: Pod, /) -> Pod:
        return pod

    @subscription(access=public)
    async def watch(
        self, namespace: str, last_event_id: str | None = None
    ) -> AsyncIterator[tracked[PodEvent]]:
        pod = Pod(name=namespace, phase=Phase.RUNNING)
        yield tracked(last_event_id or "1", PodEvent(type="ADDED", object=pod))

    @subscription(access=public)
    async def ticks(self) -> AsyncIterator[int]:
        yield 1

    @query(access=public)
    async def logs(self, pod: str) -> AsyncIterator[str]:
        yield pod


class App(Router[Context]):
    """The sample."""

    pods: Pods

    @query(access=public)
    async def hello(self) -> str:
        """Says hello."""
        return "hello"

    @query(access=public)
    async def search(self, q: str = "") -> list[Pod]:
        return [Pod(name=q, phase=Phase.PENDING)]
