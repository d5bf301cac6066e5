"""What takes two people: what waits for a second one, and the answers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import app
from .desk import Desk, Local, desk
from .options import HERE, Folder, Json, wait
from .out import Stop, as_json, show, stamp, table, text
from .remote import Remote
from .standing import filed

if TYPE_CHECKING:
    from monitor.engine.request import Decided
    from monitor.engine.waitinglist import WaitingRow

Which = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The decision as `driftline waiting` names it, or its beginning, or a finding of it."
    ),
]


@app.command()
def waiting(json: Json = False, stack: Folder = HERE) -> None:
    """Decisions that wait for a second person, the oldest first, and what each would do."""

    async def work() -> tuple[WaitingRow, ...]:
        async with desk(stack) as at:
            return await _listed(at)

    rows = wait(work())
    if json:
        as_json({"items": rows})
        return
    columns = ("Decision", "What", "By", "Because", "Lapses", "You")
    table(columns, [_row(one) for one in rows], empty="Nothing waits for a second person.")


def _row(one: WaitingRow) -> tuple[str, ...]:
    first = one.says[0] if one.says else ""
    more = f" and {len(one.says) - 1} more" if len(one.says) > 1 else ""
    why = " ".join(part for part in (one.reason, one.ticket) if part)
    you = "asked for it" if one.mine else one.not_you or "may confirm it"
    return one.uuid, f"{one.kind} {one.integration}: {first}{more}", one.by, why, stamp(one.until), you


@app.command()
def confirm(which: Which, json: Json = False, stack: Folder = HERE) -> None:
    """Agree, as the second person, to exactly what was asked for: it is carried out."""
    filed(wait(_answer(stack, which, "confirm", "")), json, "Confirmed and carried out")


@app.command()
def decline(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why; whoever asked reads it.")] = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Do not agree, as a second person: nothing is done."""
    _told(wait(_answer(stack, which, "decline", reason)), json, "Declined; nothing was done.")


@app.command()
def withdraw(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Take back what you asked for yourself, before anybody agreed."""
    _told(wait(_answer(stack, which, "withdraw", reason)), json, "Withdrawn; nothing was done.")


def _told(done: Decided, json: bool, words: str) -> None:
    as_json(done) if json else show(text(words))


async def _listed(at: Desk) -> tuple[WaitingRow, ...]:
    from monitor.engine.waitinglist import waiting as every

    if isinstance(at, Remote):
        return await at.waiting()
    assert isinstance(at, Local)  # noqa: S101 - there is no third desk
    return every(at.engine, at.who)


async def _answer(stack: Folder, which: str, answer: str, reason: str) -> Decided:
    from monitor.engine.eyes import SIGN_IN

    async with desk(stack) as at:
        rows = await _listed(at)
        found = [one for one in rows if one.uuid.startswith(which) or which in one.findings]
        if len(found) != 1:
            words = "no decision that waits" if not found else f"{len(found)} decisions that wait, so give more of it"
            raise Stop(f"{which!r} names {words}; `driftline waiting` lists them")
        if not isinstance(at, Remote):
            raise Stop(f"Whoever answers signs in, and {SIGN_IN}")
        return await at.answer(found[0].uuid, answer, reason)
