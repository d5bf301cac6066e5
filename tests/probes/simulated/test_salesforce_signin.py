"""Signing in at the simulated Salesforce org: credentials, assertions, sessions that end, and who the caller is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from probes.simulated.salesforce import Account

SECRET = "simulated-secret"
ROOT = "/services/data/v68.0"


class Now:
    def __init__(self) -> None:
        self.at = 1_795_300_000.0

    def now(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Now:
    return Now()


@pytest.fixture
def org(clock: Now) -> Account:
    return Account(clock=clock, control_token="open", page=0)


@pytest.fixture
async def api(org: Account) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(org.app), base_url="http://org.test") as client:
        await sign_in(client)
        yield client


async def sign_in(client: httpx.AsyncClient, secret: str = SECRET) -> httpx.Response:
    client.headers.pop("Authorization", None)
    answer = await client.post(
        "/services/oauth2/token", data={"grant_type": "client_credentials"}, auth=("simulated-client", secret)
    )
    if answer.status_code == 200:
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


async def test_sessions_end_and_wrong_credentials_are_told_apart(
    api: httpx.AsyncClient, org: Account, clock: Now
) -> None:
    org.expire_tokens()
    refused = await api.get(f"{ROOT}/limits")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert (await sign_in(api)).status_code == 200
    clock.at += 7201
    assert (await api.get(f"{ROOT}/limits")).status_code == 401
    assert (await sign_in(api, "wrong")).json()["error"] == "invalid_client"
    org.rotate_secret("next")
    assert (await sign_in(api)).json()["error"] == "invalid_client"
    assert (await sign_in(api, "next")).status_code == 200
    org.deactivate_user("driftline-monitor@example.com")
    assert (await api.get(f"{ROOT}/limits")).status_code == 401
    assert (await sign_in(api, "next")).json()["error"] == "invalid_grant"


async def test_credentials_may_come_in_the_body(org: Account) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(org.app), base_url="http://org.test") as client:
        form = {
            "grant_type": "client_credentials",
            "client_id": "simulated-client",
            "client_secret": "simulated-secret",
        }
        answer = (await client.post("/services/oauth2/token", data=form)).json()
        assert answer["instance_url"] == "http://org.test"
        assert "expires_in" not in answer
        form["grant_type"] = "password"
        refused = await client.post("/services/oauth2/token", data=form)
        assert (refused.status_code, refused.json()["error"]) == (400, "unsupported_grant_type")


async def test_a_signed_assertion_opens_a_session_only_while_it_is_fresh(clock: Now) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    org = Account(clock=clock, certificate=public.decode())
    claims = {
        "iss": "simulated-client",
        "sub": "driftline-monitor@example.com",
        "aud": "http://org.test",
        "exp": int(clock.at) + 170,
    }
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(org.app), base_url="http://org.test") as client:
        form = {"grant_type": grant, "assertion": jwt.encode(claims, key, "RS256")}
        assert (await client.post("/services/oauth2/token", data=form)).status_code == 200
        for wrong in (
            {"exp": int(clock.at) - 1},
            {"aud": "https://elsewhere.test"},
            {"iss": "other"},
            {"sub": "nobody@example.com"},
        ):
            form["assertion"] = jwt.encode(claims | wrong, key, "RS256")
            refused = await client.post("/services/oauth2/token", data=form)
            assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant"), wrong


async def test_who_i_am_and_which_org_this_is(api: httpx.AsyncClient, org: Account) -> None:
    me = (await api.get("/services/oauth2/userinfo")).json()
    assert me["preferred_username"] == "driftline-monitor@example.com"
    assert me["organization_id"] == org.organization
    org.set_sandbox()
    assert (await api.get("/services/oauth2/userinfo")).json()["organization_id"] != me["organization_id"]
