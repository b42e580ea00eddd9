"""Deployments: their revisions, and the way back to one.

class Deployments(DeploymentRouter[Deployment]): ...
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Annotated, Generic, Protocol, TypeVar, cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from fairlead.access import Kind, all_of, can
from fairlead.errors import TRPCError
from fairlead.kube.errors import KubeInvalidError
from fairlead.kube.objects import ListOptions
from fairlead.kube.policies import on_resource
from fairlead.kube.resource import Resource, ResourceInfo, get_info
from fairlead.kube.routers import PATCH_REFUSED
from fairlead.kube.workloads import WorkloadRouter, make_paused_error
from fairlead.procedure import mutation, query
from fairlead.schema import raw_json

__all__ = [
    "DeploymentRouter",
    "KeptRevision",
    "PodTemplate",
    "Revision",
    "Workload",
    "WorkloadMetadata",
    "choose_revision",
    "explaining_change",
    "is_owned",
    "make_template_patch",
]

R = TypeVar("R", bound=Resource)
V = TypeVar("V", bound="Numbered")

REPLICA_SETS = ResourceInfo(
    group="apps",
    version="v1",
    kind="ReplicaSet",
    plural="replicasets",
    singular="replicaset",
)
_REPLICA_SETS = Kind(group="apps", plural="replicasets")
_REVISION = "deployment.kubernetes.io/revision"
_CAUSE = "kubernetes.io/change-cause"
_HASH = "pod-template-hash"

_list_replica_sets = can("list", _REPLICA_SETS, name=None)


class Numbered(Protocol):
    """Something that has the number of a revision."""

    @property
    def revision(self) -> int:
        """The higher the newer."""
        ...


class KeptRevision(BaseModel):
    """One state that the pods of a workload had, as its controller keeps it.

    Attributes:
        current: it is the state that they have, or are getting.
        change_cause: what the workload's author said of it.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    revision: int
    name: str
    images: list[str]
    created: str | None
    change_cause: str | None
    current: bool


class Revision(KeptRevision):
    """One state that a deployment's pods had.

    Attributes:
        current: it is the state that they have, or are getting.
        change_cause: what the deployment's author said of it.
        replicas: how many pods have it.
    """

    replicas: int


class _Container(msgspec.Struct):
    image: str = ""


class PodSpec(msgspec.Struct):
    containers: list[_Container] = msgspec.field(default_factory=list[_Container])


class PodTemplate(msgspec.Struct):
    """What pods are made from, as far as revisions show it."""

    spec: PodSpec = msgspec.field(default_factory=PodSpec)


class _Selector(msgspec.Struct, rename="camel"):
    match_labels: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class _Spec(msgspec.Struct):
    template: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
    paused: bool = False
    selector: _Selector = msgspec.field(default_factory=_Selector)


class _Status(msgspec.Struct):
    replicas: int = 0


class _Owner(msgspec.Struct):
    uid: str


class WorkloadMetadata(msgspec.Struct, rename="camel"):
    """Of a workload, a replica set or a kept revision."""

    name: str
    uid: str
    resource_version: str
    generation: int = 0
    creation_timestamp: str | None = None
    annotations: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    owner_references: list[_Owner] = msgspec.field(default_factory=list[_Owner])


class Workload(msgspec.Struct):
    """A workload or a replica set, its template as it stands."""

    metadata: WorkloadMetadata
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status = msgspec.field(default_factory=_Status)

    @property
    def revision(self) -> int:
        """0 where it has none."""
        said = self.metadata.annotations.get(_REVISION, "")
        return int(said) if said.isdecimal() else 0


class Workloads(msgspec.Struct):
    items: list[Workload]


