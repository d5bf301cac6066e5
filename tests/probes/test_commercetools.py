"""commercetools on demand: what is there, what is gone and what is not allowed, and who changed something."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.commercetools import VENDOR
from probes.commercetools.told import apart
from probes.kit.contract import Absent, Denied, Fault, Kind, Malformed, Ref, Resource, Sought, Unreachable, Unsupported
from probes.kit.demand import look, who
from tests.probes.accounts import Written
from tests.probes.kit.world import World, js

TYPES, PRODUCTS = Ref(Kind.SCHEMA, "types"), Ref(Kind.SCHEMA, "product-types")
CONSENT, BIKE = Ref(Kind.FIELD, "customer-consent"), Ref(Kind.FIELD, "products/bike")
HISTORY = "history.europe-west1.gcp.commercetools.com"
AT = 1_785_000_000.0
WHEN = "2026-07-25T17:20:00.000Z"
GONE = js({"statusCode": 404, "message": "no", "errors": [{"code": "ResourceNotFound", "message": "no"}]}, 404)
NO = js({"statusCode": 403, "message": "no", "errors": [{"code": "insufficient_scope", "message": "no"}]}, 403)


class Shop(httpx.AsyncBaseTransport):
    """The written-down lists, each thing of them at its key and at its id, and a change history."""

    def __init__(self) -> None:
        self.inner = Written("commercetools")
        self.own: dict[str, httpx.Response] = {}
        self.history: dict[str, Any] = {}
        self.asked: list[httpx.Request] = []
        self.marked: dict[str, Any] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path
        if request.url.host == HISTORY:
            found = self.history.get(path.rpartition("/")[2], [])
            return found if isinstance(found, httpx.Response) else js({"limit": 500, "offset": 0, "results": found})
        if path in self.own:
            return self.own[path]
        parts = path.strip("/").split("/")
        if len(parts) < 3 or parts[0] != "shop":
            return await self.inner.handle_async_request(request)
        whole = httpx.Request("GET", f"https://account.test/shop/{parts[1]}")
        rows = (await self.inner.handle_async_request(whole)).json()["results"]
        word, _, key = parts[2].rpartition("=")
        row = next((one for one in rows if one.get(word or "id") == key), None)
        return GONE if row is None else js({**row, **self.marked})


def opened() -> tuple[Shop, World]:
    shop = Shop()
    return shop, World(
        VENDOR, transport=shop, base="https://account.test", allow_private=True, scheme="client",
        secrets={"client_id": "demo-client_id", "client_secret": "demo-secret"},
        options={"project": "shop", "login": "https://account.test"},
    )  # fmt: skip


async def seen(world: World, ref: Ref, key: str) -> Any:
    return await look(VENDOR, world.api, ref, key, person=lambda name: name)


async def told(world: World, ref: Ref, key: str, id: str = "") -> Any:
    (found,) = await who(VENDOR, world.api, [Sought(ref, key, AT - 600, AT + 60, id)], person=lambda name: f"p-{name}")
    return found


def record(id: str, key: str = "", at: str = WHEN, by: Any = None) -> dict[str, Any]:
    thing = {"id": id, "typeId": "type", **({"key": key} if key else {})}
    return {"version": 2, "previousVersion": 1, "type": "ResourceUpdated", "modifiedAt": at, "resource": thing,
            "modifiedBy": {"type": "user", **(by or {"isPlatformClient": True, "id": "user-1"})}}  # fmt: skip


@pytest.mark.parametrize(
    ("ref", "key"),
    [
        (TYPES, "customer-consent"), (PRODUCTS, "products/bike"), (CONSENT, "region"), (BIKE, "colour"),
        (Ref(Kind.SYNC, "subscriptions"), "orders"), (Ref(Kind.PERMISSION, "api-clients"), "demo-client_id"),
    ],
)  # fmt: skip
async def test_a_thing_is_looked_at_as_its_list_has_it(ref: Ref, key: str) -> None:
    shop, world = opened()
    _, scopes, _ = await world.poll()
    if ref.name == "api-clients":
        key = scopes[ref].resources[0].key
    row = next(one for one in scopes[ref].resources if one.key == key)
    assert await seen(world, ref, key) == row
    assert {request.method for request in shop.asked if request.url.path != "/oauth/token"} == {"GET"}


async def test_what_has_no_key_is_looked_at_by_its_id() -> None:
    shop, world = opened()
    row = {"id": "0815", "triggers": [{"resourceTypeId": "cart", "actions": []}], "destination": {"type": "HTTP"}}
    shop.own["/shop/extensions/0815"] = js(row)
    found = await seen(world, Ref(Kind.AUTOMATION, "extensions"), "0815")
    assert isinstance(found, Resource) and found.facts["x_on"] == ["cart"]


@pytest.mark.parametrize("ref", [TYPES, PRODUCTS, Ref(Kind.PERMISSION, "api-clients"), Ref(Kind.FIELD, "gone")])
async def test_what_is_gone_is_told_from_what_one_may_not_see(ref: Ref) -> None:
    shop, world = opened()
    assert await seen(world, ref, "products/gone" if ref == PRODUCTS else "gone") == Absent("ResourceNotFound")
    place = "product-types" if ref == PRODUCTS else "types" if ref.kind is Kind.FIELD else ref.name
    for path in (f"/shop/{place}/key=gone", f"/shop/{place}/gone"):
        shop.own[path] = NO
    assert isinstance(await seen(world, ref, "products/gone" if ref == PRODUCTS else "gone"), Denied)


async def test_a_field_is_gone_where_its_type_is_there_without_it() -> None:
    shop, world = opened()
    assert await seen(world, CONSENT, "gone") == Absent("field")
    assert await seen(world, BIKE, "gone") == Absent("field")
    shop.own["/shop/types/key=customer-consent"] = js({"statusCode": 400, "errors": [{"code": "InvalidInput"}]}, 400)
    assert isinstance(await seen(world, CONSENT, "gone"), Fault)
    for ref in (Ref(Kind.SCHEMA, "channels"), Ref(Kind.PLATFORM, "project")):
        assert isinstance(await seen(world, ref, "x"), Unsupported), "a channel has no address by its key"


async def test_who_is_named_by_the_change_history_and_what_is_gone_too() -> None:
    shop, world = opened()
    id = "00000001-5717-4562-b3fc-2c963f66afa6"
    shop.history["types"] = [
        record(id, at="2026-07-24T00:00:00.000Z", by={"isPlatformClient": True, "id": "user-0"}),
        record("another"), record(id), record("gone-1", by={"isPlatformClient": False, "clientId": "client-9"}),
    ]  # fmt: skip
    named = {"by": "p-user-1", "at": "2026-07-25T17:20:00Z", "action": "ResourceUpdated", "how": "named"}
    assert await told(world, CONSENT, "region") == named, "a field by its type, whose record has no key"
    assert await told(world, TYPES, "customer-consent", id) == named
    assert (await told(world, TYPES, "was-here", "gone-1"))["by"] == "p-client-9"
    assert await told(world, TYPES, "never-here") == {}
    asked = next(request for request in shop.asked if request.url.host == HISTORY)
    assert asked.url.path == "/shop/types" and asked.url.params["date.from"] == "2026-07-25T17:09:55.000Z"


async def test_a_key_in_the_history_is_enough_and_each_kind_of_thing_is_asked_for_once() -> None:
    shop, world = opened()
    shop.history["stores"] = [record("s-9", "gone-store")]
    sought = [Sought(Ref(Kind.SCHEMA, "stores"), key, AT - 600, AT + 60) for key in ("gone-store", "other")]
    first, second = await who(VENDOR, world.api, sought, person=lambda name: name)
    assert isinstance(first, dict) and first["by"] == "user-1" and second == {}
    assert len([request for request in shop.asked if request.url.host == HISTORY]) == 1


@pytest.mark.parametrize("history", [NO, []])
async def test_the_mark_of_the_last_change_stands_in_where_the_history_says_nothing(history: Any) -> None:
    shop, world = opened()
    shop.history["types"] = history
    shop.marked = {"lastModifiedAt": WHEN, "lastModifiedBy": {"clientId": "client-1"}}
    assert await told(world, TYPES, "customer-consent") == {
        "by": "p-client-1", "at": "2026-07-25T17:20:00Z", "action": "updated", "how": "last",
    }  # fmt: skip
    assert (await told(world, Ref(Kind.SYNC, "subscriptions"), "orders"))["how"] == "last"
    shop.marked = {"lastModifiedAt": "2026-07-01T00:00:00.000Z"}
    assert await told(world, TYPES, "customer-consent") == {}, "it was changed before"
    assert await told(world, Ref(Kind.PLATFORM, "project"), "project") == {}


async def test_a_history_that_does_not_come_says_so() -> None:
    shop, world = opened()
    shop.history["types"] = js({"statusCode": 500}, 500)
    assert isinstance(await told(world, TYPES, "customer-consent"), Unreachable)
    shop.history["types"] = js({"limit": 500})
    assert isinstance(await told(world, TYPES, "customer-consent"), Malformed)
    shop.own["/shop/extensions/key=vat"] = NO
    assert isinstance(await told(world, Ref(Kind.AUTOMATION, "extensions"), "vat"), Denied)
    assert await told(world, Ref(Kind.SCHEMA, "channels"), "shop-de") == {}, "without an id there is no address of it"


def test_the_key_of_a_product_type_is_spelled_in_its_scope_as_in_its_list() -> None:
    (field,) = apart([{"key": "road bike/50%", "id": "1", "attributes": [{"name": "a", "type": {"name": "text"}}]}],
                     "product-types")  # fmt: skip
    assert field["of"] == "products/road bike%2F50%25"
