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
"""

from fairlead._missing import MISSING
from fairlead.access import authenticated, public
from fairlead.asgi import Cors, Fairlead, StaticSite
from fairlead.caller import create_caller
from fairlead.calling import Call, Middleware, Next
from fairlead.compiling import CompiledRouter, compile_router
from fairlead.context import Context, Request, Services, User, UserContext
from fairlead.errors import DefinitionError, FairleadError, TRPCError, TypedError
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
    "mutation",
    "public",
    "query",
    "raw_json",
    "subscription",
    "tracked",
]
