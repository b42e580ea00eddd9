"""Who is calling: the seam between the transports and the kinds of sign-in."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from fairlead.auth.loopback import is_loopback_address, is_loopback_host
from fairlead.context import Request, User
from fairlead.errors import TRPCError

__all__ = ["Anonymous", "Authenticator", "FixedUser"]


@runtime_checkable
class Authenticator(Protocol):
    """Finds the user of a request; asked once per HTTP request and WebSocket connection."""

    async def authenticate(self, request: Request) -> User | None:
        """The user, or None for somebody who has not signed in.

        Raises:
            TRPCError: UNAUTHORIZED, for credentials that are there and wrong.
        """
        ...


class Anonymous:
    """Nobody is ever signed in: only public procedures answer."""

    async def authenticate(self, request: Request) -> User | None:
        """Finds nobody."""
        del request
        return None


class FixedUser:
    """Development only: everybody on this machine is one given user.

    Requests from any other machine, or made for another host name, are refused: a page
    elsewhere could otherwise act as that user.
    """

    def __init__(self, user: User) -> None:
        self._user = user

    async def authenticate(self, request: Request) -> User:
        """The fixed user.

        Raises:
            TRPCError: UNAUTHORIZED, when the request did not come over loopback.
        """
        if request.transport != "local" and not _is_loopback(request):
            raise TRPCError(
                "UNAUTHORIZED",
                f"The development user {self._user.name!r} is for this machine only: open "
                "http://127.0.0.1, or configure a sign-in",
            )
        return self._user


def _is_loopback(request: Request) -> bool:
    if request.client is None or not is_loopback_address(request.client[0]):
        return False
    return is_loopback_host(request.headers.get("host", ""))
