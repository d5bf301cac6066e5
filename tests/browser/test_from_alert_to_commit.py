"""From the link in an alert to an approved commit, counted in clicks, and held against the repository."""

from __future__ import annotations

from playwright.sync_api import expect

from .conftest import Opening
from .eyes import Clicks
from .living import Demo

MOST = 4  # clicks, with the one on the link in the alert


def test_a_breaking_change_is_approved_in_four_clicks(site: Demo, opening: Opening) -> None:
    """With the mouse alone between the words that are typed: a reason and a ticket, since it is breaking."""
    site.do("1")
    finding, before = site.found("lifecyclestage", "options"), site.commits()
    page = opening(site.url).page()
    clicks = Clicks(page)
    clicks.follow(f"{site.url}/findings/{finding['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text(finding["says"])
    clicks.on(page.get_by_role("radio", name="Approve"))
    expect(page.get_by_role("textbox", name="Because")).to_be_focused()
    page.keyboard.type("The stage was retired with its mapping")
    clicks.on(page.get_by_role("textbox", name="Ticket"))
    page.keyboard.type("MOPS-214")
    clicks.on(page.get_by_role("button", name="Decide"))
    expect(page.get_by_role("status").filter(has_text="Approve is kept")).to_be_visible()
    assert clicks.made <= MOST
    commit = site.approved(before)
    assert "The stage was retired with its mapping" in commit and "MOPS-214" in commit
    assert "Driftline-Decision: " in commit and "Driftline-Trail: " in commit
    gone = [line for line in commit.splitlines() if line.startswith("-") and "salesqualifiedlead" in line]
    assert gone, commit
    site.closed(finding["id"])
    page.reload()
    expect(page.locator("p.calm")).to_contain_text("the baseline has it")
