"""Everything by keyboard: no test here has a mouse."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import Opening
from .desk import NAME, Desk

FOCUS = """() => {
  const it = document.activeElement, style = getComputedStyle(it);
  return {tag: it.tagName, name: it.name || it.textContent.trim(), href: it.href || "",
          seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0};
}"""


def two(desk: Desk) -> None:
    """Two stories of different people: the vendor's release, and a relabelled option."""
    desk.hub.release(n=1)
    desk.relabel("source", 1)


def current(page: Page) -> str:
    row = page.locator('.finding:has(a[aria-current="true"])')
    return row.get_attribute("data-id") or ""


def test_the_queue_is_walked_ticked_and_decided_without_a_mouse(desk: Desk, opening: Opening) -> None:
    two(desk)
    before = desk.commits()
    page = opening(desk.url).page("/review")
    ids = [row.get_attribute("data-id") or "" for row in page.locator("form.queue .finding").all()]
    page.keyboard.press("j")
    expect(page.locator(f'.finding[data-id="{ids[1]}"] .what > a')).to_be_focused()
    expect(page.locator(f'.finding[data-id="{ids[1]}"] .what > a')).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-part] code").filter(has_text=ids[1])).to_be_visible()  # the right side followed
    assert f"at={ids[1]}" in page.url  # and so did the address
    page.keyboard.press("k")
    expect(page.locator("[data-part] code").filter(has_text=ids[0])).to_be_visible()
    page.keyboard.press("x")
    expect(page.locator(f'.finding[data-id="{ids[0]}"] input[name="f"]')).to_be_checked()
    page.keyboard.press("x")
    expect(page.locator(f'.finding[data-id="{ids[0]}"] input[name="f"]')).not_to_be_checked()
    page.keyboard.press("x")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve 1 finding")
    page.get_by_role("button", name="Approve").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Approve is kept")).to_be_visible()
    desk.pushed(before)


def test_one_finding_is_ignored_by_i_and_nothing_is_sent_before_it_is_said(desk: Desk, opening: Opening) -> None:
    found = desk.relabel("plan", 1)[0]
    page = opening(desk.url).page("/review")
    page.keyboard.press("i")
    expect(page.get_by_role("radio", name="Ignore until")).to_be_checked()
    expect(page.get_by_role("textbox", name="Because")).to_be_focused()
    assert desk.open("plan") == [found]  # nothing was sent
    page.keyboard.type("The wording is being reworked")
    page.keyboard.press("Tab")
    page.keyboard.type("12312099")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Ignore is kept")).to_be_visible()


def test_the_keys_are_told_by_a_dialog_that_escape_closes_and_that_switches_them_off(
    desk: Desk, opening: Opening
) -> None:
    two(desk)
    page = opening(desk.url).page("/review")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("?")
    dialog.get_by_role("checkbox", name="Use these keys").press("Space")
    dialog.get_by_role("button", name="Close").press("Enter")
    page.keyboard.press("x")
    page.keyboard.press("j")
    expect(page.locator('input[name="f"]:checked')).to_have_count(0)
    assert page.evaluate(FOCUS)["tag"] != "A"
    page.reload()
    page.keyboard.press("x")
    expect(page.locator('input[name="f"]:checked')).to_have_count(0)  # kept for the next page


def test_letters_that_are_typed_into_a_field_stay_letters(desk: Desk, opening: Opening) -> None:
    two(desk)
    page = opening(desk.url).page("/review")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search findings")).to_be_focused()
    page.keyboard.type("jkxai?/")
    expect(page.get_by_role("searchbox", name="Search findings")).to_have_value("jkxai?/")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_enter_goes_to_the_right_side_and_escape_back(desk: Desk, opening: Opening) -> None:
    two(desk)
    page = opening(desk.url).page("/review")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part] .says")).to_be_focused()
    row = current(page)
    page.keyboard.press("Escape")
    expect(page.locator(f'.finding[data-id="{row}"] .what > a')).to_be_focused()


def test_tab_goes_through_the_page_in_the_order_in_which_it_is_read_and_is_seen(desk: Desk, opening: Opening) -> None:
    found = desk.relabel("tier", 1)[0]
    page = opening(desk.url).page(f"/findings/{found['id']}")
    page.keyboard.press("Tab")
    first = page.evaluate(FOCUS)
    assert first["name"] == "Skip to the content" and first["seen"], first
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    passed = []
    for _ in range(60):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        assert at["seen"], f"where the focus is cannot be seen: {at}"
        passed.append(at)
        if at["name"] == "Decide":
            break
    assert passed[-1]["name"] == "Decide", passed
    assert passed[0]["href"].endswith(f"/systems/{NAME}"), "the link to the content leads into it"
    assert "/flows" not in "".join(at["href"] for at in passed), "the head of the page was skipped"
    assert [at["name"] for at in passed if at["tag"] == "INPUT"][:1] == ["kind"]


def test_with_arrow_keys_the_answers_are_walked_and_the_focus_stays(desk: Desk, opening: Opening) -> None:
    """The cursor goes into a field for who points at an answer: never for who walks them."""
    found = desk.relabel("tier", 2)[0]
    page = opening(desk.url).page(f"/findings/{found['id']}")
    page.get_by_role("radio", name="Approve").press("ArrowDown")
    expect(page.get_by_role("radio", name="Reject")).to_be_focused()
    expect(page.get_by_role("radio", name="Reject")).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Ignore until")).to_be_focused()
