"""Integrations in the store are renamed and dropped."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from sqlalchemy import Table, delete, func, select, update

from monitor.core.model import Address, Claim, Finding, Source

from . import schema as t
from .records import Decision
from .store_tx import Tx


async def drop_integration(tx: Tx, name: str) -> None:
    """Takes away what was seen of an integration. Its decisions, origins, events and trail stay."""
    for table in t.BY_INTEGRATION:
        if table is not t.origin:
            await tx.run(delete(table).where(table.c.integration == name))


async def rename_integration(tx: Tx, old: str, new: str) -> bool:
    """Carries everything over to the new name; False when there is nothing under the old one. The trail keeps the
    name that was true when it was written. Raises LookupError when something is kept under the new name already."""
    if not await _kept(tx, old):
        return False
    if await _kept(tx, new):
        raise LookupError(f"{new} has a history of its own, so that of {old} cannot become its; use a name that is new")
    for table in t.BY_INTEGRATION:
        await tx.run(update(table).where(table.c.integration == old).values(integration=new))
    for row in await tx._all(select(t.finding.c.id, t.finding.c.data).where(t.finding.c.subject == old)):
        finding = msgspec.json.decode(row["data"], type=Finding)
        before, finding.claim = finding.claim.fingerprint, _claim(finding.claim, old, new)
        now = finding.claim.fingerprint  # it is made of the address too
        finding.moves = [(at, now if value == before else value) for at, value in finding.moves]
        await _rewrite(tx, t.finding, t.finding.c.id == row["id"], subject=new, data=msgspec.json.encode(finding))
    for seq, event in await tx.events(subject=old):
        claim = event.claim and _claim(event.claim, old, new)
        event = msgspec.structs.replace(event, address=_address(event.address, old, new), claim=claim)
        await _rewrite(tx, t.event, t.event.c.seq == seq, subject=new, data=msgspec.json.encode(event))
    for table in (t.event, t.opening):
        await tx.run(update(table).where(table.c.integration == old).values(integration=new))
    for row in await tx._all(select(t.decision.c.uuid, t.decision.c.data).where(t.decision.c.integration == old)):
        decision = msgspec.structs.replace(msgspec.json.decode(row["data"], type=Decision), integration=new)
        data = msgspec.json.encode(decision)
        await _rewrite(tx, t.decision, t.decision.c.uuid == row["uuid"], integration=new, data=data)
    return True


async def _kept(tx: Tx, name: str) -> bool:
    for table in t.BY_INTEGRATION:
        if await tx._one(select(func.count().label("n")).where(table.c.integration == name).having(func.count() > 0)):
            return True
    return False


async def _rewrite(tx: Tx, table: Table, where: Any, **values: Any) -> None:
    await tx.run(update(table).where(where).values(**values))


def _claim(claim: Claim, old: str, new: str) -> Claim:
    """What upkeep says names places, such as that of an ignore, and stands unchanged while it stays true."""
    under, words = claim.under and _address(claim.under, old, new), claim.words
    if claim.address.source is Source.UPKEEP:
        words = re.sub(rf"(?<![\w.-]){re.escape(old)}/", f"{new}/", words)
    return msgspec.structs.replace(claim, address=_address(claim.address, old, new), under=under, words=words)


def _address(address: Address, old: str, new: str) -> Address:
    return msgspec.structs.replace(address, subject=new) if address.subject == old else address
