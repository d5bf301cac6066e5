"""What was pushed to the branch, takes two people, and is not in force: told, and answered either way.

Agreeing takes two people, like any other decision. Putting the branch back takes one: it changes nothing of what is in
force, which two people agreed to, or which was there before anything took two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from monitor.adapters.records import Decision, FileWrite, Work
from monitor.core import body as bodies
from monitor.core.body import BodyError
from monitor.core.compare import compare
from monitor.core.model import Action, Address, Claim, Source
from probes.kit.contract import Kind

from . import eyes, inforce
from .filing import decision, file
from .repeated import earlier, in_turn, mark
from .request import Refused
from .rows import who
from .words import plain, sentence

if TYPE_CHECKING:
    from .core import Engine

NAMED = 20  # changes of one file, that are named


class PushedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the branch that is not in force. `says`: what agreeing to it would change; `since`: when it was
    noticed."""

    path: str
    integration: str
    says: tuple[str, ...]
    since: float


class Push(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`accept` asks a second person to agree to what was pushed; `restore` puts the branch back. `integration`: of
    which all is answered at once; "" for files that are of none. `uuid` is made by the client."""

    uuid: str
    answer: Literal["accept", "restore"]
    integration: str = ""
    reason: str = ""


async def pushed(engine: Engine) -> tuple[PushedRow, ...]:
    held = await inforce.held(engine)
    return tuple(
        PushedRow(
            path=path, integration=eyes.folder(engine, path), says=_says(engine, write),
            since=engine.pushed.get(path, engine.clock.now()),
        )
        for path, write in held.items()
    )  # fmt: skip


@in_turn
async def answer(engine: Engine, asked: Push, by: str, via: str) -> Decision:
    """Stores the decision, or gives the first one of the same uuid. Raises Refused."""
    if (first := await earlier(engine, asked.uuid, mark(asked))) is not None:
        return first
    if not asked.reason.strip():
        raise Refused(f"Say why: to {asked.answer} what was pushed needs a reason.")
    held = await inforce.held(engine)
    mine = [write for path, write in held.items() if eyes.folder(engine, path) == asked.integration]
    if not mine:
        raise Refused(f"Nothing that was pushed waits{f' of {asked.integration}' if asked.integration else ''}.")
    back = asked.answer == "restore"
    if back:
        mine = [FileWrite(path=one.path, before=one.after, after=one.before) for one in mine]
    what = f"{len(mine)} file{'s' * (len(mine) > 1)} of {asked.integration or 'the repository'}"
    title = f"Put back {what}: nobody agreed to what was pushed" if back else f"Agree to what was pushed: {what}"
    work = Work(files=tuple(mine))
    made = decision(
        engine, asked.uuid, asked.answer, asked.integration, work, by, via, asked.reason, title, mark(asked)
    )
    return await file(engine, made, {"paths": [one.path for one in mine]})


def claims(engine: Engine, integration: str) -> Iterator[Claim]:
    """What is to be said of it, under the integration whose files they are; of others under the first one."""
    first = min(engine.integrations, default="")
    for path in engine.pushed:
        if (eyes.folder(engine, path) or first) == integration:
            words = (
                f"{path} was pushed to the branch, and what it says takes two people: it is not in force. Let two "
                "agree to it, or put the branch back, on the page Waiting."
            )
            address = Address(Source.UPKEEP, integration, Kind.PLATFORM, "baselines", path, "pushed")
            yield Claim(address, Action.CHANGED, None, engine.baselines.snapshot.files.get(path, ""), words=words)


def _says(engine: Engine, write: FileWrite) -> tuple[str, ...]:
    try:
        if write.before is None or write.after is None:
            raise BodyError("there is nothing to compare it with")
        before, after = bodies.decode(write.before.encode()), bodies.decode(write.after.encode())
    except BodyError:
        return (f"{write.path} {'goes' if write.after is None else 'is written'}",)
    name, integration = who(engine), eyes.folder(engine, write.path)
    said = [
        plain(sentence(Claim(one.address(integration), one.action, one.before, one.after), name))
        for one in compare(before, after, None)
    ]
    more = len(said) - NAMED
    return (*said[:NAMED], f"and {more} more") if more > 0 else tuple(said) or (f"{write.path} is written",)
