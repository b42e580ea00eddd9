"""Long lists on their way: sent on as they come, in every form that API servers give them."""

from __future__ import annotations

import asyncio
import json
import random

import pytest
from tests.kube.cluster import Widget
from tests.kube.upstream import Reader, Upstream

from fairlead.kube.client import ClientOptions
from fairlead.kube.errors import KubeError, KubeProtocolError
from fairlead.kube.long_answers import PassedChunks
from fairlead.kube.objects import ListOptions, RawObjects
from fairlead.kube.passing import LONGEST_TAIL, PassedList
from fairlead.kube.resource import get_info
from fairlead.kube.shared_lists import WHOLE_BYTES
from fairlead.kube.wire import WireReader

READER = WireReader(get_info(Widget))
META = '"apiVersion":"example.com/v1"'
KIND = '"kind":"WidgetList"'
VERSION = '"metadata":{"continue":"","resourceVersion":"7"}'
ITEM = '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","list":[{"b":[1]}]},"text":"%s"}'
ITEMS = '"items":[' + ",".join([ITEM % ("x" * 300)] * 600) + "]"
FORMS = {
    "built-in": f"{{{KIND},{META},{VERSION},{ITEMS}}}",
    "custom": f"{{{META},{ITEMS},{KIND},{VERSION}}}\n",
    "items first": f"{{{ITEMS},{VERSION},{META},{KIND}}}",
    "kind last": f"{{{VERSION},{ITEMS},{META},{KIND}}}",
    "metadata alone last": f"{{{META},{KIND},{ITEMS},{VERSION}}}",
}


def pass_on(body: bytes, sizes: list[int]) -> bytes | None:
    """What comes out when it arrives in pieces of these sizes, the last of them repeated."""
    passed = PassedList.begin(body[: sizes[0]])
    if passed is None:
        return None
    sent = passed.feed(body[: sizes[0]])
    at = sizes[0]
    while at < len(body):
        size = sizes[1] if len(sizes) > 1 else sizes[0]
        ready = passed.feed(body[at : at + size])
        sent += ready
        at += size
    return b"".join([*sent, passed.finish()])


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_what_it_gives_as_a_whole(form: str) -> None:
    body = FORMS[form].encode()
    whole = json.loads(READER.rewrite_list(body))
    choose = random.Random(form)  # noqa: S311  no secret
    for _ in range(20):
        sizes = [choose.randint(20_000, len(body)), choose.randint(1_000, 100_000)]
        passed = pass_on(body, sizes)
        assert passed is not None
        found = json.loads(passed)
        assert found["metadata"] == whole["metadata"]
        assert found["items"] == whole["items"]


def test_only_what_may_be_the_tail_is_held_back() -> None:
    body = FORMS["custom"].encode()
    passed = PassedList.begin(body[:20_000])
    assert passed is not None
    sent = sum(map(len, passed.feed(body[:20_000])))
    for at in range(20_000, len(body), 500):
        sent += sum(map(len, passed.feed(body[at : at + 500])))
    assert len(body) - sent < LONGEST_TAIL + 1_000


@pytest.mark.parametrize(
    "body",
    [
        f"{{{META},{KIND},{VERSION}}}",
        "{" + ITEMS.replace('"apiVersion":"example.com/v1","kind":"Widget",', "") + "}",
        f"{{{VERSION[:-1]},{ITEMS}",
        "[" + ITEM * 100,
    ],
)
def test_what_has_to_be_looked_at_is_not_passed_on(body: str) -> None:
    assert PassedList.begin(body.encode()[:20_000]) is None


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("missing", [3, 60, 150, 5_000])
def test_a_list_that_breaks_off_is_told_or_is_no_json(form: str, missing: int) -> None:
    body = FORMS[form].rstrip().encode()[:-missing]
    try:
        passed = pass_on(body, [20_000])
    except KubeProtocolError:
        return
    assert passed is not None
    with pytest.raises(json.JSONDecodeError):
        json.loads(passed)


BODY = FORMS["built-in"].encode()
HALF = BODY[: WHOLE_BYTES + 20_000]


async def ask(raw: RawObjects) -> bytes | PassedChunks:
    return await raw.pass_list(get_info(Widget), "team-a", ListOptions())


@pytest.mark.parametrize("sized", [True, False])
async def test_a_long_list_is_passed_on_and_the_connection_kept(sized: bool) -> None:
    upstream = Upstream()
    upstream.parts, upstream.sized = [HALF, BODY[len(HALF) :]], sized
    async with Reader(upstream, None) as raw:
        for _ in range(2):
            found = await ask(raw)
            assert isinstance(found, PassedChunks)
            text = b"".join([chunk async for chunk in found])
            await found.aclose()
            assert found.size == (len(text) if sized else None)
            assert len(json.loads(text)["items"]) == 600
    assert len(upstream.peers) == 1


async def test_the_first_chunk_comes_before_the_last_is_sent() -> None:
    upstream = Upstream()
    upstream.parts = [HALF, None]
    async with Reader(upstream, None) as raw:
        found = await ask(raw)
        assert isinstance(found, PassedChunks)
        assert (await anext(found)).startswith(b'{"metadata":')
        await found.aclose()
        async with asyncio.timeout(5):
            await upstream.left.wait()


async def test_a_list_that_breaks_off_on_its_way_is_told() -> None:
    upstream = Upstream()
    upstream.parts = [HALF, b"cut"]
    async with Reader(upstream, None) as raw:
        found = await ask(raw)
        assert isinstance(found, PassedChunks)
        with pytest.raises(KubeError):
            async for _ in found:
                pass
        await found.aclose()


async def test_what_breaks_before_it_is_passed_on_is_asked_again() -> None:
    upstream = Upstream()
    upstream.parts = [BODY[:1000], b"cut"]
    async with Reader(upstream, ClientOptions(attempts=2, backoff=0.001)) as raw:
        with pytest.raises(KubeError):
            await ask(raw)
    assert upstream.asked == 2


async def test_a_silent_server_is_not_waited_for() -> None:
    upstream = Upstream()
    upstream.parts = [HALF, None]
    async with Reader(upstream, ClientOptions(request_timeout=0.1)) as raw:
        found = await ask(raw)
        assert isinstance(found, PassedChunks)
        with pytest.raises(KubeError, match="did not answer in time"):
            async for _ in found:
                pass
        await found.aclose()


async def test_beyond_the_bound_lists_are_read_whole() -> None:
    upstream = Upstream()
    upstream.parts = [BODY]
    async with Reader(upstream, ClientOptions(max_connections=1)) as raw:
        first = await ask(raw)
        assert isinstance(first, PassedChunks)
        assert isinstance(await ask(raw), bytes)
        await first.aclose()
        again = await ask(raw)
        assert isinstance(again, PassedChunks)
        await again.aclose()


async def test_a_short_list_is_sent_whole() -> None:
    upstream = Upstream()
    upstream.parts = [f'{{{META},{KIND},{VERSION},"items":[{ITEM}]}}'.encode()]
    async with Reader(upstream, None) as raw:
        found = await ask(raw)
        assert isinstance(found, bytes)
        assert len(json.loads(found)["items"]) == 1
