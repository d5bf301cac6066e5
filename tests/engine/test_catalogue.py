"""The catalogue over the example stack: what is found, and what is told of a row."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

import httpx
import pytest

from monitor.core.model import Phase
from monitor.engine import catalogue
from monitor.engine.catalogue import follow, search
from monitor.engine.dictionary import resource
from monitor.engine.views import NotFound
from monitor.web.app import create_app
from probes.kit.contract import Kind, Ref

from .conftest import World

LEAD = Ref(Kind.FIELD, "Lead")


async def found(world: World, text: str, integration: str = "") -> list[tuple[str, str, str, str]]:
    await follow(world.engine)
    told = await search(world.engine, text, integration)
    assert told.total == sum(group.count for group in (*told.groups, *told.others)) and not told.behind
    return [(hit.integration, hit.scope, hit.key, hit.why) for group in told.groups for hit in group.items]


async def test_fields_options_rights_and_people_are_found(world: World) -> None:
    assert (await found(world, "Lead.Status"))[0] == ("salesforce-prod", "Lead", "Status", "called so")
    told = await found(world, "qualified")
    assert ("salesforce-prod", "Lead", "Status", "has this value") in told
    assert "hubspot-prod" in {integration for integration, *_ in told}

    told = await found(world, "permission-sets")
    assert ("salesforce-prod", "permission-sets", "", "called so") in told
    users = await found(world, "integration-user")
    assert any(scope == "users" for _, scope, _, _ in users)
    names = (await search(world.engine, "integration-user")).groups
    assert any(hit.name == "integration-user@example.com" for group in names for hit in group.items)

    assert (await search(world.engine, "x")).refused
    with pytest.raises(NotFound, match="no integration is called"):
        await search(world.engine, "status", "nowhere")

    seen: list[tuple[str, str]] = []
    after, total = "0", -1
    while after:
        told = await search(world.engine, "name", "salesforce-prod", int(after), 3)
        (group,) = told.groups
        seen += [(hit.scope, hit.key) for hit in group.items]
        after, total = told.next, told.total
    assert len(seen) == len(set(seen)) == total > 3


async def test_pages_follow_what_is_read_and_are_made_again_where_the_file_is_broken(world: World) -> None:
    await follow(world.engine)
    before = await world.engine.catalogue.marks()
    world.salesforce.add_field("Lead", "Fresh__c string(40)")
    await world.engine.poll("salesforce-prod")
    assert ("salesforce-prod", "Lead", "Fresh__c", "called so") in await found(world, "fresh__c")
    assert len(await world.engine.catalogue.marks()) == len(before)
    await world.engine.catalogue.close()
    world.engine.catalogue = type(world.engine.catalogue)(world.engine.store.folder)
    world.engine.catalogue.path.write_bytes(b"no database at all" * 100)
    assert ("salesforce-prod", "Lead", "Fresh__c", "called so") in await found(world, "fresh__c")


async def test_a_row_tells_facts_flows_users_holders_and_who_approved_each_fact(world: World) -> None:
    view = await resource(world.engine, "salesforce-prod", LEAD, "Status")
    facts = {one.name: one for one in view.facts}
    assert facts["type"].now == "option" and facts["type"].same
    assert facts["type"].blame is not None and facts["type"].blame.how == "captured"
    assert view.into and view.holders and view.definitions
    assert [one.how for one in view.approvals] == ["captured"]
    assert view.file.endswith("Lead.json") and view.line > 1


async def test_an_approval_is_blamed_with_its_ticket_and_a_push_on_its_author(world: World) -> None:
    world.salesforce.alter_field("Lead", "Status", label="Stage")
    await world.engine.poll("salesforce-prod")
    (drift,) = world.open(key="Status", fact="label")
    view = await resource(world.engine, "salesforce-prod", LEAD, "Status")
    label = next(one for one in view.facts if one.name == "label")
    assert (label.now, label.same, label.findings) == ("Stage", False, (drift.id,))
    await world.decide("approve", drift, ticket="MOPS-214")
    await world.engine.commit_decisions()
    view = await resource(world.engine, "salesforce-prod", LEAD, "Status")
    by = {one.name: one.blame for one in view.facts}
    assert by["label"] is not None and (by["label"].how, by["label"].ticket) == ("approved", "MOPS-214")
    assert by["type"] is not None and by["type"].how == "captured"
    assert [one.how for one in view.approvals] == ["approved", "captured"]
    assert view.history and not view.open

    entry = world.engine.baselines.entries("salesforce-prod")[LEAD]
    raw = await world.engine.baselines.raw("salesforce-prod", LEAD)
    assert raw is not None
    pushed = {entry.path: raw.replace(b'"label": "Stage"', b'"label": "Status"', 1)}
    environment = {"GIT_AUTHOR_NAME": "martech-platform", "GIT_AUTHOR_EMAIL": "martech@example.com"}
    base = world.engine.baselines
    sha = await base.write("By hand", pushed, base.seen, [base.seen])
    tree = await base.git.line("rev-parse", f"{sha}^{{tree}}")
    outside = await base.git.line("commit-tree", tree, "-p", base.seen, "-m", "By hand", environment=environment)
    await base.move(outside, base.seen)
    await world.engine.refresh_baselines()
    view = await resource(world.engine, "salesforce-prod", LEAD, "Status")
    told = {one.name: one.blame for one in view.facts}
    assert told["label"] is not None and (told["label"].how, told["label"].by) == ("outside", "martech-platform")


async def test_what_is_gone_stays_known_by_its_baseline(world: World) -> None:
    world.salesforce.delete_field("Lead", "UTM_Campaign__c")
    await world.engine.poll("salesforce-prod")
    view = await resource(world.engine, "salesforce-prod", LEAD, "UTM_Campaign__c")
    assert not view.there and view.facts and all(not one.now for one in view.facts)
    assert not view.open and world.standing(Phase.SUSPECTED, key="UTM_Campaign__c")
    with pytest.raises(NotFound, match="has no row"):
        await resource(world.engine, "salesforce-prod", LEAD, "Never")
    with pytest.raises(NotFound, match="never read"):
        await resource(world.engine, "salesforce-prod", Ref(Kind.FIELD, "Nothing"), "x")


def test_an_address_with_slashes_is_the_longest_scope_there_is(world: World) -> None:
    live = world.engine.integrations["salesforce-prod"]
    live.known[Ref(Kind.FIELD, "Lead/Status")] = live.known[LEAD]
    assert catalogue.split(world.engine, "salesforce-prod", "field", "Lead/Status/a/b") == (
        Ref(Kind.FIELD, "Lead/Status"), "a/b",
    )  # fmt: skip
    assert catalogue.split(world.engine, "salesforce-prod", "field", "Lead/Other") == (LEAD, "Other")
    with pytest.raises(NotFound):
        catalogue.split(world.engine, "salesforce-prod", "field", "None/a")
    with pytest.raises(NotFound):
        catalogue.split(world.engine, "salesforce-prod", "nothing", "Lead")


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    await follow(world.engine)
    transport = httpx.ASGITransport(create_app(world.engine), raise_app_exceptions=True)
    base = "http://127.0.0.1:9731"
    async with httpx.AsyncClient(transport=transport, base_url=base, headers={"accept": "text/html"}) as made:
        yield made


async def test_the_pages_lead_from_a_search_to_the_row(client: httpx.AsyncClient) -> None:
    first = await client.get("/catalogue")
    assert first.status_code == 200 and "Salesforce" in first.text
    hits = await client.get("/catalogue", params={"q": "Lead.Status"})
    assert 'href="/catalogue/salesforce-prod/field/Lead/Status"' in hits.text
    one = await client.get("/catalogue/salesforce-prod/field/Lead/Status")
    assert one.status_code == 200 and "captured" in one.text and "qualified_lead" in one.text
    for path in ("", "/field", "/field/Lead", "/field?scope=Lead&key=Status"):
        assert (await client.get(f"/catalogue/salesforce-prod{path}")).status_code == 200
    for path in ("nowhere", "salesforce-prod/nothing", "salesforce-prod/field/None", "salesforce-prod/field/Lead/None"):
        assert (await client.get(f"/catalogue/{path}")).status_code == 404
    assert (await client.get("/catalogue/salesforce-prod?cursor=x")).status_code == 400


async def test_a_dictionary_as_csv_runs_nothing_in_a_spreadsheet(world: World, client: httpx.AsyncClient) -> None:
    world.salesforce.alter_field("Lead", "Status", label="=cmd|' /C calc'!A0")
    await world.engine.poll("salesforce-prod")
    told = await client.get("/catalogue/salesforce-prod/dictionary.csv")
    assert told.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(told.text)))
    (status,) = [one for one in lines if (one["scope"], one["name"]) == ("Lead", "Status")]
    assert (
        status["label"].startswith("'=cmd") and status["type"] == "option" and "qualified_lead" in status["definitions"]
    )


async def test_the_api_tells_the_same(client: httpx.AsyncClient) -> None:
    told = (await client.get("/api/v1/catalogue", params={"q": "status"})).json()
    assert told["total"] == sum(group["count"] for group in (*told["groups"], *told["others"])) > 0
    one = (
        await client.get("/api/v1/catalogue", params={"q": "status", "integration": "salesforce-prod", "limit": 1})
    ).json()
    assert len(one["groups"][0]["items"]) == 1 and one["next"] == "1"
    assert (await client.get("/api/v1/catalogue/salesforce-prod", params={"kind": "field", "limit": 1})).json()[
        "next"
    ] == "1"
    where = {"kind": "field", "scope": "Lead"}
    rows = (await client.get("/api/v1/catalogue/salesforce-prod/dictionary", params={**where, "limit": 2})).json()
    assert len(rows["items"]) == 2
    row = (await client.get("/api/v1/catalogue/salesforce-prod/resource", params={**where, "key": "Status"})).json()
    assert row["key"] == "Status" and row["approvals"][0]["how"] == "captured"
    for path, status in (("salesforce-prod?kind=no", 400), ("no", 404), ("salesforce-prod/resource?kind=no", 400),
                         ("salesforce-prod?cursor=-1", 400), ("salesforce-prod?limit=0", 400)):  # fmt: skip
        answer = await client.get(f"/api/v1/catalogue/{path}")
        assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
