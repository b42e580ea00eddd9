"""Signing in and out with a browser: what the routes under `/auth` do, without HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from fairlead.auth.grants import Grant, read_answer
from fairlead.auth.oidc import ClaimsError
from fairlead.auth.provider import (
    Provider,
    ProviderError,
    ProviderRefusedError,
    TokenError,
)
from fairlead.auth.session import Session, get_origin_tag
from fairlead.auth.sessions import Sessions
from fairlead.auth.settings import SignInSettings
from fairlead.auth.site import is_safe_return
from fairlead.auth.transaction import Transaction, open_transaction
from fairlead.errors import FairleadError

__all__ = ["Flow", "Problem", "ProviderInfo", "SignInError", "Started"]

log = logging.getLogger("fairlead.sign_in")

BACK_CHANNEL_EVENT = "http://schemas.openid.net/event/backchannel-logout"

Problem = Literal["denied", "expired", "failed", "unavailable"]
"""`denied`: by the provider; `expired`: begun too long ago or in another browser."""


class SignInError(FairleadError):
    """A sign-in did not come to its end."""

    def __init__(self, problem: Problem, message: str, return_to: str = "/") -> None:
        super().__init__(message)
        self.problem: Problem = problem
        self.return_to = return_to


@dataclass(frozen=True, slots=True)
class Started:
    """Where the browser goes now, and what it has to bring back."""

    url: str
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """A provider as a sign-in page shows it.

    Attributes:
        accounts: ready ones of the development provider: `login_hint` and what to call it.
    """

    name: str
    label: str
    accounts: tuple[Mapping[str, str], ...] = ()


class Flow:
    """The authorization code flow with PKCE, state and nonce; both kinds of sign-out."""

    def __init__(
        self,
        settings: SignInSettings,
        providers: Mapping[str, Provider],
        sessions: Sessions,
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._sessions = sessions
        self._tasks: set[asyncio.Task[None]] = set()

    async def list_providers(self) -> list[ProviderInfo]:
        """What a sign-in page offers."""
        return [await _describe(each) for each in self._providers.values()]

    # --- signing in

    async def begin(
        self,
        name: str | None,
        base_url: str,
        *,
        return_to: str = "/",
        hint: str | None = None,
        previous: str | None = None,
    ) -> Started:
        """The provider's page for a new sign-in.

        Raises:
            SignInError: there is no such provider, or it cannot be reached.
        """
        return_to = return_to if is_safe_return(return_to) else "/"
        provider = self._choose(name, return_to)
        try:
            metadata = await provider.get_metadata()
        except ProviderError as error:
            log.warning("%s", error)
            raise SignInError("unavailable", str(error), return_to) from error
        options = provider.options
        transaction = Transaction.start(options.name, return_to, previous)
        query = {
            **options.parameters,
            "response_type": "code",
            "client_id": options.client_id,
            "redirect_uri": _get_redirect_uri(base_url, options.name),
            "scope": " ".join(options.scopes),
            "state": transaction.state,
            "nonce": transaction.nonce,
            "code_challenge": transaction.challenge,
            "code_challenge_method": "S256",
        }
        if hint:
            query["login_hint"] = hint
        endpoint = metadata.authorization_endpoint
        joint = "&" if "?" in endpoint else "?"
        return Started(f"{endpoint}{joint}{urlencode(query)}", transaction)

    def _choose(self, name: str | None, return_to: str) -> Provider:
        if name is None and len(self._providers) == 1:
            return next(iter(self._providers.values()))
        provider = self._providers.get(name or "")
        if provider is None:
            known = ", ".join(self._providers)
            raise SignInError("failed", f"Choose a provider: one of {known}", return_to)
        return provider

    async def finish(
        self, name: str, query: Mapping[str, str], cookie: str | None, base_url: str
    ) -> tuple[Grant, Transaction]:
        """Turns what the browser brought back from the provider into a grant.

        Raises:
            SignInError: it was refused, is not of this browser, or is not good.
        """
        transaction = (
            open_transaction(self._settings.keys, cookie, query.get("state", ""))
            if cookie
            else None
        )
        if transaction is None or transaction.provider != name:
            raise SignInError(
                "expired",
                "This sign-in was begun too long ago, or in another browser: begin again",
            )
        provider = self._choose(name, transaction.return_to)
        try:
            return await self._finish(
                provider, query, transaction, base_url
            ), transaction
        except ProviderError as error:
            problem: Problem = "unavailable"
            cause: Exception = error
        except (ProviderRefusedError, TokenError, ClaimsError) as error:
            problem, cause = "failed", error
        log.warning("a sign-in failed: %s", cause)
        raise SignInError(problem, str(cause), transaction.return_to) from cause

    async def _finish(
        self,
        provider: Provider,
        query: Mapping[str, str],
        transaction: Transaction,
        base_url: str,
    ) -> Grant:
        metadata = await provider.get_metadata()
        issuer = query.get("iss")
        must_say = metadata.authorization_response_iss_parameter_supported
        if issuer != metadata.issuer and (issuer is not None or must_say):
            raise TokenError("the answer is another provider's (iss)")
        if "error" in query:
            problem: Problem = (
                "denied" if query["error"] == "access_denied" else "failed"
            )
            text = query.get("error_description") or query["error"]
            raise SignInError(problem, text[:200], transaction.return_to)
        answer = await provider.exchange_code(
            query.get("code", ""),
            transaction.verifier,
            _get_redirect_uri(base_url, provider.options.name),
        )
        return await read_answer(provider, answer, transaction.nonce)

    # --- signing out

    async def sign_out(self, session: Session, base_url: str = "") -> str | None:
        """Takes the refresh token back; where the provider's own sign-out is, if it has one."""
        provider = self._providers.get(session.origin.provider)
        if provider is None:
            return None
        if session.tokens.refresh is not None:
            task = asyncio.create_task(_revoke(provider, session.tokens.refresh))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            endpoint = (await provider.get_metadata()).end_session_endpoint
        except ProviderError:
            return None
        if endpoint is None:
            return None
        query = {"client_id": provider.options.client_id}
        if base_url:
            query["post_logout_redirect_uri"] = f"{base_url}/"
        if provider.options.logout_hint and session.tokens.id is not None:
            query["id_token_hint"] = session.tokens.id
        joint = "&" if "?" in endpoint else "?"
        return f"{endpoint}{joint}{urlencode(query)}"

    async def end_by_provider(self, name: str, token: str) -> int:
        """Back-channel logout: ends the sessions that a logout token names; how many.

        Raises:
            TokenError: it is not good, or was used before.
            ProviderError: its keys cannot be fetched.
        """
        provider = self._providers.get(name)
        if provider is None:
            raise TokenError("there is no such provider")
        options = provider.options
        claims = await provider.verify(token, (options.client_id,), use="logout token")
        events, identity = claims.get("events"), claims.get("jti")
        if not isinstance(events, Mapping) or BACK_CHANNEL_EVENT not in events:
            raise TokenError("it is no logout token (events)")
        if "nonce" in claims or not isinstance(identity, str):
            raise TokenError("it is no logout token (nonce, jti)")
        if not await self._sessions.remember_once(f"jti:{name}:{identity}"):
            raise TokenError("the logout token was used before")
        session, subject = claims.get("sid"), claims.get("sub")
        if isinstance(session, str):
            tag = get_origin_tag(options.issuer, "sid", session)
        elif isinstance(subject, str):
            tag = get_origin_tag(options.issuer, "sub", subject)
        else:
            raise TokenError("the logout token names neither a session nor a subject")
        return await self._sessions.end_tagged(tag)


def _get_redirect_uri(base_url: str, provider: str) -> str:
    """One per provider: an answer of one cannot be taken for another's."""
    return f"{base_url}/auth/callback/{provider}"


async def _describe(provider: Provider) -> ProviderInfo:
    options = provider.options
    accounts: tuple[Mapping[str, str], ...] = ()
    if options.issuer.startswith("http://"):  # this machine: the development provider
        try:
            accounts = (await provider.get_metadata()).fairlead_accounts
        except ProviderError as error:
            log.warning("%s", error)
    return ProviderInfo(options.name, options.title, accounts)


async def _revoke(provider: Provider, token: str) -> None:
    try:
        await provider.revoke(token)
    except ProviderError as error:
        log.warning("a refresh token could not be taken back: %s", error)
