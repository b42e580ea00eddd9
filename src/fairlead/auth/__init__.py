"""Who is calling: authentication, apart from what they may do (`fairlead.access`).

Names are loaded when they are first used: an application without sign-in needs no HTTP client
and no cryptography.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.auth.attempts import AttemptOptions
    from fairlead.auth.authenticator import Anonymous, Authenticator, FixedUser
    from fairlead.auth.keys import KeyRing
    from fairlead.auth.oidc import OIDC
    from fairlead.auth.router import MySessions
    from fairlead.auth.session import SessionOptions
    from fairlead.auth.sign_in import SignIn
    from fairlead.auth.stores import SessionStore, SqliteSessionStore
    from fairlead.auth.tokens import TokenReviewer, TokenSource, UserToken

__all__ = [
    "OIDC",
    "Anonymous",
    "AttemptOptions",
    "Authenticator",
    "FixedUser",
    "KeyRing",
    "MySessions",
    "SessionOptions",
    "SessionStore",
    "SignIn",
    "SqliteSessionStore",
    "TokenReviewer",
    "TokenSource",
    "UserToken",
]

_HOME_OF = {
    "Anonymous": "fairlead.auth.authenticator",
    "AttemptOptions": "fairlead.auth.attempts",
    "Authenticator": "fairlead.auth.authenticator",
    "FixedUser": "fairlead.auth.authenticator",
    "KeyRing": "fairlead.auth.keys",
    "OIDC": "fairlead.auth.oidc",
    "MySessions": "fairlead.auth.router",
    "SessionOptions": "fairlead.auth.session",
    "SignIn": "fairlead.auth.sign_in",
    "SessionStore": "fairlead.auth.stores",
    "SqliteSessionStore": "fairlead.auth.stores",
    "TokenReviewer": "fairlead.auth.tokens",
    "TokenSource": "fairlead.auth.tokens",
    "UserToken": "fairlead.auth.tokens",
}

if not TYPE_CHECKING:  # checkers see the imports above, and what is not there

    def __getattr__(name: str) -> object:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'fairlead.auth' has no attribute {name!r}")
        value: object = getattr(import_module(home), name)
        globals()[name] = value
        return value
