"""`OIDC`: how an application uses one identity provider, and how its claims become a user."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from fairlead.auth.loopback import is_loopback_host
from fairlead.context import User
from fairlead.errors import DefinitionError

__all__ = ["OIDC", "Claims", "ClaimsError", "map_claims"]

Claims = Mapping[str, object]

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")  # fmt: skip
"""Signatures by a provider's key pair. Never `none`, and never a shared secret."""


class ClaimsError(Exception):
    """The claims name no user."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OIDC:
    """One OpenID Connect provider.

        OIDC(issuer="https://sso.example.org/realms/main", client_id="portal", client_secret="...")

    Attributes:
        issuer: exactly as the provider's discovery document names it.
        client_secret: None for a public client; PKCE is used either way.
        name: of the provider in this application; part of the redirect URI `/auth/callback/NAME`.
        label: what people read on the sign-in page.
        scopes: `openid` is needed; many providers give refresh tokens for `offline_access` only.
        user_claim: names the user for authorization. `sub` never changes and is always there.
        user_prefix: put in front, as the API server's `--oidc-username-prefix`.
        groups_claim: a list, a string, or JSON of a list in a string; a dot goes into an object,
            such as `realm_access.roles`.
        groups_prefix: put in front of each group, as `--oidc-groups-prefix`.
        userinfo: asks the provider's userinfo endpoint for claims that the ID token lacks.
        cluster_token: which token is sent to the cluster with `Kube(identity="user")`; None when
            the cluster does not know this provider.
        audiences: further audiences by which bearer tokens are taken, besides `client_id`.
        parameters: further ones of the authorization request, such as `prompt` or `resource`.
        logout_hint: the ID token goes along to the provider's sign-out, which then asks no
            question; it passes through the browser, and whoever has it is the user where it is
            taken as a bearer token.
        algorithms: signatures that are taken.
        leeway: seconds by which clocks may differ.
        ca_file: PEM of the authorities that vouch for the provider's certificate.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    name: str = "oidc"
    label: str | None = None
    scopes: Sequence[str] = ("openid", "profile", "email")
    user_claim: str = "sub"
    user_prefix: str = ""
    groups_claim: str = "groups"
    groups_prefix: str = ""
    userinfo: bool = False
    cluster_token: Literal["id", "access"] | None = "id"  # noqa: S105  which, not what
    audiences: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    logout_hint: bool = False
    algorithms: Sequence[str] = ALGORITHMS
    leeway: int = 30
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and is_loopback_host(parts.netloc)
        )
        if not is_safe or parts.query or parts.fragment:
            raise DefinitionError(
                f"the issuer {self.issuer!r} must be an https:// URL "
                "(http:// only on this machine) without query and fragment"
            )
        if not self.name.isidentifier():
            raise DefinitionError(
                f"the provider's name {self.name!r} goes into URLs: "
                "use letters, digits and _ only"
            )
        if "openid" not in self.scopes:
            raise DefinitionError('the scopes must have "openid" among them')
        bad = [name for name in self.algorithms if name not in ALGORITHMS]
        if bad:
            raise DefinitionError(
                f"{', '.join(bad)}: not taken; choose among {', '.join(ALGORITHMS)}"
            )

    @property
    def title(self) -> str:
        """What people read."""
        return self.label or urlsplit(self.issuer).netloc

    @classmethod
    def from_env(cls, prefix: str = "OIDC", *, name: str = "oidc") -> Self:
        """A provider from the environment: OIDC_ISSUER, OIDC_CLIENT_ID, and what else is set.

        Raises:
            DefinitionError: one of these two is missing, or a value is wrong.
        """
        given: dict[str, str] = {}
        for variable, value in os.environ.items():
            head, _, option = variable.partition(f"{prefix}_")
            if not head and option and value:
                given[option.lower()] = value
        for needed in ("issuer", "client_id"):
            if needed not in given:
                raise DefinitionError(f"{prefix}_{needed.upper()} is not set")
        return cls._from_text(given, prefix, name)

    @classmethod
    def _from_text(cls, given: Mapping[str, str], prefix: str, name: str) -> Self:
        cluster = given.get("cluster_token", "id")
        if cluster not in ("id", "access", "none"):
            raise DefinitionError(f"{prefix}_CLUSTER_TOKEN is one of id, access, none")
        token: Literal["id", "access"] | None = (
            "id" if cluster == "id" else "access" if cluster == "access" else None
        )
        ca_file = given.get("ca_file")
        return cls(
            issuer=given["issuer"],
            client_id=given["client_id"],
            client_secret=given.get("client_secret"),
            name=name,
            label=given.get("label"),
            scopes=_split(given.get("scopes", "openid profile email")),
            user_claim=given.get("user_claim", "sub"),
            user_prefix=given.get("user_prefix", ""),
            groups_claim=given.get("groups_claim", "groups"),
            groups_prefix=given.get("groups_prefix", ""),
            userinfo=_read_flag(given, prefix, "userinfo"),
            cluster_token=token,
            audiences=_split(given.get("audiences", "")),
            logout_hint=_read_flag(given, prefix, "logout_hint"),
            ca_file=Path(ca_file) if ca_file else None,
        )


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _read_flag(given: Mapping[str, str], prefix: str, name: str) -> bool:
    value = given.get(name, "false").lower()
    if value not in ("true", "false", "1", "0"):
        raise DefinitionError(f"{prefix}_{name.upper()} is true or false")
    return value in ("true", "1")


def map_claims(provider: OIDC, claims: Claims) -> User:
    """The user whom a provider's claims describe.

    Raises:
        ClaimsError: the claim that names the user is missing or empty.
    """
    name = _find(claims, provider.user_claim)
    if not isinstance(name, str) or not name:
        raise ClaimsError(
            f"{provider.title} sent no claim {provider.user_claim!r} that could name the user"
        )
    if provider.user_claim == "email" and claims.get("email_verified") is False:
        raise ClaimsError(f"{provider.title} says that the address is not verified")
    return User(
        name=provider.user_prefix + name,
        groups=tuple(
            provider.groups_prefix + group
            for group in _read_groups(_find(claims, provider.groups_claim))
        ),
        display_name=_find_text(claims, "name", "preferred_username"),
        email=_find_text(claims, "email"),
    )


def _find(claims: Claims, path: str) -> object:
    """A claim by name; one whose name has dots is found by its whole name first."""
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  JSON of somebody else
    return found  # pyright: ignore[reportUnknownVariableType]  as above


def _find_text(claims: Claims, *names: str) -> str | None:
    for name in names:
        value = claims.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def _read_groups(value: object) -> list[str]:
    """Providers send a list, one string, or a list as JSON in a string."""
    if isinstance(value, str):
        if not value.startswith("["):
            return [value] if value else []
        try:
            value = json.loads(value)
        except ValueError:
            return []
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, str) and item]  # pyright: ignore[reportUnknownVariableType]  JSON of somebody else
