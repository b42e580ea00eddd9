"""A sign-in under way: kept, encrypted, in a cookie of the browser that began it.

Nothing is stored for somebody who has not signed in, and only that browser can finish.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import time

import msgspec

from fairlead.auth.keys import KeyRing

__all__ = ["TRANSACTION_SECONDS", "Transaction", "find_cookie_name", "open_transaction"]

TRANSACTION_SECONDS = 600


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be the same at the end as at the beginning.

    Attributes:
        previous: key of the session that this browser had: it ends when the new one begins.
    """

    provider: str
    state: str
    nonce: str
    verifier: str
    return_to: str
    started_at: float
    previous: str | None = None

    @classmethod
    def start(cls, provider: str, return_to: str, previous: str | None) -> Transaction:
        """A new one with random secrets."""
        return cls(
            provider=provider,
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            return_to=return_to,
            started_at=time.time(),
            previous=previous,
        )

    @property
    def challenge(self) -> str:
        """PKCE's S256 challenge."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def seal(self, keys: KeyRing) -> str:
        """As the cookie holds it."""
        sealed = keys.seal(msgspec.msgpack.encode(self), f"sign-in {self.state}")
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def find_cookie_name(session_cookie: str, state: str) -> str:
    """One cookie per sign-in, so that several tabs can sign in at once."""
    return f"{session_cookie}-{hashlib.sha256(state.encode()).hexdigest()[:12]}"


def open_transaction(keys: KeyRing, cookie: str, state: str) -> Transaction | None:
    """The sign-in that a cookie holds, if it is this one and not too old."""
    try:
        sealed = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
    except (binascii.Error, ValueError):
        return None
    data = keys.open(sealed, f"sign-in {state}")
    if data is None:
        return None
    found = msgspec.msgpack.decode(data, type=Transaction)
    age = time.time() - found.started_at
    return found if found.state == state and 0 <= age <= TRANSACTION_SECONDS else None
