"""Garbage collection: what happens to an object when its owner goes, and to its owner."""

from __future__ import annotations

from functools import partial

from fairlead.devcluster.controller_work import Work
from fairlead.devcluster.deletes import FOREGROUND, ORPHAN, grace_is_over
from fairlead.devcluster.ownership import Meta, Owner, Place
from fairlead.devcluster.storage import Record


class Garbage:
    """Collects dependents, and finishes deletions that wait for them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def collect(self, place: Place) -> None:
        """Delete an object whose owners are all gone; drop single owners that are."""
        meta, record = self._work.graph.owners.get(place), self._work.find(place)
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
        self._work.remove(
            place,
            record,
            {"propagationPolicy": "Foreground"}
            if waiting and self._work.graph.dependents.get(meta.uid)
            else {},
        )

    def _owner_present(self, place: Place, owner: Owner) -> bool:
        found = self._work.graph.live.get(owner.uid)
        return found is not None and found[1] in {"", place[1]}

    def _is_foreground(self, uid: str) -> bool:
        found = self._work.graph.live.get(uid)
        if found is None:
            return False
        meta = self._work.graph.owners[found]
        return bool(meta.deletionTimestamp) and FOREGROUND in meta.finalizers

    def _keep_owners(self, place: Place, record: Record, uids: set[str]) -> None:
        body = record.decode()
        metadata = body["metadata"]
        kept = [owner for owner in metadata["ownerReferences"] if owner["uid"] in uids]
        if kept:
            metadata["ownerReferences"] = kept
        else:
            del metadata["ownerReferences"]
        self._work.state.storage.put(*place, body)

    def finish(self, place: Place, record: Record, meta: Meta) -> bool:
        """Go on with a deletion; tell whether it was this controller's business."""
        if ORPHAN in meta.finalizers:
            self._orphan(place, record, meta.uid)
        elif FOREGROUND in meta.finalizers:
            self._foreground(place, record, meta.uid)
        elif place[0] == "pods":
            self._finish_pod(place, record)
        else:
            return False
        return True

    def _orphan(self, place: Place, record: Record, uid: str) -> None:
        for dependent in list(self._work.graph.dependents.get(uid, ())):
            found, meta = self._work.find(dependent), self._work.graph.owners[dependent]
            if found is not None:
                kept = {owner.uid for owner in meta.ownerReferences} - {uid}
                self._keep_owners(dependent, found, kept)
        self._work.drop_finalizer(place, record, ORPHAN)

    def _foreground(self, place: Place, record: Record, uid: str) -> None:
        blocking = False
        for dependent in list(self._work.graph.dependents.get(uid, ())):
            meta = self._work.graph.owners[dependent]
            blocking |= any(
                item.uid == uid and item.blockOwnerDeletion
                for item in meta.ownerReferences
            )
            self._work.queue.put(self.collect, dependent)
        if not blocking:
            self._work.drop_finalizer(place, record, FOREGROUND)

    def _finish_pod(self, place: Place, record: Record) -> None:
        """End the grace period of a pod: there is no kubelet that would."""
        body = record.decode()
        metadata = body["metadata"]
        if metadata.get("finalizers"):
            return
        wait = min(
            metadata.get("deletionGracePeriodSeconds", 0),
            self._work.state.limits.pod_grace_seconds,
        )
        uid = metadata["uid"]
        if wait <= 0 or grace_is_over(body, self._work.state.clock()):
            self._work.state.storage.delete(*place)
        else:
            self._work.queue.put_later(wait, partial(self.expire, place, uid))

    def expire(self, place: Place, uid: str) -> None:
        """Delete an object whose time is over, unless it has been replaced."""
        meta = self._work.graph.owners.get(place)
        if meta is not None and meta.uid == uid:
            self._work.state.storage.delete(*place)
