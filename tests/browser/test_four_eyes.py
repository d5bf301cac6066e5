"""Four eyes, as two people meet it in two browsers: one asks, the other confirms, and only then is there a commit."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from probes.kit.clock import SystemClock
from probes.simulated import hubspot
from tests.e2e.serving import Serving, Stack, account, until

from .conftest import Opening
from .desk import LISTS, NAME, Desk, options
from .eyes import Watched
from .test_pages import sound

LINK = re.compile(r"http://\S+/sign-in/(\S+)")


def signed_in(opening: Opening, serving: Serving, name: str) -> Watched:
    """A browser of a reviewer of that name, who came by a link."""
    made = serving.post("/api/v1/tokens/link", {"name": name, "role": "reviewer"})
    visitor = opening(serving.stack.url)
    page = visitor.page()
    page.goto(made["secret"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    return visitor


def approve(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("radio", name="Approve").click()
    page.get_by_role("button", name="Decide").click()


def test_one_asks_another_confirms_and_nobody_confirms_alone(tmp_path: Path, opening: Opening) -> None:
    hub = hubspot.Account(clock=SystemClock())
    for name in LISTS:
        hub.add_property(type="contacts", line=f"{name} enumeration/select own")
        hub.set_options(type="contacts", name=name, options=options(name, 4))
    with account(hub.app) as base:
        stack = Stack(tmp_path / "stack")
        stack.integration(NAME, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)})
        stack.set("driftline.yaml", server={"auth": {"mode": "tokens"}})
        serving = Serving(stack).start()
        try:
            found = until(lambda: LINK.search(serving.log), 30, "the log has the link of the first administrator")
            until(lambda: " ready " in serving.log, 30, "it is ready")
            serving.api.headers["origin"] = stack.url  # as a browser says with a cookie
            assert serving.api.post("/sign-in", data={"token": found.group(1)}).status_code == 303
            serving.capture(NAME)
            stack.set("driftline.yaml", review={"four_eyes": [{"kind": "field"}]})
            serving.post("/-/reload")
            met(Desk(stack, serving, hub), opening)
            assert serving.stop() == 0
        finally:
            serving.kill()
            serving.api.close()


def met(desk: Desk, opening: Opening) -> None:
    (finding,) = desk.relabel("tier", 1)
    address = f"{desk.url}/findings/{finding['id']}"
    before = desk.commits()
    first, second = (signed_in(opening, desk.serving, f"reviewer-0{number}") for number in (1, 2))
    first.expects = {409}  # of what is refused below

    asking = first.page()
    approve(asking, address)
    expect(asking.locator("main")).to_contain_text("waits for a second person")
    sound(asking)
    assert desk.commits() == before and desk.open("tier")  # nothing is written by one
    asking.goto(f"{desk.url}/waiting")
    expect(asking.get_by_role("button", name="Confirm")).to_have_count(0)  # who asked cannot confirm
    expect(asking.get_by_role("button", name="Withdraw")).to_be_visible()

    answering = second.page()
    answering.goto(f"{desk.url}/waiting")
    expect(answering.get_by_role("heading", name="Waiting for you")).to_be_visible()
    expect(answering.get_by_role("article")).to_contain_text("reviewer-01")
    declining = answering.get_by_role("textbox", name="Because")
    expect(declining).to_be_visible()  # what a form asks for and hides cannot be sent
    answering.get_by_role("button", name="Decline").click()
    expect(declining).to_be_focused()
    sound(answering)
    answering.get_by_role("button", name="Confirm").click()
    expect(answering.get_by_role("status").filter(has_text="is kept")).to_be_visible()
    assert "Tier 1 new" in desk.pushed(before)
    until(lambda: not desk.open("tier"), 20, "it is closed by the commit of the two")
    for one in (first, second):
        one.context.close()  # the overview asks for itself anew, and may do so while the daemon stops
