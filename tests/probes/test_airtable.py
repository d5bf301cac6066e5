"""Airtable: its traps, over answers written down in the shape of the vendor's reference."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.airtable import VENDOR, fields
from probes.kit.contract import Kind, Parent, Ref, State
from tests.probes.accounts import Written
from tests.probes.kit.world import World, js
from tests.probes.specs import unread

CAMPAIGNS, BUDGET = "appCampaigns00001", "appBudget00000001"
TABLE, LINES, OTHER_LINES = "tblCampaigns00001", "tblLines000000001", "tblLines000000002"


def world(**changes: httpx.Response) -> World:
    """The written-down account; `changes`: an answer of one's own for a path, its last part the name."""
    written = Written("airtable")

    class Wire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            made.requests.append(request)
            own = changes.get(request.url.path.rpartition("/")[2])
            return own or await written.handle_async_request(request)

    made = World(VENDOR, transport=Wire(), base="https://account.test", allow_private=True)
    return made


def no(status: int, type: str, message: str = "no") -> httpx.Response:
    return js({"error": {"type": type, "message": message}}, status)


async def test_no_declared_fact_reads_nothing() -> None:
    _, scopes, _ = await world().poll()
    assert unread(VENDOR, scopes) == set()


async def test_a_base_is_read_whole_in_one_request() -> None:
    made = world()
    _, scopes, _ = await made.poll(listings=["bases", "tables"])
    assert [one.url.path for one in made.requests].count(f"/v0/meta/bases/{CAMPAIGNS}/tables") == 1
    assert scopes[Ref(Kind.FIELD, TABLE)].parent == Parent(Ref(Kind.SCHEMA, f"{CAMPAIGNS}.tables"), TABLE)
    tables = {one.key: one.facts for one in scopes[Ref(Kind.SCHEMA, f"{CAMPAIGNS}.tables")].resources}
    assert tables[TABLE]["label"] == "Campaigns" and tables[TABLE]["x_primary"] == "fldName"


async def test_two_bases_may_have_tables_of_one_name() -> None:
    _, scopes, _ = await world().poll(listings=["bases", "tables"])
    assert {Ref(Kind.FIELD, LINES), Ref(Kind.FIELD, OTHER_LINES)} <= scopes.keys()


async def test_types_are_ours_and_one_that_airtable_adds_is_kept_as_it_is() -> None:
    _, scopes, _ = await world().poll(listings=["bases", "tables"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, TABLE)].resources}
    assert rows["Channel"]["type"] == "option"
    assert rows["Channel"]["options"] == [{"value": "Email"}, {"value": "Web/Mobile"}], "no ids and no colours"
    assert (rows["From tomorrow"]["type"], rows["From tomorrow"]["native_type"]) == ("any", "aTypeThatIsNew")
    assert rows["Ends"]["x_zone"] == "utc" and rows["Late"]["x_gives"] == "singleLineText"
    assert rows["Teaser"]["type"] == "long_text" and len(rows["Teaser"]["x_prompt"]) == 16


async def test_personal_views_come_and_go_unseen() -> None:
    _, scopes, _ = await world().poll(listings=["bases", "tables"])
    tables = {one.key: one.facts for one in scopes[Ref(Kind.SCHEMA, f"{CAMPAIGNS}.tables")].resources}
    assert tables[TABLE]["x_views"] == ["All grid", "Calendar calendar"]


async def test_a_field_names_what_is_made_from_it_and_a_broken_count_says_so() -> None:
    _, scopes, _ = await world().poll(listings=["bases", "tables"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, TABLE)].resources}
    assert rows["Start"]["used_by"] == ["Campaigns/Late"]
    lines = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, LINES)].resources}
    assert lines["Amount"]["used_by"] == ["Campaigns/Planned"]
    assert lines["How many"]["x_valid"] is False and rows["Planned"]["x_valid"] is True
    bare = {"id": "tbl", "name": "T", "fields": [{"id": "f", "name": "F", "type": "checkbox"}]}
    assert fields([bare]) == [{"id": "f", "name": "F", "type": "checkbox", "table": "tbl", "used_by": []}]


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (no(404, "NOT_FOUND"), State.UNSUPPORTED, "Unsupported"),
        (js({"error": "NOT_FOUND"}, 404), State.UNSUPPORTED, "Unsupported"),
        (no(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"), State.DENIED, "Denied"),
        (no(422, "INVALID_REQUEST_UNKNOWN"), State.FAILED, "Rejected"),
    ],
)
async def test_collaborators_are_a_matter_of_the_plan(answer: httpx.Response, state: State, reason: str) -> None:
    _, _, reads = await world(**{CAMPAIGNS: answer}).poll(listings=["bases", "collaborators"])
    assert reads[f"collaborators/{CAMPAIGNS}"].coverage.state is state
    assert reason in reads[f"collaborators/{CAMPAIGNS}"].coverage.reason
    assert reads[f"collaborators/{BUDGET}"].coverage.complete


async def test_people_leave_as_pseudonyms_and_who_has_two_ways_in_has_two_rows() -> None:
    _, scopes, _ = await world().poll(listings=["bases", "collaborators"], person=lambda name: name.partition("@")[0])
    assert "@example" not in repr(scopes)
    people = scopes[Ref(Kind.PERMISSION, f"{CAMPAIGNS}.people")].resources
    ways = sorted((one.facts["profile"], one.facts["x_via"]) for one in people if one.id == "usrA")
    assert ways == [("edit", "base"), ("read", "workspace")]
    (link,) = scopes[Ref(Kind.PERMISSION, f"{CAMPAIGNS}.links")].resources
    assert link.facts == {"profile": "edit", "x_via": "base", "x_type": "multiUse",
                          "x_domains": ["example.com", "example.org"]}  # fmt: skip


async def test_a_webhook_is_well_by_its_last_notification_and_hides_its_address() -> None:
    _, scopes, _ = await world().poll(listings=["bases", "webhooks"])
    rows = {one.key: one for one in scopes[Ref(Kind.SYNC, f"{CAMPAIGNS}.webhooks")].resources}
    states = {key: row.health and row.health.state for key, row in rows.items()}
    assert states == {"achOk": "ok", "achBad": "failing", "achMute": "paused", "achOff": "disabled"}
    bad: Any = rows["achBad"].health
    assert bad.failed_at and bad.errors and rows["achOk"].health and not rows["achOk"].health.failed_at
    assert rows["achOk"].facts["target"] == "hooks.example.com" and "not-for-git" not in repr(scopes)
    assert rows["achOk"].evidence["expires"] == "2026-06-05T00:00:00.000Z"


async def test_a_base_of_another_token_is_a_missing_right_and_no_removal() -> None:
    made = world(tables=no(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"))
    _, scopes, reads = await made.poll(listings=["bases", "tables"])
    assert reads[f"tables/{CAMPAIGNS}"].coverage.state is State.DENIED
    assert not any(scope.resources for ref, scope in scopes.items() if ref.kind is Kind.FIELD)


async def test_after_a_429_nobody_asks_for_thirty_seconds() -> None:
    made = world(bases=js({"errors": [{"error": "RATE_LIMIT_REACHED", "message": "wait"}]}, 429))
    start = made.clock.monotonic()
    _, _, reads = await made.poll(listings=["bases"])
    assert "Throttled" in reads["bases"].coverage.reason and made.clock.monotonic() - start >= 30
