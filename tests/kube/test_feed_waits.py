"""How long feeds wait, and for what: servers that close at once, that ask for time, tokens that fail."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from msgspec import structs
from tests.kube.apiserver import ApiServer, Fault, Streaming
from tests.kube.conftest import QUICK
from tests.kube.test_feed import ALL, Reader, eventually, sees

from fairlead import TRPCError
from fairlead.kube import KubeUnauthorizedError
from fairlead.kube.client import ClientOptions, KubeClient
from fairlead.kube.credentials import TokenCredentials
from fairlead.kube.hub import Hub, HubOptions


@pytest.fixture(params=["refused", "served"], autouse=True)
def streaming(request: pytest.FixtureRequest, api: ApiServer) -> Streaming:
    """By pages, and as a watch's beginning."""
    api.streaming = request.param
    return api.streaming


async def test_a_server_whose_watches_end_at_once_is_asked_ever_less_often(
    api: ApiServer, client: KubeClient
) -> None:
    api.put("x")
    options = replace(QUICK, first_wait=0.02, max_wait=60)
    hub = Hub(client, HubOptions(feed=options))
    reader = Reader(hub.subscribe(ALL, client.server_credentials))
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def end_all() -> None:
        while True:
            api.end_watches()
            if api.count("list") > len(times):
                times.append(loop.time())
            await asyncio.sleep(0.001)

    ending = loop.create_task(end_all())
    await reader.wait(sees(x=1))
    await eventually(lambda: len(times) == 6)
    ending.cancel()
    # The fifth wait is at least half of what four doublings make of the first.
    assert times[5] - times[4] >= 0.02 * 2**3 / 2 * 0.9
    await hub.aclose()


async def test_a_server_that_asks_for_time_is_given_it(api: ApiServer) -> None:
    api.put("x")
    options = replace(QUICK, max_wait=0.3)
    async with KubeClient(api.config, ClientOptions(max_retry_wait=0.1)) as client:
        hub = Hub(client, HubOptions(feed=options))
        reader = Reader(hub.subscribe(ALL, client.server_credentials))
        await reader.wait(sees(x=1))
        await eventually(lambda: api.watches == 1)
        busy = Fault(status=429, headers={"Retry-After": "0.3"})
        api.faults["list"].append(busy)
        loop = asyncio.get_running_loop()
        started = loop.time()
        api.put("x", 2, silent=True)
        api.cut_watches()
        await reader.wait(sees(x=2))
        assert loop.time() - started >= 0.3
        await hub.aclose()


async def test_a_token_that_cannot_be_had_for_a_moment_is_waited_for(
    api: ApiServer, hub: Hub
) -> None:
    troubles: list[TRPCError] = []

    async def get_token(renew: bool) -> str:
        del renew
        if troubles:
            raise troubles.pop()
        return "t"

    api.put("x")
    reader = Reader(hub.subscribe(ALL, TokenCredentials("session", get_token)))
    await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    troubles += [TRPCError("SERVICE_UNAVAILABLE", "The provider is away")] * 5
    api.put("x", 2, silent=True)
    api.cut_watches()
    await reader.wait(sees(x=2))
    assert troubles == []


async def test_a_session_that_has_ended_is_told_as_such(
    api: ApiServer, hub: Hub
) -> None:
    ended: list[bool] = []

    async def get_token(renew: bool) -> str:
        del renew
        if ended:
            raise TRPCError("UNAUTHORIZED", "Your session has ended")
        return "t"

    api.put("x")
    reader = Reader(hub.subscribe(ALL, TokenCredentials("session", get_token)))
    await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    ended.append(True)
    api.cut_watches()
    with pytest.raises(TRPCError, match="Your session has ended") as caught:
        await reader.wait(lambda _: False)
    assert caught.value.code == "UNAUTHORIZED"


async def test_a_server_that_has_just_started_may_not_know_its_users_yet(
    api: ApiServer, hub: Hub, client: KubeClient
) -> None:
    # Its authenticators (OIDC, webhooks) come up after it has begun to answer.
    api.put("x")
    reader = Reader(hub.subscribe(ALL, client.server_credentials))
    await reader.wait(sees(x=1))
    await eventually(lambda: api.watches == 1)
    api.faults["list"] += [Fault(status=401)] * 4  # each request is tried twice
    api.put("x", 2, silent=True)
    api.cut_watches()
    await reader.wait(sees(x=2))
    api.accepted_token = "another"
    api.cut_watches()
    with pytest.raises(KubeUnauthorizedError, match="does not accept"):
        await reader.wait(lambda _: False)


async def test_a_list_that_is_polled_is_back_at_its_pace_after_failures(
    api: ApiServer, client: KubeClient
) -> None:
    options = replace(QUICK, first_wait=0.001, max_wait=3600, poll_seconds=0.001)
    hub = Hub(client, HubOptions(feed=options))
    polled = structs.replace(ALL, polled=True)
    reader = Reader(hub.subscribe(polled, client.server_credentials))
    api.put("x", 0)
    await reader.wait(sees(x=0))
    for size in range(1, 25):  # doubled each time, the last wait would be of hours
        api.faults["list"].append(Fault(status=500))
        await eventually(lambda: not api.faults["list"])
        api.put("x", size)
        await reader.wait(sees(x=size))
    await hub.aclose()
