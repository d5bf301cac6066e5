"""Mode propose, end to end: decisions wait in one pull request of each integration, and its merge approves them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from monitor.adapters.records import DecisionState
from monitor.core.body import decode, encode
from monitor.core.model import Phase, Source
from monitor.core.row import Row
from monitor.engine.auditing import verify
from monitor.engine.choosing import choose
from monitor.engine.gauges import snapshot
from monitor.engine.merging import merging
from monitor.engine.request import Decide, Refused
from monitor.engine.rows import proposed
from monitor.engine.shapes import Filter
from monitor.engine.undoing import Undo, undo
from monitor.engine.views import proposals
from monitor.web.app import create_app
from monitor.web.frame import Frame
from monitor.web.settings import Settings

from .proposing import CRM, HUB, Forged, forged


@pytest.mark.parametrize(("kind", "how"), [("github", "merge"), ("gitlab", "squash")])
async def test_a_merge_is_the_approval_however_the_forge_makes_it(kind: str, how: str, tmp_path: Path) -> None:
    async with forged(tmp_path, kind) as world:
        before = world.at_hub("rev-parse", "main")
        found, decision = await world.relabel("Points")
        await world.minute()
        (number,) = world.forge.open_ones()
        one = await world.again(decision)
        assert (one.state, one.pull) == (DecisionState.PROPOSED, f"{'#' if kind == 'github' else '!'}{number}")
        assert one.pull_url.endswith(f"/{number}")
        assert world.at_hub("rev-parse", "main") == before, "the branch that counts is the reviewers'"
        assert found.phase is Phase.OPEN
        waiting = proposed(world.engine, found)
        assert waiting is not None and waiting.label == one.pull
        with pytest.raises(Refused, match="waits for the merge"):
            await world.decide("approve", found)
        sha = world.forge.merge(number, how)
        await world.minute()
        await world.minute()
        one = await world.again(decision)
        assert (one.state, found.phase) == (DecisionState.PUSHED, Phase.CLOSED)
        assert one.sha == (world.at_hub("rev-parse", f"{sha}^2") if how == "merge" else sha)
        assert proposed(world.engine, found) is None
        origin = await world.engine.store.origin(HUB, found.address.ref, "lead_score", "label")
        assert origin is not None and (origin.how, origin.sha) == ("approved", one.sha)
        said = [entry for entry in await world.engine.store.trail() if entry.decision == one.uuid]
        assert [entry.what for entry in said] == ["approve", "committed", "proposed", "merged"]
        assert "octo-reviewer" not in str(said[-1].data), "people are pseudonyms in the trail"
        outside = [e for e in await world.engine.store.trail() if e.what == "approved outside" and e.data["sha"] == sha]
        assert not outside, "what was proposed is not approved outside"
        looked = await verify(world.engine)
        assert (looked.problems, looked.unknown) == ((), ())
        assert world.forge.open_ones() == []


async def test_one_pull_request_of_each_integration_is_updated_in_place(tmp_path: Path) -> None:
    async with forged(tmp_path) as world:
        await world.relabel("Points", reason="called so now", ticket="OPS-7")
        await world.minute()
        (number,) = world.forge.open_ones()
        one = world.forge.requests[number]
        assert one["title"].startswith("Approve contacts/lead_score/label of hubspot-prod")
        assert "Label of `lead_score` changed from" in one["body"] and "`Points`" in one["body"]
        assert "because `called so now`" in one["body"] and "ticket `OPS-7`" in one["body"]
        assert "local:p-" in one["body"] and "tester" not in one["body"]
        world.salesforce.alter_field(object="Lead", name="Notes__c", label="Remarks")
        await world.engine.poll(CRM)
        (other,) = world.open(subject=CRM, key="Notes__c", fact="label")
        await world.decide("approve", other)
        world.hubspot.alter_property(type="contacts", name="lifecyclestage", label="Stage")
        await world.engine.poll(HUB)
        (third,) = world.open(subject=HUB, key="lifecyclestage", fact="label")
        await world.decide("approve", third)
        await world.minute()
        assert len(world.forge.open_ones()) == 2
        assert one["title"].startswith("2 decisions about hubspot-prod")
        assert "`lifecyclestage`" in one["body"]
        asked = [verb for verb, path, _ in world.forge.calls if verb != "GET"]
        await world.minute()
        await world.minute()
        assert [verb for verb, path, _ in world.forge.calls if verb != "GET"] == asked, "nothing new, nothing written"
        assert world.forge.calls[-1][2] == 304, "and it is asked only whether something changed"


def waiting_for_review(world: Forged) -> float:
    (series,) = [one for one in snapshot(world.engine).series if one.name == "driftline_review_items_new"]
    return sum(series.values.values())


async def test_what_is_proposed_is_shown_with_its_link_and_is_nobodys_new_work(tmp_path: Path) -> None:
    async with forged(tmp_path) as world:
        world.hubspot.alter_property(type="contacts", name="lead_score", label="Points")
        await world.engine.poll(HUB)
        (found,) = world.open(subject=HUB, key="lead_score", fact="label")
        before = waiting_for_review(world)
        await world.decide("approve", found)
        was = next(row["label"] for row in world.hubspot.properties["contacts"] if row["name"] == "region")
        world.hubspot.alter_property(type="contacts", name="region", label="Area")
        await world.engine.poll(HUB)
        await world.engine.demand.settled()
        await world.minute()
        (other,) = world.open(subject=HUB, key="region", fact="label")
        assert other.cause == found.id and merging(world.engine, Filter()).total == 0, "what hangs under it is asked"
        world.hubspot.alter_property(type="contacts", name="region", label=was)
        await world.engine.poll(HUB)
        assert waiting_for_review(world) == before - 1
        (number,) = world.forge.open_ones()
        address = world.engine.config.service.server.external_url
        wire = httpx.ASGITransport(create_app(world.engine))
        async with httpx.AsyncClient(transport=wire, base_url=address) as client:
            page = (await client.get(f"/findings/{found.id}")).text
            queue = (await client.get("/review")).text
            told = (await client.get(f"/api/v1/findings/{found.id}")).json()
        assert f'href="https://github.example.com/acme/stack/pull/{number}"' in page
        assert "waiting for the merge" in page and 'value="approve"' not in page
        assert "Is the new value meant?" not in page, "it is not asked again"
        assert f"proposed in #{number}" in queue and "1 waits for a merge" in queue
        counts = choose(world.engine, Filter()).counts
        assert merging(world.engine, Filter()).total == 1
        assert Frame(world.engine, Settings(), demo=False).now().open == counts.total - 1, "the badge asks for nobody"
        assert merging(world.engine, Filter(integration=CRM)).total == 0
        assert told["row"]["pull"] == f"#{number}"
        world.forge.close(number)
        await world.minute()
        assert waiting_for_review(world) == before
        assert Frame(world.engine, Settings(), demo=False).now().open == counts.total


async def test_a_capture_that_is_proposed_says_so_and_is_not_asked_for_again(tmp_path: Path) -> None:
    async with forged(tmp_path, captured=False) as world:
        await world.engine.poll(HUB)
        frame = Frame(world.engine, Settings(), demo=False)
        (first, *_) = before = proposals(world.engine, HUB)
        assert frame.now().proposals == len(before)
        asked = Decide(uuid="c", kind="capture", integration=HUB, scopes=(f"{first.kind}/{first.scope}",))
        await world.engine.decide(asked, "local:tester", "test")
        await world.minute()
        (number,) = world.forge.open_ones()
        one, *rest = proposals(world.engine, HUB)
        assert (one.pull, one.pull_url.endswith(f"/{number}")) == (f"#{number}", True)
        assert not [row for row in rest if row.pull] and frame.now().proposals == len(before) - 1
        address = world.engine.config.service.server.external_url
        wire = httpx.ASGITransport(create_app(world.engine))
        async with httpx.AsyncClient(transport=wire, base_url=address) as client:
            page = (await client.get("/proposals")).text
        assert page.count("waits for the merge") == 1 and f"/pull/{number}" in page


async def test_closed_unmerged_asks_again_and_the_next_decision_opens_another(tmp_path: Path) -> None:
    async with forged(tmp_path) as world:
        found, decision = await world.relabel("Points")
        await world.minute()
        (number,) = world.forge.open_ones()
        world.forge.close(number)
        await world.minute()
        one = await world.again(decision)
        assert one.state is DecisionState.UNMERGED
        assert f"#{number} was closed unmerged by p-" in one.note
        assert proposed(world.engine, found) is None and found.phase is Phase.OPEN
        events = await world.engine.store.events(finding=found.id)
        assert events[-1][1].words.startswith(f"Asked again: #{number} was closed unmerged")
        second = await world.decide("approve", found)
        await world.minute()
        (other,) = world.forge.open_ones()
        assert other != number
        assert world.forge.requests[other]["head"] != world.forge.requests[number]["head"]
        world.forge.merge(other, "squash")
        await world.minute()
        await world.minute()
        assert (await world.again(second)).state is DecisionState.PUSHED
        assert (await verify(world.engine)).problems == ()


async def test_undo_takes_it_out_of_the_pull_request_and_an_empty_one_is_closed(tmp_path: Path) -> None:
    async with forged(tmp_path) as world:
        found, decision = await world.relabel("Points")
        await world.minute()
        (number,) = world.forge.open_ones()
        await undo(world.engine, Undo(uuid="undo-1", decision=decision.uuid), "local:tester", "test")
        await world.minute()
        assert (await world.again(decision)).state is DecisionState.UNMERGED
        taken = await world.engine.store.decision("undo-1")
        assert taken is not None and taken.state is DecisionState.ALREADY
        assert world.forge.requests[number]["state"] == "closed"
        assert "Nothing is left" in world.forge.comments[number][0]
        assert proposed(world.engine, found) is None and found.phase is Phase.OPEN
        assert (await verify(world.engine)).problems == ()


async def test_what_the_vendor_puts_back_leaves_the_pull_request_and_the_last_of_it_closes_it(tmp_path: Path) -> None:
    async with forged(tmp_path) as world:
        was = {row["name"]: row["label"] for row in world.hubspot.properties["contacts"]}
        for name in ("lead_score", "region"):
            world.hubspot.alter_property(type="contacts", name=name, label=f"Our {name}")
        await world.engine.poll(HUB)
        score, region = found = [
            world.open(subject=HUB, key=name, fact="label")[0] for name in ("lead_score", "region")
        ]
        decision = await world.decide("approve", *found)
        await world.minute()
        (number,) = world.forge.open_ones()
        one = world.forge.requests[number]
        assert "`lead_score`" in one["body"] and "`region`" in one["body"]
        world.hubspot.alter_property(type="contacts", name="region", label=was["region"])
        await world.engine.poll(HUB)
        assert region.phase is Phase.CLOSED
        await world.minute()
        left = await world.again(decision)
        assert (left.state, set(left.findings)) == (DecisionState.PROPOSED, {score.id})
        assert "`lead_score`" in one["body"] and "`region`" not in one["body"] and world.forge.open_ones() == [number]
        path = world.engine.baselines.path_of(HUB, score.address.ref)
        proposes = world.at_hub("show", f"{one['head']}:{path}")
        assert "Our lead_score" in proposes and "Our region" not in proposes
        assert proposed(world.engine, score) is not None and proposed(world.engine, region) is None
        calls = len([verb for verb, _, _ in world.forge.calls if verb != "GET"])
        await world.minute()
        assert len([verb for verb, _, _ in world.forge.calls if verb != "GET"]) == calls, "it is taken out once"
        world.hubspot.alter_property(type="contacts", name="lead_score", label=was["lead_score"])
        await world.engine.poll(HUB)
        await world.minute()
        assert (await world.again(decision)).state is DecisionState.UNMERGED
        assert world.forge.open_ones() == [] and "Nothing is left" in world.forge.comments[number][0]
        said = [entry.what for entry in await world.engine.store.trail() if entry.decision == decision.uuid]
        assert said == ["approve", "committed", "proposed", "taken out", "unmerged"]
        assert (await verify(world.engine)).problems == ()


async def test_what_moves_on_while_it_waits_is_asked_again_and_the_newer_answer_takes_its_place(
    tmp_path: Path,
) -> None:
    async with forged(tmp_path) as world:
        found, first = await world.relabel("Points")
        await world.minute()
        _, second = await world.relabel("Score points")
        await world.minute()
        assert (await world.again(first)).state is DecisionState.UNMERGED
        assert (await world.again(second)).state is DecisionState.PROPOSED
        (number,) = world.forge.open_ones()
        world.forge.merge(number)
        await world.minute()
        await world.minute()
        assert ((await world.again(second)).state, found.phase) == (DecisionState.PUSHED, Phase.CLOSED)
        assert (await verify(world.engine)).problems == ()


async def test_a_base_that_moves_on_under_the_same_file_is_merged_into_the_branch_and_nothing_is_forced(
    tmp_path: Path,
) -> None:
    async with forged(tmp_path) as world:
        _, decision = await world.relabel("Points")
        await world.minute()
        (number,) = world.forge.open_ones()
        branch = world.forge.requests[number]["head"]
        had = world.at_hub("rev-parse", branch)
        path = world.engine.baselines.path_of(HUB, world.open(key="lead_score")[0].address.ref)
        person = tmp_path / "person"
        subprocess.run(["git", "clone", "-q", str(world.forge.bare), str(person)], check=True)
        body = decode((person / path).read_bytes())
        row = body.rows["lifecyclestage"]
        rows = {**body.rows, "lifecyclestage": Row({**row.facts, "label": "Stage"}, row.id)}
        (person / path).write_bytes(encode(replace(body, rows=rows)))
        push(person, "by hand", "main")
        await world.minute()
        await world.minute()
        world.at_hub("merge-base", "--is-ancestor", had, branch)
        world.at_hub("merge-base", "--is-ancestor", "main", branch)
        world.forge.merge(number)
        await world.minute()
        await world.minute()
        assert (await world.again(decision)).state is DecisionState.PUSHED
        merged = world.at_hub("show", f"main:{path}")
        assert '"Stage"' in merged and '"Points"' in merged
        assert (await verify(world.engine)).problems == ()


async def test_what_a_reviewer_changes_in_the_branch_counts_as_it_is_merged(tmp_path: Path) -> None:
    async with forged(tmp_path) as world:
        found, decision = await world.relabel("Points")
        await world.minute()
        (number,) = world.forge.open_ones()
        branch = world.forge.requests[number]["head"]
        path = world.engine.baselines.path_of(HUB, found.address.ref)
        person = tmp_path / "person"
        subprocess.run(["git", "clone", "-q", "-b", branch, str(world.forge.bare), str(person)], check=True)
        (person / path).write_text((person / path).read_text().replace('"Points"', '"Marks"'))
        push(person, "better", branch)
        theirs = world.at_hub("rev-parse", branch)
        sha = world.forge.merge(number, "squash")
        await world.minute()
        await world.minute()
        one = await world.again(decision)
        assert one.state is DecisionState.UNMERGED
        assert found.phase is Phase.OPEN, "the vendor says Points, and Marks was approved"
        outside = [e.data["sha"] for e in await world.engine.store.trail() if e.what == "approved outside"]
        assert sha in outside and theirs not in outside
        assert (await verify(world.engine)).problems == ()


async def test_a_forge_that_is_down_for_an_hour_loses_nothing_and_is_left_alone_meanwhile(tmp_path: Path) -> None:
    async with forged(tmp_path) as world:
        world.forge.status = 503
        calls = len(world.forge.calls)
        found, decision = await world.relabel("Points")
        for _ in range(20):
            await world.minute(3)
        assert "HTTP 503" in world.engine.push_fault or "asked again in" in world.engine.push_fault
        assert len(world.forge.calls) - calls <= 10, "it is asked less and less often"
        assert world.open(source=Source.UPKEEP, key="push")
        assert (await world.again(decision)).state is DecisionState.COMMITTED
        assert proposed(world.engine, found) is not None
        world.forge.status = 0
        for _ in range(6):
            await world.minute(3)
        assert (await world.again(decision)).state is DecisionState.PROPOSED
        assert len(world.forge.open_ones()) == 1
        assert not world.open(source=Source.UPKEEP, key="push")


async def test_a_limit_of_the_forge_is_kept_and_its_own_word_on_waiting_believed(tmp_path: Path) -> None:
    async with forged(tmp_path) as world:
        world.forge.status, world.forge.headers = 403, {"retry-after": "600"}
        await world.relabel("Points")
        await world.minute()
        calls = len(world.forge.calls)
        for _ in range(8):
            await world.minute()
        assert len(world.forge.calls) == calls
        world.forge.status = 0
        for _ in range(3):
            await world.minute()
        assert len(world.forge.open_ones()) == 1


async def test_a_token_that_is_refused_is_said_and_stands_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with forged(tmp_path) as world:
        (tmp_path / "token").write_text("wrong-canary-9921")
        await world.relabel("Points")
        await world.minute()
        assert "HTTP 401: Bad credentials; the token is not accepted" in world.engine.push_fault
        kept = b"".join(file.read_bytes() for file in (world.stack / "var").rglob("*") if file.is_file())
        assert b"canary" not in kept and "canary" not in caplog.text + world.engine.push_fault


async def test_a_branch_without_a_commit_is_said_once_and_what_was_decided_follows_the_first_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with forged(tmp_path, empty=True) as world:
        await world.engine.poll(HUB)
        asked = Decide(uuid="c", kind="capture", integration=HUB)
        decision = await world.engine.decide(asked, "local:tester", "test")
        for _ in range(3):
            await world.minute()
        assert (await world.again(decision)).state is DecisionState.QUEUED
        (told,) = world.open(source=Source.UPKEEP, key="push", subject=HUB)
        assert "main of the baselines repository has no commit yet" in str(told.claim.evidence) + told.claim.words
        assert world.forge.calls == [] and "no commit yet" not in caplog.text
        person = tmp_path / "person"
        subprocess.run(["git", "clone", "-q", str(world.forge.bare), str(person)], check=True, capture_output=True)
        run = ["git", "-C", str(person), "-c", "user.name=ops", "-c", "user.email=ops@example.com"]
        subprocess.run([*run, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
        subprocess.run([*run, "push", "-q", "origin", "HEAD:main"], check=True)
        world.engine.wake.clear()
        await world.engine.fetch()
        assert world.engine.wake.is_set(), "the commit loop goes on by itself"
        await world.minute()
        assert (await world.again(decision)).state is DecisionState.PROPOSED and len(world.forge.open_ones()) == 1
        await world.minute()
        assert told.phase is Phase.CLOSED


def push(person: Path, message: str, branch: str) -> None:
    git = ["git", "-C", str(person), "-c", "user.name=ops", "-c", "user.email=ops@example.com"]
    subprocess.run([*git, "commit", "-q", "-a", "-m", message], check=True)
    subprocess.run([*git, "push", "-q", "origin", f"HEAD:{branch}"], check=True)
