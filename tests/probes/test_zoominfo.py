"""ZoomInfo: its traps, against answers in the shape that it publishes."""

from __future__ import annotations

import httpx
import pytest

from probes.kit.contract import Absent, Denied, Kind, Ref, Rejected, Resource, State, Unsupported
from probes.kit.demand import look
from probes.zoominfo import VENDOR
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written

AUDIENCES, TEAMS = Ref(Kind.SCHEMA, "audiences"), Ref(Kind.AUTOMATION, "agent-teams")


async def test_no_declared_fact_reads_nothing() -> None:
    _, scopes, _ = await written(VENDOR).poll()
    assert unread(VENDOR, scopes) == set()


async def test_fields_are_of_our_types_and_one_of_an_unknown_type_is_any() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["entities", "fields"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "contact")].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "email": "text", "region": "option", "companyId": "reference", "score": "any",
    }  # fmt: skip
    assert rows["region"]["options"] == [{"value": "emea"}, {"value": "apac"}]
    assert rows["companyId"]["references"] == ["company"] and rows["email"]["required"] is True


async def test_who_may_export_and_how_much_is_an_entitlement() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["entitlements"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "entitlements")].resources}
    assert {key: (facts["x_value"], facts["active"]) for key, facts in rows.items()} == {
        "action/EXPORT_CONTACTS": ("Y", True), "limit/EXPORT_LIMIT": ("5000", True), "feature/INTENT": ("N", False),
    }  # fmt: skip


async def test_nothing_that_costs_credits_is_asked() -> None:
    made = written(VENDOR)
    await made.poll()
    paths = {request.url.path for request in made.requests}
    assert not any(word in path for path in paths for word in ("search", "enrich", "execute"))
    assert {request.method for request in made.requests if "token" not in request.url.path} == {"GET"}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (js({"errors": [{"code": "403", "detail": "no scope"}]}, 403), State.DENIED),
        (js({"errors": [{"code": "x", "detail": "no"}]}), State.FAILED),
        (js({"data": [], "meta": {"totalCount": 3}}), State.PARTIAL),
    ],
)
async def test_a_list_that_is_refused_or_short_is_no_removal(answer: httpx.Response, state: State) -> None:
    _, _, reads = await written(VENDOR, {"workflows": answer}).poll(listings=["workflows"])
    assert reads["workflows"].coverage.state is state


async def test_entitlements_are_asked_for_by_type_since_the_vendor_answers_no_other_way() -> None:
    made = written(VENDOR)
    await made.poll(listings=["entitlements"])
    asked = [request.url.params for request in made.requests if request.url.path.endswith("/entitlements")]
    assert len({one["filter[roleType]"] for one in asked}) == len(asked) == 10
    assert {one["filter[admin]"] for one in asked} == {"false"}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (js({"errors": [{"id": "1", "status": "403", "code": "x", "detail": "no scope"}]}, 403), State.DENIED),
        (js({"data": None}), State.FAILED),
    ],
)
async def test_entitlements_of_a_type_that_does_not_come_are_not_gone(answer: httpx.Response, state: State) -> None:
    _, _, reads = await written(VENDOR, {"entitlements": answer}).poll(listings=["entitlements"])
    assert reads["entitlements"].coverage.state is state


async def test_columns_of_audiences_are_fields_and_what_an_ai_is_asked_does_not_leave() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["audiences", "columns"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "audience-a1")].resources}
    assert {key: (facts["type"], facts["x_source"]) for key, facts in rows.items()} == {
        "c1": ("email", "CSV"), "c2": ("option", "AI"), "c4": ("any", "CUSTOM"),
    }  # fmt: skip
    assert rows["c2"]["x_prompt_digest"] and "x_prompt_digest" not in rows["c1"]
    assert "not-for-git" not in repr([one.facts for scope in scopes.values() for one in scope.resources])


async def test_an_audience_and_a_team_of_agents_are_looked_at_as_their_lists_have_them() -> None:
    world = written(VENDOR)
    _, scopes, _ = await world.poll(listings=["audiences", "agent-teams"])
    for ref, key in ((AUDIENCES, "a1"), (TEAMS, "t1")):
        listed = next(one for one in scopes[ref].resources if one.key == key)
        found = await look(VENDOR, world.api, ref, key, person=str)
        assert isinstance(found, Resource) and found.facts == listed.facts
    assert isinstance(await look(VENDOR, world.api, Ref(Kind.SCHEMA, "entities"), "contact", person=str), Unsupported)


@pytest.mark.parametrize(("status", "meant"), [(404, Absent), (403, Denied), (400, Rejected)])
async def test_only_what_nothing_matches_is_gone(status: int, meant: type) -> None:
    told = {"errors": [{"id": "1", "status": str(status), "code": "PFAPI0004", "title": "No", "detail": "No"}]}
    world = written(VENDOR, {"a1": js(told, status)})
    assert isinstance(await look(VENDOR, world.api, AUDIENCES, "a1", person=str), meant)


async def test_an_app_of_fewer_scopes_names_them() -> None:
    made = written(VENDOR, options={"account": "example", "login": "https://account.test", "scopes": "api:data:lookup"})
    await made.poll(listings=["limits"])
    (sign_in,) = [request for request in made.requests if "token" in request.url.path]
    assert b"scope=api%3Adata%3Alookup" in sign_in.content and b"agent" not in sign_in.content
