"""An account full of hostile names, read, shown, decided on and reported: every sink there is, routes from the app."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
import structlog
from fastapi.routing import iter_route_contexts
from rich.console import Console

from monitor.cli.page import page as terminal_page
from monitor.engine import views
from monitor.engine.measure import Measure
from monitor.logs import logging_to
from monitor.web.app import create_app
from monitor.web.settings import Settings
from tests.engine.conftest import World, opened

from . import held
from .corpus import LABELS, MARK

CRM = "salesforce-prod"
DAYS = "from=2026-01-01&to=2027-01-01"
NEEDED = {  # what an address asks for besides its places
    "/api/v1/trail/report": DAYS, "/trail/report": DAYS,
    "/api/v1/catalogue/{integration}/dictionary": "kind=field&scope=Lead",
    "/api/v1/catalogue/{integration}/resource": "kind=field&scope=Lead&key=LeadSource",
    "/catalogue/{integration}/dictionary.csv": "kind=field&scope=Lead",
    "/catalogue": f"q={MARK}", "/api/v1/catalogue": f"q={MARK}",
}  # fmt: skip


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The example stack after somebody named fields, options and users of Salesforce as they liked."""
    async with opened(tmp_path) as made:
        await made.player.capture()
        org = made.salesforce.org
        names = sorted(org.thing("Lead")["fields"])
        for name, label in zip(names, LABELS, strict=False):
            made.salesforce.alter_field(object="Lead", name=name, label=label)
        for label in LABELS:
            made.salesforce.add_picklist_value(object="Lead", name="LeadSource", value=label)
        await made.player.round()
        yield made


def client_of(world: World) -> httpx.AsyncClient:
    app = create_app(world.engine, given=Settings())
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:9731", headers={"accept": "text/html"},
        follow_redirects=True,
    )  # fmt: skip
    client.app = app  # type: ignore[attr-defined]
    return client


def addresses(world: World, app: Any) -> Iterator[str]:
    """Every address that is looked at, with what there is in its places; for a finding, all findings."""
    ids = list(world.engine.ledger.findings)
    for one in iter_route_contexts(app.routes):
        path = str(one.path)
        if "GET" not in (one.methods or ()) or path.endswith("/stream") or path.startswith("/static"):
            continue
        places = {"name": CRM, "integration": CRM, "kind": "field", "rest": "Lead", "uuid": "none", "token": "t"}
        for id_ in ids if "{prefix}" in path else ids[:1]:
            filled = re.sub(r"{(\w+)(:\w+)?}", lambda at: quote({**places, "prefix": id_}.get(at[1], "x")), path)  # noqa: B023
            yield f"{filled}?{NEEDED[path]}" if path in NEEDED else filled


def allowed(world: World) -> frozenset[str]:
    """Hosts that a link may lead to: ours, the systems' own, and what our files link to."""
    links = {urlsplit(one.claim.evidence.get("link", "")).hostname for one in world.engine.ledger.findings.values()}
    bases = {urlsplit(str(live.config.base)).hostname for live in world.engine.integrations.values()}
    return frozenset({"127.0.0.1", "localhost", *(host for host in links | bases if host)})


async def test_every_page_and_every_answer_shows_names_as_names(world: World) -> None:
    seen, looked = set[str](), 0
    async with client_of(world) as client:
        for path in addresses(world, client.app):  # type: ignore[attr-defined]
            answer = await client.get(path)
            assert answer.status_code < 500, (path, answer.text[:300])
            held.headers(dict(answer.headers))
            kind = answer.headers.get("content-type", "")
            if kind.startswith("text/html"):
                held.html(answer.text, allowed(world))
            elif "json" in kind:
                held.as_json(answer.text)
            elif kind.startswith("text/csv"):
                held.table(answer.text)
            looked += 1
            seen |= set(re.findall(rf"{MARK}f?\d+\b", answer.text))
    assert looked > 60
    assert len(seen) >= len(LABELS) - 3, f"the names did not arrive: {sorted(seen)}"


async def test_a_problem_repeats_what_was_asked_for_without_obeying_it(world: World) -> None:
    async with client_of(world) as client:
        for label in LABELS:
            for path in (f"/findings/{quote(label, safe='')}", f"/systems/{quote(label, safe='')}"):
                answer = await client.get(path)
                held.headers(dict(answer.headers))
                held.html(answer.text, allowed(world))
                answer = await client.get(f"/api/v1{path}")
                assert 400 <= answer.status_code < 500
                held.as_json(answer.text)


async def test_what_is_decided_leaves_only_our_own_lines_in_git_and_in_the_report(world: World) -> None:
    found = [one for one in world.open(source="drift", subject=CRM) if not one.cause]
    for label, one in zip(LABELS, found, strict=False):
        await world.decide("approve", one, reason=label, ticket=label[:60])
    await world.engine.commit_decisions()
    shas = (await world.git("rev-list", world.engine.baselines.seen)).split()
    for sha in shas[: len(LABELS)]:
        message = await world.git("log", "-1", "--format=%B", sha)
        parsed = await world.git("log", "-1", "--format=%(trailers:only,unfold)", sha)
        held.trailers(parsed.strip())
        assert not held.HIDDEN.search(message), message
    for name in (await world.git("ls-tree", "-r", "-z", "--name-only", world.engine.baselines.seen)).split("\0"):
        if name.startswith("baselines/"):
            held.file_name(name)
    async with client_of(world) as client:
        for form in ("csv", "json", "html"):
            answer = await client.get(f"/trail/report?{DAYS}&format={form}")
            assert answer.status_code == 200 and MARK in answer.text
            if form == "csv":
                held.table(answer.text)
            elif form == "json":
                held.as_json(answer.text)
            else:
                held.html(answer.text, allowed(world))
        held.html((await client.get("/trail?size=200")).text, allowed(world))
        held.html((await client.get("/history")).text, allowed(world))


async def test_the_terminal_obeys_nothing_that_a_vendor_named(world: World) -> None:
    ids = list(world.engine.ledger.findings)
    for number, id_ in enumerate(ids):
        said = StringIO()
        console = Console(file=said, width=100, color_system="truecolor" if number % 2 else None, force_terminal=True)
        console.print(*terminal_page(await views.detail(world.engine, id_), world.clock.now()), sep="\n")
        held.terminal(said.getvalue())
        assert number % 2 or "\x1b" not in said.getvalue()
    assert len(ids) > len(LABELS) / 2


async def test_metrics_name_no_field(world: World) -> None:
    measure = Measure()
    await measure.start(world.engine)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(measure.app), base_url="http://127.0.0.1") as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    held.metrics(answer.text)


def test_a_log_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    try:
        logging_to(json=True)
        for label in LABELS:
            structlog.get_logger().error("said", label=label, of={label: label})
            err = capsys.readouterr().err
            held.log_line(err)
            assert json.loads(err)["label"] == label
    finally:
        structlog.configure(**before)
