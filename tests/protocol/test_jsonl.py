from __future__ import annotations

import asyncio

from fairlead import MISSING, Deferred
from fairlead.protocol.jsonl import JsonlEncoder, has_streams


def test_plain_results_settle_in_three_lines() -> None:
    encoder = JsonlEncoder(1)

    assert encoder.encode_head() == b'{"0":[[0],[null,0,0]]}\n'
    assert encoder.encode_json(0, b'"pong"') == (
        b'[0,0,[[{"result":0}],["result",0,1]]]\n[1,0,[[{"data":0}],["data",0,2]]]\n[2,0,[["pong"]]]\n'
    )


def test_an_absent_result_is_an_empty_value() -> None:
    assert JsonlEncoder(1).encode_json(0, None).endswith(b"[2,0,[[]]]\n")
    assert JsonlEncoder(1).encode_value(0, MISSING)[0].endswith(b"[2,0,[[]]]\n")


async def test_promises_in_a_result_are_announced() -> None:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    future.set_result(7)

    lines, chunks = JsonlEncoder(1).encode_value(
        0, {"now": 1, "soon": Deferred(future)}
    )

    assert lines.endswith(b'[2,0,[[{"now":1,"soon":0}],["soon",0,3]]]\n')
    assert [chunk.id for chunk in chunks] == [3]
    assert has_streams({"soon": Deferred(future)})
    assert not has_streams({"soon": [future]})
