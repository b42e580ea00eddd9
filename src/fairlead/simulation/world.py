"""What is seen of the cluster, indexed as the simulation asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairlead.simulation import labels
from fairlead.simulation.objects import (
    JsonObject,
    Kind,
    Ref,
    label,
    objects,
    ref_of,
    text,
)

_CHILDREN = (labels.TASK_RUN, labels.APPROVAL_TASK)
_OWNED = (labels.REPLICA_SET, labels.POD)


class World:
    """The latest state of every object of the watched kinds.

    Most objects are as they will stay: a run that is over, a deployment that has rolled out. Who
    finds that nothing follows from one settles it, and is not shown it again before it changes, or
    something that it controls does.
    """

    def __init__(self) -> None:
        self._objects: dict[Kind, dict[Ref, JsonObject]] = {}
        self._unsettled: dict[Kind, dict[Ref, JsonObject]] = {}
        self._refs: dict[str, Ref] = {}
        self._changes: dict[Kind, int] = {}
        self._children: dict[tuple[Kind, str, str], dict[str, JsonObject]] = {}
        self._owned: dict[tuple[Kind, str], dict[Ref, JsonObject]] = {}

    def replace(self, kind: Kind, values: Iterable[JsonObject]) -> None:
        """Takes the answer of a list as all there is of a kind."""
        for value in list(self.of(kind)):
            self.remove(value)
        for value in values:
            self.put(value)

    def put(self, value: JsonObject) -> None:
        """Takes an object as it now is."""
        ref = ref_of(value)
        self._objects.setdefault(ref.kind, {})[ref] = value
        if ref.kind in _CHILDREN:
            key = (ref.kind, ref.namespace, label(value, labels.RUN_LABEL))
            self._children.setdefault(key, {})[ref.name] = value
        if ref.kind in _OWNED:
            self._owned.setdefault((ref.kind, controller_uid(value)), {})[ref] = value
        self._refs[text(value, "metadata", "uid")] = ref
        self._unsettled.setdefault(ref.kind, {})[ref] = value
        self._note(ref, value)

    def _note(self, ref: Ref, value: JsonObject) -> None:
        """Something has changed, for what controls it too."""
        self._changes[ref.kind] = self.changes(ref.kind) + 1
        uid = controller_uid(value)
        owner = self._refs.get(uid) if uid else None
        found = self.find(owner) if owner is not None else None
        if owner is not None and found is not None:
            self._unsettled.setdefault(owner.kind, {})[owner] = found

    def remove(self, value: JsonObject) -> None:
        """Takes an object as gone."""
        ref = ref_of(value)
        self._objects.get(ref.kind, {}).pop(ref, None)
        self._unsettled.get(ref.kind, {}).pop(ref, None)
        self._refs.pop(text(value, "metadata", "uid"), None)
        self._note(ref, value)
        owned = self._owned.get((ref.kind, controller_uid(value)))
        if owned is not None:
            owned.pop(ref, None)
            if not owned:
                del self._owned[ref.kind, controller_uid(value)]
        key = (ref.kind, ref.namespace, label(value, labels.RUN_LABEL))
        children = self._children.get(key)
        if children is not None:
            children.pop(ref.name, None)
            if not children:
                del self._children[key]

    def of(self, kind: Kind) -> Iterable[JsonObject]:
        """All objects of a kind."""
        return self._objects.get(kind, {}).values()

    def unsettled(self, kind: Kind) -> list[JsonObject]:
        """Those of a kind from which something may follow."""
        return list(self._unsettled.get(kind, {}).values())

    def settle(self, value: JsonObject) -> None:
        """Takes note that nothing follows from an object as it is."""
        ref = ref_of(value)
        self._unsettled.get(ref.kind, {}).pop(ref, None)

    def changes(self, kind: Kind) -> int:
        """How often objects of a kind have changed."""
        return self._changes.get(kind, 0)

    def find(self, ref: Ref) -> JsonObject | None:
        """An object; None where there is none."""
        return self._objects.get(ref.kind, {}).get(ref)

    def find_beside(
        self, value: JsonObject, kind: Kind, name: str
    ) -> JsonObject | None:
        """An object of another kind in the same namespace; None where there is none."""
        return self.find(Ref(kind, text(value, "metadata", "namespace"), name))

    def children(self, run: JsonObject, kind: Kind) -> Mapping[str, JsonObject]:
        """The task runs or approvals of a pipeline run, by name; only those of this very run."""
        namespace, name = (
            text(run, "metadata", "namespace"),
            text(run, "metadata", "name"),
        )
        return self._children.get((kind, namespace, name), {})

    def owned(self, owner: JsonObject, kind: Kind) -> list[JsonObject]:
        """The replica sets or pods that an object controls."""
        uid = text(owner, "metadata", "uid")
        return list(self._owned.get((kind, uid), {}).values())

    def version(self, ref: Ref) -> str:
        """The version an object was last seen in; empty where there is none."""
        found = self.find(ref)
        return "" if found is None else text(found, "metadata", "resourceVersion")


def controller_uid(value: JsonObject) -> str:
    """The uid of the object that controls another; empty where there is none."""
    for each in objects(value, "metadata", "ownerReferences"):
        if each.get("controller") is True:
            return text(each, "uid")
    return ""


def is_leaving(value: JsonObject) -> bool:
    """Whether an object is being deleted."""
    return bool(text(value, "metadata", "deletionTimestamp"))
