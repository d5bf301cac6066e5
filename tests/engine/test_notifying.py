"""Each change of state is told once, to whom the routes say, and never again for a poll."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from monitor.adapters.store_outbox import queues
from monitor.config.alerting import Alerts
from monitor.config.models import People, Team
from monitor.engine import telling, trying
from monitor.engine.alert_text import LONGEST
from monitor.engine.gauges import health
from monitor.engine.measure import Measure
from monitor.engine.request import Decide, Refused
from monitor.engine.tick import tick
from tests.receivers import Receiver, receiving

from .conftest import World
from .notified import CRM, SECRET, look, paging, relabelled, told

ALL = {"to": ["hook"], "urgency": ["page", "ticket", "digest"]}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


async def test_a_change_of_state_is_told_once_signed_and_its_end_too(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, receiver.url, routes=[ALL])
    before = world.salesforce.org.thing("Lead")["fields"]["Score__c"]["label"]
    await look(world)
    assert not receiver.got, "what was open before anybody was told is no news"
    found = await relabelled(world, "Score__c", "Score <b>*new*</b>")
    assert found is not None
    for _ in range(3):
        await world.engine.poll("salesforce-prod")
        await look(world)
    (one,) = receiver.of("finding.opened")
    assert one["finding"] == found.id and one["stack"] == "example" and one["title"].startswith("[example] New: ")
    assert one["labels"]["owner"] and one["link"].endswith(f"/findings/{found.id}") and one["link"] in one["text"]
    assert "<b>" not in one["text"] and "files" not in one
    assert all(got.verified(SECRET) and not got.verified("another") for got in receiver.got)
    assert [got.headers["driftline-event"] for got in receiver.got] == [f"{found.id}.1"]
    await relabelled(world, "Score__c", before)
    for _ in range(2):
        await look(world)
    (over,) = receiver.of("finding.closed")
    assert over["finding"] == found.id and "agree again" in over["text"] and over["id"] == f"{found.id}.2"
    await relabelled(world, "Score__c", "Score <b>*new*</b>")
    await look(world)
    assert [one["type"] for one in receiver.of()] == ["finding.opened", "finding.closed", "finding.reopened"]


async def test_a_target_that_takes_nothing_is_tried_again_later_and_loses_nothing(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, receiver.url, routes=[ALL])
    await look(world)
    receiver.answers += [(503, {}, b"later"), (429, {"retry-after": "300"}, b"")]
    await relabelled(world, "Score__c", "Another")
    await look(world)
    await look(world)
    assert len(receiver.got) == 1, "not before its time"
    line = world.engine.notifying.delivering.line("hook")
    assert line.failures == 1 and "HTTP 503: later" in line.fault
    world.clock.advance(15)
    await look(world)
    assert len(receiver.got) == 2
    world.clock.advance(200)
    await look(world)
    assert len(receiver.got) == 2, "what it answered in Retry-After is kept to"
    world.clock.advance(101)
    await look(world)
    assert len({got.headers["driftline-event"] for got in receiver.got}) == 1 and len(receiver.got) == 3
    assert len({got.headers["driftline-signature"] for got in receiver.got}) == 3, "each try has its own time"
    assert world.engine.notifying.delivering.outcomes == {("hook", "failed"): 2, ("hook", "sent"): 1}
    assert line.failures == 0 and not await _waiting(world)


async def _waiting(world: World) -> Any:
    return await queues(world.engine.store, world.clock.now() + 1e6)


async def test_quiet_hours_hold_what_is_not_urgent_and_swallow_what_came_and_went(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = datetime.fromtimestamp(world.clock.now(), world.engine.config.zone)
    begins, ends = ((here + timedelta(hours=by)).strftime("%H:%M") for by in (-1, 1))
    told(world, monkeypatch, receiver.url, routes=[ALL], quiet={"begins": begins, "ends": ends})
    before = world.salesforce.org.thing("Lead")["fields"]["Region__c"]["label"]
    await look(world)
    stays = await relabelled(world, "Score__c", "Another")
    await relabelled(world, "Region__c", "Another")
    await look(world)
    await relabelled(world, "Region__c", before)
    await look(world)
    assert not receiver.got
    world.clock.advance(3600)
    await look(world)
    assert stays is not None and [(one["type"], one["finding"]) for one in receiver.of()] == [
        ("finding.opened", stays.id)
    ]


async def test_what_pages_goes_through_quiet_hours_and_its_end_too(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, receiver.url, routes=[ALL], quiet={"begins": "00:00", "ends": "23:59"})
    await look(world)
    finding = await paging(world)
    await look(world)
    (one,) = receiver.of("finding.opened", finding.id)
    assert one["urgency"] == "page" and len(one["text"]) <= LONGEST
    parts = ("STOPPED: ", "AFFECTED: ", "LAST GOOD RUN: ", "LIKELY CHANGE: ", "VENDOR STATUS: ", "FIRST: ", "WAIT ")
    assert [line.startswith(part) for line, part in zip(one["text"].split("\n"), parts, strict=False)] == [True] * 7


async def test_the_next_target_hears_of_what_nobody_acknowledges(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [
        {"after": {"tier_1": "15m", "tier_2": "15m"}, "to": ["boss"]},
        {"after": {"tier_1": "1h", "tier_2": "1h"}, "to": ["hook"]},
    ]
    boss = {"webhook": {"url": f"{receiver.url}/boss", "secret": "${env:HOOK_SECRET}", "allow_private": True}}
    told(world, monkeypatch, receiver.url, targets={"boss": boss}, routes=[ALL | {"escalate": steps}])
    await look(world)
    found = await relabelled(world, "Score__c", "Another")
    world.clock.advance(3600)  # so that it is another act
    other = await relabelled(world, "Region__c", "Another")
    assert found is not None and other is not None
    await look(world)
    await world.engine.decide(
        Decide(uuid=uuid4().hex, kind="acknowledge", findings={other.id: other.claim.fingerprint}), "local:x", "test"
    )
    for _ in range(3):
        world.clock.advance(600)
        await look(world)
    assert [(got.path, got.body["finding"]) for got in receiver.got if got.body["type"] == "finding.escalated"] == [
        ("/boss", found.id)
    ]
    for _ in range(2):
        world.clock.advance(3600)
        await look(world)
    assert [got.path for got in receiver.got if got.body["type"] == "finding.escalated"] == ["/boss", "/hook"]


async def test_the_next_team_hears_of_what_nobody_of_the_owners_acknowledges(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = world.engine.integrations[CRM].config.owner
    teams = {owner: "platform", "platform": "lead", "lead": None}
    people = People(teams={name: Team(contact="x", escalation=after) for name, after in teams.items()})
    world.engine.config = replace(world.engine.config, people=people)
    place = {"secret": "${env:HOOK_SECRET}", "allow_private": True}
    targets = {name: {"webhook": {"url": f"{receiver.url}/{name}", **place}} for name in ("platform", "lead")}
    steps = [{"after": {"tier_1": "15m", "tier_2": "15m"}}, {"after": {"tier_1": "1h", "tier_2": "1h"}}]
    mine = {"to": ["hook"], "owners": [owner], "escalate": steps}
    theirs = [{"to": ["hook", "platform"], "owners": ["platform"]}, {"to": ["lead"], "owners": ["lead"]}]
    every = {"urgency": ["page", "ticket", "digest"]}
    told(world, monkeypatch, receiver.url, targets=targets, routes=[one | every for one in (mine, *theirs)])
    await look(world)
    world.clock.advance(3600)
    assert await relabelled(world, "Region__c", "Another") is not None
    await look(world)
    heard = []
    for seconds in (600, 600, 3000):
        world.clock.advance(seconds)
        await look(world)
        heard.append([got.path for got in receiver.got if got.body["type"] == "finding.escalated"])
    assert heard == [[], ["/platform"], ["/platform", "/lead"]], "the hook has heard already"


async def test_one_channel_speaks_of_one_fact(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, receiver.url, routes=[ALL])
    await look(world)
    alerts = Alerts.model_validate_json('{"alertmanager": {"urls": ["http://127.0.0.1:9"], "allow_private": true}}')
    config = world.engine.config
    world.engine.config = replace(config, service=config.service.model_copy(update={"alerts": alerts}))
    await relabelled(world, "Score__c", "Another")
    await look(world)
    assert not receiver.got
    told(world, monkeypatch, receiver.url, routes=[ALL | {"beside_alertmanager": True}])
    await look(world)
    assert not receiver.got, "what Alertmanager spoke of is no news"
    found = await relabelled(world, "Region__c", "Another")
    await look(world)
    assert found is not None and [one["finding"] for one in receiver.of()] == [found.id]


async def test_a_target_that_is_not_there_cannot_be_tried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="No target is configured"):
        await trying.send(world.engine, trying.Try())
    told(world, monkeypatch, "http://127.0.0.1:1")
    with pytest.raises(Refused, match="There is no target 'nobody'; there are: hook"):
        await trying.send(world.engine, trying.Try(target="nobody"))
    (one,) = await trying.send(world.engine, trying.Try())
    assert (one.target, one.ok) == ("hook", False) and "does not answer" in one.says


async def test_many_changes_at_once_are_one_message(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, receiver.url, routes=[ALL])
    await look(world)
    monkeypatch.setattr(telling, "MANY", 1)
    ids = set()
    for name in ("Score__c", "Region__c"):
        found = await relabelled(world, name, "Another")
        assert found is not None
        ids.add(found.id)
        world.clock.advance(3600)
    await look(world)
    (one,) = receiver.of()
    assert one["type"] == "findings" and {part["id"] for part in one["data"]["findings"]} == ids
    assert all(f"/findings/{id}" in one["text"] for id in ids) and "2 changes of state" in one["title"]


async def test_who_is_told_no_more_begins_anew(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, receiver.url, routes=[ALL])
    await look(world)
    told(world, monkeypatch, receiver.url)
    await relabelled(world, "Score__c", "Another")
    await look(world)
    told(world, monkeypatch, receiver.url, routes=[ALL])
    await look(world)
    assert not receiver.got and await world.engine.store.flag("notify/began") is not None


async def test_what_is_too_old_or_too_much_is_given_up_and_counted(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, receiver.url, routes=[ALL], kept="1h")
    await look(world)
    receiver.answers += [(500, {}, b"")] * 3
    await relabelled(world, "Score__c", "Another")
    await look(world)
    assert (await _waiting(world))["hook"].waiting == 1
    world.clock.advance(3601)
    await look(world)
    assert world.engine.notifying.delivering.outcomes["hook", "dropped"] == 1 and not await _waiting(world)
    measure = Measure()
    await measure.start(world.engine)
    world.engine.notifying.delivering.outcomes["hook", "sent"] += 2
    series = {one.name: one.values for one in (await measure.snapshot()).series}
    assert series["driftline_notify_waiting"] == {("example", "hook"): 0.0}
    assert (
        'driftline_notify_messages_total{outcome="sent",stack="example",target="hook"} 2.0'
        in (await measure.app._rendered())[0].decode()
    )


async def test_a_target_that_takes_nothing_for_long_is_a_finding_until_it_does(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, receiver.url, routes=[ALL], undelivered_after="1h")
    await look(world)
    receiver.answers += [(500, {}, b"")] * 2
    await relabelled(world, "Score__c", "Another")
    await look(world)
    world.clock.advance(3601)
    await look(world)
    await tick(world.engine)
    (found,) = world.open(source="upkeep", fact="undelivered")
    assert found.address.key == "hook" and "takes no messages" in found.claim.words
    assert any("hook of notify takes no messages" in one for one in health(world.engine).degraded)
    world.clock.advance(3600)
    await look(world)
    await look(world)
    await tick(world.engine)
    assert not world.open(source="upkeep", fact="undelivered") and not health(world.engine).degraded


async def test_a_message_that_is_refused_lets_others_go_first(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, monkeypatch, receiver.url, routes=[ALL])
    await look(world)
    first = await relabelled(world, "Score__c", "Another")
    receiver.answers += [(400, {}, b"too long")] * 5
    for _ in range(5):
        await look(world)
        world.clock.advance(1800)
    second = await relabelled(world, "Region__c", "Another")
    await look(world)
    assert first is not None and second is not None
    sent = [one["finding"] for one in receiver.of()]
    assert sent == [*[first.id] * 5, second.id, first.id]
