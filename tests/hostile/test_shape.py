"""The report of shapes, of accounts whose every value, key and header is planted."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from monitor.config.models import Integration
from monitor.setup.heard import Heard, overhear
from monitor.setup.newvendor import described
from monitor.setup.proof import Tokenless, poller, watched
from monitor.setup.replied import tried
from monitor.setup.shape import Shapes, shapes
from probes.kit.api import Answer
from probes.kit.clock import ManualClock
from probes.kit.listing import Vendor
from probes.kit.registry import vendors
from probes.rest import RestSpec
from tests.probes.accounts import account, options
from tests.probes.rules import everyone

from .corpus import LABELS

CANARY, NUMBER = "kanarie7", 8_675_309
OVER_HTTP = sorted(name for name, one in everyone().items() if not one.statements)  # a database has no JSON to twist
SIGN_IN = re.compile(r"(token(/v\d+)?|login)$")
Twist = Callable[[Any], Any]


def beside(said: Any) -> Any:
    """Everything as it was, and in every object something more: what a customer added."""
    if isinstance(said, dict):
        more = {
            f"{CANARY}_key": f"a {CANARY} value",
            f"{CANARY} {len(said)}": NUMBER,
            f"{CANARY}.map": {CANARY: [CANARY]},
        }
        return {name: beside(inner) for name, inner in said.items()} | more
    return [beside(inner) for inner in said] if isinstance(said, list) else said


def behind(said: Any) -> Any:
    """Every text with something behind it."""
    if isinstance(said, dict):
        return {name: behind(inner) for name, inner in said.items()}
    if isinstance(said, list):
        return [behind(inner) for inner in said]
    return f"{said}{CANARY}" if isinstance(said, str) else said


def instead(said: Any) -> Any:
    """Nothing is as it was: keys, texts, numbers."""
    if isinstance(said, dict):
        return {f"{CANARY}{number}": instead(inner) for number, inner in enumerate(said.values())}
    if isinstance(said, list):
        return [instead(inner) for inner in said]
    return said if isinstance(said, bool) or said is None else NUMBER if isinstance(said, int) else CANARY


def refused(said: Any) -> Any:
    """An error in each envelope there is, with codes and messages of the vendor's own."""
    error = {"code": CANARY, "type": CANARY, "message": CANARY, "errorCode": CANARY, "category": CANARY}
    return {"error": error, "errors": [{**error, "extensions": {"code": CANARY}}], **error}


class Planted(httpx.AsyncBaseTransport):
    """An account from behind its identity on, with each answer twisted and a header on it."""

    def __init__(self, inner: httpx.AsyncBaseTransport, twist: Twist) -> None:
        self.inner, self.twist, self.met = inner, twist, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            given = await self.inner.handle_async_request(request)
        except ValueError:  # a cursor that was tampered with is more than a simulated account looks for
            given = httpx.Response(400, json={"error": "no such page"})
        body = await given.aread()
        if SIGN_IN.search(request.url.path):  # who cannot sign in is told nothing
            return httpx.Response(given.status_code, headers=given.headers, content=body)
        status = 400 if self.twist is refused else given.status_code
        try:
            body = json.dumps(self.twist(json.loads(body))).encode()
            self.met += 1
        except ValueError:
            body += CANARY.encode()
        kept = {
            name: text for name, text in given.headers.items() if name not in ("content-length", "content-encoding")
        }
        planted = {f"x-{CANARY}": CANARY, "etag": f'"{CANARY}"', "x-request-id": CANARY}
        return httpx.Response(status, headers={**kept, **planted}, content=body)


