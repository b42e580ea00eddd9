"""Stateful sets and daemon sets: their kept revisions, and the way back to one.

class StatefulSets(StatefulSetRouter[StatefulSet]): ...
class DaemonSets(DaemonSetRouter[DaemonSet]): ...
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar, cast

import msgspec
from pydantic import Field, JsonValue

from fairlead.access import Kind, all_of, can
from fairlead.kube.objects import ListOptions
from fairlead.kube.policies import on_resource
from fairlead.kube.resource import Resource, ResourceInfo, get_info
from fairlead.kube.rollouts import (
    KeptRevision,
    PodTemplate,
    Workload,
    WorkloadMetadata,
    choose_revision,
    explaining_change,
    is_owned,
    make_template_patch,
)
from fairlead.kube.workloads import RestartRouter, WorkloadRouter
from fairlead.procedure import mutation, query
from fairlead.schema import raw_json

__all__ = ["DaemonSetRouter", "StatefulSetRouter"]

R = TypeVar("R", bound=Resource)

REVISIONS = ResourceInfo(
    group="apps",
    version="v1",
    kind="ControllerRevision",
    plural="controllerrevisions",
    singular="controllerrevision",
)
_CAUSE = "kubernetes.io/change-cause"

_list_revisions = can(
    "list", Kind(group="apps", plural="controllerrevisions"), name=None
)


class _Spec(msgspec.Struct):
    template: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class _Data(msgspec.Struct):
    spec: _Spec = msgspec.field(default_factory=_Spec)


class _Revision(msgspec.Struct):
    metadata: WorkloadMetadata
    revision: int = 0
    data: _Data = msgspec.field(default_factory=_Data)


class _Revisions(msgspec.Struct):
    items: list[_Revision]


class DaemonSetRouter(RestartRouter[R], Generic[R]):
    """A resource router for daemon sets: restart, and rollback to a revision."""

    @query(access=all_of(on_resource("get"), _list_revisions))
    async def revisions(
        self, name: str, namespace: str | None = None
    ) -> list[KeptRevision]:
        """The revisions that are kept, the newest first: that one is current."""
        _, kept = await self._read(name, namespace)
        return [_describe(each, kept[0]) for each in kept]

    @mutation(access=all_of(on_resource("patch"), _list_revisions))
    async def rollback(
        self,
        name: str,
        revision: Annotated[int, Field(ge=1)] | None = None,
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> R:
        """Gives the pods the state of a revision again; by default of the one before.

        As `kubectl rollout undo`: the controller then counts that state as the newest.
        """
        owner, kept = await self._read(name, namespace)
        current = kept[0].revision if kept else 0
        chosen = choose_revision(kept, current, name, revision)
        kube, info = self.ctx.kube, get_info(self.resource)
        place = kube.place(self.resource, namespace)
        patch = make_template_patch(owner, _template(chosen))
        with explaining_change(name):
            body = await kube.raw.patch(info, name, place, patch, dry_run=dry_run)
        return raw_json(body, self.resource)

    async def _read(
        self, name: str, namespace: str | None
    ) -> tuple[Workload, list[_Revision]]:
        """The set, and the revisions that it owns, the newest first."""
        kube = self.ctx.kube
        place = kube.place(self.resource, namespace)
        body = await kube.raw.get(get_info(self.resource), name, place)
        owner = msgspec.json.decode(body, type=Workload)
        labels = owner.spec.selector.match_labels
        options = ListOptions(
            label_selector=",".join(f"{key}={value}" for key, value in labels.items())
        )
        listed = await kube.raw.list_(REVISIONS, place, options)
        found = msgspec.json.decode(listed, type=_Revisions).items
        kept = [each for each in found if is_owned(each.metadata, owner)]
        kept.sort(key=lambda each: each.revision, reverse=True)
        return owner, kept


class StatefulSetRouter(DaemonSetRouter[R], WorkloadRouter[R], Generic[R]):
    """A resource router for stateful sets: scale, restart, and rollback to a revision."""


def _template(kept: _Revision) -> dict[str, JsonValue]:
    """The pods' template without the mark that makes it a patch."""
    template = cast(
        "dict[str, JsonValue]", msgspec.json.decode(kept.data.spec.template)
    )
    template.pop("$patch", None)
    return template


def _describe(kept: _Revision, newest: _Revision) -> KeptRevision:
    template = msgspec.json.decode(kept.data.spec.template, type=PodTemplate)
    metadata = kept.metadata
    return KeptRevision(
        revision=kept.revision,
        name=metadata.name,
        images=[container.image for container in template.spec.containers],
        created=metadata.creation_timestamp,
        change_cause=metadata.annotations.get(_CAUSE),
        current=kept is newest,
    )
