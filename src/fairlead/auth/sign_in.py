"""`SignIn`: people sign in with OpenID Connect providers, and are known by a session from then on."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Self

from fairlead.auth.attempts import AttemptOptions, Attempts
from fairlead.auth.bearer import Bearer, BearerSession
from fairlead.auth.flow import Flow
from fairlead.auth.grants import Grant, renew_session
from fairlead.auth.keys import KeyRing
from fairlead.auth.oidc import OIDC
from fairlead.auth.provider import Provider, ProviderError
from fairlead.auth.renewal import RefreshRefusedError
from fairlead.auth.session import Origin, Session, SessionOptions, Tokens
from fairlead.auth.sessions import LiveSession, Sessions
from fairlead.auth.settings import SignInSettings, read_settings
from fairlead.auth.site import find_cookie
from fairlead.auth.stores import SessionStore
from fairlead.auth.tokens import TokenSource, UserToken
from fairlead.context import Request, Services, User
from fairlead.errors import DefinitionError, TRPCError

__all__ = ["Client", "SignIn"]

log = logging.getLogger("fairlead.sign_in")


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks for a session, for the user's list of sessions."""

    address: str | None = None
    browser: str | None = None


class SignIn:
    """Finds the user of each request: by session cookie or by bearer token.

        app = Fairlead(App, auth=SignIn(OIDC(issuer=..., client_id=...)))

    Routes under `/auth` are served along with the application. What is not given is read from
    the environment when the application starts (`docs/auth.md` lists the variables), so an
    application can be imported where nothing is configured.

    Args:
        providers: identity providers; by default those of the environment.
        store: where sessions are kept, or its URL; SQLite in `.fairlead` by default.
        keys: encrypt sessions; FAIRLEAD_SESSION_KEYS or a file in `.fairlead` by default.
        public_url: where browsers find the application; without it, on this machine only.
        sessions: how long they live.
        tokens: people may sign in with a pasted token, too.
        page: path of the application's own sign-in page.
        attempts: how often signing in may fail from one address.
    """

    def __init__(  # noqa: PLR0913  keyword-only; each is a part of its own
        self,
        *providers: OIDC,
        store: SessionStore | str | None = None,
        keys: KeyRing | None = None,
        public_url: str | None = None,
        sessions: SessionOptions | None = None,
        tokens: bool = True,
        page: str | None = None,
        attempts: AttemptOptions | None = None,
    ) -> None:
        self._read: Callable[[], SignInSettings] = partial(
            read_settings,
            providers=providers,
            store=store,
            keys=keys,
            public_url=public_url,
            sessions=sessions,
            tokens=tokens,
            page=page,
            attempts=attempts,
        )
        self._running: _Running | None = None
        self._stack = AsyncExitStack()

    # --- life

    async def __aenter__(self) -> Self:
        settings = self._read()
        running = _Running(settings)
        await self._stack.enter_async_context(running.sessions)
        for provider in running.providers.values():
            self._stack.push_async_callback(provider.aclose)
        self._running = running
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        self._running = None

    @property
    def _parts(self) -> _Running:
        if self._running is None:
            raise DefinitionError(
                "sign-in has not started: serve the application first"
            )
        return self._running

    @property
    def is_running(self) -> bool:
        """The application has started."""
        return self._running is not None

    @property
    def settings(self) -> SignInSettings:
        """What is configured; known from the start of the application on."""
        return self._parts.settings

    @property
    def sessions(self) -> Sessions:
        """All sessions."""
        return self._parts.sessions

    @property
    def attempts(self) -> Attempts:
        """Failed sign-ins of the last while."""
        return self._parts.attempts

    @property
    def flow(self) -> Flow:
        """Signing in and out with a browser."""
        return self._parts.flow

    @property
    def providers(self) -> Mapping[str, Provider]:
        """The providers by name."""
        return self._parts.providers

    def find_public_origin(self) -> str | None:
        """The application's own origin, as browsers see it, when that is configured."""
        public_url = None if self._running is None else self.settings.site.public_url
        return None if public_url is None else public_url.rstrip("/")

    @property
    def provides(self) -> Mapping[type, Callable[[], object]]:
        """Users' tokens, for `Kube(identity="user")`."""
        return {TokenSource: lambda: self}

    # --- finding the user

    async def authenticate(self, request: Request) -> User | None:
        """The user; also says which session it is.

        Raises:
            TRPCError: UNAUTHORIZED; there is a bearer token, and it is not good.
        """
        token = _find_bearer(request)
        if token is not None:
            checked = await self._parts.bearer.check(token, request.services)
            request.session = BearerSession(token, checked)
            return checked.user
        live = await self.find_session(request.headers)
        if live is None:
            return None
        live.note_use()
        request.session = live
        return live.session.user

    async def find_session(self, headers: Mapping[str, str]) -> LiveSession | None:
        """The session whose cookie came along, its tokens refreshed when that is due."""
        cookie = self._find_cookie(headers)
        return None if cookie is None else await self.sessions.find(cookie)

    async def find_session_to_end(
        self, headers: Mapping[str, str]
    ) -> LiveSession | None:
        """The session whose cookie came along, to sign out from."""
        cookie = self._find_cookie(headers)
        return None if cookie is None else await self.sessions.find_to_end(cookie)

    def _find_cookie(self, headers: Mapping[str, str]) -> str | None:
        name = self.settings.site.get_cookie_name(headers)
        return find_cookie(headers.get("cookie", ""), name)

    def find_token(self, request: Request) -> UserToken | None:
        """The token that is sent to the cluster for a request's user."""
        session = request.session
        if isinstance(session, LiveSession) and session.session.tokens.cluster:
            return _SessionToken(session)
        if isinstance(session, BearerSession) and session.checked.cluster:
            return session
        return None

    # --- beginning and ending sessions

    async def start_session(self, grant: Grant, client: Client) -> str:
        """Keeps a session for somebody who has just signed in; returns what its cookie holds."""
        now = time.time()
        ends = now + self.settings.sessions.absolute_seconds
        tokens = grant.tokens
        if tokens.binding and tokens.expires_at is not None:
            ends = min(ends, tokens.expires_at)
        session = Session(
            id=secrets.token_urlsafe(9),
            user=grant.user,
            origin=grant.origin,
            tokens=tokens,
            signed_in_at=now,
            expires_at=ends,
            address=client.address,
            browser=(client.browser or "")[:256] or None,
        )
        return await self.sessions.create(session)

    async def check_pasted_token(self, token: str, services: Services) -> Grant:
        """What a pasted token is good for.

        Raises:
            TRPCError: FORBIDDEN when this is switched off; UNAUTHORIZED when it is not good.
        """
        if not self.settings.tokens:
            raise TRPCError("FORBIDDEN", "Signing in with a token is switched off here")
        checked = await self._parts.bearer.check(token, services)
        tokens = Tokens(
            access=token,
            cluster=token if checked.cluster else None,
            expires_at=checked.expires_at,
            binding=True,
        )
        return Grant(checked.user, tokens, Origin(provider="token"))

    async def end_session(self, live: LiveSession, base_url: str) -> str | None:
        """Signs out; returns where the provider's own sign-out is, if it has one."""
        await self.sessions.end([live.key])
        return await self.flow.sign_out(live.session, base_url)


