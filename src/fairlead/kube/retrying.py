"""What may be tried again or elsewhere: never what may have happened already."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp

from fairlead.kube.errors import (
    KubeError,
    KubeProtocolError,
    KubeStatusError,
    KubeTimeoutError,
)
from fairlead.kube.transport_errors import NotSentError

__all__ = ["MIDDLEWARES", "may_repeat", "read_retry_after"]


def may_repeat(method: str, error: KubeError) -> bool:
    """May a request that failed so be sent again?"""
    if isinstance(error, NotSentError):
        return True
    if isinstance(error, KubeStatusError):
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:
            return method == "GET" or error.retry_after is not None
        return method == "GET" and error.status in (502, 503, 504)
    return method == "GET" and not isinstance(
        error, KubeTimeoutError | KubeProtocolError
    )


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks to wait; proxies write it as a date. None: it is not there."""
    text = headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        seconds = (until - datetime.now(UTC)).total_seconds()
    return None if math.isnan(seconds) else max(0.0, seconds)


async def send_writes_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Hides a broken connection from aiohttp, which would send PUT and DELETE again.

    Raises:
        ServerConnectionError: the connection broke; the write may have happened.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method == "GET":
            raise
        raise aiohttp.ServerConnectionError(str(error)) from error


async def follow_no_redirect(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Refuses what aiohttp would follow when it opens a WebSocket, with whom it is opened for.

    Raises:
        WSServerHandshakeError: the answer is a redirect.
    """
    response = await handler(request)
    if "Upgrade" in request.headers and 300 <= response.status < 400:
        response.close()
        raise aiohttp.WSServerHandshakeError(
            response.request_info, (), status=response.status, message="a redirect"
        )
    return response


MIDDLEWARES: Sequence[aiohttp.ClientMiddlewareType] = (
    follow_no_redirect,
    send_writes_once,
)
"""What keeps aiohttp from sending again, or elsewhere, by itself."""
