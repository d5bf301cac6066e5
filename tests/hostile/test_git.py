"""What goes into git and to a forge, and what is read out of a checkout: nothing of it is taken for words of ours."""

from __future__ import annotations

import json
import subprocess

import pytest

from monitor.adapters.merge import merge
from monitor.adapters.records import Decision, Pull
from monitor.core.visible import uncalled
from monitor.engine.proposals import describe

from . import held, house
from .conftest import Hostile, in_a_terminal
from .corpus import LABELS, MARK

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def commits(world: Hostile) -> list[str]:
    return (await world.git("rev-list", "--reverse", world.engine.baselines.seen)).split()


async def test_commits_have_our_own_trailers_alone(world: Hostile) -> None:
    made = await commits(world)
    assert len(made) > 1.5 * len(LABELS)
    form = "%H%x00%(trailers:only,unfold)%x00%B%x01"
    for one in (await world.git("log", f"--format={form}")).split("\x01"):
        sha, _, rest = one.strip("\n").partition("\0")
        parsed, _, message = rest.partition("\0")
        if not sha:
            continue
        held.trailers(parsed.strip())
        assert not held.HIDDEN.search(message), message
        ours = [line for line in message.splitlines() if line.startswith("Driftline-")]
        assert len(ours) == len(parsed.strip().splitlines()), message
        first = message.splitlines()[0] if message else ""
        assert "@" not in first and len(first) <= 200, first
    messages = await world.git("log", "--format=%B")
    assert MARK in messages and "  Driftline-Trail: 1:forged" in messages, "they did not arrive"


async def test_files_lie_in_their_folders_under_plain_names(world: Hostile) -> None:
    listed = (await world.git("ls-tree", "-r", "-z", "--name-only", world.engine.baselines.seen)).split("\0")
    ours = [name for name in listed if "/" in name and not name.startswith("config/")]
    assert sum(name.startswith(f"baselines/{house.NAME}/field/") for name in ours) == len(LABELS)
    assert {name.split("/")[0] for name in ours} >= {
        "baselines",
        "ignores",
        "flows",
        "definitions",
        "planned",
        "standing",
    }
    for name in ours:
        held.file_name(name)


async def test_what_gave_way_in_a_merge_forges_no_trailer() -> None:
    for label in LABELS:
        body = {"driftline": 1, "scope": {"kind": "field", "name": "x"}, "read": "x", "parent": None,
                "api_version": "", "facts": ["label"]}  # fmt: skip
        versions = [json.dumps({**body, "resources": {label: {"label": word}}}).encode() for word in ("a", "b", "c")]
        lost = merge(versions[0], versions[1], versions[2]).lost
        assert len(lost) == 1 and MARK in lost[0]
        said = uncalled(lost[0])
        assert "\n" not in said and not held.HIDDEN.search(said) and "@" not in said


async def test_check_baselines_says_what_is_approved_and_obeys_none_of_it(
    world: Hostile, capsys: pytest.CaptureFixture[str]
) -> None:
    bare, head = str(world.engine.baselines.git.folder), world.engine.baselines.seen
    subprocess.run(["git", "fetch", "-q", bare, "main"], cwd=world.stack, check=True)
    base = (await commits(world))[0]
    for form in ("text", "markdown", "json"):
        code = await in_a_terminal("check-baselines", f"{base}..{head}", "--format", form, "--stack", str(world.stack))
        said = capsys.readouterr()
        held.terminal(said.out)
        held.terminal(said.err)
        assert code in (0, 1) and MARK in said.out, said.err[-500:]
        if form == "json":
            held.as_json(said.out)
        if form == "markdown":
            held.markdown(said.out, world.url)


async def test_a_pull_request_calls_nobody_and_links_to_us_alone(world: Hostile) -> None:
    """The words are those that adapters/proposer.py gives to the forge's API as JSON."""
    decided: list[Decision] = [one for one in await world.engine.store.decisions() if one.sha and one.reason]
    kinds = set[str]()
    for one in decided:
        paths = (await world.git("show", "--format=", "--name-only", "-z", one.sha)).strip("\0\n").split("\0")
        files = []
        for path in filter(None, paths):
            sides = []
            for at in (f"{one.sha}^", one.sha):
                there = await world.git("ls-tree", at, path)
                sides.append((await world.git("show", f"{at}:{path}")).encode() if there else None)
            files.append((path, sides[0], sides[1]))
        pull = Pull(integration=one.integration, generation=1, branch=f"driftline/{one.integration or '_stack'}")
        title, body = await describe(world.engine, pull, [one], files)
        assert "\n" not in title and not held.HIDDEN.search(title) and "@" not in title and len(title) <= 220, title
        held.markdown(body, world.url)
        assert len(body) < 65_536
        kinds.add(one.kind)
        if len(kinds) > 5 and MARK in title:
            break
    assert kinds >= {"approve", "ignore", "planned", "standing"}, kinds


async def test_the_text_for_the_maker_is_plain_lines(world: Hostile) -> None:
    from monitor.engine import asking

    asked = [one for one in world.open(source="drift", subject=house.NAME) if asking.asked_of(world.engine, one)]
    assert asked
    for finding in asked[:12]:
        made = await asking.ask(world.engine, finding, "reviewer")
        assert not held.HIDDEN.search(made.text) and made.url.startswith(world.url)
        assert made.text.count(world.url) == made.text.count("/answer/") == 1
        assert not made.mailto or "\n" not in made.mailto
