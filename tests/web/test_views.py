from __future__ import annotations

import msgspec
import pytest

from monitor.core.model import Phase
from monitor.engine import views
from monitor.engine.firstlook import first_look
from monitor.engine.seeing import mark, seen
from monitor.engine.shapes import Filter
from monitor.engine.systems import system
from probes.kit.contract import Coverage, Kind, State

from .standin import NOW, StandIn


def test_the_overview_shows_roots_worst_first_and_folds_effects(engine: StandIn) -> None:
    view = views.overview(engine)
    assert [row.level for row in view.needs_you] == ["breaking"] * 3 + ["warning"] * 2
    assert (view.counts.breaking, view.counts.warning, view.counts.info, view.counts.children) == (3, 2, 1, 1)
    assert not any(row.cause for row in view.needs_you)
    assert [row.name for row in view.systems][-1] == "directus-lab", "production first, whatever its state"


def test_blind_is_never_shown_as_in_step(engine: StandIn) -> None:
    blind = system(engine, "segment-prod")
    assert (blind.mark, blind.coverage) == ("denied", 0.0)
    assert "workspace:read" in blind.problem
    fields = next(k for k in system(engine, "hubspot-prod").kinds if k.kind == "field")
    assert (fields.mark, fields.count, fields.seen) == ("broken", 1, 0.5)
    engine.nothing()
    partly = next(k for k in system(engine, "hubspot-prod").kinds if k.kind == "field")
    assert (partly.mark, partly.seen) == ("denied", 0.5)
    assert partly.words == "denied, last complete 40 s ago"
    assert system(engine, "hubspot-prod").mark == "denied"
    assert system(engine, "directus-lab").mark == "ok"


def test_an_effect_marks_its_own_kind_although_it_is_folded(engine: StandIn) -> None:
    sync = next(k for k in system(engine, "salesforce-prod").kinds if k.kind == "sync")
    assert (sync.mark, sync.count) == ("broken", 1)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 6),
        (Filter(children=True), 7),
        (Filter(integration="hubspot-prod"), 2),
        (Filter(level="info"), 1),
        (Filter(owner="revenue-operations"), 3),
        (Filter(class_="laboratory"), 0),
        (Filter(vendor="hubspot", kind="permission"), 1),
        (Filter(text="QUALIFIED removed"), 1),
        (Filter(text="admin-03@example.com"), 1),
        (Filter(stand="closed"), 0),
        (Filter(source="fault"), 1),
    ],
)
def test_a_filter_lists_what_fits(engine: StandIn, wanted: Filter, count: int) -> None:
    assert views.findings(engine, wanted).total == count


def test_an_ignored_finding_comes_back_when_its_day_has_passed(engine: StandIn) -> None:
    row = views.findings(engine).items[0]
    engine.ledger.findings[row.id].ignored_until = NOW + 60
    engine.moved()
    assert views.findings(engine).total == 5
    assert views.findings(engine, Filter(stand="ignored")).items[0].id == row.id
    engine.clock.advance(61)
    assert views.findings(engine).total == 6


def test_pages_cut_the_list_and_never_grow_past_two_hundred(engine: StandIn) -> None:
    first, second = views.findings(engine, size=4), views.findings(engine, number=2, size=4)
    assert (len(first.items), len(second.items), first.pages) == (4, 2, 2)
    assert {row.id for row in first.items}.isdisjoint(row.id for row in second.items)
    assert views.findings(engine, size=10_000).size == 200


async def test_one_finding_says_everything_that_a_decision_takes(engine: StandIn) -> None:
    id_ = next(row.id for row in views.findings(engine).items if row.item == "salesqualifiedlead")
    view = await views.detail(engine, id_[:6])
    assert view.row.says == "Option Sales Qualified Lead (salesqualifiedlead) was removed from lifecyclestage"
    assert [step.level for step in view.chain] == ["warning", "breaking", "breaking"]
    assert view.origin is not None and view.origin.sha.startswith("9a02f1")
    assert view.read_from is not None and view.read_from.state == "complete"
    assert view.link == "https://app.hubspot.com/x"
    assert [c.kind for c in view.choices] == [
        "approve",
        "reject",
        "ignore",
        "acknowledge",
        "assign",
        "correct",
        "comment",
    ]
    assert [e.type for e in view.history] == ["opened"]
    assert view.who is not None and (view.who.by, view.who.how) == ("admin-03@example.com", "named")
    assert (view.who.action, view.who.at, view.evidence) == ("PROPERTY UPDATE", engine.clock.now() - 3600, {})


async def test_a_finding_says_why_nobody_knows_who_did_it(engine: StandIn) -> None:
    async def unknown(**parts: str) -> str:
        row = next(r for r in views.findings(engine).items if all(getattr(r, k) == v for k, v in parts.items()))
        who = (await views.detail(engine, row.id)).who
        return who.unknown if who is not None else ""

    (told, *_) = [f for f in engine.ledger.findings.values() if f.address.item == "salesqualifiedlead"]
    parts = {"item": "salesqualifiedlead"}
    told.claim = msgspec.structs.replace(told.claim, evidence={"who": "not observable: no right"})
    assert await unknown(**parts) == "not observable: no right"
    told.claim = msgspec.structs.replace(told.claim, evidence={})
    assert await unknown(**parts) == (
        "not observable: it was not read before the change, so there is no time to ask about"
    )
    told.claim = msgspec.structs.replace(told.claim, evidence={}, since=1.0)
    assert await unknown(**parts) == "not observable: not asked yet"
    told.claim = msgspec.structs.replace(told.claim, evidence={"by": "p-0", "at": "about noon"})
    who = (await views.detail(engine, told.id)).who
    assert who is not None and (who.by, who.at, who.how) == ("p-0", None, "last"), "a row's own mark"
    told.claim = msgspec.structs.replace(told.claim, evidence={})
    del engine.integrations["hubspot-prod"]
    assert await unknown(**parts) == "not observable: hubspot-prod does not tell who changed what"


