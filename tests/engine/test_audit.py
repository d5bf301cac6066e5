"""The trail held against git, over real repositories: all well, and each way in which it can be tampered with."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.adapters.chain import START, trail_hash
from monitor.adapters.git import EMAIL
from monitor.core.model import Phase
from monitor.engine.administer import forget
from monitor.engine.auditing import verify
from monitor.engine.trail_shapes import Verified
from monitor.engine.trailing import verified
from probes.kit.contract import canonical
from probes.simulated.story import Accounts
from tests.adapters.repositories import Person, clone

from .conftest import World
from .kept import Change, Hub

CRM = "salesforce-prod"


async def first(world: World) -> list[Change]:
    """A capture and an approval."""
    await world.player.capture()
    at = world.clock.now()
    await approved(world, 4)
    return [(at, lambda accounts: digits(accounts, 4))]


HUB = Hub(first)


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[World]:
    """A stack whose baselines are pushed to a bare repository, with a capture and an approval."""
    async with HUB.world(tmp_path) as world:
        yield world


def digits(accounts: Accounts, precision: int) -> None:
    accounts.salesforce.alter_field(object="Lead", name="Score__c", precision=precision)


async def approved(world: World, precision: int) -> None:
    digits(world.stage.accounts, precision)
    await world.player.round()
    (found,) = world.open(key="Score__c", fact="precision")
    await world.decide("approve", found, reason="fewer digits", ticket="OPS-1")
    await world.engine.commit_decisions()
    await world.engine.push()
    assert found.phase is Phase.CLOSED and not world.engine.push_fault


def someone(world: World) -> Person:
    """A person with a clone of the hub."""
    folder = world.stack.parent.parent
    person = clone(folder / "hub.git", folder / "person")
    person.git("checkout", "-q", "main")
    return person


def tamper(world: World, *statements: str) -> None:
    with closing(sqlite3.connect(world.engine.config.state / "state.db")) as other, other:
        for statement in statements:
            other.execute(statement)


async def problems(world: World) -> str:
    """What is wrong, which must be something."""
    found = await verify(world.engine)
    assert found.problems and not found.unknown, found
    assert await verified(world.engine) == found, "it is kept for the page"
    return "\n".join(found.problems)


async def test_all_is_well_where_nobody_touched_anything(shared: World) -> None:
    assert await verified(shared.engine) is None
    found = await verify(shared.engine)
    newest = await shared.engine.store.newest_trail()
    count = len(shared.engine.integrations) + 1
    assert found == Verified(
        at=shared.clock.now(), entries=newest, commits=count, decisions=count, remote=True
    )  # fmt: skip
    log = someone(shared).git("log", "--format=%(trailers:key=Driftline-Trail,valueonly,separator=%x2C)").split()
    marks = [f"{row.number}:{row.hash}" for row in await shared.trail() if row.what in ("capture", "approve")]
    assert log[::-1] == marks


async def test_forgetting_everybody_breaks_nothing(shared: World) -> None:
    for person in ("demo", "tester"):
        pseudonym = await forget(shared.engine, person, "local:root")
        assert pseudonym.startswith("p-")
    assert (await verify(shared.engine)).good
    rows = await shared.trail()
    assert not [row for row in rows if "tester" in f"{row.who}{row.says}" or row.who == "demo"]
    assert {row.who.partition("p-")[0] for row in rows if row.what == "approve"} == {"local:"}
    by = {decision.by for decision in await shared.engine.store.decisions()}
    assert all("p-" in one for one in by) and not [one for one in by if "tester" in one]
    assert all(row.says.startswith("p-") for row in rows if row.what == "person forgotten")


async def test_a_changed_entry_is_named(shared: World) -> None:
    tamper(shared, "UPDATE trail SET what = 'comment' WHERE what = 'approve'")
    assert "(comment) was changed after it was written" in await problems(shared)


async def test_an_end_that_was_cut_off_is_told_by_the_store_and_by_the_commits(shared: World) -> None:
    newest = await shared.engine.store.newest_trail()
    tamper(shared, "DELETE FROM trail WHERE seq > 2")
    said = await problems(shared)
    assert f"the end is cut off: entry {newest} was written, and the last that is there is 2" in said
    tamper(shared, "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'trail'")
    said = await problems(shared)
    assert "the end is cut off: entry" not in said
    assert "and the last that is there is 2: the end of the trail is cut off" in said


async def test_a_backup_put_back_in_its_place_is_told_by_the_commits(shared: World) -> None:
    folder = shared.engine.config.state
    with closing(sqlite3.connect(folder / "state.db")) as now, closing(sqlite3.connect(folder / "old.db")) as old:
        now.backup(old)
    await approved(shared, 3)
    with closing(sqlite3.connect(folder / "old.db")) as old, closing(sqlite3.connect(folder / "state.db")) as now:
        old.backup(now)
    await shared.engine.refresh_baselines()
    await shared.engine.committer.recover()  # as at a start: our own commits look like somebody else's then
    said = await problems(shared)
    assert "with another hash: the trail was written anew after that commit" in said or "is cut off" in said


async def test_a_chain_that_was_hashed_anew_is_told_by_the_commits(shared: World) -> None:
    before, changed = START, []
    for entry in await shared.engine.store.trail():
        data = {**entry.data, "reason": "nobody asked"} if "reason" in entry.data else dict(entry.data)
        now = type(entry)(at=entry.at, who=entry.who, what=entry.what, subject=entry.subject, data=data)
        after = trail_hash(before, now)
        changed.append((canonical(data), before, after, entry.seq))
        before = after
    with closing(sqlite3.connect(shared.engine.config.state / "state.db")) as other, other:
        other.executemany("UPDATE trail SET data = ?, before_hash = ?, hash = ? WHERE seq = ?", changed)
    assert "with another hash: the trail was written anew after that commit" in await problems(shared)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE decision SET by = 'somebody' WHERE kind = 'approve'", "does not say who and when as entry"),
        ("DELETE FROM decision WHERE kind = 'approve'", "speaks of decision"),
        ("UPDATE decision SET sha = (SELECT sha FROM decision WHERE kind = 'capture') WHERE kind = 'approve'",
         "and that commit carries out"),
    ],
)  # fmt: skip
async def test_a_decision_that_was_changed_is_told(shared: World, statement: str, words: str) -> None:
    tamper(shared, statement)
    assert words in await problems(shared)


async def test_a_remote_that_was_rewritten_is_told_before_and_after_it_is_taken_in(shared: World) -> None:
    person = someone(shared)
    person.git("reset", "-q", "--hard", "HEAD~1")
    person.commit("instead", **{"README.md": "hello"})
    person.git("push", "-q", "--force", "origin", "main")
    said = await problems(shared)
    assert "the remote's branch main was at" in said and "the remote does not have that commit" in said
    await shared.engine.fetch()
    said = await problems(shared)
    assert "main does not have that commit: its history was rewritten" in said
    assert [row.what for row in await shared.trail()].count("remote rewritten") == 1


async def test_what_was_approved_outside_and_is_gone_again_is_told(shared: World) -> None:
    person = someone(shared)
    person.commit("by hand", **{"README.md": "hello"})
    person.git("push", "-q", "origin", "main")
    await shared.engine.fetch()
    assert (await verify(shared.engine)).good
    person.git("reset", "-q", "--hard", "HEAD~1")
    person.git("push", "-q", "--force", "origin", "main")
    await shared.engine.fetch()
    assert "was approved outside, and main does not have that commit" in await problems(shared)


@pytest.mark.parametrize(("mail", "believed"), [("ops@example.com", False), (EMAIL, True)])
@pytest.mark.parametrize("trail", [f"999:{'0' * 64}", f"1:{'0' * 64}", "much"])
async def test_a_trailer_counts_only_in_a_commit_that_says_it_is_ours(
    shared: World, mail: str, believed: bool, trail: str
) -> None:
    person = someone(shared)
    message = f"Approve everything\n\nDriftline-Decision: u\nDriftline-Trail: {trail}\n"
    person.write("README.md", "hello")
    person.git("add", "-A")
    person.git("-c", "user.name=x", "commit", "-q", f"--author=x <{mail}>", "-m", message)
    person.git("push", "-q", "origin", "main")
    await shared.engine.fetch()
    found = await verify(shared.engine)
    assert bool(found.problems) == believed, found
    words = {"9": "names entry 999, and the last", "1": "with another hash", "m": "in words that are none: 'much'"}
    assert not believed or words[trail[0]] in "".join(found.problems)


async def test_an_entry_that_a_commit_names_for_another_decision_is_told(shared: World) -> None:
    [row] = [row for row in await shared.trail() if row.what == "approve"]
    person = someone(shared)
    message = f"Again\n\nDriftline-Decision: other\nDriftline-Trail: {row.number}:{row.hash}\n"
    person.git("commit", "-q", "--allow-empty", f"--author=x <{EMAIL}>", "-m", message)
    person.git("push", "-q", "origin", "main")
    assert f"carries out decision other, and entry {row.number}" in await problems(shared)


async def test_a_remote_that_does_not_answer_leaves_half_of_it_unknown(shared: World) -> None:
    hub = shared.stack.parent.parent / "hub.git"
    away = hub.rename(hub.with_name("away.git"))
    found = await verify(shared.engine)
    assert found.good and not found.remote
    assert "the remote could not be looked at" in found.unknown[0]
    away.rename(hub)
    assert (await verify(shared.engine)).unknown == ()


async def test_a_branch_that_is_checked_out_gets_ours_beside_it_and_that_is_looked_at(world: World) -> None:
    await world.engine.push()
    found = await verify(world.engine)
    assert found.good and found.remote and found.decisions == len(world.engine.integrations)
    subprocess.run(["git", "-C", str(world.stack), "branch", "-D", "driftline/main"], check=True, capture_output=True)
    assert "the remote does not have that commit" in await problems(world)


async def test_many_problems_are_counted_not_listed(shared: World) -> None:
    row = (
        "INSERT INTO trail (at, who, what, subject, data, before_hash, hash) "
        "VALUES (1, 'x', 'y', '', '{}', x'00', x'00')"
    )
    tamper(shared, *[row] * 300)
    found = await verify(shared.engine)
    assert len(found.problems) == 200 and found.more > 100
