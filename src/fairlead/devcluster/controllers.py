"""The controllers of the cluster: garbage, namespaces, definitions, aggregated roles.

Each write puts work into one queue; one task does it a moment later, as the real
controllers do, never inside the write itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import msgspec

from fairlead.devcluster import crds
from fairlead.devcluster.deletes import FOREGROUND, ORPHAN, grace_is_over, remove
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.kinds import blocks_deletion
from fairlead.devcluster.metadata import timestamp
from fairlead.devcluster.rbac import GROUP as RBAC
from fairlead.devcluster.registry import Resource
from fairlead.devcluster.state import State
from fairlead.devcluster.storage import ADDED, DELETED, Event, Record

log = logging.getLogger("fairlead.devcluster")

Place = tuple[str, str, str]  # storage key, namespace, name
_CLUSTER_ROLES = f"clusterroles.{RBAC}"
_CONTENT_MESSAGE = "Some resources are remaining"


class _Owner(msgspec.Struct):
    uid: str = ""
    name: str = ""
    kind: str = ""
    apiVersion: str = ""  # noqa: N815 - the wire's name
    blockOwnerDeletion: bool = False  # noqa: N815 - the wire's name


class _Meta(msgspec.Struct):
    uid: str = ""
    deletionTimestamp: str = ""  # noqa: N815 - the wire's name
    ownerReferences: list[_Owner] = []  # noqa: N815 - the wire's name
    finalizers: list[str] = []


class _Object(msgspec.Struct):
    metadata: _Meta


_META = msgspec.json.Decoder(_Object)


@dataclass(slots=True)
class Graph:
    """Who owns whom, by uid."""

    owners: dict[Place, _Meta] = field(default_factory=dict[Place, _Meta])
    dependents: dict[str, set[Place]] = field(default_factory=dict[str, set[Place]])
    live: dict[str, Place] = field(default_factory=dict[str, Place])

    def add(self, place: Place, meta: _Meta) -> None:
        """Record an object's present owners."""
        before = self.owners.get(place)
        if before is not None:
            self._unlink(place, before)
        self.owners[place] = meta
        self.live[meta.uid] = place
        for owner in meta.ownerReferences:
            self.dependents.setdefault(owner.uid, set()).add(place)

    def remove(self, place: Place) -> None:
        """Forget a deleted object."""
        meta = self.owners.pop(place, None)
        if meta is not None:
            self._unlink(place, meta)
            self.live.pop(meta.uid, None)

    def _unlink(self, place: Place, meta: _Meta) -> None:
        for owner in meta.ownerReferences:
            found = self.dependents.get(owner.uid)
            if found is not None:
                found.discard(place)
                if not found:
                    del self.dependents[owner.uid]


