"""Each line of the story changes what it says at the vendor, alone, and its undo puts the account back exactly."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from probes.kit.contract import Kind
from probes.kit.facts import fact
from probes.simulated import hubspot, salesforce
from probes.simulated import story as told
from probes.simulated.story import HUBSPOT, SALESFORCE, STORY, Accounts, Step

BY_NUMBER = {step.number: step for step in STORY}


class Now:
    def now(self) -> float:
        return 1_795_300_000.0


def accounts() -> Accounts:
    return Accounts({SALESFORCE: salesforce.Account(clock=Now()), HUBSPOT: hubspot.Account(clock=Now())})


def state(both: Accounts) -> dict[str, Any]:
    """What a monitor could see, without stamps, jobs, histories and the order of rows."""
    org, hub = both.salesforce.org, both.hubspot
    stamps = {"LastModifiedDate", "SystemModstamp", "updatedAt", "updatedUserId"}

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items() if key not in stamps}
        return [bare(item) for item in value] if isinstance(value, list) else value

    watched = (
        "User",
        "PermissionSet",
        "PermissionSetAssignment",
        "ObjectPermissions",
        "FieldPermissions",
        "FlowDefinitionView",
    )
    return {
        "objects": bare({name: thing["fields"] for name, thing in org.objects.items()}),
        "rows": {table: sorted(orjson.dumps(bare(row | {"Id": ""})) for row in org.rows[table]) for table in watched},
        "properties": bare(hub.properties), "users": bare(hub.users), "scopes": set(hub.scopes),
        "shuffling": (both.salesforce.shuffling, hub.shuffling),
    }  # fmt: skip


@pytest.mark.parametrize("step", STORY, ids=lambda step: step.number)
def test_a_line_changes_something_and_its_undo_puts_it_back(step: Step) -> None:
    both = accounts()
    for number in step.needs:
        BY_NUMBER[number].do(both)
    before = state(both)
    step.do(both)
    assert state(both) != before or len(both.salesforce.jobs) > 3
    step.undo(both)
    assert state(both) == before


def test_the_lines_of_these_two_accounts_are_all_there() -> None:
    assert [step.number for step in STORY] == ["1", "2", "3", "4", "5", "6", "7", "11", "12", "14", "15", "16"]
    assert all(step.says and step.title and step.expect for step in STORY)


def test_the_whole_story_can_be_played_and_taken_back() -> None:
    both = accounts()
    before = state(both)
    for step in STORY:
        step.do(both)
    assert state(both) != before
    for step in reversed(STORY):
        step.undo(both)
    # Line 16 repeats what line 3 did, so undoing both leaves nothing of either.
    assert state(both) == before


def test_the_last_line_undoes_the_third_at_the_vendor() -> None:
    both = accounts()
    before = state(both)
    BY_NUMBER["3"].do(both)
    BY_NUMBER["16"].do(both)
    assert state(both) == before


def test_expectations_use_the_words_of_the_facts_table() -> None:
    for step in STORY:
        for expect in (*step.expect, *step.may):
            assert expect.integration in ("salesforce-prod", "hubspot-prod")
            if expect.kind != "*" and expect.fact not in ("", "*") and expect.source == "drift":
                assert fact(Kind(expect.kind), expect.fact).name == expect.fact
            assert expect.level in ("", "info", "warning", "breaking")
            assert msgspec.json.decode(msgspec.json.encode(expect), type=type(expect)) == expect


def test_the_story_knows_nothing_of_the_monitor() -> None:
    tree = ast.parse(Path(told.__file__).read_text(encoding="utf-8"))
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    assert not [name for name in modules if name.startswith(("monitor", "probes"))]
