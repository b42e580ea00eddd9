"""One WebSocket case: its steps, and the frames that came."""

import asyncio
import base64
import json

import websockets
from wire_json import encode_json, parse_or_keep

TIMEOUT = 8.0
SETTLE = 0.08  # wait this long for WebSocket frames nobody expects


async def run_ws(base, case):
    spec = case["ws"]
    frames, state = [], {"pings": 0, "closed": False}
    news = asyncio.Condition()

    async def reader(socket):
        try:
            async for frame in socket:
                async with news:
                    if frame == "PING":
                        state["pings"] += 1
                    else:
                        frames.append(
                            parse_or_keep(frame)
                            if isinstance(frame, str)
                            else {"binary": len(frame)}
                        )
                    news.notify_all()
        except websockets.ConnectionClosed:
            pass
        async with news:
            state["closed"] = True
            news.notify_all()

    async def until(predicate):
        async with news:
            try:
                await asyncio.wait_for(news.wait_for(predicate), TIMEOUT / 2)
            except asyncio.TimeoutError:
                pass  # what is missing shows in the comparison

    url = "ws" + base.removeprefix("http") + spec["path"]
    async with websockets.connect(
        url, additional_headers=spec.get("headers"), ping_interval=None, close_timeout=1
    ) as socket:
        task, wanted = asyncio.create_task(reader(socket)), 0
        for step in spec["steps"]:
            if "send" in step:
                await socket.send(encode_json(step["send"]))
            elif "text" in step:
                await socket.send(step["text"])
            elif "binary" in step:
                await socket.send(base64.b64decode(step["binary"]))
            elif "expect" in step:
                wanted += step["expect"]
                await until(lambda: len(frames) >= wanted or state["closed"])
            elif "expect_ping" in step:
                await until(lambda: state["pings"] or state["closed"])
            elif "expect_close" in step:
                await until(lambda: state["closed"])
            elif "sleep" in step:
                await asyncio.sleep(step["sleep"] / 1000)
        await asyncio.sleep(SETTLE)
        closed = state["closed"]
    task.cancel()
    return {
        "ws": frames if case.get("ordered") else by_id(frames),
        "closed by server": closed,
        **({"pings": bool(state["pings"])} if case.get("pings") else {}),
    }


def by_id(frames):
    """Only the order of frames with one id is part of the contract."""
    groups = {}
    for frame in frames:
        key = (
            json.dumps(frame.get("id", "<none>"))
            if isinstance(frame, dict)
            else "<not an object>"
        )
        groups.setdefault(key, []).append(frame)
    return groups
