"""Pages, the API and files for download, on the stack of hostile names: routes are those that the app has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from probes.kit.hooks import SCHEMES

from . import held, house
from .conftest import Hostile
from .corpus import LABELS, MARK

pytestmark = pytest.mark.asyncio(loop_scope="package")
CRM = "salesforce-prod"
DAYS = "from=2026-01-01&to=2027-01-01"
EVERY = 11  # of the findings, one in so many is looked at in each way; the queue and the lists have all
NEEDED = {  # what an address asks for besides its places
    "/api/v1/trail/report": DAYS, "/trail/report": DAYS,
    "/api/v1/catalogue/{integration}/dictionary": "kind=field&scope=Lead",
    "/api/v1/catalogue/{integration}/resource": "kind=field&scope=Lead&key=LeadSource",
    "/catalogue/{integration}/dictionary.csv": "kind=field&scope=Lead",
    "/catalogue": f"q={MARK}", "/api/v1/catalogue": f"q={MARK}",
    "/review": "size=200&children=1", "/api/v1/findings": "size=200&children=1",
}  # fmt: skip


def addresses(world: Hostile, routes: Any) -> Iterator[str]:
    """Every address that is looked at, with what there is in its places; for a finding, many findings."""
    ids = list(world.engine.ledger.findings)
    for one in iter_route_contexts(routes):
        path = str(one.path)
        if "GET" not in (one.methods or ()) or path.endswith("/stream") or path.startswith("/static"):
            continue
        for name in (CRM, house.NAME) if "{name}" in path or "{integration}" in path else (CRM,):
            places = {"name": name, "integration": name, "kind": "field", "rest": "Lead", "uuid": "none", "token": "t"}
            for id_ in ids[::EVERY] if "{prefix}" in path else ids[:1]:
                filled = re.sub(r"{(\w+)(:\w+)?}", lambda at: quote({**places, "prefix": id_}.get(at[1], "x")), path)  # noqa: B023
                yield f"{filled}?{NEEDED[path]}" if path in NEEDED else filled
    yield from (f"/report?format={form}" for form in ("html", "markdown", "json"))
    for label in LABELS[::EVERY]:
        yield f"/catalogue/{house.NAME}/field?scope={quote(label, safe='')}"
    for plan in world.engine.baselines.announced[::EVERY]:
        yield f"/planned/{plan.id}"
    for flow in world.engine.config.flows[::EVERY]:
        yield f"/flows/{flow.id}"


def hosts(world: Hostile) -> frozenset[str]:
    """Hosts that a link may lead to: ours, the systems' own, and what vendor files link to."""
    links = {urlsplit(one.claim.evidence.get("link", "")).hostname for one in world.open(subject=CRM)}
    bases = {urlsplit(str(live.config.base)).hostname for live in world.engine.integrations.values()}
    docs = urlsplit(SCHEMES["asana"].docs).hostname
    found = {"127.0.0.1", "localhost", "house.example", *(host for host in {docs} | links | bases if host)}
    assert "evil.example" not in found
    return frozenset(found)


async def test_every_page_and_every_answer_shows_names_as_names(world: Hostile, client: httpx.AsyncClient) -> None:
    seen, looked = set[str](), 0
    for path in addresses(world, world.app.routes):
        answer = await client.get(path)
        assert answer.status_code < 500, (path, answer.text[:300])
        held.headers(dict(answer.headers))
        kind = answer.headers.get("content-type", "")
        if kind.startswith("text/html"):
            held.html(answer.text, hosts(world))
        elif "json" in kind:
            held.as_json(answer.text)
        elif kind.startswith("text/csv"):
            held.table(answer.text)
        elif kind.startswith("text/markdown"):
            held.markdown(answer.text, world.url)
        looked += 1
        seen |= set(re.findall(rf"{MARK}f?\d+\b", answer.text))
    assert looked > 100
    assert len(seen) == len(LABELS), f"the names did not arrive: {sorted(seen)}"


async def test_a_problem_repeats_what_was_asked_for_without_obeying_it(
    world: Hostile, client: httpx.AsyncClient
) -> None:
    for label in LABELS:
        text = quote(label[:2000], safe="")
        for path in (f"/findings/{text}", f"/systems/{text}", f"/review?level={text}", f"/trail?from={text}"):
            answer = await client.get(path)
            held.headers(dict(answer.headers))
            held.html(answer.text, hosts(world))
        for path in (f"findings/{text}", f"systems/{text}", f"findings?level={text}", f"stream?after={text}",
                     f"catalogue?integration={text}", f"trail/report?from={text}&to={text}"):  # fmt: skip
            answer = await client.get(f"/api/v1/{path}")
            assert 400 <= answer.status_code < 500, path[:80]
            held.as_json(answer.text)


