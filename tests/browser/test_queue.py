"""Deciding in the queue: some of it, what moved meanwhile, clicks that come twice, and what comes while one reads."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.serving import until

from .conftest import Opening
from .desk import NAME, Desk


def kept(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Approve is kept")).to_be_visible()


def order(page: Page) -> list[str]:
    return [row.get_attribute("data-id") or "" for row in page.locator("form.queue .finding").all()]


def tick(page: Page, *findings: str) -> None:
    for id_ in findings:
        page.locator(f'.finding[data-id="{id_}"] input[name="f"]').check()


def test_of_a_cause_two_are_approved_and_exactly_the_third_stays(desk: Desk, opening: Opening) -> None:
    found = desk.relabel("tier", 1, 2, 3)
    (root,) = [one for one in found if one["children"]]
    before = desk.commits()
    page = opening(desk.url).page("/review")
    row = page.locator(f'.finding[data-id="{root["id"]}"]')
    expect(page.locator("form.queue .finding")).to_have_count(1)  # folded: one story, one line
    row.get_by_role("link", name="2 effects").click()
    children = [one for one in found if not one["children"]]
    assert sorted(order(page)) == sorted(one["id"] for one in children)
    tick(page, children[0]["id"])
    expect(page.get_by_text("1 of 2 selected")).to_be_visible()
    page.get_by_role("button", name="Approve…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve 1 finding")
    page.get_by_role("button", name="Approve").click()
    kept(page)
    commit = desk.pushed(before)
    assert children[0]["item"] in commit or f"{children[0]['after']}" in commit
    left = until(lambda: len(now := desk.open("tier")) == 2 and now, 10, "one of three is closed")
    assert [one["id"] for one in left] == [one["id"] for one in found if one["id"] != children[0]["id"]]
    touched = [line for line in commit.splitlines() if line.startswith(("+ ", "- ", '+"', '-"'))]
    assert all(one["item"] not in "".join(touched) for one in left), commit


def test_of_a_picklist_some_options_are_approved_and_the_rest_stays(desk: Desk, opening: Opening) -> None:
    """All shown unfolded by the filter; two of four ticked; nothing is ticked for the reader."""
    found = desk.relabel("topic", 0, 1, 2, 3)
    before = desk.commits()
    page = opening(desk.url).page("/review?children=1&q=topic")
    assert sorted(order(page)) == sorted(one["id"] for one in found)
    expect(page.locator('input[name="f"]:checked')).to_have_count(0)
    tick(page, found[0]["id"], found[2]["id"])
    page.get_by_role("button", name="Approve…").click()
    page.get_by_role("button", name="Approve").click()
    kept(page)
    commit = desk.pushed(before)
    assert "Topic 0 new" in commit and "Topic 2 new" in commit
    assert "Topic 1 new" not in commit and "Topic 3 new" not in commit
    until(lambda: [one["item"] for one in desk.open("topic")] == ["topic-0001", "topic-0003"], 10, "the rest stays")


def test_what_moves_while_the_page_is_open_loses_its_tick_and_says_so(desk: Desk, opening: Opening) -> None:
    first = desk.relabel("segment", 1)[0]
    page = opening(desk.url).page("/review")
    tick(page, first["id"])
    desk.relabel("segment", 1, word="again")
    row = page.locator(f'.finding[data-id="{first["id"]}"]')
    expect(row.get_by_text("changed since you opened this page")).to_be_visible()
    expect(row.locator('input[name="f"]')).not_to_be_checked()
    expect(row.locator('input[name="f"]')).to_be_disabled()
    expect(page.get_by_text("0 of 1 selected · 1 changed since you opened this page")).to_be_visible()


def test_what_moved_is_refused_shown_as_it_is_now_and_what_was_written_stays(desk: Desk, opening: Opening) -> None:
    """Without JavaScript nobody hears of it before sending: the answer says it, for one and for several."""
    first = desk.relabel("channel", 1)[0]
    before = desk.commits()
    visitor = opening(desk.url, java_script_enabled=False)
    visitor.expects = {409}
    one, several = visitor.page(f"/findings/{first['id']}"), visitor.page("/review")
    tick(several, first["id"])
    desk.relabel("channel", 1, word="again")
    one.get_by_role("radio", name="Approve").check()
    one.get_by_role("textbox", name="Because").fill("as agreed")
    one.get_by_role("button", name="Decide").click()
    expect(one.get_by_role("alert")).to_contain_text("This changed while you looked at it")
    expect(one.locator(".diff .right").filter(has_text="Channel 1 new again")).to_be_visible()
    expect(one.get_by_role("textbox", name="Because")).to_have_value("as agreed")
    expect(one.get_by_role("radio", name="Approve")).not_to_be_checked()
    several.get_by_role("button", name="Approve…").click()
    expect(several.get_by_role("alert")).to_contain_text("1 finding changed since you opened the page")
    expect(several.locator(".findings.rows")).to_contain_text("Channel 1 new again")
    expect(several.locator('input[name="f"]:checked')).to_have_count(0)
    assert desk.commits() == before


def test_a_baseline_that_somebody_pushed_meanwhile_is_not_written_over(
    desk: Desk, opening: Opening, tmp_path: Path
) -> None:
    """A conflict: what the page showed as the baseline is no more. Refused, and shown as it is."""
    found, other = desk.relabel("stage", 2)[0], desk.relabel("plan", 3)[0]
    visitor = opening(desk.url)
    visitor.expects = {409}
    page = visitor.page(f"/findings/{found['id']}")
    push(desk, tmp_path, "Stage 2", "Stage two, by hand")
    desk.serving.decide("approve", other)  # its push meets the other one, and takes it in
    before = desk.commits()
    page.get_by_role("radio", name="Approve").click()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("alert")).to_contain_text("This changed while you looked at it")
    expect(page.locator(".diff .left").filter(has_text="Stage two, by hand")).to_be_visible()
    assert desk.commits() == before and "Stage two, by hand" in baseline(desk)


def test_a_push_that_nobody_knew_of_stands_and_the_finding_is_open_again(
    desk: Desk, opening: Opening, tmp_path: Path
) -> None:
    """The same a second before: only the push of the approval meets it. What the person wrote stays in force."""
    found = desk.relabel("stage", 3)[0]
    page = opening(desk.url).page(f"/findings/{found['id']}")
    push(desk, tmp_path, "Stage 3", "Stage three, by hand")
    page.get_by_role("radio", name="Approve").click()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("status").filter(has_text="is kept")).to_be_visible()
    again = "what was approved drifts from what was pushed, and is open again"
    (now,) = until(lambda: [one for one in desk.open("stage") if "by hand" in one["says"]], 20, again)
    page.goto(f"{desk.url}/findings/{now['id']}")
    expect(page.get_by_role("radio", name="Approve")).to_be_visible()
    expect(page.locator(".diff .left").filter(has_text="Stage three, by hand")).to_be_visible()
    assert "Stage three, by hand" in baseline(desk)
    page.goto(f"{desk.url}/trail")
    expect(page.locator("main")).to_contain_text("gave way to the remote")


def baseline(desk: Desk) -> str:
    return desk.git("show", f"main:baselines/{NAME}/field/contacts.json")


def push(desk: Desk, folder: Path, old: str, new: str) -> str:
    """A person changes a baseline by hand and pushes; gives the commit."""
    clone = folder / "clone"
    git = ["git", "-c", "user.name=Marketing operations", "-c", "user.email=marketing-operations@example.com"]
    subprocess.run([*git, "clone", "-q", str(desk.stack.hub), str(clone)], check=True)
    file = clone / "baselines" / NAME / "field" / "contacts.json"
    text = file.read_text()
    assert json.dumps(old) in text
    file.write_text(text.replace(json.dumps(old), json.dumps(new)))
    subprocess.run([*git, "commit", "-qam", "Say it as we do"], check=True, cwd=clone)
    subprocess.run(["git", "push", "-q"], check=True, cwd=clone)
    return desk.git("rev-parse", "main")


def test_two_clicks_at_once_make_one_decision(desk: Desk, opening: Opening) -> None:
    found = desk.relabel("grade", 1)[0]
    before = desk.commits()
    page = opening(desk.url).page(f"/findings/{found['id']}")
    page.get_by_role("radio", name="Approve").click()
    page.get_by_role("button", name="Decide").dblclick()
    kept(page)
    desk.pushed(before)
    made = [one for one in desk.serving.get("decisions")["items"] if found["id"] in one["findings"]]
    assert len(made) == 1, made


def test_what_comes_while_one_reads_is_said_and_moves_nothing(desk: Desk, opening: Opening) -> None:
    """A new finding, graver than those on the page: same rows, same order, same focus, and a line that says it."""
    desk.hub.release(n=1)
    desk.hub.revoke(scope="crm.schemas.deals.read")
    desk.serving.poll(NAME)
    page = opening(desk.url).page("/review")
    rows = order(page)
    assert len(rows) == 2
    page.keyboard.press("j")
    focused = page.evaluate("document.activeElement.href")
    desk.hub.set_super_admin(email="admin-03@example.com", on=True)
    desk.serving.poll(NAME)
    news = page.locator("[data-news]")
    expect(news).to_contain_text("1 new: show")
    assert news.get_attribute("role") == "status" and news.get_attribute("aria-live") == "polite"
    assert order(page) == rows
    assert page.evaluate("document.activeElement.href") == focused
    expect(page.locator("[data-open]")).to_have_text("3")
    news.get_by_role("link", name="show").click()
    expect(page.locator("form.queue .finding")).to_have_count(3)
    assert order(page)[1:] == rows and "administrator" in page.locator(".finding").first.inner_text()
    desk.hub.set_super_admin(email="admin-03@example.com", on=False)
    desk.hub.grant(scope="crm.schemas.deals.read")
    desk.serving.poll(NAME)
