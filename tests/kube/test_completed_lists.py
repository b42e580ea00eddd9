"""Long lists of built-in kinds: sent on as they come, each item with the kind that it lacks."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kube.cluster import ConfigMap
from tests.kube.upstream import Reader, Upstream

from fairlead.devcluster import DevCluster
from fairlead.kube import Kube, completing
from fairlead.kube.completing import FIRST, LOOK_BYTES, CompletedList
from fairlead.kube.errors import KubeError, KubeProtocolError
from fairlead.kube.long_answers import PassedChunks
from fairlead.kube.objects import ListOptions, RawObjects
from fairlead.kube.resource import get_info
from fairlead.kube.shared_lists import WHOLE_BYTES
from fairlead.kube.wire import WireReader

INFO = get_info(ConfigMap)
READER = WireReader(INFO)
KINDS = '"apiVersion":"v1","kind":"ConfigMap",'
META = '"kind":"ConfigMapList","apiVersion":"v1"'
VERSION = '"metadata":{"resourceVersion":"7","continue":"","remainingItemCount":3}'
TRAP = '},{"metadata":{"name":"x"}},{'
TRICKY = [
    '{"metadata":{"name":"a"}}',
    f'{{"metadata":{{"name":"b"}},"data":{{"k":{json.dumps(TRAP)}}}}}',
    '{"metadata":{"name":"c"},"claims":[{"metadata":{"name":"x"}},{"metadata":{}},{"metadata":{}}]}',
    '{"metadata":{"name":"d"},"data":{"é€😀":"\\\\\\"}]é€😀{[","\\u00e9":"\\\\"}}',
    '{"metadata":{"name":"e"},"number":-1.50e+3,"big":12345678901234567890,"n":null}',
    '{"metadata":{"name":"f"},"open":"{{{[[[","claims":[{"metadata":{}},{"metadata":{}}]}',
]


def write_list(items: list[str], form: str = "built-in") -> bytes:
    joined = f'"items":[{",".join(items)}]'
    return {
        "built-in": f"{{{META},{VERSION},{joined}}}\n",
        "metadata last": f"{{{META},{joined},{VERSION}}}",
        "kind last": f"{{{VERSION},{joined},{META}}}",
    }[form].encode()


def complete(items: list[str]) -> bytes:
    return ",".join(f"{{{KINDS}{item[1:]}" for item in items).encode()


def pass_on(body: bytes, sizes: list[int]) -> bytes:
    """What comes out when it arrives in pieces of these sizes after its head, the last repeated."""
    at = body.index(FIRST) + len(FIRST)
    passed = CompletedList.begin(body[:at], READER)
    assert passed is not None
    sent = passed.feed(body[:at])
    number = 0
    while at < len(body):
        size = sizes[min(number, len(sizes) - 1)]
        sent += passed.feed(body[at : at + size])
        at += size
        number += 1
    return b"".join([*sent, passed.finish()])


def check(passed: bytes, items: list[str]) -> None:
    """The items byte by byte, and the list's metadata."""
    assert complete(items) in passed
    whole = json.loads(passed)
    assert len(whole["items"]) == len(items)
    assert whole["metadata"] == {
        "resourceVersion": "7",
        "continue": None,
        "remainingItemCount": 3,
        "missing": [],
    }


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little has come, it is looked at."""
    monkeypatch.setattr(completing, "LOOK_BYTES", 1)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("form", ["built-in", "metadata last", "kind last"])
def test_cut_at_any_place_it_is_the_same(form: str) -> None:
    body = write_list(TRICKY * 2, form)
    for at in range(1, len(body)):
        check(pass_on(body, [at, len(body)]), TRICKY * 2)
    for size in (1, 2, 3, 7):
        check(pass_on(body, [size]), TRICKY * 2)
    assert json.loads(pass_on(body, [5])) == json.loads(READER.rewrite_list(body))


_TEXTS = st.one_of(st.text(), st.sampled_from([TRAP, '"', "\\", "}]}", '"items":[']))
_VALUES = st.recursive(
    _TEXTS | st.integers() | st.none() | st.booleans(),
    lambda inner: (
        st.lists(inner | st.fixed_dictionaries({"metadata": inner}), max_size=4)
        | st.dictionaries(_TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)
_METADATA = st.dictionaries(st.just("labels"), _VALUES)
_ITEMS = st.tuples(_METADATA, _VALUES).map(
    lambda two: {"metadata": two[0], "x": two[1]}
)
_OTHERS = st.tuples(_VALUES, _ITEMS).map(lambda two: {"x": two[0], "metadata": two[1]})


@settings(max_examples=300, deadline=None)
@given(
    first=_ITEMS,
    others=st.lists(_ITEMS | _OTHERS),
    sizes=st.lists(st.integers(1, 400), min_size=1, max_size=8),
    escaped=st.booleans(),
)
def test_any_items_in_any_pieces_are_as_they_were(
    first: Any, others: list[Any], sizes: list[int], escaped: bool
) -> None:
    items = [
        json.dumps(item, separators=(",", ":"), ensure_ascii=escaped)
        for item in (first, *others)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(completing, "LOOK_BYTES", 1)
        check(pass_on(write_list(items), sizes), items)


def test_an_item_that_has_its_kind_keeps_it() -> None:
    named = '{"metadata":{"name":"b"},"kind":"Other"}'
    items = [TRICKY[0], named, '{"metadata":{"name":"c"},"kind":""}']
    passed = pass_on(write_list(items), [10])
    assert [item["kind"] for item in json.loads(passed)["items"]][:2] == [
        "ConfigMap",
        "Other",
    ]
    assert named.encode() in passed


def test_at_most_what_is_read_at_once_is_held_back() -> None:
    items = [
        '{"metadata":{"name":"a"},"data":{"k":"%s"},"claims":[{"metadata":{}},{"metadata":{}}]}'
        % ("x" * size)
        for size in random.Random(1).choices(range(6_000), k=300)  # noqa: S311  no secret
    ]
    body = write_list(items)
    passed = CompletedList.begin(body[:1_000], READER)
    assert passed is not None
    sent = 0
    for at in range(0, len(body), 1_000):
        sent += sum(map(len, passed.feed(body[at : at + 1_000])))
        assert at - sent < LOOK_BYTES + 7_000


@pytest.mark.usefixtures("eager")
def test_however_much_of_one_item_looks_like_the_next_it_is_read_a_few_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = 0

    class Counting(WireReader):
        def complete(self, items: Any) -> bytes:
            nonlocal read
            read += len(items)
            return super().complete(items)

    claims = ",".join(['{"metadata":{}}'] * 20_000)
    item = f'{{"metadata":{{}},"claims":[{claims}]}}'
    body = write_list([item, item])
    passed = CompletedList.begin(body[:200], Counting(INFO))
    assert passed is not None
    sent = [
        part
        for at in range(0, len(body), 200)
        for part in passed.feed(body[at : at + 200])
    ]
    check(b"".join([*sent, passed.finish()]), [item, item])
    assert read < 3 * completing.MOST_CUTS * len(body)


@pytest.mark.parametrize(
    "body",
    [
        write_list([]),
        write_list(['{"data":{},"metadata":{}}']),
        write_list(['{"kind":"ConfigMap","metadata":{}}']),
        b'{"items":null}',
        b'{"metadata":{"items":[{"metadata":{}}]},"items":[]}',
        b"<html>",
        b"",
    ],
)
def test_what_is_no_list_of_that_form_is_read_whole(body: bytes) -> None:
    assert CompletedList.begin(body, READER) is None


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("form", ["built-in", "metadata last", "kind last"])
def test_wherever_it_breaks_off_it_is_told(form: str) -> None:
    body = write_list(TRICKY, form).rstrip()
    first = body.index(b'{"metadata":{"name":"a"}')
    for end in range(first + 20, len(body)):
        with pytest.raises(KubeProtocolError):
            pass_on(body[:end], [50])


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("broken", ['{"metadata":{}', '{"metadata":3}', '{"x":1}', "3"])
def test_what_is_no_object_is_told(broken: str) -> None:
    with pytest.raises(KubeProtocolError):
        pass_on(write_list([TRICKY[0], broken, TRICKY[1]]), [10])


ITEM = '{"metadata":{"name":"a","list":[{"b":[1]}]},"data":{"text":"%s é"}}'
ITEMS = [ITEM % ("x" * 3_000)] * 200
BODY = write_list(ITEMS)
HALF = BODY[: WHOLE_BYTES + LOOK_BYTES]


async def ask(raw: RawObjects) -> PassedChunks:
    found = await raw.pass_list(INFO, "default", ListOptions())
    assert isinstance(found, PassedChunks)
    return found


async def read(raw: RawObjects) -> bytes:
    found = await ask(raw)
    assert found.size is None
    try:
        return b"".join([chunk async for chunk in found])
    finally:
        await found.aclose()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("sized", [False, True])
async def test_a_long_list_is_passed_on(packed: bool, sized: bool) -> None:
    upstream = Upstream()
    upstream.parts = [HALF, BODY[len(HALF) :]]
    upstream.packed, upstream.sized = packed, sized and not packed
    async with Reader(upstream, None) as raw:
        for _ in range(2):
            check(await read(raw), ITEMS)
    assert len(upstream.peers) == 1


async def test_the_first_items_come_before_the_last_is_sent() -> None:
    upstream = Upstream()
    upstream.parts = [HALF, None]
    async with asyncio.timeout(10), Reader(upstream, None) as raw:
        found = await ask(raw)
        chunk = await anext(found)
        assert chunk.startswith(b'{"metadata":')
        assert chunk.count(KINDS.encode()) > 10
        await found.aclose()
        await upstream.left.wait()


async def test_one_item_longer_than_any_chunk() -> None:
    items = [ITEM % ("x" * 1_000_000)]
    upstream = Upstream()
    upstream.parts = [write_list(items)]
    async with Reader(upstream, None) as raw:
        check(await read(raw), items)
        items = [ITEMS[0], *items, ITEMS[0], *items]
        upstream.parts = [write_list(items)]
        check(await read(raw), items)


async def test_a_connection_that_breaks_in_the_middle_is_told() -> None:
    upstream = Upstream()
    upstream.parts = [HALF, b"cut"]
    async with Reader(upstream, None) as raw:
        found = await ask(raw)
        with pytest.raises(KubeError):
            async for _ in found:
                pass
        await found.aclose()


@pytest.mark.parametrize("kept", [HALF, BODY[:-3]])
async def test_an_answer_that_ends_in_the_middle_is_told(kept: bytes) -> None:
    upstream = Upstream()
    upstream.parts, upstream.closes = [kept], True
    async with Reader(upstream, None) as raw:
        found = await ask(raw)
        with pytest.raises(KubeProtocolError, match="without an end"):
            async for _ in found:
                pass
        await found.aclose()


async def test_a_real_list_of_a_built_in_kind_is_passed_on() -> None:
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(cluster.kubeconfig_path) as kube,
    ):
        server = kube.acting_as_server()
        for number in range(120):
            data = {"text": "é" * 1_000, "claims": TRAP}
            await server.create(
                ConfigMap.model_validate(
                    {
                        "metadata": {"name": f"c{number:03}", "namespace": "default"},
                        "data": data,
                    }
                )
            )
        text = await read(server.raw)
        whole = await server.raw.list_(INFO, "default", ListOptions())
    assert json.loads(text) == json.loads(whole)
    names = [item["metadata"]["name"] for item in json.loads(text)["items"]]
    assert names == [*(f"c{number:03}" for number in range(120)), "kube-root-ca.crt"]
    assert all(item["kind"] == "ConfigMap" for item in json.loads(text)["items"])
