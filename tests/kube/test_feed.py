"""Live feeds against a server that misbehaves: nothing is lost, and readers know how it stands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.kube.apiserver import GONE, ApiServer, Fault, Streaming, Widget
from tests.kube.conftest import QUICK

from fairlead.kube import KubeForbiddenError, KubeNotFoundError, KubeUnauthorizedError
from fairlead.kube.client import KubeClient
from fairlead.kube.credentials import Credentials, TokenCredentials
from fairlead.kube.feed import FeedTarget
from fairlead.kube.frames import RawFrame
from fairlead.kube.hub import Hub, HubOptions
from fairlead.kube.resource import get_info
from fairlead.kube.subscription import Subscription

ALL = FeedTarget(get_info(Widget))


class Reader:
    """A client that keeps what it is sent."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.sizes: dict[str, int] = {}
        self.types: list[str] = []
        self.state = "live"
        self.reason: str | None = None
        self.last_event_id: str | None = None

    async def wait(self, condition: Callable[[Reader], bool]) -> Reader:
        """Reads until the condition holds."""
        async with asyncio.timeout(10):
            while not condition(self):
                self.apply(await anext(self.subscription))
        return self

    def apply(self, frame: RawFrame) -> None:
        data: dict[str, Any] = json.loads(frame.data.data)
        self.types.append(data["type"])
        self.last_event_id = frame.id
        if data["type"] == "state":
            self.state, self.reason = data["state"], data["reason"]
            return
        if data["type"] == "snapshot":
            self.sizes.clear()
        for item in data.get("items", []) + data.get("upserts", []):
            metadata = item["metadata"]
            self.sizes[f"{metadata['namespace']}/{metadata['name']}"] = item["spec"][
                "size"
            ]
        for gone in data.get("deletes", []):
            del self.sizes[f"{gone['namespace']}/{gone['name']}"]


@pytest.fixture(params=["refused", "served"], autouse=True)
def streaming(request: pytest.FixtureRequest, api: ApiServer) -> Streaming:
    """All that is said of a feed holds whether lists come by pages or as a watch's beginning."""
    api.streaming = request.param
    return api.streaming


@pytest.fixture
def subscribe(hub: Hub, client: KubeClient) -> Callable[..., Reader]:
    def open_reader(
        target: FeedTarget = ALL,
        credentials: Credentials | None = None,
        last_event_id: str | None = None,
    ) -> Reader:
        credentials = credentials or client.server_credentials
        return Reader(hub.subscribe(target, credentials, last_event_id))

    return open_reader


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  the server has no event for it
            await asyncio.sleep(0.002)


def sees(**sizes: int) -> Callable[[Reader], bool]:
    expected = {f"a/{name}": size for name, size in sizes.items()}
    return lambda reader: reader.sizes == expected


