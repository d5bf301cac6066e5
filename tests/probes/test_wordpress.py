"""WordPress: what its vendor file makes of answers that a real site cannot be brought to give; see tests/real too."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import httpx
import pytest

from probes.kit import demand
from probes.kit.contract import Absent, Denied, Kind, Ref, Resource, State, Unsupported
from probes.wordpress import VENDOR, powers, shape
from tests.probes.accounts import Written, options
from tests.probes.kit.world import World, js
from tests.probes.specs import unread

SECRETS = {"user": "driftline", "password": "demo-password"}


def world(**changes: httpx.Response) -> World:
    """The written-down site; `changes`: an answer of one's own for a path, its last part the name."""
    written = Written("wordpress")

    class Wire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            made.requests.append(request)
            own = changes.get(request.url.path.rpartition("/")[2].replace("-", "_"))
            return own or await written.handle_async_request(request)

    made = World(
        VENDOR, transport=Wire(), base="https://account.test", allow_private=True, options=options("wordpress"),
        scheme="application-password", secrets=SECRETS,
    )  # fmt: skip
    return made


def no(code: str, status: int) -> httpx.Response:
    return js({"code": code, "message": "Sorry, you are not allowed to do that.", "data": {"status": status}}, status)


async def look(made: World, kind: Kind, scope: str, key: str) -> Any:
    return await demand.look(VENDOR, made.api, Ref(kind, scope), key, person=lambda name: name)


async def test_no_declared_fact_reads_nothing_and_nothing_secret_or_personal_is_read() -> None:
    _, scopes, _ = await world().poll(person=lambda name: f"p-{crc32(name.encode())}")
    assert unread(VENDOR, scopes) == set()
    said = repr(list(scopes.values()))
    assert not any(word in said for word in ("not-for-git", "@example.com", "gravatar", "192.0.2.7"))


async def test_fields_are_of_our_types_and_meta_is_told_apart() -> None:
    _, scopes, _ = await world().poll(listings=["types", "fields", "taxonomies", "term-fields", "user-fields"])
    campaign = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "campaign")].resources}
    types = {key: facts["type"] for key, facts in campaign.items()}
    assert types == {"id": "integer", "date": "datetime", "status": "option", "title": "html",
                     "meta.utm_source": "text", "meta.budget": "integer", "meta.regions": "multi_option"}  # fmt: skip
    assert campaign["date"]["nullable"] is True and campaign["id"]["read_only"] is True
    assert campaign["meta.utm_source"]["length"] == 64 and campaign["meta.utm_source"]["group"] == "meta"
    assert campaign["meta.regions"]["options"] == [{"value": "emea"}, {"value": "apac"}]
    users = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "users")].resources}
    assert users["email"]["required"] is True and users["locale"]["options"] == [{"value": "en_US"}]
    terms = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "taxonomy.category")].resources}
    assert terms["name"]["required"] is True and terms["parent"]["required"] is False
    assert Ref(Kind.FIELD, "wp_font_face") not in scopes, "an address that is a pattern has no answer"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"type": ["string", "integer"]}, "any"),
        ({"type": ["integer", "null"]}, "integer"),
        ({"type": "string", "format": "uri"}, "string/uri"),
        ({"type": "array", "items": {"type": "integer"}}, "array"),
        ({"type": "object", "properties": []}, "object"),
        ({}, "any"),
    ],
)
def test_what_a_value_is(said: dict[str, Any], found: str) -> None:
    assert shape(said).replace("None", "any") == found


def test_powers_are_what_is_allowed_without_roles_and_levels() -> None:
    held = {"edit_posts": True, "export": False, "level_7": True, "editor": True}
    assert powers({"roles": ["editor"], "capabilities": held}) == ["edit_posts"]
    assert powers({"roles": [], "capabilities": []}) == []


async def test_a_wrong_password_is_nobody_and_nothing_more_is_asked() -> None:
    made = world(me=no("rest_not_logged_in", 401))
    vantage, scopes, reads = await made.poll()
    assert vantage.coverage.state is State.DENIED and vantage.coverage.reason.startswith("Expired")
    assert not scopes and all(not read.coverage.complete for read in reads.values())
    assert len(made.requests) <= 2, "the user again, in case the password was replaced, and no list"


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (no("rest_cannot_view_plugins", 403), State.DENIED, "rest_cannot_view_plugins"),
        (no("rest_no_route", 404), State.UNSUPPORTED, "rest_no_route"),
        (js(b"<title>403</title>", 403), State.DENIED, "403"),
        (js(b"<title>Checking your browser</title>"), State.FAILED, ""),
    ],
)
async def test_a_missing_right_a_missing_route_and_a_wall_are_three_things(
    answer: httpx.Response, state: State, code: str
) -> None:
    _, _, reads = await world(plugins=answer).poll(listings=["plugins"])
    assert (reads["plugins"].coverage.state, reads["plugins"].coverage.code) == (state, code)


async def test_application_passwords_that_are_switched_off_are_not_observable() -> None:
    _, _, reads = await world(application_passwords=no("application_passwords_disabled", 501)).poll(
        listings=["users", "application-passwords"]
    )
    (found,) = [read for name, read in reads.items() if name.startswith("application-passwords")]
    assert found.coverage.state is State.UNSUPPORTED


async def test_a_page_of_users_that_repeats_is_never_the_whole_list() -> None:
    same = js([{"id": 1, "email": "a@example.com", "username": "a", "roles": ["editor"]}])
    _, _, reads = await world(users=same).poll(listings=["users"])
    assert not reads["users"].coverage.complete


@pytest.mark.parametrize("body", [{"namespace": "wp/v2"}, [], {"schema": {"properties": []}}])
async def test_a_route_without_a_schema_is_malformed(body: Any) -> None:
    _, _, reads = await world(posts=js(body)).poll(listings=["types", "fields"])
    assert reads["fields/post"].coverage.state is State.FAILED and reads["fields/campaign"].coverage.complete


async def test_one_thing_is_looked_at() -> None:
    made = world(nope=no("rest_type_invalid", 404), page=no("rest_forbidden_context", 403),
                 campaign=js(told_type("campaign")))  # fmt: skip
    assert await look(made, Kind.SCHEMA, "types", "nope") == Absent("rest_type_invalid")
    assert isinstance(await look(made, Kind.SCHEMA, "types", "page"), Denied)
    assert isinstance(await look(made, Kind.SCHEMA, "types", "campaign"), Resource)
    assert isinstance(await look(made, Kind.SCHEMA, "statuses", "draft"), Unsupported)
    there = await look(made, Kind.FIELD, "users", "email")
    assert isinstance(there, Resource) and there.facts["type"] == "email"
    assert await look(made, Kind.FIELD, "users", "phone") == Absent("schema")


def told_type(slug: str) -> dict[str, Any]:
    return {"slug": slug, "name": slug.title(), "rest_base": slug, "rest_namespace": "wp/v2"}
