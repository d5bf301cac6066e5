"""A week or a month in review for driftline report --weekly and --monthly; a line of cron sends it every Monday."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .desk import Desk, Local, desk
from .options import wait
from .out import Stop, emit
from .remote import V1, Remote

if TYPE_CHECKING:
    from monitor.engine.recap_shapes import Period, Recap


def looked_back(period: Period, until: str, stack: Path) -> tuple[Recap, Callable[[], str], Callable[[], None]]:
    """What was found, what makes one HTML file of it, and what prints it as Markdown."""
    from monitor.web.recaps import render

    async def work() -> tuple[Recap, str]:
        async with desk(stack) as at:
            return await _recap(at, period, until), at.url

    found, url = wait(work())

    return found, lambda: render(found, "html", url), lambda: emit(render(found, "markdown", url))


async def _recap(at: Desk, period: Period, until: str) -> Recap:
    import msgspec

    from monitor.engine.recap import recap
    from monitor.engine.recap_shapes import Recap
    from monitor.engine.request import Refused

    if isinstance(at, Local):
        try:
            return await recap(at.engine, period, until)
        except Refused as error:
            raise Stop(*error.problems) from error
    assert isinstance(at, Remote)  # noqa: S101 - a desk is one of the two
    asked = {"period": period, **({"until": until} if until else {})}
    return msgspec.convert(await at.ask("GET", f"{V1}report", params=asked), Recap, strict=False)
