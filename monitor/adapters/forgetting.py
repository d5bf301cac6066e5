"""What forgetting a person takes out of the store. The trail holds pseudonyms from the start and stays as it is, so its
chain still verifies; rows that say who acted get the pseudonym instead of the name."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import ColumnElement, Text, cast, delete, func, literal, select, update
from sqlalchemy.sql.elements import SQLCoreOperations

from . import schema as t
from .packing import text_of
from .pseudonyms import PEER, Pseudonyms, pseudonym
from .store_members import drop_member, members
from .store_tx import Tx

_SAID = ("acknowledged", "rejected", "released")  # of a finding
_DOCUMENTS = (t.decision, t.event, t.finding)


async def forget(tx: Tx, key: bytes, made: str) -> frozenset[str]:
    """Gives the pseudonyms that were taken out of the table of names: the person's, and those of network addresses from
    which nobody else acted."""
    people = Pseudonyms(key)
    for name in await _actors(tx):
        if people.actor(name).rpartition(":")[2] == made:
            await _rename(tx, name, people.actor(name))
    for token in await tx.api_tokens():
        if any(pseudonym(key, part) == made for part in token.name.split(":")):
            await tx.drop_api_token(token.name)
    for one in await members(tx):
        if pseudonym(key, one.name) == made:
            await drop_member(tx, one.id)
    await tx.run(delete(t.ask).where(t.ask.c.who == made))  # nobody is asked any more
    await tx.run(delete(t.answered))  # what was answered may say the name, and is kept for a day at most
    gone = {made, *await _peers(tx, made)}
    there = await tx._all(select(t.person.c.pseudonym).where(t.person.c.pseudonym.in_(gone)))
    await tx.run(delete(t.person).where(t.person.c.pseudonym.in_(gone)))
    return frozenset(row["pseudonym"] for row in there)


async def _actors(tx: Tx) -> set[str]:
    """Every name under which somebody decided anything."""
    named = [func.json_extract(text_of(t.event.c.data), "$.by")]
    named += [func.json_extract(text_of(t.finding.c.data), f"$.{name}_by") for name in _SAID]
    found: set[str] = set()
    named.append(func.json_extract(text_of(t.decision.c.data), "$.answered_by"))
    for column in (t.decision.c.by, t.origin.c.by, t.ask.c.by, *named):
        rows = await tx._all(select(column.label("by")).distinct())
        found |= {row["by"] for row in rows if row["by"]}
    return found


async def _rename(tx: Tx, name: str, pseudonym: str) -> None:
    """`by`, `acknowledged_by` and all like them, in columns and documents."""
    if name == pseudonym:
        return
    for table in (t.decision, t.origin, t.ask):
        await tx.run(update(table).where(table.c.by == name).values(by=pseudonym))
    old, new = (f'by":{msgspec.json.encode(one).decode()}' for one in (name, pseudonym))
    for table in _DOCUMENTS:
        text = text_of(table.c.data)
        named = update(table).where(func.instr(text, old) > 0)
        await tx.run(named.values(data=func.packed(func.replace(text, old, new))))
    value = t.flag.c.value
    await tx.run(update(t.flag).where(func.instr(value, old) > 0).values(value=func.replace(value, old, new)))


async def _peers(tx: Tx, made: str) -> Iterable[str]:
    peer = func.json_extract(cast(t.trail.c.data, Text), f"$.{PEER}")

    async def of(whose: ColumnElement[bool]) -> set[str]:
        rows = await tx._all(select(peer.label("peer")).where(whose, peer.is_not(None)).distinct())
        return {row["peer"] for row in rows}

    theirs = _ends(t.trail.c.who, made)
    return await of(theirs) - await of(~theirs)


def _ends(column: SQLCoreOperations[str], made: str) -> ColumnElement[bool]:
    return func.substr(column, literal(-len(made))) == made