async def test_a_forgotten_person_is_shown_by_the_pseudonym(engine: StandIn) -> None:
    pseudonym = await engine.people.forget("admin-03@example.com")
    assert any(row.key == pseudonym for row in views.findings(engine).items)


async def test_what_hangs_under_a_cause_is_shown_there(engine: StandIn) -> None:
    root = next(row for row in views.findings(engine).items if row.children)
    view = await views.detail(engine, root.id)
    assert [child.says for child in view.children] == ["Lead/upsert rejected 312 rows in its last run"]
    child = await views.detail(engine, view.children[0].id)
    assert child.parent is not None and child.parent.id == root.id
    assert "approve" not in {c.kind for c in child.choices}, "health is no drift: there is nothing to approve"


def test_an_id_must_be_known_and_unique(engine: StandIn) -> None:
    with pytest.raises(views.NotFound, match="no finding"):
        views.find(engine, "zzz")
    with pytest.raises(views.NotFound, match="no finding"):
        views.find(engine, "")
    ids = sorted(engine.ledger.findings)
    engine.ledger.findings[ids[0][:2] + "zz"] = engine.ledger.findings[ids[0]]
    with pytest.raises(views.NotFound, match="2 findings"):
        views.find(engine, ids[0][:2])


async def test_a_closed_finding_offers_no_decision(engine: StandIn) -> None:
    finding = next(iter(engine.ledger.findings.values()))
    finding.phase = Phase.CLOSED
    assert (await views.detail(engine, finding.id)).choices == ()


async def test_a_held_removal_is_released_not_approved(engine: StandIn) -> None:
    finding = next(iter(engine.ledger.findings.values()))
    finding.phase = Phase.HELD
    kinds = [c.kind for c in (await views.detail(engine, finding.id)).choices]
    assert kinds[0] == "release" and "approve" not in kinds


async def test_the_first_look_says_what_already_stands_out(engine: StandIn) -> None:
    live = engine.integrations["salesforce-prod"]
    assert live.vantage is not None
    view = await first_look(engine)
    words = {line.section: line.words for line in view.lines}
    assert words["Syncs"] == "Lead/upsert rejected 312 rows in its last run"
    assert "admin-03@example.com is an administrator" in words["Administrators and exporters"]
    assert words["Look-alike fields"] == 'a, b are all labelled "Region"'
    assert "crm.schemas.deals.read" in " ".join(line.words for line in view.lines)
    assert any("salesforce-prod: field Lead" in scope for scope in view.unread), "what was not loaded is said"


@pytest.mark.parametrize(
    ("state", "good_at", "words"),
    [
        ("complete", NOW - 5, "complete"),
        ("partial", NOW - 2400, "partial, last complete 40 min ago"),
        ("partial", None, "partial, never complete"),
        ("denied", NOW - 7200, "denied, last complete 2 h ago"),
        ("failed", NOW - 200_000, "not read, last complete 2 d ago"),
        ("unsupported", None, "not observable here"),
    ],
)
def test_a_state_is_said_with_its_age(state: str, good_at: float | None, words: str) -> None:
    assert seen(state, good_at, NOW) == words


@pytest.mark.parametrize(
    ("states", "found"),
    [
        (["complete", "complete"], "ok"),
        (["complete", "unsupported"], "ok"),
        (["complete", "partial"], "partial"),
        (["partial", "failed", "complete"], "blind"),
        (["failed", "denied", "complete"], "denied"),
        (["unsupported"], "unseen"),
        ([], "none"),
    ],
)
def test_nothing_but_complete_is_in_step(states: list[str], found: str) -> None:
    assert mark(Coverage(State(state)) for state in states) == found


def test_a_read_that_never_gave_anything_keeps_its_system_and_its_kind_from_being_in_step(engine: StandIn) -> None:
    lab = engine.integrations["directus-lab"]
    engine.nothing()
    assert system(engine, "directus-lab").mark == "ok"
    lab.reads["users"], lab.kinds["users"] = (Coverage(State.DENIED, "Denied: no"), NOW), (Kind.PERMISSION,)
    row = system(engine, "directus-lab")
    kinds = {kind.kind: kind for kind in row.kinds}
    assert (row.mark, row.seen, kinds["permission"].mark) == ("denied", "denied", "denied")
    assert kinds["permission"].words == "denied, never complete"
    lab.reads["users"] = (Coverage(State.UNSUPPORTED, "Unsupported: not in this plan"), NOW)
    row = system(engine, "directus-lab")
    kinds = {kind.kind: kind for kind in row.kinds}
    assert (row.mark, kinds["permission"].mark, kinds["permission"].words) == ("ok", "unseen", "not observable here")
    assert next(one for one in views.coverage(engine) if one.read == "users").words == "not observable here"


def test_a_kind_that_the_vendors_api_does_not_show_is_said_to_be_out_of_sight(engine: StandIn) -> None:
    engine.integrate("klaviyo-prod", "klaviyo", "Klaviyo", "team-email")
    kinds = {kind.kind: kind for kind in system(engine, "klaviyo-prod").kinds}
    assert (kinds["permission"].mark, kinds["permission"].words) == ("unseen", "not observable here")
    assert kinds["schema"].mark == "none"
