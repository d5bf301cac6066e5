"""Hootsuite: its traps, against answers in the shape that it publishes."""

from __future__ import annotations

import httpx
import pytest

from probes.hootsuite import VENDOR
from probes.kit.contract import Kind, Ref, State
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written


async def test_no_declared_fact_reads_nothing_and_no_person_is_named() -> None:
    _, scopes, _ = await written(VENDOR).poll(person=lambda name: f"p-{name.partition('@')[0]}")
    assert unread(VENDOR, scopes) == set()
    assert not any(word in repr(list(scopes.values())) for word in ("not-for-git", "@example.com"))


async def test_a_profile_that_was_disconnected_is_failing() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["profiles"])
    rows = {one.key: one.health for one in scopes[Ref(Kind.SYNC, "profiles")].resources}
    assert {key: health and health.state for key, health in rows.items()} == {
        "LINKEDINCOMPANY/5001": "ok", "INSTAGRAMBUSINESS/5002": "failing",
    }  # fmt: skip


async def test_the_app_signs_in_for_its_organization_by_basic_and_not_in_the_body() -> None:
    made = written(VENDOR)
    await made.poll(listings=["teams"])
    (sign_in,) = [request for request in made.requests if request.url.path == "/oauth2/token"]
    assert sign_in.headers["authorization"].startswith("Basic ")
    assert sign_in.content == b"grant_type=organization_app&organization_id=demo-organization_id"


@pytest.mark.parametrize(
    ("answer", "grants"),
    [
        (None, {"ORG_MANAGE_MEMBERS", "ORG_POST"}),
        (js({"errors": [{"code": 4000, "message": "not a member"}]}, 400), set()),
        (js({"errors": [{"code": 1030, "message": "no"}]}, 403), set()),
    ],
)
async def test_what_the_member_may_do_stands_in_the_vantage_where_there_is_one(
    answer: httpx.Response | None, grants: set[str]
) -> None:
    vantage, _, _ = await written(VENDOR, {"permissions": answer} if answer else {}).poll(listings=["teams"])
    assert (vantage.account, vantage.grants) == ("900", grants) and Kind.SYNC in vantage.silent


@pytest.mark.parametrize(
    "answers",
    [
        {"members": js({"data": None})},
        {"2": js({"data": None})},
        {"members": js({"errors": [{"code": 1, "message": "no"}]})},
    ],
)
async def test_members_of_whom_anything_does_not_come_are_no_shorter_list(answers: dict[str, httpx.Response]) -> None:
    _, _, reads = await written(VENDOR, answers).poll(listings=["members"])
    assert reads["members"].coverage.state is State.FAILED


async def test_a_member_says_in_which_teams_it_is_and_opens_where_teams_are_managed() -> None:
    made = written(VENDOR)
    _, scopes, _ = await made.poll(listings=["members", "teams"])
    rows = {one.key: one for one in scopes[Ref(Kind.PERMISSION, "members")].resources}
    teams = sorted(sorted(one.facts["x_teams"]) for one in rows.values())
    assert teams == [["Agency", "Brand"], ["Brand"]]
    every = [one for scope in scopes.values() for one in scope.resources]
    assert {one.evidence["link"] for one in every} == {"https://hootsuite.com/dashboard#/member"}


async def test_teams_that_do_not_come_are_no_member_without_a_team() -> None:
    answers = {"teams": js({"errors": [{"code": 4030, "message": "Forbidden"}]}, 403)}
    _, _, reads = await written(VENDOR, answers).poll(listings=["members"])
    assert reads["members"].coverage.state is State.DENIED
