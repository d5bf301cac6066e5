"""ZoomInfo: its traps, against answers in the shape that it publishes."""

from __future__ import annotations

import httpx
import pytest

from probes.kit.contract import Kind, Ref, State
from probes.zoominfo import VENDOR
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written


async def test_no_declared_fact_reads_nothing() -> None:
    _, scopes, _ = await written(VENDOR).poll()
    assert unread(VENDOR, scopes) == set()


async def test_fields_are_of_our_types_and_one_of_an_unknown_type_is_any() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["entities", "fields"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "contact")].resources}
    assert {key: facts["type"] for key, facts in rows.items()} == {
        "email": "text", "region": "option", "companyId": "reference", "score": "any",
    }  # fmt: skip
    assert rows["region"]["options"] == [{"value": "emea"}, {"value": "apac"}]
    assert rows["companyId"]["references"] == ["company"] and rows["email"]["required"] is True


async def test_who_may_export_and_how_much_is_an_entitlement() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["entitlements"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "entitlements")].resources}
    assert {key: (facts["x_value"], facts["active"]) for key, facts in rows.items()} == {
        "action/EXPORT_CONTACTS": ("Y", True), "limit/EXPORT_LIMIT": ("5000", True), "feature/INTENT": ("N", False),
    }  # fmt: skip


async def test_nothing_that_costs_credits_is_asked() -> None:
    made = written(VENDOR)
    await made.poll()
    paths = {request.url.path for request in made.requests}
    assert not any(word in path for path in paths for word in ("search", "enrich", "execute"))
    assert {request.method for request in made.requests if "token" not in request.url.path} == {"GET"}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (js({"errors": [{"code": "403", "detail": "no scope"}]}, 403), State.DENIED),
        (js({"errors": [{"code": "x", "detail": "no"}]}), State.FAILED),
        (js({"data": [], "meta": {"totalCount": 3}}), State.PARTIAL),
    ],
)
async def test_a_list_that_is_refused_or_short_is_no_removal(answer: httpx.Response, state: State) -> None:
    _, _, reads = await written(VENDOR, {"workflows": answer}).poll(listings=["workflows"])
    assert reads["workflows"].coverage.state is state
