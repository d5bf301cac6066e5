"""What can be read from the store, outside a transaction and inside one alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Column, Executable, RowMapping, Select, bindparam, func, or_, select

from monitor.core.model import Event, Finding
from monitor.core.runs import KEPT, Run, windows
from probes.kit.contract import Coverage, Kind, Parent, Ref, Sample, Vantage

from . import schema as t
from .records import ApiToken, Decision, DecisionState, Hour, Last, Origin, Reading, TrailEntry

_CHUNK = 400  # bound parameters of one IN list


class LastRest(msgspec.Struct, frozen=True):
    """The part of a `last` row that no query asks for."""

    coverage: Coverage
    parent: Parent | None
    needs: tuple[str, ...]
    facts: tuple[str, ...]


def listed(names: Iterable[str]) -> Select[Any]:
    """Any number of names as one bound parameter, for an IN whose statement is then always the same."""
    return among(bindparam("names", packed(names), unique=True))


def packed(names: Iterable[str]) -> str:
    return msgspec.json.encode(list(names)).decode()


def among(names: BindParameter[str]) -> Select[Any]:
    """What was packed, for an IN."""
    return select(func.json_each(names).table_valued("value").c.value)


def _beside(column: Column[bytes]) -> Select[Any]:
    memo = t.memo.c
    here = (memo.integration == bindparam("integration")) & memo.read.in_(among(bindparam("names")))
    return select(memo.read, column.label("raw")).where(here)


# Asked at every turn of a poll, and therefore made once.
_CONTENT = select(t.content.c.bytes).where(t.content.c.digest == bindparam("digest"))
_MEMOS, _MEMO_ROWS = _beside(t.memo.c.bytes), _beside(t.memo.c.rows)


class Reads(ABC):
    """All reads; the two that carry them (Store, Tx) say on which connection they run."""

    @abstractmethod
    async def _all(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[RowMapping]:
        """The rows of one statement, with these values for its named places."""

    async def _one(self, statement: Executable, values: Mapping[str, Any] | None = None) -> RowMapping | None:
        rows = await self._all(statement, values)
        return rows[0] if rows else None

    async def content(self, digest: bytes) -> bytes | None:
        """The body of that digest, in the exact bytes of a baseline file."""
        row = await self._one(_CONTENT, {"digest": digest})
        return row["bytes"] if row else None

    async def contents(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        wanted = list(dict.fromkeys(digests))
        found: dict[bytes, bytes] = {}
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            rows = await self._all(select(t.content.c.digest, t.content.c.bytes).where(t.content.c.digest.in_(part)))
            found.update((row["digest"], row["bytes"]) for row in rows)
        return found

    async def have_content(self, digests: Iterable[bytes]) -> set[bytes]:
        """Those of the digests whose body is there."""
        wanted, found = list(digests), set[bytes]()
        for start in range(0, len(wanted), _CHUNK):
            here = t.content.c.digest.in_(wanted[start : start + _CHUNK])
            found.update(row["digest"] for row in await self._all(select(t.content.c.digest).where(here)))
        return found

    async def lasts(self, integration: str) -> dict[Ref, Last]:
        """The newest reading of every scope of an integration, by ref."""
        rows = await self._all(select(t.last).where(t.last.c.integration == integration))
        return {one.ref: one for one in map(_last, rows)}

    async def memos(self, integration: str, reads: Iterable[str]) -> dict[str, bytes]:
        """By read id; a read without a memo is left out."""
        return await self._beside(_MEMOS, integration, reads)

    async def memo_rows(self, integration: str, reads: Iterable[str]) -> dict[str, bytes]:
        """What is kept beside the memos, by read id."""
        return await self._beside(_MEMO_ROWS, integration, reads)

    async def _beside(self, asked: Select[Any], integration: str, reads: Iterable[str]) -> dict[str, bytes]:
        found = await self._all(asked, {"integration": integration, "names": packed(reads)})
        return {row["read"]: row["raw"] for row in found}

    async def readings(
        self, integration: str | None = None, limit: int = 50, before: int | None = None
    ) -> list[Reading]:
        """The newest first; `before`: only those with a smaller id."""
        query = select(t.reading).order_by(t.reading.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(t.reading.c.id < before)
        if integration is not None:
            query = query.where(t.reading.c.integration == integration)
        return [
            Reading(**{**row, "requests": msgspec.json.decode(row["requests"]),
                       "listings": tuple(row["listings"].split())})
            for row in await self._all(query)
        ]  # fmt: skip

    async def vantage(self, integration: str) -> tuple[Vantage, float] | None:
        """The vantage of the last reading that knew it, and when that was."""
        row = await self._one(select(t.vantage).where(t.vantage.c.integration == integration))
        return (msgspec.json.decode(row["data"], type=Vantage), row["read_at"]) if row else None

    async def proposals(self, integration: str) -> dict[Ref, str]:
        rows = await self._all(select(t.proposal).where(t.proposal.c.integration == integration))
        return {Ref(Kind(row["kind"]), row["scope"]): row["what"] for row in rows}

    async def findings(self, *, phases: Iterable[str] = ()) -> list[Finding]:
        """The projection of the ledger, in order of opening; `phases` empty means all."""
        query = select(t.finding.c.data)
        if wanted := list(phases):
            query = query.where(t.finding.c.phase.in_(wanted))
        found = [msgspec.json.decode(row["data"], type=Finding) for row in await self._all(query)]
        return sorted(found, key=lambda one: (one.first_seen_at, one.id))

    async def events(
        self,
        after: int = 0,
        *,
        finding: str | None = None,
        subject: str | None = None,
        told: bool | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> list[tuple[int, Event]]:
        """Events with their sequence numbers, oldest first unless said otherwise."""
        seq = t.event.c.seq
        query = select(seq, t.event.c.data).where(seq > after).order_by(seq.desc() if newest_first else seq)
        if finding is not None:
            query = query.where(t.event.c.finding == finding)
        if subject is not None:
            query = query.where(t.event.c.subject == subject)
        if told is not None:
            query = query.where(t.event.c.told == told)
        if limit is not None:
            query = query.limit(limit)
        return [(row["seq"], msgspec.json.decode(row["data"], type=Event)) for row in await self._all(query)]

    async def samples(self, integration: str, since: float) -> dict[tuple[str, str], list[tuple[float, Sample]]]:
        """Raw samples by (scope, key), oldest first."""
        at = t.sample.c.at
        rows = await self._all(select(t.sample).where(t.sample.c.integration == integration, at >= since).order_by(at))
        found: dict[tuple[str, str], list[tuple[float, Sample]]] = {}
        for row in rows:
            sample = msgspec.json.decode(row["data"], type=Sample)
            found.setdefault((row["scope"], row["key"]), []).append((row["at"], sample))
        return found

    async def runs(self, integration: str) -> dict[tuple[str, str], list[Run]]:
        """The newest runs that ended of each sync, by (scope, key), oldest first."""
        c = t.run.c
        nth = func.row_number().over(partition_by=[c.scope, c.key], order_by=c.ended.desc()).label("nth")
        newest = select(t.run, nth).where(c.integration == integration).subquery()
        rows = await self._all(select(newest).where(newest.c.nth <= KEPT).order_by(newest.c.ended))
        found: dict[tuple[str, str], list[Run]] = {}
        for row in rows:
            found.setdefault((row["scope"], row["key"]), []).append(msgspec.json.decode(row["data"], type=Run))
        return found

    async def runs_before(self, integration: str, scope: str, key: str, ended: float) -> list[Run]:
        """Runs of one sync at about the same time of the same weekday, in the weeks before."""
        c = t.run.c
        near = or_(*(c.ended.between(start, end) for start, end in windows(ended)))
        where = (c.integration == integration, c.scope == scope, c.key == key, near)
        rows = await self._all(select(c.data).where(*where))
        return [msgspec.json.decode(row["data"], type=Run) for row in rows]

    async def hours(self, integration: str, since: float) -> dict[tuple[str, str], list[Hour]]:
        """Hourly samples by (scope, key), oldest first; made by `prune` from what it takes away."""
        c = t.sample_day.c
        where = (c.integration == integration, c.day > since - 86_400.0)
        found: dict[tuple[str, str], list[Hour]] = {}
        for row in await self._all(select(t.sample_day).where(*where).order_by(c.day)):
            hours = msgspec.json.decode(row["hours"], type=list[Hour])
            if kept := [one for one in hours if one.hour >= since]:
                found.setdefault((row["scope"], row["key"]), []).extend(kept)
        return found

    async def decision(self, uuid: str) -> Decision | None:
        row = await self._one(select(t.decision.c.data).where(t.decision.c.uuid == uuid))
        return msgspec.json.decode(row["data"], type=Decision) if row else None

    async def decisions(
        self,
        state: DecisionState | None = None,
        *,
        newest_first: bool = False,
        limit: int | None = None,
        before: Decision | None = None,
    ) -> list[Decision]:
        """In the order they were made, unless said otherwise; `state` None means all; `before`: of the newest first,
        those that come after this one."""
        at, uuid = t.decision.c.at, t.decision.c.uuid
        query = select(t.decision.c.data).order_by(at.desc() if newest_first else at, uuid)
        if before is not None:
            query = query.where((at < before.at) | ((at == before.at) & (uuid > before.uuid)))
        if state is not None:
            query = query.where(t.decision.c.state == state)
        if limit is not None:
            query = query.limit(limit)
        return [msgspec.json.decode(row["data"], type=Decision) for row in await self._all(query)]

    async def decided(self, shas: Iterable[str]) -> frozenset[str]:
        """Those of the commits that a decision of ours led to."""
        wanted, found = list(shas), set[str]()
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            rows = await self._all(select(t.decision.c.sha).where(t.decision.c.sha.in_(part)))
            found.update(row["sha"] for row in rows)
        return frozenset(found)

    async def decisions_of(self, shas: Iterable[str]) -> dict[str, Decision]:
        """The decisions that led to these commits, by commit."""
        query = select(t.decision.c.data).where(t.decision.c.sha.in_(listed(shas)))
        found = [msgspec.json.decode(row["data"], type=Decision) for row in await self._all(query)]
        return {one.sha: one for one in found}

    async def origins(self, integration: str, ref: Ref | None = None) -> list[Origin]:
        query = select(t.origin).where(t.origin.c.integration == integration)
        if ref is not None:
            query = query.where(t.origin.c.kind == ref.kind, t.origin.c.scope == ref.name)
        return [
            Origin(ref=Ref(Kind(row["kind"]), row["scope"]), **{k: row[k] for k in _ORIGIN})
            for row in await self._all(query)
        ]

    async def origin(self, integration: str, ref: Ref, key: str = "", fact: str = "") -> Origin | None:
        """How that fact came into the baseline: the finest row that matches."""
        fits = [o for o in await self.origins(integration, ref) if o.key in ("", key) and o.fact in ("", fact)]
        return max(fits, key=lambda o: (o.key != "", o.fact != ""), default=None)

    async def trail(self, after: int = 0, limit: int | None = None) -> list[TrailEntry]:
        query = select(t.trail).where(t.trail.c.seq > after).order_by(t.trail.c.seq).limit(limit)
        return [TrailEntry(**{**row, "data": msgspec.json.decode(row["data"])}) for row in await self._all(query)]

    async def newest_trail(self) -> int:
        """The number of the newest line of the trail; 0 for none."""
        return await self._newest(t.trail, "seq")

    async def quota(self, integration: str, day: str) -> int:
        """Requests made on that day (UTC, YYYY-MM-DD)."""
        table = t.quota
        row = await self._one(select(table.c.used).where(table.c.integration == integration, table.c.day == day))
        return row["used"] if row else 0

    async def flag(self, name: str) -> str | None:
        row = await self._one(select(t.flag.c.value).where(t.flag.c.name == name))
        return row["value"] if row else None

    async def flags(self, prefix: str) -> dict[str, str]:
        """Those whose name begins so, by the rest of the name."""
        rows = await self._all(select(t.flag).where(t.flag.c.name.startswith(prefix, autoescape=True)))
        return {row["name"].removeprefix(prefix): row["value"] for row in rows}

    async def meta(self, name: str) -> bytes | None:
        row = await self._one(select(t.meta.c.value).where(t.meta.c.name == name))
        return row["value"] if row else None

    async def api_token(self, hash: str) -> ApiToken | None:
        row = await self._one(select(t.api_token).where(t.api_token.c.hash == hash))
        return _token(row) if row else None

    async def api_tokens(self) -> list[ApiToken]:
        return [_token(row) for row in await self._all(select(t.api_token).order_by(t.api_token.c.created))]

    async def integrations(self) -> frozenset[str]:
        """Names that have any reading kept here, those no longer configured included."""
        return frozenset(row["integration"] for row in await self._all(select(t.last.c.integration).distinct()))

    async def _newest(self, table: Any, column: str) -> int:
        row = await self._one(select(func.max(table.c[column]).label("newest")))
        return int(row["newest"] or 0) if row else 0


_ORIGIN = ("integration", "key", "fact", "how", "sha", "by", "at")
_PLAIN = ("integration", "read", "digest", "good_digest", "good_at", "read_at", "reading", "rows", "source", "link")


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(**{**row, "teams": tuple(row["teams"].split()), "made_by": tuple(row["made_by"].split())})


def _last(row: RowMapping) -> Last:
    rest = msgspec.json.decode(row["data"], type=LastRest)
    return Last(
        ref=Ref(Kind(row["kind"]), row["scope"]),
        coverage=rest.coverage,
        parent=rest.parent,
        needs=rest.needs,
        facts=rest.facts,
        **{name: row[name] for name in _PLAIN},
    )