async def report(vendor: Vendor, twist: Twist, monkeypatch: pytest.MonkeyPatch) -> tuple[Shapes, Planted]:
    clock = ManualClock(1_780_000_000.0, leap=True)
    scheme = "token" if "token" in vendor.schemes else next(iter(vendor.schemes))
    secrets = {field: f"{CANARY}-{field}" for field in vendor.schemes[scheme].fields}
    _, wire = account(vendor, clock, secrets)
    planted = Planted(wire, twist)
    own = Integration.model_validate(
        {
            "name": f"{CANARY}-prod", "vendor": vendor.name, "environment": CANARY, "class": "production",
            "owner": CANARY, "base": "https://account.test", "allow_private": True, "options": options(vendor.name),
            "credentials": {"scheme": scheme, **{field: f"${{env:{field}}}" for field in secrets}},
        }
    )  # fmt: skip
    monkeypatch.setattr("monitor.setup.proof.vendor_for", lambda own: vendor)
    reader = poller(own, lambda reference: secrets[reference.target], Tokenless(), clock)
    reader._transport = planted
    found = [one async for one in overhear(reader, watched(own), 3)]
    await reader.close()
    return shapes(vendor, [heard for heard, _ in found], found[0][1], "0"), planted


@pytest.mark.parametrize("twist", [beside, behind, instead, refused], ids=lambda twist: twist.__name__)
@pytest.mark.parametrize("name", OVER_HTTP)
async def test_no_value_no_key_and_no_header_of_an_account_is_in_a_report_of_shapes(
    name: str, twist: Twist, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, planted = await report(everyone()[name], twist, monkeypatch)
    text = msgspec.json.encode(made).decode()
    assert planted.met, "the account was asked"
    assert CANARY not in text and CANARY.upper() not in text and str(NUMBER) not in text
    assert any(one.answers for one in made.listings), text


async def test_what_is_known_to_everybody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = await report(vendors()["directus"], beside, monkeypatch)
    told = {one.listing: one for one in made.listings}
    assert made.signed_in and made.verified == "real system in CI"
    fields = told["fields"]
    assert fields.states == {"complete": 2} and fields.facts["field.type"] == "all"
    (answered,) = fields.answers
    assert (answered.method, answered.status, answered.times) == ("GET", 200, 2)
    count, row = answered.body["data"]
    assert count == "several" and row["schema"]["is_nullable"] == "boolean" and row["other keys"][0] == "several"
    assert told["collections"].facts["schema.group"] == "none", "what no row has is where a vendor file is wrong"
    broken, _ = await report(vendors()["directus"], refused, monkeypatch)
    (error,) = broken.listings[0].answers
    assert (error.status, error.code) == (400, "(a code that the vendor file does not name)")
    assert error.body["errors"][1]["extensions"] == {"code": "text"}


@pytest.mark.parametrize("label", LABELS)
async def test_a_new_vendors_files_have_no_name_of_the_account_and_are_what_they_seem(label: str) -> None:
    row = {"name": f"{label} {CANARY}", "label": f"{CANARY}{label}", f"{CANARY} {label}": {label: CANARY},
           f"{label} of {CANARY}": f"{CANARY} {label}"}  # fmt: skip
    block = {
        "title": label, "docs": f"https://docs.example.com/{label}", "base": "https://api.example.com",
        "listings": [{"name": "things", "kind": "field", "path": "/things", "key": "name", "facts": ["label"]}],
    }  # fmt: skip
    own = Integration.model_validate(
        {"name": "x", "vendor": "rest", "environment": "e", "class": "production", "owner": "o", "rest": block,
         "credentials": {"scheme": "none"}}
    )  # fmt: skip
    (listing,) = RestSpec.model_validate(block).listings
    answer = Answer(200, {}, msgspec.json.encode([row]))
    heard = Heard(listing="things", asked=[{}], answers=[(listing.ask({}, {}), answer)])
    made = described("acme", own, [Heard(listing=""), heard])
    assert (await tried(made))[0] == {}, "it is a vendor file that reads its answers"
    assert CANARY not in made.text + json.dumps(made.replies)
    said, *_ = ast.parse(made.text).body
    assert isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant), "the title ends no docstring"
    (there,) = made.replies["things"]
    assert there.keys() == {"name", "label", "other_1"}, "an object that nobody names goes, a value is stood in for"
    assert all(char.isprintable() or char == "\n" for char in made.text)
