"""Views: rows computed on the server, sorted, filtered and cut there, listed and watched."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from pydantic import TypeAdapter
from tests.kube.cluster import (
    TOKENS,
    Widget,
    grant,
    make_context,
    make_widget,
    opened,
    prepare,
)

from fairlead import Context, Router, TRPCError, create_caller, tracked
from fairlead.devcluster import DevCluster
from fairlead.kube import (
    Facet,
    FacetCount,
    Kube,
    ResourceRouter,
    RowFilter,
    StateChange,
    View,
    ViewDelta,
    ViewRouter,
    ViewSnapshot,
)
from fairlead.kube.counting import MAX_GROUPS, FacetQuery, RowCounter
from fairlead.kube.reviews import ReviewOptions


class WidgetRow(View[Widget]):
    """One line of a table."""

    size: int
    label: str | None

    @classmethod
    def of(cls, source: Widget) -> WidgetRow | None:
        if source.spec.color == "hidden":
            return None
        if source.spec.color == "broken":
            raise ValueError("this view cannot cope with it")
        return cls(size=source.spec.size // 10, label=source.spec.color)


class Rows(ViewRouter[Widget, WidgetRow]):
    """The table."""


class Widgets(ResourceRouter[Widget]):
    """The derived procedures."""

    rows: Rows


class App(Router[Context]):
    widgets: Widgets


Frame = ViewSnapshot[WidgetRow] | ViewDelta[WidgetRow] | StateChange
Frames = AsyncIterator[tracked[Frame]]


class Table:
    """What a client shows: rows in order, as the frames say."""

    def __init__(self) -> None:
        self.rows: list[WidgetRow] = []
        self.total = 0
        self.bytes = 0
        self.counts: list[list[FacetCount]] | None = None

    @property
    def names(self) -> list[str]:
        return [row.metadata.name for row in self.rows]

    def apply(self, frame: Frame) -> None:
        if isinstance(frame, ViewSnapshot | ViewDelta) and frame.counts is not None:
            self.counts = frame.counts
        if isinstance(frame, ViewSnapshot):
            self.rows, self.total = list(frame.items), frame.total
        elif isinstance(frame, ViewDelta):
            gone = {(each.namespace, each.name) for each in frame.deletes}
            gone |= {
                (row.metadata.namespace, row.metadata.name) for row in frame.upserts
            }
            self.rows = [
                row
                for row in self.rows
                if (row.metadata.namespace, row.metadata.name) not in gone
            ]
            for position, row in zip(frame.positions, frame.upserts, strict=True):
                self.rows.insert(position, row)
            self.total = frame.total

    async def follow(self, frames: Frames, until: list[str], total: int) -> None:
        async with asyncio.timeout(10):
            while (self.names, self.total) != (until, total):
                self.apply((await anext(frames)).data)


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with (
        DevCluster(tokens=TOKENS) as cluster,
        Kube.from_kubeconfig(
            cluster.kubeconfig_path,
            identity="impersonate",
            recheck_seconds=0.05,
            reviews=ReviewOptions(seconds=0),
        ) as kube,
    ):
        await prepare(kube.client)
        await grant(kube.client, "ann", ["list", "watch"])
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "ann"))


def colored(name: str, size: int, color: str, namespace: str = "team-a") -> Widget:
    widget = make_widget(name, size, namespace)
    widget.spec.color = color
    return widget


async def fill(kube: Kube) -> None:
    server = kube.acting_as_server()
    for widget in (
        colored("a", 30, "Blue"),
        colored("b", 10, "red"),
        colored("c", 20, "green", "team-b"),
        colored("x", 20, "hidden"),
        colored("y", 20, "broken"),
    ):
        await server.create(widget)


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


def numbers(counts: list[FacetCount]) -> dict[str, int]:
    return {" ".join(map(str, each.values)): each.count for each in counts}


async def test_rows_are_counted_by_what_each_choice_would_give(
    app: App, kube: Kube
) -> None:
    await fill(kube)
    page = await app.widgets.rows.list_(
        filters=[
            RowFilter(field="label", operator="in", value=["red", "green"]),
            RowFilter(field="size", operator="greaterThan", value=1),
        ],
        facets=[
            Facet(by=["label"]),
            Facet(by=["size"]),
            Facet(by=["size", "metadata.namespace"], step=2),
        ],
        limit=1,
    )
    assert page.counts is not None
    labels, sizes, both = page.counts
    # Not narrowed by the choice of labels; a bound on sizes is no choice, so it is one for all.
    assert numbers(labels) == {"Blue": 1, "green": 1}
    assert numbers(sizes) == {"2": 1}
    assert numbers(both) == {"2 team-b": 1}
    with pytest.raises(TRPCError, match="has no field 'colour'"):
        await app.widgets.rows.list_(facets=[Facet(by=["colour"])])


async def test_counts_follow_rows_in_the_window_or_not(app: App, kube: Kube) -> None:
    await fill(kube)
    server = kube.acting_as_server()
    table = Table()
    asked: dict[str, Any] = {"sort": ["-size"], "limit": 1, "search": "r"}
    facets = [Facet(by=["label"]), Facet(by=["size"])]
    async with (
        asyncio.timeout(10),
        opened(app.widgets.rows.watch(**asked, facets=facets)) as frames,
    ):

        async def told(*wanted: dict[str, int]) -> None:
            while tuple(numbers(each) for each in table.counts or []) != wanted:
                table.apply((await anext(frames)).data)

        await told({"red": 1, "green": 1}, {"1": 1, "2": 1})
        await server.patch(Widget, "b", "team-a", patch={"spec": {"color": "green"}})
        await told({"green": 2}, {"1": 1, "2": 1})
        await server.delete(Widget, "b", "team-a")
        await told({"green": 1}, {"2": 1})
        # What the search does not find is counted nowhere.
        await server.create(colored("d", 60, "Blue"))
        await server.create(colored("e", 50, "gray"))
        await told({"green": 1, "gray": 1}, {"2": 1, "5": 1})
        assert (table.names, table.total) == (["e"], 2)


async def test_counts_are_sent_when_they_have_changed(app: App, kube: Kube) -> None:
    server = kube.acting_as_server()
    await server.create(make_widget("a", 10))
    facets = [Facet(by=["label"])]
    async with (
        asyncio.timeout(10),
        opened(app.widgets.rows.watch(facets=facets)) as frames,
    ):
        first = (await anext(frames)).data
        assert isinstance(first, ViewSnapshot)
        assert first.counts is not None
        await server.patch(Widget, "a", "team-a", patch={"spec": {"size": 20}})
        delta = (await anext(frames)).data
        assert isinstance(delta, ViewDelta)
        assert [row.size for row in delta.upserts] == [2]
        assert delta.counts is None


def test_of_more_values_than_can_be_told_the_most_frequent_are() -> None:
    counter = RowCounter((FacetQuery(("n",), None),), [])
    for number in range(MAX_GROUPS + 1):
        counter.put(f"row-{number}", {"n": number}, set())
    counter.put("again", {"n": MAX_GROUPS}, set())
    [counts] = TypeAdapter(list[list[FacetCount]]).validate_json(counter.to_json())
    assert len(counts) == MAX_GROUPS
    assert (counts[0].values, counts[0].count) == ([MAX_GROUPS], 2)
    assert counter.take_news()
    counter.drop("again")
    counter.put("again", {"n": MAX_GROUPS}, set())
    assert not counter.take_news()


def test_steps_round_numbers_down_and_leave_the_rest() -> None:
    facet = FacetQuery(("n",), 0.5)
    values = [1.2, -0.1, 7, True, "text", None]
    groups = [facet.group({"n": value}) for value in values]
    assert groups == [b"[1]", b"[-0.5]", b"[7]", b"[true]", b'["text"]', b"[null]"]


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
