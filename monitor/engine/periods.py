"""What is due by the clock: digests and reports, each once in its period, also across restarts.

When each was last written stands beside it in the store. One that was never written begins with its next time: a new
setting, or a store that was restored elsewhere, sends nothing that somebody may have got already.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from monitor.adapters import store_outbox
from monitor.adapters.notified import File, Message
from monitor.adapters.store_outbox import Out

from . import alert_facts, digests, hours, leasing
from .messages import title
from .recap import recap
from .recap_shapes import Period, Recap
from .telling import out
from .writing import PREFIX

if TYPE_CHECKING:
    from .core import Engine

Draw = Callable[[Recap, str, str], str]  # a report, its form (html or markdown), and where the pages are
LAST: Final = "notify/last/"  # flags: when each was last due


async def write(engine: Engine, draw: Draw | None) -> None:
    """Into the outbox, whatever became due. `draw` makes files of a report; without it reports have none."""
    service = engine.config.service
    if not (service.notify.digests or service.reports):
        return
    last = await engine.store.flags(LAST)
    outs: list[Out] = []
    marks: dict[str, float] = {}
    now, zone = engine.clock.now(), engine.config.zone
    for digest in service.notify.digests:
        at, day = hours.newest(digest.every, digest.hour, digest.day, now, zone)
        for owner in digest.owners or digests.owners(engine):
            for target in digest.to:
                name = f"{digest.every}/{owner}/{target}"
                if (before := _before(last, name, at, marks)) is not None:
                    id = f"{digest.every}-{owner}-{day}"
                    message = await digests.written(engine, owner, digest.every, before, id)
                    outs += [out(engine, target, message, now)] if message is not None else []
    for report in service.reports:
        at, day = hours.newest(report.every, report.hour, report.day, now, zone)
        for target in (*report.to, *((PREFIX + report.folder,) if report.folder else ())):
            if _before(last, f"report/{report.every}/{target}", at, marks) is not None:
                period: Period = "week" if report.every == "weekly" else "month"
                made = await recap(engine, period, f"{day - timedelta(days=1)}")
                outs.append(out(engine, target, _report(engine, made, draw, target.startswith(PREFIX)), now))
    if marks:
        async with engine.leases.keeping(leasing.NOTIFY) as tx:
            await store_outbox.add(tx, outs)
            for name, at in marks.items():
                await tx.set_flag(LAST + name, str(at))


def _before(last: dict[str, str], name: str, at: float, marks: dict[str, float]) -> float | None:
    """When it was due the time before, where it is due now; None where it is not, or is seen for the first time."""
    before = float(last[name]) if name in last else None
    if before is None or before < at:
        marks[name] = at
    return before if before is not None and before < at else None


def _report(engine: Engine, made: Recap, draw: Draw | None, whole: bool) -> Message:
    """`whole`: with the Markdown too, which a folder keeps beside the HTML."""
    url, forms = alert_facts.pages_at(engine), {"html": ("html", "text/html"), "markdown": ("md", "text/markdown")}
    files = [
        File(f"driftline-{made.period}-to-{made.last}.{ending}", media, draw(made, form, url))
        for form, (ending, media) in forms.items() if draw is not None and (whole or form == "html")
    ]  # fmt: skip
    counts, link = made.counts, f"{url}/report?period={made.period}&until={made.last}"
    lines = [
        f"Caught before anything broke: {made.caught.all}. Broke by a change: {made.damage.all}. Broke, and no change "
        f"explains it: {made.unexplained.all}.",
        f"Open now: {counts.breaking} breaking, {counts.warning} warning, {counts.info} info.",
        f"{made.systems - len(made.seen)} of {made.systems} systems were watched without a gap.",
        link,
    ]
    return Message(
        id=f"report-{made.period}-{made.last}", type=f"report.{made.period}", stack=engine.config.stack, at=made.at,
        urgency="digest", title=title(engine, f"The {made.period} from {made.first} to {made.last}"),
        text="\n".join(lines), link=link, data={"report": msgspec.to_builtins(made)}, files=tuple(files),
    )  # fmt: skip
