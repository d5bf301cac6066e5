"""The `rest` vendor: an in-house API declared in YAML, and the sentences said of a wrong declaration."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import yaml

from probes.kit.contract import Kind, Ref, State
from probes.rest import RestInvalid, build
from tests.probes.kit.world import SECRET, World, js

BLOCK = """
title: Loyalty
base: https://loyalty.example.com
auth: {style: header, headers: {X-Api-Key: "{token}"}}
errors: {code: error.code, message: error.text, faults: {no_right: denied}}
identity: {path: /me, account: org.id, subject: login, grants: scopes, account_name: org.name, expires_at: ends}
listings:
  - {name: objects, kind: schema, path: /objects, records: data, key: name, facts: [label], always: [label]}
  - name: fields
    kind: field
    for_each: objects
    path: /objects/{parent.key}/fields
    records: data
    key: name
    facts: {type: kind, native_type: kind, required: mandatory}
    words: {type: {str: text, "*": any}}
  - name: people
    kind: permission
    path: /people
    records: data
    key: mail
    person: true
    facts: {admin: root}
    paging: {style: page, into: page, size: 2, size_into: limit, total: total}
"""


def block(**changes: Any) -> dict[str, Any]:
    return {**yaml.safe_load(BLOCK), **changes}


def handle(request: httpx.Request) -> httpx.Response:
    assert request.headers["x-api-key"] == SECRET
    path = request.url.path
    if path == "/me":
        return js({"org": {"id": 12, "name": "Example"}, "login": "robot", "scopes": "read list", "ends": 1800000000})
    if path == "/objects":
        return js({"data": [{"name": "card", "label": "Card"}, {"name": "shop floor", "label": "Shop floor"}]})
    if path == "/objects/card/fields":
        return js({"data": [{"name": "number", "kind": "str", "mandatory": True}, {"name": "x", "kind": "odd"}]})
    if path == "/objects/shop floor/fields":
        return js({"error": {"code": "no_right", "text": "not yours"}}, status=400)
    mails = ["a@example.com", "b@example.com", "c@example.com"]
    page = int(request.url.params["page"])
    rows = [{"mail": mail, "root": False} for mail in mails[2 * page - 2 : 2 * page]]
    return js({"data": rows, "total": len(mails)})


async def test_an_in_house_system_is_read_without_code() -> None:
    world = World(build(block()), handle, scheme="header", options={})
    vantage, scopes, reads = await world.poll(person=lambda name: f"p-{name[0]}")
    assert (vantage.account, vantage.subject, vantage.grants) == ("12", "robot", {"read", "list"})
    assert vantage.credential_expires_at == 1_800_000_000
    facts = {r.key: r.facts for r in scopes[Ref(Kind.FIELD, "card")].resources}
    assert facts == {
        "number": {"type": "text", "native_type": "str", "required": True},
        "x": {"type": "any", "native_type": "odd"},
    }
    assert reads["fields/shop floor"].coverage.state is State.DENIED
    assert scopes[Ref(Kind.PERMISSION, "people")].keys == {"p-a", "p-b", "p-c"}


async def test_an_answer_without_the_account_leaves_us_blind_and_says_why() -> None:
    spec = block(identity={"path": "/me", "account": "nowhere"})
    vantage, _, _ = await World(build(spec), handle, scheme="header", options={}).poll(listings=["objects"])
    assert vantage.coverage.state is State.FAILED
    assert "/me has no nowhere" in vantage.coverage.reason


async def test_grants_that_are_no_list_leave_us_blind() -> None:
    spec = block(identity={"path": "/me", "account": "org.id", "grants": "org"})
    vantage, _, _ = await World(build(spec), handle, scheme="header", options={}).poll(listings=["objects"])
    assert "neither a list nor a text" in vantage.coverage.reason


@pytest.mark.parametrize(
    ("auth", "fields"),
    [
        ({"style": "none"}, ()),
        ({"style": "basic"}, ("user", "password")),
        ({"style": "client_credentials", "token_path": "/token"}, ("client_id", "client_secret")),
        ({"style": "header", "headers": {"A": "{key}:{secret}", "B": "{key}"}}, ("key", "secret")),
    ],
)
def test_each_way_to_sign_in_names_its_fields(auth: dict[str, Any], fields: tuple[str, ...]) -> None:
    vendor = build(block(auth=auth))
    assert vendor.schemes[auth["style"]].fields == fields


def test_without_an_identity_there_is_none() -> None:
    assert build({"listings": block()["listings"]}).identity is None


async def test_basic_and_client_credentials_sign_in() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return js({"access_token": "abcdefgh", "expires_in": 600})
        seen.append(request.headers["authorization"].split()[0])
        return js({"data": []})

    secrets = {"user": "u", "password": "pass-word", "client_id": "id", "client_secret": "secret-1"}
    for auth in ({"style": "basic"}, {"style": "client_credentials", "token_path": "/token"}):
        spec = {"base": "https://x.example.com", "auth": auth, "listings": block()["listings"][:1]}
        await World(build(spec), answer, scheme=auth["style"], secrets=secrets, options={}).poll()
    assert seen == ["Basic", "Bearer"]


def test_all_mistakes_are_said_at_once_each_with_its_key_path() -> None:
    wrong = {
        "auth": {"style": "header"},
        "bogus": 1,
        "identity": {"path": "/me", "account": "a["},
        "listings": [
            {"name": "a", "kind": "fiel", "path": "/x"},
            {"name": "b", "kind": "field", "path": "/x", "facts": ["colour"]},
            {"kind": "field", "path": "/x", "batch": 5, "fetch": "os.system"},
            "no listing",
        ],
    }
    with pytest.raises(RestInvalid) as caught:
        build(wrong)
    said = {problem.partition(": ")[0]: problem.partition(": ")[2] for problem in caught.value.problems}
    assert said["rest.auth"] == "style header needs headers, and no other style has them"
    assert said["rest.bogus"] == "is an unknown key"
    assert "is not a JMESPath expression" in said["rest.identity.account"]
    assert said["rest.listings[0].kind"].startswith("expected 'schema', 'field'")
    assert "'colour' is no fact of field" in said["rest.listings[1]"]
    assert said["rest.listings[2].name"] == "is missing"
    assert said["rest.listings[2].fetch"] == "needs code; write a vendor file for that"
    assert "rest.listings[2].batch" in said
    assert "rest.listings[3]" in said


def test_a_block_without_listings_and_one_of_another_shape_are_refused() -> None:
    with pytest.raises(RestInvalid, match=r"rest\.listings: expected at least one entry"):
        build({"listings": []})
    with pytest.raises(RestInvalid, match=r"rest\.listings: "):
        build({"listings": "objects"})
    with pytest.raises(RestInvalid, match=r"for_each 'nowhere' is no listing declared before it"):
        build({"listings": [{"name": "a", "kind": "field", "path": "/x", "for_each": "nowhere"}]})
    with pytest.raises(RestInvalid, match="needs a token_path"):
        build(block(auth={"style": "client_credentials"}))


def test_a_problem_never_quotes_what_stands_there() -> None:
    with pytest.raises(RestInvalid) as caught:
        build(block(auth={"style": "header", "headers": {"A": ["pasted-secret-value"]}}, base=["pasted-secret-value"]))
    assert "pasted-secret-value" not in str(caught.value)