async def test_a_refusal_is_a_sentence_whatever_was_asked(world: Hostile, client: httpx.AsyncClient) -> None:
    """Forms and the API, where nothing is kept."""
    id_ = world.open(source="drift")[0].id
    own = {"origin": world.url}
    for label in LABELS:
        for path, form in (
            (f"/findings/{id_}/decide", {"kind": label, "uuid": label, "reason": label, "ticket": label}),
            ("/planned", {"ticket": label, "end": label, "id": label, "patterns": label, "uuid": "x"}),
            ("/describe/definitions", {"name": "", "meaning": label, "values": label, "kept": label, "uuid": "x"}),
            ("/standing", {"id": label, "until": label, "uuid": "x"}),
        ):
            answer = await client.post(path, data=form, headers=own)
            assert 400 <= answer.status_code < 500, (path, label[:40], answer.text[:200])
            held.html(answer.text, hosts(world))
        for path in ("decisions", "changes", "standing", "flows"):
            answer = await client.post(f"/api/v1/{path}", json={"uuid": label, label: label}, headers=own)
            assert 400 <= answer.status_code < 500, (path, answer.text[:200])
            held.as_json(answer.text)


async def test_a_push_gets_back_no_header_but_its_own(client: httpx.AsyncClient) -> None:
    """Asana wants back what it sends in one header, whoever sends it."""
    sent = [label for label in LABELS if len(label) <= 256 and label.isascii() and label.isprintable()]
    for label in sent:
        answer = await client.post(f"/hooks/{house.NAME}", headers={"x-hook-secret": label})
        assert answer.status_code == 200 and answer.headers["x-hook-secret"] == label and not answer.content
        held.headers({name: value for name, value in answer.headers.items() if name != "x-hook-secret"})
        assert "set-cookie" not in answer.headers and answer.headers["x-content-type-options"] == "nosniff"
    assert len(sent) > len(LABELS) / 2


async def test_the_picture_of_flows_has_names_in_it_and_nothing_else(world: Hostile, client: httpx.AsyncClient) -> None:
    page = (await client.get("/flows")).text
    picture = max(re.findall(r"<svg.*?</svg>", page, re.DOTALL), key=len)
    assert len(set(re.findall(rf"{MARK}f?\d+\b", picture))) > len(LABELS) / 3
    held.html(picture, hosts(world))
    tags = set(re.findall(r"<(\w+)", picture))
    assert tags <= {"svg", "g", "a", "rect", "path", "text", "title", "marker", "defs", "tspan", "circle", "desc"}, tags


async def test_no_link_that_a_vendor_made_leads_anywhere_but_the_web(world: Hostile, client: httpx.AsyncClient) -> None:
    made, shown = set[str](), 0
    fields = [one for one in world.engine.ledger.findings.values()
              if one.address.subject == house.NAME and one.address.kind == "field"]  # fmt: skip
    for finding in fields[: 3 * len(house.LINKS)]:
        made.add(finding.claim.evidence.get("link", ""))
        told = (await client.get(f"/api/v1/findings/{finding.id}")).json()["link"]
        assert told == "" or urlsplit(told).scheme in ("http", "https"), told
        page = (await client.get(f"/findings/{finding.id}")).text
        held.html(page, hosts(world))
        shown += 'href="https://house.example/x?a=1"' in page
    assert made >= set(house.LINKS), "the links did not arrive"
    assert shown > 1, "a good one is shown"


async def test_the_catalogue_finds_and_shows_every_name(world: Hostile, client: httpx.AsyncClient) -> None:
    for label in LABELS[::2]:
        found = await client.get("/api/v1/catalogue", params={"q": label[:100], "integration": house.NAME})
        held.as_json(found.text)
        held.html((await client.get("/catalogue", params={"q": label[:100]})).text, hosts(world))
        page = await client.get(f"/catalogue/{house.NAME}/field", params={"scope": label, "key": label})
        held.html(page.text, hosts(world))
    one = next(label for label in LABELS if "<script>" in label)
    assert (await client.get("/api/v1/catalogue", params={"q": one})).json()["total"] > 0


async def test_the_report_for_auditors_is_a_table_a_document_and_a_page(
    world: Hostile, client: httpx.AsyncClient
) -> None:
    page = partial(held.html, hosts=hosts(world))
    for form, look in (("csv", held.table), ("json", held.as_json), ("html", page)):
        answer = await client.get(f"/trail/report?{DAYS}&format={form}")
        assert answer.status_code == 200 and len(set(re.findall(rf"{MARK}f?\d+\b", answer.text))) > len(LABELS) / 2
        look(answer.text)
    for path in ("/trail?size=200", "/history", "/timeline"):
        held.html((await client.get(path)).text, hosts(world))


async def test_what_other_stacks_call_themselves_is_shown_as_it_is(world: Hostile, client: httpx.AsyncClient) -> None:
    told = (await client.get("/api/v1/fleet")).json()["stacks"]
    assert [row["answers"] for row in told] == [True] * len(LABELS)
    assert {row["told"]["stack"] for row in told} == set(LABELS)
    page = (await client.get("/fleet")).text
    held.html(page, hosts(world))
    assert page.count("calls itself") == len(LABELS) and page.count(MARK) >= len(LABELS)
