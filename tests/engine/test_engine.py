"""The use cases over real parts: what a reading, a decision and a moved baseline do, and what they must never do."""

from __future__ import annotations

import subprocess
from datetime import UTC
from pathlib import Path

import pytest

from monitor.adapters.records import DecisionState
from monitor.core.ignores import day_of, end_of
from monitor.core.model import Closing, Phase
from monitor.engine.request import Decide, Refused
from monitor.engine.tick import tick
from probes.kit.contract import Kind, Ref, State, digest

from .conftest import World, captured, opened

LEAD = Ref(Kind.FIELD, "Lead")
CONTACTS = Ref(Kind.FIELD, "contacts")


async def test_a_capture_is_the_stored_bytes_in_git_and_is_marked_captured(world: World) -> None:
    known = world.engine.integrations["salesforce-prod"].known[LEAD]
    raw = await world.engine.baselines.raw("salesforce-prod", LEAD)
    assert raw is not None and digest(raw) == known.good_digest
    origin = await world.engine.store.origin("salesforce-prod", LEAD, "Region__c", "required")
    assert origin is not None and origin.how == "captured"
    assert world.open() == []


async def test_reading_again_says_nothing_and_stores_no_new_content(world: World) -> None:
    commits = world.engine.store.counts.commits
    for name in world.engine.integrations:
        seen = await world.engine.poll(name)
        assert (seen.events, seen.confirm) == ((), frozenset())
    assert world.engine.store.counts.commits - commits == 2  # one transaction for each poll


async def test_a_removal_is_suspected_first_and_believed_after_a_second_look(world: World) -> None:
    world.salesforce.delete_field(object="Lead", name="UTM_Campaign__c")
    first = await world.engine.poll("salesforce-prod")
    assert "fields/Lead" in first.confirm
    assert world.open(key="UTM_Campaign__c") == []
    assert len(world.standing(Phase.SUSPECTED, key="UTM_Campaign__c")) == 1
    world.clock.advance(45)
    sent = len(world.salesforce.requests)
    await world.engine.poll("salesforce-prod", ids=first.confirm, fresh=True)
    (found,) = world.open(key="UTM_Campaign__c", source="drift")
    assert found.level.word == "breaking"
    assert len(world.salesforce.requests) - sent <= 8  # identity, and the suspected reads alone


async def test_an_unchanged_answer_is_no_second_look(world: World) -> None:
    world.salesforce.delete_field(object="Lead", name="UTM_Campaign__c")
    await world.engine.poll("salesforce-prod")
    world.clock.advance(3600)
    await world.engine.poll("salesforce-prod")  # 304: the vendor was not asked for the fields again
    assert world.open(key="UTM_Campaign__c") == []
    assert len(world.standing(Phase.SUSPECTED, key="UTM_Campaign__c")) == 1


async def test_approving_one_of_two_options_leaves_exactly_the_other(world: World) -> None:
    options = world.hubspot.options(type="contacts", name="lifecyclestage")
    for value in ("evangelist", "other"):
        world.hubspot.remove_option(type="contacts", name="lifecyclestage", value=value)
    await world.player.round()
    one, two = sorted(world.open(key="lifecyclestage"), key=lambda f: f.address.item)
    await world.decide("approve", one)
    await world.engine.commit_decisions()
    assert (one.phase, one.closing) == (Phase.CLOSED, Closing.APPROVED)
    assert two.phase is Phase.OPEN
    approved = await world.engine.baselines.body("hubspot-prod", CONTACTS)
    assert approved is not None
    kept = [option["value"] for option in approved.rows["lifecyclestage"].facts["options"]]
    assert kept == [option["value"] for option in options if option["value"] != "evangelist"]


async def test_a_value_that_moved_since_the_page_was_loaded_is_refused(world: World) -> None:
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
    await world.player.round()
    (found,) = world.open(key="Score__c", fact="precision")
    seen = found.claim.fingerprint
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=3)
    await world.player.round()
    with pytest.raises(Refused) as refused:
        await world.engine.decide(Decide(uuid="u-1", kind="approve", findings={found.id: seen}), "local:tester", "test")
    assert refused.value.changed == (found.id,)
    assert await world.engine.store.decisions(DecisionState.QUEUED) == []


