"""A provider of sign-ins, by OpenID Connect: what it says of itself, where to send a browser, and whose code came back.

Authlib makes the requests and judges the claims, joserfc beside it the signature; what goes out goes through the same
checked transport as readings do. Facts of the protocol: OpenID Connect Core 1.0 (3.1.2, 3.1.3.7, 5.3), Discovery 1.0
(3, 4), RP-Initiated Logout 1.0 (2), RFC 7636 (PKCE), RFC 9207 (iss of the answer).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus, urlsplit

import msgspec

from monitor.config.sign_in import Oidc
from probes.kit.api import Answer, Ask
from probes.kit.contract import Fault
from probes.kit.transport import Transport

FRESH: Final = 3600.0  # seconds for which the provider's description and keys are taken as they are
STALE: Final = 86_400.0  # seconds for which an old description serves while no new one can be had
AGAIN: Final = 60.0  # seconds between two looks for a key that is not there
LEEWAY: Final = 60  # seconds that clocks may differ
DEADLINE: Final = 10.0
CAP: Final = 1 << 20  # bytes of an answer
# Signatures by a key that the provider publishes. Never none, nor HMAC: its key would be one that we know too.
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Away(Exception):
    """The provider cannot be asked now. The message says why, in a sentence."""


class Untrue(Exception):
    """What came back does not prove who somebody is. The message says why, in a sentence."""


class Provider:
    """`secret` reads the client's secret at each use; None for a client without one. `now` gives epoch seconds."""

    def __init__(
        self, asked: Oidc, secret: Callable[[], Awaitable[str]] | None, now: Callable[[], float], ca_file: str | None
    ) -> None:
        self.asked, self._secret, self._now = asked, secret, now
        self._http = Transport(allow_private=asked.allow_private, proxy=asked.proxy, ca_file=ca_file, cap=CAP)
        self._about: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, Any] | None = None
        self._lock = asyncio.Lock()

    @property
    def host(self) -> str:
        return urlsplit(self.asked.issuer).netloc

    async def close(self) -> None:
        await self._http.close()

    async def begin(self, back: str, state: str, nonce: str, verifier: str) -> str:
        """The address to send a browser to. Raises Away."""
        from authlib.oauth2.client import OAuth2Client

        about = await self.about()
        scope = " ".join(dict.fromkeys(("openid", *self.asked.scopes)))
        client = OAuth2Client(
            None, self.asked.client_id, scope=scope, redirect_uri=back, code_challenge_method="S256", nonce=nonce
        )
        url, _ = client.create_authorization_url(about["authorization_endpoint"], state, verifier)
        return str(url)

    async def finish(self, code: str, back: str, nonce: str, verifier: str, issuer: str) -> tuple[dict[str, Any], str]:
        """Trades the code for what the provider says of the person: the claims, and the ID token. `issuer` is what came
        back with the code, "" for none. Raises Away and Untrue."""
        about = await self.about()
        if issuer and issuer != about["issuer"]:
            raise Untrue("The answer is from another provider than the one that was asked.")
        told = await self._token(about, code, back, verifier)
        token, access = told.get("id_token"), told.get("access_token")
        if not isinstance(token, str):
            raise Untrue(f"{self.host} gave no ID token.")
        claims = await self._claims(about, token, nonce, access if isinstance(access, str) else "")
        if _at(claims, self.asked.groups_claim) is None and isinstance(access, str):
            claims = {**await self._userinfo(about, access, claims["sub"]), **claims}
        return claims, token

    async def leave(self, token: str, back: str) -> str | None:
        """Where the person signs out of the provider too; None where it offers no such place. Raises Away."""
        from authlib.common.urls import add_params_to_uri

        end = (await self.about()).get("end_session_endpoint")
        if not isinstance(end, str) or not self._allowed(end):
            return None
        given = [("client_id", self.asked.client_id), ("post_logout_redirect_uri", back)]
        return str(add_params_to_uri(end, [*([("id_token_hint", token)] if token else []), *given]))

    async def about(self) -> dict[str, Any]:
        """The provider's own description. One that was had before serves while no new one can be had. Raises Away."""
        from authlib.oidc.discovery import get_well_known_url

        async with self._lock:
            now = self._now()
            if self._about is not None and now - self._about[0] < FRESH:
                return self._about[1]
            try:
                found = await self._json(Ask(get_well_known_url(self.asked.issuer, external=True)))
                self._check(found)
            except Away:
                if self._about is None or now - self._about[0] >= STALE:
                    raise
                return self._about[1]
            self._about = now, found
            return found

    def _check(self, found: Mapping[str, Any]) -> None:
        said = found.get("issuer")
        if not isinstance(said, str) or said.rstrip("/") != self.asked.issuer:
            raise Away(f"{self.host} calls itself {str(said)[:100]!r}; server.auth.oidc.issuer must be the same.")
        for name in _NEEDED:
            if not isinstance(found.get(name), str) or not self._allowed(found[name]):
                raise Away(f"{self.host} describes no {name} over https.")

    def _allowed(self, url: str) -> bool:
        return urlsplit(url).scheme == "https" or (self.asked.allow_private and urlsplit(url).scheme == "http")

    async def _token(self, about: Mapping[str, Any], code: str, back: str, verifier: str) -> dict[str, Any]:
        from authlib.oauth2.auth import ClientAuth
        from authlib.oauth2.rfc6749.parameters import prepare_token_request

        secret = await self._secret() if self._secret is not None else ""
        offered = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "none" if not secret else next(
            (one for one in ("client_secret_basic", "client_secret_post") if one in offered), "client_secret_basic"
        )  # fmt: skip
        id = self.asked.client_id
        if method == "client_secret_basic":  # RFC 6749, 2.3.1: each is encoded like a form before
            id, secret = quote_plus(id), quote_plus(secret)
        url = about["token_endpoint"]
        body = prepare_token_request("authorization_code", code=code, redirect_uri=back, code_verifier=verifier)
        _, headers, body = ClientAuth(id, secret, method).prepare("POST", url, {}, body)
        told = await self._json(Ask(url, form=dict(parse_qsl(body)), headers=headers), refusals=True)
        if "error" in told:
            raise Untrue(f"{self.host} did not take the code: {_words(told)}.")
        return told

    async def _userinfo(self, about: Mapping[str, Any], access: str, subject: str) -> dict[str, Any]:
        """More claims, where the ID token has no groups in it. They count for the same person alone (Core, 5.3.2)."""
        url = about.get("userinfo_endpoint")
        if not isinstance(url, str) or not self._allowed(url):
            return {}
        found = await self._json(Ask(url, headers={"authorization": f"Bearer {access}"}))
        if found.get("sub") != subject:
            raise Untrue(f"{self.host} told of another person than the one who signed in.")
        return found

    async def _claims(self, about: Mapping[str, Any], token: str, nonce: str, access: str) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        offered = about.get("id_token_signing_alg_values_supported") or ALGORITHMS
        algorithms = [one for one in ALGORITHMS if one in offered]
        try:
            try:
                found = jwt.decode(token, await self._published(about), algorithms)
            except InvalidKeyIdError:  # signed by a key that is newer than those we know
                found = jwt.decode(token, await self._published(about, anew=True), algorithms)
            options: Any = {
                "iss": {"essential": True, "value": about["issuer"]},
                "aud": {"essential": True, "value": self.asked.client_id},
                "nonce": {"essential": True, "value": nonce},
            }
            params = {"nonce": nonce, "client_id": self.asked.client_id, "access_token": access}
            claims = CodeIDToken(found.claims, found.header, options, params)
            claims.validate(int(self._now()), LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Untrue(f"The ID token of {self.host} is not good: {_reason(error)}.") from None
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise Untrue(f"The ID token of {self.host} names nobody.")
        return dict(claims)

    async def _published(self, about: Mapping[str, Any], anew: bool = False) -> Any:
        """The provider's public keys. `anew`: one is not among those known; asked for once a minute, no oftener."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        async with self._lock:
            now = self._now()
            if self._keys is not None and now - self._keys[0] < (AGAIN if anew else FRESH):
                return self._keys[1]
            listed = (await self._json(Ask(about["jwks_uri"]))).get("keys")
            public = [key for key in listed or [] if isinstance(key, dict) and _signs(key)]
            try:
                self._keys = now, KeySet.import_key_set({"keys": public})
            except (JoseError, ValueError, TypeError, KeyError):
                raise Away(f"{self.host} publishes no key that a token could be checked with.") from None
            return self._keys[1]

    async def _json(self, ask: Ask, *, refusals: bool = False) -> dict[str, Any]:
        """The answer's object. Raises Away. `refusals`: a status of 4xx with an object in it is an answer too."""
        if not self._allowed(ask.path):
            raise Away(f"{self.host} is not asked over plain http; a test provider needs allow_private.")
        try:
            answer = await self._http.send(ask, ask.path, {}, DEADLINE)
        except Fault as fault:
            raise Away(f"{self.host}: {fault.message}.") from None
        if answer.status != 200 and not (refusals and 400 <= answer.status < 500):
            raise Away(f"{urlsplit(ask.path).netloc} answered {answer.status}.")
        return self._object(answer)

    def _object(self, answer: Answer) -> dict[str, Any]:
        try:
            found = msgspec.json.decode(answer.raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            found = None
        if not isinstance(found, dict):
            raise Away(f"{self.host} answered {answer.status} without a JSON object.")
        return found


def groups_of(claims: Mapping[str, Any], claim: str) -> tuple[str, ...]:
    """The groups in a claim: a list of texts, or one text. Raises Untrue where the provider left them out."""
    found = _at(claims, claim)
    elsewhere = claims.get("_claim_names")
    if found is None and isinstance(elsewhere, dict) and claim in elsewhere:
        raise Untrue(
            "You are in more groups than the provider writes into a token. Let it write only those that are assigned "
            "to Driftline's registration, or roles of the application."
        )
    listed = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return tuple(one for one in listed if isinstance(one, str))


def name_in(claims: Mapping[str, Any], claim: str | None) -> str:
    """What a person is called: by the claim that the configuration names, or the first of those that are usual. A mail
    address that the provider does not stand for is none. Raises Untrue."""
    unsure = claims.get("email_verified") is False
    for name in (claim,) if claim is not None else ("email", "preferred_username", "sub"):
        if isinstance(found := _at(claims, name), str) and found.strip() and not (name == "email" and unsure):
            return found.strip()
    raise Untrue(f"The provider said nothing in {claim!r}, which is to hold people's names (server.auth.oidc).")


def _at(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its own name, or by a dotted path, as `realm_access.roles` is one."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _signs(key: Mapping[str, Any]) -> bool:
    return key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"


def _words(told: Mapping[str, Any]) -> str:
    return " ".join(str(told[name])[:100] for name in ("error", "error_description") if told.get(name))


def _reason(error: Exception) -> str:
    """What is wrong with it; never the token."""
    return str(getattr(error, "description", "") or type(error).__name__).strip().rstrip(".")[:200]
