"""`driftline standing` and the forms of its page over the real thing: a stack with a policy's day in it, its engine
opened by the command itself, and then `serve` in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from monitor.adapters.layout import encode_standing, standing_path
from monitor.core.standing import Standing
from monitor.demo.play import Player
from monitor.demo.stage import stage
from monitor.engine.opening import open_engine
from monitor.engine.tick import tick
from probes.kit.clock import ManualClock

from .conftest import Run
from .test_end_to_end import free_port, git, serving

DAY = 86_400.0
LABELS = ("name", "domain", "industry")


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A stack of which a policy approved three labels yesterday; its vendors are gone by now."""
    folder = tmp_path_factory.mktemp("standing") / "demo"
    pages, metrics = (f"127.0.0.1:{free_port()}" for _ in range(2))
    server = {"listen": pages, "metrics": metrics, "external_url": f"http://{pages}"}
    before = dict(os.environ)

    async def lay() -> None:
        clock = ManualClock(time.time() - 2 * DAY, leap=True)
        labels = Standing(
            id="labels", owner="marketing-operations", reason="Words on a page break nothing",
            until=time.time() + 90 * DAY, cap=5, rules=("*.label.changed",),
        )  # fmt: skip
        async with stage(folder, clock, {"server": server}) as set_up, open_engine(set_up.config, clock) as engine:
            await Player(engine, set_up, clock).capture()
            stack = set_up.config.root
            for file in stack.glob("standing/*.json"):
                file.unlink()
            (stack / standing_path("labels")).write_bytes(encode_standing(labels))
            who = ["-c", "user.name=Operations", "-c", "user.email=ops@example.com"]
            for words in (["add", "-A"], ["commit", "-qm", "Approve labels by policy"]):
                await asyncio.to_thread(subprocess.run, ["git", "-C", str(stack), *who, *words], check=True)
            await engine.fetch()
            for name in LABELS:
                set_up.accounts.hubspot.alter_property(type="companies", name=name, label=f"Now {name}")
            await engine.poll("hubspot-prod")
            clock.advance(DAY)
            await engine.poll("hubspot-prod")
            await tick(engine)
            await engine.commit_decisions()
            await engine.push()

    asyncio.run(lay())
    yield folder / "stack"
    os.environ.clear()
    os.environ.update(before)


def days(run: Run, stack: Path) -> dict[str, Any]:
    """What policies took, by the resource's name in the sentence."""
    (day,) = json.loads(run("standing", "digest", "--json", "--stack", str(stack)).out)["items"]
    return {"decision": day["decision"], "state": day["state"], **{one["says"]: one for one in day["taken"]}}


def names(run: Run, stack: Path) -> dict[str, Any]:
    items = json.loads(run("standing", "list", "--json", "--stack", str(stack)).out)["items"]
    return {one["id"]: one for one in items}


def newest(stack: Path) -> str:
    return git(stack, "log", "-1", "--format=%s", "main").strip()


def test_what_stands_is_listed_made_ended_and_undone_here_and_through_the_daemon(laid: Path, run: Run) -> None:
    where = ("--stack", str(laid))
    told = run("standing", "list", *where)
    assert (told.code, told.err) == (0, "")
    assert "labels" in told.out and "in force" in told.out and "*.label.changed" in told.out
    file = laid / standing_path("labels")
    file.write_text(file.read_text().replace('"cap": 5', '"cap": 6'))
    who = ("-c", "user.name=Operations", "-c", "user.email=ops@example.com")
    subprocess.run(["git", "-C", str(laid), *who, "commit", "-qam", "Let labels take one more"], check=True)
    assert names(run, laid)["labels"]["cap"] == 6  # what a person committed is seen without a daemon
    day = days(run, laid)
    assert day["state"] == "pushed" and len(day) == 2 + len(LABELS)
    assert day["decision"] in run("standing", "digest", *where).out
    commands(laid, run, "agency")
    undone(laid, run, day, 0)

    with serving(laid):
        assert names(run, laid)["labels"]["cap"] == 6
        commands(laid, run, "release")
        undone(laid, run, day, 1)
        forms(laid, run, day)