async def test_what_is_breaking_or_security_is_approved_with_a_reason_and_a_ticket(world: World) -> None:
    world.salesforce.alter_field(object="Lead", name="Notes__c", length=100)
    await world.player.round()
    (found,) = world.open(key="Notes__c", fact="length")
    assert found.level.word == "breaking"
    for given in ({}, {"reason": "meant"}, {"ticket": "OPS-1"}, {"reason": " ", "ticket": "OPS-1"}):
        asked = Decide(uuid="u", kind="approve", findings={found.id: found.claim.fingerprint}, **given)
        with pytest.raises(Refused, match=f"Give a reason and a ticket: {found.id} is breaking"):
            await world.engine.decide(asked, "local:tester", "test")
    assert await world.engine.store.decisions(DecisionState.QUEUED) == []
    news = world.engine.news.coming()
    await world.decide("acknowledge", found)
    assert news.is_set(), "who waits is told once it is kept"


async def test_the_same_request_twice_is_one_decision_and_one_commit(world: World) -> None:
    world.salesforce.alter_field(object="Lead", name="Notes__c", length=32000)
    await world.player.round()
    (found,) = world.open(key="Notes__c", fact="length")
    asked = Decide(uuid="twice", kind="approve", findings={found.id: found.claim.fingerprint})
    first = await world.engine.decide(asked, "local:tester", "test")
    assert await world.engine.decide(asked, "local:tester", "test") == first
    await world.engine.commit_decisions()
    log = await world.git("log", "--format=%B", world.engine.baselines.ref)
    assert log.count("Driftline-Decision: twice") == 1


async def test_a_cut_answer_is_partial_and_removes_nothing(world: World) -> None:
    world.hubspot.cut(path="/crm/properties", at_byte=2000, times=1000)
    await world.player.round()
    live = world.engine.integrations["hubspot-prod"]
    assert live.reads["properties/contacts"][0].state is not State.COMPLETE
    assert world.open(source="drift") == [] and world.standing(Phase.SUSPECTED, source="drift") == []
    assert live.known[CONTACTS].good_at is not None


async def test_what_is_not_read_completely_now_cannot_be_approved(world: World) -> None:
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    await world.player.round()
    (found,) = world.open(key="lead_score")
    world.hubspot.cut(path="/crm/properties", at_byte=2000, times=1000)
    await world.engine.poll("hubspot-prod")
    with pytest.raises(Refused, match="not approved"):
        await world.decide("approve", found)


async def test_another_account_is_said_and_nothing_is_compared(world: World) -> None:
    world.hubspot.set_portal(portal=99, account_type="SANDBOX")
    world.hubspot.remove_option(type="contacts", name="lifecyclestage", value="other")
    await world.player.round()
    assert world.open(subject="hubspot-prod", source="drift") == []
    (found,) = world.open(subject="hubspot-prod", source="fault")
    assert found.address.fact == "account"


async def test_a_mass_removal_is_held_until_a_person_releases_it(world: World) -> None:
    live = world.engine.integrations["salesforce-prod"]
    approved = await world.engine.baselines.body("salesforce-prod", LEAD)
    assert approved is not None
    custom = [key for key in approved.rows if key.endswith("__c")]
    assert len(custom) >= 10 and len(custom) >= 0.25 * len(approved.rows)
    for key in custom:
        world.salesforce.delete_field(object="Lead", name=key)
    await world.player.round()
    assert [one for one in world.open(scope="Lead", source="drift")] == []
    assert len(world.standing(Phase.HELD, scope="Lead")) == len(custom)
    (brake,) = world.open(scope="Lead", fact="brake")
    assert live.known[LEAD].coverage.state is State.COMPLETE
    await world.decide("release", brake, reason="The old campaign fields were retired")
    await world.player.round()
    assert len([one for one in world.open(scope="Lead", source="drift") if not one.address.fact]) == len(custom)


async def test_a_push_that_approves_closes_the_finding_and_is_entered_as_approved_outside(world: World) -> None:
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
    await world.player.round()
    (found,) = world.open(key="Score__c", fact="precision")
    path = world.engine.baselines.path_of("salesforce-prod", LEAD)
    clone = world.stack.parent / "clone"
    run = ["git", "-c", "user.name=Operations", "-c", "user.email=ops@example.com"]
    subprocess.run([*run, "clone", "-q", str(world.engine.config.state / "baselines.git"), str(clone)], check=True)
    file = clone / path
    text = file.read_text()
    before = text.index('"Score__c"')
    at = text.index('"precision": 5', before)
    file.write_text(text[:at] + '"precision": 4' + text[at + len('"precision": 5') :])
    subprocess.run([*run, "-C", str(clone), "commit", "-q", "-am", "Score takes four digits"], check=True)
    subprocess.run([*run, "-C", str(clone), "push", "-q"], check=True)
    await world.engine.fetch()
    assert (found.phase, found.closing) == (Phase.CLOSED, Closing.APPROVED)
    assert any(entry.what == "approved outside" for entry in await world.engine.store.trail())


