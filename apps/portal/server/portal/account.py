"""The signed-in user.

Sign-in is for development only so far: PORTAL_USER picks one of three personas, whose rights
are RBAC objects of the dev cluster (apps/portal/cluster).
"""

from __future__ import annotations

import os

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from fairlead import DefinitionError, Router, User, UserContext, authenticated, query

PERSONAS = {
    "admin": User(name="admin", groups=("portal-admins",), display_name="Ada Admin"),
    "developer": User(
        name="developer", groups=("portal-developers",), display_name="Dev Developer"
    ),
    "viewer": User(name="viewer", groups=("portal-viewers",), display_name="Vi Viewer"),
    "nobody": User(name="nobody", display_name="No Body"),
}


def get_persona() -> User:
    """The persona that PORTAL_USER names; admin by default.

    Raises:
        DefinitionError: there is none of that name.
    """
    name = os.environ.get("PORTAL_USER", "admin")
    if name not in PERSONAS:
        known = ", ".join(PERSONAS)
        raise DefinitionError(
            f"PORTAL_USER={name!r} is no persona: choose one of {known}"
        )
    return PERSONAS[name]


class Me(BaseModel):
    """Who is signed in."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    name: str
    display_name: str
    groups: list[str]


class Account(Router[UserContext]):
    """The signed-in user."""

    @query(access=authenticated)
    async def me(self) -> Me:
        """Who is signed in."""
        user = self.ctx.user
        return Me(
            name=user.name,
            display_name=user.display_name or user.name,
            groups=list(user.groups),
        )
