"""Speaking OpenID Connect with a provider: discovery, keys, tokens. HTTP only; no browser here."""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp
import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from fairlead.auth.oidc import OIDC, Claims
from fairlead.errors import FairleadError

__all__ = [
    "Metadata",
    "Provider",
    "ProviderError",
    "ProviderRefusedError",
    "TokenAnswer",
    "TokenError",
]

TIMEOUT_SECONDS = 10.0
METADATA_SECONDS = 3600.0
KEYS_SECONDS = 3600.0
REFETCH_SECONDS = 10.0
"""An unknown key is looked for at most that often: tokens are anybody's to make up."""
MAX_BODY = 1_048_576


class ProviderError(FairleadError):
    """The provider cannot be reached, or does not answer as it must."""


class ProviderRefusedError(FairleadError):
    """The provider refused: the code or refresh token is not good (any more)."""


class TokenError(FairleadError):
    """A token is not good; the message says why, and holds nothing of it."""


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider's discovery document says, as far as it matters here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    revocation_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool = False
    fairlead_accounts: tuple[dict[str, str], ...] = ()


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the token endpoint gives."""

    access_token: str
    id_token: str | None = None
    refresh_token: str | None = None
    expires_in: float | None = None

    def __repr__(self) -> str:
        return "TokenAnswer(...)"


class _Refusal(msgspec.Struct, frozen=True):
    error: str
    error_description: str = ""


class Provider:
    """One provider, with what was fetched from it."""

    def __init__(self, options: OIDC) -> None:
        self.options = options
        self._session: aiohttp.ClientSession | None = None
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._looked_again = float("-inf")
        self._lock = asyncio.Lock()

    async def aclose(self) -> None:
        """Closes connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    # --- what the provider is

    async def get_metadata(self) -> Metadata:
        """The discovery document.

        Raises:
            ProviderError: there is none, or it is another issuer's.
        """
        async with self._lock:
            kept = self._metadata
            if kept is not None and time.monotonic() - kept[0] < METADATA_SECONDS:
                return kept[1]
            issuer = self.options.issuer
            url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                _, body = await self._send("GET", url)
                metadata = msgspec.json.decode(body, type=Metadata)
            except (ProviderError, msgspec.DecodeError) as error:
                if kept is not None:
                    return kept[1]
                if isinstance(error, ProviderError):
                    raise
                raise ProviderError(
                    f"{url} is no OpenID Connect discovery document: {error}"
                ) from error
            if metadata.issuer != issuer:
                raise ProviderError(
                    f"{url} is of the issuer {metadata.issuer!r}, not {issuer!r}: "
                    "configure the issuer exactly as the provider names itself"
                )
            self._metadata = (time.monotonic(), metadata)
            return metadata

    async def _get_keys(self, *, unknown_to: KeySet | None = None) -> KeySet:
        """The keys; newer ones than those that a token's key was not among."""
        metadata = await self.get_metadata()
        async with self._lock:
            kept, now = self._keys, time.monotonic()
            if kept is not None and unknown_to is not kept[1]:
                if now - kept[0] < KEYS_SECONDS:
                    return kept[1]
            elif kept is not None:
                if now - self._looked_again < REFETCH_SECONDS:
                    return kept[1]
                self._looked_again = now
            _, body = await self._send("GET", metadata.jwks_uri)
            try:
                keys = KeySet.import_key_set(msgspec.json.decode(body))
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise ProviderError(
                    f"the keys at {metadata.jwks_uri} cannot be used: {error}"
                ) from error
            self._keys = (now, keys)
            return keys

    # --- tokens

    async def exchange_code(
        self, code: str, verifier: str, redirect_uri: str
    ) -> TokenAnswer:
        """Tokens for the code that the browser brought back.

        Raises:
            ProviderError, ProviderRefusedError
        """
        return await self._ask_for_tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": verifier,
                "redirect_uri": redirect_uri,
            }
        )

    async def refresh(self, refresh_token: str) -> TokenAnswer:
        """New tokens; the old refresh token may be used up then.

        Raises:
            ProviderError, ProviderRefusedError
        """
        return await self._ask_for_tokens(
            {"grant_type": "refresh_token", "refresh_token": refresh_token}
        )

    async def revoke(self, token: str) -> None:
        """Takes a refresh token back, where the provider can; its failure is nobody's concern."""
        metadata = await self.get_metadata()
        if metadata.revocation_endpoint is not None:
            form = {"token": token, "token_type_hint": "refresh_token"}
            await self._post_form(metadata, metadata.revocation_endpoint, form)

    async def _ask_for_tokens(self, form: Mapping[str, str]) -> TokenAnswer:
        metadata = await self.get_metadata()
        url = metadata.token_endpoint
        status, body = await self._post_form(metadata, url, form)
        try:
            if status == 200:
                return msgspec.json.decode(body, type=TokenAnswer)
            refusal = msgspec.json.decode(body, type=_Refusal)
        except msgspec.DecodeError as error:
            raise ProviderError(
                f"{self.options.title} answered {status} without tokens or a reason"
            ) from error
        reason = (
            f"{self.options.title}: {refusal.error} {refusal.error_description}".strip()
        )
        if refusal.error == "invalid_grant":
            raise ProviderRefusedError(reason)
        raise ProviderError(reason)

    async def _post_form(
        self, metadata: Metadata, url: str, form: Mapping[str, str]
    ) -> tuple[int, bytes]:
        options = self.options
        fields = dict(form)
        headers: dict[str, str] = {}
        if options.client_secret is None:
            fields["client_id"] = options.client_id
        elif (
            "client_secret_basic" in metadata.token_endpoint_auth_methods_supported
        ):  # the form encoding of both is RFC 6749's
            user = urlencode({"": options.client_id})[1:]
            password = urlencode({"": options.client_secret})[1:]
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            fields["client_id"] = options.client_id
            fields["client_secret"] = options.client_secret
        return await self._send("POST", url, form=fields, headers=headers)

    async def fetch_userinfo(self, access_token: str, subject: str) -> Claims:
        """What the userinfo endpoint says about that subject.

        Raises:
            ProviderError: it does not answer, or speaks of somebody else.
        """
        url = (await self.get_metadata()).userinfo_endpoint
        if url is None:
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        status, body = await self._send("GET", url, headers=headers)
        try:
            claims = msgspec.json.decode(body, type=dict[str, object])
        except msgspec.DecodeError as error:
            raise ProviderError(f"userinfo answered {status}, no claims") from error
        if claims.get("sub") != subject:
            raise ProviderError("userinfo speaks of another subject than the ID token")
        return claims

    async def verify(
        self, token: str, audiences: tuple[str, ...], *, use: str = "token"
    ) -> Claims:
        """The claims of a signed token: of this issuer, for one of these audiences, and not over.

        Raises:
            TokenError: it is not good.
            ProviderError: the keys cannot be fetched.
        """
        options = self.options
        keys = await self._get_keys()
        try:
            try:
                parsed = jwt.decode(token, keys, algorithms=options.algorithms)
            except InvalidKeyIdError:  # the provider may have changed its keys
                keys = await self._get_keys(unknown_to=keys)
                parsed = jwt.decode(token, keys, algorithms=options.algorithms)
            registry = jwt.JWTClaimsRegistry(
                leeway=options.leeway,
                iss={"essential": True, "value": options.issuer},
                aud={"essential": True, "values": list(audiences)},
                sub={"essential": use != "logout token"},
                exp={"essential": use != "logout token"},
                iat={"essential": use != "token"},
            )
            registry.validate(parsed.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise TokenError(f"the {use} is not good: {_name(error)}") from None
        return parsed.claims

    # --- HTTP

    async def _send(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        try:
            async with self._get_session().request(
                method,
                url,
                data=None if form is None else aiohttp.FormData(dict(form)),
                headers={"Accept": "application/json", **(headers or {})},
                allow_redirects=False,
            ) as response:
                body = await response.content.read(MAX_BODY + 1)
                while len(body) <= MAX_BODY and not response.content.at_eof():
                    body += await response.content.read(MAX_BODY + 1 - len(body))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ProviderError(
                f"{self.options.title} cannot be reached: {type(error).__name__}"
            ) from error
        if len(body) > MAX_BODY:
            raise ProviderError(f"{url} answered with more than {MAX_BODY} bytes")
        if method == "GET" and response.status != 200:
            raise ProviderError(f"{url} answered {response.status}")
        return response.status, body

    def _get_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            ca_file = self.options.ca_file
            tls = ssl.create_default_context(cafile=ca_file) if ca_file else True
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                trust_env=True,
            )
        return self._session


def _name(error: Exception) -> str:
    """What is wrong, without anything of the token."""
    return str(error) if isinstance(error, JoseError) else type(error).__name__
