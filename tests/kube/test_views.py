"""Views: rows computed on the server, sorted, filtered and cut there, listed and watched."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from pydantic import ConfigDict
from tests.kube.cluster import (
    Widget,
    grant,
    make_context,
    make_widget,
    opened,
)
from tests.kube.widget_rows import (
    App,
    Table,
    colored,
    fill,
    serve_widgets,
)

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.kube import (
    Facet,
    Kube,
    KubeProtocolError,
    ResourceRouter,
    RowFilter,
    StateChange,
    View,
    ViewDelta,
    ViewRouter,
    ViewSnapshot,
)
from fairlead.kube.deriving import DerivedSource, Merge
from fairlead.kube.feed import Feed, FeedOptions, FeedTarget
from fairlead.kube.resource import get_info
from fairlead.kube.wire import RawObject


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with serve_widgets() as kube:
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "ann"))


async def test_rows_are_listed_sorted_and_paged(app: App, kube: Kube) -> None:
    await fill(kube)
    page = await app.widgets.rows.list_(sort=["-size"], limit=2)
    assert [(row.metadata.name, row.size) for row in page.items] == [("a", 3), ("c", 2)]
    assert (page.total, page.metadata.remaining_item_count) == (3, 1)
    page = await app.widgets.rows.list_(sort=["-size"], limit=2, offset=2)
    assert [row.metadata.name for row in page.items] == ["b"]
    assert page.metadata.remaining_item_count == 0


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ([RowFilter(field="label", value="red")], ["b"]),
        ([RowFilter(field="label", operator="notEquals", value="red")], ["a", "c"]),
        (
            [RowFilter(field="label", operator="in", value=["red", "green"])],
            ["b", "c"],
        ),
        ([RowFilter(field="label", operator="contains", value="BLU")], ["a"]),
        ([RowFilter(field="size", operator="greaterThan", value=1)], ["a", "c"]),
        ([RowFilter(field="size", operator="lessThan", value=2)], ["b"]),
        ([RowFilter(field="size", operator="lessThan", value="2")], []),
        ([RowFilter(field="metadata.namespace", value="team-b")], ["c"]),
        ([RowFilter(field="label", operator="exists", value=False)], []),
    ],
)
async def test_rows_are_filtered_on_the_server(
    app: App, kube: Kube, conditions: list[RowFilter], names: list[str]
) -> None:
    await fill(kube)
    found = await app.widgets.rows.list_(filters=conditions)
    assert [row.metadata.name for row in found.items] == names
    assert found.total == len(names)


async def test_a_search_looks_into_all_texts(app: App, kube: Kube) -> None:
    await fill(kube)
    found = await app.widgets.rows.list_(search="GREE")
    assert [row.metadata.name for row in found.items] == ["c"]
    found = await app.widgets.rows.list_(search="team-b")
    assert [row.metadata.name for row in found.items] == ["c"]


async def test_an_unknown_field_is_refused_with_those_there_are(app: App) -> None:
    with pytest.raises(TRPCError, match="has no field 'colour': it has label") as error:
        await app.widgets.rows.list_(sort=["-colour"])
    assert error.value.code == "BAD_REQUEST"
    with pytest.raises(TRPCError, match="has no field 'nope'"):
        await anext(app.widgets.rows.watch(filters=[RowFilter(field="nope")]))


async def test_a_window_follows_what_enters_leaves_and_moves(
    app: App, kube: Kube
) -> None:
    await fill(kube)
    server = kube.acting_as_server()
    table = Table()
    async with opened(app.widgets.rows.watch(sort=["-size"], limit=2)) as frames:
        await table.follow(frames, ["a", "c"], 3)
        await server.create(colored("d", 90, "red"))
        await table.follow(frames, ["d", "a"], 4)
        await server.delete(Widget, "d", "team-a")
        await table.follow(frames, ["a", "c"], 3)
        await server.patch(Widget, "b", "team-a", patch={"spec": {"size": 99}})
        await table.follow(frames, ["b", "a"], 3)
        await server.patch(Widget, "b", "team-a", patch={"spec": {"color": "hidden"}})
        await table.follow(frames, ["a", "c"], 2)
        # Outside of the window only the total changes.
        await server.create(make_widget("e", 1))
        await table.follow(frames, ["a", "c"], 3)


async def test_a_change_that_no_row_shows_is_not_sent(app: App, kube: Kube) -> None:
    server = kube.acting_as_server()
    await server.create(make_widget("a", 10))
    async with (
        asyncio.timeout(10),
        opened(app.widgets.rows.watch(limit=5)) as frames,
    ):
        await anext(frames)
        await server.patch(Widget, "a", "team-a", patch={"spec": {"size": 11}})
        await server.patch(Widget, "a", "team-a", patch={"spec": {"size": 20}})
        delta = (await anext(frames)).data
        assert isinstance(delta, ViewDelta)
        assert [row.size for row in delta.upserts] == [2]


async def test_a_window_resumes_from_the_last_frame(app: App, kube: Kube) -> None:
    await fill(kube)
    server = kube.acting_as_server()
    rows = app.widgets.rows
    async with (
        asyncio.timeout(10),
        opened(rows.watch(sort=["size"], limit=2)) as kept,
    ):
        table = Table()
        first = await anext(kept)
        table.apply(first.data)
        await server.create(colored("d", 1, "red"))
        await anext(kept)
        again = rows.watch(sort=["size"], limit=2, last_event_id=first.id)
        async with opened(again) as frames:
            missed = (await anext(frames)).data
            assert isinstance(missed, ViewDelta)
            table.apply(missed)
            assert (table.names, table.total) == (["d", "b"], 4)


async def test_everybody_who_asks_the_same_shares_the_work(
    app: App, kube: Kube
) -> None:
    await fill(kube)
    async with (
        asyncio.timeout(10),
        opened(app.widgets.rows.watch(sort=["size"])) as one,
        opened(app.widgets.rows.watch(sort=["size"])) as two,
        opened(app.widgets.rows.watch(sort=["-size"], limit=1)) as three,
    ):
        for frames in (one, two, three):
            await anext(frames)
        [health] = kube.hub.get_health()
        assert health.watches <= 1
        assert health.lists == 1


async def test_partial_rights_give_the_rows_of_what_may_be_seen(
    kube: Kube,
) -> None:
    await fill(kube)
    await grant(kube.client, "bob", ["list", "watch"], "team-b")
    bob = create_caller(App, make_context(kube, "bob"))
    found = await bob.widgets.rows.list_()
    assert [row.metadata.name for row in found.items] == ["c"]
    table = Table()
    async with (
        asyncio.timeout(10),
        opened(bob.widgets.rows.watch(sort=["size"], limit=5)) as frames,
    ):
        await table.follow(frames, ["c"], 1)
        told = (await anext(frames)).data
        assert isinstance(told, StateChange)
        assert "Only team-b" in (told.reason or "")
        await grant(kube.client, "bob", ["list", "watch"], "team-a")
        await table.follow(frames, ["b", "c", "a"], 3)


async def test_frames_come_no_faster_than_asked(app: App, kube: Kube) -> None:
    server = kube.acting_as_server()
    rows = app.widgets.rows
    slow = cast("Any", rows.watch(max_frames_per_second=0.001))
    budget = cast("Any", rows.watch(max_bytes_per_second=0.001))
    async with asyncio.timeout(10), opened(rows.watch()) as quick:
        for frames in (quick, slow, budget):
            await anext(frames)
        await server.create(make_widget("a", 10))
        await anext(quick)
        for frames in (slow, budget):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(frames), 0.05)
            await frames.aclose()


async def test_any_window_equals_the_sorted_list_after_any_changes(
    app: App, kube: Kube
) -> None:
    chance = random.Random(3)  # noqa: S311  repeatable is what is wanted
    server = kube.acting_as_server()
    wanted: list[dict[str, Any]] = [
        {"sort": ["-size", "label"], "limit": 3},
        {"sort": ["label"], "offset": 2, "limit": 4, "facets": [Facet(by=["label"])]},
        {"sort": ["size"], "search": "re"},
        {"filters": [RowFilter(field="size", operator="greaterThan", value=2)]},
    ]
    tables = [Table() for _ in wanted]
    streams = [app.widgets.rows.watch(**options) for options in wanted]
    try:
        names: set[str] = set()
        for _ in range(80):
            name = f"w{chance.randrange(9)}"
            color = chance.choice(["red", "green", "hidden", "gray"])
            size = chance.randrange(60)
            if name not in names:
                await server.create(colored(name, size, color))
                names.add(name)
            elif chance.random() < 0.3:
                await server.delete(Widget, name, "team-a")
                names.discard(name)
            else:
                spec: Any = {"size": size, "color": color}
                await server.patch(Widget, name, "team-a", patch={"spec": spec})
        for options, table, frames in zip(wanted, tables, streams, strict=True):
            listed = await app.widgets.rows.list_(**options)
            expected = [row.metadata.name for row in listed.items]
            await table.follow(frames, expected, listed.total)
            assert table.counts == listed.counts
            assert [(row.size, row.label) for row in table.rows] == [
                (row.size, row.label) for row in listed.items
            ]
    finally:
        for frames in streams:
            await cast("Any", frames).aclose()


class Doubled(View[Widget]):
    """A row as an application's next version computes it; some are no JSON."""

    model_config = ConfigDict(ser_json_inf_nan="constants")

    size: float
    label: str | None

    @classmethod
    def of(cls, source: Widget) -> Doubled:
        size = source.spec.size * 2
        return cls(size=float("nan") if size == 26 else size, label="new")


