"""core/v1 Event and events.k8s.io/v1 Event: one storage, two spellings."""

from __future__ import annotations

from fairlead.devcluster.jsontypes import JsonObject

_TO_NEW = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_TO_CORE = {new: old for old, new in _TO_NEW.items()}


def to_events_v1(event: JsonObject) -> JsonObject:
    """Return a stored (core) event as events.k8s.io/v1 shows it."""
    found = {_TO_NEW.get(key, key): value for key, value in event.items()}
    found.setdefault("eventTime", None)
    return found


def to_core(event: JsonObject) -> JsonObject:
    """Return an events.k8s.io/v1 event as it is stored."""
    found = {_TO_CORE.get(key, key): value for key, value in event.items()}
    found.setdefault("source", {})
    found.setdefault("firstTimestamp", None)
    found.setdefault("lastTimestamp", None)
    return found


def core_field(path: str) -> str:
    """Return the stored path of an events.k8s.io/v1 field."""
    head, dot, rest = path.partition(".")
    return _TO_CORE.get(head, head) + dot + rest
