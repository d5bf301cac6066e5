"""Shopify: its traps, by changing a simulated shop and polling it, and its queries against Shopify's introspections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from probes.kit.contract import Absent, Fault, Kind, Ref, State
from probes.kit.demand import look
from probes.shopify import HEADER, VENDOR, pace, queries
from probes.shopify.defined import VERSION, described
from probes.simulated.queries import Field, Wrong, filled, parse
from tests.probes import desks
from tests.probes.specs import SPECS, spec, unread

OPTIONS = {"shop": "northwind-demo"}
CUSTOMER, HOOKS = Ref(Kind.FIELD, "CUSTOMER"), Ref(Kind.SYNC, "webhooks")


def desk(scheme: str = "client", **account: Any) -> Any:
    return desks.desk(VENDOR, scheme=scheme, options=OPTIONS, **account)


def told(scopes: Any, ref: Ref) -> dict[str, Any]:
    return {row.key: row.facts for row in scopes[ref].resources}


async def test_no_declared_fact_reads_nothing_and_no_secret_leaves() -> None:
    _, world, wire = desk()
    vantage, scopes, _ = await world.poll(person=lambda name: name.partition("@")[0])
    assert unread(VENDOR, scopes) == set()
    assert "not-for-git" not in repr(scopes) and "@example" not in repr(scopes)
    assert (vantage.account, vantage.subject) == ("northwind-demo.myshopify.com", "app driftline")
    assert "read_products" in vantage.grants and vantage.api_version == VERSION
    asked = "".join(one.content.decode() for one in wire.requests)
    assert "mutation" not in asked and "metafieldsCount" not in asked and "orders" not in asked


# the queries, as Shopify publishes what may be asked


def schema(version: str) -> dict[str, Any]:
    whole = spec(f"shopify/admin_{version}.json.gz")
    return {one["name"]: one for one in whole.get("data", whole)["__schema"]["types"]}


def bare(told: Any) -> str:
    while told.get("ofType"):
        told = told["ofType"]
    return str(told["name"])


def wrong(types: dict[str, Any], of: str, fields: tuple[Field, ...]) -> Iterator[str]:
    """What of a selection is not there, is deprecated, takes no such argument, or is asked for like another kind."""
    known = {one["name"]: one for one in types[of]["fields"]}
    for field in fields:
        there = known.get(field.name)
        if there is None:
            yield f"{of} has no {field.name}"
            continue
        if there["isDeprecated"]:
            yield f"{of}.{field.name} is deprecated"
        for argument in field.arguments.keys() - {one["name"] for one in there["args"]}:
            yield f"{of}.{field.name} takes no {argument}"
        inner = bare(there["type"])
        if bool(types[inner].get("fields")) != bool(field.inner):
            yield f"{of}.{field.name} is a {inner}"
        elif field.inner:
            yield from wrong(types, inner, field.inner)


VERSIONS = sorted(file.name[6:13] for file in (SPECS / "shopify").glob("admin_*.json.gz")) or ["2026-01"]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_query_asks_for_what_there_is_and_nothing_deprecated(version: str) -> None:
    types = schema(version)
    assert [one for query in queries.EVERY for one in wrong(types, "QueryRoot", parse(query))] == []
    owners = {value["name"] for value in types["MetafieldOwnerType"]["enumValues"]}
    assert set(VENDOR.options["owners"].default) <= owners


def test_the_check_of_queries_finds_what_is_wrong() -> None:
    def one(name: str, type: str, deprecated: bool = False) -> dict[str, Any]:
        return {"name": name, "type": {"name": type}, "isDeprecated": deprecated, "args": [{"name": "first"}]}

    types = {"Root": {"fields": [one("a", "Leaf", True), one("b", "Tree"), one("c", "Leaf")]},
             "Tree": {"fields": [one("d", "Leaf")]}, "Leaf": {}}  # fmt: skip
    asked = parse("query($x: Int) { a b c(last: $x) { e } f b(first: 2) { d g } }")
    assert list(wrong(types, "Root", asked)) == [
        "Root.a is deprecated", "Root.b is a Tree", "Root.c takes no last", "Root.c is a Leaf", "Root has no f",
        "Tree has no g",
    ]  # fmt: skip


def test_the_accounts_language_reads_values_and_refuses_what_is_none() -> None:
    (field,) = parse('{ a(s: "x y", n: -2, l: [1, $v], o: {k: true, none: null}, e: RED) }')
    assert filled(field.arguments, {"v": "w"}) == {
        "s": "x y", "n": -2, "l": [1, "w"], "o": {"k": True, "none": None}, "e": "RED",
    }  # fmt: skip
    for document in ("query { a { b }", "mutation { a }", "a b"):
        with pytest.raises(Wrong):
            parse(document)


async def test_what_the_account_answers_is_what_was_asked_for_and_the_rest_is_refused() -> None:
    account, world, _ = desk()
    await world.poll(listings=["shop"])
    for query, word in (
        ("{ nothing }", "undefinedField"), ("{ shop { nothing } }", "undefinedField"),
        ("{ markets(first: 251) { nodes { id } } }", "argumentLiteralsIncompatible"),
        ("{ markets(first: 1200) { nodes { id } } }", "MAX_COST_EXCEEDED"),
    ):  # fmt: skip
        answer = await _post(account, query)
        assert answer["errors"][0]["extensions"]["code"] == word
    assert (await _post(account, "{ shopLocales { locale } }"))["data"]["shopLocales"][0] == {"locale": "en"}


async def _post(account: Any, query: str) -> Any:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(account.app), base_url="http://account.test") as client:
        answer = await client.post(f"/admin/api/{VERSION}/graphql.json", json={"query": query},
                                   headers={HEADER: account.issued})  # fmt: skip
    return answer.json()


# signing in


async def test_a_dashboard_app_gets_a_token_for_a_day_and_another_when_it_ends() -> None:
    account, world, wire = desk()
    await world.poll(listings=["shop"])
    await world.poll(listings=["shop"])
    assert [one.url.path for one in wire.requests].count("/admin/oauth/access_token") == 1
    sent = next(one for one in wire.requests if "oauth" in one.url.path).content.decode()
    assert "grant_type=client_credentials" in sent and "client_secret=demo-client_secret" in sent
    account.clock.advance(86_400)
    await world.poll(listings=["shop"])
    assert [one.url.path for one in wire.requests].count("/admin/oauth/access_token") == 2
    assert not any("authorization" in one.headers for one in wire.requests)


async def test_a_token_of_an_older_app_goes_on_and_a_wrong_secret_is_a_dead_credential() -> None:
    _, world, wire = desk("token")
    vantage, _, _ = await world.poll(listings=["shop"])
    assert vantage.coverage.complete and {one.headers[HEADER] for one in wire.requests} == {"demo-token"}
    account, world, _ = desk()
    account.client_secret = "another"
    vantage, _, _ = await world.poll(listings=["shop"])
    assert vantage.coverage.reason.startswith("Expired")
    account, world, _ = desk("token")
    account.set_token(token="another")
    vantage, _, _ = await world.poll(listings=["shop"])
    assert vantage.coverage.reason.startswith("Expired") and "API key" in vantage.coverage.reason


# the cost bucket


async def test_a_throttled_query_is_a_200_that_is_waited_for() -> None:
    account, world, _ = desk()
    await world.poll(listings=["markets"])
    account.throttle(n=1)
    start = world.clock.monotonic()
    _, _, reads = await world.poll(listings=["markets"])
    assert reads["markets"].coverage.complete and 10 <= world.clock.monotonic() - start < 15


async def test_an_empty_bucket_is_waited_for_until_it_can_pay() -> None:
    account, world, _ = desk()
    account.maximum, account.restored = 400.0, 100.0
    account.available = 400.0
    start = world.clock.monotonic()
    _, _, reads = await world.poll()
    assert all(found.coverage.complete for found in reads.values())
    assert world.clock.monotonic() - start > 5 and account.available >= 0
    account.spend(points=1_000)
    _, _, reads = await world.poll(listings=["markets"])
    assert reads["markets"].coverage.complete or "Throttled" in reads["markets"].coverage.reason


@pytest.mark.parametrize(
    ("cost", "seconds"),
    [
        ({"requestedQueryCost": 101, "throttleStatus": {"currentlyAvailable": 51, "restoreRate": 50}}, 1.0),
        ({"requestedQueryCost": 101, "throttleStatus": {"currentlyAvailable": 900, "restoreRate": 50}}, 0.0),
        ({"requestedQueryCost": 101, "throttleStatus": {"restoreRate": 0}}, 0.0), ({"requestedQueryCost": 1}, 0.0),
        (None, 0.0),
    ],
)  # fmt: skip
def test_the_pace_is_that_of_the_bucket(cost: Any, seconds: float) -> None:
    from msgspec.json import encode

    from probes.kit.api import Answer

    assert pace(Answer(200, {}, encode({"extensions": {"cost": cost}}))) == seconds
    assert VENDOR.pace is pace


# definitions


async def test_validations_become_options_and_bounds() -> None:
    _, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["metafields", "metaobjects"])
    rows = told(scopes, CUSTOMER)
    assert rows["marketing.region"]["type"] == "option"
    assert [one["value"] for one in rows["marketing.region"]["options"]] == ["EMEA", "AMER", "APAC"]
    stage = rows["marketing.lifecycle_stage"]
    assert (stage["min_length"], stage["length"], stage["pattern"]) == (2, 40, "^[a-z]+$")
    assert rows["app--4711--loyalty.points"]["maximum"] == 100_000
    topics = told(scopes, Ref(Kind.FIELD, "PRODUCT"))["specs.topics"]
    assert (topics["type"], topics["least_items"], topics["most_items"]) == ("multi_option", 1, 3)
    guide = told(scopes, Ref(Kind.FIELD, "PRODUCT"))["descriptors.care_guide"]
    assert guide["vendor_defined"] is True and guide["type"] == "reference"
    assert guide["x_only_for"] == {"key": "category", "values": ["aa-1", "aa-2"]}
    late = told(scopes, Ref(Kind.FIELD, "PRODUCTVARIANT"))["specs.from"]
    assert late["validation"] == {"min": "2026-01-01"}, "a day is no number"
    assert told(scopes, Ref(Kind.FIELD, "metaobject:care_guide"))["title"]["required"] is True


@pytest.mark.parametrize(
    ("native", "ours"),
    [("list.product_reference", "reference"), ("list.file_reference", "file"), ("list.number_integer", "json"),
     ("brand_new", "any"), ("list.brand_new", "any"), ("money", "currency")],
)  # fmt: skip
def test_a_type_that_shopify_adds_is_kept_as_it_is(native: str, ours: str) -> None:
    found = described({"type": {"name": native}, "validations": None})
    assert (found["ours"], found["native"]) == (ours, native)


async def test_counts_and_ids_move_and_say_nothing() -> None:
    account, world, _ = desk()
    await world.poll(listings=["metafields"])
    account.alter(table="metafieldDefinitions", key="gid://shopify/MetafieldDefinition/1",
                  what={"metafieldsCount": 9_999, "pinnedPosition": 4})  # fmt: skip
    _, scopes, _ = await world.poll(listings=["metafields"])
    assert scopes[CUSTOMER].whole
    account.alter(table="metafieldDefinitions", key="gid://shopify/MetafieldDefinition/1",
                  what={"id": "gid://shopify/MetafieldDefinition/99"})  # fmt: skip
    _, scopes, _ = await world.poll(listings=["metafields"])
    assert told(scopes, CUSTOMER).keys() <= {"marketing.consent"} and scopes[CUSTOMER].coverage.complete


async def test_a_segment_names_the_metafields_that_it_asks_and_no_value() -> None:
    account, world, _ = desk()
    key = "gid://shopify/Segment/3"
    segments = Ref(Kind.AUTOMATION, "segments")
    _, scopes, _ = await world.poll(listings=["segments", "metafields"])
    row = told(scopes, segments)[key]
    assert row["reads"] == ["CUSTOMER/marketing.consent"] and row["object"] == "CUSTOMER"
    assert "marketing.consent" in told(scopes, CUSTOMER), "as the list of definitions has it"
    asked = "metafields.$app:club.tier = 'metafields.not.this' AND number_of_orders > 1"
    account.alter(table="segments", key=key, what={"query": asked})
    await world.clock.sleep(3600)
    _, scopes, _ = await world.poll(listings=["segments"])
    assert told(scopes, segments)[key]["reads"] == ["CUSTOMER/$app:club.tier"]


async def test_where_consent_is_asked_for_is_told_by_country_and_region() -> None:
    account, world, _ = desk()
    consent = Ref(Kind.PLATFORM, "consent")
    _, scopes, _ = await world.poll(listings=["consent"])
    assert {key: row["enabled"] for key, row in told(scopes, consent).items()} == {"DE": True, "US-CA": False}
    account.alter(table="consentPolicy", key="gid://shopify/ConsentPolicy/DE", what={"consentRequired": False})
    account.tables["consentPolicy"].reverse()
    await world.clock.sleep(3600)
    _, scopes, _ = await world.poll(listings=["consent"])
    assert told(scopes, consent)["DE"] == {"enabled": False, "region": "DE", "x_opt_out_of_sale": False}


async def test_another_theme_that_is_published_is_told_by_both() -> None:
    account, world, _ = desk()
    themes = Ref(Kind.TEMPLATE, "themes")
    _, scopes, _ = await world.poll(listings=["themes"])
    assert {key: row["active"] for key, row in told(scopes, themes).items()} == {"1": True, "2": False}
    for number, role in ((1, "UNPUBLISHED"), (2, "MAIN")):
        account.alter(table="themes", key=f"gid://shopify/OnlineStoreTheme/{number}", what={"role": role})
    await world.clock.sleep(3600)
    _, scopes, _ = await world.poll(listings=["themes"])
    assert {key: row["active"] for key, row in told(scopes, themes).items()} == {"1": False, "2": True}


async def test_a_webhook_that_shopify_took_away_is_missed_under_its_own_name() -> None:
    account, world, _ = desk()
    _, before, _ = await world.poll(listings=["webhooks"])
    paid = next(row for row in before[HOOKS].resources if row.facts["object"] == "ORDERS_PAID")
    kept = account.drop(table="webhookSubscriptions", key=paid.id)
    _, scopes, _ = await world.poll(listings=["webhooks"])
    assert scopes[HOOKS].coverage.complete and paid.key not in scopes[HOOKS].keys
    account.put(table="webhookSubscriptions", row={**kept, "id": "gid://shopify/WebhookSubscription/77"})
    _, scopes, _ = await world.poll(listings=["webhooks"])
    assert paid.key in {row.key for row in scopes[HOOKS].resources}, "made anew, it is the same subscription"
    bus = next(row for row in before[HOOKS].resources if row.facts["object"] == "PRODUCTS_UPDATE")
    assert bus.facts["target"] == "an event bus"


async def test_a_rule_at_the_checkout_fails_while_its_function_has_errors() -> None:
    account, world, _ = desk()
    history = {"errorsFirstOccurredAt": "2026-05-28T10:00:00Z", "hasSharedRecentErrors": False}
    account.alter(table="validations", key="gid://shopify/Validation/1", what={"errorHistory": history})
    _, scopes, _ = await world.poll(listings=["validations", "payment"])
    (row,) = scopes[Ref(Kind.SYNC, "validations.runs")].resources
    assert row.health is not None and row.health.state == "failing" and row.health.failed_at is not None
    states = [row.health.state for row in scopes[Ref(Kind.SYNC, "payment.runs")].resources if row.health]
    assert states == ["ok", "disabled"]


# rights and versions


async def test_a_missing_access_scope_is_told_by_name_and_loses_nothing() -> None:
    account, world, _ = desk()
    account.revoke(name="read_customers")
    account.revoke(name="read_users")
    vantage, scopes, reads = await world.poll()
    assert not {"read_customers", "read_users"} & vantage.grants
    denied = {id for id, found in reads.items() if found.coverage.state is State.DENIED}
    assert denied == {"metafields/CUSTOMER", "segments", "staff"}
    assert reads["staff"].coverage.code == "ACCESS_DENIED" and "read_users" in reads["staff"].coverage.reason
    assert not scopes[CUSTOMER].resources


async def test_a_version_that_is_gone_is_answered_by_another_and_the_vantage_says_so() -> None:
    account, world, _ = desk()
    account.retire()
    vantage, _, _ = await world.poll(listings=["versions"])
    assert vantage.api_version == "2027-01" != VERSION
    account.alter(table="publicApiVersions", key=VERSION, what={"supported": False})
    _, scopes, _ = await world.poll(listings=["versions"])
    assert told(scopes, Ref(Kind.PLATFORM, "versions"))[VERSION]["enabled"] is False
    assert VENDOR.sunset[VERSION] == "2027-10-01"


async def test_another_shop_is_another_account() -> None:
    account, world, _ = desk()
    account.set_account(account="contoso")
    vantage, _, _ = await world.poll(listings=["shop"])
    assert vantage.account == "contoso.myshopify.com"


async def test_a_second_page_that_breaks_is_partial() -> None:
    _, world, wire = desk(page=2)
    inner = wire.inner

    class Cut(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            body = await request.aread()
            given = await inner.handle_async_request(request)
            content = await given.aread()
            cut = content[: len(content) // 2] if b'"after":"2"' in body else content
            return httpx.Response(given.status_code, headers={"content-type": "application/json"}, content=cut)

    wire.inner = Cut()
    _, scopes, reads = await world.poll(listings=["markets", "metafields"])
    assert scopes[Ref(Kind.SCHEMA, "markets")].coverage.state is State.PARTIAL
    assert reads["metafields/CUSTOMER"].coverage.state is State.FAILED
    assert reads["metafields/ORDER"].coverage.complete


# on demand


async def test_one_definition_is_as_its_list_has_it_and_null_is_none() -> None:
    account, world, _ = desk()
    _, scopes, _ = await world.poll(listings=["metafields", "metaobjects"])
    (row,) = [row for row in scopes[CUSTOMER].resources if row.key == "marketing.region"]
    types = Ref(Kind.SCHEMA, "metaobjects")
    (guide,) = [row for row in scopes[types].resources if row.key == "metaobject:care_guide"]
    async with world.api as api:
        assert await look(VENDOR, api, types, guide.key, person=str) == guide
        assert isinstance(await look(VENDOR, api, types, "metaobject:gone", person=str), Absent)
        assert isinstance(await look(VENDOR, api, types, "metaobject:app--4711--gone", person=str), Fault)
        assert await look(VENDOR, api, CUSTOMER, "marketing.region", person=str) == row
        assert isinstance(await look(VENDOR, api, CUSTOMER, "marketing.gone", person=str), Absent)
        hidden = await look(VENDOR, api, CUSTOMER, "app--4711--loyalty.gone", person=str)
        assert isinstance(hidden, Fault) and not isinstance(hidden, Absent), "an app may keep its own to itself"
        for ref, key in ((Ref(Kind.FIELD, "metaobject:care_guide"), "a.b"), (HOOKS, "a.b"), (CUSTOMER, "bare")):
            assert isinstance(await look(VENDOR, api, ref, key, person=str), Fault)
        account.revoke(name="read_customers")
        assert isinstance(await look(VENDOR, api, CUSTOMER, "marketing.region", person=str), Fault)
        account.revoke(name="read_metaobject_definitions")
        assert isinstance(await look(VENDOR, api, types, guide.key, person=str), Fault)
