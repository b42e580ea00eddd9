"""The controllers of the cluster: which write gives work to which of them."""

from __future__ import annotations

from functools import partial

from fairlead.devcluster import crds
from fairlead.devcluster.controller_work import Work
from fairlead.devcluster.garbage import Garbage
from fairlead.devcluster.namespace_life import Namespaces
from fairlead.devcluster.ownership import Meta, Place, decode_meta
from fairlead.devcluster.state import State
from fairlead.devcluster.storage import ADDED, DELETED, Event, Record
from fairlead.devcluster.upkeep import CLUSTER_ROLES, Upkeep


class Controllers:
    """The background work of one cluster."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._work = Work(state)
        self._garbage = Garbage(self._work)
        self._namespaces = Namespaces(self._work)
        self._upkeep = Upkeep(self._work)
        state.storage.listen(self._on_event)

    def start(self) -> None:
        """Look at everything that is stored, then work off the queue."""
        storage = self._state.storage
        stored = [
            (key, record)
            for key in storage.resources()
            for record in storage.scan(key, None)
        ]
        for key, record in stored:
            self._note(key, record)
        for key, record in stored:
            self._consider(key, record, created=True)
        self._work.queue.put(self._upkeep.aggregate_roles)
        self._work.queue.start()

    async def join(self) -> None:
        """Return when all work that is due has been done."""
        await self._work.queue.join()

    async def aclose(self) -> None:
        """Stop."""
        await self._work.queue.aclose()

    def _on_event(self, key: str, event: Event) -> None:
        record = event.record
        if event.kind == DELETED:
            self._on_deleted(key, record)
        else:
            self._note(key, record)
            self._consider(key, record, created=event.kind == ADDED)
        if key == CLUSTER_ROLES:
            self._work.queue.put(self._upkeep.aggregate_roles)

    def _note(self, key: str, record: Record) -> None:
        meta = decode_meta(record.raw)
        self._work.graph.add((key, record.namespace, record.name), meta)

    def _on_deleted(self, key: str, record: Record) -> None:
        place = (key, record.namespace, record.name)
        graph, queue = self._work.graph, self._work.queue
        meta = graph.owners.get(place)
        graph.remove(place)
        if meta is not None:
            for dependent in graph.dependents.get(meta.uid, ()):
                queue.put(self._garbage.collect, dependent)
            for owner in meta.ownerReferences:
                found = graph.live.get(owner.uid)
                if found is not None:
                    queue.put(self._finish, found)
        if record.namespace:
            queue.put(self._namespaces.finish, record.namespace)
        if key == "pods":
            self._state.logs.end_pod(record.namespace, record.name)
        queue.put(self._upkeep.finish_definition_of, key)

    def _consider(self, key: str, record: Record, *, created: bool) -> None:
        place = (key, record.namespace, record.name)
        meta = self._work.graph.owners[place]
        queue = self._work.queue
        if meta.deletionTimestamp:
            queue.put(self._finish, place)
            self._tell_owners(meta)
        elif meta.ownerReferences:
            queue.put(self._garbage.collect, place)
        if not created:
            return
        if key == "namespaces":
            queue.put(self._namespaces.provision, record.name)
        elif key == "secrets":
            queue.put(self._upkeep.fill_token_secret, place)
        elif key == "events":
            expire = partial(self._garbage.expire, place, meta.uid)
            queue.put_later(self._state.limits.event_ttl_seconds, expire)

    def _tell_owners(self, meta: Meta) -> None:
        for owner in meta.ownerReferences:
            found = self._work.graph.live.get(owner.uid)
            if found is not None:
                self._work.queue.put(self._finish, found)

    def _finish(self, place: Place) -> None:
        """Go on with the deletion of an object that waits for something."""
        meta, record = self._work.graph.owners.get(place), self._work.find(place)
        if meta is None or record is None or not meta.deletionTimestamp:
            return
        if self._garbage.finish(place, record, meta):
            return
        if place[0] == "namespaces":
            self._namespaces.empty(record.name)
        elif place[0] == crds.KEY and crds.CLEANUP in meta.finalizers:
            self._upkeep.delete_instances(record)
