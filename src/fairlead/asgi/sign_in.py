"""The routes under `/auth`: signing in and out with a browser."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

import msgspec

from fairlead.asgi.body import read_body
from fairlead.asgi.origins import OriginPolicy
from fairlead.asgi.requests import Headers
from fairlead.asgi.sign_in_pages import make_problem_page
from fairlead.asgi.suspension import ClientGoneError
from fairlead.asgi.types import Receive, Scope, Send
from fairlead.auth.attempts import TooManyAttemptsError
from fairlead.auth.flow import SignInError
from fairlead.auth.grants import Grant
from fairlead.auth.provider import ProviderError, TokenError
from fairlead.auth.sign_in import Client, SignIn
from fairlead.auth.site import find_cookie
from fairlead.auth.transaction import TRANSACTION_SECONDS, find_cookie_name
from fairlead.context import Services
from fairlead.errors import ERROR_CODES, TRPCError

__all__ = ["PREFIX", "SignInRoutes"]

log = logging.getLogger("fairlead.sign_in")

PREFIX = "/auth"
MAX_BODY = 65_536
MAX_TRANSACTIONS = 8


class _PastedToken(msgspec.Struct):
    token: str


@dataclass(slots=True)
class _Answer:
    """What is sent back."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def set_cookie(self, cookie: str) -> None:
        self.headers.append(("set-cookie", cookie))


@dataclass(slots=True)
class _Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Headers
    client: Client
    body: bytes


