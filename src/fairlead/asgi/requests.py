"""From an ASGI scope to what the layers below know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from http.cookies import CookieError, SimpleCookie

from fairlead.asgi.types import Scope
from fairlead.context import Request, RequestInfo, Services

__all__ = ["CONNECTION_INFO", "Cookies", "Headers", "make_request"]

CONNECTION_INFO = RequestInfo(False, None, "unknown", ())
"""A connection is opened before it is known which calls it will make."""


class Headers(Mapping[str, str]):
    """Headers by lower-case name, decoded when first looked at; repeated ones are joined."""

    __slots__ = ("_decoded", "_raw")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._raw = tuple(raw)
        self._decoded: dict[str, str] | None = None

    @classmethod
    def of(cls, decoded: dict[str, str]) -> Headers:
        """Headers that were decoded already."""
        headers = cls(())
        headers._decoded = decoded
        return headers

    def as_dict(self) -> dict[str, str]:
        """All of them, decoded."""
        if self._decoded is None:
            self._decoded = {
                name.decode("latin-1"): value.decode("latin-1")
                for name, value in self._raw
            }
            if len(self._decoded) != len(self._raw):
                self._decoded = self._join_repeated()
        return self._decoded

    def _join_repeated(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for raw_name, raw_value in self._raw:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            if name in found:
                separator = "; " if name == "cookie" else ", "
                value = f"{found[name]}{separator}{value}"
            found[name] = value
        return found

    def __getitem__(self, name: str) -> str:
        return self.as_dict()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_dict())

    def __len__(self) -> int:
        return len(self.as_dict())


class Cookies(Mapping[str, str]):
    """Cookies, parsed when first looked at; a header that is no cookie header has none."""

    __slots__ = ("_headers", "_parsed")

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self._parsed: dict[str, str] | None = None

    def _parse(self) -> dict[str, str]:
        if self._parsed is None:
            try:
                jar = SimpleCookie(self._headers.get("cookie", ""))
            except CookieError:
                jar = SimpleCookie()
            self._parsed = {name: morsel.value for name, morsel in jar.items()}
        return self._parsed

    def __getitem__(self, name: str) -> str:
        return self._parse()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parse())

    def __len__(self) -> int:
        return len(self._parse())


def make_request(  # noqa: PLR0913, PLR0917  the parts of a request
    scope: Scope,
    headers: Headers,
    services: Services,
    connection_params: Mapping[str, str] | None,
    info: RequestInfo | None,
    abort: Callable[[], None],
) -> Request:
    """What contexts are made from; who calls is not known yet."""
    client = scope.get("client")
    return Request(
        transport="websocket" if scope["type"] == "websocket" else "http",
        method=scope.get("method", "GET"),
        path=scope["path"],
        headers=headers,
        cookies=Cookies(headers),
        connection_params=connection_params,
        client=(client[0], client[1]) if client else None,
        services=services,
        info=info,
        abort=abort,
    )
