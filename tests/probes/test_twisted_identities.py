"""Who asks, out of an answer of another shape: something else in the place of a list takes no right away, and names no
other account. A right that is lost explains what is gone; so it has to be lost, and not only badly told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from probes.kit import demand
from probes.kit.contract import Fault, Vantage
from tests.faults.fuzzing import within

from .rules import everyone
from .test_contract import Contract

ALL = {name: one for name, one in everyone().items() if one.identity and not one.statements}
ODD: tuple[Any, ...] = ({}, "x", 7, False)  # null is how some vendors write that there is none


def unlisted(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    """A body with something else in the place of one of its lists."""
    if isinstance(value, list):
        for odd in ODD:
            yield f"{odd!r} at {at}", odd
    for name, part in list(
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        for where, other in unlisted(part, (*at, name)):
            made = value.copy()
            made[name] = other
            yield where, made


@pytest.mark.parametrize("name", ALL)
async def test_what_is_no_list_takes_no_right_away(name: str) -> None:
    async with Contract(ALL[name]) as made:
        said: dict[str, Any] = {}
        instead: dict[str, bytes] = {}

        def twist(request: httpx.Request, given: httpx.Response) -> httpx.Response:
            asked = f"{request.method} {request.url} {request.content!r}"
            said.setdefault(asked, given.content)
            content = instead.get(asked, given.content)
            return httpx.Response(given.status_code, headers=given.headers, content=content)

        made.wire.twist, made.wire.armed = twist, True
        before = await demand.identity(made.vendor, made.world.api)
        assert isinstance(before, Vantage)
        for asked, raw in list(said.items()):
            for where, other in unlisted(json.loads(raw)):
                instead[asked] = json.dumps(other).encode()
                made.world.api.start()
                with within(10, where):
                    found = await demand.identity(made.vendor, made.world.api)
                instead.clear()
                about = f"{where} of {asked}"
                assert isinstance(found, Fault) or before.grants - found.grants == set(), f"{about}: {found.grants}"
                assert isinstance(found, Fault) or found.account == before.account, f"{about}: {found.account}"
