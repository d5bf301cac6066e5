"""The catalogue: what was read of every system, found by name, label, value or right, over the last good facts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from monitor.adapters.catalogue import Hit, Place
from monitor.core import body as bodies
from monitor.core import dictionary
from probes.kit.contract import Kind, Ref, digest

from .catalogue_shapes import Found, Group, Results, ScopeRow, Scopes
from .rows import who
from .seeing import mark, seen
from .views import NotFound
from .words import named

if TYPE_CHECKING:
    from .live import Live
    from .surface import Engine

GROUPS: Final = 30  # systems of which hits are shown; the others are named with their counts
EACH: Final = 6
MOST: Final = 200  # a page of one system
PATIENCE: Final = 0.2  # seconds that a search waits for pages that are not made yet
PEOPLE: Final = 20  # whose pseudonyms are looked for, of those whose names fit
TOO_SHORT: Final = f"Give at least {dictionary.SHORTEST} characters of a name, a label, an option or a right."


def places(engine: Engine, integration: str = "") -> list[Place]:
    """The newest good content of every scope, in the order in which things are shown."""
    lives = [engine.integrations[integration]] if integration else list(engine.integrations.values())
    return sorted(
        Place(live.name, ref, _mark(live, ref, last.good_digest))
        for live in lives
        for ref, last in live.known.items()
        if last.good_digest
    )


def _mark(live: Live, ref: Ref, good: bytes) -> bytes:
    """Of a page: its content, and what people call its rows where that is told beside it."""
    called = live.called.get(ref)
    return digest(good + msgspec.json.encode(sorted(called.items()))) if called else good


def following(engine: Engine) -> asyncio.Task[None]:
    """What makes the pages that are missing; one at a time."""
    task: asyncio.Task[None] | None = engine.catalogue.making
    if task is None or task.done():
        task = engine.catalogue.making = asyncio.create_task(_follow(engine), name="make pages of the catalogue")
    return task


async def follow(engine: Engine) -> None:
    """Until every page is there. Raises what went wrong."""
    await asyncio.shield(following(engine))


async def _follow(engine: Engine) -> None:
    """Drops the pages of what is not there any more as well. Costs little where nothing moved; a scope whose content
    the store has lost is left out until it is read again."""
    state = [(live.name, live.reading) for live in engine.integrations.values()]
    if engine.catalogue.current == state:
        return
    have, wanted = await engine.catalogue.marks(), set[bytes]()
    for live in list(engine.integrations.values()):
        for ref, last in list(live.known.items()):
            if not last.good_digest:
                continue
            mark = _mark(live, ref, last.good_digest)
            if mark not in have and mark not in wanted:
                raw = await engine.store.content(last.good_digest)
                if raw is not None:
                    await engine.catalogue.put(mark, partial(_page, raw, live.called.get(ref, {})))
            wanted.add(mark)
        await asyncio.sleep(0)
    await engine.catalogue.drop(have - wanted)
    engine.catalogue.current = state


def _page(raw: bytes, called: Mapping[str, str]) -> dictionary.Page:
    return dictionary.page(bodies.recall(raw), called)


async def search(engine: Engine, text: str, integration: str = "", after: int = 0, each: int = EACH) -> Results:
    """What fits best, by system. In one system: its hits from number `after` on. Raises NotFound for a system that is
    none."""
    if integration:
        known(engine, integration)
    people = tuple(engine.people.called(text.strip())[:PEOPLE]) if len(text.strip()) > dictionary.SHORTEST else ()
    query = dictionary.query(text, people)
    if query is None:
        return Results(query=text, refused=TOO_SHORT)
    done, _ = await asyncio.wait({following(engine)}, timeout=PATIENCE)
    for task in done:
        task.result()
    where = places(engine, integration)
    found = await engine.catalogue.search(query, where, each, after, GROUPS)
    if found.behind:
        engine.catalogue.current = None
    groups = [
        Group(name, _title(engine, name), count, tuple(_found(engine, query, hit) for hit in found.hits.get(name, ())))
        for name, count in found.counts.items()
    ]
    total = sum(found.counts.values())
    end = after + (len(groups[0].items) if groups else 0)
    return Results(
        query=text, total=total, systems=len(groups), groups=tuple(groups[:GROUPS]), others=tuple(groups[GROUPS:]),
        behind=found.behind, scopes=len(where), next=str(end) if integration and after < end < total else "",
    )  # fmt: skip


def known(engine: Engine, integration: str) -> Live:
    """Raises NotFound."""
    if integration not in engine.integrations:
        there = ", ".join(sorted(engine.integrations)) or "none"
        raise NotFound(f'no integration is called "{integration[:60]}"; there are: {there}')
    live: Live = engine.integrations[integration]
    return live


def _title(engine: Engine, name: str) -> str:
    live = engine.integrations.get(name)
    return (live.config.title or name) if live is not None else name


def _found(engine: Engine, query: dictionary.Query, hit: Hit) -> Found:
    name, row = who(engine), scope_row(engine, hit.integration, hit.ref)
    value = dictionary.value(query, hit.row) if hit.rank == dictionary.VALUE else ""
    return Found(
        integration=hit.integration, kind=str(hit.ref.kind), scope=hit.ref.name, key=hit.row.key,
        name=named(hit.row.key or hit.ref.name, name), label=named(hit.row.label, name) if hit.row.key else "",
        why=dictionary.WORDS[hit.rank], value=named(value, name), words=row.words, good_at=row.good_at,
    )  # fmt: skip


def scope_row(engine: Engine, integration: str, ref: Ref) -> ScopeRow:
    """Raises NotFound for a scope that was never read."""
    last = known(engine, integration).known.get(ref)
    if last is None:
        raise NotFound(f"{ref.kind} {ref.name} of {integration} was never read; its page lists what was")
    return ScopeRow(
        integration=integration, kind=str(ref.kind), scope=ref.name, rows=last.rows, mark=mark([last.coverage]),
        words=seen(last.coverage.state, last.good_at, engine.clock.now()), good_at=last.good_at,
        captured=ref in engine.baselines.entries(integration),
    )  # fmt: skip


def scopes(engine: Engine, integration: str, kind: str = "", after: int = 0, limit: int = 100) -> Scopes:
    """Raises NotFound."""
    refs = sorted(ref for ref in known(engine, integration).known if not kind or ref.kind == Kind(kind))
    items = tuple(scope_row(engine, integration, ref) for ref in refs[after : after + limit])
    end = after + len(items)
    return Scopes(
        integration, _title(engine, integration), len(refs), items, str(end) if items and end < len(refs) else ""
    )


def split(engine: Engine, integration: str, kind: str, rest: str) -> tuple[Ref, str]:
    """The scope and the key of an address, both of which may have slashes: the longest scope that there is. Raises
    NotFound."""
    there = known(engine, integration).known
    if kind not in set(Kind):
        raise NotFound(f'no kind is called "{kind[:40]}"; there are: {", ".join(Kind)}')
    parts = rest.split("/")
    for count in range(len(parts), 0, -1):
        ref = Ref(Kind(kind), "/".join(parts[:count]))
        if ref in there:
            return ref, "/".join(parts[count:])
    raise NotFound(f"{kind} {rest[:120]} of {integration} was never read; its page lists what was")
