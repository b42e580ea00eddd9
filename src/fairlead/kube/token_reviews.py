"""Whose token it is, as the cluster says: what `kubectl auth whoami` asks."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from fairlead.context import User
from fairlead.errors import TRPCError
from fairlead.kube.client import KubeClient, KubeRequest
from fairlead.kube.credentials import TokenCredentials
from fairlead.kube.errors import KubeProtocolError, KubeStatusError

__all__ = ["ClusterTokenReviewer"]

_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_BODY = b'{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}'
_UNAUTHENTICATED = "system:unauthenticated"


class _UserInfo(msgspec.Struct):
    username: str = ""
    groups: list[str] = []


class _Status(msgspec.Struct, rename="camel"):
    user_info: _UserInfo


class _Review(msgspec.Struct):
    status: _Status


_decoder = msgspec.json.Decoder(_Review)


class ClusterTokenReviewer:
    """Asks with the token itself, so the server needs no right of its own for it."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def review_token(self, token: str) -> User | None:
        """The token's user; None when the cluster does not take it.

        Raises:
            TRPCError: the cluster did not answer, or lets nobody ask.
        """
        if not token.isascii() or not token.isprintable() or " " in token:
            return None

        async def get(renew: bool) -> str:
            del renew
            return token

        request = KubeRequest(
            method="POST",
            path=_PATH,
            credentials=TokenCredentials("review", get),
            body=_BODY,
        )
        try:
            info = _decoder.decode(await self._client.send(request)).status.user_info
        except KubeStatusError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                return None
            raise TRPCError(
                "BAD_GATEWAY",
                f"The cluster does not say whose token it is: {error.message}",
            ) from error
        except msgspec.DecodeError as error:
            raise KubeProtocolError("the review of a token has no user") from error
        if not info.username or _UNAUTHENTICATED in info.groups:
            return None
        return User(name=info.username, groups=tuple(info.groups))
