"""Jira Cloud, one thing on demand, and what it keeps beside fields: webhooks of administrators and field schemes."""

from __future__ import annotations

from typing import Any

from probes.jira import VENDOR
from probes.jira.schemes import webhooks
from probes.kit.contract import Absent, Denied, Fault, Kind, Ref, Resource, State, Unsupported
from probes.kit.demand import look
from probes.kit.memo import Memos
from probes.simulated.jira import ADMIN
from probes.simulated.jira.rows import PEOPLE
from tests.probes.desks import desk

FIELDS = Ref(Kind.FIELD, "fields")
CHANNEL = "customfield_10020"


def only(name: str) -> str:
    return name


async def test_a_thing_is_gone_only_to_who_has_the_right_that_the_question_takes() -> None:
    account, world, _ = desk(VENDOR)
    lists = ["fields", "field-contexts", "projects", "groups", "products"]
    _, scopes, _ = await world.poll(listings=lists)
    things = {
        FIELDS: (CHANNEL, "fields"), Ref(Kind.FIELD, f"{CHANNEL}.contexts"): ("2020", "contexts"),
        Ref(Kind.SCHEMA, "projects"): ("WEB", ""), Ref(Kind.PERMISSION, "groups"): ("g-marketing", "groups"),
        Ref(Kind.PERMISSION, "products"): ("jira-software", "applications"),
    }  # fmt: skip
    for ref, (key, table) in things.items():
        (listed,) = [row for row in scopes[ref].resources if row.key == key]
        found = await look(VENDOR, world.api, ref, key, person=only)
        assert isinstance(found, Resource) and found.facts == listed.facts, ref
        assert found.evidence == listed.evidence
        if table and ref != FIELDS:
            account.drop(table=table, key=key)
            assert isinstance(await look(VENDOR, world.api, ref, key, person=only), Absent), ref
    account.drop(table="fields", key=CHANNEL)
    assert isinstance(await look(VENDOR, world.api, FIELDS, CHANNEL, person=only), Absent)
    gone = await look(VENDOR, world.api, Ref(Kind.FIELD, f"{CHANNEL}.contexts"), "2020", person=only)
    assert gone == Absent("404")
    for ref, key in ((FIELDS, "nosuch"), (FIELDS, "customfield_10031x"), (Ref(Kind.FIELD, "a.options"), "1")):
        told = await look(VENDOR, world.api, ref, key, person=only)
        assert isinstance(told, Absent if key.startswith("customfield") else Fault), (ref, key)
    account.revoke(name=ADMIN)
    account.revoke(name="USER_PICKER")
    for ref, key in ((FIELDS, CHANNEL), (Ref(Kind.PERMISSION, "groups"), "g-marketing"),
                     (Ref(Kind.PERMISSION, "products"), "jira-software"),
                     (Ref(Kind.FIELD, "customfield_10023.contexts"), "2023")):  # fmt: skip
        assert isinstance(await look(VENDOR, world.api, ref, key, person=only), Denied), ref


async def test_a_field_that_is_hidden_from_the_list_is_not_gone() -> None:
    account, world, _ = desk(VENDOR)
    await world.poll(listings=["fields"])
    account._handlers = [(r, p, (lambda request, **_: []) if r.handler == "fields" else h)
                         for r, p, h in account._handlers]  # fmt: skip
    assert isinstance(await look(VENDOR, world.api, FIELDS, CHANNEL, person=only), Denied)


async def test_a_project_is_gone_where_it_says_so_and_hidden_where_it_is_not_given() -> None:
    account, world, _ = desk(VENDOR)
    projects = Ref(Kind.SCHEMA, "projects")
    await world.poll(listings=["projects"])
    account.alter(table="projects", key="WEB", what={"deleted": True})
    account.alter(table="projects", key="MKT", what={"archived": True})
    assert await look(VENDOR, world.api, projects, "WEB", person=only) == Absent("deleted")
    assert await look(VENDOR, world.api, projects, "MKT", person=only) == Absent("archived")
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["projects"])
    assert scopes[projects].keys == {"TEAM"}
    assert isinstance(await look(VENDOR, world.api, projects, "NONE", person=only), Denied)


async def test_webhooks_are_told_without_their_address_and_at_the_sites_own_address_alone() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["webhooks"], person=lambda name: f"p-{name}")
    rows = {row.key: row for row in scopes[Ref(Kind.SYNC, "webhooks")].resources}
    assert rows["7"].facts["target"] == "hooks.example.com" and rows["8"].facts["enabled"] is False
    assert rows["7"].evidence["by"] == f"p-{PEOPLE[0]}" and rows["7"].evidence["at"]
    assert "not-for-git" not in repr(scopes)
    was = rows["7"].facts
    account.alter(table="hooks", key="7", what={"filters": {"issue-related-events-section": "project = MKT"}})
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["webhooks"])
    now = next(row.facts for row in scopes[Ref(Kind.SYNC, "webhooks")].resources if row.key == "7")
    assert {name for name in now if now[name] != was[name]} == {"x_filter_digest"}
    account.fail(path="/rest/webhooks/1.0/webhook", status=200, body={"webhooks": []}, times=1)
    _, _, reads = await world.poll(listings=["webhooks"])
    assert reads["webhooks"].coverage.state is State.FAILED
    _, other, _ = desk(VENDOR, base="https://account.test/ex/jira/cloud-1")
    found = [got async for got in read_hooks(other)]
    assert len(found) == 1 and isinstance(found[0], Unsupported)


async def read_hooks(world: Any) -> Any:
    try:
        async for _, got in webhooks(world.api, [{}], [{}]):
            yield got
    except Fault as fault:
        yield fault


async def test_where_a_field_is_required_stands_in_field_schemes_and_a_site_may_not_have_them_yet() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["field-schemes"])
    rows = {row.key: row.facts for row in scopes[Ref(Kind.FIELD, "Marketing fields")].resources}
    assert rows[CHANNEL]["required"] is True and rows["customfield_10024"]["required"] is False
    assert rows["customfield_10024"]["x_work_types"] == [{"work_type": "2", "required": True}]
    account.schemed = False
    _, _, reads = await world.poll(listings=["field-schemes"])
    assert (reads["field-schemes"].coverage.state, reads["field-schemes"].coverage.code) == (State.UNSUPPORTED, "older")
    account.schemed = True
    account.fail(path="/rest/api/3/config/fieldschemes", status=400, body={"errorMessages": ["no"]}, times=1)
    _, _, reads = await world.poll(listings=["field-schemes"])
    assert reads["field-schemes"].coverage.state is State.FAILED
