"""A provider that lies, over real HTTP: discovery, keys, code and tokens in the shapes of OpenID Connect Core 1.0 and
Discovery 1.0, and one thing wrong at a time. The tokens are signed here."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.e2e.serving import account

from .standin import StandIn
from .test_oidc import SESSION, Site
from .test_trail import said

KEY: Final = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
OTHER: Final = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
HMAC: Final = ["HS256"]


class Liar:
    """`claims` and `about` are put over what a good provider would say; `sign` makes the token."""

    def __init__(self) -> None:
        self.issuer = ""
        self.nonce = ""
        self.claims: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.sign: Callable[[Mapping[str, Any]], str] = signed
        self.keys: Any = [KEY.as_dict(private=False)]
        self.asked: list[str] = []
        routes = [
            Route("/.well-known/openid-configuration", self._describe), Route("/jwks", self._published),
            Route("/token", self._token, methods=["POST"]), Route("/userinfo", self._userinfo),
        ]  # fmt: skip
        self.app = Starlette(routes=routes)

    async def _describe(self, request: Request) -> Response:
        at = self.issuer
        about = {
            "issuer": at, "authorization_endpoint": f"{at}/auth", "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/jwks", "userinfo_endpoint": f"{at}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }  # fmt: skip
        if "moved" in self.about:
            return RedirectResponse("http://127.0.0.1:1/")
        return JSONResponse(about | self.about)

    async def _published(self, request: Request) -> Response:
        self.asked.append("jwks")
        return JSONResponse({"keys": self.keys})

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        now = int(time.time())
        good = {
            "iss": self.issuer, "sub": "1", "aud": "driftline", "exp": now + 300, "iat": now, "nonce": self.nonce,
            "email": "kim@example.com", "groups": ["leads"],
        }  # fmt: skip
        claims = {name: value for name, value in (good | self.claims).items() if value is not None}
        return JSONResponse({"access_token": "at", "token_type": "Bearer", "id_token": self.sign(claims)})

    async def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer at"
        return JSONResponse(self.userinfo)


def signed(claims: Mapping[str, Any], key: Any = KEY, **header: Any) -> str:
    alg = header.setdefault("alg", "RS256")
    return jwt.encode({"kid": "k1", **header}, dict(claims), key, [alg])


def unsigned(claims: Mapping[str, Any], alg: str = "none") -> str:
    parts = [json.dumps(one).encode() for one in ({"alg": alg, "kid": "k1"}, claims)]
    return ".".join([*(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])


def confused(claims: Mapping[str, Any]) -> str:
    """HMAC with what everybody knows: the public key."""
    said = unsigned(claims, "HS256").rstrip(".")
    mac = hmac.digest(KEY.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.fixture(scope="module")
def serving() -> Iterator[Liar]:
    liar = Liar()
    with account(liar.app) as issuer:
        liar.issuer = issuer
        yield liar


@pytest.fixture
def liar(serving: Liar) -> Liar:
    serving.claims, serving.about, serving.userinfo, serving.sign = {}, {}, {}, signed
    serving.keys, serving.asked = [KEY.as_dict(private=False)], []
    return serving


@pytest.fixture
async def site(engine: StandIn, liar: Liar) -> AsyncIterator[Site]:
    made = Site(engine, liar.issuer, "s")
    yield made
    await made.provider.close()
    for client in made.clients:
        await client.aclose()


async def come(site: Site, liar: Liar, client: httpx.AsyncClient | None = None, **more: str) -> httpx.Response:
    client = client or site.browser()
    query = parse_qs(urlsplit(await site.away(client)).query)
    liar.nonce = query["nonce"][0]
    answer = await client.get("sign-in/callback", params={"code": "c", "state": query["state"][0], **more})
    assert (SESSION in client.cookies) == (answer.status_code == 303)
    return answer


async def test_a_good_token_is_taken(site: Site, liar: Liar) -> None:
    assert (await come(site, liar, iss=liar.issuer)).status_code == 303


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"aud": "another"}, "aud"),
        ({"aud": ["another", "third"]}, "aud"),
        ({"aud": ["driftline", "another"]}, "azp"),
        ({"aud": ["driftline", "another"], "azp": "another"}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"aud": None}, "aud"),
        ({"iss": "https://evil.example.com"}, "iss"),
        ({"iss": None}, "iss"),
        ({"exp": 1_500_000_000}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": 4_000_000_000}, "issued in the future"),
        ({"iat": None}, "iat"),
        ({"nbf": 4_000_000_000}, "not yet valid"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": ""}, "nonce"),
        ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "at_hash"),
        ({"sub": None}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sub": ""}, "names nobody"),
    ],
)
async def test_a_token_with_a_wrong_claim_is_not_taken(
    site: Site, liar: Liar, engine: StandIn, claims: dict[str, Any], words: str
) -> None:
    liar.claims = claims
    answer = await come(site, liar)
    found = answer.text.partition("<h1>")[2].partition("<p><a")[0]
    assert answer.status_code == 403 and words in found, found
    assert not await engine.store.api_tokens() and not await said(engine, "signed in")
    assert "what came back from the provider is not good" in (await said(engine, "sign-in refused"))[0][4]


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        lambda claims: unsigned(claims, "None"),
        confused,
        lambda claims: signed(claims, OTHER),
        lambda claims: signed(claims, kid="k2"),
        lambda claims: signed(claims)[:-4] + "AAAA",
        lambda claims: signed(claims, OTHER, jwk=OTHER.as_dict(private=False)),
        lambda claims: signed(claims, alg="ES256", key=ECKey.generate_key("P-256", {"kid": "k1"})),
        lambda claims: signed(claims, alg="RS512"),
        lambda claims: "not.a.token",
        lambda claims: "",
    ],
    ids=[
        "none", "none in another case", "hmac with the public key", "another key", "a key nobody knows", "cut",
        "a key of its own", "another kind of key", "an algorithm that is not offered", "junk", "nothing",
    ],
)  # fmt: skip
async def test_a_token_that_the_provider_did_not_sign_is_not_taken(
    site: Site, liar: Liar, sign: Callable[[Mapping[str, Any]], str]
) -> None:
    liar.sign = sign
    assert (await come(site, liar)).status_code == 403


async def test_a_key_that_is_not_there_is_looked_for_once_a_minute(site: Site, liar: Liar) -> None:
    liar.sign = lambda claims: signed(claims, kid="k2")
    for _ in range(5):
        assert (await come(site, liar)).status_code == 403
    assert liar.asked.count("jwks") == 1


async def test_an_hmac_key_among_the_published_is_no_key(site: Site, liar: Liar) -> None:
    shared = OctKey.import_key("of everybody who reads it", {"kid": "k1", "use": "sig"})
    liar.keys = [shared.as_dict(private=True)]
    liar.sign = lambda claims: jwt.encode({"alg": "HS256", "kid": "k1"}, dict(claims), shared, HMAC)
    answer = await come(site, liar)
    assert answer.status_code == 503 and "publishes no key" in answer.text


async def test_an_answer_that_another_provider_sent_is_not_taken(site: Site, liar: Liar) -> None:
    answer = await come(site, liar, iss="https://evil.example.com")
    assert answer.status_code == 403 and "another provider" in answer.text and liar.asked == [], "no code goes out"


async def test_claims_of_another_person_do_not_count(site: Site, liar: Liar) -> None:
    liar.claims, liar.userinfo = {"groups": None}, {"sub": "2", "groups": ["leads"]}
    assert "told of another person" in (await come(site, liar)).text
    liar.userinfo = {"sub": "1", "groups": ["leads"], "email": "boss@example.com"}
    client = site.browser()
    assert (await come(site, liar, client)).status_code == 303
    assert "kim@example.com (admin)" in (await client.get("")).text, "the signed claims come first"


@pytest.mark.parametrize(
    ("groups", "status"),
    [("leads", 303), (["x", 7, None, "ops"], 303), ([], 403), ({"leads": True}, 403), (7, 403), ([["leads"]], 403)],
)
async def test_groups_of_any_shape(site: Site, liar: Liar, groups: Any, status: int) -> None:
    liar.claims = {"groups": groups}
    assert (await come(site, liar)).status_code == status


async def test_groups_that_a_provider_left_out_are_said_to_be(site: Site, liar: Liar) -> None:
    """The shape of Entra ID's overage claim."""
    source = {"src1": {"endpoint": "https://graph.example.com"}}
    liar.claims = {"groups": None, "_claim_names": {"groups": "src1"}, "_claim_sources": source}
    liar.userinfo = {"sub": "1"}
    assert "more groups than the provider writes into a token" in (await come(site, liar)).text


