"""Event: what a controller told about an object."""

from pydantic import AwareDatetime

from fairlead.kube import KubeModel, Resource


class InvolvedObject(KubeModel):
    """What an event is about."""

    kind: str | None = None
    name: str | None = None
    namespace: str | None = None
    uid: str | None = None


class Event(Resource, group="", version="v1", plural="events"):
    """What a controller told about an object."""

    involved_object: InvolvedObject
    type: str | None = None
    reason: str | None = None
    message: str | None = None
    count: int | None = None
    first_timestamp: AwareDatetime | None = None
    last_timestamp: AwareDatetime | None = None
    event_time: AwareDatetime | None = None
