"""Faults inside a composite: each sub-answer is judged for itself, and none of them is ever taken for a removal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from probes.kit.contract import Kind, Read, Ref, Scope, State
from probes.salesforce import VENDOR
from probes.salesforce.calls import DATA
from tests.probes.kit.world import World, js
from tests.probes.test_salesforce import Org

LEAD, CONTACT, CASE = (Ref(Kind.FIELD, name) for name in ("Lead", "Contact", "Case"))
Twist = Callable[[list[dict[str, Any]]], Any]


class Twisted(Org):
    """An org whose composite answers are changed on their way; `twist` gets the parts and gives what is answered."""

    def __init__(self) -> None:
        super().__init__("Lead", "Contact", "Case")
        self.twist: Twist | None = None
        self.sessions = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/services/oauth2/token":
            self.sessions += 1
        answer = super().handle(request)
        if self.twist is None or request.url.path != f"{DATA}/composite":
            return answer
        changed = self.twist(json.loads(answer.content)["compositeResponse"])
        return changed if isinstance(changed, httpx.Response) else js({"compositeResponse": changed})


def with_part(number: int, **changes: Any) -> Twist:
    def twist(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**part, **changes} if n == number else part for n, part in enumerate(parts)]

    return twist


def refusal(status: int, code: str) -> dict[str, Any]:
    return {"httpStatusCode": status, "body": [{"errorCode": code, "message": "said"}]}


async def after(twist: Twist) -> tuple[Twisted, World, dict[Ref, Scope], dict[str, Read]]:
    """A good reading, then one whose composite is twisted."""
    org = Twisted()
    world = org.world()
    await world.poll(listings=["fields"])
    org.twist = twist
    org.fields["Lead"].append({**org.fields["Lead"][0], "name": "New__c"})
    _, scopes, reads = await world.poll(listings=["fields"])
    return org, world, scopes, reads


def untouched(scopes: dict[Ref, Scope], reads: dict[str, Read], *others: str) -> None:
    """The others were read as ever."""
    for name in others:
        assert reads[f"fields/{name}"].coverage.complete, reads[f"fields/{name}"].coverage
        assert scopes[Ref(Kind.FIELD, name)].coverage.complete


@pytest.mark.parametrize(
    ("changes", "state", "code"),
    [
        (refusal(401, "INVALID_SESSION_ID"), State.DENIED, "INVALID_SESSION_ID"),
        (refusal(404, "NOT_FOUND"), State.DENIED, "NOT_FOUND"),
        (refusal(403, "INSUFFICIENT_ACCESS"), State.DENIED, "INSUFFICIENT_ACCESS"),
        (refusal(403, "REQUEST_LIMIT_EXCEEDED"), State.FAILED, "REQUEST_LIMIT_EXCEEDED"),
        (refusal(403, "FUNCTIONALITY_NOT_ENABLED"), State.UNSUPPORTED, "FUNCTIONALITY_NOT_ENABLED"),
        (refusal(500, "UNKNOWN_EXCEPTION"), State.FAILED, "UNKNOWN_EXCEPTION"),
        ({"httpStatusCode": 503, "body": None}, State.FAILED, "503"),
        ({"httpStatusCode": 500, "body": "a sentence and no envelope"}, State.FAILED, "500"),
        ({"httpStatusCode": 302, "body": None}, State.FAILED, "302"),
        ({"body": None}, State.FAILED, ""),
        ({"body": "text"}, State.FAILED, ""),
        ({"body": 7}, State.FAILED, ""),
        ({"body": {}}, State.FAILED, ""),
        ({"body": []}, State.FAILED, ""),
        ({"body": {"fields": None}}, State.FAILED, ""),
        ({"body": {"fields": {"name": "Email"}}}, State.FAILED, ""),
        ({"body": {"fields": [{"label": "no name"}], "recordTypeInfos": []}}, State.FAILED, ""),
        ({"body": {"fields": [7], "recordTypeInfos": []}}, State.FAILED, ""),
        ({"httpStatusCode": 304, "body": None}, State.FAILED, ""),
    ],
)
async def test_one_bad_sub_answer_fails_its_own_object_alone(changes: Any, state: State, code: str) -> None:
    _, _, scopes, reads = await after(with_part(1, **changes))
    found = reads["fields/Contact"]
    assert (found.coverage.state, found.coverage.code) == (state, code), found.coverage
    assert not found.memo and not scopes[CONTACT].resources and not scopes[CONTACT].same and not scopes[CONTACT].whole
    untouched(scopes, reads, "Lead", "Case")
    assert [row.key for row in scopes[LEAD].resources] == ["New__c"]


async def test_a_session_that_ends_within_a_composite_costs_one_object_one_reading_and_its_memory_stands() -> None:
    org, world, _, _ = await after(with_part(1, **refusal(401, "INVALID_SESSION_ID")))
    org.twist = None
    _, scopes, reads = await world.poll(listings=["fields"])
    assert reads["fields/Contact"].coverage.complete and scopes[CONTACT].whole
    assert org.sessions == 1, "the session itself was not refused"


async def test_an_object_deleted_between_the_list_and_its_describe_is_denied_now_and_gone_from_the_next_list() -> None:
    org, world, scopes, reads = await after(with_part(1, **refusal(404, "NOT_FOUND")))
    objects = Ref(Kind.SCHEMA, "objects")
    assert reads["fields/Contact"].coverage.state is State.DENIED
    org.twist, org.names = None, ("Lead", "Case")
    _, scopes, reads = await world.poll(listings=["objects", "fields"])
    assert scopes[objects].coverage.complete and scopes[objects].keys == {"Lead", "Case"}
    assert "fields/Contact" not in reads


@pytest.mark.parametrize(
    "twist",
    [
        lambda parts: parts[:1],
        lambda parts: [parts[0], {**parts[1], "referenceId": "r99"}, parts[2]],
        lambda parts: [parts[0], {**parts[1], "referenceId": "r-1"}, parts[2]],
        lambda parts: [parts[0], {**parts[1], "referenceId": "r0"}, parts[2]],
        lambda parts: [parts[0], {**parts[1], "referenceId": ""}, parts[2]],
    ],
    ids=["missing", "of nobody", "counted backwards", "given twice", "without a name"],
)
async def test_sub_answers_that_are_missing_or_of_nobody_leave_no_object_without_a_word(twist: Twist) -> None:
    _, _, scopes, reads = await after(twist)
    untouched(scopes, reads, "Lead")
    for name in ("Contact", "Case"):
        assert reads[f"fields/{name}"].coverage.state is State.FAILED, reads[f"fields/{name}"].coverage
        assert not scopes[Ref(Kind.FIELD, name)].resources


async def test_sub_answers_in_another_order_are_told_apart_by_their_name() -> None:
    _, _, scopes, reads = await after(lambda parts: list(reversed(parts)))
    untouched(scopes, reads, "Lead", "Contact", "Case")
    assert [row.key for row in scopes[LEAD].resources] == ["New__c"] and scopes[CONTACT].whole


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (js({"compositeResponse": None}), State.FAILED),
        (js({"compositeResponse": [{"httpStatusCode": "200", "referenceId": "r0"}]}), State.FAILED),
        (js({"hasErrors": True}), State.FAILED),
        (js([]), State.FAILED),
        (js(b'{"compositeResponse": [{"body": {"fields": ['), State.FAILED),
        (js(b"<html>maintenance</html>"), State.FAILED),
        (js([{"errorCode": "INSUFFICIENT_ACCESS", "message": "said"}], 403), State.DENIED),
        (js([{"errorCode": "INVALID_SESSION_ID", "message": "said"}], 401), State.DENIED),
        (js([{"errorCode": "SERVER_UNAVAILABLE", "message": "said"}], 503), State.FAILED),
    ],
)
async def test_a_composite_that_fails_as_a_whole_fails_every_object_in_it(answer: httpx.Response, state: State) -> None:
    _, _, scopes, reads = await after(lambda parts: answer)
    for name in ("Lead", "Contact", "Case"):
        found = reads[f"fields/{name}"].coverage
        assert found.state is state and found.reason, found
        assert not scopes[Ref(Kind.FIELD, name)].resources


async def test_what_a_sub_answer_echoes_of_the_session_is_not_shown() -> None:
    said = {
        "httpStatusCode": 400,
        "body": [{"errorCode": "ODD", "message": "bad session token-1 of very-secret-value"}],
    }
    _, _, _, reads = await after(with_part(1, **said))
    shown = reads["fields/Contact"].coverage.reason
    assert shown == "Rejected: bad session [redacted] of [redacted]" and VENDOR.name == "salesforce"