class Controllers:
    """The background work of one cluster."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._graph = Graph()
        self._queue: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._timers: set[asyncio.TimerHandle] = set()
        state.storage.listen(self._on_event)

    def start(self) -> None:
        """Look at everything that is stored, then work off the queue."""
        storage = self._state.storage
        for key in storage.resources():
            for record in storage.list(key, None):
                self._note(key, record)
        for key in storage.resources():
            for record in storage.list(key, None):
                self._consider(key, record)
        self._put(self._aggregate_roles)
        self._task = asyncio.create_task(self._run(), name="devcluster-controllers")

    async def aclose(self) -> None:
        """Stop."""
        for timer in self._timers:
            timer.cancel()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            work = await self._queue.get()
            try:
                work()
            except Exception:
                log.exception(
                    "a dev cluster controller failed; it goes on with the next item"
                )
            # Requests come first: a namespace of thousands of objects must not block them.
            await asyncio.sleep(0)

    def _put(self, work: Callable[[], None]) -> None:
        self._queue.put_nowait(work)

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()

        def run() -> None:
            self._timers.discard(handle)
            self._put(work)

        handle = loop.call_later(seconds, run)
        self._timers.add(handle)

    # events

    def _on_event(self, key: str, event: Event) -> None:
        record = event.record
        if event.kind == DELETED:
            self._on_deleted(key, record)
        else:
            self._note(key, record)
            self._consider(key, record, created=event.kind == ADDED)
        if key == _CLUSTER_ROLES:
            self._put(self._aggregate_roles)

    def _note(self, key: str, record: Record) -> _Meta:
        meta = _META.decode(record.raw).metadata
        self._graph.add((key, record.namespace, record.name), meta)
        return meta

    def _on_deleted(self, key: str, record: Record) -> None:
        place = (key, record.namespace, record.name)
        meta = self._graph.owners.get(place)
        self._graph.remove(place)
        if meta is not None:
            for dependent in self._graph.dependents.get(meta.uid, ()):
                self._put(lambda place=dependent: self._collect(place))
            for owner in meta.ownerReferences:
                found = self._graph.live.get(owner.uid)
                if found is not None:
                    self._put(lambda place=found: self._finish(place))
        if record.namespace:
            self._put(lambda name=record.namespace: self._finish_namespace(name))
        if key == "pods":
            self._state.logs.end_pod(record.namespace, record.name)
        self._put(lambda: self._finish_definition_of(key))

    def _consider(self, key: str, record: Record, *, created: bool = False) -> None:
        place = (key, record.namespace, record.name)
        meta = self._graph.owners[place]
        if meta.deletionTimestamp:
            self._put(lambda: self._finish(place))
            for owner in meta.ownerReferences:
                if owner.uid in self._graph.live:
                    self._put(lambda uid=owner.uid: self._finish_uid(uid))
        elif meta.ownerReferences:
            self._put(lambda: self._collect(place))
        if key == "namespaces" and created:
            self._put(lambda: self._provision_namespace(record.name))
        if key == "secrets" and created:
            self._put(lambda: self._fill_token_secret(place))
        if key == "events" and created:
            self._later(
                self._state.limits.event_ttl_seconds,
                lambda: self._expire(place, meta.uid),
            )

    # garbage collection

    def _find(self, place: Place) -> Record | None:
        return self._state.storage.find(*place)

    def _resource(self, key: str) -> Resource | None:
        return next(
            (item for item in self._state.registry.stored() if item.storage_key == key),
            None,
        )

    def _collect(self, place: Place) -> None:
        """Delete an object whose owners are all gone; drop single owners that are."""
        meta, record = self._graph.owners.get(place), self._find(place)
        if (
            meta is None
            or record is None
            or not meta.ownerReferences
            or meta.deletionTimestamp
        ):
            return
        present = [
            owner for owner in meta.ownerReferences if self._owner_present(place, owner)
        ]
        waiting = [owner for owner in present if self._is_foreground(owner.uid)]
        if present and len(waiting) < len(present):
            if len(present) < len(meta.ownerReferences):
                self._keep_owners(place, record, {owner.uid for owner in present})
            return
        self._remove(
            place,
            record,
            {"propagationPolicy": "Foreground"}
            if waiting and self._graph.dependents.get(meta.uid)
            else {},
        )

    def _owner_present(self, place: Place, owner: _Owner) -> bool:
        found = self._graph.live.get(owner.uid)
        return found is not None and found[1] in {"", place[1]}

    def _is_foreground(self, uid: str) -> bool:
        found = self._graph.live.get(uid)
        if found is None:
            return False
        meta = self._graph.owners[found]
        return bool(meta.deletionTimestamp) and FOREGROUND in meta.finalizers

    def _keep_owners(self, place: Place, record: Record, uids: set[str]) -> None:
        body = record.decode()
        metadata = body["metadata"]
        kept = [owner for owner in metadata["ownerReferences"] if owner["uid"] in uids]
        if kept:
            metadata["ownerReferences"] = kept
        else:
            del metadata["ownerReferences"]
        self._state.storage.put(*place, body)

    def _remove(self, place: Place, record: Record, options: JsonObject) -> None:
        resource = self._resource(place[0])
        if resource is not None:
            remove(self._state, resource, record, options)

    def _finish_uid(self, uid: str) -> None:
        place = self._graph.live.get(uid)
        if place is not None:
            self._finish(place)

    def _finish(self, place: Place) -> None:
        """Go on with the deletion of an object that waits for something."""
        meta, record = self._graph.owners.get(place), self._find(place)
        if meta is None or record is None or not meta.deletionTimestamp:
            return
        if ORPHAN in meta.finalizers:
            self._orphan(place, record, meta.uid)
        elif FOREGROUND in meta.finalizers:
            self._foreground(place, record, meta.uid)
        elif place[0] == "namespaces":
            self._empty_namespace(record.name)
        elif place[0] == crds.KEY and crds.CLEANUP in meta.finalizers:
            self._delete_instances(record)
        elif place[0] == "pods":
            self._finish_pod(place, record)

    def _orphan(self, place: Place, record: Record, uid: str) -> None:
        for dependent in list(self._graph.dependents.get(uid, ())):
            found, meta = self._find(dependent), self._graph.owners[dependent]
            if found is not None:
                kept = {owner.uid for owner in meta.ownerReferences} - {uid}
                self._keep_owners(dependent, found, kept)
        self._drop_finalizer(place, record, ORPHAN)

    def _foreground(self, place: Place, record: Record, uid: str) -> None:
        blocking = False
        for dependent in list(self._graph.dependents.get(uid, ())):
            meta = self._graph.owners[dependent]
            blocking |= any(
                item.uid == uid and item.blockOwnerDeletion
                for item in meta.ownerReferences
            )
            self._put(lambda place=dependent: self._collect(place))
        if not blocking:
            self._drop_finalizer(place, record, FOREGROUND)

    def _drop_finalizer(self, place: Place, record: Record, name: str) -> None:
        body = record.decode()
        metadata = body["metadata"]
        kept = [item for item in metadata.get("finalizers", ()) if item != name]
        if kept:
            metadata["finalizers"] = kept
        else:
            metadata.pop("finalizers", None)
        resource = self._resource(place[0])
        if resource is not None and not blocks_deletion(resource, body):
            self._state.storage.delete(*place)
        else:
            self._state.storage.put(*place, body)

    def _finish_pod(self, place: Place, record: Record) -> None:
        """End the grace period of a pod: there is no kubelet that would."""
        body = record.decode()
        metadata = body["metadata"]
        if metadata.get("finalizers"):
            return
        wait = min(
            metadata.get("deletionGracePeriodSeconds", 0),
            self._state.limits.pod_grace_seconds,
        )
        uid = metadata["uid"]
        if wait <= 0 or grace_is_over(body, self._state.clock()):
            self._state.storage.delete(*place)
        else:
            self._later(wait, lambda: self._expire(place, uid))

    def _expire(self, place: Place, uid: str) -> None:
        meta = self._graph.owners.get(place)
        if meta is not None and meta.uid == uid:
            self._state.storage.delete(*place)

    # namespaces

    def _provision_namespace(self, name: str) -> None:
        """Give a new namespace its service account and the cluster's certificate."""
        storage = self._state.storage
        if storage.find("namespaces", "", name) is None:
            return
        for key, object_name, more in (
            ("serviceaccounts", "default", {}),
            (
                "configmaps",
                "kube-root-ca.crt",
                {"data": {"ca.crt": self._state.ca_pem}},
            ),
        ):
            if storage.find(key, name, object_name) is None:
                metadata = {
                    "name": object_name,
                    "namespace": name,
                    "uid": str(uuid4()),
                    "creationTimestamp": timestamp(self._state.clock()),
                }
                storage.put(key, name, object_name, {"metadata": metadata, **more})

    def _empty_namespace(self, name: str) -> None:
        """Delete what is in a terminating namespace."""
        for resource in self._state.registry.stored():
            if resource.namespaced:
                for record in list(
                    self._state.storage.list(resource.storage_key, name)
                ):
                    if b'"deletionTimestamp"' not in record.raw or not self._is_leaving(
                        resource, record
                    ):
                        self._put(
                            lambda item=record, of=resource: self._remove_content(
                                of, item
                            )
                        )
        self._put(lambda: self._finish_namespace(name))

    def _is_leaving(self, resource: Resource, record: Record) -> bool:
        meta = self._graph.owners.get(
            (resource.storage_key, record.namespace, record.name)
        )
        return meta is not None and bool(meta.deletionTimestamp)

    def _remove_content(self, resource: Resource, record: Record) -> None:
        current = self._state.storage.find(
            resource.storage_key, record.namespace, record.name
        )
        if current is not None:
            options = {"gracePeriodSeconds": 0} if resource.kind == "Pod" else {}
            remove(self._state, resource, current, options)

    def _finish_namespace(self, name: str) -> None:
        """Remove a terminating namespace that has become empty, or say what remains."""
        place = ("namespaces", "", name)
        meta, record = self._graph.owners.get(place), self._find(place)
        if meta is None or record is None or not meta.deletionTimestamp:
            return
        remaining = self._contents(name)
        body = record.decode()
        if not remaining and not body["metadata"].get("finalizers"):
            if body.get("spec", {}).get("finalizers") in ([], ["kubernetes"], None):
                self._state.storage.delete(*place)
                return
        self._report_remaining(place, body, remaining)

    def _contents(self, name: str) -> list[tuple[Resource, list[str]]]:
        found: list[tuple[Resource, list[str]]] = []
        for resource in self._state.registry.stored():
            if resource.namespaced:
                names = [
                    record.name
                    for record in self._state.storage.list(resource.storage_key, name)
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
                meta = self._graph.owners.get((resource.storage_key, place[2], name))
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
        now = timestamp(self._state.clock())
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
            self._state.storage.put(*place, body)

    # service account tokens in secrets

    def _fill_token_secret(self, place: Place) -> None:
        record = self._find(place)
        if record is None or b"kubernetes.io/service-account-token" not in record.raw:
            return
        body = record.decode()
        annotations = body["metadata"].get("annotations") or {}
        name = annotations.get("kubernetes.io/service-account.name", "")
        account = self._state.storage.find("serviceaccounts", record.namespace, name)
        if body.get("type") != "kubernetes.io/service-account-token" or account is None:
            return
        uid = account.decode()["metadata"]["uid"]
        annotations["kubernetes.io/service-account.uid"] = uid
        body["metadata"]["annotations"] = annotations
        authenticator = self._state.authenticator
        claims = authenticator.service_account_claims(
            record.namespace, name, uid, [], 10 * 365 * 86400
        )
        body["data"] = {
            **(body.get("data") or {}),
            **_token_data(
                self._state.ca_pem, record.namespace, authenticator.issue(claims)
            ),
        }
        self._state.storage.put(*place, body)

    # definitions

    def _delete_instances(self, record: Record) -> None:
        body = record.decode()
        spec = body["spec"]
        resource = self._state.registry.find(spec["group"], spec["names"]["plural"])
        key = record.name if resource is None else resource.storage_key
        for instance in list(self._state.storage.list(key, None)):
            if resource is not None and not self._is_leaving(resource, instance):
                remove(self._state, resource, instance, {})
        self._finish_definition(record.name)

    def _finish_definition_of(self, key: str) -> None:
        if self._state.storage.find(crds.KEY, "", key) is not None:
            self._finish_definition(key)

    def _finish_definition(self, name: str) -> None:
        place = (crds.KEY, "", name)
        meta, record = self._graph.owners.get(place), self._find(place)
        if meta is None or record is None or not meta.deletionTimestamp:
            return
        if self._state.storage.count(name) == 0 and crds.CLEANUP in meta.finalizers:
            self._drop_finalizer(place, record, crds.CLEANUP)

    # aggregated roles

    def _aggregate_roles(self) -> None:
        storage = self._state.storage
        bodies = [
            (record, record.decode()) for record in storage.list(_CLUSTER_ROLES, None)
        ]
        for record, body in bodies:
            selectors = (body.get("aggregationRule") or {}).get(
                "clusterRoleSelectors"
            ) or ()
            if not selectors:
                continue
            rules: list[JsonObject] = []
            for other, part in bodies:
                labels = part["metadata"].get("labels") or {}
                if other.name != record.name and any(
                    _matches(selector, labels) for selector in selectors
                ):
                    rules += [
                        rule for rule in part.get("rules") or () if rule not in rules
                    ]
            if rules != (body.get("rules") or []):
                body["rules"] = rules
                storage.put(_CLUSTER_ROLES, "", record.name, body)


def _matches(selector: JsonObject, labels: JsonObject) -> bool:
    wanted = selector.get("matchLabels") or {}
    return bool(wanted) and all(
        labels.get(key) == value for key, value in wanted.items()
    )


def _namespace_condition(kind: str, reason: str, message: str, now: str) -> JsonObject:
    return {
        "type": kind,
        "status": "True",
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def _token_data(ca: str, namespace: str, token: str) -> JsonObject:
    import base64  # noqa: PLC0415 - one use, far from the rest

    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    return {
        "ca.crt": encoded(ca),
        "namespace": encoded(namespace),
        "token": encoded(token),
    }
