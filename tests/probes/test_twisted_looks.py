"""One thing on demand, out of an answer that is not what the vendor documents: whatever stands in it, what is found is
the thing or a Fault, and never the vendor's word that the thing is gone. Each account is asked for one thing of every
list that it can be asked about, and then for the same with one place of one answer made something else. Seeded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any, TypeAlias

import httpx
import pytest

from probes.kit import demand
from probes.kit.contract import Fault, Ref, Resource, Unsupported
from probes.kit.drive import same
from tests.faults.fuzzing import SEED, TIMES, within

from .rules import everyone
from .test_contract import Contract

Asked: TypeAlias = tuple[str, str, bytes]
ALL = {name: one for name, one in everyone().items() if one.look and one.absent and not one.statements}
ODD: tuple[Any, ...] = (None, 7, "", [], {}, [None], [{}], {"": None}, "NaN", 10**30, "x" * 5000, True)
EACH = 20 * TIMES  # twists of what is said of one thing
ELSEWHERE = (  # what a proxy says, or a server that is starting, and a body that says nothing
    (404, b"<!doctype html><title>404 Not Found</title>"), (404, b"Not Found"), (404, b"{}"), (404, b""),
    (410, b"gone"), (200, b"{}"), (200, b"null"), (200, b"[]"), (200, b""),
)  # fmt: skip


def twisted(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    """A body with one of its places made something else, or left out. But another name, a list without its rows, and
    no in the place of yes are answers: of another thing, of none, of one that is in the trash."""
    for odd in ODD:
        answer = (str, bool) if odd else (list,) if odd == [] else ()
        if not any(isinstance(value, form) and isinstance(odd, form) for form in answer):
            yield f"{odd!r:.20} at {at}", odd
    for name, part in list(
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        for where, other in twisted(part, (*at, name)):
            made = value.copy()
            made[name] = other
            yield where, made
    for name in value if isinstance(value, dict) else ():
        yield f"no {name} at {at}", {one: part for one, part in value.items() if one != name}


async def looked(made: Contract, ref: Ref, key: str, at: Asked | None = None, of: httpx.Response | None = None) -> Any:
    """What is found, and what was said of it. `of`: the answer to the request `at`, or to each, in place of its own."""
    said: dict[Asked, bytes] = {}

    def twist(request: httpx.Request, given: httpx.Response) -> httpx.Response:
        asked = (request.method, str(request.url), request.content)
        said[asked] = given.content
        return given if of is None or asked != (at or asked) else httpx.Response(of.status_code, content=of.content)

    made.wire.twist, made.wire.armed = twist, True
    made.world.api.start()
    with within(10, f"{ref} {key}"):
        found = await demand.look(made.vendor, made.world.api, ref, key, person=same)
    return found, said


async def things(made: Contract) -> list[tuple[Ref, str]]:
    """One thing of each list that the vendor can be asked about."""
    _, scopes, _ = await made.world.poll()
    first = {(ref.kind, ref.name.rpartition(".")[2], bool("." in ref.name)): (ref, scope.resources[0].key)
             for ref, scope in scopes.items() if scope.resources}  # fmt: skip
    return [one for one in first.values() if not isinstance((await looked(made, *one))[0], Unsupported)]


@pytest.mark.parametrize("name", ALL)
async def test_a_thing_is_never_gone_by_an_answer_that_is_none(name: str) -> None:
    draw, held = Random(f"{SEED} {name}"), 0
    async with Contract(ALL[name]) as made:
        for ref, key in await things(made):
            there, said = await looked(made, ref, key)
            twists = [(None, "all", httpx.Response(status, content=body)) for status, body in ELSEWHERE]
            twists += [
                (asked, "one", httpx.Response(status, content=body)) for status, body in ELSEWHERE for asked in said
            ]
            each = [
                (asked, where, other)
                for asked, raw in said.items()
                for where, other in twisted(json.loads(raw))
                if isinstance(there, Resource)
            ]
            twists += [(asked, where, httpx.Response(200, content=json.dumps(other)))
                       for asked, where, other in draw.sample(each, min(EACH, len(each)))]  # fmt: skip
            for asked, where, instead in twists:
                found, _ = await looked(made, ref, key, asked, instead)
                held += 1
                about = f"seed {SEED}: {ref} {key}: {where}, {instead.status_code} {instead.content[:60]!r} to {asked}"
                assert isinstance(found, Resource | Fault), f"{about}: {found}"
                assert isinstance(found, Resource) or found.message.strip(), f"{about}: no reason"
    assert held, "there is no thing that this account is asked for"
