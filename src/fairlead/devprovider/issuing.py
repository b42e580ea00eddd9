"""What the provider gives out: codes, tokens, and their rotation. No HTTP here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from fairlead.devprovider.personas import Persona

__all__ = ["CLIENT_ID", "Issuer", "Lifetimes", "RequestError", "load_key"]

CLIENT_ID = "fairlead-dev"
ALGORITHM = "ES256"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
JsonObject = dict[str, object]


class RequestError(Exception):
    """An OAuth error: its code, and what a person reads."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """In seconds."""

    code: float = 60
    token: float = 300
    refresh: float = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class _Code:
    persona: Persona
    redirect_uri: str
    challenge: str
    nonce: str
    expires_at: float


@dataclass(slots=True)
class Issuer:
    """The provider's state: codes given out, and refresh tokens used up.

    Attributes:
        address: the issuer's URL.
    """

    address: str
    key: ECKey
    personas: Mapping[str, Persona]
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    _codes: dict[str, _Code] = field(default_factory=dict[str, _Code], repr=False)
    _used: set[str] = field(default_factory=set[str], repr=False)
    _ended: set[str] = field(default_factory=set[str], repr=False)

    def make_metadata(self) -> JsonObject:
        """The discovery document; `fairlead_accounts` is for sign-in pages."""
        here = self.address
        return {
            "issuer": here,
            "authorization_endpoint": f"{here}/authorize",
            "token_endpoint": f"{here}/token",
            "jwks_uri": f"{here}/jwks",
            "userinfo_endpoint": f"{here}/userinfo",
            "end_session_endpoint": f"{here}/end-session",
            "revocation_endpoint": f"{here}/revoke",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "email"],
            "authorization_response_iss_parameter_supported": True,
            "fairlead_accounts": [
                {
                    "hint": each.name,
                    "label": each.display_name,
                    "description": each.description,
                }
                for each in self.personas.values()
            ],
        }

    def make_jwks(self) -> JsonObject:
        """The public key."""
        return {
            "keys": [
                {**self.key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}
            ]
        }

    # --- authorization

    def check_authorization(self, query: Mapping[str, str]) -> None:
        """Raises RequestError for a request that must not be answered with a redirect."""
        target = urlsplit(query.get("redirect_uri", ""))
        if target.scheme != "http" or target.hostname not in LOOPBACK:
            raise RequestError(
                "invalid_request",
                "the development provider redirects to this machine only: "
                "http://127.0.0.1 or http://localhost",
            )
        if query.get("client_id") != CLIENT_ID:
            raise RequestError("invalid_client", f"the client must be {CLIENT_ID}")
        if query.get("response_type") != "code":
            raise RequestError("unsupported_response_type", "only code")
        if query.get("code_challenge_method") != "S256" or not query.get(
            "code_challenge"
        ):
            raise RequestError("invalid_request", "PKCE with S256 is needed")

    def make_code(self, name: str, query: Mapping[str, str]) -> str:
        """A code for the persona that was chosen."""
        now = time.time()
        self._codes = {k: c for k, c in self._codes.items() if c.expires_at > now}
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(
            self.personas[name],
            query["redirect_uri"],
            query["code_challenge"],
            query.get("nonce", ""),
            now + self.lifetimes.code,
        )
        return code

    # --- tokens

    def redeem_code(self, form: Mapping[str, str]) -> JsonObject:
        """Tokens for a code."""
        code = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            code is None
            or code.expires_at <= time.time()
            or code.redirect_uri != form.get("redirect_uri")
            or not hmac.compare_digest(code.challenge, challenge)
        ):
            raise RequestError("invalid_grant", "the code is not good")
        return self._make_tokens(code.persona, secrets.token_urlsafe(12), code.nonce)

    def refresh(self, form: Mapping[str, str]) -> JsonObject:
        """Tokens for a refresh token, which is then used up; its second use ends them all."""
        claims = self._read(form.get("refresh_token", ""), "refresh")
        session, identity = str(claims["sid"]), str(claims["jti"])
        persona = self.personas.get(str(claims["sub"]))
        if session in self._ended or persona is None:
            raise RequestError("invalid_grant", "the session has ended")
        if identity in self._used:
            self._ended.add(session)
            raise RequestError("invalid_grant", "the refresh token was used before")
        self._used.add(identity)
        return self._make_tokens(persona, session, None)

    def revoke(self, token: str) -> None:
        """Ends the session of a refresh token."""
        try:
            self._ended.add(str(self._read(token, "refresh")["sid"]))
        except RequestError:
            return  # RFC 7009: an unknown token is as good as taken back

    def get_userinfo(self, access_token: str) -> JsonObject:
        """Claims about the owner of an access token."""
        claims = self._read(access_token, "access")
        return _describe(self.personas[str(claims["sub"])])

    def _make_tokens(
        self, persona: Persona, session: str, nonce: str | None
    ) -> JsonObject:
        seconds = self.lifetimes.token
        told: JsonObject = {} if nonce is None else {"nonce": nonce}
        about = {**_describe(persona), "sid": session}
        return {
            "token_type": "Bearer",
            "expires_in": seconds,
            "access_token": self._sign("access", seconds, about),
            "id_token": self._sign("id", seconds, {**about, **told}),
            "refresh_token": self._sign(
                "refresh", self.lifetimes.refresh, {"sub": persona.name, "sid": session}
            ),
        }

    def _sign(self, use: str, seconds: float, claims: JsonObject) -> str:
        now = int(time.time())
        header: dict[str, object] = {"alg": ALGORITHM, "kid": self.key.kid}
        whole = {
            "iss": self.address,
            "aud": self.address if use == "refresh" else CLIENT_ID,
            "iat": now,
            "exp": now + int(seconds),
            "jti": secrets.token_urlsafe(12),
            "token_use": use,
            **claims,
        }
        return jwt.encode(header, whole, self.key, algorithms=[ALGORITHM])

    def _read(self, token: str, use: str) -> JsonObject:
        try:
            claims: JsonObject = jwt.decode(
                token, KeySet([self.key]), algorithms=[ALGORITHM]
            ).claims
            jwt.JWTClaimsRegistry().validate(claims)
        except (JoseError, ValueError) as error:
            raise RequestError(
                "invalid_grant", f"the {use} token is not good"
            ) from error
        if claims.get("token_use") != use:
            raise RequestError("invalid_grant", f"this is no {use} token")
        return claims


def _describe(persona: Persona) -> JsonObject:
    claims: JsonObject = {
        "sub": persona.name,
        "name": persona.display_name,
        "preferred_username": persona.name,
        "groups": list(persona.groups),
    }
    if persona.email is not None:
        claims |= {"email": persona.email, "email_verified": True}
    return claims


def load_key(path: Path | None) -> ECKey:
    """The signing key of a file that only its owner can read; made if it is not there."""
    if path is not None and path.exists():
        return ECKey.import_key(json.loads(path.read_text()))
    key = ECKey.generate_key("P-256")
    key.ensure_kid()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(
            os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w"
        ) as file:
            json.dump({**key.as_dict(private=True), "kid": key.kid}, file)
    return key