class _Running:
    """The parts of a sign-in that has started."""

    def __init__(self, settings: SignInSettings) -> None:
        self.settings = settings
        self.providers = {each.name: Provider(each) for each in settings.providers}
        self.sessions = Sessions(
            settings.store, settings.keys, self._renew, settings.sessions
        )
        self.bearer = Bearer(self.providers)
        self.attempts = Attempts(settings.attempts)
        self.flow = Flow(settings, self.providers, self.sessions)

    async def _renew(self, session: Session) -> Session:
        provider = self.providers.get(session.origin.provider)
        if provider is None:
            raise RefreshRefusedError("its provider is not configured any more")
        try:
            return await renew_session(provider, session)
        except ProviderError as error:
            ends = session.tokens.expires_at
            if ends is None or ends > time.time():
                log.warning("tokens are good for a while, but not refreshed: %s", error)
                return session
            raise TRPCError(
                "BAD_GATEWAY", f"Your sign-in cannot be renewed just now: {error}"
            ) from error


@dataclass(frozen=True, slots=True)
class _SessionToken:
    live: LiveSession

    @property
    def key(self) -> Hashable:
        return self.live.key

    async def get(self, *, renew: bool) -> str:
        token = await self.live.get_cluster_token(renew=renew)
        if token is None:
            raise TRPCError("FORBIDDEN", "Your sign-in left no token for the cluster")
        return token


def _find_bearer(request: Request) -> str | None:
    """From the header, or from the connection params of a WebSocket: never from a URL."""
    header = request.headers.get("authorization", "")
    if request.transport == "websocket" and request.connection_params:
        params = request.connection_params
        header = params.get("authorization") or params.get("Authorization") or header
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    return token.strip()