class DoubledRows(ViewRouter[Widget, Doubled]):
    """The table of the next version."""


class NextWidgets(ResourceRouter[Widget]):
    """The derived procedures."""

    rows: DoubledRows


class NextApp(Router[Context]):
    widgets: NextWidgets


async def test_rows_that_other_code_has_computed_are_not_resumed_from(
    app: App, kube: Kube
) -> None:
    # As in a rolling update: the new server has watched long enough to know the version.
    await fill(kube)
    async with (
        asyncio.timeout(10),
        Kube(kube.client.config, identity="impersonate") as other,
        opened(app.widgets.rows.watch()) as old,
    ):
        following = create_caller(NextApp, make_context(other, "ann"))
        async with opened(following.widgets.rows.watch()) as others:
            await anext(others)
            await anext(old)
            await kube.acting_as_server().create(make_widget("z", 10))
            seen = await anext(old)
            assert (await anext(others)).data.type == "delta"
            resumed = following.widgets.rows.watch(last_event_id=seen.id)
            async with opened(resumed) as frames:
                first = (await anext(frames)).data
        assert isinstance(first, ViewSnapshot)
        assert {row.label for row in first.items} == {"new"}


async def test_a_row_that_is_no_json_is_left_out(
    kube: Kube, caplog: pytest.LogCaptureFixture
) -> None:
    following = create_caller(NextApp, make_context(kube, "ann"))
    server = kube.acting_as_server()
    async with (
        asyncio.timeout(10),
        opened(following.widgets.rows.watch(sort=["size"])) as rows,
        opened(following.widgets.watch()) as objects,
    ):
        await anext(rows)
        await anext(objects)
        for name, size in (("bad", 13), ("good", 1)):
            await server.create(make_widget(name, size))
        found = (await anext(rows)).data
        assert isinstance(found, ViewDelta)
        assert [row.metadata.name for row in found.upserts] == ["good"]
        assert (await anext(objects)).data.type == "delta"
    assert "Doubled could not be computed of team-a/bad" in caplog.text


class Breaking(Merge):
    """A step that does not cope with one object."""

    def put(self, found: RawObject) -> None:
        if found.name == "bad":
            raise RuntimeError("planned")
        super().put(found)


async def test_a_step_that_breaks_leaves_what_is_below_to_others(kube: Kube) -> None:
    server = kube.acting_as_server()
    source = Feed(
        kube.client, FeedTarget(get_info(Widget)), FeedOptions(), lambda _: None
    )
    feed = source.subscribe(server.credentials)
    derived = DerivedSource(
        [("", lambda: source)], Breaking, FeedOptions(), lambda _: None
    )
    reader = derived.subscribe(server.credentials)
    async with asyncio.timeout(10):
        assert (await anext(reader)).data.data.startswith(b'{"type":"snapshot"')
        await anext(feed)
        await server.create(make_widget("bad"))
        with pytest.raises(KubeProtocolError, match="The view broke: planned"):
            await anext(reader)
        assert b'"name":"bad"' in (await anext(feed)).data.data
    await derived.aclose()
    await source.aclose()
