"""Bearer tokens, for command lines and scripts: providers' tokens and the cluster's own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from fairlead.auth.endings import make_ended_error
from fairlead.auth.oidc import ClaimsError, map_claims
from fairlead.auth.provider import Provider, ProviderError, TokenError
from fairlead.auth.tokens import TokenReviewer
from fairlead.context import Services, User
from fairlead.errors import TRPCError

__all__ = ["Bearer", "BearerSession", "CheckedToken"]

GOOD_SECONDS = 60.0
BAD_SECONDS = 5.0
BOUND = 10_000
MAX_LENGTH = 16_384


@dataclass(frozen=True, slots=True)
class CheckedToken:
    """A token that is good.

    Attributes:
        provider: whose it is; `cluster` for one that the cluster knows.
        cluster: it is (also) good for the cluster.
        expires_at: epoch seconds; None when it does not say.
    """

    user: User
    provider: str
    cluster: bool
    expires_at: float | None


class BearerSession:
    """The sign-in behind a bearer token: it ends with the token."""

    __slots__ = ("checked", "key", "token")

    def __init__(self, token: str, checked: CheckedToken) -> None:
        self.token = token
        self.checked = checked
        self.key = ("bearer", _digest(token))

    def note_use(self) -> None:
        """Bearer tokens know no idleness."""

    def on_end(self, tell: Callable[[TRPCError], None]) -> Callable[[], None]:
        """Calls `tell` when the token expires; returns what stops that."""
        ends = self.checked.expires_at
        if ends is None:
            return _do_nothing
        seconds = max(0.0, ends - time.time())
        loop = asyncio.get_running_loop()
        return loop.call_later(seconds, lambda: tell(make_ended_error())).cancel

    async def get(self, *, renew: bool) -> str:
        """The token itself: there is no other."""
        del renew
        return self.token


def _do_nothing() -> None:
    """Nothing to stop."""


class Bearer:
    """Checks bearer tokens, and remembers for a while what came of it."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers
        self._known: dict[bytes, tuple[float, CheckedToken | TRPCError]] = {}

    async def check(self, token: str, services: Services) -> CheckedToken:
        """Whose token it is.

        Raises:
            TRPCError: UNAUTHORIZED when it is not good; else why nobody knows.
        """
        if len(token) > MAX_LENGTH:
            raise _refuse("it is too long")
        digest, now = _digest(token), time.time()
        until, known = self._known.get(digest, (0.0, None))
        if known is None or until <= now:
            until, known = await self._find_out(token, services)
            while len(self._known) >= BOUND:
                self._known.pop(next(iter(self._known)))
            self._known[digest] = (until, known)
        if isinstance(known, TRPCError):
            raise known.with_traceback(None)
        return known

    async def _find_out(
        self, token: str, services: Services
    ) -> tuple[float, CheckedToken | TRPCError]:
        now = time.time()
        try:
            checked = await self._check(token, services)
        except TRPCError as error:
            if error.code != "UNAUTHORIZED":
                raise
            return now + BAD_SECONDS, error
        ends = checked.expires_at
        return min(now + GOOD_SECONDS, ends or now + GOOD_SECONDS), checked

    async def _check(self, token: str, services: Services) -> CheckedToken:
        claims = _peek(token)
        provider = self._find_provider(claims)
        expiry = claims.get("exp")
        expires_at = float(expiry) if isinstance(expiry, int | float) else None
        if provider is not None:
            user = await _verify(provider, token)
            options = provider.options
            known = options.cluster_token is not None
            return CheckedToken(user, options.name, known, expires_at)
        reviewer = services.find(TokenReviewer)  # type: ignore[type-abstract]
        if reviewer is None:
            raise _refuse("it is of no provider that this application knows")
        reviewed = await reviewer.review_token(token)
        if reviewed is None:
            raise _refuse("the cluster does not know it")
        return CheckedToken(reviewed, "cluster", cluster=True, expires_at=expires_at)

    def _find_provider(self, claims: Mapping[str, object]) -> Provider | None:
        for provider in self._providers.values():
            if provider.options.issuer == claims.get("iss"):
                return provider
        return None


async def _verify(provider: Provider, token: str) -> User:
    options = provider.options
    try:
        claims = await provider.verify(token, (options.client_id, *options.audiences))
        return map_claims(options, claims)
    except (TokenError, ClaimsError) as error:
        raise _refuse(str(error)) from None
    except ProviderError as error:
        raise TRPCError("BAD_GATEWAY", str(error)) from error


def _refuse(reason: str) -> TRPCError:
    return TRPCError("UNAUTHORIZED", f"The bearer token is not taken: {reason}")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _peek(token: str) -> Mapping[str, object]:
    """The claims as the token says them: to choose who checks it, and for nothing else."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(payload, type=dict[str, object])
    except (ValueError, msgspec.DecodeError):
        return {}
