"""Differences of thousands: a page stays bounded and answers while it is read; how quickly is held by `make proofs`."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import Browser, expect

from .conftest import Opening
from .desk import LONG, OPTIONS, Desk

LEAVES = 200  # that a page shows at most
ELEMENTS = 8000  # of the largest page
LARGEST = f"/review?children=1&size={LEAVES}"
USABLE = 3.0  # seconds from asking to a page that has answered a key
FROZEN = 200  # milliseconds for which the page may not answer: what a person does not notice yet


def longest(trace: bytes) -> float:
    """Milliseconds of a processor (`tdur`, which no other program of the machine lengthens) that the page's own thread
    spent on one task."""
    tasks = [one["tdur"] for one in json.loads(trace)["traceEvents"] if one["name"] == "RunTask" and "tdur" in one]
    assert len(tasks) > 10, "the trace holds the tasks of the page"
    return float(max(tasks)) / 1000


def test_of_two_thousand_changes_no_page_holds_more_than_200(desk: Desk, opening: Opening) -> None:
    """One act is one line, however much it changed."""
    desk.relabel(LONG, *range(1000, OPTIONS))
    page = opening(desk.url).page("/review")
    assert page.locator("form.queue .finding").count() == 1
    page.locator("a.effects").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1999")  # true, however few are shown
    assert page.locator("form.queue .finding").count() <= LEAVES
    page.goto(f"{desk.url}{LARGEST}")
    assert page.locator("form.queue .finding").count() == LEAVES
    expect(page.get_by_text("Page 1 of 10")).to_be_visible()
    assert page.evaluate("document.querySelectorAll('*').length") < ELEMENTS


def test_the_largest_page_answers_keys_and_leads_to_one_change_and_to_all(desk: Desk, opening: Opening) -> None:
    found = desk.relabel(LONG, *range(1000, OPTIONS), word="later")
    page = opening(desk.url).page(LARGEST)
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
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


@pytest.mark.proof
def test_the_largest_page_is_usable_at_once_and_does_not_freeze(
    desk: Desk, opening: Opening, chromium: Browser
) -> None:
    desk.relabel(LONG, *range(1000, OPTIONS), word="timed")
    page = opening(desk.url).page()
    chromium.start_tracing(page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"])
    begun = time.monotonic()
    page.goto(f"{desk.url}{LARGEST}", wait_until="domcontentloaded")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    took = time.monotonic() - begun
    froze = longest(chromium.stop_tracing())
    print(f"usable after {took:.2f} s, longest task {froze:.0f} ms of a processor")
    assert took < USABLE and froze < FROZEN
