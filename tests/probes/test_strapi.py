"""Strapi: its traps, against the simulated server."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.kit import demand
from probes.kit.api import Answer
from probes.kit.contract import (
    Absent,
    Denied,
    Expired,
    Fault,
    Kind,
    Malformed,
    Ref,
    Resource,
    Sought,
    State,
    Unsupported,
)
from probes.kit.memo import Memos
from probes.strapi import VENDOR
from probes.strapi.told import apart, reviews
from tests.probes.desks import desk
from tests.probes.specs import unread

OPTIONS = {"url": "https://cms.example.com"}
ARTICLE = "api::article.article"
FIELDS = Ref(Kind.FIELD, ARTICLE)


async def look(world: Any, kind: Kind, scope: str, key: str) -> Any:
    return await demand.look(VENDOR, world.api, Ref(kind, scope), key, person=lambda name: name)


async def test_everything_is_read_and_nothing_in_vain() -> None:
    _, world, wire = desk(VENDOR, options=OPTIONS)
    vantage, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    assert (vantage.account, vantage.subject, vantage.api_version) == (
        "account.test", "integration-user@example.com", "5.47.0",
    )  # fmt: skip
    assert set(VENDOR.grants) <= vantage.grants and "plugin::content-manager.explorer.read" not in vantage.grants
    assert {request.method for request in wire.requests} == {"GET"}
    assert "not-for-git" not in repr(list(scopes.values()))


async def test_a_field_is_of_our_types_and_says_what_it_leads_to() -> None:
    _, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["collections", "components"])
    rows = {one.key: one.facts for one in scopes[FIELDS].resources}
    assert {name: facts["type"] for name, facts in rows.items()} == {
        "title": "text", "slug": "id", "body": "json", "topic": "option", "score": "integer", "region": "reference",
        "cover": "file", "colour": "text", "seo": "json", "createdAt": "datetime", "updatedAt": "datetime",
        "publishedAt": "datetime",
    }  # fmt: skip
    assert rows["region"]["references"] == ["api::region.region"] and rows["seo"]["references"] == ["shared.seo"]
    assert [one["value"] for one in rows["topic"]["options"]] == ["product", "event", "news"]
    assert scopes[FIELDS].parent is not None and scopes[FIELDS].parent.key == ARTICLE
    assert Ref(Kind.FIELD, "shared.seo") in scopes


async def test_a_field_that_becomes_required_and_one_that_goes() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    await world.poll(listings=["collections"])
    account.alter(table="types", key=ARTICLE, what={"schema.attributes.topic.required": True})
    del account.tables["types"][0]["schema"]["attributes"]["score"]
    _, scopes, _ = await world.poll(listings=["collections"])
    assert {one.key for one in scopes[FIELDS].resources} == {"topic"} and "score" not in scopes[FIELDS].keys
    assert scopes[FIELDS].coverage.complete


async def test_the_super_admin_has_all_and_brings_no_rows() -> None:
    _, world, wire = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["roles", "role-permissions"])
    assert not any(request.url.path == "/admin/roles/1/permissions" for request in wire.requests)
    rows = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "permissions-strapi-editor")].resources}
    update = rows[f"strapi-editor/{ARTICLE}/plugin::content-manager.explorer.update"]
    assert update["fields"] == ["body", "title", "topic"] and update["x_locales"] == ["de", "en"]
    (brand,) = scopes[Ref(Kind.PERMISSION, "permissions-brand")].resources
    assert brand.key == "brand/settings/plugin::upload.read"


async def test_what_everybody_on_the_internet_may_do_is_a_row_each() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    public = Ref(Kind.PERMISSION, "rights-public")
    _, scopes, _ = await world.poll(listings=["visitors", "visitor-rights"])
    assert scopes[public].keys == {"api::article/article/find"}
    right = "permissions.api::article.controllers.article.create.enabled"
    account.alter(table="visitors", key="public", what={right: True})
    _, scopes, _ = await world.poll(listings=["visitors", "visitor-rights"])
    assert scopes[public].keys == {"api::article/article/find", "api::article/article/create"}


@pytest.mark.parametrize(
    ("grant", "listings"),
    [
        ("plugin::content-type-builder.read", {"collections", "components"}),
        ("admin::roles.read", {"roles", "role-permissions", "review-workflows"}),
        ("admin::review-workflows.read", {"review-workflows"}),
        ("admin::users.read", {"users"}),
        ("admin::webhooks.read", {"webhooks"}),
        ("admin::api-tokens.read", {"api-tokens"}),
        ("admin::transfer.tokens.read", {"transfer-tokens"}),
        ("plugin::users-permissions.roles.read", {"visitors", "visitor-rights"}),
    ],
)
async def test_a_right_that_is_lost_is_denied_and_takes_nothing_away(grant: str, listings: set[str]) -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    before, _, _ = await world.poll()
    account.revoke(name=grant)
    after, _, reads = await world.poll()
    denied = {id.partition("/")[0] for id, read in reads.items() if read.coverage.state is State.DENIED}
    assert denied == listings and before.grants - after.grants == {grant}
    lost = [scope for read in reads.values() if not read.coverage.complete for scope in read.scopes]
    assert not any(scope.resources or scope.same for scope in lost)


async def test_a_token_of_the_content_api_is_a_dead_one_here() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    account.set_token(token="another")
    vantage, scopes, _ = await world.poll()
    assert vantage.coverage.state is State.DENIED and not scopes


async def test_a_server_without_admin_tokens_is_signed_in_to_by_password() -> None:
    _, world, wire = desk(VENDOR, scheme="login", options=OPTIONS)
    _, _, reads = await world.poll(listings=["locales"])
    assert reads["locales"].coverage.complete
    posts = [request.url.path for request in wire.requests if request.method == "POST"]
    assert posts == ["/admin/login"]


async def test_what_an_older_server_does_not_have_is_not_observable() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    account._handlers = [one for one in account._handlers if "tokens" not in one[0].path]
    _, _, reads = await world.poll(listings=["api-tokens", "admin-tokens"])
    assert {read.coverage.state for read in reads.values()} == {State.UNSUPPORTED}


async def test_a_webhook_tells_no_more_than_that_it_is_enabled() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["webhooks"])
    (row,) = scopes[Ref(Kind.SYNC, "webhooks")].resources
    assert row.health is not None and row.health.state == "unknown" and row.facts["target"] == "build.example.com"
    before = row.facts["x_headers_digest"]
    account.alter(table="webhooks", key="rebuild", what={"isEnabled": False, "headers": {"Authorization": "other"}})
    _, scopes, _ = await world.poll(listings=["webhooks"])
    (row,) = scopes[Ref(Kind.SYNC, "webhooks")].resources
    assert row.health is not None and row.health.state == "disabled" and row.facts["x_headers_digest"] != before


async def test_one_thing_is_looked_at_and_gone_is_told_from_not_allowed() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    assert isinstance(await look(world, Kind.SCHEMA, "collections", ARTICLE), Resource)
    assert await look(world, Kind.SCHEMA, "collections", "api::gone.gone") == Absent("contentType.notFound")
    assert await look(world, Kind.FIELD, ARTICLE, "gone") == Absent("attributes")
    _, scopes, _ = await world.poll(listings=["collections"])
    topic = next(one for one in scopes[FIELDS].resources if one.key == "topic")
    assert await look(world, Kind.FIELD, ARTICLE, "topic") == topic
    assert isinstance(await look(world, Kind.PERMISSION, "roles", "brand"), Unsupported)
    account.revoke(name="plugin::content-type-builder.read")
    assert isinstance(await look(world, Kind.SCHEMA, "collections", "api::gone.gone"), Denied)
    account.set_token(token="another")
    assert isinstance(await look(world, Kind.SCHEMA, "collections", ARTICLE), Expired)


async def test_a_component_is_looked_at_where_components_are_and_is_no_content_type_that_is_gone() -> None:
    _, world, _ = desk(VENDOR, options=OPTIONS)
    _, scopes, _ = await world.poll(listings=["components"])
    seo = next(one for one in scopes[Ref(Kind.SCHEMA, "components")].resources if one.key == "shared.seo")
    title = next(one for one in scopes[Ref(Kind.FIELD, "shared.seo")].resources if one.key == "title")
    assert await look(world, Kind.SCHEMA, "components", "shared.seo") == seo
    assert await look(world, Kind.FIELD, "shared.seo", "title") == title
    assert await look(world, Kind.FIELD, "shared.seo", "gone") == Absent("attributes")
    assert await look(world, Kind.SCHEMA, "components", "shared.gone") == Absent("component.notFound")


@pytest.mark.parametrize("rows", [None, {}, [{"uid": "api::x.x", "schema": {"attributes": []}}]])
def test_types_without_fields_are_malformed(rows: Any) -> None:
    with pytest.raises(Malformed):
        apart(rows)


async def test_another_refusal_than_not_there_stays_a_refusal() -> None:
    _, world, wire = desk(VENDOR, options=OPTIONS)

    class No(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(400, json={"data": None, "error": {"name": "ValidationError", "message": "no"}})

    wire.inner = No()
    assert (await look(world, Kind.SCHEMA, "collections", ARTICLE)).code == "ValidationError"


async def test_who_did_it_stands_in_the_audit_log_which_only_the_enterprise_edition_keeps() -> None:
    account, world, wire = desk(VENDOR)
    account.enterprise, account.page = True, 2
    article = "api::article.article"
    start = world.clock.now()
    world.clock.advance(30)
    account.alter(table="types", key=article, what={"schema.attributes.title.required": False})
    account.alter(table="roles", key="brand", what={"description": "All brands"})
    account.alter(table="webhooks", key="rebuild", what={"isEnabled": False})
    world.clock.advance(30)
    now = world.clock.now()
    sought = [
        Sought(Ref(Kind.FIELD, article), "title", start, now),
        Sought(Ref(Kind.PERMISSION, "roles"), "brand", start, now),
        Sought(Ref(Kind.SCHEMA, "collections"), "api::region.region", start, now),
        Sought(Ref(Kind.FIELD, article), "title", start - 900, start - 600),
    ]  # fmt: skip
    told = await demand.who(VENDOR, world.api, sought, person=lambda name: name.partition("@")[0])
    first, second, third, fourth = told
    assert not isinstance(first, Fault) and not isinstance(second, Fault)
    assert (first["by"], first["action"], first["how"]) == ("admin-01", "content-type.update", "named")
    assert second["action"] == "role.update" and third == fourth == {}
    assert len(wire.requests) == 2, "up to the first entry that is too old"
    account.enterprise = False
    (fault,) = await demand.who(VENDOR, world.api, sought[:1], person=str)
    assert isinstance(fault, Unsupported)


async def test_every_page_of_the_panel_is_led_to() -> None:
    _, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll()
    links = {one.link for one in scopes.values() if one.link}
    links |= {row.evidence["link"] for one in scopes.values() for row in one.resources if "link" in row.evidence}
    panel = "https://account.test/admin/"
    assert f"{panel}plugins/content-type-builder/component-categories/shared/shared.seo" in links
    assert f"{panel}plugins/content-type-builder/content-types/api%3A%3Aarticle.article" in links
    assert f"{panel}settings/application-infos" in links
    assert f"{panel}settings/transfer-tokens/3" in links
    assert f"{panel}settings/admin-tokens/7" in links and f"{panel}settings/users-permissions/roles/2" in links


async def test_a_review_workflow_tells_its_stages_and_who_may_move_an_entry() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    place = Ref(Kind.SCHEMA, "review-workflows")
    _, scopes, _ = await world.poll(listings=["review-workflows"])
    (flow,) = scopes[place].resources
    assert [(one["id"], one["label"]) for one in flow.facts["stages"]] == [
        ("1", "To do"), ("2", "In review"), ("3", "Done"),
    ]  # fmt: skip
    assert flow.facts["x_content_types"] == [ARTICLE] and flow.evidence["link"].endswith("/review-workflows/1")
    assert flow.facts["x_moves"] == [
        "into Done: brand", "into In review: strapi-editor", "out of In review: brand", "out of To do: strapi-editor",
    ]  # fmt: skip
    older = {"id": 1, "name": "To do", "permissions": [{"action": "x", "role": 99}]}
    account.alter(table="reviews", key="1", what={"stages": [older]})
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["review-workflows"])
    assert scopes[place].resources[0].facts["x_moves"] == ["out of To do: 99"]


async def test_a_plan_without_review_workflows_is_unsupported() -> None:
    account, world, _ = desk(VENDOR, options=OPTIONS)
    account.growing = False
    _, _, reads = await world.poll()
    assert {name for name, read in reads.items() if not read.coverage.complete} == {"review-workflows"}
    assert reads["review-workflows"].coverage.state is State.UNSUPPORTED


@pytest.mark.parametrize("path", ["workflows", "roles"])
async def test_review_workflows_without_data_are_malformed(path: str) -> None:
    class Api:
        async def ask(self, ask: Any) -> Answer:
            return Answer(200, {}, b'{"data": null}' if ask.path.endswith(path) else b'{"data": []}')

    with pytest.raises(Malformed, match="no data"):
        await anext(reviews(Api(), [{}], [{}]))  # type: ignore[arg-type]
