"""`make screenshots`: the pictures of the README and the docs, taken of the example stack in a real Chromium.

The story is played on a clock of its own, so that a picture says the same whenever it is taken; what differs from run
to run are the names of commits. pngquant makes the files small.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from uuid import uuid4

import yaml
from playwright.async_api import Browser, async_playwright

from monitor.core.model import Phase
from monitor.demo.play import Player, step_of
from monitor.demo.stage import served, stage
from monitor.engine import views
from monitor.engine.core import Engine
from monitor.engine.opening import open_engine
from monitor.engine.request import Decide
from monitor.engine.shapes import FindingRow
from monitor.web.app import create_app
from probes.kit.clock import ManualClock

from .eyes import FLAGS
from .fleet import Stacks, members
from .living import program

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"
BEGUN: Final = datetime(2026, 11, 12, 8, 30, tzinfo=UTC).timestamp()
HOUR: Final = 3600.0
WAITS: Final = 50  # times that a page is asked for again while it says that it is not whole yet
SCALE: Final = 1.5
WIDE, PHONE = (1440, 800), (360, 640)


class Picture(NamedTuple):
    """`path` may name findings of the story in braces; `dark` or light; `size` in CSS pixels."""

    path: str
    size: tuple[int, int] = WIDE
    dark: bool = False


PICTURES: Final = {
    "review": Picture("/review?at={option}"),
    "review-dark": Picture("/review?at={option}", dark=True),
    "finding": Picture("/findings/{rights}"),
    "overview": Picture("/", (1440, 450)),
    "catalogue": Picture("/catalogue?q=qualified", (1440, 600)),
    "flows": Picture("/flows", (1440, 600)),
    "timeline": Picture("/timeline"),
    "fleet": Picture("/fleet", (1440, 500)),
    "phone": Picture("/findings/{option}", PHONE),
}


async def told(player: Player, clock: ManualClock) -> dict[str, str]:
    """Ten days of the example stack: quiet, a few decisions, and a morning on which much happens. Gives ids."""
    engine = player.engine
    await player.capture()
    for line, hours in (("14", 30), ("12", 50), ("4", 25)):
        clock.advance(hours * HOUR)
        await player.do(step_of(line))
        clock.advance(0.6 * HOUR)
        await approve_all(engine, f"MOPS-{200 + int(line)}")
        await player.round()
    clock.advance(70 * HOUR)
    for line, minutes in (("11", 60), ("5", 49), ("2", 31), ("6", 22), ("1", 14)):
        await player.do(step_of(line))
        clock.advance(minutes * 60.0)
    rows = [row for row in views.findings(engine, views.Filter(), 1, 50).items if row.stand == "open"]
    return {"option": at(rows, "lifecyclestage"), "rights": at(rows, "HubSpot_Integration/Status")}


def at(rows: list[FindingRow], key: str) -> str:
    return next(row.id for row in rows if row.key == key)


async def approve_all(engine: Engine, ticket: str) -> None:
    for name in engine.integrations:
        found = {
            one.id: one.claim.fingerprint
            for one in engine.ledger.findings.values()
            if one.phase is Phase.OPEN and one.address.subject == name and one.address.source.value == "drift"
        }
        if found:
            asked = Decide(uuid=str(uuid4()), kind="approve", findings=found, reason="As agreed", ticket=ticket)
            await engine.decide(asked, "revenue-operations@example.com", "page")
    await engine.commit_decisions()


async def take(folder: Path) -> None:
    clock = ManualClock(BEGUN, leap=True)
    with tempfile.TemporaryDirectory() as work:
        async with (
            stage(Path(work) / "demo", clock, {}) as set_up,
            served(stacks := Stacks()) as elsewhere,
            open_engine(set_up.config, clock) as engine,
        ):
            ids = await told(Player(engine, set_up, clock), clock)
            await look_around(engine, stacks, elsewhere, clock)
            async with served(create_app(engine)) as base, async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=program("chromium"), args=list(FLAGS))
                for name, picture in PICTURES.items():
                    await one(browser, f"{base}{picture.path.format_map(ids)}", picture, folder / f"{name}.png")
                await browser.close()


async def look_around(engine: Engine, stacks: Stacks, elsewhere: str, clock: ManualClock) -> None:
    """At other stacks, of which one stops answering."""
    key = engine.config.root / "fleet.key"
    key.touch(0o600)
    key.write_text("a token\n")
    file = engine.config.folder / "driftline.yaml"
    fleet = {"stacks": members(elsewhere, "${file:fleet.key}")}
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "fleet": fleet}))
    assert await engine.reload() == ()
    await engine.fleet.look(engine)
    stacks.silent = True
    clock.advance(0.7 * HOUR)
    await engine.fleet.look(engine)


async def one(browser: Browser, url: str, picture: Picture, file: Path) -> None:
    width, height = picture.size
    page = await browser.new_page(
        viewport={"width": width, "height": height}, device_scale_factor=SCALE, reduced_motion="reduce",
        color_scheme="dark" if picture.dark else "light",
    )  # fmt: skip
    answer = await page.goto(url)
    assert answer is not None and answer.ok, f"{url}: {answer and answer.status}"
    for _ in range(WAITS):
        if not await page.get_by_text("not looked through yet").count():
            break
        await page.reload()
    await page.screenshot(path=file)
    await page.close()
    small = [program("pngquant"), "--force", "--ext", ".png", "--strip", "--nofs", "64", str(file)]
    await asyncio.to_thread(subprocess.run, small, check=True)


if __name__ == "__main__":
    to = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    to.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(to))
