"""unignore: an ignore ends before its day. Its file goes, by one commit; what it hid is told once that is in git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.adapters.layout import ignore_path
from monitor.adapters.records import Decision, FileWrite, Work

from .filing import decision, file
from .repeated import earlier, in_turn, mark
from .request import Refused
from .standing_shapes import End

if TYPE_CHECKING:
    from .core import Engine


@in_turn
async def unignore(engine: Engine, id: str, asked: End, by: str, via: str) -> Decision:
    """Stores the decision, or gives the first one of the same uuid. Raises Refused."""
    if (first := await earlier(engine, asked.uuid, mark(asked, "unignore", id))) is not None:
        return first
    found = next((one for one in engine.baselines.ignores if one.id == id), None)
    if found is None:
        raise Refused(f"There is no ignore {id!r}; `driftline ignores` lists them.")
    if not asked.reason.strip():
        raise Refused("Say why: ending an ignore needs a reason.")
    path = ignore_path(id)
    work = Work(files=(FileWrite(path=path, before=await engine.baselines.text(path), after=None),))
    title = f"End the ignore of {found.pattern}"[:120]
    said = mark(asked, "unignore", id)
    made = decision(engine, asked.uuid, "unignore", found.subject, work, by, via, asked.reason, title, said)
    return await file(engine, made, {"ignore": id})
