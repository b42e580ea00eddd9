"""Requests that a page of another site makes a browser send: refused where they could do harm.

A browser says where a request comes from (`Sec-Fetch-Site`, `Origin`), and no page can make it
say something else. What says neither is no browser, so it has nobody's cookies by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from fairlead.asgi.cors import Cors

__all__ = ["OriginPolicy"]


class OriginPolicy:
    """Which pages may make requests that change something, open WebSockets, or use cookies.

    Sibling subdomains count as others: `SameSite` cookies come along from there.

    Args:
        cors: origins that may call, besides the application's own.
        find_public_origin: the application's own as browsers see it, where a proxy hides it.
    """

    def __init__(
        self,
        cors: Cors | None = None,
        find_public_origin: Callable[[], str | None] | None = None,
    ) -> None:
        self._allowed = frozenset(cors.origins if cors is not None else ())
        self._find_public_origin = find_public_origin

    @property
    def is_secure(self) -> bool:
        """Browsers come over TLS, as the application's public address says."""
        find = self._find_public_origin
        return ((find and find()) or "").startswith("https:")

    def find_refusal(self, headers: Mapping[str, str], *, safe: bool) -> str | None:
        """Why a request is refused; None when it is not.

        Args:
            safe: it cannot change anything, so that it matters only with cookies.
        """
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        if (site is None and origin is None) or site in ("same-origin", "none"):
            return None
        has_cookies = "cookie" in headers
        if safe and not has_cookies:
            return None
        if self._is_allowed(origin, headers, has_cookies=has_cookies, site=site):
            return None
        return (
            f"This request comes from a page of another origin ({origin or site}): "
            "name it in Cors(origins=...) if it may call"
        )

    def _is_allowed(
        self,
        origin: str | None,
        headers: Mapping[str, str],
        *,
        has_cookies: bool,
        site: str | None,
    ) -> bool:
        if origin is None:
            return False
        if origin in self._allowed or ("*" in self._allowed and not has_cookies):
            return True
        if self._find_public_origin is not None:
            public = self._find_public_origin()
            if public is not None:
                return origin == public
        # Browsers that say no `Sec-Fetch-Site`: a page of the host that was asked.
        return site is None and urlsplit(origin).netloc == headers.get("host")
