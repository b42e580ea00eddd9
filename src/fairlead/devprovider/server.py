"""The provider over HTTP, on this machine only."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from fairlead.devprovider.issuing import LOOPBACK, Issuer, RequestError
from fairlead.devprovider.pages import make_choice, make_message

__all__ = ["Handler", "NotLoopbackError", "check_loopback", "make_app"]

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class NotLoopbackError(Exception):
    """Somebody wanted the provider to be reachable from elsewhere."""


def check_loopback(host: str) -> None:
    """Raises NotLoopbackError for an address that other machines can reach."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise NotLoopbackError(
            f"the development provider signs in anybody without a password, so it listens on "
            f"this machine only: {host!r} is no loopback address. Configure a real provider "
            "instead (OIDC_ISSUER, OIDC_CLIENT_ID)"
        )


def make_app(issuer: Issuer) -> web.Application:
    """The provider's endpoints."""
    pages = _Endpoints(issuer)
    app = web.Application(middlewares=[_guard])
    app.add_routes(
        [
            web.get("/.well-known/openid-configuration", pages.discover),
            web.get("/jwks", pages.list_keys),
            web.get("/authorize", pages.authorize),
            web.post("/token", pages.give_tokens),
            web.get("/userinfo", pages.describe_user),
            web.post("/revoke", pages.revoke),
            web.get("/end-session", pages.end_session),
        ]
    )
    return app


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses other machines, and names that only seem to be this one."""
    try:
        check_loopback(request.remote or "")
        check_loopback(urlsplit(f"//{request.host}").hostname or "")
        response = await handler(request)
    except NotLoopbackError as error:
        response = web.json_response({"error": str(error)}, status=403)
    except RequestError as error:
        told = {"error": error.code, "error_description": error.message}
        response = web.json_response(told, status=400)
    response.headers.update(_HEADERS)
    return response


class _Endpoints:
    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    async def discover(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._issuer.make_metadata())

    async def list_keys(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._issuer.make_jwks())

    async def authorize(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        try:
            self._issuer.check_authorization(query)
        except RequestError as error:
            page = make_message("This request is not good", error.message)
            return web.Response(text=page, content_type="text/html", status=400)
        name = query.pop("login_hint", "")
        if name not in self._issuer.personas:
            page = make_choice(self._issuer.personas.values(), query)
            return web.Response(text=page, content_type="text/html")
        answer = {
            "code": self._issuer.make_code(name, query),
            "state": query.get("state", ""),
            "iss": self._issuer.address,
        }
        target = query["redirect_uri"]
        joint = "&" if "?" in target else "?"
        location = {"Location": f"{target}{joint}{urlencode(answer)}"}
        return web.Response(status=303, headers=location)

    async def give_tokens(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        match form.get("grant_type"):
            case "authorization_code":
                return web.json_response(self._issuer.redeem_code(form))
            case "refresh_token":
                return web.json_response(self._issuer.refresh(form))
            case other:
                raise RequestError("unsupported_grant_type", f"not {other}")

    async def describe_user(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").partition(" ")[2]
        try:
            return web.json_response(self._issuer.get_userinfo(token))
        except RequestError as error:
            return web.json_response({"error": error.message}, status=401)

    async def revoke(self, request: web.Request) -> web.Response:
        self._issuer.revoke(str((await request.post()).get("token", "")))
        return web.Response()

    async def end_session(self, request: web.Request) -> web.Response:
        target = request.query.get("post_logout_redirect_uri", "")
        parts = urlsplit(target)
        if parts.scheme == "http" and parts.hostname in LOOPBACK:
            return web.Response(status=303, headers={"Location": target})
        page = make_message("Signed out", "You can close this page.")
        return web.Response(text=page, content_type="text/html")
