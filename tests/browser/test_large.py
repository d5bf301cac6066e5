"""Differences of thousands: a page stays bounded, is there quickly, and answers while it is read."""

from __future__ import annotations

import time

from playwright.sync_api import Page, expect

from .conftest import Opening
from .desk import LONG, OPTIONS, Desk

LEAVES = 200  # that a page shows at most
ELEMENTS = 8000  # of the largest page
USABLE = 3.0  # seconds from asking to a page that has answered a key, on a machine that is busy with tests
FROZEN = 200  # milliseconds for which the page may not answer: what a person does not notice yet
LONGEST = """() => new Promise((done) => {
  let most = 0;
  new PerformanceObserver((list) => { for (const task of list.getEntries()) most = Math.max(most, task.duration); })
    .observe({type: "longtask", buffered: true});
  setTimeout(() => done(most), 0);
})"""


def usable(page: Page, url: str, key: str, then: str) -> float:
    """Seconds until the page has done something about a key."""
    begun = time.monotonic()
    page.goto(url, wait_until="domcontentloaded")
    page.keyboard.press(key)
    expect(page.locator(then)).to_be_visible()
    return time.monotonic() - begun


def test_of_two_thousand_changes_no_page_holds_more_than_200(desk: Desk, opening: Opening) -> None:
    """One act is one line, however much it changed."""
    desk.relabel(LONG, *range(1000, OPTIONS))
    page = opening(desk.url).page("/review")
    assert page.locator("form.queue .finding").count() == 1
    page.locator("a.effects").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1999")  # true, however few are shown
    assert page.locator("form.queue .finding").count() <= LEAVES
    page.goto(f"{desk.url}/review?children=1&size=200")
    assert page.locator("form.queue .finding").count() == LEAVES
    expect(page.get_by_text("Page 1 of 10")).to_be_visible()
    assert page.evaluate("document.querySelectorAll('*').length") < ELEMENTS


def test_the_largest_page_is_usable_at_once_and_does_not_freeze(desk: Desk, opening: Opening) -> None:
    found = desk.relabel(LONG, *range(1000, OPTIONS), word="later")
    page = opening(desk.url).page()
    took = usable(page, f"{desk.url}/review?children=1&size=200", "?", "dialog[open]")
    assert took < USABLE, f"{took:.1f} s"
    assert (longest := page.evaluate(LONGEST)) < FROZEN, f"{longest:.0f} ms without an answer"
    page.keyboard.press("Escape")
    for _ in range(10):
        page.keyboard.press("j")
    expect(page.locator('.finding:nth-child(11) .what > a[aria-current="true"]')).to_be_visible()
    # One of them by itself: around what it is about, and all of it by pages.
    page.goto(f"{desk.url}/findings/{found[1500]['id']}")
    hit = page.locator(".diff .hit")
    expect(hit).to_have_count(1)
    expect(hit).to_be_in_viewport()
    assert page.locator(".diff tbody tr").count() <= 60
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".diff tbody tr")).to_have_count(1000)
    page.get_by_role("link", name="next").click()
    expect(page.get_by_text("Lines 1001 to 2000 of")).to_be_visible()
    assert "lines=2" in page.url
