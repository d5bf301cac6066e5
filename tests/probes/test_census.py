"""Census: its traps, against answers in the shape that it publishes."""

from __future__ import annotations

import httpx
import pytest

from probes import census
from probes.kit.contract import Kind, Ref, State
from tests.probes.kit.world import js
from tests.probes.specs import unread
from tests.probes.written import written


async def test_no_declared_fact_reads_nothing_and_no_secret_is_read() -> None:
    _, scopes, _ = await written(census.VENDOR).poll(person=lambda name: f"p-{name.partition('@')[0]}")
    assert unread(census.VENDOR, scopes) == set()
    said = repr(list(scopes.values()))
    assert not any(word in said for word in ("not-for-git", "not_for_git", "@example.com"))


async def test_a_census_sync_tells_line_by_line_what_goes_where() -> None:
    _, scopes, _ = await written(census.VENDOR).poll(listings=["syncs"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.SYNC, "syncs")].resources}
    assert [(one["from"], one["to"]) for one in rows["61"]["mapping"]] == [
        ("EMAIL/email", "email"), ("EMAIL/work_email", "work_email"), ("(constant_value)", "cohort"),
        ("ACCOUNT", "company"),
    ]  # fmt: skip
    assert (rows["61"]["source"], rows["62"]["source"]) == ("4/qualified_leads", "4/users")
    assert (rows["63"]["enabled"], rows["63"]["schedule"], rows["61"]["schedule"]) == (False, "* 1 * * *", "daily")


async def test_a_dataset_is_told_with_its_columns_and_its_query_by_a_digest() -> None:
    _, scopes, _ = await written(census.VENDOR).poll(listings=["datasets"])
    rows = {one.key: one for one in scopes[Ref(Kind.SCHEMA, "datasets")].resources}
    assert rows["7"].facts["key_fields"] == ["lead_id"] and rows["7"].facts["x_source"] == "4"
    assert "cached" not in repr(rows["7"].facts) and rows["7"].facts["x_query_digest"]
    columns = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "7")].resources}
    assert columns["SCORE"] == {"type": "integer", "native_type": "integer"}
    assert columns["SEEN_AT"]["type"] == "any", "a word of the warehouse's own"


async def test_links_of_a_workspace_in_the_eu_lead_to_the_eu() -> None:
    there = written(census.VENDOR, base="https://app-eu.getcensus.com")
    _, scopes, _ = await there.poll(listings=["syncs", "sources"])
    row = next(one for one in scopes[Ref(Kind.SYNC, "syncs")].resources if one.key == "61")
    assert row.evidence["link"] == "https://app-eu.getcensus.com/syncs/61/overview"
    assert scopes[Ref(Kind.PLATFORM, "sources")].link == "https://app-eu.getcensus.com/sources"


async def test_a_census_sync_is_as_its_newest_run_that_was_no_skip() -> None:
    _, scopes, _ = await written(census.VENDOR).poll()
    found = {ref.name: row.health for ref, scope in scopes.items() if ref.name.endswith(".runs")
             for row in scope.resources}  # fmt: skip
    states = {name: health and health.state for name, health in found.items()}
    assert states == {"61.runs": "ok", "62.runs": "failing", "63.runs": "paused", "64.runs": "unknown"}
    failing = found["62.runs"]
    assert failing is not None and (failing.rows_ok, failing.rows_failed, failing.errors) == (
        0, 480, ("JSON_ARRAY_ERROR",),
    )  # fmt: skip
    assert failing.succeeded_at is not None and failing.failed_at is not None


def test_a_cancelled_census_run_says_nothing_of_the_sync() -> None:
    run = {"status": "completed", "canceled": True, "completed_at": "2026-05-28T02:52:29.234Z", "records_updated": 1}
    assert census.folded([run], False) == {
        "state": "canceled", "succeeded_at": None, "failed_at": None, "ok": None, "failed": None, "errors": [],
    }  # fmt: skip


async def test_the_end_of_censuss_v1_is_told_before_it_comes() -> None:
    made = written(census.VENDOR)
    await made.poll(listings=["sources"])
    assert made.signals.sunset["v1"] > 1_780_000_000


@pytest.mark.parametrize(
    ("answer", "state"), [(js({"status": "error", "message": "no"}), State.FAILED), (js({}, 401), State.DENIED)]
)
async def test_a_census_list_that_does_not_come_is_no_empty_list(answer: httpx.Response, state: State) -> None:
    _, _, reads = await written(census.VENDOR, {"destinations": answer}).poll(listings=["destinations"])
    assert reads["destinations"].coverage.state is state


async def test_census_runs_that_do_not_come_are_malformed() -> None:
    no = js({"status": "success"})
    _, _, reads = await written(census.VENDOR, {"sync_runs": no}).poll(listings=["syncs", "runs"])
    assert reads["runs/61"].coverage.state is State.FAILED
