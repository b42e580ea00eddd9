"""Lists of several namespaces of which one is broken: the others are listed, and it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
from tests.kube.cluster import (
    Widget,
    grant,
    make_context,
    make_widget,
    prepare,
)
from tests.kube.widget_rows import App

from fairlead import TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.devcluster.faults import Faults
from fairlead.kube import Kube, MissingObjects, ResourceList, merged_lists
from fairlead.kube.client import ClientOptions
from fairlead.kube.errors import KubeError, KubeGoneError, make_status_error
from fairlead.kube.merged_lists import merge_lists
from fairlead.kube.objects import ListOptions
from fairlead.kube.scopes import Scope

Break = Callable[[Faults, str], None]

BREAKS: dict[str, tuple[Break, str, str]] = {
    "failing": (
        lambda f, place: f.fail(500, namespace=place, times=-1),
        "BAD_GATEWAY",
        "planned",
    ),
    "forbidden": (
        lambda f, place: f.fail(403, namespace=place, times=-1),
        "FORBIDDEN",
        "planned",
    ),
    "silent": (
        lambda f, place: f.delay(60, namespace=place, times=-1),
        "GATEWAY_TIMEOUT",
        "did not answer in time",
    ),
    "cut": (
        lambda f, place: f.cut(namespace=place, times=-1),
        "SERVICE_UNAVAILABLE",
        "broke off",
    ),
}
PLACES = ("team-a", "team-b", "team-c")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merged_lists, "PATIENCE", 1.0)


@pytest.fixture
async def kube(cluster: DevCluster) -> AsyncIterator[Kube]:
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path,
        identity="impersonate",
        client=ClientOptions(backoff=0.01),
    ) as kube:
        await prepare(kube.client, "team-c")
        server = kube.acting_as_server()
        for place in PLACES:
            for number in (1, 2):
                name = f"{place[-1]}{number}"
                await server.create(make_widget(name, namespace=place))
            await grant(kube.client, "bob", ["list"], place)
        yield kube


@pytest.fixture
def bob(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "bob"))


def names(listed: ResourceList[Widget]) -> list[str]:
    return [item.metadata.name for item in listed.items]


def broken(missing: list[MissingObjects]) -> dict[str, str]:
    """The codes of the namespaces that are missing."""
    return {each.namespace: each.code for each in missing if each.namespace is not None}


async def test_what_may_not_be_seen_is_told(bob: App) -> None:
    listed = await bob.widgets.list_()
    assert names(listed) == ["a1", "a2", "b1", "b2", "c1", "c2"]
    (hidden,) = listed.metadata.missing
    assert (hidden.namespace, hidden.code) == (None, "FORBIDDEN")
    assert hidden.message.startswith("Only team-a, team-b, team-c are shown: ")


async def test_of_one_namespace_or_of_all_nothing_is_missing(kube: Kube) -> None:
    ann = create_caller(App, make_context(kube, "ann"))
    await grant(kube.client, "ann", ["list"])
    for listed in (await ann.widgets.list_(), await ann.widgets.list_("team-a")):
        assert listed.metadata.missing == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("how", list(BREAKS))
async def test_the_others_are_listed_without_it(
    cluster: DevCluster, bob: App, how: str, place: str
) -> None:
    break_, code, message = BREAKS[how]
    break_(cluster.faults, place)
    async with asyncio.timeout(30):
        listed = await bob.widgets.list_()
        rows = await bob.widgets.rows.list_()
    left = [f"{each[-1]}{n}" for each in PLACES if each != place for n in (1, 2)]
    assert names(listed) == left
    assert [row.metadata.name for row in rows.items] == left
    for missing in (listed.metadata.missing, rows.metadata.missing):
        assert broken(missing) == {place: code}
        assert message in missing[-1].message
    cluster.faults.clear()
    assert broken((await bob.widgets.list_()).metadata.missing) == {}


async def read_pages(
    bob: App, limit: int | None
) -> tuple[list[str], list[MissingObjects], int]:
    """All pages: the names, what was missing, and how many there were."""
    seen: list[str] = []
    missing: list[MissingObjects] = []
    token: str | None = None
    pages = 0
    async with asyncio.timeout(30):
        while True:
            page = await bob.widgets.list_(limit=limit, continue_=token)
            assert limit is None or len(page.items) <= limit
            pages += 1
            seen += names(page)
            missing += page.metadata.missing
            token = page.metadata.continue_
            if token is None:
                return seen, missing, pages


@pytest.mark.parametrize(
    ("place", "limit"), [("team-a", 1), ("team-b", 3), ("team-b", 1), ("team-c", 10)]
)
@pytest.mark.parametrize("how", list(BREAKS))
async def test_pages_go_through_the_others(
    cluster: DevCluster, bob: App, how: str, place: str, limit: int
) -> None:
    break_, code, _ = BREAKS[how]
    break_(cluster.faults, place)
    seen, missing, _ = await read_pages(bob, limit)
    assert seen == [
        f"{each[-1]}{n}" for each in PLACES if each != place for n in (1, 2)
    ]
    assert broken(missing) == {place: code}
    assert [each.namespace for each in missing] == [None, place]


async def test_one_that_breaks_between_its_pages_lacks_the_rest(
    cluster: DevCluster, bob: App
) -> None:
    first = await bob.widgets.list_(limit=3)
    assert names(first) == ["a1", "a2", "b1"]
    BREAKS["failing"][0](cluster.faults, "team-b")
    second = await bob.widgets.list_(limit=3, continue_=first.metadata.continue_)
    assert names(second) == ["c1", "c2"]
    assert broken(second.metadata.missing) == {"team-b": "BAD_GATEWAY"}


@pytest.mark.parametrize("limit", [None, 1])
@pytest.mark.parametrize("how", list(BREAKS))
async def test_where_all_are_broken_it_is_an_error(
    cluster: DevCluster, bob: App, how: str, limit: int | None
) -> None:
    break_, code, message = BREAKS[how]
    for place in PLACES:
        break_(cluster.faults, place)
    with pytest.raises(TRPCError, match=message) as caught:
        await read_pages(bob, limit)
    assert caught.value.code == code


async def test_what_nobody_may_ask_is_an_error(bob: App) -> None:
    for limit in (None, 1):
        with pytest.raises(TRPCError, match="field label not supported") as caught:
            await bob.widgets.list_(field_selector="spec.nope=1", limit=limit)
        assert caught.value.code == "BAD_REQUEST"


# What takes a healthy cluster out of its way, asked of a function in its place.


def make_page(names: list[str], token: str | None = None) -> bytes:
    items = [{"metadata": {"name": name}} for name in names]
    return json.dumps(
        {"items": items, "metadata": {"resourceVersion": "5", "continue": token}}
    ).encode()


SCOPE = Scope(tuple(f"n{number:03}" for number in range(100)), None)


async def test_many_silent_ones_are_waited_for_at_once() -> None:
    asked = at_once = 0

    async def list_one(namespace: str, options: ListOptions) -> bytes:
        nonlocal asked, at_once
        if namespace in SCOPE.namespaces[1:31]:  # type: ignore[index]
            asked += 1
            at_once = max(at_once, asked)
            try:
                await asyncio.Event().wait()
            finally:
                asked -= 1
        return make_page([namespace])

    async with asyncio.timeout(10):
        merged = await merge_lists(SCOPE, ListOptions(), list_one)
    assert at_once == 30
    assert asked == 0
    assert len(json.loads(merged.to_json())["items"]) == 70
    assert len(merged.missing) == 30


async def test_a_page_waits_for_silent_ones_once() -> None:
    asked: list[str] = []

    async def list_one(namespace: str, options: ListOptions) -> bytes:
        asked.append(namespace)
        if namespace in ("n001", "n002"):
            await asyncio.Event().wait()
        return make_page([namespace])

    first = await merge_lists(SCOPE, ListOptions(limit=50), list_one)
    assert asked == ["n000", "n001"]
    whole = json.loads(first.to_json())
    assert broken(first.missing) == {"n001": "GATEWAY_TIMEOUT"}
    second = await merge_lists(
        SCOPE, ListOptions(limit=50, continue_=whole["metadata"]["continue"]), list_one
    )
    assert json.loads(second.to_json())["items"] == []
    token = json.loads(second.to_json())["metadata"]["continue"]
    third = await merge_lists(SCOPE, ListOptions(limit=50, continue_=token), list_one)
    assert len(json.loads(third.to_json())["items"]) == 50


async def test_a_page_that_has_expired_is_told_and_no_namespace_is_missing() -> None:
    async def list_one(namespace: str, options: ListOptions) -> bytes:
        if options.continue_ is not None:
            raise make_status_error(410, b"")
        return make_page([namespace], "more")

    first = await merge_lists(SCOPE, ListOptions(limit=1), list_one)
    token = json.loads(first.to_json())["metadata"]["continue"]
    with pytest.raises(KubeGoneError):
        await merge_lists(SCOPE, ListOptions(limit=1, continue_=token), list_one)


async def test_what_is_no_failure_of_the_cluster_ends_the_list() -> None:
    """As the end of the session is."""
    left = asyncio.Event()

    async def list_one(namespace: str, options: ListOptions) -> bytes:
        if namespace == "n003":
            raise TRPCError("UNAUTHORIZED", "The session has ended")
        try:
            await asyncio.Event().wait()
        finally:
            left.set()
        raise AssertionError

    with pytest.raises(TRPCError) as caught:
        await merge_lists(SCOPE, ListOptions(), list_one)
    assert not isinstance(caught.value, KubeError)
    await left.wait()
