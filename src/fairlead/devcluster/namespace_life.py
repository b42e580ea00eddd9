"""The life of namespaces: what a new one gets, and how a deleted one is emptied."""

from __future__ import annotations

from uuid import uuid4

from fairlead.devcluster.controller_work import Work
from fairlead.devcluster.deletes import remove
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.metadata import timestamp
from fairlead.devcluster.ownership import Place
from fairlead.devcluster.registry import Resource
from fairlead.devcluster.storage import Record

_CONTENT_MESSAGE = "Some resources are remaining"


class Namespaces:
    """The namespace controller."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def provision(self, name: str) -> None:
        """Give a new namespace its service account and the cluster's certificate."""
        storage = self._work.state.storage
        if storage.find("namespaces", "", name) is None:
            return
        for key, object_name, more in (
            ("serviceaccounts", "default", {}),
            (
                "configmaps",
                "kube-root-ca.crt",
                {"data": {"ca.crt": self._work.state.ca_pem}},
            ),
        ):
            if storage.find(key, name, object_name) is None:
                metadata = {
                    "name": object_name,
                    "namespace": name,
                    "uid": str(uuid4()),
                    "creationTimestamp": timestamp(self._work.state.clock()),
                }
                storage.put(key, name, object_name, {"metadata": metadata, **more})

    def empty(self, name: str) -> None:
        """Delete what is in a terminating namespace."""
        for resource in self._work.state.registry.stored():
            if resource.namespaced:
                for record in list(
                    self._work.state.storage.scan(resource.storage_key, name)
                ):
                    if (
                        b'"deletionTimestamp"' not in record.raw
                        or not self._work.is_leaving(resource, record)
                    ):
                        self._work.queue.put(self._remove_content, resource, record)
        self._work.queue.put(self.finish, name)

    def _remove_content(self, resource: Resource, record: Record) -> None:
        current = self._work.state.storage.find(
            resource.storage_key, record.namespace, record.name
        )
        if current is not None:
            options = {"gracePeriodSeconds": 0} if resource.kind == "Pod" else {}
            remove(self._work.state, resource, current, options)

    def finish(self, name: str) -> None:
        """Remove a terminating namespace that has become empty, or say what remains."""
        place = ("namespaces", "", name)
        meta, record = self._work.graph.owners.get(place), self._work.find(place)
        if meta is None or record is None or not meta.deletionTimestamp:
            return
        remaining = self._contents(name)
        body = record.decode()
        held = body["metadata"].get("finalizers") or body["spec"].get("finalizers")
        if not remaining and held in ([], ["kubernetes"], None):
            self._work.state.storage.delete(*place)
            return
        self._report_remaining(place, body, remaining)

    def _contents(self, name: str) -> list[tuple[Resource, list[str]]]:
        found: list[tuple[Resource, list[str]]] = []
        for resource in self._work.state.registry.stored():
            if resource.namespaced:
                names = [
                    record.name
                    for record in self._work.state.storage.scan(
                        resource.storage_key, name
                    )
                ]
                if names:
                    found.append((resource, names))
        return found

    def _report_remaining(
        self,
        place: Place,
        body: JsonObject,
        remaining: list[tuple[Resource, list[str]]],
    ) -> None:
        held: dict[str, int] = {}
        for resource, names in remaining:
            for name in names:
                meta = self._work.graph.owners.get(
                    (resource.storage_key, place[2], name)
                )
                for finalizer in meta.finalizers if meta else ():
                    held[finalizer] = held.get(finalizer, 0) + 1
        if not held:
            return
        content = ", ".join(
            f"{resource.subject} has {len(names)} resource instances"
            for resource, names in remaining
        )
        waiting = ", ".join(
            f"{name} in {count} resource instances" for name, count in held.items()
        )
        now = timestamp(self._work.state.clock())
        status = body.setdefault("status", {})
        conditions = [
            _namespace_condition("NamespaceContentRemaining", "SomeResourcesRemain", f"{_CONTENT_MESSAGE}: {content}", now),
            _namespace_condition("NamespaceFinalizersRemaining", "SomeFinalizersRemain", f"Some content in the namespace has finalizers remaining: {waiting}", now),
        ]  # fmt: skip
        known = [
            {**item, "lastTransitionTime": ""} for item in status.get("conditions", ())
        ]
        if known != [{**item, "lastTransitionTime": ""} for item in conditions]:
            status["conditions"] = conditions
            self._work.state.storage.put(*place, body)


def _namespace_condition(kind: str, reason: str, message: str, now: str) -> JsonObject:
    return {
        "type": kind,
        "status": "True",
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }
