"""As whom a user's requests reach the cluster, and the context that procedures get."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

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


class UserToken(Protocol):
    """The token of one session."""

    @property
    def key(self) -> Hashable:
        """The session's, so that a refreshed token counts as the same."""
        ...

    async def get(self, *, renew: bool) -> str:
        """The token now; `renew` when the cluster refused the last one.

        Raises:
            TRPCError: the session has ended.
        """
        ...


@runtime_checkable
class TokenSource(Protocol):
    """Where users' cluster tokens come from: a service that sign-in provides."""

    def find_token(self, request: Request) -> UserToken | None:
        """The token of a request's user; None when sign-in left none."""
        ...


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
