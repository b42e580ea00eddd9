"""Rows of a view counted by fields: what each choice of a filter would leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import TypeAdapter
from tests.kube.cluster import (
    Widget,
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

from fairlead import TRPCError, create_caller
from fairlead.kube import (
    Facet,
    FacetCount,
    Kube,
    RowFilter,
    ViewDelta,
    ViewSnapshot,
)
from fairlead.kube.counting import MAX_GROUPS, FacetQuery, RowCounter


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with serve_widgets() as kube:
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "ann"))


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
