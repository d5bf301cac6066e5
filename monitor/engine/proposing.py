"""Flows that may be there, out of the last whole reads of every system. Reads the store; changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.core import proposing
from monitor.core.proposing import Move, Proposed, System, Writer
from probes.kit.contract import Kind, Ref

from .live import Live

if TYPE_CHECKING:
    from .core import Engine


async def propose(engine: Engine) -> tuple[Proposed, ...]:
    """Edges that flows.yaml does not have yet, each with its evidence."""
    lives = [live for live in engine.integrations.values() if live.removed_at is None]
    systems = [await _system(engine, live) for live in lives]
    ends = {end for link in proposing.links(systems) for end in (link.one, link.other)}
    for place, (live, one) in enumerate(zip(lives, systems, strict=True)):
        found = {end.scope: await _writers(engine, live, end.scope) for end in ends if end.integration == one.name}
        writers = {object: some for object, some in found.items() if some is not None}
        systems[place] = System(one.name, one.vendor, one.owner, one.objects, writers, one.moves)
    return proposing.propose(systems, engine.config.flows, engine.config.integrations)


async def _system(engine: Engine, live: Live) -> System:
    objects: dict[str, dict[str, Any]] = {}
    moves: list[Move] = []
    for ref in sorted(live.known):
        if ref.kind is Kind.FIELD and not ref.name.endswith(".validations"):
            objects[ref.name] = {key: row.facts for key, row in (await _rows(engine, live, ref)).items()}
        elif ref.kind is Kind.SYNC and "mapping" in live.known[ref].facts:
            for key, row in (await _rows(engine, live, ref)).items():
                ends = row.facts.get("source"), row.facts.get("target")
                pairs = tuple((str(m["from"]), str(m["to"])) for m in row.facts.get("mapping") or () if m.get("to"))
                if all(ends) and pairs:
                    moves.append(Move(key, str(ends[0]), str(ends[1]), pairs))
    return System(live.name, live.config.vendor, live.config.owner, objects, {}, moves)


async def _rows(engine: Engine, live: Live, ref: Ref) -> Any:
    last = live.known.get(ref)
    return (await engine.body(last.good_digest)).rows if last is not None and last.good_digest else {}


async def _writers(engine: Engine, live: Live, object: str) -> list[Writer] | None:
    """Permission sets that may change an object; None where rights on it are not read."""
    on_object, on_field = (Ref(Kind.PERMISSION, f"{object}.{what}-permissions") for what in ("object", "field"))
    if on_object not in live.known or on_field not in live.known:
        return None
    sets = await _rows(engine, live, Ref(Kind.PERMISSION, "permission-sets"))
    fields: dict[str, set[str]] = {}
    for key, row in (await _rows(engine, live, on_field)).items():
        holder, _, field = key.rpartition("/")
        if row.facts.get("edit") is True:
            fields.setdefault(holder, set()).add(field)
    out = []
    for holder, row in (await _rows(engine, live, on_object)).items():
        if row.facts.get("edit") is True or row.facts.get("create") is True:
            label = str(sets[holder].facts.get("label") or "") if holder in sets else ""
            may = {key for key, one in (await _rows(engine, live, Ref(Kind.FIELD, object))).items()
                   if one.facts.get("permissionable") is not True and one.facts.get("required") is True}  # fmt: skip
            creates = row.facts.get("create") is True
            out.append(Writer(holder, label, creates, frozenset(fields.get(holder, set()) | may)))
    return out
