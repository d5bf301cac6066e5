"""What stands in the place of a list, or of the one object that there is, and is neither: never an empty list."""

from __future__ import annotations

from typing import Any

import pytest

from probes.kit.api import listed
from probes.kit.contract import Malformed, State

from .world import World, js, listing, vendor


@pytest.mark.parametrize(
    ("declared", "body", "words"),
    [
        ({"records": "data"}, {"data": {"name": "a"}}, "data is not a list"),
        ({"records": "data"}, {"data": {}}, "data is not a list"),
        ({"records": "data"}, {"data": "a"}, "data is not a list"),
        ({"records": "data"}, {"data": None}, "the answer has no data"),
        ({"records": "", "where": "name"}, {}, "the answer is not a list"),
        ({"records": "*"}, {}, "the answer has nothing in it"),
        ({"records": "", "single": True}, [], "the answer is not an object with anything in it"),
        ({"records": "", "single": True}, {}, "the answer is not an object with anything in it"),
        ({"records": "data", "single": True}, {"data": [{"name": "a"}]}, "data is not an object with anything in it"),
        ({"records": "data", "single": True}, {"date": {"name": "a"}}, "the answer has no data"),
    ],
)
async def test_what_is_neither_list_nor_object_where_it_is_due_is_malformed(
    declared: dict[str, Any], body: Any, words: str
) -> None:
    _, scopes, reads = await World(vendor(listing(**declared)), lambda request: js(body)).poll()
    assert reads["fields"].coverage.state is State.FAILED and words in reads["fields"].coverage.reason
    assert not any(scope.keys or scope.whole for scope in scopes.values())


async def test_the_one_object_is_read_at_its_place_and_compared_as_every_row() -> None:
    world = World(vendor(listing(single=True)), lambda request: js({"data": {"name": "a", "type": "text"}}))
    _, scopes, _ = await world.poll()
    assert [(one.key, one.facts["type"]) for scope in scopes.values() for one in scope.resources] == [("a", "text")]
    _, scopes, _ = await world.poll()
    assert [scope.whole for scope in scopes.values()] == [True]


async def test_bytes_that_change_each_time_do_not_hide_that_the_list_is_none() -> None:
    given: list[Any] = [[{"name": "a", "n": 1}, {"name": "b", "n": 2}], [{"n": 1, "name": "a"}, {"n": 2, "name": "b"}]]
    given += [{"name": "a"}]
    world = World(vendor(listing()), lambda request: js({"data": given[0]}))
    for _ in range(2):
        await world.poll()
        given.pop(0)
    _, _, reads = await world.poll()
    assert "data is not a list" in reads["fields"].coverage.reason


async def test_a_map_without_entries_is_none_where_the_vendor_says_so() -> None:
    world = World(vendor(listing(records="*", empty="length(@) == `0`")), lambda request: js({}))
    _, scopes, _ = await world.poll()
    assert all(scope.coverage.complete and not scope.keys for scope in scopes.values())


def test_a_vendor_files_own_code_gets_a_list_or_says_so() -> None:
    assert listed({"rows": [1]}, "rows") == [1] and listed({}, "rows", or_none=True) == []
    for told, or_none in (({}, False), ({"rows": None}, True), ({"rows": {}}, True), ([], True), (None, True)):
        with pytest.raises(Malformed, match="rows"):
            listed(told, "rows", or_none=or_none)
