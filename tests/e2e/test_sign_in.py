"""`driftline serve` in mode oidc, with a real provider beside it: two processes, and a browser between them."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from tests.e2e.serving import Serving, Stack, until
from tests.real.directus import Unavailable
from tests.real.provider import RealProvider, walk


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path / "acme")


async def test_a_person_signs_in_at_the_provider_and_acts_under_their_name(stack: Stack) -> None:
    back = f"{stack.url}/sign-in/callback"
    provider = RealProvider({"1": {"email": "kim@example.com", "email_verified": True, "groups": ["ops"]}}, back)
    try:
        provider.start()
    except Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(f"the real provider may not be skipped here: {error}", pytrace=False)
        pytest.skip(f"no real provider: {error}")
    oidc = {"issuer": provider.issuer, "client_id": "driftline", "client_secret": "${env:SIGN_IN_SECRET}"}
    oidc |= {"allow_private": True, "scopes": ["email", "groups"]}
    stack.set("driftline.yaml", server={"auth": {"mode": "oidc", "oidc": oidc, "roles": {"ops": "admin"}}})
    serving = Serving(stack, SIGN_IN_SECRET=RealProvider.SECRET).start()
    try:
        until(lambda: " ready " in serving.log, 30, "it is ready")
        assert "/sign-in/" not in serving.log, "who may come in is the provider's to say from the first start on"
        async with httpx.AsyncClient(base_url=stack.url, trust_env=False, headers={"accept": "text/html"}) as browser:
            assert (await browser.get("/")).status_code == 401
            away = await browser.get("/sign-in/begin")
            entered = await browser.get(await walk(away.headers["location"], "1", back))
            assert (entered.status_code, entered.headers["location"]) == (303, "/")
            assert "kim@example.com (admin)" in (await browser.get("/")).text
            assert (await browser.post("/-/reload", headers={"origin": stack.url})).status_code == 200
        assert RealProvider.SECRET not in serving.log and "eyJ" not in serving.log
        assert serving.stop() == 0
    finally:
        serving.kill()
        serving.api.close()
        provider.stop()


def test_it_does_not_start_without_the_secret_that_it_is_to_use(stack: Stack) -> None:
    oidc = {"issuer": "https://login.example.com", "client_id": "driftline", "client_secret": "${env:SIGN_IN_SECRET}"}
    stack.set("driftline.yaml", server={"auth": {"mode": "oidc", "oidc": oidc, "roles": {"ops": "admin"}}})
    refused = Serving(stack).start()
    assert refused.ended(30) == 2 and "SIGN_IN_SECRET" in refused.log and "Traceback" not in refused.log