class DeploymentRouter(WorkloadRouter[R], Generic[R]):
    """A resource router for deployments: scale, restart, and rollback to a revision."""

    @query(access=all_of(on_resource("get"), _list_replica_sets))
    async def revisions(
        self, name: str, namespace: str | None = None
    ) -> list[Revision]:
        """The revisions that are kept, the newest first."""
        deployment = await self._read(name, namespace)
        return [
            _describe(replica_set, deployment)
            for replica_set in await self._replica_sets(deployment, namespace)
        ]

    @mutation(access=all_of(on_resource("patch"), _list_replica_sets))
    async def rollback(
        self,
        name: str,
        revision: Annotated[int, Field(ge=1)] | None = None,
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> R:
        """Gives the pods the state of a revision again; by default of the one before.

        As `kubectl rollout undo`: the deployment gets a new revision with the old template.
        """
        deployment = await self._read(name, namespace)
        if deployment.spec.paused:
            raise make_paused_error(name)
        sets = await self._replica_sets(deployment, namespace)
        chosen = choose_revision(sets, deployment.revision, name, revision)
        kube, info = self.ctx.kube, get_info(self.resource)
        place = kube.place(self.resource, namespace)
        patch = make_template_patch(deployment, _template(chosen))
        with explaining_change(name):
            body = await kube.raw.patch(info, name, place, patch, dry_run=dry_run)
        return raw_json(body, self.resource)

    async def _read(self, name: str, namespace: str | None) -> Workload:
        kube = self.ctx.kube
        place = kube.place(self.resource, namespace)
        body = await kube.raw.get(get_info(self.resource), name, place)
        return msgspec.json.decode(body, type=Workload)

    async def _replica_sets(
        self, deployment: Workload, namespace: str | None
    ) -> list[Workload]:
        """Those that the deployment owns: others may wear its labels."""
        kube = self.ctx.kube
        labels = deployment.spec.selector.match_labels
        options = ListOptions(
            label_selector=",".join(f"{key}={value}" for key, value in labels.items())
        )
        place = kube.place(self.resource, namespace)
        body = await kube.raw.list_(REPLICA_SETS, place, options)
        found = [
            each
            for each in msgspec.json.decode(body, type=Workloads).items
            if is_owned(each.metadata, deployment)
        ]
        return sorted(found, key=lambda each: each.revision, reverse=True)


def make_template_patch(
    owner: Workload, template: dict[str, JsonValue]
) -> list[dict[str, object]]:
    """Sets the pods' template, unless somebody changes what is wanted meanwhile.

    What controllers report counts the version on all through a rollout, but not the generation.
    """
    generation = owner.metadata.generation
    return [
        {"op": "test", "path": "/metadata/generation", "value": generation},
        {"op": "replace", "path": "/spec/template", "value": template},
    ]


@contextmanager
def explaining_change(name: str) -> Generator[None]:
    """Says that it was changed, where such a patch was refused."""
    try:
        yield
    except KubeInvalidError as error:
        if error.message != PATCH_REFUSED:
            raise
        raise TRPCError(
            "CONFLICT", f"{name} was changed by somebody else meanwhile"
        ) from error


def is_owned(metadata: WorkloadMetadata, owner: Workload) -> bool:
    """Does that workload own it? Others may wear its labels."""
    return any(each.uid == owner.metadata.uid for each in metadata.owner_references)


def choose_revision(
    kept: Sequence[V], current: int, name: str, revision: int | None
) -> V:
    """The revision to go back to; None for the one before.

    Args:
        kept: all there are, the newest first.

    Raises:
        TRPCError: NOT_FOUND or PRECONDITION_FAILED; there is none to go to.
    """
    if revision is None:
        earlier = [each for each in kept if each.revision != current]
        if not earlier:
            raise TRPCError(
                "PRECONDITION_FAILED", f"{name} has no revision before this"
            )
        return earlier[0]
    if revision == current:
        raise TRPCError("PRECONDITION_FAILED", f"{name} is at revision {revision}")
    for each in kept:
        if each.revision == revision:
            return each
    known = ", ".join(str(each.revision) for each in kept) or "none"
    raise TRPCError(
        "NOT_FOUND", f"{name} keeps no revision {revision}; it has: {known}"
    )


def _template(replica_set: Workload) -> dict[str, JsonValue]:
    """The pods' template without the label by which replica sets tell their pods apart."""
    template = cast(
        "dict[str, JsonValue]", msgspec.json.decode(replica_set.spec.template)
    )
    metadata = template.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    if isinstance(labels, dict):
        labels.pop(_HASH, None)
    return template


def _describe(replica_set: Workload, deployment: Workload) -> Revision:
    template = msgspec.json.decode(replica_set.spec.template, type=PodTemplate)
    metadata = replica_set.metadata
    return Revision(
        revision=replica_set.revision,
        name=metadata.name,
        images=[container.image for container in template.spec.containers],
        replicas=replica_set.status.replicas,
        created=metadata.creation_timestamp,
        change_cause=metadata.annotations.get(_CAUSE),
        current=replica_set.revision == deployment.revision,
    )
