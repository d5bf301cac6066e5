"""Pages for who is not inside: whoever is asked about a change, and whoever comes from a provider of identities or goes
out again."""

from __future__ import annotations

import asyncio
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.serving import Serving, Stack, until
from tests.real.directus import Unavailable
from tests.real.provider import RealProvider, walk

from .conftest import Opening
from .living import Demo
from .test_pages import sound


def test_who_is_asked_about_a_change_answers_without_signing_in(
    plain: Demo, told: dict[str, str], opening: Opening
) -> None:
    rows = plain.api.get("/api/v1/findings", params={"limit": 200}).json()["items"]
    asked = (plain.api.get(f"/api/v1/findings/{one['id']}").json() for one in rows)
    finding = next(one["row"]["id"] for one in asked if one["asking"])
    visitor = opening(plain.url)
    visitor.expects = {404}
    page = visitor.page(f"/findings/{finding}")
    page.get_by_role("button", name=re.compile("Ask")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ask ")
    link = page.get_by_label("The link").input_value()
    sound(page)
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Was this yours?")
    expect(page.get_by_role("navigation", name="Pages")).to_have_count(0)
    sound(page)
    page.get_by_role("radio", name=re.compile("^Mine")).check()
    page.get_by_role("textbox", name=re.compile("Ticket")).fill("MOPS-214")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("status").filter(has_text="Kept: mine, MOPS-214")).to_be_visible()
    sound(page)
    page.goto(f"{link}x")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link opens nothing")
    sound(page)


def test_who_goes_out_by_the_button_is_out_and_may_come_in_again(tmp_path: Path, opening: Opening) -> None:
    """A real browser sends these forms, and says "null" of where they come from where a page forbids it to say more."""
    stack = Stack(tmp_path / "stack")
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
        visitor = opening(stack.url)
        visitor.expects = {401, 403}
        page = visitor.page("/")
        begin = page.get_by_role("link", name=re.compile("Sign in with"))
        assert str(begin.get_attribute("href")).startswith("/sign-in/begin")
        sound(page)
        with ThreadPoolExecutor(1) as beside:  # Playwright has the loop of this thread
            held = beside.submit(asyncio.run, cookies(stack.url, back)).result()
        visitor.context.add_cookies([{"url": stack.url, **one} for one in held])
        page.goto(f"{stack.url}/me")
        sound(page)
        page.get_by_role("banner").get_by_role("button", name="Sign out").click()
        signed_out(page, provider)
        page.goto(f"{stack.url}/signed-out")
        signed_out(page, provider)
        page.goto(f"{stack.url}/review")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in first")
        page.goto(f"{stack.url}/sign-in/callback?state=of-another-browser&code=x")
        expect(page.get_by_role("heading", level=1)).to_contain_text("not the answer to a sign-in of this browser")
        expect(page.get_by_role("link", name="Sign in")).to_have_attribute("href", "/sign-in/begin")
        sound(page)
    finally:
        serving.kill()
        serving.api.close()
        provider.stop()


def signed_out(page: Page, provider: RealProvider) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out of Driftline")
    for dead in ("button", "navigation"):  # of somebody who is nobody here any more
        expect(page.get_by_role(dead, name=re.compile("Sign out|Pages"))).to_have_count(0)  # type: ignore[arg-type]
    again = page.get_by_role("link", name=f"Sign in with {urlsplit(provider.issuer).netloc}")
    expect(again).to_have_attribute("href", "/sign-in/begin")
    sound(page)


async def cookies(url: str, back: str) -> list[dict[str, str]]:
    """Of somebody who signed in at the provider, whose own pages are none of ours to look at."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, headers={"accept": "text/html"}) as browser:
        away = await browser.get("/sign-in/begin")
        entered = await browser.get(await walk(away.headers["location"], "1", back))
        assert entered.status_code == 303
        return [{"name": one.name, "value": one.value or ""} for one in browser.cookies.jar]
