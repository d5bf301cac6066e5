"""Ways to prove who we are. A vendor file names one per scheme: `Scheme(fields=("token",), build=…)`."""

from __future__ import annotations

import asyncio
import math
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol, TypeVar

from pydantic import Field

from .api import Answer, Ask, Client
from .clock import Clock
from .contract import Expired, Fault, Malformed, Rejected
from .values import Model

T = TypeVar("T")


class Auth(Protocol):
    """`apply` gives the headers of a request. `forget` is called on Expired: True when trying again can help."""

    async def apply(self, api: Client) -> Mapping[str, str]: ...

    async def forget(self, api: Client) -> bool: ...


class TokenStore(Protocol):
    """Where rotating refresh tokens live; `name` is the integration. `refresh_started` is durable before the request
    is sent, `save` before the new token is first used."""

    async def load(self, name: str) -> dict[str, Any] | None: ...

    async def refresh_started(self, name: str) -> None: ...

    async def save(self, name: str, token: dict[str, Any]) -> None: ...


class Credentials:
    """The secrets of one integration: `await credentials.get("token")`. Read again at each use, never kept, and every
    value that was ever seen is known to the redaction."""

    def __init__(
        self,
        integration: str,
        secret: Callable[[str], str],
        options: Mapping[str, Any],
        tokens: TokenStore,
        clock: Clock,
    ) -> None:
        self.integration = integration
        self.options = options
        self.tokens = Kept(integration, tokens)
        self.clock = clock
        self.base = ""
        self.seen: set[str] = set()
        self._secret = secret

    def __repr__(self) -> str:
        return f"Credentials({self.integration!r})"

    def hide(self, value: str) -> str:
        """Make a value made of secrets known to the redaction."""
        self.seen.add(value)
        return value

    async def get(self, field: str) -> str:
        """The secret's value now. It may come from a file or a program, so it is read off the loop. Raises a Fault:
        the one that `secret` raises, or Expired for whatever else it raises."""
        try:
            return self.hide(await asyncio.to_thread(self._secret, field))
        except Fault:
            raise
        except Exception as error:  # whatever resolves secrets: for us the credential is not there
            raise Expired(f"the credential field {field} cannot be read: {error}", code="secret") from None


class Kept:
    """A TokenStore whose failures are Faults: what cannot be kept must not be used, and a poll goes on without it."""

    def __init__(self, integration: str, tokens: TokenStore) -> None:
        self._name, self._tokens = integration, tokens

    async def load(self) -> dict[str, Any] | None:
        return await self._told(self._tokens.load(self._name))

    async def refresh_started(self) -> None:
        await self._told(self._tokens.refresh_started(self._name))

    async def save(self, token: dict[str, Any]) -> None:
        await self._told(self._tokens.save(self._name, token))

    @staticmethod
    async def _told(doing: Awaitable[T]) -> T:
        try:
            return await doing
        except Exception as error:  # whatever stores tokens: for us there is none
            raise Expired(f"the refresh token cannot be read or kept: {error}", code="tokens") from None


class AuthorizeCode(Model):
    """What `driftline authorize` needs for a code flow: addresses, templates over {base} and {options.x}, and the
    names of the credential fields that hold the client. `params` are added to the authorize address."""

    authorize: str
    token: str
    scopes: tuple[str, ...] = ()
    client_id: str = "client_id"
    client_secret: str = "client_secret"  # noqa: S105  a field's name
    pkce: bool = True
    params: dict[str, str] = Field(default_factory=dict)


class Scheme(Model):
    """One way to sign in. `fields` are the credential fields a person gives; `note` says how to get them."""

    fields: tuple[str, ...]
    build: Callable[[Credentials], Auth]
    note: str = ""
    authorize: AuthorizeCode | None = None


