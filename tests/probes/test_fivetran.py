"""Fivetran: its traps, and its written-down answers against the vendor's OpenAPI of 2024."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from probes.fivetran import VENDOR
from probes.kit.contract import Kind, Ref, State
from tests.probes.accounts import Written
from tests.probes.kit.world import World, js
from tests.probes.specs import spec, strangers, unread

SECRETS = {"api_key": "the-key-0123456789", "api_secret": "the-secret-0123456789"}
# What the reference has and the OpenAPI of 2024 has not yet.
NEWER = {
    "no path /v1/account/info", "no path /v1/connections", ".networking_method", ".daylight_saving_time_enabled",
}  # fmt: skip


def world(**changes: httpx.Response) -> World:
    """The written-down account; `changes`: an answer of one's own for a path, its last part the name."""
    written = Written("fivetran")

    class Wire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            made.requests.append(request)
            own = changes.get(request.url.path.rpartition("/")[2])
            return own or await written.handle_async_request(request)

    made = World(VENDOR, transport=Wire(), base="https://account.test", allow_private=True, scheme="basic",
                 secrets=SECRETS)  # fmt: skip
    return made


async def test_no_declared_fact_reads_nothing() -> None:
    _, scopes, _ = await world().poll()
    assert unread(VENDOR, scopes) == set()


def test_the_written_down_answers_are_of_the_shape_that_fivetran_publishes() -> None:
    text = json.dumps(spec("fivetran/fivetran.yaml"))
    today = json.loads(text.replace("nextCursor", "next_cursor").replace("/connectors", "/connections"))
    found = {re.sub(r"^/v1/\S+: |\.data| is not in the spec", "", one) for one in strangers(today, "fivetran")}
    assert found == NEWER


async def test_every_request_asks_for_version_two_and_none_disturbs_the_source() -> None:
    made = world()
    vantage, _, _ = await made.poll()
    assert {one.headers["accept"] for one in made.requests} == {"application/json;version=2"}
    assert {one.method for one in made.requests} == {"GET"}
    assert not any(re.search(r"/(reload|columns|test)$", one.url.path) for one in made.requests)
    assert (vantage.account, vantage.subject) == ("northwind", "system key sk_driftline")
    assert {Kind.SYNC, Kind.SCHEMA} < vantage.silent, "a key that may see less gets shorter lists with a 200"


async def test_a_key_of_a_user_says_so() -> None:
    said = js({"code": "Success", "data": {"account_id": "northwind", "user_id": "u1", "system_key_id": None}})
    vantage, _, _ = await world(info=said).poll(listings=["groups"])
    assert vantage.subject == "user u1"


async def test_health_is_told_from_five_states_and_two_times() -> None:
    _, scopes, _ = await world().poll(listings=["connections"])
    rows = {one.key: one for one in scopes[Ref(Kind.SYNC, "connections")].resources}
    assert {key: row.evidence["state"] for key, row in rows.items()} == {
        "iodine_crm": "ok", "ads_meta": "failed", "new_one": "incomplete", "late_one": "delayed",
        "busy_one": "syncing", "off_one": "paused", "dead_one": "broken", "wait_one": "rescheduled",
        "never_one": "failed",
    }  # fmt: skip
    ads = rows["ads_meta"].health
    assert ads is not None and (ads.state, ads.errors) == ("failing", ("reconnect", "resync_table_warning"))


async def test_a_release_of_a_connector_is_no_drift_of_the_sync() -> None:
    _, scopes, _ = await world().poll(listings=["connections"])
    assert not any("version" in name for row in scopes[Ref(Kind.SYNC, "connections")].resources for name in row.facts)
    versions = {row.key: row.facts for row in scopes[Ref(Kind.PLATFORM, "connectors")].resources}
    assert versions["iodine_crm"] == {"label": "salesforce", "version": 4}


async def test_a_schema_config_is_a_map_of_maps_whose_columns_are_exceptions() -> None:
    _, scopes, _ = await world().poll(listings=["connections", "schemas"])
    tables = {row.key: row.facts for row in scopes[Ref(Kind.SCHEMA, "iodine_crm.tables")].resources}
    assert tables["salesforce/Account"] == {"enabled": True, "label": "t", "x_sync_mode": "SOFT_DELETE"}
    assert tables["salesforce/History"]["x_locked"] == "SYSTEM_TABLE"
    columns = {row.key: row.facts for row in scopes[Ref(Kind.FIELD, "iodine_crm")].resources}
    assert columns["salesforce/Lead/Email"] == {"label": "email", "masked": True, "x_enabled": True}
    assert not any(key.startswith("salesforce/Account/") for key in columns)
    assert [row.key for row in scopes[Ref(Kind.FIELD, "ads_meta")].resources] == ["old%2Fone/Lead/Email"]
    (policy,) = scopes[Ref(Kind.SCHEMA, "iodine_crm.policy")].resources
    assert policy.facts == {"x_new": "ALLOW_COLUMNS", "x_new_enabled": False}


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        (404, "NotFound_SchemaConfig", State.UNSUPPORTED),
        (404, "NotFound_Connector", State.FAILED),
        (403, "Forbidden", State.DENIED),
        (200, "Failed", State.FAILED),
    ],
)
async def test_a_connection_without_a_schema_config_is_not_observable_and_nothing_is_gone(
    status: int, code: str, state: State
) -> None:
    said = js({"code": code, "message": "no"}, status)
    _, scopes, reads = await world(schemas=said).poll(listings=["connections", "schemas"])
    assert reads["schemas/iodine_crm"].coverage.state is state and reads["schemas/iodine_crm"].coverage.code == code
    assert not any(scope.resources for ref, scope in scopes.items() if ref.kind is Kind.FIELD)


async def test_no_secret_and_no_person_leaves() -> None:
    _, scopes, _ = await world().poll(person=lambda name: name.partition("@")[0])
    assert "not-for-git" not in repr(scopes) and "******" not in repr(scopes) and "@example" not in repr(scopes)
    hook = next(row for row in scopes[Ref(Kind.SYNC, "webhooks")].resources if row.key == "w1")
    assert hook.facts["target"] == "hooks.example.com" and hook.facts["enabled"] is True


async def test_a_key_that_asks_too_often_waits_for_as_long_as_it_is_told() -> None:
    made = world(users=js({"code": "TooManyRequests", "message": "wait"}, 429, retry_after="40"))
    start = made.clock.monotonic()
    _, _, reads = await made.poll(listings=["users"])
    assert "Throttled" in reads["users"].coverage.reason and made.clock.monotonic() - start >= 40
