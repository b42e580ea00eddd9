"""Who is calling: authentication, apart from what they may do (`fairlead.access`)."""

from fairlead.auth.authenticator import Anonymous, Authenticator, FixedUser

__all__ = ["Anonymous", "Authenticator", "FixedUser"]
