"""Asana: its traps, and its written-down answers against the vendor's OpenAPI."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.asana import VENDOR, standing
from probes.kit.contract import Kind, Ref, State
from tests.probes.accounts import Written, options
from tests.probes.kit.world import World, js
from tests.probes.specs import spec, strangers, unread

SPEC = "asana/asana_oas.yaml.gz"


def world(**changes: httpx.Response) -> World:
    """The written-down account; `changes`: an answer of one's own for a path, its last part the name."""
    written = Written("asana")

    class Wire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            made.requests.append(request)
            own = changes.get(request.url.path.rpartition("/")[2])
            return own or await written.handle_async_request(request)

    made = World(VENDOR, transport=Wire(), base="https://account.test", allow_private=True, options=options("asana"))
    return made


@pytest.fixture(scope="module")
def published() -> Any:
    """The vendor's spec. Lists give a compact form, and with `opt_fields` whatever the whole one has."""
    found = spec(SPEC)
    schemas = found["components"]["schemas"]
    for name, schema in list(schemas.items()):
        for whole in (name.removesuffix("Compact") + "Response", name.removesuffix("CompactResponse") + "Base"):
            if name != whole and name.endswith(("Compact", "CompactResponse")) and whole in schemas:
                schemas[name] = {"anyOf": [schema, {"$ref": f"#/components/schemas/{whole}"}]}
                break
    return found


async def test_no_declared_fact_reads_nothing() -> None:
    _, scopes, _ = await world().poll()
    assert unread(VENDOR, scopes) == set()


def test_the_written_down_answers_are_of_the_shape_that_asana_publishes(published: Any) -> None:
    assert strangers(published, "asana") == []


@pytest.mark.parametrize("listing", VENDOR.listings, ids=lambda one: one.name)
def test_all_that_is_asked_for_may_be_asked_for(published: Any, listing: Any) -> None:
    parts = listing.path.replace("{options.workspace}", "x").replace("{parent.key}", "x").split("/")
    (operation,) = (
        operations["get"]
        for path, operations in published["paths"].items()
        if len(own := path.split("/")) == len(parts)
        and all((mine == "x" and his.startswith("{")) or mine == his for mine, his in zip(parts, own, strict=True))
    )
    named = {one.get("name"): one for one in operation["parameters"]}
    known = {one for one in named["opt_fields"]["schema"]["items"]["enum"]}
    asked = set(listing.params["opt_fields"].split(","))
    unsure = {"user.email"}  # as the vendor file's docstring says
    assert {one for one in asked - unsure if one not in known and not one.endswith(".gid")} == set()


@pytest.mark.parametrize(
    ("membership", "grants"),
    [
        ({"is_admin": True}, {"admin", "member"}),
        ({"is_admin": False}, {"member"}),
        ({"is_guest": True, "is_admin": False}, {"guest"}),
        ({"is_view_only": True}, {"view-only"}),
    ],
)
def test_what_the_tokens_user_is_decides_what_is_seen(membership: dict[str, Any], grants: set[str]) -> None:
    assert standing(membership) == grants


async def test_the_vantage_says_what_the_tokens_user_is() -> None:
    vantage, _, _ = await world().poll(listings=["workspace"])
    assert (vantage.account, vantage.account_name) == (options("asana")["workspace"], "Northwind Outdoor")
    assert vantage.grants == {"admin", "member"} and vantage.subject == "driftline@example.com"
    bare = world(workspace_memberships=js({"data": [], "next_page": None}), me=js({"data": {"gid": "11"}}))
    vantage, _, _ = await bare.poll(listings=["workspace"])
    assert (vantage.subject, vantage.grants) == ("11", frozenset())


async def test_a_number_is_typed_by_its_format_and_an_option_keeps_its_place_and_no_id() -> None:
    _, scopes, _ = await world().poll(listings=["custom-fields"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "custom-fields")].resources}
    types = {name: facts["type"] for name, facts in rows.items()}
    assert types == {"Channel": "option", "Budget": "currency", "Share": "percent", "Points": "decimal",
                     "Regions": "multi_option", "Number": "id", "Late": "any", "Go live": "date",
                     "Approver": "reference"}  # fmt: skip
    assert rows["Channel"]["options"] == [{"value": "Email", "active": True}, {"value": "Web", "active": True},
                                          {"value": "Fax", "active": False}]  # fmt: skip


async def test_two_sections_of_one_name_are_two_things_and_members_have_no_address() -> None:
    _, scopes, _ = await world().poll(person=lambda name: name.partition("@")[0])
    assert [one.key for one in scopes[Ref(Kind.SCHEMA, "201.sections")].resources] == ["301", "302"]
    said = {ref: scope for ref, scope in scopes.items() if ref.kind is Kind.PERMISSION}
    assert "@example.com" not in repr(said) and len(scopes[Ref(Kind.PERMISSION, "workspace-members")].resources) == 4


async def test_a_webhook_that_is_tried_again_is_failing_before_it_is_deleted() -> None:
    _, scopes, _ = await world().poll(listings=["webhooks"])
    rows = {one.key: one for one in scopes[Ref(Kind.SYNC, "webhooks")].resources}
    assert {key: row.health and row.health.state for key, row in rows.items()} == {
        "901": "ok", "902": "failing", "903": "disabled"
    }  # fmt: skip
    assert rows["902"].evidence["deleted_at"] == "2026-05-29T09:00:00.000Z"
    assert rows["901"].facts["target"] == "hooks.example.com" and "not-for-git" not in repr(scopes)


@pytest.mark.parametrize(
    ("status", "state"), [(402, State.UNSUPPORTED), (403, State.DENIED), (401, State.DENIED), (404, State.FAILED)]
)
async def test_what_the_plan_lacks_is_no_missing_right(status: int, state: State) -> None:
    said = js({"errors": [{"message": "This is available on Enterprise only", "help": "-"}]}, status)
    _, _, reads = await world(roles=said).poll(listings=["roles"])
    assert reads["roles"].coverage.state is state and "Enterprise only" in reads["roles"].coverage.reason


async def test_a_token_that_asks_too_often_waits_for_as_long_as_it_is_told() -> None:
    made = world(roles=js({"errors": [{"message": "Too many"}]}, 429, retry_after="30"))
    start = made.clock.monotonic()
    _, _, reads = await made.poll(listings=["roles"])
    assert "Throttled" in reads["roles"].coverage.reason and made.clock.monotonic() - start >= 30
