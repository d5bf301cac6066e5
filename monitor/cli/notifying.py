"""driftline notify test: whether those who are told directly can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import app
from .desk import Desk, Local, desk
from .options import HERE, Folder, Json, wait
from .out import DRIFT, Stop, as_json, show
from .remote import V1, Remote
from .text import seen

if TYPE_CHECKING:
    from monitor.engine.trying import Tried

notify = typer.Typer(help="Those who are told directly (`notify` in driftline.yaml).", no_args_is_help=True)
app.add_typer(notify, name="notify")


@notify.command()
def test(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Of notify.targets; all where none is given.")] = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Send one marked message, and say what the other end answered."""

    async def work() -> tuple[Tried, ...]:
        async with desk(stack) as at:
            return await _try(at, target)

    tried = wait(work())
    if json:
        as_json(tried)
    else:
        for one in tried:
            show(f"{seen(one.target)}: {'sent' if one.ok else 'FAILED'}. {seen(one.says)}")
    failed = [one.target for one in tried if not one.ok]
    if failed:
        raise Stop(f"{len(failed)} of {len(tried)} could not be told: {', '.join(failed)}", code=DRIFT)


async def _try(at: Desk, target: str) -> tuple[Tried, ...]:
    import msgspec

    from monitor.engine import trying
    from monitor.engine.request import Refused

    if isinstance(at, Local):
        try:
            return await trying.send(at.engine, trying.Try(target=target))
        except Refused as refused:
            raise Stop(*refused.problems) from refused
    assert isinstance(at, Remote)  # noqa: S101 - a desk is one of the two
    answer = await at.ask("POST", f"{V1}notifications/test", json={"target": target})
    return msgspec.convert(answer["items"], tuple[trying.Tried, ...])
