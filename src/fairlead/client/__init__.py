"""The Python client: a router class, called over the wire.

General layout, imports going down only:

    connecting, live                what is used
    executor                        a bound procedure's call to the right link
    http, sse, websocket            the links: aiohttp, and nothing else that waits
    streamed, dialing, target       their parts
    multiplexer, batches, lines,    state machines and functions over bytes
    frames, sse_events, replica
    codec, options, errors
"""

from fairlead.client.commands import ConnectionState
from fairlead.client.connecting import connect
from fairlead.client.errors import (
    ClientError,
    LaggingError,
    ProtocolError,
    RemoteError,
    TransportError,
)
from fairlead.client.live import LiveConnection, LiveView, live
from fairlead.client.options import ClientOptions, Reconnect
from fairlead.client.replica import Change

__all__ = [
    "Change",
    "ClientError",
    "ClientOptions",
    "ConnectionState",
    "LaggingError",
    "LiveConnection",
    "LiveView",
    "ProtocolError",
    "Reconnect",
    "RemoteError",
    "TransportError",
    "connect",
    "live",
]