async def test_an_ignore_is_kept_in_git_and_pinned_to_the_value_it_was_made_for(world: World) -> None:
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    await world.player.round()
    (found,) = world.open(key="lead_score")
    until = end_of(day_of(world.clock.now() + 86_400, UTC), UTC)
    await world.decide("ignore", found, reason="Renamed for a test", until=until)
    await world.engine.commit_decisions()
    assert found.ignored_until == until
    assert "Renamed for a test" in (await world.engine.baselines.text(f"ignores/{found.id}.json") or "")
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Score points")
    await world.player.round()
    assert found.ignored_until is None


async def test_approving_a_removed_field_with_its_effects_closes_them_by_one_commit(world: World) -> None:
    world.salesforce.delete_field(object="Lead", name="UTM_Campaign__c")
    await world.player.round()
    (root,) = world.open(key="UTM_Campaign__c", source="drift")
    effects = [one for one in world.open(source="drift") if one.cause == root.id]
    assert effects
    head = world.engine.baselines.seen
    await world.decide("approve", root, *effects)
    await world.engine.commit_decisions()
    assert world.open(source="drift") == []
    assert await world.git("rev-list", "--count", f"{head}..{world.engine.baselines.seen}") == "1\n"


async def test_a_store_that_refuses_leaves_ledger_and_memory_as_they_were(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
    known = dict(world.engine.integrations["salesforce-prod"].known)

    async def full(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("monitor.adapters.store_tx.Tx.add_events", full)
        with pytest.raises(OSError, match="disk full"):
            await world.engine.poll("salesforce-prod")
    assert world.open() == [] and world.engine.integrations["salesforce-prod"].known == known
    await world.engine.poll("salesforce-prod")
    assert len(world.open(key="Score__c")) == 1


async def test_what_is_watched_at_the_level_record_is_approved_by_policy_once_a_day(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        file = world.stack / "config" / "integrations" / "hubspot-prod.yaml"
        file.write_text(file.read_text() + "watch:\n- {kind: field, scope: tickets, level: record}\n")
        assert await world.engine.reload() == ()
        await world.player.capture()
        await world.engine.commit_decisions()
        world.hubspot.add_property(type="tickets", line="mood string/text")
        await world.player.round()
        world.clock.advance(86_400)
        await tick(world.engine)
        await world.engine.commit_decisions()
        approved = await world.engine.baselines.body("hubspot-prod", Ref(Kind.FIELD, "tickets"))
        assert approved is not None and "mood" in approved.rows
        log = await world.git("log", "-1", "--format=%s", world.engine.baselines.ref)
        assert log.startswith("Approve 1 changes of hubspot-prod by policy")


async def test_a_restart_finds_everything_where_it_was(tmp_path: Path) -> None:
    from monitor.engine.opening import open_engine

    async with captured(tmp_path) as world:
        world.salesforce.alter_field(object="Lead", name="Score__c", precision=4)
        await world.player.round()
        before = {id: (one.phase, one.claim.fingerprint) for id, one in world.engine.ledger.findings.items()}
        config, clock = world.stage.config, world.clock
        await world.engine.close()
        await world.engine.store.close()
        async with open_engine(config, clock) as again:
            after = {id: (one.phase, one.claim.fingerprint) for id, one in again.ledger.findings.items()}
            assert after == before
            sent = world.stage.requests
            seen = await again.poll("salesforce-prod")
            assert seen.events == ()
            assert world.stage.requests > sent


async def test_what_cannot_be_said_is_found_all_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may fail over a sentence; a reading must not."""

    def mute(_: object) -> None:
        raise TypeError("no words")

    monkeypatch.setattr("monitor.engine.register.sentence", mute)
    world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
    seen = await world.engine.poll("hubspot-prod")
    assert seen.reading.outcome == "ok"
    assert [one.claim.after for one in world.open(key="lead_score")] == ["Points"]
