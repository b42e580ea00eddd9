"""CPU time per request inside the ASGI application alone: no sockets, no server, little noise.

python bench/rpc/inprocess.py [--profile WORKLOAD]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import sys
from pathlib import Path
from time import process_time
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).parent / "peers"))

import fairlead_app
import raw_app

ITEM = (
    b'{"id":7,"name":"web","labels":{"app":"web","tier":"front","team":"a"},"ports":[{"port":80,"proto":"tcp"},'
    b'{"port":443,"proto":"tcp"}],"replicas":3,"image":"nginx:1.27","note":null}'
)
HEADERS = [
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"node"),
    (b"accept", b"*/*"),
    (b"content-type", b"application/json"),
]
BATCH = "{" + ",".join(f'"{i}":{{"name":"bob"}}' for i in range(10)) + "}"
WORKLOADS = {
    "greet": ("GET", "greet", "input=" + quote('{"name":"bob"}'), b""),
    "echo": ("POST", "echo", "", ITEM),
    "batch10": ("GET", ",".join(["greet"] * 10), "batch=1&input=" + quote(BATCH), b""),
    "list1m": ("GET", "list", "", b""),
    "models1m": ("GET", "models", "", b""),
    "structs1m": ("GET", "structs", "", b""),
    "ready1m": ("GET", "ready", "", b""),
}
SMALL = ("greet", "echo", "batch10")


async def measure(app: object, workload: str, count: int) -> float:
    method, path, query, body = WORKLOADS[workload]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200

    started = process_time()
    for _ in range(count):
        scope = {
            "type": "http", "method": method, "path": f"/trpc/{path}", "raw_path": f"/trpc/{path}".encode(),
            "query_string": query.encode(), "headers": HEADERS, "client": ("127.0.0.1", 5), "root_path": "",
        }  # fmt: skip
        await app(scope, receive, send)  # type: ignore[operator]  # an ASGI application
    return (process_time() - started) / count * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=WORKLOADS)
    arguments = parser.parse_args()
    if arguments.profile:
        profile = cProfile.Profile()
        profile.enable()
        asyncio.run(measure(fairlead_app.app, arguments.profile, 20000))
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(28)
        return
    for workload in WORKLOADS:
        count = 5000 if workload in SMALL else 30
        best = {
            name: min(asyncio.run(measure(app, workload, count)) for _ in range(5))
            for name, app in (("fairlead", fairlead_app.app), ("raw", raw_app.app))
            if workload in (*SMALL, "list1m") or name == "fairlead"
        }
        print(
            workload,
            "  ".join(f"{name} {value:.1f} us" for name, value in best.items()),
        )


if __name__ == "__main__":
    main()
