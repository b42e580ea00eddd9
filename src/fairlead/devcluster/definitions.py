"""Custom resources come and go with their definitions."""

from __future__ import annotations

import msgspec

from fairlead.devcluster import crds
from fairlead.devcluster.crd_resources import build_resource
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.state import State
from fairlead.devcluster.storage import DELETED, Event


class Definitions:
    """Keeps the registry in step with the stored definitions."""

    def __init__(self, state: State) -> None:
        self._state = state
        state.storage.listen(self._on_event)
        for record in state.storage.scan(crds.KEY, None):
            self._serve(record.decode())

    def _on_event(self, key: str, event: Event) -> None:
        if key != crds.KEY:
            return
        body = event.record.decode()
        spec = body["spec"]
        if event.kind == DELETED:
            self._state.registry.remove(spec["group"], spec["names"]["plural"])
            self._state.end_watches(event.record.name)
        else:
            self._serve(body, event)

    def _serve(self, body: JsonObject, event: Event | None = None) -> None:
        registry, spec = self._state.registry, body["spec"]
        before = registry.find(spec["group"], spec["names"]["plural"])
        if not crds.is_established(body):
            registry.remove(spec["group"], spec["names"]["plural"])
            return
        resource = build_resource(body)
        if before is not None and event is not None and _same_spec(body, event):
            before.terminating = resource.terminating
            return
        # Objects written before this definition get its defaults when they are read.
        resource.stale_before = self._state.storage.revision
        registry.add(resource)
        if before is not None:
            self._state.end_watches(resource.storage_key)


def _same_spec(body: JsonObject, event: Event) -> bool:
    if event.previous is None:
        return False

    before: JsonObject = msgspec.json.decode(event.previous)
    return bool(before["spec"] == body["spec"]) and before.get("status", {}).get(
        "acceptedNames"
    ) == body.get("status", {}).get("acceptedNames")
