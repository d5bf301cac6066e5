"""What status pages say, in the shapes that they publish. The page below is the published form of a Statuspage summary
(https://www.githubstatus.com/api/v2/summary.json has all its keys), with parts as HubSpot names its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.model import Source, Urgency
from monitor.core.vendor_status import AROUND, OUTAGES, STATES, VendorStatus, brief, lowered, said, statuspage, trust

AT = 1_790_000_000.0


def when(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def page(**more: Any) -> dict[str, Any]:
    return {
        "page": {"id": "x", "name": "HubSpot", "url": "https://status.hubspot.com", "time_zone": "Etc/UTC"},
        "status": {"indicator": "none", "description": "All Systems Operational"},
        "components": [
            {"id": "k1", "name": "CRM API", "status": "operational", "group": False, "group_id": "g1",
             "updated_at": "2026-09-21T01:00:00.000Z", "page_id": "x", "position": 1},
            {"id": "k2", "name": "Forms", "status": "operational", "updated_at": "2026-09-21T02:00:00.000Z"},
        ],
        "incidents": [],
        "scheduled_maintenances": [],
    } | more  # fmt: skip


def incident(name: str, *ids: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "i1", "name": name, "status": "investigating", "impact": "major",
        "created_at": "2026-09-21T03:05:00.000Z", "started_at": "2026-09-21T03:00:00.000Z",
        "components": [{"id": id, "name": id, "status": "partial_outage"} for id in ids], "incident_updates": [],
    } | more  # fmt: skip


def broken(**parts: str) -> dict[str, Any]:
    made = page()
    for part in made["components"]:
        part["status"] = parts.get(part["id"], part["status"])
    return made


def read(body: Any, *components: str) -> VendorStatus:
    return statuspage(orjson.dumps(body), components, AT)


def test_all_is_well() -> None:
    found = read(page(), "crm api", "k2")
    assert (found.state, found.named, found.read_at, found.trouble) == ("operational", True, AT, False)
    assert said(found, "HubSpot") == "HubSpot reports: all is well"
    assert brief(found) == "all is well"


def test_a_part_that_is_named_is_told_with_its_incident_and_the_earliest_begin() -> None:
    body = broken(k1="partial_outage") | {
        "incidents": [incident("Errors of the CRM API", "k1"), incident("Slow forms", "k2", started_at=None)]
    }
    found = read(body, "CRM API")
    assert (found.state, found.what, found.since) == (
        "partial_outage", "Errors of the CRM API", when("2026-09-21T03:00:00"),
    )  # fmt: skip
    assert found.trouble
    assert said(found, "HubSpot") == "HubSpot reports: partial outage (Errors of the CRM API)"
    assert brief(found) == "partial outage, since 21 Sep 03:00 UTC: Errors of the CRM API"
    assert read(body, "Forms").state == "operational", "another part is not ours"
    quiet = read(broken(k2="degraded_performance"), "Forms", "CRM API")
    assert (quiet.state, quiet.what, quiet.since) == ("degraded", "Forms", when("2026-09-21T02:00:00"))
    assert brief(VendorStatus("maintenance", "Forms")) == "maintenance: Forms"


@pytest.mark.parametrize(
    ("indicator", "state"),
    [("none", "operational"), ("minor", "degraded"), ("major", "partial_outage"), ("critical", "major_outage"),
     ("maintenance", "maintenance"), ("purple", "unknown")],
)  # fmt: skip
def test_a_whole_page_counts_only_where_it_says_outage(indicator: str, state: str) -> None:
    found = read(page(status={"indicator": indicator, "description": ""}, incidents=[incident("A storm")]))
    assert found.state == state
    assert found.trouble == (state in OUTAGES)


@pytest.mark.parametrize(
    ("body", "parts", "why"),
    [
        (b"<html>", (), "does not answer as Statuspage documents"),
        (b"\xff", (), "does not answer as Statuspage documents"),
        (orjson.dumps(page(components="none")), (), "does not answer as Statuspage documents"),
        (orjson.dumps({"error": "gone"}), (), "does not answer as Statuspage documents"),
        (orjson.dumps(page()), ("CRM API", "Reports"), "the page has no part Reports"),
        (orjson.dumps(broken(k1="on_fire")), ("k1",), "a word of its own for it: on_fire"),
    ],
)
def test_what_cannot_be_read_is_unknown_and_never_fine(body: bytes, parts: tuple[str, ...], why: str) -> None:
    found = statuspage(body, parts, AT)
    assert found.state == "unknown" and why in found.why and not found.trouble
    assert brief(found) == ""
    assert said(found, "HubSpot").startswith("HubSpot's own status is not known: ")
    assert said(VendorStatus("unknown"), "HubSpot") == "HubSpot's own status is not known"


def test_times_that_are_none_are_left_out_and_text_from_outside_is_bounded() -> None:
    body = broken(k1="major_outage") | {"incidents": [incident("x" * 5000 + "\u202e", "k1", started_at="soon")]}
    found = read(body, "k1")
    assert found.since is None or found.since > 0
    assert len(found.what) <= 200
    naive = broken(k1="major_outage") | {"incidents": [incident("\u202eRTL", "k1", started_at="2026-09-21T03:00:00")]}
    assert read(naive, "k1").since == when("2026-09-21T03:00:00") and "\u202e" not in read(naive, "k1").what


def instance(status: str, *impacts: dict[str, Any]) -> bytes:
    return orjson.dumps({
        "key": "DEU46", "location": "EMEA", "environment": "production", "releaseVersion": "Summer '26",
        "status": status, "isActive": True, "Incidents": [{"id": 1, "IncidentImpacts": list(impacts)}],
        "Maintenances": [],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("word", "state"),
    [("OK", "operational"), ("INFORMATIONAL_CORE", "operational"), ("MAINTENANCE_CORE", "maintenance"),
     ("MINOR_INCIDENT_NONCORE", "degraded"), ("MAJOR_INCIDENT_CORE", "major_outage"), ("SIDEWAYS", "unknown")],
)  # fmt: skip
def test_salesforce_trust_tells_of_one_instance(word: str, state: str) -> None:
    ended = {"startTime": "2026-09-20T01:00:00.000Z", "endTime": "2026-09-20T02:00:00.000Z", "type": "x"}
    running = {"startTime": "2026-09-21T01:00:00.000Z", "endTime": None, "type": "performanceDegradation"}
    found = trust(instance(word, ended, running), AT)
    assert found.state == state
    if state in ("maintenance", "degraded", "major_outage"):
        assert (found.what, found.since, found.trouble) == ("instance DEU46", when("2026-09-21T01:00:00"), True)
    assert trust(b"{}", AT).state == "unknown"


def test_a_page_is_a_ticket_while_the_vendor_has_trouble_that_explains_it() -> None:
    down = VendorStatus("major_outage", "CRM API", since=AT, named=True)
    assert lowered(Urgency.PAGE, Source.HEALTH, "rows", AT - AROUND, down) is Urgency.TICKET
    assert lowered(Urgency.PAGE, Source.FAULT, "read", AT + 5, down) is Urgency.TICKET
    assert lowered(Urgency.PAGE, Source.HEALTH, "rows", AT - AROUND - 1, down) is Urgency.PAGE, "it began before that"
    assert lowered(Urgency.PAGE, Source.HEALTH, "credential", AT, down) is Urgency.PAGE
    assert lowered(Urgency.PAGE, Source.DRIFT, "type", AT, down) is Urgency.PAGE
    assert lowered(Urgency.PAGE, Source.HEALTH, "rows", AT, VendorStatus("unknown")) is Urgency.PAGE
    assert lowered(Urgency.PAGE, Source.HEALTH, "rows", AT, None) is Urgency.PAGE
    assert lowered(Urgency.PAGE, Source.HEALTH, "rows", AT, VendorStatus("degraded")) is Urgency.PAGE, "some part only"


@given(
    st.sampled_from(Urgency), st.sampled_from(Source), st.sampled_from(["", "rows", "credential"]),
    st.floats(0, 2e9), st.builds(VendorStatus, st.sampled_from(STATES), since=st.none() | st.floats(0, 2e9)),
)  # fmt: skip
def test_it_lowers_a_page_by_one_and_raises_nothing(
    urgency: Urgency, source: Source, fact: str, opened: float, status: VendorStatus
) -> None:
    found = lowered(urgency, source, fact, opened, status)
    assert found is urgency or (urgency is Urgency.PAGE and found is Urgency.TICKET and status.trouble)


KEYS = ["status", "components", "incidents", "indicator", "name", "key"]
LEAVES = st.none() | st.text(max_size=9) | st.integers(-(2**53), 2**53)


@given(
    st.recursive(
        LEAVES, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(KEYS), one, max_size=4)
    )
)
def test_nothing_that_a_page_may_say_is_a_defect(body: Any) -> None:
    raw = orjson.dumps(body)
    assert {statuspage(raw, (), AT).state, statuspage(raw, ("x",), AT).state, trust(raw, AT).state} == {"unknown"}
