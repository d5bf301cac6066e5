"""What a page can be beside as usual: signed out, first run, empty, refused, failed, in the midst of work."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.serving import Serving, Stack, until

from .conftest import Opening
from .desk import Desk
from .living import Demo
from .test_pages import glance, sound

LINK = re.compile(r"http://\S+/sign-in/\S+")


def test_a_first_start_signed_out_signing_in_and_nothing_connected_yet(tmp_path: Path, opening: Opening) -> None:
    stack = Stack(tmp_path / "stack")
    stack.set("driftline.yaml", server={"auth": {"mode": "tokens"}})
    serving = Serving(stack).start()
    try:
        found = until(lambda: LINK.search(serving.log), 30, "the log has the link of the first administrator")
        until(lambda: " ready " in serving.log, 30, "it is ready")
        visitor = opening(stack.url)
        visitor.expects = {401}
        page = visitor.page("/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in first")
        sound(page)
        page.goto(found.group())
        sound(page)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        assert page.url == f"{stack.url}/"
        for path in ("/", "/review", "/flows", "/history", "/trail", "/proposals", "/coverage", "/ignores"):
            page.goto(f"{stack.url}{path}")
            glance(page)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in first")
        visitor.expects = {401, 403}
        page.goto(found.group())
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("does not work")  # it works once
        sound(page)
    finally:
        assert serving.stop() == 0
        serving.api.close()


def test_what_is_not_there_or_not_understood_says_so_on_a_page(plain: Demo, opening: Opening) -> None:
    visitor = opening(plain.url)
    visitor.expects = {404, 400}
    page = visitor.page()
    for path, words in (("/findings/zz", "finding"), ("/review?level=awful", "filter"), ("/nothing", "no such page")):
        page.goto(f"{plain.url}{path}")
        expect(page.locator("main")).to_contain_text(re.compile(words, re.I))
        expect(page.get_by_role("link", name="To the overview")).to_be_visible()
        expect(page.locator("main code")).not_to_be_empty()  # what to name when asking for help
        sound(page)


def test_the_steps_of_a_decision_are_sound_pages_too(desk: Desk, opening: Opening) -> None:
    """Filtered to nothing, chosen, moved, refused, kept, undone."""
    first = desk.relabel("grade", 2)[0]
    visitor = opening(desk.url)
    visitor.expects = {409}
    page = visitor.page("/review?q=nothing-has-these-words")
    expect(page.get_by_text("Nothing fits this filter.")).to_be_visible()
    glance(page)
    page.goto(f"{desk.url}/review")
    page.locator('input[name="f"]').check()
    other = visitor.page(f"/findings/{first['id']}")
    page.get_by_role("button", name="Approve…").click()
    sound(page)
    desk.relabel("grade", 2, word="again")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_be_visible()
    glance(page)
    other.get_by_role("radio", name="Reject").click()
    sound(other)  # with an answer chosen
    other.keyboard.type("put it back")
    other.get_by_role("button", name="Decide").click()
    expect(other.get_by_role("alert")).to_contain_text("Nothing was decided")
    glance(other)
    other.get_by_role("radio", name="Approve").click()
    other.get_by_role("button", name="Decide").click()
    expect(other.get_by_role("status").filter(has_text="Approve is kept")).to_be_visible()
    glance(other)
    until(lambda: not desk.open("grade"), 20, "it is closed by the commit")
    other.reload()
    sound(other)
    other.get_by_role("button", name="Undo").click()
    until(lambda: desk.open("grade"), 20, "it is open again")
