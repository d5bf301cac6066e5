"""driftline figures: what the page /timeline says of how quick people are, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from . import app
from .desk import Desk, Local, desk
from .options import HERE, Folder, Json, kind, one_of, wait
from .out import as_json, many, show, table, text
from .remote import V1, Remote

if TYPE_CHECKING:
    from monitor.engine.figure_shapes import Figure, Figures

WEEKS: Final = ("4", "13", "52", "104")
WORST: Final = 10
_BARS: Final = "▁▂▃▄▅▆▇█"


@app.command()
def figures(
    weeks: Annotated[str, typer.Option(metavar="|".join(WEEKS), help="So many weeks, with this one.")] = "13",
    system: Annotated[str, typer.Option(metavar="NAME", help="Of one integration alone.")] = "",
    owner: Annotated[str, typer.Option(metavar="TEAM", help="Of what one team owns alone.")] = "",
    kind_: Annotated[str, typer.Option("--kind", help="Of one kind of fact alone.")] = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """How long it takes to detect, answer and resolve, what waits, what was reviewed, how long systems were watched."""
    one_of("--weeks", weeks, WEEKS)
    asked = {"days": str(int(weeks) * 7), "system": system, "owner": owner, "kind": kind(kind_)}

    async def work() -> Figures:
        async with desk(stack) as at:
            return await _figures(at, asked)

    found = wait(work())
    if json:
        as_json(found)
    else:
        _shown(found)


async def _figures(at: Desk, asked: dict[str, str]) -> Figures:
    import msgspec

    from monitor.engine.figure_shapes import Figures
    from monitor.engine.figures import Asked, figures

    if isinstance(at, Local):
        return await figures(at.engine, Asked(**{**asked, "days": int(asked["days"])}))  # type: ignore[arg-type]
    assert isinstance(at, Remote)  # noqa: S101 - a desk is one of the two
    given = {name: text for name, text in asked.items() if text}
    return msgspec.convert(await at.ask("GET", f"{V1}figures", params=given), Figures)


def _shown(found: Figures) -> None:
    from monitor.engine.figure_shapes import took

    of = ", ".join(part for part in (found.system, found.owner, found.kind) if part)
    show(text((f"Figures of {found.days // 7} weeks", "bold"), f" of {found.stack}{f' ({of})' if of else ''}"))
    columns = ("Figure", "Median", "9 of 10 within", "Of", "Median by week")
    table(columns, [_figure(one) for one in found.figures], empty="")
    show(text(f"{found.backlog.now} open now. By week: ", (bars(found.backlog.open), "cyan")))
    for owner, new in found.backlog.new.items():
        show(text(f"New for {owner}: {new[-1]} this week, {sum(new)} in all. ", (bars(new), "cyan")))
    reviewed = found.reviewed
    show(text(f"Reviewed: {reviewed.some} of {reviewed.total} things in the baselines; the rest stands as found."))
    for one in found.watched[:WORST]:
        lost = took(sum(gap.seconds for gap in one.gaps))
        why = f": {many(len(one.gaps), 'gap')}, {lost} in all, the newest: {one.gaps[-1].reason}" if one.gaps else ""
        show(text(f"{one.system} was watched {int(one.share * 10_000) / 100:.2f} % of the time{why}"))
    if len(found.watched) > WORST:
        show(text((f"{len(found.watched) - WORST} more systems were watched longer; --json has all.", "dim")))


def _figure(one: Figure) -> tuple[str, ...]:
    from monitor.engine.figure_shapes import took

    whole = one.whole
    if whole.median is None or whole.p90 is None:
        return one.title, "not enough", "", str(whole.n), ""
    weekly = bars([week.median for week in one.weeks])
    return one.title, took(whole.median), took(whole.p90), str(whole.n), weekly


def bars(values: tuple[float, ...] | list[float | None]) -> str:
    """One character a week, as high as it is beside the highest; a dot where there is nothing to say."""
    most = max((value for value in values if value is not None), default=0.0)
    if not most:
        return "·" * len(values)
    return "".join("·" if value is None else _BARS[round(value / most * (len(_BARS) - 1))] for value in values)
