"""What an alert says, word by word: who is woken at three has nothing else."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from monitor.config.pushes import Status
from monitor.core.graph import End, Flow
from monitor.core.model import Action, Finding, Level, Source, Urgency
from monitor.core.vendor_status import VendorStatus
from monitor.engine import alert_text
from monitor.engine.alert_facts import MOST, labels, of, roots, worst
from monitor.engine.alert_text import LONGEST, Told
from monitor.runbooks import titles
from probes.kit.contract import Kind, Sample
from tests.hostile.corpus import LABELS
from tests.hostile.held import HIDDEN
from tests.web.standin import NOW, StandIn, claim, verdict

CRM = "salesforce-prod"
PARTS = ("STOPPED", "AFFECTED", "LAST GOOD RUN", "LIKELY CHANGE", "VENDOR STATUS", "FIRST", "WAIT UNTIL 9:00?", "OWNER")


def rated(level: Level, rule: str, urgency: Urgency) -> Any:
    return msgspec.structs.replace(verdict(level, rule, "revenue-operations"), urgency=urgency)


async def sick(engine: StandIn, fact: str, words: str, sample: Sample, source: Source = Source.HEALTH) -> Finding:
    """A sync of tier 1 that loses data now, half an hour after nothing else changed."""
    engine.integrations[CRM].sampled("bulk-ingest", "Lead/upsert", NOW - 10, sample)
    rule = rated(Level.BREAKING, f"{source}.{fact}", Urgency.PAGE)
    where = (Kind.SYNC, "bulk-ingest", "Lead/upsert") if source is Source.HEALTH else (Kind.PLATFORM, "", "")
    return await engine.find(
        claim(CRM, *where, fact, "", Action.NARROWED, None, fact, rule, source=source, words=words), age=1800
    )


def described(engine: StandIn, root: Finding) -> str:
    return of(engine, root).annotations["description"]


async def test_rows_that_are_lost_name_the_right_that_was_taken_away(engine: StandIn) -> None:
    """The rows hang under the permission: one alert, about the rows, with the permission as the cause."""
    root = next(one for one in engine.ledger.findings.values() if one.address.fact == "edit")
    child = next(engine.ledger.under(root.id))
    child.claim = msgspec.structs.replace(
        child.claim, verdict=msgspec.structs.replace(child.claim.verdict, urgency=Urgency.PAGE)
    )
    sample = Sample(
        "failing", succeeded_at=NOW - 9000, failed_at=NOW - 600, rows_ok=88, rows_failed=312, due_at=NOW + 900
    )
    engine.integrations[CRM].sampled("bulk-ingest", "Lead/upsert", NOW - 10, sample)
    assert worst(engine, root) is child
    assert described(engine, root) == (
        "STOPPED: Salesforce prod: Lead/upsert rejected 312 rows in its last run, since Mon 21 Sep 12:22 UTC.\n"
        "AFFECTED: 312 of 400 rows refused in the newest run\n"
        "LAST GOOD RUN: Mon 21 Sep 11:43 UTC\n"
        "LIKELY CHANGE: Driftline_Integration lost edit on Lead.Status, Mon 21 Sep 12:12 UTC"
        f" · http://127.0.0.1:9731/findings/{root.id}\n"
        "VENDOR STATUS: not known\n"
        "FIRST: Read at the vendor why one of the rows was refused, and keep them for another run.\n"
        "WAIT UNTIL 9:00? no: rows are lost at each run, the next in 15 min\n"
        "OWNER: revenue-operations, revenue-operations@example.com"
    )
    told = labels(engine, root)
    assert (told["alertname"], told["urgency"], told["source"]) == ("DriftlineHealth", "page", "drift")


PAGES = {
    "state": ("Lead/upsert failed again and again.", Sample("failing", succeeded_at=NOW - 7200, failed_at=NOW - 60)),
    "freshness": ("Lead/upsert last succeeded 2 hours ago; it should run every 15 min.", Sample("ok", NOW - 7200)),
    "volume": ("Lead/upsert moved no rows in its newest run.", Sample("ok", NOW - 300, rows_ok=0, rows_failed=0)),
}
GOLDEN = {
    "state": (
        "STOPPED: Salesforce prod: Lead/upsert failed again and again, since Mon 21 Sep 13:42 UTC.\n"
        "AFFECTED: rows not known: the vendor does not count them\n"
        "LAST GOOD RUN: Mon 21 Sep 12:13 UTC\n"
        "LIKELY CHANGE: {change}\n"
        "VENDOR STATUS: not known\n"
        "FIRST: Open the sync at the vendor, read the error of its newest run, then start it again.\n"
        "WAIT UNTIL 9:00? no: nothing goes through until it runs again\n"
        "OWNER: revenue-operations, revenue-operations@example.com"
    ),
    "freshness": (
        "STOPPED: Salesforce prod: Lead/upsert last succeeded 2 hours ago; it should run every 15 min, "
        "since Mon 21 Sep 13:42 UTC.\n"
        "AFFECTED: rows not known: the vendor does not count them\n"
        "LAST GOOD RUN: Mon 21 Sep 12:13 UTC\n"
        "LIKELY CHANGE: {change}\n"
        "VENDOR STATUS: not known\n"
        "FIRST: Start the sync by hand at the vendor; if it does not run, read its error.\n"
        "WAIT UNTIL 9:00? no: data has not arrived since the last good run\n"
        "OWNER: revenue-operations, revenue-operations@example.com"
    ),
    "volume": (
        "STOPPED: Salesforce prod: Lead/upsert moved no rows in its newest run, since Mon 21 Sep 13:42 UTC.\n"
        "AFFECTED: 0 rows went through in the newest run\n"
        "LAST GOOD RUN: Mon 21 Sep 14:08 UTC\n"
        "LIKELY CHANGE: {change}\n"
        "VENDOR STATUS: not known\n"
        "FIRST: Look whether the source still has new rows; then read the sync's newest run.\n"
        "WAIT UNTIL 9:00? no: its newest run moved too little\n"
        "OWNER: revenue-operations, revenue-operations@example.com"
    ),
}


@pytest.mark.parametrize("fact", PAGES)
async def test_a_sync_that_stopped(engine: StandIn, fact: str) -> None:
    root = await sick(engine, fact, *PAGES[fact])
    near = next(one for one in engine.ledger.findings.values() if one.address.fact == "required")
    change = f"Field Region__c became required, Mon 21 Sep 12:49 UTC · http://127.0.0.1:9731/findings/{near.id}"
    assert described(engine, root) == GOLDEN[fact].format(change=change)


async def test_a_credential_that_is_refused_where_nothing_is_known(engine: StandIn) -> None:
    engine.nothing()
    words = "All that was asked for could not be read: token refused."
    root = await sick(engine, "credential", words, Sample("ok"), Source.FAULT)
    assert described(engine, root) == (
        "STOPPED: Salesforce prod: All that was asked for could not be read: token refused, "
        "since Mon 21 Sep 13:42 UTC.\n"
        "AFFECTED: not known\n"
        "LAST GOOD RUN: Mon 21 Sep 14:12 UTC\n"
        f"LIKELY CHANGE: none seen in the day before · http://127.0.0.1:9731/findings/{root.id}\n"
        "VENDOR STATUS: not known\n"
        "FIRST: Renew the credential at the vendor, then run driftline authorize.\n"
        "WAIT UNTIL 9:00? no: nothing is read with it until it is renewed\n"
        "OWNER: revenue-operations, revenue-operations@example.com"
    )
    said = of(engine, root, {CRM: "Salesforce: partial outage of the API (minor)"}).annotations["description"]
    assert "VENDOR STATUS: Salesforce: partial outage of the API (minor)\n" in said


async def test_what_can_wait_is_said_in_fewer_words(engine: StandIn) -> None:
    option = next(one for one in engine.ledger.findings.values() if one.address.item == "salesqualifiedlead")
    assert described(engine, option) == (
        "HubSpot prod: Option Sales Qualified Lead (salesqualifiedlead) was removed from lifecyclestage, "
        "since Mon 21 Sep 13:58 UTC.\n"
        "AFFECTED: feeds Salesforce prod Lead.Status, Hightouch\n"
        "FIRST: Open Settings, Properties, Lifecycle stage.\n"
        "WAIT UNTIL 9:00? yes: nothing is lost yet, as far as is seen\n"
        "OWNER: marketing-operations, marketing-operations@example.com\n"
        f"http://127.0.0.1:9731/findings/{option.id}"
    )
    info = next(one for one in engine.ledger.findings.values() if one.address.fact == "length")
    info.claim = msgspec.structs.replace(info.claim, verdict=rated(Level.INFO, "field.length", Urgency.DIGEST))
    assert "WAIT UNTIL 9:00? yes: nothing is known to break by it\n" in described(engine, info)
    late = await sick(engine, "freshness", "It is late.", Sample("ok", NOW - 7200))
    late.claim = msgspec.structs.replace(late.claim, verdict=rated(Level.BREAKING, "health.freshness", Urgency.TICKET))
    assert "WAIT UNTIL 9:00? yes: nothing of tier 1 hangs on it\n" in described(engine, late)


async def test_labels_name_places_and_closed_words_alone(engine: StandIn) -> None:
    root = next(one for one in engine.ledger.findings.values() if one.address.item == "salesqualifiedlead")
    first = of(engine, root)
    assert first.labels == {
        "alertname": "DriftlineDrift", "severity": "critical", "drift_severity": "breaking", "urgency": "ticket",
        "owner": "marketing-operations", "tier": "2", "stack": "example", "integration": "hubspot-prod",
        "environment": "production", "source": "drift", "kind": "field", "address": root.address.finding_id(0),
    }  # fmt: skip
    engine.clock.advance(86_400)
    root.claim = msgspec.structs.replace(root.claim, before={"label": "Other"}, words="said in another way")
    assert of(engine, root).labels == first.labels, "no value, no time"
    root.opening, root.id = 2, root.address.finding_id(2)
    assert of(engine, root).labels == first.labels, "what is silenced for an address stays so when it opens again"
    root.assignee = "web"
    assert of(engine, root).labels["owner"] == "web"


async def test_a_flow_has_its_own_tier_and_severity_is_configured(engine: StandIn) -> None:
    end = End("hubspot-prod", "contacts")
    engine.config.flows = (Flow("leads", end, End(CRM, "Lead"), tier=1),)
    broken = claim(
        "leads", Kind.FIELD, "hubspot-prod/contacts", "Status", "target_value", "", Action.CHANGED, None, "x",
        rated(Level.BREAKING, "mapping.target_value", Urgency.TICKET), source=Source.MAPPING, words="It does not fit.",
    )  # fmt: skip
    service = engine.config.service
    engine.config.service = service.model_copy(
        update={"alerts": service.alerts.model_copy(
            update={"severity": service.alerts.severity.model_copy(update={"breaking": "P1"})}
        )}
    )  # fmt: skip
    told = of(engine, await engine.find(broken)).labels
    assert (told["flow"], told["tier"], told["integration"], told["severity"]) == ("leads", "1", "hubspot-prod", "P1")


async def test_roots_alone_are_told_and_none_that_was_hushed(engine: StandIn) -> None:
    told, left = roots(engine)
    there = [one for one in engine.ledger.findings.values() if not one.cause]
    assert {one.id for one in told} == {one.id for one in there} and left == 0 and len(there) < MOST
    there[0].ignored_until = NOW + 60
    engine.moved()
    assert there[0].id not in {one.id for one in roots(engine)[0]}


async def test_what_the_alert_links_to_is_there(engine: StandIn) -> None:
    for alert in (of(engine, one) for one in roots(engine)[0]):
        family = alert.annotations["runbook_url"].rpartition("/")[2]
        assert family in titles(), alert.annotations["runbook_url"]
        assert alert.link.endswith(f"/findings/{alert.finding}")


@pytest.mark.parametrize("urgency", Urgency)
def test_it_is_never_longer_than_a_phone_shows_and_keeps_its_order(urgency: Urgency) -> None:
    long = "W" * 5000
    told = Told(
        urgency=urgency, what=long, since=NOW, hit=long, good_at=NOW, change=long, change_at=NOW,
        change_link="https://drift.example.com/" + "a" * 74, vendor=long, first=long, waits=False, because=long,
        owner=long, contact=long, link="https://drift.example.com/" + "a" * 74, zone=ZoneInfo("Asia/Kathmandu"),
    )  # fmt: skip
    text = alert_text.text(told)
    assert len(text) <= LONGEST and "+0545" in text and "https://drift.example.com/" + "a" * 74 in text
    if urgency is Urgency.PAGE:
        assert tuple(line.partition(":" if "?" not in line else " no")[0] for line in text.split("\n")) == PARTS
    cut = msgspec.structs.replace(told, change_link="https://drift.example.com/" + "a" * 75, link="")
    assert "https" not in alert_text.text(cut), "half an address leads elsewhere"


@pytest.mark.parametrize("label", LABELS)
def test_what_a_vendor_wrote_is_read_as_text(label: str) -> None:
    told = Told(
        urgency=Urgency.PAGE, what=label, since=NOW, hit=label, change=label, vendor=label, first=label, because=label,
        owner=label, contact=label, zone=ZoneInfo("UTC"),
    )  # fmt: skip
    text = alert_text.text(told)
    assert len(text.split("\n")) == len(PARTS) and len(text) <= LONGEST
    for line in (*text.split("\n"), alert_text.summary(told)):
        assert HIDDEN.search(line) is None
        assert not any(sign in line for sign in ("<", ">", "`", "](", "://", "@everyone", "@here", "@SUM"))


async def test_what_the_vendor_reports_is_said_and_makes_a_page_a_ticket_while_it_lasts(engine: StandIn) -> None:
    words, sample = PAGES["state"]
    finding = await sick(engine, "state", words, sample)
    live = engine.integrations[CRM]
    live.config = live.config.model_copy(update={"status": Status(instance="DEU46")})
    live.status_by = live.config.status
    live.status = VendorStatus("major_outage", "instance DEU46", NOW - 1900, NOW - 60, named=True)
    alert = of(engine, finding)
    assert alert.labels["urgency"] == "ticket" and alert.labels["drift_severity"] == "breaking"
    assert "VENDOR STATUS: major outage, since 21 Sep 13:41 UTC: instance" in alert.annotations["description"]
    assert "WAIT UNTIL 9:00? yes: the vendor reports trouble" in alert.annotations["description"]
    assert [of(engine, one).labels["urgency"] for one in roots(engine)[0] if one.id == finding.id] == ["ticket"]
    live.status = VendorStatus("unknown", read_at=NOW - 60, why="it could not be asked")
    assert of(engine, finding).labels["urgency"] == "page"
    assert "VENDOR STATUS: not known" in described(engine, finding)