class Header:
    """Fixed headers, templates over the credential's fields: `Header(c, Authorization="Bearer {token}")`; an underscore
    in a name is a hyphen."""

    def __init__(self, credentials: Credentials, **headers: str) -> None:
        self._credentials = credentials
        self._headers = {name.replace("_", "-"): template for name, template in headers.items()}
        self._last: dict[str, str] = {}

    async def apply(self, api: Client) -> Mapping[str, str]:
        self._last = {name: await _fill(self._credentials, template) for name, template in self._headers.items()}
        return self._last

    async def forget(self, api: Client) -> bool:
        """The secret may have been replaced where it lives since we read it."""
        before = self._last
        return await self.apply(api) != before


def bearer(note: str) -> Scheme:
    """A token that stays as it is, sent with each request; `note` says how a person gets it."""
    return Scheme(fields=("token",), build=lambda given: Header(given, Authorization="Bearer {token}"), note=note)


class Basic:
    """HTTP Basic from two fields of the credential."""

    def __init__(self, credentials: Credentials, user: str = "user", password: str = "password") -> None:  # noqa: S107
        self._credentials = credentials
        self._fields = (user, password)
        self._last = ""

    async def apply(self, api: Client) -> Mapping[str, str]:
        user, password = [await self._credentials.get(field) for field in self._fields]
        self._last = self._credentials.hide(basic(user, password))
        return {"Authorization": f"Basic {self._last}"}

    async def forget(self, api: Client) -> bool:
        before = self._last
        await self.apply(api)
        return self._last != before


def basic(user: str, password: str) -> str:
    return b64encode(f"{user}:{password}".encode()).decode()


async def _fill(credentials: Credentials, template: str) -> str:
    """A template over `{field}` of the credential, and {base}."""
    filled = template.replace("{base}", credentials.base)
    for field in re.findall(r"\{(\w+)\}", filled):
        filled = filled.replace(f"{{{field}}}", await credentials.get(field))
    return filled


class Exchange:
    """A request that gives a token; single flight. The token is asked again a minute before it ends, and on Expired.

    `request` makes the token request. `token` and `ttl` are dotted paths into its answer (`ttl` in seconds; without it
    `lifetime` is taken). `base`: dotted path of an address that replaces the base. `header`: name and template.
    """

    def __init__(
        self,
        credentials: Credentials,
        request: Callable[[Credentials], Awaitable[Ask]],
        *,
        token: str = "access_token",  # noqa: S107  a path
        ttl: str = "expires_in",
        lifetime: float = 900.0,
        base: str = "",
        header: tuple[str, str] = ("Authorization", "Bearer {token}"),
    ) -> None:
        self._credentials = credentials
        self._request = request
        self._paths = (token, ttl, base)
        self._lifetime = lifetime
        self._header = header
        self._token = ""
        self._until = 0.0
        self._flight = asyncio.Lock()

    async def apply(self, api: Client) -> Mapping[str, str]:
        async with self._flight:
            if not self._token or self._credentials.clock.monotonic() >= self._until:
                await self._renew(api)
            name, template = self._header
            return {name: template.replace("{token}", self._token)}

    async def forget(self, api: Client) -> bool:
        self._token = ""
        return True

    async def _renew(self, api: Client) -> None:
        answer = await api.login(await self._request(self._credentials))
        await self.accept(api, answer)

    async def accept(self, api: Client, answer: Answer) -> None:
        """Take the token over. Raises Malformed when the answer has none."""
        token, ttl, base = self._paths
        value = answer.value(token)
        if not isinstance(value, str) or not value:
            raise Malformed(f"the token answer has no {token}")
        self._credentials.hide(value)
        if base and (address := answer.value(base)):
            api.move(str(address))
        lifetime = _seconds(answer.value(ttl) if ttl else None) or self._lifetime
        self._token = value
        self._until = self._credentials.clock.monotonic() + max(lifetime - 60, lifetime / 2)


