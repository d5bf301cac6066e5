"""One transaction of the store: all writes. Rows go in batches, one statement per table and call."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Executable, RowMapping, Table, Update, bindparam, delete, insert, select, update
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as upsert

from monitor.core.model import Event, Finding
from monitor.core.runs import Run
from probes.kit.contract import Ref, Sample, Vantage, canonical

from . import schema as t
from .chain import START, trail_hash
from .pseudonyms import KEY, Pseudonyms
from .records import ApiToken, Decision, Last, Origin, Reading, TrailEntry
from .store_openings import batches, facets, owner_before
from .store_reads import LastRest, Reads, among, packed
from .store_thread import Transaction

_RESTAGED = 600.0  # content stored again is dated anew only after this, so that it is rarely rewritten


def _times() -> Update:
    last = t.last.c
    here = (last.kind + "/" + last.scope).in_(among(bindparam("names")))
    times: dict[str, Any] = {name: bindparam(name) for name in ("read_at", "good_at", "reading")}
    return update(t.last).where(last.integration == bindparam("of"), here).values(times)


def _used() -> Insert:
    statement = upsert(t.quota)
    more = t.quota.c.used + statement.excluded.used
    return statement.on_conflict_do_update(index_elements=["integration", "day"], set_={"used": more})


# Written by every poll, and therefore made once.
_AGAIN, _USED, _READING = _times(), _used(), insert(t.reading)
_EVENT = insert(t.event).values(owner=owner_before(t.event))


class Tx(Reads):
    """Reads here see the transaction's own writes. Nothing is kept unless the block ends without an exception."""

    def __init__(self, work: Transaction, now: float) -> None:
        self._work = work
        self._now = now
        self._kept: list[Callable[[], object]] = []
        self.wrote_origins = False  # whether any was written

    def when_kept(self, then: Callable[[], object]) -> None:
        """Called once the transaction is durable; never when it is not."""
        self._kept.append(then)

    def kept(self) -> None:
        for then in self._kept:
            then()

    async def _all(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[RowMapping]:
        return await self._work.rows(statement, values)

    async def _put(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert, or overwrite the row of the same primary key."""
        if not rows:
            return
        self._work.later(_overwriting(table, tuple(rows[0])), rows)

    async def put_contents(self, contents: Iterable[tuple[bytes, bytes]]) -> None:
        """Bodies under their digests; what is there already is not written again."""
        rows = [{"digest": digest, "stored_at": self._now, "bytes": body} for digest, body in contents]
        if rows:
            statement = upsert(t.content)
            self._work.later(
                statement.on_conflict_do_update(
                    index_elements=["digest"],
                    set_={"stored_at": statement.excluded.stored_at},
                    where=t.content.c.stored_at < statement.excluded.stored_at - _RESTAGED,
                ),
                rows,
            )

    async def set_last(self, *lasts: Last) -> None:
        rows = []
        for one in lasts:
            rest = LastRest(one.coverage, one.parent, one.needs, one.facts)
            rows.append(
                {
                    "integration": one.integration,
                    "kind": one.ref.kind.value,
                    "scope": one.ref.name,
                    "read": one.read,
                    "digest": one.digest,
                    "good_digest": one.good_digest,
                    "good_at": one.good_at,
                    "read_at": one.read_at,
                    "reading": one.reading,
                    "rows": one.rows,
                    "source": one.source,
                    "link": one.link,
                    "data": msgspec.json.encode(rest),
                }
            )
        await self._put(t.last, rows)

    async def drop_last(self, integration: str, refs: Iterable[Ref]) -> None:
        """What was seen of these scopes is forgotten."""
        for ref in refs:
            of = (t.last.c.integration == integration, t.last.c.kind == ref.kind.value, t.last.c.scope == ref.name)
            self._work.later(delete(t.last).where(*of))

    async def read_again(self, integration: str, refs: Collection[Ref], at: float, reading: int) -> None:
        """Scopes that were read whole and are as they were: only the times of their rows move. One statement for all
        of them."""
        if refs:
            names = packed(f"{ref.kind.value}/{ref.name}" for ref in refs)
            times = {"read_at": at, "good_at": at, "reading": reading}
            self._work.later(_AGAIN, {"of": integration, "names": names, **times})

    async def put_memos(self, integration: str, memos: Mapping[str, bytes], rows: Mapping[str, bytes]) -> None:
        """The kit's memos by read id, and what goes with them; rows that are not given stay as they are."""
        of = {"integration": integration}
        whole = [{**of, "read": read, "bytes": raw, "rows": rows[read]} for read, raw in memos.items() if read in rows]
        await self._put(t.memo, whole)
        alone = [{**of, "read": read, "bytes": raw, "rows": b""} for read, raw in memos.items() if read not in rows]
        if alone:
            self._work.later(_overwriting(t.memo, ("integration", "read", "bytes")), alone)

    async def end_reading(self, reading: Reading) -> None:
        """Raises IntegrityError when a reading of that id was stored before: a reading is stored once."""
        row = {**msgspec.structs.asdict(reading), "requests": msgspec.json.encode(reading.requests),
               "listings": " ".join(reading.listings)}  # fmt: skip
        self._work.later(_READING, [row])

    async def set_vantage(self, integration: str, vantage: Vantage, read_at: float) -> None:
        data = msgspec.json.encode(vantage, order="deterministic")
        await self._put(t.vantage, [{"integration": integration, "read_at": read_at, "data": data}])

    async def set_proposals(self, integration: str, proposals: Mapping[Ref, str]) -> None:
        """All proposals to capture of an integration, in place of those before; `at` of one that stays is kept."""
        table = t.proposal
        old = {
            (row["kind"], row["scope"]): row["at"]
            for row in await self._all(select(table).where(table.c.integration == integration))
        }
        self._work.later(delete(table).where(table.c.integration == integration))
        rows = [
            {
                "integration": integration,
                "kind": ref.kind.value,
                "scope": ref.name,
                "what": what,
                "at": old.get((ref.kind.value, ref.name), self._now),
            }
            for ref, what in proposals.items()
        ]
        await self._put(table, rows)

    async def add_events(self, events: Sequence[Event]) -> None:
        """With what they do to the openings of their findings."""
        rows = []
        for event in events:
            where = facets(event)
            own = {"of": event.finding, "said": where.pop("owner")}
            row = {"at": event.at, "type": event.type.value, "finding": event.finding, "told": event.told}
            rows.append({**row, **where, **own, "subject": event.address.subject, "data": msgspec.json.encode(event)})
        if rows:
            self._work.later(_EVENT, rows)
        for statement, values in batches(events):
            self._work.later(statement, values)

    async def put_findings(self, findings: Iterable[Finding]) -> None:
        rows = [
            {
                "id": one.id,
                "subject": one.address.subject,
                "phase": one.phase.value,
                "level": int(one.level),
                "closed_at": one.closed_at,
                "data": msgspec.json.encode(one),
            }
            for one in findings
        ]
        await self._put(t.finding, rows)

    async def drop_findings(self, ids: Iterable[str]) -> None:
        """Suspicions that were cleared: the ledger does not keep them, so neither does its projection."""
        for id in ids:
            self._work.later(delete(t.finding).where(t.finding.c.id == id))

    async def add_samples(self, integration: str, at: float, samples: Mapping[tuple[str, str], Sample]) -> None:
        """Health by (scope, key), all read at `at`."""
        rows = [
            {"integration": integration, "scope": scope, "key": key, "at": at, "data": msgspec.json.encode(sample)}
            for (scope, key), sample in samples.items()
        ]
        await self._put(t.sample, rows)

    async def add_runs(self, integration: str, runs: Mapping[tuple[str, str], Run]) -> None:
        """Runs that ended, by (scope, key). One that is kept already stays as it was seen first."""
        rows = [
            {"integration": integration, "scope": scope, "key": key, "ended": run.ended,
             "data": msgspec.json.encode(run)}
            for (scope, key), run in runs.items()
        ]  # fmt: skip
        if rows:
            self._work.later(upsert(t.run).on_conflict_do_nothing(), rows)

    async def queue_decision(self, decision: Decision) -> bool:
        """False when a decision of that uuid is stored already: the request was repeated, the first one stands."""
        statement = upsert(t.decision).on_conflict_do_nothing(index_elements=["uuid"])
        return await self.run(statement, _decision(decision)) == 1

    async def set_decision(self, decision: Decision) -> None:
        row = _decision(decision)
        if await self.run(update(t.decision).where(t.decision.c.uuid == decision.uuid), row) != 1:
            raise LookupError(f"decision {decision.uuid} is not stored; queue it first")

    async def set_origin(self, *origins: Origin) -> None:
        """A row for a whole scope or a whole resource replaces the finer ones under it."""
        self.wrote_origins = True
        rows = [{**msgspec.structs.asdict(one), "kind": one.ref.kind.value, "scope": one.ref.name} for one in origins]
        for row in rows:
            del row["ref"]
        for parts in (("integration", "kind", "scope"), ("integration", "kind", "scope", "key")):
            whole = [row for row in rows if not row["fact"] and bool(row["key"]) is ("key" in parts)]
            if whole:
                here = [t.origin.c[part] == bindparam(f"of_{part}") for part in parts]
                under = [{f"of_{part}": row[part] for part in parts} for row in whole]
                self._work.later(delete(t.origin).where(*here), under)
        await self._put(t.origin, rows)

    async def drop_origin(self, integration: str, places: Iterable[tuple[Ref, str, str]]) -> None:
        """Takes away the rows of exactly these: scope, key and fact."""
        self.wrote_origins = True
        parts = ("integration", "kind", "scope", "key", "fact")
        rows = [(integration, ref.kind.value, ref.name, key, fact) for ref, key, fact in places]
        if rows:
            here = [t.origin.c[part] == bindparam(f"of_{part}") for part in parts]
            gone = [{f"of_{part}": value for part, value in zip(parts, row, strict=True)} for row in rows]
            self._work.later(delete(t.origin).where(*here), gone)

    async def add_trail(self, *entries: TrailEntry) -> None:
        """Appends to the chain: each hash covers the line and the hash before it. People become pseudonyms before, and
        their names go into their table, so that one who is forgotten changes no hash."""
        if not entries:
            return
        people = Pseudonyms(await self.people_key())
        newest = await self._one(select(t.trail.c.hash).order_by(t.trail.c.seq.desc()).limit(1))
        before: bytes = newest["hash"] if newest else START
        for given in entries:
            who, data = people.actor(given.who), people.within(given.data)
            one = msgspec.structs.replace(given, at=float(given.at), who=who, data=data)
            now = trail_hash(before, one)
            row = {"at": one.at, "who": one.who, "what": one.what, "subject": one.subject,
                   "decision": str(one.data.get("decision", ""))}  # fmt: skip
            kept = canonical(msgspec.to_builtins(one.data))
            self._work.later(insert(t.trail), {**row, "data": kept, "before_hash": before, "hash": now})
            before = now
        await self.put_person(people.names)

    async def people_key(self) -> bytes:
        """What pseudonyms are made with; made at the first use."""
        key = await self.meta(KEY)
        if key is None:
            key = secrets.token_bytes(32)
            await self.set_meta(KEY, key)
        return key

    async def add_quota(self, integration: str, day: str, requests: int) -> None:
        self._work.later(_USED, [{"integration": integration, "day": day, "used": requests}])

    async def set_flag(self, name: str, value: str | None) -> None:
        if value is None:
            self._work.later(delete(t.flag).where(t.flag.c.name == name))
        else:
            await self._put(t.flag, [{"name": name, "value": value}])

    async def set_meta(self, name: str, value: bytes) -> None:
        await self._put(t.meta, [{"name": name, "value": value}])

    async def put_person(self, names: Mapping[str, str]) -> None:
        await self._put(t.person, [{"pseudonym": pseudonym, "name": name} for pseudonym, name in names.items()])

    async def put_api_token(self, token: ApiToken) -> None:
        words = {"teams": " ".join(token.teams), "made_by": " ".join(token.made_by)}
        await self._put(t.api_token, [msgspec.structs.asdict(token) | words])

    async def touch_api_token(self, hash: str, at: float) -> None:
        """It was used. A row that is gone meanwhile stays gone."""
        self._work.later(update(t.api_token).where(t.api_token.c.hash == hash).values(last_used=at))

    async def drop_api_token(self, name: str) -> bool:
        return await self.run(delete(t.api_token).where(t.api_token.c.name == name)) > 0

    async def run(self, statement: Executable, rows: Any = None) -> int:
        """For the parts of the store that live in files of their own; returns the number of rows touched."""
        return await self._work.count(statement, rows)


@cache
def _overwriting(table: Table, given: tuple[str, ...]) -> Insert:
    """Inserts rows of these columns, or writes them over the row of the same primary key."""
    statement = upsert(table)
    keys = [column.name for column in table.primary_key]
    new = {name: statement.excluded[name] for name in given if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=new)


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "uuid": decision.uuid,
        "kind": decision.kind,
        "state": decision.state.value,
        "integration": decision.integration,
        "by": decision.by,
        "at": decision.at,
        "sha": decision.sha,
        "ref_seen": decision.ref_seen,
        "data": msgspec.json.encode(decision),
    }
