"""What the controllers share: the state, the graph of owners, and the queue."""

from __future__ import annotations

from fairlead.devcluster.deletes import remove
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.kinds import blocks_deletion
from fairlead.devcluster.ownership import Graph, Place
from fairlead.devcluster.registry import Resource
from fairlead.devcluster.state import State
from fairlead.devcluster.storage import Record
from fairlead.devcluster.workqueue import WorkQueue


class Work:
    """The tools of a controller."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.graph = Graph()
        self.queue = WorkQueue(state.clock)

    def find(self, place: Place) -> Record | None:
        """Return the live object at a place, if there is one."""
        return self.state.storage.find(*place)

    def resource(self, key: str) -> Resource | None:
        """Return the resource of a storage key, if it is served."""
        stored = self.state.registry.stored()
        return next((item for item in stored if item.storage_key == key), None)

    def is_leaving(self, resource: Resource, record: Record) -> bool:
        """Whether an object is being deleted already."""
        place = (resource.storage_key, record.namespace, record.name)
        meta = self.graph.owners.get(place)
        return meta is not None and bool(meta.deletionTimestamp)

    def remove(self, place: Place, record: Record, options: JsonObject) -> None:
        """Delete an object as the cluster itself does."""
        resource = self.resource(place[0])
        if resource is not None:
            remove(self.state, resource, record, options)

    def drop_finalizer(self, place: Place, record: Record, name: str) -> None:
        """Take a finalizer away, and the object too when it was the last."""
        body = record.decode()
        metadata = body["metadata"]
        kept = [item for item in metadata.get("finalizers", ()) if item != name]
        if kept:
            metadata["finalizers"] = kept
        else:
            metadata.pop("finalizers", None)
        resource = self.resource(place[0])
        if resource is not None and not blocks_deletion(resource, body):
            self.state.storage.delete(*place)
        else:
            self.state.storage.put(*place, body)
