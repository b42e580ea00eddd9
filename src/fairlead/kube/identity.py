"""As whom a user's requests reach the cluster, and the context that procedures get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fairlead.auth.tokens import TokenSource, UserToken
from fairlead.context import Request, User
from fairlead.errors import TRPCError
from fairlead.kube.credentials import (
    Credentials,
    Impersonated,
    ServerCredentials,
    TokenCredentials,
)

__all__ = ["Identity", "TokenSource", "UserToken", "choose_credentials"]

Identity = Literal["user", "impersonate", "service"]
"""As whom requests are made.

`user`: by the user's own token. `impersonate`: by the user's token when there is one, else the
server stands in for the user, for which it needs the right to impersonate. `service`: as the
server itself, after the cluster was asked whether the user may.
"""


@dataclass(frozen=True, slots=True)
class _Getter:
    token: UserToken

    async def __call__(self, renew: bool) -> str:
        return await self.token.get(renew=renew)


def choose_credentials(
    identity: Identity, request: Request, user: User, server: ServerCredentials
) -> Credentials:
    """The credentials with which a user's request is made.

    Raises:
        TRPCError: FORBIDDEN; there is no way to act as this user.
    """
    if identity == "service":
        return server
    source = request.services.find(TokenSource)  # type: ignore[type-abstract]
    token = source.find_token(request) if source is not None else None
    if token is not None:
        return TokenCredentials(token.key, _Getter(token))
    if identity == "impersonate":
        return Impersonated(server, user.name, user.groups)
    raise TRPCError(
        "FORBIDDEN",
        "Your sign-in left no token that the cluster knows; the server can be configured to "
        'act for you with Kube(identity="impersonate") or identity="service"',
    )
