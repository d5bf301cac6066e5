"""The review queue without JavaScript: what it shows, at which address, and how it is built."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from monitor.core.model import Action, CauseReason, Level, Phase
from monitor.engine import views
from monitor.engine.shapes import Filter
from monitor.web import one as ones
from monitor.web.one import ALL_LINES, LINES
from probes.kit.contract import Kind

from .standin import StandIn, claim, verdict


class Page(HTMLParser):
    """What matters of a page's structure."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inline: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if "style" in given or any(name.startswith("on") for name in given) or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        if tag == "style":
            self.inline.append(tag)

    def all(self, tag: str, **given: str) -> list[dict[str, str]]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in given.items()}
        return [a for t, a in self.tags if t == tag and all(a.get(n) == v for n, v in wanted.items())]


async def shown(client: httpx.AsyncClient, path: str = "/review") -> Page:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def ids(page: Page) -> list[str]:
    return [a["data-id"] for a in page.all("li") if "data-id" in a]


async def many(engine: StandIn, count: int, **more: Any) -> None:
    """That many alike, at one system."""
    for number in range(count):
        said = claim("hubspot-prod", Kind.FIELD, "deals", f"field_{number:04}", "label", "", Action.CHANGED, "a", "b",
                     verdict(Level.INFO, "field.label.changed", "marketing-operations"), **more)  # fmt: skip
        await engine.find(said, age=1000 + number)


