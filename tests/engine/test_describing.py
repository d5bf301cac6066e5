"""Flows, definitions and owners that the pages write: in force once committed, undone, never over what is by hand."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from uuid import uuid4

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters import described
from monitor.adapters.described import DEFINITIONS, FLOWS, OWNERS, Owner
from monitor.adapters.layout import LayoutError
from monitor.core.graph import Definition, End, FieldMap, Flow, Kept
from monitor.core.model import Phase
from monitor.engine import approving_beside, describing
from monitor.engine.describing import Describe, Forget
from monitor.engine.opening import open_engine
from monitor.engine.proposing import propose
from monitor.engine.request import Refused
from monitor.engine.undoing import Undo, undo
from monitor.engine.words import plain
from monitor.web.app import create_app
from monitor.web.describing import kept_at, mapping, places, written
from monitor.web.problems import Failed

from .conftest import World

UP: dict[str, object] = {
    "id": "more", "from": {"integration": "hubspot-prod", "scope": "contacts"},
    "to": {"integration": "salesforce-prod", "scope": "Lead"}, "owner": "revenue-operations", "creates": False,
    "fields": [{"from": "email", "to": "Nowhere__c"}],
}  # fmt: skip
REGION = {"name": "place", "meaning": "Where they are.", "kept": [
    {"integration": "salesforce-prod", "scope": "Lead", "field": "Nowhere__c"}]}  # fmt: skip


async def write(world: World, folder: str, entry: dict[str, object], **more: str) -> str:
    asked = Describe(uuid=uuid4().hex, entry=entry, reason="agreed", **more)
    done = await describing.write(world.engine, folder, asked, "local:tester", "test")
    await world.engine.commit_decisions()
    stored = await world.engine.store.decision(done.uuid)
    assert stored is not None and stored.state == "committed"
    return done.uuid


async def end(world: World, folder: str, id: str) -> None:
    await describing.end(
        world.engine, folder, id, Forget(uuid=uuid4().hex, reason="not wanted"), "local:tester", "test"
    )
    await world.engine.commit_decisions()


async def push(world: World, path: str, text: bytes | None) -> None:
    base = world.engine.baselines
    await base.move(await base.write("By hand", {path: text}, base.seen, [base.seen]), base.seen)
    await world.engine.refresh_baselines()


async def test_a_flow_is_judged_at_once_and_withdrawn_with_its_file(world: World) -> None:
    uuid = await write(world, FLOWS, UP)
    assert "more" in [flow.id for flow in world.engine.config.flows]
    (broken,) = world.open(subject="more", key="Nowhere__c")
    assert (await world.git("show", "--name-only", "--format=%s", "HEAD")).split("\n")[:1] == ["Describe the flow more"]
    trail = [row for row in await world.trail() if row.what == "flow"]
    assert (len(trail) == 1 and "more" in world.engine.baselines.snapshot.files["flows/more.json"]) or trail
    await undo(world.engine, Undo(uuid=uuid4().hex, decision=uuid), "local:tester", "test")
    await world.engine.commit_decisions()
    assert "more" not in [flow.id for flow in world.engine.config.flows]
    assert world.engine.ledger.findings[broken.id].phase is Phase.CLOSED
    assert "flows/more.json" not in world.engine.baselines.snapshot.files


async def test_asking_twice_writes_once_and_what_came_since_is_not_written_over(world: World) -> None:
    asked = Describe(uuid=uuid4().hex, entry=UP, expected="")
    first = await describing.write(world.engine, FLOWS, asked, "local:tester", "test")
    assert await describing.write(world.engine, FLOWS, asked, "local:tester", "test") == first
    await world.engine.commit_decisions()
    with pytest.raises(Refused, match="changed since you looked"):
        other = {**UP, "purpose": "x"}
        await describing.write(world.engine, FLOWS, Describe(uuid=uuid4().hex, entry=other, expected=""), "a", "test")
    with pytest.raises(Refused, match="says so already"):
        await describing.write(world.engine, FLOWS, Describe(uuid=uuid4().hex, entry=UP), "a", "test")
    for entry, words in (
        ({**UP, "owner": "nobody"}, "owner"), ({**UP, "id": "salesforce-prod"}, "no system has"),
        ({**UP, "colour": "red"}, "colour"), ({**UP, "fields": [{"from": "a"}]}, "without a name"),
        ({**UP, "from": {"integration": "nowhere", "scope": "x"}}, "nowhere"),
        ({**UP, "id": "contact-to-lead"}, r"flows\.yaml:\d+"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=words):
            await describing.write(world.engine, FLOWS, Describe(uuid=uuid4().hex, entry=entry), "a", "test")
    with pytest.raises(Refused, match=r"by hand in flows\.yaml:\d+"):
        await end(world, FLOWS, "contact-to-lead")
    with pytest.raises(Refused, match="no file describes it"):
        await end(world, FLOWS, "none")
    with pytest.raises(Refused, match="needs a reason"):
        await describing.end(world.engine, FLOWS, "more", Forget(uuid=uuid4().hex, reason=" "), "a", "test")


async def test_a_definition_that_a_system_has_left_is_told_and_gone_with_its_file(world: World) -> None:
    await write(world, DEFINITIONS, REGION)
    assert world.open(source="definition", key="Nowhere__c")
    await end(world, DEFINITIONS, "place")
    assert not world.open(source="definition", key="Nowhere__c")


async def test_an_owner_on_the_page_counts_over_the_file_and_over_a_restart(world: World) -> None:
    before = world.engine.config.integrations["salesforce-prod"].owner
    other = next(team for team in world.engine.config.people.teams if team != before)
    await write(world, OWNERS, {"integration": "salesforce-prod", "owner": other})
    assert world.engine.integrations["salesforce-prod"].config.owner == other
    world.salesforce.alter_field("Lead", "Status", label="Stage")
    await world.engine.poll("salesforce-prod")
    (drift,) = world.open(key="Status", fact="label")
    assert drift.claim.verdict is not None and drift.claim.verdict.owner == other
    await world.engine.close()
    await world.engine.store.close()
    async with open_engine(world.stage.config, world.clock) as again:
        assert again.integrations["salesforce-prod"].config.owner == other
        assert not describing.problems(again)


async def test_a_broken_file_is_told_and_its_last_good_version_counts(world: World) -> None:
    await write(world, FLOWS, UP)
    await push(world, "flows/more.json", b'{"driftline": 1, "id": "more"}')
    assert "more" in [flow.id for flow in world.engine.config.flows]
    assert any(problem.path == "flows/more.json" for problem in world.engine.baselines.problems)
    raw = described.encode(Flow("contact-to-lead", End("hubspot-prod", "contacts"), End("salesforce-prod", "Lead"),
                                owner="revenue-operations"))  # fmt: skip
    await push(world, "flows/contact-to-lead.json", raw)
    (told,) = describing.problems(world.engine)
    assert re.search(r"^flows/contact-to-lead\.json: .* flows\.yaml:\d+ too", told)
    assert [flow.id for flow in world.engine.config.flows].count("contact-to-lead") == 1
    await push(world, "owners/x.json", b'{"driftline": 1, "integration": "gone", "owner": "nobody"}')
    assert len(describing.problems(world.engine)) == 3


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(world.engine), raise_app_exceptions=True)
    base, headers = "http://127.0.0.1:9731", {"accept": "text/html", "origin": "http://127.0.0.1:9731"}
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as made:
        yield made


def field(page: str, name: str) -> str:
    found = re.search(rf'<textarea name="{name}"(?:[^>"]|"[^"]*")*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return unescape(found[1])


async def test_forms_write_and_change_what_the_pages_show(world: World, client: httpx.AsyncClient) -> None:
    form = {
        "id": "more", "from_integration": "hubspot-prod", "from_scope": "contacts", "to_integration": "salesforce-prod",
        "to_scope": "Lead", "owner": "revenue-operations", "mapping": "email -> Email", "tier": "1", "expected": "",
    }  # fmt: skip
    assert (await client.post("/describe/flows", data=form)).status_code == 303
    assert "Kept" in (await client.get("/flows/more?kept=1")).text
    await world.engine.commit_decisions()
    page = (await client.get("/flows/more")).text
    assert field(page, "mapping") == "email -> Email" and "flows/more.json" in page
    expected = field(page, "expected").replace("\n", "\r\n")
    changed = {**form, "mapping": "lifecyclestage -> Status\r\n  lead -> Open\r\n  ! other", "expected": expected}
    assert (await client.post("/describe/flows", data=changed)).status_code == 303
    await world.engine.commit_decisions()
    (flow,) = [one for one in world.engine.config.flows if one.id == "more"]
    assert flow.fields == (FieldMap("lifecyclestage", "Status", {"lead": "Open"}, ("other",)),) and flow.tier == 1
    by_hand = (await client.get("/flows/contact-to-lead")).text
    assert re.search(r"by hand in <code>flows\.yaml:\d+", by_hand) and 'name="mapping"' not in by_hand
    assert "id: contact-to-lead" in by_hand
    gone = await client.post("/describe/flows/end", data={"name": "more", "reason": "no more"})
    assert gone.status_code == 303
    meaning = {"name": "place", "meaning": "Where", "kept": "salesforce-prod/Lead/Region__c = EMEA", "values": "EMEA"}
    assert (await client.post("/describe/definitions", data=meaning)).status_code == 303
    owner = {"integration": "salesforce-prod", "owner": "marketing-operations"}
    assert (await client.post("/describe/owners", data=owner)).status_code == 303
    await world.engine.commit_decisions()
    assert "place" in (await client.get("/definitions")).text
    assert "owners/salesforce-prod.json" in (await client.get("/systems/salesforce-prod")).text
    assert (await client.get("/flows")).status_code == 200
    bad = await client.post("/describe/definitions", data={**meaning, "name": "b", "kept": "nowhere"})
    assert bad.status_code == 400 and "line 1" in bad.text


async def test_a_proposed_flow_is_taken_with_one_click(world: World, client: httpx.AsyncClient) -> None:
    page = (await client.get("/flows/proposed")).text
    ids = re.findall(r'name="id" value="([^"]+)"', page)
    pairs = re.findall(r'name="pair" value="([^"]+)"', page)
    assert ids and pairs
    id = ids[0]
    mine = unescape(re.findall(r'name="pair" value="([^"]+)"', page[page.index(f'value="{id}"') :])[0])
    assert (await client.post("/describe/proposed", data={"id": id, "pair": mine})).status_code == 303
    await world.engine.commit_decisions()
    (flow,) = [one for one in world.engine.config.flows if one.id == id]
    assert [f"{pair.source} -> {pair.target}" for pair in flow.fields] == [mine]
    assert (await client.post("/describe/proposed", data={"id": "none", "pair": mine})).status_code == 409


async def test_the_api_writes_the_same(world: World, client: httpx.AsyncClient) -> None:
    told = await client.post("/api/v1/described/flows", json={"uuid": uuid4().hex, "entry": UP})
    assert told.status_code == 202 and told.json()["kind"] == "flow"
    await world.engine.commit_decisions()
    gone = await client.post("/api/v1/described/flows/more/end", json={"uuid": uuid4().hex, "reason": "x"})
    assert gone.status_code == 202
    bad = await client.post("/api/v1/described/flows", json={"uuid": uuid4().hex, "entry": {"id": "more"}})
    assert bad.status_code in (409, 422) and bad.headers["content-type"] == "application/problem+json"
    assert (await client.post("/api/v1/described/x", json={"uuid": "1", "entry": {}})).status_code == 404


plain_text = st.text(
    st.characters(blacklist_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Zs"]), min_size=1, max_size=8
).filter(lambda text: "->" not in text and not text.startswith("!") and text == text.strip())


@given(
    st.lists(
        st.builds(FieldMap, plain_text, plain_text, st.dictionaries(plain_text, plain_text, max_size=3),
                  st.lists(plain_text, max_size=2).map(tuple)), max_size=3)
)  # fmt: skip
def test_a_mapping_as_text_is_read_back_as_it_was(fields: list[FieldMap]) -> None:
    read = mapping(written(fields))
    assert [FieldMap(f["from"], f["to"], f["values"], tuple(f["left_out"])) for f in read] == fields


@pytest.mark.parametrize("text", ["email", "  a -> b", "a -> b\n  x", "a -> b\n  !", "a -> b\n  -> x", "-> b"])
def test_a_mapping_that_is_none_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(Failed) as refused:
        mapping(text)
    assert f"line {len(text.splitlines())}:" in refused.value.problem.detail


@pytest.mark.parametrize("one", [
    Flow("a", End("x", "y"), End("z", ""), (FieldMap("b", "", {"c": "d"}, ("e",)),), "team", 1, "for", "w", "r", False),
    Definition("q", "means", (Kept("x", "y", "z", "v"), Kept("x", "y", "w", "", {"a": "b"})), ("a",)),
    Owner("x", "team"),
])  # fmt: skip
def test_what_is_written_is_read_back_and_a_word_too_many_is_not(one: described.Described) -> None:
    folder, _ = described.key(one)
    raw = described.encode(one)
    assert described.decode(folder, raw) == one
    assert plain(approving_beside.told(one, True)) and plain(approving_beside.ended(folder, "x"))
    for broken in (
        raw.replace(b'"driftline": 1', b'"driftline": 9'),
        raw.replace(b"{", b'{"extra": 1,', 1),
        b"{",
        b"[]",
    ):
        with pytest.raises(LayoutError):
            described.decode(folder, broken)


KEPT = (
    Kept("salesforce-prod", "Lead", "Status", values={"open": "Open - Not Contacted", "qualified": "Qualified"}),
    Kept("hubspot-prod", "contacts", "lifecyclestage", value="salesqualifiedlead"),
)


async def test_what_values_are_called_in_each_place_is_changed_on_the_page(
    world: World, client: httpx.AsyncClient
) -> None:
    kept = kept_at(KEPT)
    form = {"name": "stage", "meaning": "How far", "values": "open\r\nqualified", "kept": kept.replace("\n", "\r\n")}
    assert (await client.post("/describe/definitions", data=form)).status_code == 303
    await world.engine.commit_decisions()
    page = (await client.get("/definitions")).text
    assert field(page, "kept") == kept and "qualified is Qualified" in page
    changed = {**form, "kept": kept.replace("Qualified", "Ready"), "expected": field(page, "expected")}
    assert (await client.post("/describe/definitions", data=changed)).status_code == 303
    await world.engine.commit_decisions()
    (one,) = [one for one in world.engine.config.definitions if one.name == "stage"]
    assert one.kept[0].values == {"qualified": "Ready", "open": "Open - Not Contacted"}
    assert one.kept[1] == KEPT[1]
    for bad in ("  a -> b", "a/b/c\n  a ->", "a/b/c\n  a"):
        with pytest.raises(Failed, match="Not a value"):
            places(bad)


async def test_what_is_proposed_for_a_flow_with_a_file_is_added_to_it(world: World, client: httpx.AsyncClient) -> None:
    page = (await client.get("/flows/proposed")).text
    id = re.findall(r'name="id" value="([^"]+)"', page)[0]
    mine = unescape(re.findall(r'name="pair" value="([^"]+)"', page[page.index(f'value="{id}"') :])[0])
    source, _, target = mine.partition(" -> ")
    (found,) = [one for one in await propose(world.engine) if one.id == id]
    there = FieldMap("by_hand_of_a_person", "Nowhere__c")
    flow = describing.confirmed(world.engine, found, (there,))
    await write(world, FLOWS, described.entry(flow))
    (found,) = [one for one in await propose(world.engine) if mine in {f"{p.source} -> {p.target}" for p in one.fields}]
    added = describing.confirmed(world.engine, msgspec.structs.replace(found, id=id), (FieldMap(source, target), there))
    assert added.fields == (there, FieldMap(source, target))


async def test_the_api_lists_the_files(world: World, client: httpx.AsyncClient) -> None:
    await write(world, FLOWS, UP)
    await write(world, DEFINITIONS, REGION)
    first = await client.get("/api/v1/described?limit=1")
    (one,) = first.json()["items"]
    assert (one["folder"], one["name"]) == (DEFINITIONS, "place") and '"meaning"' in one["text"]
    rest = (await client.get(f"/api/v1/described?cursor={first.json()['next']}")).json()
    assert [row["name"] for row in rest["items"]] == ["more"] and rest["next"] == ""
