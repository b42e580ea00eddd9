"""The address under which browsers know the application, and what follows for its cookies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from fairlead.auth.loopback import is_loopback_host
from fairlead.errors import DefinitionError, TRPCError

__all__ = ["Site", "find_cookie", "is_safe_return", "make_cookie"]


@dataclass(frozen=True, slots=True)
class Site:
    """Where the application is.

    Attributes:
        public_url: such as `https://portal.example.org`; None serves this machine only.
    """

    public_url: str | None = None

    def __post_init__(self) -> None:
        if self.public_url is None:
            return
        parts = urlsplit(self.public_url)
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and is_loopback_host(parts.netloc)
        )
        if not is_safe or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise DefinitionError(
                f"the public URL {self.public_url!r} must be https://host[:port] "
                "(http:// only on this machine)"
            )

    @property
    def secure(self) -> bool:
        """Browsers come over TLS."""
        return self.public_url is not None and self.public_url.startswith("https:")

    def get_base_url(self, headers: Mapping[str, str]) -> str:
        """The address without a slash at its end.

        Raises:
            TRPCError: FORBIDDEN; it is not configured, and the request is not from this machine.
        """
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        host = headers.get("host", "")
        if not is_loopback_host(host):
            raise TRPCError(
                "FORBIDDEN",
                "Signing in needs to know the application's address: "
                "set FAIRLEAD_PUBLIC_URL=https://... (without it, this machine only)",
            )
        return f"http://{host}"

    def get_cookie_name(self, headers: Mapping[str, str]) -> str:
        """`__Host-` binds a cookie to TLS and to this very host. Cookies know no ports, so
        without it the port is in the name: applications on one machine keep apart.
        """
        if self.secure:
            return "__Host-fairlead"
        port = headers.get("host", "").rpartition(":")[2]
        return f"fairlead-{port if port.isdigit() else '80'}"

    def make_cookie(
        self,
        name: str,
        value: str,
        *,
        seconds: int | None = None,
        same_site: Literal["Lax", "Strict"] = "Lax",
    ) -> str:
        """A `Set-Cookie` header; 0 seconds removes the cookie."""
        return make_cookie(
            name, value, secure=self.secure, seconds=seconds, same_site=same_site
        )


def make_cookie(
    name: str, value: str, *, secure: bool, seconds: int | None, same_site: str
) -> str:
    """A `Set-Cookie` header."""
    parts = [f"{name}={value}", "Path=/", "HttpOnly", f"SameSite={same_site}"]
    if secure:
        parts.append("Secure")
    if seconds is not None:
        parts.append(f"Max-Age={seconds}")
    return "; ".join(parts)


def find_cookie(header: str, name: str) -> str | None:
    """One cookie of a `Cookie` header; what else is in there cannot spoil it."""
    for part in header.split(";"):
        found, _, value = part.strip().partition("=")
        if found == name:
            return value.strip('"')
    return None


def is_safe_return(path: str) -> bool:
    """Is it a place in this application, whatever a browser makes of it?"""
    return (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and "\\" not in path
        and path.isprintable()
        and " " not in path
        and len(path) <= 4096
    )
