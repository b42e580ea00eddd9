"""The signed-in user.

People sign in with the OpenID Connect providers of the environment; `make run` brings one with
ready personas. For scripts and tests PORTAL_USER makes everybody on this machine one persona,
without any sign-in.
"""

from __future__ import annotations

import os

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from fairlead import DefinitionError, Router, User, UserContext, authenticated, query
from fairlead.auth import Authenticator, FixedUser, MySessions, SignIn
from fairlead.auth.sessions import LiveSession

PERSONAS = {
    "admin": User(name="admin", groups=("portal-admins",), display_name="Ada Admin"),
    "developer": User(
        name="developer", groups=("portal-developers",), display_name="Dev Developer"
    ),
    "viewer": User(name="viewer", groups=("portal-viewers",), display_name="Vi Viewer"),
    "nobody": User(name="nobody", display_name="No Body"),
}


def choose_auth() -> Authenticator:
    """A sign-in, or the persona that PORTAL_USER names.

    Raises:
        DefinitionError: there is none of that name.
    """
    name = os.environ.get("PORTAL_USER")
    if not name:
        return SignIn(page="/sign-in")
    if name not in PERSONAS:
        known = ", ".join(PERSONAS)
        raise DefinitionError(
            f"PORTAL_USER={name!r} is no persona: choose one of {known}"
        )
    return FixedUser(PERSONAS[name])


class Me(BaseModel):
    """Who is signed in."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    name: str
    display_name: str
    groups: list[str]
    session: bool
    """There is a session that can be ended: the user has signed in here."""


class Account(Router[UserContext]):
    """The signed-in user."""

    sessions: MySessions

    @query(access=authenticated)
    async def me(self) -> Me:
        """Who is signed in."""
        user = self.ctx.user
        return Me(
            name=user.name,
            display_name=user.display_name or user.name,
            groups=list(user.groups),
            session=isinstance(self.ctx.request.session, LiveSession),
        )
