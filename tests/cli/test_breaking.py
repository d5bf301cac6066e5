"""The demo's steps: one that changes a system which is not there under its name changes nothing, and says so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from monitor.demo.apart import Story
from monitor.demo.run import Breaker
from monitor.web.demo import NoStep, NotHere
from probes.kit.clock import SystemClock
from probes.simulated import hubspot, salesforce
from probes.simulated.story import HUBSPOT, SALESFORCE, STORY, Accounts


def breaker(*integrations: tuple[str, str | None]) -> Breaker:
    """Over a configuration with these (name, renamed from), without accounts: who reaches for one fails otherwise."""
    there = {name: SimpleNamespace(name=name, renamed_from=old) for name, old in integrations}
    engine: Any = SimpleNamespace(config=SimpleNamespace(integrations=there))
    set_up: Any = SimpleNamespace()
    return Breaker(engine, set_up)


CHANGES_SALESFORCE = next(one.number for one in STORY if {e.integration for e in one.expect} == {SALESFORCE})


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (((HUBSPOT, None), ("crm", SALESFORCE)), f"{SALESFORCE} is called crm now"),
        (((HUBSPOT, None), ("crm", None)), f"{SALESFORCE} is not in the configuration any more"),
    ],
)
async def test_a_step_on_a_system_of_another_name_says_which(there: Any, words: str) -> None:
    for way in (breaker(*there).do, breaker(*there).undo):
        with pytest.raises(NotHere, match=f"{words}, and the story knows it by that name alone. Call it {SALESFORCE}"):
            await way(CHANGES_SALESFORCE)


async def test_a_number_that_the_story_does_not_have_is_no_step() -> None:
    with pytest.raises(NoStep):
        await breaker().do("777")


@pytest.mark.parametrize("number", [step.number for step in STORY])
async def test_what_is_asked_for_twice_is_done_once_and_put_back_once(number: str) -> None:
    """A command that was cut off is typed again."""
    clock = SystemClock()
    accounts = Accounts({SALESFORCE: salesforce.Account(clock=clock), HUBSPOT: hubspot.Account(clock=clock)})
    there = {name: SimpleNamespace(name=name, renamed_from=None) for name in (SALESFORCE, HUBSPOT)}
    engine: Any = SimpleNamespace(config=SimpleNamespace(integrations=there), scheduler=None, reload=reload)
    beside, within = Story(accounts), Breaker(engine, SimpleNamespace(accounts=accounts))  # type: ignore[arg-type]
    for _ in range(2):
        beside.do(number)
    assert number in beside.done
    for _ in range(2):
        beside.undo(number)
    assert number not in beside.done
    for needed in beside.done.copy():
        beside.undo(needed)
    for _ in range(2):
        await within.do(number)
    for _ in range(2):
        await within.undo(number)
    assert number not in within.done


async def reload() -> None:
    """Nothing is configured anew here."""
