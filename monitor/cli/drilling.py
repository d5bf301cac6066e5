"""driftline drill: whether a drift reaches the pages and Alertmanager in time, on the installation as it runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer

from . import app
from .options import HERE, Folder, Json, duration, wait
from .out import DRIFT, Stop, as_json, note, show, text
from .remote import V1, Remote
from .served import served

if TYPE_CHECKING:
    from monitor.engine.drill_shapes import Drilled

LOOK: Final = 0.2  # seconds between two looks at how far it is
SLACK: Final = 15.0  # seconds that the daemon gets beside its own bounds
Step = Callable[[str, float, str], None]


@app.command()
def drill(
    within: Annotated[str, typer.Option(metavar="15s", help="How long each step may take, up to 5m.")] = "15s",
    hold: Annotated[
        str, typer.Option(metavar="5s", help="How long it fires once it was taken, so that its receiver is told.")
    ] = "5s",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Send a drift that is made up through the running daemon, and say when it is on the page, when Alertmanager has
    it, and when that is over. Exit 1 when a step is late. It is counted nowhere, and ends by itself."""
    asked = {"within": duration("--within", within), "hold": duration("--hold", hold)}
    steps: list[dict[str, Any]] = []

    def tell(step: str, seconds: float, words: str) -> None:
        steps.append({"step": step, "seconds": round(seconds, 3), "says": words})
        if not json:
            show(text(f"{step:<10}{seconds:>7.1f} s  {words}"))

    async def work() -> tuple[Drilled | None, list[str]]:
        async with served(stack) as at:
            return await _through(at, asked, tell)

    found, problems = wait(work())
    if found is not None:
        for one in found.managers:
            if one.at is not None and not one.held and not any("drill" in name for name in one.receivers):
                note(
                    f"driftline: {one.url} tells {', '.join(one.receivers)}, which is not for drills alone: put the "
                    'route with drill="true" of deploy/alertmanager/alertmanager.yml before the others'
                )
            elif one.at is None and found.accepted_at is not None:
                note(f"driftline: {one.url} did not take it: {one.why or 'it does not have it'}")
    if json:
        as_json({"passed": not problems, "steps": steps, "problems": problems, "drill": found})
    elif not problems:
        show(text("The drill came through: a drift that is found is told."))
    if problems:
        raise Stop(*problems, code=DRIFT)


async def _through(at: Remote, asked: dict[str, float], tell: Step) -> tuple[Drilled | None, list[str]]:
    """The drill as it ended, and where it stopped. Interrupted, it ends the drill before it goes."""
    from monitor.engine.drill_shapes import Drilled

    made = msgspec.convert(await at.ask("POST", V1 + "drill", json=asked), Drilled)
    began, within = time.monotonic(), asked["within"]
    tell("made", 0.0, f"{made.says} ({made.level}, {made.urgency})")
    try:
        problems = []
        while made.id not in await at.page("drill"):
            if time.monotonic() - began > within:
                problems.append(f"it is not on {at.url}/drill: look at the daemon's log, it does not show what it has")
                break
            await asyncio.sleep(LOOK)
        else:
            tell("on page", time.monotonic() - began, f"{at.url}/drill")
        found = await _watched(at, made, tell, began + 2 * within + asked["hold"] + SLACK)
    except asyncio.CancelledError:
        await at.ask("DELETE", V1 + "drill")
        raise
    if found is None:
        words = "the daemon does not know this drill any more: it was started anew in the middle of it; begin again"
        return None, [*problems, words]
    return found, problems + _stopped(found)


async def _watched(at: Remote, made: Drilled, tell: Step, ends: float) -> Drilled | None:
    """Tells each step once. None where the daemon forgot it."""
    from monitor.engine.drill_shapes import Drill

    told: set[str] = set()
    while True:
        found = (await at.get("drill", Drill)).drill
        if found is None or found.id != made.id:
            return None
        by = [one for one in found.managers if one.at is not None]
        words = {
            "accepted": ", ".join(f"{one.url} tells {', '.join(one.receivers)}" for one in by),
            "over": "said to be over",
            "resolved": ", ".join(one.url for one in by),
        }
        times = {"accepted": found.accepted_at, "over": found.over_at, "resolved": found.resolved_at}
        for step, when in times.items():
            if when is not None and step not in told and (step != "over" or found.accepted_at is not None):
                told.add(step)
                tell(step, when - found.made_at, words[step])
        if found.done_at is not None or time.monotonic() > ends:
            return found
        await asyncio.sleep(LOOK)


def _stopped(found: Drilled) -> list[str]:
    """Where it stopped and what to do; empty where it came through."""
    if found.accepted_at is None:
        return [
            f"it stopped before Alertmanager: {one.url} does not have it after {found.within:g} s: "
            f"{one.why or 'it answers, and was not sent it; the daemon is late, look at its log and its load'}"
            for one in found.managers
        ]
    if held := [one for one in found.managers if one.held]:
        return [
            f"it stopped in Alertmanager: {one.url} tells nobody, {one.held} holds it back; end that" for one in held
        ]
    if found.resolved_at is None:
        return [
            f"it stopped before it was resolved: {one.url} still has it {found.within:g} s after it was over: "
            f"{one.why or 'look at the log of the daemon'}; the alert ends by itself"
            for one in found.managers
            if one.at is not None and one.gone_at is None
        ]
    return []
