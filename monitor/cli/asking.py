"""driftline ask: a link by which whoever made a change says whether it was theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from . import app
from .desk import Desk, Local, desk
from .options import HERE, Folder, Json, finding, wait
from .out import Stop, as_json, show, text
from .remote import V1, Remote

if TYPE_CHECKING:
    from monitor.engine.asking_shapes import AskLink


@app.command()
def ask(
    id: Annotated[str, typer.Argument(metavar="ID", help="Of the finding, or its beginning.")],
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Make a link to send to whoever made a change: they say whether it was theirs, and approve nothing."""

    async def work() -> AskLink:
        async with desk(stack) as at:
            return await _ask(at, finding(id))

    made = wait(work())
    if json:
        as_json(made)
        return
    show(text("Send this to ", (made.who, "bold"), ". The link is shown now and not again."))
    show("")
    show(*made.text.splitlines())
    if made.mailto:
        show("", made.mailto)


async def _ask(at: Desk, id: str) -> AskLink:
    import msgspec

    from monitor.engine.asking import ask
    from monitor.engine.asking_shapes import AskLink
    from monitor.engine.request import Refused
    from monitor.engine.views import NotFound, find

    if isinstance(at, Local):
        try:
            return await ask(at.engine, find(at.engine, id), at.who)
        except Refused as refused:
            raise Stop(*refused.problems) from refused
        except NotFound as missing:
            raise Stop(str(missing)) from missing
    assert isinstance(at, Remote)  # noqa: S101 - a desk is one of the two
    return msgspec.convert(await at.ask("POST", f"{V1}findings/{quote(id, safe='')}/ask"), AskLink)
