"""The seams between sign-in and a cluster: whose token is sent, and who a token's owner is."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol, runtime_checkable

from fairlead.context import Request, User

__all__ = ["TokenReviewer", "TokenSource", "UserToken"]


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


@runtime_checkable
class TokenReviewer(Protocol):
    """Asks a cluster whose token it is: a service that the cluster provides."""

    async def review_token(self, token: str) -> User | None:
        """The token's user (as `kubectl auth whoami` says); None when it is not good.

        Raises:
            TRPCError: the cluster did not answer.
        """
        ...
