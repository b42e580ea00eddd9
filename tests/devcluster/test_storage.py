from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.devcluster.errors import DevClusterError
from fairlead.devcluster.storage import ADDED, DELETED, MODIFIED, Storage


def _body(value: str) -> dict[str, object]:
    return {"metadata": {"name": "x"}, "data": value}


def test_every_write_gets_the_next_revision_across_resources(tmp_path: Path) -> None:
    store = Storage(tmp_path / "db")
    first = store.put("a", "n", "x", _body("1"))
    second = store.put("b", "n", "x", _body("1"))
    deleted = store.delete("a", "n", "x")
    assert deleted is not None
    assert (second.revision, deleted.revision) == (
        first.revision + 1,
        first.revision + 2,
    )
    store.close()


def test_writes_survive_reopening_and_revisions_go_on(tmp_path: Path) -> None:
    store = Storage(tmp_path / "db")
    last = store.put("a", "n", "x", _body("1")).revision
    store.close()
    again = Storage(tmp_path / "db")
    found = again.find("a", "n", "x")
    assert found is not None
    assert found.revision == last
    assert again.put("a", "n", "y", _body("2")).revision == last + 1
    again.close()


def test_snapshot_shows_the_state_at_a_revision(tmp_path: Path) -> None:
    store = Storage(tmp_path / "db")
    store.put("a", "n", "x", _body("1"))
    at = store.put("a", "n", "y", _body("1")).revision
    store.put("a", "n", "x", _body("2"))
    store.delete("a", "n", "y")
    store.put("a", "n", "z", _body("1"))
    names = [
        (item.name, item.decode()["data"]) for item in store.snapshot("a", "n", at)
    ]
    assert names == [("x", "1"), ("y", "1")]
    store.close()


@pytest.mark.parametrize("recent", [1, 1000])
def test_events_are_complete_from_memory_and_from_disk(
    tmp_path: Path, recent: int
) -> None:
    store = Storage(tmp_path / "db", recent_events=recent)
    start = store.revision
    store.put("a", "n", "x", _body("1"))
    store.put("b", "n", "x", _body("1"))
    store.put("a", "n", "x", _body("2"))
    store.delete("a", "n", "x")
    events = store.events_after("a", start)
    assert [event.kind for event in events] == [ADDED, MODIFIED, DELETED]
    assert events[2].previous == events[1].record.raw
    store.close()


def test_compaction_keeps_the_live_state_and_later_history(tmp_path: Path) -> None:
    store = Storage(tmp_path / "db")
    for value in "123":
        store.put("a", "n", "x", _body(value))
    store.put("a", "n", "gone", _body("1"))
    store.delete("a", "n", "gone")
    at = store.revision
    store.mark_compacted(at)
    while store.drop_compacted(batch=2):
        pass
    store.put("a", "n", "x", _body("4"))
    assert [item.decode()["data"] for item in store.snapshot("a", "n", at)] == ["3"]
    assert [event.kind for event in store.events_after("a", at)] == [MODIFIED]
    store.close()
    again = Storage(tmp_path / "db")
    assert again.compacted == at
    again.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.write_text(
        "this is not a database, but it is long enough to look like one" * 20
    )
    with pytest.raises(DevClusterError, match="give another folder"):
        Storage(path)
