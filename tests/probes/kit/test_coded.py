"""What coded listings have in common: an answer made of others, one for all, and one for each parent."""

from __future__ import annotations

import httpx
import pytest

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made, once
from probes.kit.contract import Denied, State
from probes.kit.listing import OptionSpec, Row

from .world import World, js, listing, vendor

ROWS = {"data": [{"name": "region", "label": "Region", "type": "text"}]}


def test_an_answer_that_is_made_says_what_it_was_made_of_and_why_some_of_it_lacks() -> None:
    assert made(ROWS).value() == ROWS and made(ROWS).lacks is None and made(ROWS).status == 200
    why = Denied("not yours")
    assert made(ROWS, why).lacks is why


async def test_what_hangs_on_nothing_is_read_once_and_its_fault_is_the_fault_of_its_read() -> None:
    @once
    async def whole(api: Client) -> Answer:
        """All of it."""
        return made({"data": (await api.ask(Ask("/all"))).value("rows")})

    assert whole.__doc__ == "All of it." and whole.__module__ == __name__
    world = World(vendor(listing(fetch=whole)), lambda request: js({"rows": ROWS["data"]}))
    _, scopes, _ = await world.poll()
    assert [one.key for scope in scopes.values() for one in scope.resources] == ["region"]
    world = World(vendor(listing(fetch=whole)), lambda request: js({"message": "no"}, 403))
    _, _, reads = await world.poll()
    assert [read.coverage.state for read in reads.values()] == [State.DENIED]


@pytest.mark.parametrize("batch", [1, 3])
async def test_a_fault_of_one_parent_is_that_parents_alone(batch: int) -> None:
    @each
    async def parts(api: Client, parent: Row) -> Answer:
        return made((await api.ask(Ask(f"/of/{parent['key']}"))).value())

    def answer(request: httpx.Request) -> httpx.Response:
        return js({"message": "no"}, 403) if request.url.path == "/of/b" else js(ROWS)

    coded = listing(for_each="options.parts", fetch=parts, batch=batch)
    whole = vendor(coded, options={"parts": OptionSpec(says="which", default=["a", "b", "c"])})
    _, _, reads = await World(whole, answer).poll()
    assert {name: read.coverage.state for name, read in reads.items()} == {
        "fields/a": State.COMPLETE, "fields/b": State.DENIED, "fields/c": State.COMPLETE,
    }  # fmt: skip
