"""Authentication: static tokens and service account tokens; impersonation."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import uuid4

import msgspec

from fairlead.devcluster.errors import ApiError, unauthorized
from fairlead.devcluster.identity import (
    ANONYMOUS,
    AUTHENTICATED,
    UNAUTHENTICATED,
    User,
    service_account_groups,
)
from fairlead.devcluster.jsontypes import JsonObject, is_object
from fairlead.devcluster.rbac import Attributes, Authorizer
from fairlead.devcluster.request import Request
from fairlead.devcluster.storage import Storage

AUDIENCE = "https://kubernetes.default.svc"
_PREFIX = "system:serviceaccount:"
_AUTH_GROUP = "authentication.k8s.io"
_HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")


@dataclass(frozen=True, slots=True)
class StaticToken:
    """A token that the operator gave a user."""

    user: str
    token: str
    groups: tuple[str, ...] = ()


class Authenticator:
    """Turns credentials into users."""

    def __init__(
        self,
        tokens: list[StaticToken],
        key: bytes,
        storage: Storage,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = key
        self._clock = clock
        self._storage = storage
        # Kept by digest: the lookup then takes the same time for any wrong token.
        self._users: Mapping[bytes, User] = {
            _digest(item.token): User(
                item.user, (*item.groups, AUTHENTICATED), f"u-{item.user}"
            )
            for item in tokens
        }

    def authenticate(self, authorization: str) -> User:
        """Return the user of an `Authorization` header; 401 when it is not good."""
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return ANONYMOUS
        user = self.find_user(token.strip())
        if user is None:
            raise unauthorized()
        return user

    def find_user(self, token: str) -> User | None:
        """Return the user of a token, or None when the token is not good."""
        user = self._users.get(_digest(token))
        return user or self._service_account(token)

    # service account tokens

    def issue(self, claims: JsonObject) -> str:
        """Return a signed token."""
        payload = base64.urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=")
        signed = _HEADER + b"." + payload
        return (signed + b"." + self._sign(signed)).decode()

    def service_account_claims(
        self, namespace: str, name: str, uid: str, audiences: list[str], seconds: int
    ) -> JsonObject:
        """Return the claims of a new service account token."""
        now = int(self._clock())
        return {
            "aud": audiences or [AUDIENCE],
            "exp": now + seconds,
            "iat": now,
            "iss": AUDIENCE,
            "jti": str(uuid4()),
            "kubernetes.io": {
                "namespace": namespace,
                "serviceaccount": {"name": name, "uid": uid},
            },
            "nbf": now,
            "sub": f"{_PREFIX}{namespace}:{name}",
        }

    def _sign(self, signed: bytes) -> bytes:
        digest = hmac.new(self._key, signed, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=")

    def _service_account(self, token: str) -> User | None:
        claims = self._verified_claims(token)
        if claims is None:
            return None
        account = claims["kubernetes.io"]["serviceaccount"]
        namespace, name = claims["kubernetes.io"]["namespace"], account["name"]
        record = self._storage.find("serviceaccounts", namespace, name)
        if record is None or record.decode()["metadata"]["uid"] != account["uid"]:
            return None
        groups = (*service_account_groups(namespace), AUTHENTICATED)
        extra = {
            "authentication.kubernetes.io/credential-id": (f"JTI={claims['jti']}",)
        }
        return User(claims["sub"], groups, account["uid"], extra)

    def _verified_claims(self, token: str) -> JsonObject | None:
        signed, dot, signature = token.rpartition(".")
        if not dot or not signed.isascii() or not signature.isascii():
            return None
        if not hmac.compare_digest(self._sign(signed.encode()), signature.encode()):
            return None
        header, _, payload = signed.partition(".")
        if header.encode() != _HEADER:
            return None
        try:
            padded = payload + "=" * (-len(payload) % 4)
            claims = msgspec.json.decode(base64.urlsafe_b64decode(padded))
        except (binascii.Error, msgspec.DecodeError, ValueError):
            return None
        if not is_object(claims) or not claims.get(
            "nbf", 0
        ) <= self._clock() < claims.get("exp", 0):
            return None
        return claims if AUDIENCE in claims.get("aud", ()) else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def impersonate(request: Request, authorizer: Authorizer) -> User:
    """Return the user that the request wants to act as; 403 when it may not."""
    name = request.header("impersonate-user")
    groups = request.header_values("impersonate-group")
    uid = request.header("impersonate-uid")
    extra = _extra_headers(request)
    if not name:
        if groups or uid or extra:
            raise ApiError(
                400,
                "BadRequest",
                "requested groups, uid or extra without impersonating a user",
            )
        return request.user
    _require(request, authorizer, User(name, tuple(groups), uid, extra))
    if not groups and name.startswith(_PREFIX):
        groups = list(
            service_account_groups(name.removeprefix(_PREFIX).partition(":")[0])
        )
    marker = UNAUTHENTICATED if name == ANONYMOUS.name else AUTHENTICATED
    if marker not in groups:
        groups = [*groups, marker]
    return User(name, tuple(groups), uid, extra)


def _extra_headers(request: Request) -> dict[str, tuple[str, ...]]:
    prefix = "impersonate-extra-"
    found: dict[str, tuple[str, ...]] = {}
    for key, value in request.headers:
        if key.startswith(prefix):
            name = unquote(key.removeprefix(prefix))
            found[name] = (*found.get(name, ()), value)
    return found


def _require(request: Request, authorizer: Authorizer, wanted: User) -> None:
    """Refuse with 403 unless every part of the other identity may be taken."""
    for item in _needed(wanted):
        authorizer.require(request.user, item)


def _needed(wanted: User) -> Iterator[Attributes]:
    name, verb = wanted.name, "impersonate"
    if name.startswith(_PREFIX) and name.count(":") == 3:
        _, _, namespace, account = name.split(":")
        yield Attributes(verb, "", "serviceaccounts", "", namespace, account)
    else:
        yield Attributes(verb, "", "users", "", "", name)
    for group in wanted.groups:
        yield Attributes(verb, "", "groups", "", "", group)
    if wanted.uid:
        yield Attributes(verb, _AUTH_GROUP, "uids", "", "", wanted.uid)
    for key, values in wanted.extra.items():
        for value in values:
            yield Attributes(verb, _AUTH_GROUP, "userextras", key, "", value)
