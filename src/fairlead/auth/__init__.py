"""Who is calling: authentication, apart from what they may do (`fairlead.access`)."""

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
