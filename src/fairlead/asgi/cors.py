"""Cross-origin calls: which other web pages may use the API from a browser."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.asgi.types import Message, Scope, Send
from fairlead.errors import DefinitionError

__all__ = ["Cors"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cors:
    """Which origins may call from a browser.

    Attributes:
        origins: such as `https://portal.example.org`; `*` alone is any, without credentials.
        credentials: cookies may come along.
        headers: request headers that pages may set.
        exposed: response headers that pages may read.
        max_age: seconds a browser remembers the answer to a preflight.
    """

    origins: tuple[str, ...]
    credentials: bool = False
    headers: tuple[str, ...] = (
        "content-type",
        "authorization",
        "trpc-accept",
        "last-event-id",
        "fairlead-schema",
    )
    exposed: tuple[str, ...] = ("fairlead-schema",)
    max_age: int = 600

    def __post_init__(self) -> None:
        if self.credentials and "*" in self.origins:
            raise DefinitionError(
                "Cors: credentials for any origin would let every page act as the user: name the origins"
            )

    def _get_origin(self, scope: Scope) -> bytes | None:
        for name, value in scope["headers"]:
            if name == b"origin":
                origin = value.decode("latin-1")
                if "*" in self.origins:
                    return b"*"
                return value if origin in self.origins else None
        return None

    def _make_headers(self, origin: bytes) -> list[tuple[bytes, bytes]]:
        headers = [(b"access-control-allow-origin", origin)]
        if origin != b"*":
            headers.append((b"vary", b"origin"))
        if self.credentials:
            headers.append((b"access-control-allow-credentials", b"true"))
        return headers

    async def answer_preflight(self, scope: Scope, send: Send) -> bool:
        """Answers a preflight request; False if this is none."""
        if scope["method"] != "OPTIONS" or not any(
            name == b"access-control-request-method" for name, _ in scope["headers"]
        ):
            return False
        origin = self._get_origin(scope)
        headers: list[tuple[bytes, bytes]] = [(b"vary", b"origin")]
        if origin is not None:
            headers = [
                *self._make_headers(origin),
                (b"access-control-allow-methods", b"GET, POST"),
                (
                    b"access-control-allow-headers",
                    ", ".join(self.headers).encode("latin-1"),
                ),
                (b"access-control-max-age", b"%d" % self.max_age),
            ]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return True

    def wrap(self, scope: Scope, send: Send) -> Send:
        """A `send` that lets the page read the answer, if it may."""
        origin = self._get_origin(scope)
        if origin is None:
            return send
        extra = self._make_headers(origin)
        if self.exposed:
            extra.append(
                (
                    b"access-control-expose-headers",
                    ", ".join(self.exposed).encode("latin-1"),
                )
            )

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        return send_with_headers
