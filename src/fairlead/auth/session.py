"""What a session holds, and how it is turned into a row of a store and back."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import msgspec

from fairlead.auth.keys import KeyRing
from fairlead.auth.stores.store import SessionRow
from fairlead.context import User

__all__ = [
    "Origin",
    "Session",
    "SessionOptions",
    "Tokens",
    "decode_session",
    "encode_session",
    "get_key",
    "get_origin_tag",
    "get_user_tag",
    "make_cookie_value",
]


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider gave out for one sign-in; never leaves the server.

    Attributes:
        cluster: the one that is sent to the cluster; None when it knows none of them.
        expires_at: epoch seconds when the access token (or a pasted token) ends; None: unknown.
        refresh_at: epoch seconds from when new ones are asked for; None: never.
        binding: the session ends with them, for there is no way to new ones.
    """

    access: str | None = None
    id: str | None = None
    refresh: str | None = None
    cluster: str | None = None
    expires_at: float | None = None
    refresh_at: float | None = None
    binding: bool = False

    def __repr__(self) -> str:
        return "Tokens(...)"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a sign-in comes from.

    Attributes:
        provider: name of the provider in this application; `token` for a pasted one.
        subject: the provider's own name of the user (`sub`).
        session: the provider's session (`sid`), if it names it.
    """

    provider: str
    issuer: str = ""
    subject: str = ""
    session: str | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in of one user on one browser.

    Attributes:
        id: names the session to its user; of no use for signing in.
        signed_in_at: epoch seconds.
        expires_at: epoch seconds of its absolute end.
        address: of the client that signed in.
        browser: its user agent.
    """

    id: str
    user: User
    origin: Origin
    tokens: Tokens
    signed_in_at: float
    expires_at: float
    address: str | None = None
    browser: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """How long sessions live, and what they may cost.

    Attributes:
        idle_seconds: ends after that long without a call; an open stream alone is no call.
        absolute_seconds: ends after that long whatever happens.
        touch_seconds: a use is written down at most that often.
        cache_seconds: how long a session is taken from memory; its end is told at once anyway.
        cached: how many are kept in memory.
        per_user: a further sign-in ends the oldest.
    """

    idle_seconds: float = 8 * 3600.0
    absolute_seconds: float = 24 * 3600.0
    touch_seconds: float = 60.0
    cache_seconds: float = 1.0
    cached: int = 10_000
    per_user: int = 50


def make_cookie_value() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def get_key(cookie: str) -> str:
    """The row of a cookie: who reads the store cannot make cookies from it."""
    return hashlib.sha256(b"fairlead session " + cookie.encode()).hexdigest()


def get_user_tag(user: str) -> str:
    """By which all sessions of a user are found."""
    return hashlib.sha256(f"user\0{user}".encode()).hexdigest()


def get_origin_tag(issuer: str, kind: str, value: str) -> str:
    """By which a provider's sign-out finds sessions: kind `sub` or `sid`."""
    return hashlib.sha256(f"{kind}\0{issuer}\0{value}".encode()).hexdigest()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Session)


def encode_session(keys: KeyRing, key: str, session: Session) -> bytes:
    """Encrypted for its row: copied into another row it does not open."""
    return keys.seal(_encoder.encode(session), key)


def decode_session(keys: KeyRing, row: SessionRow) -> Session | None:
    """None when no key opens it: then it is as good as gone."""
    data = keys.open(row.data, row.key)
    if data is None:
        return None
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError:
        return None
