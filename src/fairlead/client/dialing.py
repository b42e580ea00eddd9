"""Opening a WebSocket: what may be tried again, and what may not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp

from fairlead.client.errors import ProtocolError, TransportError
from fairlead.client.target import Target

__all__ = ["RejectedError", "dial"]

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class RejectedError(Exception):
    """The server refuses the connection, and would do so again.

    Attributes:
        reason: what the callers that wait for it are told.
        final: whatever happened before. An ASGI server that is stopping refuses with 403 like
            one that will never accept.
    """

    def __init__(self, reason: Exception, *, final: bool) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.final = final


async def dial(
    target: Target,
) -> tuple[aiohttp.ClientWebSocketResponse, Mapping[str, str] | None]:
    """Opens a WebSocket; returns it with the connection params that are to be sent first.

    Raises:
        RejectedError: another attempt would end in the same way.
        TransportError: another attempt may succeed.
    """
    options = target.options
    try:
        headers = await target.identity.get_headers()
        params = await target.identity.get_connection_params()
    except Exception as error:
        # What the application's own functions raise, its callers see.
        raise RejectedError(error, final=False) from error
    url = target.websocket_url + ("" if params is None else "?connectionParams=1")
    try:
        async with asyncio.timeout(options.connect_seconds):
            socket = await target.session.ws_connect(
                url,
                headers=headers,
                max_msg_size=options.message_bytes,
                ssl=True if target.tls is None else target.tls,
            )
    except aiohttp.WSServerHandshakeError as error:
        problem = TransportError(
            f"{target.websocket_url} does not open a WebSocket: HTTP status {error.status}"
        )
        if error.status in TRANSIENT:
            raise problem from error
        raise RejectedError(problem, final=error.status == 401) from error
    except aiohttp.InvalidURL as error:
        raise RejectedError(ProtocolError(f"{url} is no URL"), final=True) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        shown = str(error) or type(error).__name__
        raise TransportError(
            f"{target.websocket_url} cannot be reached: {shown}"
        ) from error
    return socket, params