def _seconds(value: Any) -> float | None:
    """A lifetime as a vendor tells it, a number or its digits; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 < found < math.inf else None


class ClientCredentials(Exchange):
    """OAuth 2 client credentials at `path`. `style`: whether the client goes in the body or as HTTP Basic. `extra`:
    more form fields, templates over the credential's fields. Fields: client_id, client_secret."""

    def __init__(
        self,
        credentials: Credentials,
        path: str,
        *,
        style: Literal["body", "basic"] = "body",
        extra: Mapping[str, str] | None = None,
        ttl: str = "expires_in",
        lifetime: float = 900.0,
        base: str = "",
    ) -> None:
        async def request(c: Credentials) -> Ask:
            form = {"grant_type": "client_credentials"}
            form |= {name: await _fill(c, template) for name, template in (extra or {}).items()}
            user, password = await c.get("client_id"), await c.get("client_secret")
            if style == "basic":
                return Ask(path, form=form, headers={"Authorization": f"Basic {c.hide(basic(user, password))}"})
            return Ask(path, form={**form, "client_id": user, "client_secret": password})

        super().__init__(credentials, request, ttl=ttl, lifetime=lifetime, base=base)


class JwtBearer(Exchange):
    """OAuth 2 JWT bearer (RFC 7523): an assertion signed with the field `private_key` (PEM). `issuer` and `subject` are
    templates over the credential's fields; `audience` over {base} too. No `subject`: the issuer asks for itself.
    `lifetime`: seconds the token is used."""

    def __init__(
        self,
        credentials: Credentials,
        path: str,
        *,
        issuer: str,
        subject: str = "",
        audience: str,
        algorithm: str = "RS256",
        claims: Mapping[str, str] | None = None,
        ttl: str = "expires_in",
        lifetime: float = 900.0,
        base: str = "",
    ) -> None:
        self._signing = (issuer, subject, audience, algorithm, dict(claims or {}))
        self._path = path
        super().__init__(credentials, self._assertion, ttl=ttl, lifetime=lifetime, base=base)

    async def _assertion(self, c: Credentials) -> Ask:
        import jwt  # cryptography takes a fifth of a second to import

        issuer, subject, audience, algorithm, claims = self._signing
        now = int(c.clock.now())
        told = {"iss": issuer, "sub": subject, "aud": audience, **claims}
        claim: dict[str, Any] = {name: await _fill(c, template) for name, template in told.items() if template}
        claim |= {"iat": now, "exp": now + 180}
        key = await c.get("private_key")
        try:
            signed = await asyncio.to_thread(jwt.encode, claim, key, algorithm)
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise Rejected(f"private_key is no key for {algorithm}: {type(error).__name__}") from None
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        return Ask(self._path, form={"grant_type": grant, "assertion": c.hide(signed)})


class RefreshToken(Exchange):
    """OAuth 2 refresh token, rotating or not. The first one comes from `driftline authorize` (in the TokenStore) or
    from the field `refresh_token`. A new one is saved before the access token beside it is first used."""

    def __init__(
        self,
        credentials: Credentials,
        path: str,
        *,
        style: Literal["body", "basic"] = "body",
        ttl: str = "expires_in",
        lifetime: float = 900.0,
        base: str = "",
    ) -> None:
        self._path = path
        self._style = style
        super().__init__(credentials, self._refresh, ttl=ttl, lifetime=lifetime, base=base)

    async def _refresh(self, c: Credentials) -> Ask:
        held = await c.tokens.load()
        refresh = c.hide(str(held["refresh_token"])) if held else await c.get("refresh_token")
        user, password = await c.get("client_id"), await c.get("client_secret")
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        await c.tokens.refresh_started()
        if self._style == "basic":
            return Ask(self._path, form=form, headers={"Authorization": f"Basic {c.hide(basic(user, password))}"})
        return Ask(self._path, form={**form, "client_id": user, "client_secret": password})

    async def accept(self, api: Client, answer: Answer) -> None:
        found = answer.value("refresh_token")
        if isinstance(found, str) and found:
            self._credentials.hide(found)
            await self._credentials.tokens.save({"refresh_token": found})
        await super().accept(api, answer)
