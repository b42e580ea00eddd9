"""Serves the conformance router with all its mounts on one port.

python -m tests.conformance.serve --port 4200 [--server uvicorn|granian]
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace

import uvicorn
from granian import Granian
from granian.constants import Interfaces
from tests.conformance.kit_context import format_error, response_meta
from tests.conformance.router import App

from fairlead.asgi import Fairlead
from fairlead.asgi.types import Receive, Scope, Send
from fairlead.asgi.uvicorn_websocket import (
    DirectHttpProtocol,
    DirectWebSocketProtocol,
)
from fairlead.protocol import (
    JsonlOptions,
    KeepAlive,
    Limits,
    SseOptions,
    SuperJson,
    WireOptions,
)

__all__ = ["app"]

LIMITS = Limits(batch_size=10, body_bytes=65536)
DEFAULTS = WireOptions(
    limits=LIMITS,
    format_error=format_error,
    response_meta=response_meta,
    show_internal_messages=True,
)


def _derive(**changes: object) -> WireOptions:
    return replace(DEFAULTS, **changes)  # type: ignore[arg-type]  # fields by name


MOUNTS: dict[str, WireOptions] = {
    "trpc": DEFAULTS,
    "superjson": _derive(transformer=SuperJson()),
    "alt": _derive(
        path_separator="~",
        allow_method_override=True,
        jsonl=JsonlOptions(content_type="application/x-ndjson"),
    ),
    "nobatch": _derive(allow_batching=False, sse=SseOptions(enabled=False)),
    "timed": _derive(
        sse=SseOptions(
            ping_seconds=0.1, max_seconds=0.5, reconnect_after_inactivity_ms=2000
        ),
        jsonl=JsonlOptions(ping_seconds=0.1),
        keep_alive=KeepAlive(ping_seconds=0.15, pong_seconds=0.15),
    ),
    "quiet": _derive(sse=SseOptions(reconnect_after_inactivity_ms=250)),
    "once": _derive(sse=SseOptions(end_after_first=True)),
}

APPS = {
    # Values beyond JSON, which only superjson carries, have no types for generated clients.
    name: Fairlead(App, prefix=f"/{name}", wire=wire, check_types=False)
    for name, wire in MOUNTS.items()
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """All mounts; each is an application of its own."""
    if scope["type"] == "lifespan":
        await APPS["trpc"](scope, receive, send)
        return
    name = scope["path"].split("/")[1]
    if name not in APPS and scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    await APPS.get(name, APPS["trpc"])(scope, receive, send)


direct_app = Fairlead(
    App,
    prefix="/none",
    check_types=False,
    mounts={f"/{name}": found for name, found in APPS.items()},
)
"""All mounts below one application, where the server's own WebSocket protocol finds them."""


def serve(server: str, port: int) -> None:
    """Runs until stopped."""
    if server in {"uvicorn", "direct"}:
        uvicorn.run(
            direct_app if server == "direct" else app,
            port=port,
            http=DirectHttpProtocol if server == "direct" else "auto",
            ws=DirectWebSocketProtocol if server == "direct" else "auto",
            log_level="critical",
            access_log=False,
        )
        return
    Granian(
        "tests.conformance.serve:app",
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        websockets=True,
    ).serve()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=4200)
    parser.add_argument(
        "--server", choices=["uvicorn", "direct", "granian"], default="uvicorn"
    )
    arguments = parser.parse_args()
    logging.getLogger("fairlead").setLevel(logging.CRITICAL)
    serve(arguments.server, arguments.port)