async def test_roots_stand_by_system_with_their_counts_and_effects_are_folded(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    text = (await client.get("/review")).text
    page = Page(text)
    expected = [row.id for row in views.findings(engine).items]
    assert sorted(ids(page)) == sorted(expected)
    assert re.search(r"<h1>Review <span class=\"n\">6</span>", text)
    root = next(row for row in views.findings(engine).items if row.children)
    assert f'href="/review?cause={root.id}">1 effect</a>' in text
    heads = re.findall(r"<h2 id=\"of-\d+\"><a [^>]*>([^<]*)</a>", text)
    assert set(heads) == {"Salesforce prod", "HubSpot prod", "Segment prod"}
    crm = text[text.index(">Salesforce prod</a>") :][:1500]
    assert '2<span class="sr"> breaking' in crm and '1<span class="sr"> info' in crm


async def test_effects_have_an_address(client: httpx.AsyncClient, engine: StandIn) -> None:
    root = next(row for row in views.findings(engine).items if row.children)
    page = await client.get(f"/review?cause={root.id}")
    (child,) = ids(Page(page.text))
    assert engine.ledger.findings[child].cause == root.id
    assert "What hangs under one finding" in page.text and "rejected 312 rows" in page.text
    assert (await client.get("/review?cause=zzzz")).status_code == 404


async def test_each_row_is_a_link_that_selects_it_by_address(client: httpx.AsyncClient, engine: StandIn) -> None:
    first = await shown(client, "/review?level=breaking")
    for id_ in ids(first):
        link = next(
            a["href"]
            for a in first.all("a")
            if a.get("href", "").endswith(f"at={id_}") or f"at={id_}&" in a.get("href", "")
        )
        assert parse_qs(urlsplit(link).query) == {"level": ["breaking"], "at": [id_]}
        page = await shown(client, link)
        (current,) = page.all("a", aria_current="true")
        assert f"at={id_}" in current["href"]
        assert page.all("form", action=f"/findings/{id_}/decide")


async def test_what_is_selected_is_the_finding_page_itself(client: httpx.AsyncClient, engine: StandIn) -> None:
    id_ = next(row.id for row in views.findings(engine).items if row.item == "salesqualifiedlead")
    alone, beside = (await client.get(f"/findings/{id_}")).text, (await client.get(f"/review?at={id_}")).text
    for words in ("Was this value retired on purpose?", "Sales Qualified Lead", "no planned change announced it"):
        assert words in alone and words in beside
    part = await client.get(f"/review?at={id_}", headers={"x-part": "pane"})
    assert "<html" not in part.text and "Was this value retired on purpose?" in part.text


async def test_a_selected_finding_stays_though_it_left_the_list(client: httpx.AsyncClient, engine: StandIn) -> None:
    row = views.findings(engine, Filter(level="info")).items[0]
    assert row.says in re.sub("<[^>]*>", "", (await client.get(f"/review?level=breaking&at={row.id}")).text)


async def test_an_old_link_to_the_list_leads_to_the_queue(client: httpx.AsyncClient) -> None:
    answer = await client.get("/findings?stand=all&q=lead&class=production")
    assert (answer.status_code, answer.headers["location"]) == (307, "/review?stand=all&q=lead&class=production")


async def test_never_more_than_two_hundred_leaves_and_counts_are_true(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    await many(engine, 260)
    for path, leaves in (("/review", 50), ("/review?size=200", 200), ("/review?page=6", 16), ("/review?page=999", 16)):
        page = await client.get(path)
        assert len(ids(Page(page.text))) == leaves
        assert '<span class="n">266</span>' in page.text
        assert '261<span class="sr"> info' in page.text
    assert (await client.get("/review?size=201")).status_code == 400
    link = next(a["href"] for a in Page((await client.get("/review?level=info&size=100")).text).all("a", rel="next"))
    assert parse_qs(urlsplit(link).query) == {"level": ["info"], "size": ["100"], "page": ["2"]}


async def test_a_cause_with_many_effects_shows_few_and_says_how_many(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    root = next(row for row in views.findings(engine).items if row.children)
    address = engine.ledger.findings[root.id].address
    for number in range(250):
        said = claim("salesforce-prod", Kind.FIELD, "Lead", f"f{number}", "label", "", Action.CHANGED, 1, 2,
                     verdict(Level.INFO, "r", "web"), under=address, because=CauseReason.IMPLIED)  # fmt: skip
        await engine.find(said, cause=root.id)
    text = (await client.get(f"/review?at={root.id}")).text
    assert "251 effects folded under it" in text and f'href="/review?cause={root.id}">All 251 effects</a>' in text
    assert text.count('<li class="finding') <= 200
    assert "With its" not in text, "not a part of them in the place of all"
    assert len(ids(Page((await client.get(f"/review?cause={root.id}&size=200")).text))) == 200


async def test_landmarks_names_and_no_inline_script_or_style(client: httpx.AsyncClient, engine: StandIn) -> None:
    for path in ("/review", "/review?stand=closed", f"/findings/{next(iter(engine.ledger.findings))}"):
        page = await shown(client, path)
        assert page.inline == []
        assert len(page.all("main")) == len(page.all("h1")) == 1
        for tag in ("nav", "aside", "section", "form", "dialog"):
            for given in page.all(tag):
                named = given.keys() & {"aria-label", "aria-labelledby"}
                assert named or tag == "form", (path, tag, given)
        labelled = {a.get("for") for a in page.all("label")}
        for given in page.all("input", type="checkbox", name="f"):
            assert given["aria-label"].startswith("Select: ") and "checked" not in given, (
                "nothing is ticked for anybody"
            )
        assert "q" in labelled
        assert [a for a in page.all("p", role="status") if "data-news" in a]
    queue = (await shown(client)).all("form", autocomplete="off", action="/review/choose")
    assert queue, "a browser that fills forms anew would tick what changed since"


async def test_an_empty_queue_says_so(client: httpx.AsyncClient, engine: StandIn) -> None:
    assert "Nothing fits this filter" in (await client.get("/review?level=info&owner=web")).text
    engine.nothing()
    assert "Nothing is open" in (await client.get("/review")).text


async def test_a_large_diff_is_bounded_and_all_of_it_has_an_address(client: httpx.AsyncClient, engine: StandIn) -> None:
    before = [{"value": f"v{number}", "label": f"Value {number}", "active": True} for number in range(3000)]
    after = [one for one in before if one["value"] != "v1500"] + [{"value": "vx", "label": "X", "active": True}]
    said = claim("hubspot-prod", Kind.FIELD, "deals", "stage", "options", "v1500", Action.REMOVED, before[1500], None,
                 verdict(Level.WARNING, "field.options.removed", "web"))  # fmt: skip
    found = await engine.find(said, before=before, after=after[::-1])
    text = (await client.get(f"/findings/{found.id}")).text
    rows = re.findall(r'<tr class="(?:kept|gone|come|moved|fold)', text)
    assert len(rows) <= LINES and "Value 1500" in text
    assert f'href="/findings/{found.id}?lines=1">Show all' in text
    whole = (await client.get(f"/findings/{found.id}?lines=1")).text
    assert len(re.findall(r'<tr class="(?:kept|gone|come|moved|fold)', whole)) == ALL_LINES
    assert 'rel="next"' in whole and "Lines 1 to 1000 of" in whole
    last = (await client.get(f"/findings/{found.id}?lines=99999")).text
    assert 'rel="next"' not in last and 'rel="prev"' in last


def test_a_long_value_is_shown_where_it_differs() -> None:
    from monitor.engine.diff import DiffRow

    left, right = "x" * 9000 + "old" + "y" * 9000, "x" * 9000 + "new" + "y" * 9000
    (row,) = ones.lines((DiffRow("~", left, right),), 0).rows
    assert "old" in row.before and "new" in row.after and len(row.before) < 3000
    assert "characters before" in row.before and "more characters" in row.before
    (gone,) = ones.lines((DiffRow("-", left, ""),), 0).rows
    assert gone.before.startswith("xxx") and gone.after == ""


async def test_what_is_closed_says_what_became_of_it(client: httpx.AsyncClient, engine: StandIn) -> None:
    finding = next(iter(engine.ledger.findings.values()))
    finding.phase, finding.closed_at = Phase.CLOSED, 1.0
    engine.moved()
    page = await shown(client, "/review?stand=closed")
    assert ids(page) == [finding.id] and not page.all("input", name="f")


@pytest.mark.parametrize("path", ["/review?stand=nope", "/review?page=0", "/review?size=x", "/review?at=zzzz"])
async def test_a_wrong_address_says_so(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code in (400, 404)
