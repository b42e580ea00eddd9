"""What sign-in needs to know, from arguments or from the environment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fairlead.auth.attempts import AttemptOptions
from fairlead.auth.keys import KeyRing
from fairlead.auth.loopback import is_loopback_host
from fairlead.auth.oidc import OIDC
from fairlead.auth.session import SessionOptions
from fairlead.auth.site import Site
from fairlead.auth.stores import SessionStore, open_store
from fairlead.errors import DefinitionError

__all__ = ["DEV_ISSUER_VARIABLE", "SignInSettings", "read_settings"]

DEV_ISSUER_VARIABLE = "FAIRLEAD_DEV_ISSUER"
"""Set by `fairlead dev`: the address of the development provider."""
DEV_PROVIDER = "dev"
DEV_CLIENT_ID = "fairlead-dev"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSettings:
    """What sign-in needs to know.

    Attributes:
        store: where sessions are kept.
        tokens: people may sign in with a pasted token, too.
        page: path of the application's own sign-in page; None leads straight to the provider.
        attempts: how often signing in may fail.
    """

    providers: Sequence[OIDC]
    store: SessionStore
    keys: KeyRing
    site: Site = field(default_factory=Site)
    sessions: SessionOptions = field(default_factory=SessionOptions)
    tokens: bool = True
    page: str | None = None
    attempts: AttemptOptions = field(default_factory=AttemptOptions)


def read_settings(  # noqa: PLR0913  keyword-only; as in SignIn
    *,
    providers: Sequence[OIDC] = (),
    store: SessionStore | str | None = None,
    keys: KeyRing | None = None,
    public_url: str | None = None,
    sessions: SessionOptions | None = None,
    tokens: bool = True,
    page: str | None = None,
    attempts: AttemptOptions | None = None,
) -> SignInSettings:
    """Arguments first, then the environment, then defaults for this machine.

    Raises:
        DefinitionError: no provider is configured, or a value is wrong; the message has the cure.
    """
    folder = Path(os.environ.get("FAIRLEAD_DATA") or ".fairlead")
    if store is None:
        store = (
            os.environ.get("FAIRLEAD_SESSION_STORE") or f"sqlite:{folder}/sessions.db"
        )
    public_url = public_url or os.environ.get("FAIRLEAD_PUBLIC_URL") or None
    return SignInSettings(
        providers=_check(providers or _read_providers(public_url)),
        store=open_store(store) if isinstance(store, str) else store,
        keys=keys or KeyRing.from_env(folder),
        site=Site(public_url),
        sessions=sessions or _read_sessions(),
        tokens=tokens,
        page=page,
        attempts=attempts or AttemptOptions(),
    )


def _check(providers: Sequence[OIDC]) -> Sequence[OIDC]:
    names = [provider.name for provider in providers]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise DefinitionError(
            f"several providers are called {', '.join(sorted(twice))}: give each a name"
        )
    return providers


def _read_providers(public_url: str | None) -> list[OIDC]:
    names = os.environ.get("OIDC_PROVIDERS", "").replace(",", " ").split()
    if names:
        return [OIDC.from_env(f"OIDC_{name.upper()}", name=name) for name in names]
    if os.environ.get("OIDC_ISSUER"):
        return [OIDC.from_env()]
    dev_issuer = os.environ.get(DEV_ISSUER_VARIABLE)
    if dev_issuer:
        if public_url and not is_loopback_host(urlsplit(public_url).netloc):
            raise DefinitionError(
                "the development sign-in lets anybody in without a password, so it is for this "
                f"machine only, not for {public_url}: configure a provider (OIDC_ISSUER, "
                "OIDC_CLIENT_ID)"
            )
        return [
            OIDC(
                issuer=dev_issuer,
                client_id=DEV_CLIENT_ID,
                name=DEV_PROVIDER,
                label="Development personas",
                cluster_token=None,
            )
        ]
    raise DefinitionError(
        "no sign-in is configured: set OIDC_ISSUER and OIDC_CLIENT_ID (docs/auth.md), "
        "or use `fairlead dev`, which brings a provider with ready personas"
    )


def _read_sessions() -> SessionOptions:
    defaults = SessionOptions()
    return SessionOptions(
        idle_seconds=_read_seconds(
            "FAIRLEAD_SESSION_IDLE_SECONDS", defaults.idle_seconds
        ),
        absolute_seconds=_read_seconds(
            "FAIRLEAD_SESSION_ABSOLUTE_SECONDS", defaults.absolute_seconds
        ),
    )


def _read_seconds(variable: str, default: float) -> float:
    text = os.environ.get(variable)
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if seconds <= 0:
        raise DefinitionError(f"{variable}={text!r} is no number of seconds above 0")
    return seconds
