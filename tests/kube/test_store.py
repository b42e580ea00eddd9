"""The store and its readers: whatever happens, a reader ends with what the cluster has."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.kube.credentials import Credentials, TokenCredentials
from fairlead.kube.errors import KubeError
from fairlead.kube.frames import FeedState, FrameSource, RawFrame
from fairlead.kube.store import Store, StoreLimits
from fairlead.kube.subscription import Subscription
from fairlead.kube.wire import RawObject


def make_object(name: str, version: int, uid: str = "u") -> RawObject:
    raw = json.dumps(
        {"metadata": {"name": name, "uid": uid, "resourceVersion": str(version)}}
    )
    return RawObject(raw.encode(), name, "ns", uid, str(version))


async def get_token(renew: bool) -> str:
    del renew
    return "t"


CREDENTIALS: Credentials = TokenCredentials("somebody", get_token)


@dataclass
class Source:
    """A feed without a cluster."""

    store: Store
    frames: FrameSource = field(init=False)
    state: FeedState = "live"
    reason: str | None = None
    failure: KubeError | None = None
    closed: bool = False
    released: int = 0

    def __post_init__(self) -> None:
        self.frames = FrameSource(self.store)

    def release(self, subscription: Subscription) -> None:
        del subscription
        self.released += 1


class Mirror:
    """A client: applies frames as the wire contract says."""

    def __init__(self, source: Source, last_event_id: str | None = None) -> None:
        self.subscription = Subscription(source, CREDENTIALS, last_event_id)
        self.objects: dict[str, Any] = {}
        self.last_event_id = last_event_id
        self.types: list[str] = []
        self.state = "live"

    def read(self) -> None:
        while (frame := self.subscription.take()) is not None:
            self.apply(frame)

    def apply(self, frame: RawFrame) -> None:
        data = json.loads(frame.data.data)
        assert data["resourceVersion"] == frame.id
        self.types.append(data["type"])
        if data["type"] == "state":
            self.state = data["state"]
            return
        self.last_event_id = frame.id
        if data["type"] == "snapshot":
            self.objects.clear()
        for item in data.get("items", []) + data.get("upserts", []):
            self.objects[item["metadata"]["name"]] = item
        for gone in data.get("deletes", []):
            self.objects.pop(gone["name"], None)

    def reconnect(self, source: Source) -> None:
        self.subscription = Subscription(source, CREDENTIALS, self.last_event_id)


def get_expected(store: Store) -> dict[str, Any]:
    return {found.name: json.loads(found.raw) for found in store.get_objects()}


names = st.sampled_from("abcdef")
operations = st.lists(
    st.one_of(
        st.tuples(st.just("upsert"), names),
        st.tuples(st.just("delete"), names),
        st.tuples(st.just("replace"), st.sets(names)),
        st.tuples(st.just("read"), st.integers(0, 2)),
        st.tuples(st.just("reconnect"), st.integers(0, 2)),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(operations=operations, tombstones=st.integers(1, 4), versions=st.integers(1, 8))
def test_every_reader_ends_equal_to_the_store(
    operations: list[tuple[str, Any]], tombstones: int, versions: int
) -> None:
    store = Store(StoreLimits(tombstones=tombstones, versions=versions))
    store.replace([make_object("a", 1)], "1")
    source = Source(store)
    mirrors: list[Mirror] = [Mirror(source) for _ in range(3)]
    version = 1
    for operation, argument in operations:
        version += 1
        match operation:
            case "upsert":
                store.upsert(make_object(argument, version))
                store.advance(str(version))
            case "delete":
                store.delete(f"ns/{argument}")
                store.advance(str(version))
            case "replace":
                store.replace(
                    [make_object(name, version) for name in argument], str(version)
                )
            case "read":
                mirrors[int(argument)].read()
            case _:
                mirrors[int(argument)].reconnect(source)
    for mirror in mirrors:
        mirror.read()
        assert mirror.objects == get_expected(store)


def test_a_slow_reader_gets_each_object_once_with_its_newest_state() -> None:
    store = Store()
    store.replace([make_object("a", 1)], "1")
    source = Source(store)
    reader = Mirror(source)
    reader.read()
    for version in range(2, 1000):
        store.upsert(make_object("a", version))
        store.advance(str(version))
    store.upsert(make_object("b", 1000))
    store.delete("ns/b")
    store.advance("1001")
    delta = reader.subscription.take()
    assert delta is not None
    data = json.loads(delta.data.data)
    assert [item["metadata"]["resourceVersion"] for item in data["upserts"]] == ["999"]
    assert data["deletes"] == [{"namespace": "ns", "name": "b", "uid": "u"}]
    assert reader.subscription.take() is None


def test_readers_at_the_same_place_share_the_frame_itself() -> None:
    store = Store()
    store.replace([make_object("a", 1)], "1")
    source = Source(store)
    one, other = (Subscription(source, CREDENTIALS) for _ in range(2))
    assert one.take() is other.take()
    store.upsert(make_object("a", 2))
    store.advance("2")
    assert one.take() is other.take()


def test_a_known_last_event_resumes_with_a_delta_even_when_nothing_was_missed() -> None:
    store = Store()
    store.replace([make_object("a", 1), make_object("b", 2)], "2")
    store.delete("ns/b")
    store.advance("3")
    source = Source(store)
    behind, current = Mirror(source, "2"), Mirror(source, "3")
    behind.read()
    current.read()
    assert (behind.types, current.types) == (["delta"], ["delta"])


def test_an_unknown_last_event_gets_a_snapshot() -> None:
    store = Store()
    store.replace([make_object("a", 1)], "1")
    reader = Mirror(Source(store), "0")
    reader.read()
    assert reader.types == ["snapshot"]


def test_a_reader_older_than_the_remembered_deletions_gets_a_snapshot() -> None:
    store = Store(StoreLimits(tombstones=1))
    store.replace([make_object(name, 1) for name in "abc"], "1")
    source = Source(store)
    reader = Mirror(source)
    reader.read()
    for number, name in enumerate("abc"):
        store.delete(f"ns/{name}")
        store.advance(f"{number + 2}")
    reader.read()
    assert reader.types == ["snapshot", "snapshot"]
    assert reader.objects == {}


def test_a_version_that_stood_for_two_states_resumes_nobody() -> None:
    store = Store()
    store.replace([make_object("a", 1)], "7")
    store.replace([], "3")
    store.replace([make_object("a", 9)], "7")
    assert store.find_cursor("7") is None


def test_an_object_made_anew_under_its_name_is_news_although_its_version_repeats() -> (
    None
):
    store = Store()
    store.replace([make_object("a", 1, "first")], "1")
    assert store.upsert(make_object("a", 1, "second"))


def test_an_unchanged_object_is_no_news() -> None:
    store = Store()
    store.replace([make_object("a", 1)], "1")
    assert not store.upsert(make_object("a", 1))
    assert not store.delete("ns/b")


def test_readers_hear_of_a_lost_cluster_and_of_its_return() -> None:
    store = Store()
    store.replace([], "1")
    source = Source(store)
    reader = Mirror(source)
    reader.read()
    source.state, source.reason = "stale", "no route"
    reader.read()
    assert reader.state == "stale"
    source.state, source.reason = "live", None
    reader.read()
    assert reader.types == ["snapshot", "state", "state"]
    assert reader.state == "live"
