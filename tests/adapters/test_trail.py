"""The trail in the store and on commits: people as pseudonyms, what is read of it, tampering, and forgetting."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from monitor.adapters.chain import Check
from monitor.adapters.people import People
from monitor.adapters.pseudonyms import Pseudonyms, pseudonym
from monitor.adapters.records import ApiToken, Decision, Origin, TrailEntry
from monitor.adapters.store import Store
from monitor.adapters.store_trail import Wanted, given, names, page
from monitor.core.model import Action, Address, Claim, Event, EventType, Finding, Phase, Source
from probes.kit.contract import Kind, Ref

KEY = b"k" * 32


def line(who: str = "anna", what: str = "approve", **data: Any) -> TrailEntry:
    return TrailEntry(at=data.pop("at", 5.0), who=who, what=what, subject=data.pop("subject", "crm"), data=data)


async def checked(store: Store) -> list[str]:
    check = Check()
    for entry in await store.trail():
        check.see(entry)
    check.end(await given(store))
    return check.problems


@pytest.mark.parametrize(
    ("who", "kind", "name"),
    [
        ("anna", "", "anna"),
        ("local:Anna", "local:", "Anna"),
        ("token:ci", "token:", "ci"),
        ("ops <ops@example.com>", "", "ops@example.com"),
        ("ops <>", "", "ops <>"),
        ("10.0.0.7", "", "10.0.0.7"),
    ],
)
def test_whoever_acts_is_a_pseudonym(who: str, kind: str, name: str) -> None:
    people = Pseudonyms(KEY)
    made = people.actor(who)
    assert made == f"{kind}{pseudonym(KEY, name)}"
    assert people.names == {pseudonym(KEY, name): name}
    assert people.actor(made) == made, "a pseudonym is none of a pseudonym"


@pytest.mark.parametrize("who", ["", "driftline", "policy", "policy:renamed-from"])
def test_the_service_is_nobody(who: str) -> None:
    people = Pseudonyms(KEY)
    assert (people.actor(who), people.names) == (who, {})


def test_addresses_in_an_entry_are_pseudonyms_wherever_they_stand() -> None:
    people = Pseudonyms(KEY)
    kept = people.within({"peer": "10.0.0.7", "n": 3, "reason": "ask bea@example.com.", "all": [{"x": "c@d.example"}]})
    bea, carl = pseudonym(KEY, "bea@example.com"), pseudonym(KEY, "c@d.example")
    assert kept == {"peer": pseudonym(KEY, "10.0.0.7"), "n": 3, "reason": f"ask {bea}.", "all": [{"x": carl}]}
    assert set(people.names.values()) == {"10.0.0.7", "bea@example.com", "c@d.example"}


async def test_pages_are_found_by_who_what_system_and_time(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.add_trail(
            line("anna", at=1), line("token:ci", "release", at=2), line("local:ANNA", "reload", at=3, subject=""),
            line("policy", at=4, subject="hub"),
        )  # fmt: skip

    async def numbers(offset: int = 0, limit: int = 50, **wanted: Any) -> tuple[list[int], int]:
        found, total = await page(store, Wanted(**wanted), offset, limit)
        return [entry.seq for entry in found], total

    assert await numbers() == ([4, 3, 2, 1], 4)
    assert await numbers(1, 2) == ([3, 2], 4)
    assert await numbers(who="Ann") == ([3, 1], 2)
    assert await numbers(who="polic") == ([4], 1)
    assert await numbers(who="100%") == ([], 0)
    assert await numbers(what=("release", "reload")) == ([3, 2], 2)
    assert await numbers(but=("release", "reload")) == ([4, 1], 2)
    assert await numbers(system="crm", since=1.0, until=2.0) == ([1], 1)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE trail SET who = 'p-0000000000' WHERE seq = 2", ["entry 2 (release) was changed"]),
        ("UPDATE trail SET data = '{}' WHERE seq = 3", ["entry 3 (approve) was changed"]),
        ("UPDATE trail SET at = 1 WHERE seq = 1", ["entry 1 (approve) was changed"]),
        ("UPDATE trail SET decision = 'u-2' WHERE seq = 3", ["entry 3 (approve) is filed under another decision"]),
        ("DELETE FROM trail WHERE seq = 2", ["entry 2 is missing: after 1 comes 3"]),
        ("DELETE FROM trail WHERE seq < 3", ["entries 1 to 2 are missing: after the beginning comes 3"]),
        ("DELETE FROM trail WHERE seq > 2", ["the end is cut off: entry 4 was written, and the last that is there is"]),
        ("DELETE FROM trail WHERE seq = 3; UPDATE trail SET seq = 3 WHERE seq = 4",
         ["entry 3 (approve) does not follow on entry 2", "the end is cut off: entry 4"]),
        ("DELETE FROM trail", ["the end is cut off: entry 4 was written, and the last that is there is 0"]),
    ],
)  # fmt: skip
async def test_what_was_done_to_the_rows_is_said(store: Store, statement: str, words: list[str]) -> None:
    assert await checked(store) == []
    async with store.transaction() as tx:
        await tx.add_trail(line(), line(what="release"), line(decision="u-1"), line())
    assert await checked(store) == []
    with closing(sqlite3.connect(store.folder / "state.db")) as other:
        other.executescript(statement)
    problems = await checked(store)
    assert len(problems) == len(words)
    assert all(problem.startswith(start) for problem, start in zip(problems, words, strict=True)), problems


async def test_a_transaction_that_was_not_kept_leaves_no_gap(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.transaction() as tx:
            await tx.add_trail(line(), line())
            raise ZeroDivisionError
    async with store.transaction() as tx:
        await tx.add_trail()
        await tx.add_trail(line())
    assert await checked(store) == []
    assert [entry.seq for entry in await store.trail()] == [1]


async def test_a_forgotten_person_is_nowhere_and_the_chain_still_verifies(store: Store) -> None:
    people = await People.open(store)
    where = Address(Source.DRIFT, "crm", Kind.FIELD, "Lead", "Score__c")
    one = Finding(
        id="ab12", opening=1, claim=Claim(where, Action.ADDED), phase=Phase.OPEN, first_seen_at=1, reading=1,
        acknowledged_by="local:Anna", rejected_by="bea",
    )  # fmt: skip
    async with store.transaction() as tx:
        for uuid, by in (("u-1", "Anna"), ("u-2", "token:bea"), ("u-3", "policy")):
            await tx.queue_decision(Decision(uuid=uuid, kind="approve", by=by, at=1.0))
        await tx.set_origin(
            Origin(integration="crm", ref=Ref(Kind.FIELD, "Lead"), how="approved", sha="s", by="Anna", at=1)
        )
        await tx.put_findings([one])
        await tx.add_events(
            [Event(type=EventType.ACKNOWLEDGED, at=1.0, finding="ab12", address=where, by=by) for by in ("Anna", "bea")]
        )
        await tx.set_flag("recapture/crm", '{"uuid":"u-9","by":"Anna","at":1.0}')
        for name in ("Anna", "link:Anna:00ff", "session:Anna:00ff", "bea"):
            await tx.put_api_token(ApiToken(hash=name, name=name, role="viewer", created=1.0))
        await tx.add_trail(
            line("Anna", decision="u-1", peer="10.0.0.7", reason="as anna@example.com asked"),
            line("token:bea", peer="10.0.0.8"), line("local:Anna", peer="10.0.0.8"), line("policy"),
        )  # fmt: skip
    before = await store.trail()
    made = await people.forget("ANNA")
    assert [entry.hash for entry in await store.trail()] == [entry.hash for entry in before]
    assert await checked(store) == []
    assert [row.by for row in await store.decisions()] == [made, "token:bea", "policy"]
    assert [origin.by for origin in await store.origins("crm")] == [made]
    [kept] = await store.findings()
    assert (kept.acknowledged_by, kept.rejected_by) == (f"local:{made}", "bea")
    assert [event.by for _, event in await store.events()] == [made, "bea"]
    assert await store.flag("recapture/crm") == f'{{"uuid":"u-9","by":"{made}","at":1.0}}'
    assert [token.name for token in await store.api_tokens()] == ["bea"]
    known = await names(store, [pseudonym(await key(store), name) for name in ("anna", "bea", "10.0.0.7", "10.0.0.8")])
    assert sorted(known.values()) == ["10.0.0.8", "bea"], "an address from which others acted too stays"
    assert [entry.seq for entry in (await page(store, Wanted(who=made), 0, 9))[0]] == [3, 1]
    assert (await page(store, Wanted(who="anna"), 0, 9))[1] == 0
    for file in store.folder.iterdir():
        assert b"Anna" not in file.read_bytes(), file
        assert b"10.0.0.7" not in file.read_bytes(), file
    assert await people.forget("anna@example.com") == pseudonym(await key(store), "anna@example.com")
    with pytest.raises(LookupError):
        await people.forget("anna")


async def key(store: Store) -> bytes:
    async with store.transaction() as tx:
        return await tx.people_key()
