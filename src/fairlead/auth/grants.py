"""From a provider's answer to a session: tokens verified, claims mapped, ends worked out."""

from __future__ import annotations

import time
from dataclasses import dataclass

import msgspec

from fairlead.auth.oidc import Claims, ClaimsError, map_claims
from fairlead.auth.provider import (
    Provider,
    ProviderRefusedError,
    TokenAnswer,
    TokenError,
)
from fairlead.auth.renewal import RefreshRefusedError
from fairlead.auth.session import Origin, Session, Tokens
from fairlead.context import User

__all__ = ["Grant", "make_tokens", "read_answer", "renew_session"]

MARGIN_SECONDS = 15.0
MARGIN_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Grant:
    """Who signed in, and with what."""

    user: User
    tokens: Tokens
    origin: Origin


async def read_answer(provider: Provider, answer: TokenAnswer, nonce: str) -> Grant:
    """Checks what came for a code.

    Raises:
        TokenError: the ID token is missing or not good.
        ClaimsError: it names no user.
        ProviderError: keys or userinfo cannot be fetched.
    """
    if answer.id_token is None:
        raise TokenError(f"{provider.options.title} sent no ID token")
    claims = await _verify_id_token(provider, answer.id_token)
    if claims.get("nonce") != nonce:
        raise TokenError("the ID token is for another sign-in (nonce)")
    subject = str(claims["sub"])
    user = await _find_user(provider, answer, claims)
    session = claims.get("sid")
    origin = Origin(
        provider=provider.options.name,
        issuer=provider.options.issuer,
        subject=subject,
        session=session if isinstance(session, str) else None,
    )
    return Grant(user, make_tokens(provider, answer, claims), origin)


async def _verify_id_token(provider: Provider, token: str) -> Claims:
    client_id = provider.options.client_id
    claims = await provider.verify(token, (client_id,), use="ID token")
    party = claims.get("azp")
    if party is not None and party != client_id:
        raise TokenError("the ID token is for another client (azp)")
    if not claims["sub"]:
        raise ClaimsError("the ID token names no subject")
    return claims


async def _find_user(provider: Provider, answer: TokenAnswer, claims: Claims) -> User:
    if provider.options.userinfo:
        more = await provider.fetch_userinfo(answer.access_token, str(claims["sub"]))
        claims = {**more, **claims}
    return map_claims(provider.options, claims)


def make_tokens(
    provider: Provider,
    answer: TokenAnswer,
    claims: Claims | None,
    before: Tokens | None = None,
) -> Tokens:
    """What is kept of an answer; what it lacks stays as it was before."""
    now = time.time()
    refresh = answer.refresh_token or (before.refresh if before else None)
    id_token = answer.id_token or (before.id if before else None)
    kind = provider.options.cluster_token
    cluster = (
        id_token if kind == "id" else answer.access_token if kind == "access" else None
    )
    ends = [] if answer.expires_in is None else [now + answer.expires_in]
    expiry = claims.get("exp") if claims is not None else None
    if kind == "id" and isinstance(expiry, int | float):
        ends.append(float(expiry))
    expires_at = min(ends, default=None)
    refresh_at = None
    if refresh is not None and expires_at is not None:
        margin = min(MARGIN_SECONDS, MARGIN_SHARE * (expires_at - now))
        refresh_at = expires_at - margin
    return Tokens(
        access=answer.access_token,
        id=id_token,
        refresh=refresh,
        cluster=cluster,
        expires_at=expires_at,
        refresh_at=refresh_at,
        binding=refresh is None and cluster is not None,
    )


async def renew_session(provider: Provider, session: Session) -> Session:
    """The session with new tokens, and with the user as the provider sees them now.

    Raises:
        RefreshRefusedError: there are none; the session is over.
        ProviderError: the provider does not answer.
    """
    if session.tokens.refresh is None:
        raise RefreshRefusedError("there is no refresh token")
    try:
        answer = await provider.refresh(session.tokens.refresh)
        claims, user = None, session.user
        if answer.id_token is not None:
            claims = await _verify_id_token(provider, answer.id_token)
            if claims["sub"] != session.origin.subject:
                raise RefreshRefusedError("the provider sent another user's tokens")
            user = await _find_user(provider, answer, claims)
            if user.name != session.user.name:
                raise RefreshRefusedError("the user has another name now")
    except (ProviderRefusedError, TokenError, ClaimsError) as error:
        raise RefreshRefusedError(str(error)) from error
    tokens = make_tokens(provider, answer, claims, session.tokens)
    return msgspec.structs.replace(session, tokens=tokens, user=user)
