"""The short way of the commonest request: one call, plain JSON, nothing special about it.

What a path names is looked up by its bytes, headers are only looked at for what would make the
request a special one, and the query string holds nothing but the input. Everything else, and
every failure, goes the general way in `http`: this module gives up before it has done anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.asgi.runtime import Runtime
from fairlead.asgi.types import Scope
from fairlead.calling import CompiledProcedure
from fairlead.protocol.requests import CallTarget, RequestHead

__all__ = ["INPUT_SIZE", "ExpressLane", "ExpressRoute"]

Head = RequestHead[CompiledProcedure]

SPECIAL = frozenset(
    (
        b"content-type",
        b"accept",
        b"trpc-accept",
        b"fairlead-schema",
        b"origin",
        b"sec-fetch-site",
    )
)
"""The headers that decide how, or whether, a request is answered."""
OWN_PAGE = frozenset((b"same-origin", b"none"))
"""`Sec-Fetch-Site` of requests that `OriginPolicy` always lets through."""
METHODS = {"query": "GET", "mutation": "POST"}
INPUT = b"input="
INPUT_SIZE = len(INPUT)
AMPERSAND = ord("&")


class ExpressRoute:
    """One procedure, and all that a request for it need not find out."""

    __slots__ = (
        "head",
        "is_query",
        "procedure",
        "takes_body",
        "takes_query",
        "target",
    )

    def __init__(self, path: str, procedure: CompiledProcedure) -> None:
        self.procedure = procedure
        self.target = CallTarget(0, path, procedure)
        self.head: Head = RequestHead((self.target,), False, procedure.kind, None, None)
        self.is_query = procedure.kind == "query"
        self.takes_query = self.is_query and procedure.input is not None
        self.takes_body = not self.is_query and procedure.input is not None


class ExpressLane:
    """Recognizes requests that can go the short way.

    Args:
        prefix: of the URL paths, as sent.
    """

    def __init__(self, runtime: Runtime, prefix: bytes) -> None:
        self._runtime = runtime
        self._longest = runtime.options.limits.url_bytes
        self._routes: dict[str, dict[bytes, ExpressRoute]] = {"GET": {}, "POST": {}}
        self._prefix = prefix
        self.add_routes()
        runtime.when_loaded = self.add_routes

    def add_routes(self) -> None:
        """All procedures that are known by now: those of lazy routers come later."""
        for path, procedure in list(self._runtime.procedures.items()):
            if path.isascii() and procedure.kind in METHODS:
                routes = self._routes[METHODS[procedure.kind]]
                raw_path = self._prefix + b"/" + path.encode()
                if raw_path not in routes:
                    routes[raw_path] = ExpressRoute(path, procedure)

    def find(self, scope: Scope) -> ExpressRoute | None:
        """What the request asks for, if it can go the short way."""
        routes = self._routes.get(scope["method"])
        if routes is None:
            return None
        raw_path: bytes = scope.get("raw_path") or b""
        route = routes.get(raw_path)
        if route is None:
            return None
        query: bytes = scope["query_string"]
        if query and not (
            route.is_query and query.startswith(INPUT) and AMPERSAND not in query
        ):
            return None
        if self._longest is not None and len(raw_path) + len(query) > self._longest:
            return None
        return route if self._is_plain(scope["headers"], route) else None

    def _is_plain(
        self, headers: Iterable[tuple[bytes, bytes]], route: ExpressRoute
    ) -> bool:
        typed = has_origin = from_own_page = False
        for name, value in headers:
            if name not in SPECIAL:
                continue
            if name == b"content-type":
                if typed or value != b"application/json":
                    return False
                typed = True
            elif name == b"accept":
                if value != b"*/*" and value.find(b"jsonl") >= 0:
                    return False
            elif name == b"origin":
                has_origin = True
            elif name == b"sec-fetch-site":
                if value not in OWN_PAGE:
                    return False
                from_own_page = True
            elif name == b"trpc-accept" or not self._is_served(value):
                return False
        if has_origin and not from_own_page:
            return False
        return typed or route.is_query

    def _is_served(self, digest: bytes) -> bool:
        """Was the client generated from the types that are served?"""
        drift = self._runtime.drift
        return drift is None or (
            drift.learned and digest.partition(b";")[0] == drift.served.encode()
        )
