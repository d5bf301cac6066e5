"""What people come with: no JavaScript, a phone, a dark screen, no wish for motion. The same work is done with each."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import Opening
from .desk import Desk

PHONE = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 3, "is_mobile": True, "has_touch": True}
SMALL = """() => [...document.querySelectorAll(
    "button, select, main input:not([type=hidden]), nav[aria-label=Pages] a")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.closest("label") ?? one, one])
  .map(([area, one]) => [area.getBoundingClientRect(), one.getBoundingClientRect(), one.outerHTML.slice(0, 90)])
  .filter(([area, own]) => Math.max(area.height, own.height) < 24 || Math.max(area.width, own.width) < 24)
  .map(([area, own, html]) => `${own.width} by ${own.height}: ${html}`)"""
OVER = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth"


def kept(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Approve is kept")).to_be_visible()


def test_without_javascript_all_of_it_is_links_and_forms(desk: Desk, opening: Opening) -> None:
    """Queue, filter, effects, one, several, undo: nothing is missing, nothing is dead."""
    found = desk.relabel("segment", 0, 1, 2)
    (root,) = [one for one in found if one["children"]]
    before = desk.commits()
    page = opening(desk.url, java_script_enabled=False).page("/review")
    for dead in ("Keys", "Switch between light and dark"):
        expect(page.get_by_role("button", name=dead)).to_have_count(0)  # what would do nothing is not there
    page.locator("summary").filter(has_text="Filter").click()
    page.get_by_role("searchbox", name="Words").fill("segment")
    page.get_by_role("button", name="Filter").click()
    page.locator(f'.finding[data-id="{root["id"]}"] .what > a').first.click()
    assert f"at={root['id']}" in page.url and "q=segment" in page.url
    expect(page.get_by_role("heading", level=2).filter(has_text="segment")).to_be_visible()
    page.get_by_role("radio", name="Approve").check()
    page.get_by_role("textbox", name="Because").fill("agreed")
    page.get_by_role("button", name="Decide").click()
    kept(page)
    assert "q=segment" in page.url  # where one was in the queue is kept
    desk.pushed(before)
    assert len(desk.open("segment")) == 2
    page.goto(f"{desk.url}/review?q=segment&children=1")
    for box in page.locator('input[name="f"]').all():
        box.check()
    page.get_by_role("button", name="Approve…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve 2 findings")
    page.get_by_role("button", name="Approve").click()
    kept(page)
    desk.pushed(before, 2)
    page.goto(f"{desk.url}/history")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("row").nth(2).get_by_text("undone")).to_be_visible()
    desk.pushed(before, 3)
    assert len(desk.open("segment")) == 2


def test_on_a_phone_of_360_pixels_a_finding_is_found_and_approved(desk: Desk, opening: Opening) -> None:
    """One column, nothing goes over the side, every target can be hit with a thumb."""
    found = desk.relabel("channel", 2)[0]
    before = desk.commits()
    page = opening(desk.url, **PHONE).page("/review")

    def sound() -> None:
        assert page.evaluate(OVER) <= 0, f"{page.url} goes over the side"
        assert page.evaluate(SMALL) == [], page.url

    sound()
    expect(page.locator("[data-pane]")).to_be_hidden()  # the list has the screen
    page.locator(f'.finding[data-id="{found["id"]}"] .what > a').tap()
    expect(page.locator("[data-part] .says")).to_be_visible()
    expect(page.locator("form.queue")).to_be_hidden()  # and then the finding has it
    sound()
    page.get_by_role("link", name="Back to the queue").tap()
    page.locator('input[name="f"]').tap()
    page.get_by_role("button", name="Approve…").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve 1 finding")
    sound()
    page.get_by_role("button", name="Approve").tap()
    kept(page)
    sound()
    desk.pushed(before)


def test_dark_is_what_the_system_says_until_somebody_says_otherwise(desk: Desk, opening: Opening) -> None:
    page = opening(desk.url, color_scheme="dark").page("/")
    shade = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(shade)
    page.get_by_role("button", name="Switch between light and dark").click()
    light = page.evaluate(shade)
    assert light != dark
    page.goto(f"{desk.url}/review")
    assert page.evaluate(shade) == light  # kept from page to page
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate(shade) == dark
    quiet = opening(desk.url, color_scheme="light").page("/")
    assert quiet.evaluate(shade) == light


def test_who_wants_no_motion_sees_none(desk: Desk, opening: Opening) -> None:
    moving = """() => [...document.querySelectorAll("*")]
      .map((one) => getComputedStyle(one))
      .filter((style) => parseFloat(style.transitionDuration) || style.animationName !== "none"
                         || style.scrollBehavior === "smooth").length"""
    assert opening(desk.url, reduced_motion="reduce").page("/review").evaluate(moving) == 0
    assert opening(desk.url, reduced_motion="no-preference").page("/review").evaluate(moving) > 0


def test_every_view_has_an_address_that_shows_another_person_the_same(desk: Desk, opening: Opening) -> None:
    desk.relabel("source", 0, 1)
    page = opening(desk.url).page("/review?children=1&q=source")
    page.locator(".finding .what > a").nth(1).click()
    expect(page.locator("[data-part] .says")).to_be_focused()
    said = page.locator("[data-part] .says").inner_text()
    other = opening(desk.url).page()
    other.goto(page.url)
    expect(other.locator("[data-part] .says")).to_have_text(said)
    assert other.locator("form.queue .finding").count() == page.locator("form.queue .finding").count() == 2
    expect(other.get_by_role("searchbox", name="Words")).to_have_value("source")