async def test_many_readers_share_one_list_and_one_watch(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    api.put("x")
    readers = [subscribe() for _ in range(50)]
    for reader in readers:
        await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    api.put("x", 2)
    for reader in readers:
        await reader.wait(sees(x=2))
    assert (api.count("list"), api.count("watch")) == (1, 1)


async def test_same_names_in_two_namespaces_are_two_objects(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    api.put("x", namespace="a")
    api.put("x", 2, namespace="b")
    reader = subscribe()
    await reader.wait(lambda r: r.sizes == {"a/x": 1, "b/x": 2})
    await eventually(lambda: api.watches == 1)
    api.drop("x", namespace="b")
    await reader.wait(lambda r: r.sizes == {"a/x": 1})


async def test_a_deletion_during_a_broken_connection_is_not_lost(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    api.put("kept")
    api.put("gone")
    reader = subscribe()
    await reader.wait(sees(kept=1, gone=1))
    await eventually(lambda: api.watches == 1)
    api.drop("gone", silent=True)
    api.cut_watches()
    await reader.wait(sees(kept=1))
    # A slow machine may be told of the lost connection as well.
    assert [each for each in reader.types if each != "state"] == ["snapshot", "delta"]


@pytest.mark.parametrize("shape", ["event", "status"])
async def test_an_expired_version_is_recovered_from_with_deletions(
    api: ApiServer, subscribe: Callable[..., Reader], shape: str
) -> None:
    api.put("kept")
    api.put("gone")
    reader = subscribe()
    await reader.wait(sees(kept=1, gone=1))
    await eventually(lambda: api.watches == 1)
    event = {"type": "ERROR", "object": GONE}
    fault = Fault(event=event) if shape == "event" else Fault(status=410, body=GONE)
    api.faults["watch"].append(fault)
    api.drop("gone", silent=True)
    api.end_watches()
    await reader.wait(sees(kept=1))
    assert reader.types.count("snapshot") == 1


@pytest.mark.parametrize("code", [400, 403, 404, 409, 422, 500])
async def test_an_error_in_the_middle_of_a_watch_is_no_refusal(
    api: ApiServer, subscribe: Callable[..., Reader], code: int
) -> None:
    # Whether it is refused for good, the next list tells.
    api.put("x")
    reader = subscribe()
    await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    status = {"kind": "Status", "code": code, "message": "planned"}
    api.faults["watch"].append(Fault(event={"type": "ERROR", "object": status}))
    api.end_watches()
    await eventually(lambda: not api.faults["watch"])
    api.put("x", 2)
    await reader.wait(sees(x=2))


async def test_a_clean_end_goes_on_from_the_last_bookmark_without_a_list(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    api.put("x")
    reader = subscribe()
    await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    api.put("x", 2)
    await reader.wait(sees(x=2))
    api.bookmark()
    api.end_watches()
    await eventually(lambda: api.count("watch") == 2)
    api.put("x", 3)
    await reader.wait(sees(x=3))
    second = [request for step, request in api.requests if step == "watch"][1]
    assert second.query["resourceVersion"] == str(api.version - 1)
    assert second.query["allowWatchBookmarks"] == "true"
    assert api.count("list") == 1


async def test_a_watch_that_does_not_end_in_time_is_renewed_without_a_list(
    api: ApiServer, client: KubeClient
) -> None:
    options = replace(QUICK, watch_seconds=1, overdue_seconds=0.2)
    hub = Hub(client, HubOptions(feed=options))
    api.put("x")
    reader = Reader(hub.subscribe(ALL, client.server_credentials))
    await reader.wait(sees(x=1))
    await eventually(lambda: api.count("watch") == 3)
    api.put("x", 2)
    await reader.wait(sees(x=2))
    assert api.count("list") == 1
    await hub.aclose()


async def test_a_reader_resumes_with_what_it_missed(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    api.put("x")
    api.put("y")
    first, other = subscribe(), subscribe()
    await first.wait(sees(x=1, y=1))
    await first.subscription.aclose()
    await other.wait(sees(x=1, y=1))
    await eventually(lambda: api.watches == 1)
    api.drop("y")
    await other.wait(sees(x=1))
    again = subscribe(last_event_id=first.last_event_id)
    again.sizes = dict(first.sizes)
    await again.wait(sees(x=1))
    assert again.types == ["delta"]


async def test_a_token_that_expires_under_a_watch_is_renewed(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    asked: list[bool] = []

    async def get_token(renew: bool) -> str:
        asked.append(renew)
        return api.accepted_token or "" if renew else "first"

    api.accepted_token = "first"
    api.put("x")
    reader = subscribe(credentials=TokenCredentials("session", get_token))
    await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    api.accepted_token = "second"
    api.put("x", 2, silent=True)
    api.cut_watches()
    await reader.wait(sees(x=2))
    assert asked.count(True) >= 1


async def test_refused_credentials_end_a_reader_but_not_as_an_expired_session(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    async def get_token(renew: bool) -> str:
        del renew
        return "wrong"

    api.accepted_token = "right"
    reader = subscribe(credentials=TokenCredentials("session", get_token))
    with pytest.raises(KubeUnauthorizedError, match="does not accept") as caught:
        await reader.wait(sees(nothing=0))
    assert caught.value.code == "FORBIDDEN"
    assert caught.value.data["source"] == "kubernetes"


@pytest.mark.parametrize(
    ("status", "error"), [(403, KubeForbiddenError), (404, KubeNotFoundError)]
)
async def test_a_refused_list_ends_all_readers(
    api: ApiServer,
    subscribe: Callable[..., Reader],
    status: int,
    error: type[Exception],
) -> None:
    api.faults["list"].append(Fault(status=status))
    readers = [subscribe(), subscribe()]
    for reader in readers:
        with pytest.raises(error, match="planned"):
            await reader.wait(sees(nothing=0))
    # A new reader starts anew: the right may have been granted meanwhile.
    api.put("x")
    await subscribe().wait(sees(x=1))


async def test_a_right_that_is_taken_away_ends_a_running_reader(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    api.put("x")
    reader = subscribe()
    await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    api.faults["list"] += [Fault(status=403)] * 3
    api.cut_watches()
    with pytest.raises(KubeForbiddenError, match="planned"):
        await reader.wait(lambda _: False)


async def test_a_start_up_refusal_of_the_server_does_not_end_a_running_reader(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    api.put("x")
    reader = subscribe()
    await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    api.faults["list"].append(Fault(status=403))
    api.put("x", 2, silent=True)
    api.cut_watches()
    await reader.wait(sees(x=2))


@pytest.mark.parametrize("status", [403, 405])
async def test_where_watching_is_denied_lists_are_polled_and_flagged(
    api: ApiServer, subscribe: Callable[..., Reader], status: int
) -> None:
    # 405: the server of that API group has no watches at all.
    api.put("x")
    api.faults["watch"] += [Fault(status=status)] * 1000
    reader = subscribe()
    told = "list widgets.example.com but not watch"
    await reader.wait(lambda r: r.state == "stale" and told in (r.reason or ""))
    api.put("x", 2, silent=True)
    await reader.wait(sees(x=2))
    api.faults["watch"].clear()
    await reader.wait(lambda r: r.state == "live")


async def test_a_lost_cluster_is_told_and_its_return_too(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    api.put("x")
    reader = subscribe()
    await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    api.faults["list"] += [Fault(status=500)] * 20
    api.cut_watches()
    await reader.wait(lambda r: r.state == "stale")
    await reader.wait(lambda r: r.state == "live")


async def test_a_cluster_that_is_not_there_yet_is_waited_for(
    api: ApiServer, subscribe: Callable[..., Reader]
) -> None:
    api.put("x")
    api.faults["list"] += [Fault(cut=True)] * 30
    reader = subscribe()
    await reader.wait(lambda r: r.state == "stale")
    assert reader.types == ["state"]
    await reader.wait(lambda r: r.state == "live" and r.sizes == {"a/x": 1})


async def test_pages_that_expire_while_they_are_read_are_read_again(
    api: ApiServer, subscribe: Callable[..., Reader], hub: Hub
) -> None:
    for number in range(1200):
        api.put(f"w{number}")
    api.faults["list"].append(Fault(status=410, body=GONE))
    reader = subscribe()
    await reader.wait(lambda r: len(r.sizes) == 1200)
    assert hub.get_health()[0].objects == 1200


async def test_a_feed_nobody_reads_closes_after_its_linger_time(
    api: ApiServer, subscribe: Callable[..., Reader], hub: Hub
) -> None:
    api.put("x")
    reader = subscribe()
    await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    await reader.subscription.aclose()
    assert [feed.subscriptions for feed in hub.get_health()] == [0]
    await eventually(lambda: hub.get_health() == [] and api.watches == 0)


async def test_feeds_are_never_shared_between_users(
    api: ApiServer, subscribe: Callable[..., Reader], hub: Hub
) -> None:
    async def get_token(renew: bool) -> str:
        del renew
        return "t"

    api.put("x")
    for user in ("ann", "bob", "ann"):
        await subscribe(credentials=TokenCredentials(user, get_token)).wait(sees(x=1))
    assert sorted(feed.subscriptions for feed in hub.get_health()) == [1, 2]


async def test_a_closing_hub_ends_its_readers(
    api: ApiServer, subscribe: Callable[..., Reader], hub: Hub
) -> None:
    api.put("x")
    reader = subscribe()
    await reader.wait(sees(x=1))
    closing: Awaitable[None] = asyncio.ensure_future(hub.aclose())
    with pytest.raises(StopAsyncIteration):
        await reader.wait(lambda _: False)
    await closing
