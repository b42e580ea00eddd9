"""A replica equals what its frames describe, whichever frames come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.kube.cluster import Widget, WidgetSpec

from fairlead.client.replica import Replica
from fairlead.kube import Delta, ObjectMeta, ObjectRef, Snapshot, StateChange
from fairlead.kube.frames import FrameSource
from fairlead.kube.store import Store
from fairlead.kube.wire import RawObject

NAMES = ["a", "b", "c"]
Cluster = dict[str, Widget]


def make_widget(name: str, version: int, uid: str) -> Widget:
    meta = ObjectMeta(name=name, namespace="n", uid=uid, resource_version=str(version))
    return Widget(metadata=meta, spec=WidgetSpec(size=version))


def make_delta(before: Cluster, after: Cluster, version: int) -> Delta[Widget]:
    upserts = [item for key, item in after.items() if before.get(key) != item]
    deletes = [
        ObjectRef(namespace="n", name=key, uid=item.metadata.uid)
        for key, item in before.items()
        if key not in after or after[key].metadata.uid != item.metadata.uid
    ]
    return Delta(
        type="delta", resource_version=str(version), upserts=upserts, deletes=deletes
    )


def make_snapshot(objects: Cluster, version: int) -> Snapshot[Widget]:
    return Snapshot(
        type="snapshot", resource_version=str(version), items=list(objects.values())
    )


WRITES = st.tuples(
    st.sampled_from(NAMES), st.sampled_from(["put", "delete", "replace"])
)
ROUNDS = st.lists(st.tuples(st.lists(WRITES, max_size=4), st.booleans()), max_size=12)


@given(ROUNDS)
def test_a_replica_equals_the_cluster_after_every_frame(
    rounds: list[tuple[list[tuple[str, str]], bool]],
) -> None:
    replica: Replica[Widget] = Replica()
    mirrored: dict[str, Widget] = {}
    cluster: Cluster = {}
    version = 0
    replica.apply(make_snapshot(cluster, version))
    for writes, is_snapshot in rounds:
        before = dict(cluster)
        for name, write in writes:
            version += 1
            known = cluster.pop(name, None)
            if write != "delete":
                fresh = known is None or write == "replace"
                uid = f"u{version}" if fresh else known.metadata.uid if known else ""
                cluster[name] = make_widget(name, version, uid)
        frame = (
            make_snapshot(cluster, version)
            if is_snapshot
            else make_delta(before, cluster, version)
        )
        for change in replica.apply(frame):
            assert mirrored.get(change.key) == change.before
            if change.after is None:
                del mirrored[change.key]
            else:
                mirrored[change.key] = change.after
        assert dict(replica) == {f"n/{name}": item for name, item in cluster.items()}
        assert mirrored == dict(replica)


def test_the_servers_own_trouble_changes_no_object() -> None:
    replica: Replica[Widget] = Replica()
    replica.apply(make_snapshot({"a": make_widget("a", 1, "u")}, 1))
    stale = StateChange(
        type="state", resource_version="1", state="stale", reason="cluster lost"
    )
    assert replica.apply(stale) == []
    assert (replica.feed, replica.reason, len(replica)) == ("stale", "cluster lost", 1)


def test_an_object_made_anew_and_deleted_again_while_nobody_looked_is_gone() -> None:
    store = Store()
    store.upsert(RawObject(b"{}", "a", "n", "seen", "1"))
    cursor = store.head
    store.delete("n/a")
    store.upsert(RawObject(b"{}", "a", "n", "never seen", "2"))
    store.delete("n/a")
    store.advance("3")
    sent = FrameSource(store).get_delta(cursor).data.data
    replica: Replica[Widget] = Replica()
    replica.apply(make_snapshot({"a": make_widget("a", 1, "seen")}, 1))
    changes = replica.apply(Delta[Widget].model_validate_json(sent))
    assert [(change.key, change.after) for change in changes] == [("n/a", None)]
    assert len(replica) == 0


def test_a_snapshot_of_what_is_there_already_changes_nothing() -> None:
    replica: Replica[Widget] = Replica()
    objects = {"a": make_widget("a", 1, "u")}
    replica.apply(make_snapshot(objects, 1))
    first = replica["n/a"]
    same = {"a": make_widget("a", 1, "u")}
    assert replica.apply(make_snapshot(same, 2)) == []
    assert replica["n/a"] is first


def test_it_is_gone_through_while_it_changes() -> None:
    replica: Replica[Widget] = Replica()
    first = {name: make_widget(name, 1, name) for name in NAMES}
    replica.apply(make_snapshot(first, 1))
    seen: list[str] = []
    for key, widget in replica.items():
        seen.append(widget.metadata.name)
        if key == "n/a":
            replica.apply(make_delta(first, {"d": make_widget("d", 2, "d")}, 2))
    assert seen == NAMES
    assert [each.metadata.name for each in replica.values()] == ["d"]
    assert list(replica) == ["n/d"]
