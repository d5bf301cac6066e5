"""commercetools and Vendure: their traps, against answers in the shape that each publishes."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from probes import commercetools, vendure
from probes.kit.contract import Kind, Ref, State
from probes.kit.listing import Vendor
from tests.probes.accounts import Written
from tests.probes.kit.world import World, js
from tests.probes.specs import unread
from tests.probes.written import written

SHOP = commercetools.VENDOR


def signed(answer: dict[str, Any] | None = None, **headers: str) -> World:
    """A Vendure that is signed in to; `answer` instead of what an operation is answered by."""
    inner = Written("vendure")

    class Wire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            body = json.loads(request.content)
            if "mutation SignIn" in body["query"]:
                return js({"data": {"login": {"id": "1"}}}, **(headers or {"vendure-auth-token": "demo"}))
            if answer and (own := answer.get(body["operationName"])) is not None:
                return own  # type: ignore[no-any-return]
            return await inner.handle_async_request(request)

    return World(
        vendure.VENDOR, transport=Wire(), base="https://account.test", allow_private=True, scheme="login",
        secrets={"user": "driftline", "password": "demo-password"}, options={"url": "https://shop.example.com"},
    )  # fmt: skip


@pytest.mark.parametrize("vendor", [SHOP, vendure.VENDOR], ids=lambda one: one.name)
async def test_no_declared_fact_reads_nothing_and_no_secret_is_read(vendor: Vendor) -> None:
    world = written(vendor) if vendor is SHOP else signed()
    _, scopes, _ = await world.poll(person=lambda name: f"p-{name.partition('@')[0]}")
    assert unread(vendor, scopes) == set()
    assert "not-for-git" not in repr(list(scopes.values())) and "@example.com" not in repr(list(scopes.values()))


async def test_the_fields_of_types_and_the_attributes_of_product_types_stand_apart() -> None:
    _, scopes, _ = await written(SHOP).poll(listings=["types", "product-types"])
    consent = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "customer-consent")].resources}
    assert {key: facts["type"] for key, facts in consent.items()} == {
        "consent": "boolean", "region": "option", "topics": "multi_option", "campaign": "reference", "tags": "json",
    }  # fmt: skip
    assert consent["region"]["options"][0] == {"value": "emea", "label": "EMEA"} and consent["consent"]["required"]
    assert consent["campaign"]["references"] == ["key-value-document"]
    bike = scopes[Ref(Kind.FIELD, "products/bike")]
    assert {one.key: one.facts["type"] for one in bike.resources} == {
        "colour": "option", "weight": "decimal", "price": "currency",
    }  # fmt: skip
    assert bike.parent is not None and bike.parent.key == "products/bike"


async def test_a_subscription_tells_its_own_health() -> None:
    _, scopes, _ = await written(SHOP).poll(listings=["subscriptions"])
    rows = {one.key: one.health for one in scopes[Ref(Kind.SYNC, "subscriptions")].resources}
    assert {key: health and (health.state, health.errors) for key, health in rows.items()} == {
        "orders": ("ok", ()),
        "stopped": ("failing", ("ConfigurationErrorDeliveryStopped",)),
        "paused": ("paused", ("ManuallySuspended",)),
    }


async def test_the_scopes_of_the_client_stand_in_the_vantage_where_it_may_see_them() -> None:
    vantage, _, _ = await written(SHOP).poll(listings=["project"])
    assert set(SHOP.grants) - {"view_orders"} <= vantage.grants and vantage.account == "shop"
    no = js({"statusCode": 403, "message": "no", "errors": [{"code": "insufficient_scope", "message": "no"}]}, 403)
    vantage, _, _ = await written(SHOP, {"demo-client_id": no}).poll(listings=["project"])
    assert vantage.coverage.complete and vantage.grants == frozenset()


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (js({"statusCode": 403, "errors": [{"code": "insufficient_scope", "message": "no"}]}, 403), State.DENIED),
        (js({"limit": 500, "offset": 0, "count": 0, "total": 3, "results": []}), State.FAILED),
        (js({"limit": 500, "offset": 0, "count": 1, "total": 1, "results": [{"id": "1", "key": "x"}]}), State.FAILED),
    ],
)
async def test_a_list_of_types_that_is_refused_short_or_without_fields(answer: httpx.Response, state: State) -> None:
    _, _, reads = await written(SHOP, {"types": answer}).poll(listings=["types"])
    assert reads["types"].coverage.state is state


async def test_vendures_custom_fields_are_of_our_types() -> None:
    _, scopes, _ = await signed().poll(listings=["entities"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "Product")].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "region": "option", "score": "integer", "weight": "decimal", "brand": "reference", "topics": "multi_option",
        "old": "text", "tags": "json",
    }  # fmt: skip
    assert (rows["score"]["minimum"], rows["score"]["maximum"], rows["weight"]["maximum"]) == (0, 100, 9.5)
    assert rows["old"]["deprecation"] == "use region" and rows["brand"]["references"] == ["Brand"]


async def test_a_vendure_session_that_has_ended_is_a_dead_one_and_no_missing_right() -> None:
    nobody = js({"data": {"me": None, "activeChannel": {"code": "__default_channel__"}}})
    vantage, scopes, _ = await signed({"Me": nobody}).poll()
    assert vantage.coverage.reason.startswith("Expired") and not scopes
    vantage, _, _ = await signed(x="1").poll()
    assert not vantage.coverage.complete, "a server without bearer tokens gives none"


@pytest.mark.parametrize(("permissions", "silent"), [(["ReadAdministrator"], True), (["SuperAdmin"], False)])
async def test_a_vendure_role_that_leaves_the_list_is_held_where_the_list_may_leave_it_out(
    permissions: list[str], silent: bool
) -> None:
    channels = [{"code": "__default_channel__", "permissions": permissions}]
    me = js({"data": {"me": {"identifier": "d", "channels": channels}, "activeChannel": {"code": channels[0]["code"]}}})
    vantage, scopes, _ = await signed({"Me": me}).poll(listings=["roles"])
    assert vantage.silent == (frozenset({Kind.PERMISSION}) if silent else frozenset())
    assert all(one.evidence["at"] for one in scopes[Ref(Kind.PERMISSION, "roles")].resources)


async def test_a_vendure_sign_in_that_is_refused_is_no_token() -> None:
    class No(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return js({"data": {"login": {"errorCode": "INVALID_CREDENTIALS_ERROR", "message": "no"}}})

    world = World(vendure.VENDOR, transport=No(), base="https://account.test", allow_private=True, scheme="login",
                  secrets={"user": "a", "password": "b"}, options={})  # fmt: skip
    vantage, _, _ = await world.poll()
    assert "INVALID_CREDENTIALS_ERROR" in vantage.coverage.reason


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (js({"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}], "data": None}), State.DENIED),
        (js({"data": {"roles": {"items": [], "totalItems": 2}}}), State.FAILED),
        (js({"data": {"roles": None}}), State.FAILED),
    ],
)
async def test_a_vendure_list_that_is_refused_short_or_none_is_no_empty_list(
    answer: httpx.Response, state: State
) -> None:
    _, _, reads = await signed({"Roles": answer}).poll(listings=["roles"])
    assert reads["roles"].coverage.state is state


async def test_vendures_entities_without_fields_are_malformed() -> None:
    _, _, reads = await signed({"Fields": js({"data": {"globalSettings": None}})}).poll(listings=["entities"])
    assert reads["entities"].coverage.state is State.FAILED


async def test_a_vendure_task_is_due_and_a_queue_that_stands_still_is_paused() -> None:
    _, scopes, _ = await signed().poll(listings=["tasks", "queues"])
    tasks = {one.key: one.health and one.health.state for one in scopes[Ref(Kind.SYNC, "tasks")].resources}
    assert tasks == {"clean-sessions": "unknown", "export": "disabled", "index": "running"}
    queues = {one.key: one.health and one.health.state for one in scopes[Ref(Kind.SYNC, "queues")].resources}
    assert queues == {"send-email": "ok", "update-search-index": "paused"}