def commands(stack: Path, run: Run, name: str) -> None:
    """Made with all it may say, changed, refused where it may not be, and ended."""
    where = ("--stack", str(stack))
    add = ("standing", "add", name, "--rule", "*.description.changed", "--owner", "marketing-operations")
    words = ("--until", "90d", "--reason", "They tidy up", "--on", "hubspot-prod/*", "--kind", "field")
    made = run(*add, *words, "--level", "info", "--level", "warning", "--customer-made", "--cap", "7", *where)
    assert (made.code, made.err) == (0, "")
    assert f"The standing approval {name} is made, by commit " in made.out
    assert newest(stack) == f"Make the standing approval {name}"
    row = names(run, stack)[name]
    assert (row["cap"], row["patterns"], row["levels"]) == (7, ["hubspot-prod/*"], ["info", "warning"])
    assert (row["kinds"], row["vendor_made"], row["state"]) == (["field"], False, "in force")
    assert "not made by the vendor" in run("standing", "list", *where).out
    again = json.loads(run(*add, *words, "--cap", "9", "--until", "2099-12-31", "--json", *where).out)
    assert again["state"] in ("committed", "pushed") and names(run, stack)[name]["cap"] == 9
    assert names(run, stack)[name]["last_day"] == "2099-12-31"
    assert newest(stack) == f"Change the standing approval {name}"
    for wrong, said in (
        (("--level", "breaking"), "people decide on what is breaking"),
        (("--kind", "planet"), "--kind: expected one of"),
        (("--until", "2001-01-01"), "--until"),
        (("--since", "30d"), "since: expected a day such as 2026-12-31, found '30d'"),
    ):
        refused = run(*add, *words, *wrong, *where)
        assert refused.code == 2 and said in refused.err, (wrong, refused.err)
    unknown = run("standing", "end", "nobody", "--reason", "x", *where)
    assert unknown.code == 2 and "no standing approval" in unknown.err and "labels" in unknown.err
    ended = run("standing", "end", name, "--reason", "They are done", *where)
    assert ended.code == 0 and f"The standing approval {name} has ended, by commit " in ended.out
    assert name not in names(run, stack) and newest(stack) == f"End the standing approval {name}"


def undone(stack: Path, run: Run, day: dict[str, Any], number: int) -> None:
    """One finding of the day is taken back."""
    one = sorted((one for one in day.values() if isinstance(one, dict)), key=lambda one: one["says"])[number]
    where = ("--stack", str(stack))
    done = run("undo", day["decision"], "--finding", one["finding"], "--reason", "The manual", *where)
    assert done.code == 0 and f"{day['decision']} is undone, by commit " in done.out, done.err
    assert newest(stack) == "Undo 1 changes of hubspot-prod that a policy approved"
    assert days(run, stack)[one["says"]]["undone"] is True
    assert "undone" in run("standing", "digest", *where).out
    nothing = run("undo", "policy-nobody", "--reason", "x", *where)
    assert nothing.code == 2 and "There is no decision 'policy-nobody'" in nothing.err


def forms(stack: Path, run: Run, day: dict[str, Any]) -> None:
    """The same as plain forms of the page."""
    url = yaml.safe_load((stack / "config" / "driftline.yaml").read_text())["server"]["external_url"]
    with httpx.Client(base_url=url, headers={"sec-fetch-site": "same-origin"}, trust_env=False) as page:
        shown = page.get("/standing").text
        assert "labels" in shown and day["decision"] in shown
        form = {"id": "form", "owner": "marketing-operations", "reason": "By form", "until": "2099-01-01", "cap": "3",
                "rules": "*.label.changed *.group.changed", "level": ["info", "warning"], "made": "vendor"}  # fmt: skip
        for wrong, status in (({"cap": "many"}, 400), ({"until": ""}, 400), ({"owner": "nobody"}, 409)):
            assert page.post("/standing", data={**form, **wrong}).status_code == status, wrong
        assert page.post("/standing", data=form).status_code == 303
        row = settled(run, stack, "form")
        assert (row["cap"], row["rules"], row["vendor_made"]) == (3, ["*.label.changed", "*.group.changed"], True)
        assert (row["levels"], row["patterns"]) == (["info", "warning"], ["*"])
        assert page.post("/standing/form/end", data={"reason": ""}).status_code == 409
        assert page.post("/standing/form/end", data={"reason": "Done"}).status_code == 303
        assert settled(run, stack, "form", there=False) is None
        left = [one for one in day.values() if isinstance(one, dict) and not days(run, stack)[one["says"]]["undone"]]
        asked = {"reason": "By form", "policy": "1", "finding": [one["finding"] for one in left]}
        assert page.post(f"/undo/{day['decision']}", data=asked).status_code == 303
        assert all(days(run, stack)[one["says"]]["undone"] for one in left)


def settled(run: Run, stack: Path, name: str, there: bool = True) -> Any:
    """The row once the committer has written it, or None once it is gone."""
    ends = time.monotonic() + 20
    while ((row := names(run, stack).get(name)) is not None) != there:
        assert time.monotonic() < ends, f"{name} is not settled"
        time.sleep(0.1)
    return row
