"""Systems without an API: an upload is kept, and read at once as any vendor's answer is. What is missing in it is gone
when a second upload lacks it too; reading the same upload again proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import httpx
import msgspec
import orjson

from monitor.adapters.records import TrailEntry
from monitor.adapters.store_attested import Attested, attested, put_attested
from probes.attested import STALE, AttestedInvalid, ListSpec, read_csv, read_json, specs

from .observe import suspects
from .request import Refused
from .whence import whence

if TYPE_CHECKING:
    from .core import Engine
    from .live import Live

WAIT: Final = "3600"  # seconds: asking again earlier brings nothing
MOST: Final = 1 << 20  # bytes of an upload


class Taken(msgspec.Struct, frozen=True):
    """`rows` by list; `reading` is the one that read it, 0 for a heartbeat; `again`: how many things are missing that
    were there, and gone only once the next upload lacks them too."""

    integration: str
    at: float
    by: str
    rows: Mapping[str, int]
    reading: int = 0
    again: int = 0


class Files(httpx.AsyncBaseTransport):
    """What stands attested, in the place of a network. An upload answers as itself until the next one: 304."""

    def __init__(self, engine: Engine, live: Live) -> None:
        self._engine, self._live = engine, live

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        found, own = await attested(self._engine.store, self._live.name), self._live.config.attested
        if found is None:
            return self._stale("nobody has attested anything yet")
        hours = (self._engine.clock.now() - found.stands) / 3600
        if own is None or hours * 3600 > own.within:
            return self._stale(f"nobody has attested it for {_span(hours)}; the last was {found.by}")
        if request.url.path == "/":
            return httpx.Response(200, json={})
        tag = f'"{found.number}"'
        if request.headers.get("if-none-match") == tag:
            return httpx.Response(304, headers={"etag": tag})
        rows = orjson.dumps(orjson.loads(found.body).get(request.url.path[1:], []))
        return httpx.Response(200, content=rows, headers={"etag": tag, "content-type": "application/json"})

    @staticmethod
    def _stale(why: str) -> httpx.Response:
        return httpx.Response(503, json={"code": STALE, "message": why}, headers={"retry-after": WAIT})


def _span(hours: float) -> str:
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"


def transport(engine: Engine, live: Live) -> Files | None:
    """None for an integration that is asked over a network."""
    return Files(engine, live) if live.config.attested is not None else None


async def upload(engine: Engine, name: str, raw: bytes, *, by: str, csv: bool = False, only: str = "") -> Taken:
    """Keep it and read it. Raises Refused, with where and what, for one that is not as declared: then nothing changed,
    and the one before still stands."""
    live, lists = _declared(engine, name)
    if len(raw) > MOST:
        raise Refused(f"An upload has at most {MOST >> 10} KiB.")
    try:
        rows = (read_csv if csv else read_json)(lists, raw, only)
    except AttestedInvalid as error:
        raise Refused(*error.problems) from error
    async with live.attesting:
        before, now = await attested(engine.store, name), engine.clock.now()
        kept = orjson.loads(before.body) if before is not None else {}
        missing = [one.name for one in lists if one.name not in {**kept, **rows}]
        if missing:
            raise Refused(f"{', '.join(missing)}: nothing was attested yet; send all lists at once the first time.")
        number = before.number + 1 if before is not None else 1
        body = orjson.dumps({**kept, **rows})
        one = Attested(integration=name, number=number, at=now, by=by, body=body)
        await _keep(engine, one, ", ".join(f"{len(found)} {list_}" for list_, found in rows.items()))
        waiting = suspects(engine, live)
        seen = await engine.poll(name)
        if still := waiting & suspects(engine, live):  # an upload in equal bytes says it a second time too
            seen = await engine.poll(name, ids=still, fresh=True)
        left = sum(one.phase == "suspected" for one in engine.ledger.of(name))
    return Taken(name, now, by, {list_: len(found) for list_, found in rows.items()}, seen.reading.id, left)


async def heartbeat(engine: Engine, name: str, *, by: str) -> Taken:
    """All of it is as it was attested last. Raises Refused where nothing was."""
    live, _ = _declared(engine, name)
    async with live.attesting:
        before, now = await attested(engine.store, name), engine.clock.now()
        if before is None:
            raise Refused(f"Nothing of {name} was attested yet, so there is nothing that could still be so.")
        late = live.config.attested is not None and now - before.stands > live.config.attested.within
        await _keep(engine, msgspec.structs.replace(before, beat_at=now, beat_by=by), "still so" if late else "")
        if late:
            await engine.poll(name)
    return Taken(name, now, by, {})


async def _keep(engine: Engine, one: Attested, said: str) -> None:
    """`said` empty: it changed nothing that anybody asks for later."""
    async with engine.store.transaction() as tx:
        await put_attested(tx, one)
        if said:
            data: dict[str, Any] = {"integration": one.integration, "note": f"{one.integration}: {said}", **whence()}
            who = one.beat_by or one.by
            await tx.add_trail(TrailEntry(at=one.stands, who=who, what="attested", data=data))


def _declared(engine: Engine, name: str) -> tuple[Live, tuple[ListSpec, ...]]:
    live = engine.integrations.get(name)
    if live is None or live.config.attested is None:
        raise Refused(f"{name} is no integration that is attested; its file has no `attested`.")
    return live, specs(live.config.attested.lists)