class SignInRoutes:
    """An ASGI application for `SignIn`.

    GET  /auth/providers             what a sign-in page offers
    GET  /auth/sign-in               to the provider (`provider`, `return_to`, `login_hint`)
    GET  /auth/callback/NAME         from the provider
    POST /auth/token                 `{"token": ...}`: signs in with a pasted token
    POST /auth/sign-out              ends the session; `{"redirect": ...}` is the provider's part
    POST /auth/back-channel/NAME     the provider ends sessions
    """

    def __init__(
        self, sign_in: SignIn, services: Services, origins: OriginPolicy
    ) -> None:
        self._sign_in = sign_in
        self._services = services
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            answer = await self._answer(scope, receive)
        except ClientGoneError:
            return
        except TRPCError as error:
            status = ERROR_CODES[error.code].http
            answer = _json({"error": error.code, "message": error.message}, status)
            if isinstance(error, TooManyAttemptsError):
                answer.headers.append(("retry-after", str(error.retry_after)))
        head = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", b"%d" % len(answer.body)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
            *((name.encode(), value.encode("latin-1")) for name, value in answer.headers),
        ]  # fmt: skip
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": head}
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> _Answer:
        headers = Headers(scope["headers"])
        address = scope.get("client")
        browser = headers.get("user-agent")
        asked = _Asked(
            method=scope["method"],
            path=scope["path"].rpartition(f"{PREFIX}/")[2],
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"))),
            headers=headers,
            client=Client(address[0] if address else None, browser),
            body=await read_body(receive, MAX_BODY)
            if scope["method"] == "POST"
            else b"",
        )
        match asked.method, asked.path.split("/"):
            case "GET", ["providers"]:
                return await self._list_providers()
            case "GET", ["sign-in"]:
                return await self._begin(asked)
            case "GET", ["callback", name]:
                return await self._finish(asked, name)
            case "POST", ["token"]:
                return await self._take_token(asked)
            case "POST", ["sign-out"]:
                return await self._sign_out(asked)
            case "POST", ["back-channel", name]:
                return await self._end_by_provider(asked, name)
            case _:
                raise TRPCError("NOT_FOUND", f"nothing at {PREFIX}/{asked.path}")

    async def _list_providers(self) -> _Answer:
        found = await self._sign_in.flow.list_providers()
        return _json(
            {
                "providers": [msgspec.to_builtins(each) for each in found],
                "tokens": self._sign_in.settings.tokens,
            }
        )

    # --- signing in

    async def _begin(self, asked: _Asked) -> _Answer:
        site = self._sign_in.settings.site
        base_url = site.get_base_url(asked.headers)
        live = await self._sign_in.find_session(asked.headers)
        try:
            started = await self._sign_in.flow.begin(
                asked.query.get("provider"),
                base_url,
                return_to=asked.query.get("return_to", "/"),
                hint=asked.query.get("login_hint"),
                previous=None if live is None else live.key,
            )
        except SignInError as error:
            return self._show_problem(error)
        transaction = started.transaction
        answer = _redirect(started.url)
        session_cookie = site.get_cookie_name(asked.headers)
        for name in _find_transactions(asked.headers, session_cookie)[
            MAX_TRANSACTIONS:
        ]:
            answer.set_cookie(site.make_cookie(name, "", seconds=0))
        answer.set_cookie(
            site.make_cookie(
                find_cookie_name(session_cookie, transaction.state),
                transaction.seal(self._sign_in.settings.keys),
                seconds=TRANSACTION_SECONDS,
            )
        )
        return answer

    async def _finish(self, asked: _Asked, name: str) -> _Answer:
        self._sign_in.attempts.check(asked.client.address)
        site = self._sign_in.settings.site
        base_url = site.get_base_url(asked.headers)
        session_cookie = site.get_cookie_name(asked.headers)
        cookie_name = find_cookie_name(session_cookie, asked.query.get("state", ""))
        cookie = find_cookie(asked.headers.get("cookie", ""), cookie_name)
        try:
            grant, transaction = await self._sign_in.flow.finish(
                name, asked.query, cookie, base_url
            )
        except SignInError as error:
            self._sign_in.attempts.note_failure(asked.client.address)
            answer = self._show_problem(error)
        else:
            value = await self._sign_in.start_session(grant, asked.client)
            if transaction.previous is not None:
                await self._sign_in.sessions.end([transaction.previous])
            answer = _redirect(transaction.return_to)
            answer.set_cookie(site.make_cookie(session_cookie, value))
        answer.set_cookie(site.make_cookie(cookie_name, "", seconds=0))
        return answer

    def _show_problem(self, error: SignInError) -> _Answer:
        page = self._sign_in.settings.page
        if page is not None:
            query = urlencode({"problem": error.problem, "return_to": error.return_to})
            return _redirect(f"{page}?{query}")
        again = f"{PREFIX}/sign-in?{urlencode({'return_to': error.return_to})}"
        body = make_problem_page(error.problem, again)
        return _Answer(HTTPStatus.BAD_REQUEST, body, "text/html; charset=utf-8")

    async def _take_token(self, asked: _Asked) -> _Answer:
        self._check_own_page(asked)
        site = self._sign_in.settings.site
        site.get_base_url(asked.headers)
        try:
            pasted = msgspec.json.decode(asked.body, type=_PastedToken)
        except msgspec.DecodeError as error:
            raise TRPCError("BAD_REQUEST", 'Send {"token": "..."}') from error
        grant = await self._check_token(pasted.token.strip(), asked.client.address)
        live = await self._sign_in.find_session(asked.headers)
        value = await self._sign_in.start_session(grant, asked.client)
        if live is not None:
            await self._sign_in.sessions.end([live.key])
        answer = _json({"user": grant.user.name})
        name = site.get_cookie_name(asked.headers)
        answer.set_cookie(site.make_cookie(name, value))
        return answer

    async def _check_token(self, token: str, address: str | None) -> Grant:
        attempts = self._sign_in.attempts
        attempts.check(address)
        try:
            return await self._sign_in.check_pasted_token(token, self._services)
        except TRPCError as error:
            if error.code == "UNAUTHORIZED":
                attempts.note_failure(address)
            raise

    # --- signing out

    async def _sign_out(self, asked: _Asked) -> _Answer:
        self._check_own_page(asked)
        site = self._sign_in.settings.site
        base_url = site.get_base_url(asked.headers)
        live = await self._sign_in.find_session_to_end(asked.headers)
        redirect = None
        if live is not None:
            redirect = await self._sign_in.end_session(live, base_url)
        answer = _json({"redirect": redirect})
        name = site.get_cookie_name(asked.headers)
        answer.set_cookie(site.make_cookie(name, "", seconds=0))
        answer.headers.append(("clear-site-data", '"cache"'))
        return answer

    async def _end_by_provider(self, asked: _Asked, name: str) -> _Answer:
        attempts = self._sign_in.attempts
        attempts.check(asked.client.address)
        form = dict(parse_qsl(asked.body.decode("latin-1")))
        try:
            ended = await self._sign_in.flow.end_by_provider(
                name, form.get("logout_token", "")
            )
        except (TokenError, ProviderError) as error:
            attempts.note_failure(asked.client.address)
            log.warning("a back-channel logout was refused: %s", error)
            return _json({"error": "invalid_request"}, HTTPStatus.BAD_REQUEST)
        log.info("the provider %s ended %d sessions", name, ended)
        return _Answer(HTTPStatus.OK)

    def _check_own_page(self, asked: _Asked) -> None:
        """Only our own page, or no browser at all; and only JSON, which no form can send."""
        refusal = self._origins.find_refusal(asked.headers, safe=False)
        if refusal is not None:
            raise TRPCError("FORBIDDEN", refusal)
        kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise TRPCError("UNSUPPORTED_MEDIA_TYPE", "Send application/json")


def _find_transactions(headers: Mapping[str, str], session_cookie: str) -> list[str]:
    """Names of the cookies of sign-ins that were begun and not ended."""
    names = [
        part.strip().partition("=")[0] for part in headers.get("cookie", "").split(";")
    ]
    return [name for name in names if name.startswith(f"{session_cookie}-")]


def _json(value: object, status: int = HTTPStatus.OK) -> _Answer:
    return _Answer(status, msgspec.json.encode(value))


def _redirect(url: str) -> _Answer:
    return _Answer(HTTPStatus.SEE_OTHER, headers=[("location", url)])
