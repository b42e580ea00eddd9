"""Where a client connects to, and as what."""

from __future__ import annotations

from dataclasses import dataclass, field
from ssl import SSLContext
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp

from fairlead.client.options import ClientOptions, Identity
from fairlead.errors import DefinitionError

__all__ = ["Target", "check_url"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One API, and how to speak to it.

    Attributes:
        url: of the API's mount, without a slash at its end.
    """

    url: str
    options: ClientOptions
    identity: Identity
    session: aiohttp.ClientSession = field(repr=False)
    tls: SSLContext | None = field(default=None, repr=False)

    @property
    def websocket_url(self) -> str:
        """The same mount for WebSockets."""
        return "ws" + self.url.removeprefix("http")

    def get_call_url(self, paths: str, query: str) -> str:
        """The URL of calls; `query` is encoded already."""
        separator = self.options.path_separator
        shown = paths if separator == "." else paths.replace(".", separator)
        url = f"{self.url}/{quote(shown, safe=',~.')}"
        return f"{url}?{query}" if query else url


def check_url(url: str) -> str:
    """The URL of a mount, in the form that paths are appended to.

    Raises:
        DefinitionError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise DefinitionError(
            f"{url!r} is no URL of an API: give one such as 'https://example.com/trpc'"
        )
    if parts.query or parts.fragment or parts.username or parts.password:
        raise DefinitionError(
            f"the URL of {parts.hostname} carries more than scheme, host and path: pass "
            "headers, token or connection_params to connect() instead"
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
