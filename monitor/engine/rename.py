"""renamed_from: an integration goes on under another name with all that is known of it, open findings included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.adapters import store_upkeep
from monitor.adapters.layout import scope_path, vantage_path
from monitor.adapters.records import Decision, FileWrite, TrailEntry, Work

from . import ignoring
from .removal import BY_NAME, flag

if TYPE_CHECKING:
    from .core import Engine


async def rename(engine: Engine, old: str, new: str) -> bool:
    """Carries the store's rows and the baseline files over. False when there is nothing under the old name, or when
    the new one has readings of its own already: then nothing is touched."""
    names = await engine.store.integrations()
    if old not in names or new in names:
        return False
    live = engine.integrations.pop(old, None)
    if live is None:
        return await _rename(engine, old, new)
    engine.stop_polling(live)
    async with live.lock:  # a reading under way would store itself under the old name
        return await _rename(engine, old, new)


async def _rename(engine: Engine, old: str, new: str) -> bool:
    now = engine.clock.now()
    decision = Decision(
        uuid=f"rename-{old}-{new}-{engine.day(now)}",
        kind="approve",
        by="policy:renamed-from",
        at=now,
        via="policy",
        integration=new,
        message=f"Rename {old} to {new}\n\nSaid by renamed_from in its configuration.\n",
        how="policy",
        ref_seen=engine.baselines.seen,
        work=Work(files=await _files(engine, old, new)),
    )
    async with engine.store.transaction() as tx:
        await store_upkeep.rename_integration(tx, old, new)
        await tx.queue_decision(decision)
        data = {"decision": decision.uuid, "from": old, "via": decision.via}
        entry = TrailEntry(at=now, who=decision.by, what="rename", subject=new, data=data)
        await tx.add_trail(entry)
        await tx.set_flag(flag(old), None)
        for of in BY_NAME:
            await tx.set_flag(of + new, await tx.flag(of + old))
            await tx.set_flag(of + old, None)
    engine.removed.pop(old, None)
    engine.store.past.forget()
    async with engine.git:
        await engine.committer.run_once()
    engine.unpushed.set()
    await engine.reload_ledger()
    return True


async def _files(engine: Engine, old: str, new: str) -> tuple[FileWrite, ...]:
    """Every baseline file of the old name as a removal, and under the new name as it was."""
    moves = {
        entry.path: scope_path(engine.baselines.prefix, new, ref, ())
        for ref, entry in engine.baselines.entries(old).items()
    }
    moves[engine.baselines.vantage_path(old)] = vantage_path(engine.baselines.prefix, new)
    files: list[FileWrite] = []
    for before, after in moves.items():
        text = await engine.baselines.text(before)
        if text is not None:
            files += [FileWrite(path=before, before=text, after=None), FileWrite(path=after, before=None, after=text)]
    return (*files, *await ignoring.renamed(engine, old, new))
