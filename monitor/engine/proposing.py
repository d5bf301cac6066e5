"""Flows that may be there, out of the last whole reads of every system. Reads the store; changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import msgspec

from monitor.core import proposing
from monitor.core.proposing import Move, Proposed, System, Writer
from monitor.core.readers import Reader, robots
from probes.kit.contract import Kind, Ref

from .live import Live

if TYPE_CHECKING:
    from .core import Engine


CHANGES: Final = ("create", "edit", "delete", "modify_all_records")
BESIDE: Final = (".validations", ".definitions")  # what is said of fields beside their object's own list
ALL: Final = ("view_all", "modify_all")  # powers beside which rights on single fields say nothing


async def propose(engine: Engine) -> tuple[Proposed, ...]:
    """Edges that flows.yaml does not have yet, each with its evidence."""
    lives = [live for live in engine.integrations.values() if live.removed_at is None]
    systems = [await _system(engine, live) for live in lives]
    ends = {end for link in proposing.links(systems) for end in (link.one, link.other)}
    for place, (live, one) in enumerate(zip(lives, systems, strict=True)):
        found = {end.scope: await _writers(engine, live, end.scope) for end in ends if end.integration == one.name}
        writers = {object: some for object, some in found.items() if some is not None}
        systems[place] = msgspec.structs.replace(one, writers=writers, readers=await _readers(engine, live, one))
    taken = (*engine.config.integrations, *engine.config.elsewhere)
    return proposing.propose(systems, engine.config.flows, taken)


async def _system(engine: Engine, live: Live) -> System:
    objects: dict[str, dict[str, Any]] = {}
    moves: list[Move] = []
    for ref in sorted(live.known):
        if ref.kind is Kind.FIELD and not ref.name.endswith(BESIDE):
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


async def _readers(engine: Engine, live: Live, system: System) -> dict[str, list[Reader]]:
    """By object, permission sets that may read some of its fields and change nothing in it; not those of our own."""
    sets, users, assigned = [
        await _rows(engine, live, Ref(Kind.PERMISSION, name)) for name in ("permission-sets", "users", "assignments")
    ]
    people = {key: row.facts for key, row in users.items()}
    machines = {key for key, row in sets.items() if row.facts.get("api_only") is True}
    holders: dict[str, set[str]] = {}
    for key in assigned:
        person, _, name = key.partition("/")
        holders.setdefault(unquote(name), set()).add(person)
    found: dict[str, list[Reader]] = {}
    for object, fields in system.objects.items():
        rights = await _rows(engine, live, Ref(Kind.PERMISSION, f"{object}.field-permissions"))
        read: dict[str, set[str]] = {}
        changing = {key for key, row in (await _rows(engine, live, Ref(Kind.PERMISSION, f"{object}.object-permissions"))
                                         ).items() if any(row.facts.get(right) for right in CHANGES)}  # fmt: skip
        for key, row in rights.items():
            holder, _, field = key.partition("/")
            if row.facts.get("edit") is True:
                changing.add(holder)
            if row.facts.get("read") is True and field in fields:
                read.setdefault(holder, set()).add(field)
        among = sum(facts.get("permissionable") is True for facts in fields.values())
        for name in sorted(read.keys() & sets.keys() - changing - live.own_sets):
            if not any(sets[name].facts.get(power) for power in ("owned_by_profile", *ALL)):
                label = str(sets[name].facts.get("label") or "")
                alone = robots(holders.get(name, ()), people, machines)
                found.setdefault(object, []).append(Reader(name, label, frozenset(read[name]), among, alone))
    return found
