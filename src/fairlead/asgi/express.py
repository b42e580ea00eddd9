"""The short way of the commonest request: one call, plain JSON, nothing special about it.

What a path names is looked up by its bytes, headers are only looked at for what would make the
request a special one, and the query string holds nothing but the input. Everything else, and
every failure, goes the general way in `http`: this module gives up before it has done anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.asgi.exchange import Exchange
from fairlead.asgi.runtime import Runtime
from fairlead.asgi.types import Scope
from fairlead.calling import CompiledProcedure
from fairlead.protocol.requests import CallTarget, RequestHead, unquote_plus

__all__ = ["ExpressLane"]

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


class ExpressLane:
    """Recognizes requests that can go the short way.

    Args:
        prefix: of the URL paths, as sent.
    """

    def __init__(self, runtime: Runtime, prefix: bytes) -> None:
        self._runtime = runtime
        self._longest = runtime.options.limits.url_bytes
        self._served = b"" if runtime.drift is None else runtime.drift.served.encode()
        self._heads: dict[tuple[bytes, str], Head] = {
            (prefix + b"/" + path.encode(), METHODS[procedure.kind]): RequestHead(
                (CallTarget(0, path, procedure),), False, procedure.kind, None, None
            )
            for path, procedure in runtime.procedures.items()
            if path.isascii() and procedure.kind in METHODS
        }

    def find(self, scope: Scope) -> Head | None:
        """What the request asks for, if it can go the short way."""
        method: str = scope["method"]
        raw_path: bytes = scope.get("raw_path") or b""
        head = self._heads.get((raw_path, method))
        if head is None:
            return None
        query: bytes = scope["query_string"]
        if query and (b"&" in query or method != "GET" or not query.startswith(INPUT)):
            return None
        if self._longest is not None and len(raw_path) + len(query) > self._longest:
            return None
        return head if self._is_plain(scope["headers"], method) else None

    def _is_plain(self, headers: Iterable[tuple[bytes, bytes]], method: str) -> bool:
        typed = has_origin = from_own_page = False
        for name, value in headers:
            if name not in SPECIAL:
                continue
            if name == b"content-type":
                if typed or value != b"application/json":
                    return False
                typed = True
            elif name == b"accept":
                if b"jsonl" in value:
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
        return typed or method == "GET"

    def _is_served(self, digest: bytes) -> bool:
        """Was the client generated from the types that are served?"""
        return not self._served or digest.partition(b";")[0] == self._served

    @staticmethod
    def take_query(exchange: Exchange, query: bytes) -> None:
        """Hands over the input of a request by GET."""
        if query:
            exchange.take_body(unquote_plus(query[len(INPUT) :]))
