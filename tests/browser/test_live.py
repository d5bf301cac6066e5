"""What open pages are told while somebody reads them, through a proxy too; and that nothing moves under the reader."""

from __future__ import annotations

from playwright.sync_api import expect

from .conftest import Opening
from .desk import Desk
from .living import Demo


def test_below_a_path_behind_a_proxy_an_open_page_hears_what_happens(below: Demo, opening: Opening) -> None:
    """nginx keeps an answer back until it is whole, unless it is told not to: events would come when nobody waits."""
    visitor = opening(below.url)
    page = visitor.page()
    with page.expect_response(lambda answer: "/api/v1/stream" in answer.url) as found:
        page.goto(f"{below.url}/review")
    assert found.value.url.startswith(f"{below.url}/api/v1/stream?") and found.value.ok
    below.do("3")
    try:
        news = page.locator("[data-news]")
        expect(news).to_contain_text("new: show")
        news.get_by_role("link", name="show").click()
        expect(news).to_be_hidden()
        assert page.url.startswith(f"{below.url}/review")
    finally:
        below.do("3", "undo")


def test_an_open_finding_says_that_it_changed_and_that_it_closed(desk: Desk, opening: Opening) -> None:
    """In one line. What is read and what was typed stay as they are until somebody wants to see it."""
    found = desk.relabel("plan", 1)[0]
    visitor = opening(desk.url)
    page, queue = visitor.page(f"/findings/{found['id']}"), visitor.page("/review?q=plan")
    lines = [one.locator("[data-stale]") for one in (page, queue)]
    for line in lines:
        expect(line).to_be_hidden()
    page.get_by_role("radio", name="Approve").click()
    page.get_by_role("textbox", name="Because").fill("half a sentence")
    read = page.locator(".diff").inner_text()
    desk.relabel("plan", 1, word="again")
    for line in lines:
        expect(line).to_have_text("This has changed since you opened it: show it")
        assert line.get_attribute("role") == "status"
    assert page.locator(".diff").inner_text() == read
    expect(page.get_by_role("textbox", name="Because")).to_have_value("half a sentence")
    lines[0].get_by_role("link", name="show it").click()
    expect(page.locator(".diff .right").filter(has_text="new again")).to_be_visible()
    expect(lines[0]).to_be_hidden()
    desk.serving.decide("approve", *desk.open("plan"))
    for line in lines:
        expect(line).to_have_text("This has closed since you opened it: show it")
    lines[0].get_by_role("link", name="show it").click()
    expect(page.locator(".calm").filter(has_text="Closed")).to_be_visible()
    expect(lines[0]).to_be_hidden()
