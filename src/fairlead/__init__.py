"""Full-stack type-safe APIs in Python, live from Kubernetes.

General layout, imports going down only:

    cli                     new, dev, serve, generate, check, routes
    codegen                 Python types -> IR -> TypeScript, Zod, resources
    asgi                    HTTP, SSE, JSONL and WebSocket shells: the Fairlead application
    auth, access            who is calling, and what they may do
    kube                    resources, cluster client, live hub, resource routers
    client                  the Python client
    protocol                the tRPC wire, without sockets
    compiling, calling      from router classes to calls
    router, procedure,      what an application is written in
    schema, context, errors
    devcluster              apart: an embedded Kubernetes API server, spoken to over HTTP

Names are loaded when they are first used: `python -m fairlead.devcluster` should not wait for a
web server.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead._missing import MISSING
    from fairlead.access import authenticated, public
    from fairlead.asgi import Cors, Fairlead, StaticSite
    from fairlead.caller import create_caller
    from fairlead.calling import Call, Middleware, Next
    from fairlead.compiling import CompiledRouter, compile_router
    from fairlead.context import Context, Request, Services, User, UserContext
    from fairlead.errors import DefinitionError, FairleadError, TRPCError, TypedError
    from fairlead.lazy_router import lazy
    from fairlead.passing import json_stream
    from fairlead.procedure import mutation, query, subscription
    from fairlead.protocol import KeepAlive, Limits, SseOptions, SuperJson, WireOptions
    from fairlead.router import Router
    from fairlead.schema import raw_json
    from fairlead.streaming import Deferred, Stream
    from fairlead.tracking import tracked
    from fairlead.uploads import ByteStream, FormData, UploadedFile

__all__ = [
    "MISSING",
    "ByteStream",
    "Call",
    "CompiledRouter",
    "Context",
    "Cors",
    "Deferred",
    "DefinitionError",
    "Fairlead",
    "FairleadError",
    "FormData",
    "KeepAlive",
    "Limits",
    "Middleware",
    "Next",
    "Request",
    "Router",
    "Services",
    "SseOptions",
    "StaticSite",
    "Stream",
    "SuperJson",
    "TRPCError",
    "TypedError",
    "UploadedFile",
    "User",
    "UserContext",
    "WireOptions",
    "authenticated",
    "compile_router",
    "create_caller",
    "json_stream",
    "lazy",
    "mutation",
    "public",
    "query",
    "raw_json",
    "subscription",
    "tracked",
]

_HOMES = {
    "fairlead._missing": ("MISSING",),
    "fairlead.access": (
        "authenticated",
        "public",
    ),
    "fairlead.asgi": (
        "Cors",
        "Fairlead",
        "StaticSite",
    ),
    "fairlead.caller": ("create_caller",),
    "fairlead.calling": (
        "Call",
        "Middleware",
        "Next",
    ),
    "fairlead.compiling": (
        "CompiledRouter",
        "compile_router",
    ),
    "fairlead.context": (
        "Context",
        "Request",
        "Services",
        "User",
        "UserContext",
    ),
    "fairlead.errors": (
        "DefinitionError",
        "FairleadError",
        "TRPCError",
        "TypedError",
    ),
    "fairlead.lazy_router": ("lazy",),
    "fairlead.passing": ("json_stream",),
    "fairlead.procedure": (
        "mutation",
        "query",
        "subscription",
    ),
    "fairlead.protocol": (
        "KeepAlive",
        "Limits",
        "SseOptions",
        "SuperJson",
        "WireOptions",
    ),
    "fairlead.router": ("Router",),
    "fairlead.schema": ("raw_json",),
    "fairlead.streaming": (
        "Deferred",
        "Stream",
    ),
    "fairlead.tracking": ("tracked",),
    "fairlead.uploads": (
        "ByteStream",
        "FormData",
        "UploadedFile",
    ),
}
"""Where each public name lives, for those who import it."""

_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # checkers see the imports above, and what is not there

    def __getattr__(name: str) -> object:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'fairlead' has no attribute {name!r}")
        value: object = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