async def test_a_dotted_path_reaches_into_a_claim(engine: StandIn, liar: Liar) -> None:
    """The shape of Keycloak's realm roles; a claim whose own name has dots comes first."""
    for claims in ({"realm_access": {"roles": ["leads"]}}, {"realm_access.roles": ["leads"]}):
        site = Site(engine, liar.issuer, "s", oidc={"groups_claim": "realm_access.roles"})
        liar.claims = {"groups": None, **claims}
        assert (await come(site, liar)).status_code == 303
        await site.provider.close()
        for client in site.clients:
            await client.aclose()


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"issuer": "https://evil.example.com"}, "server.auth.oidc.issuer must be the same"),
        ({"issuer": None}, "server.auth.oidc.issuer must be the same"),
        ({"token_endpoint": None}, "describes no token_endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "describes no authorization_endpoint over https"),
        ({"jwks_uri": "file:///etc/passwd"}, "describes no jwks_uri over https"),
        ({"moved": True}, "answered 307"),
    ],
)
async def test_a_provider_that_describes_itself_badly_signs_nobody_in(
    site: Site, liar: Liar, about: dict[str, Any], words: str
) -> None:
    liar.about = about
    answer = await site.browser().get("sign-in/begin")
    assert answer.status_code == 503 and words in answer.text


async def test_a_provider_on_a_private_network_must_be_meant(engine: StandIn, liar: Liar) -> None:
    for issuer in (liar.issuer, liar.issuer.replace("http:", "https:")):
        site = Site(engine, issuer, "s", oidc={"allow_private": False})
        answer = await site.browser().get("sign-in/begin")
        assert answer.status_code == 503 and "allow_private" in answer.text
        await site.provider.close()
        for client in site.clients:
            await client.aclose()
