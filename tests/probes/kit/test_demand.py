"""What the kit makes of a vendor file's answers on demand: a resource, an absence, evidence, or a Fault as a value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec
import pytest

from probes.kit import demand
from probes.kit.api import Ask, called, several
from probes.kit.clock import stamp
from probes.kit.contract import (
    Absent,
    Denied,
    Expired,
    Fault,
    Kind,
    Malformed,
    Ref,
    Rejected,
    Resource,
    Sought,
    Throttled,
    Unreachable,
    Unsupported,
    Vantage,
    window,
)
from probes.kit.errors import Errors, not_found
from probes.kit.listing import Found, keep

from .world import SECRET, World, js, listing, vendor

LEAD = Ref(Kind.FIELD, "Lead")
FIELDS = Ref(Kind.FIELD, "fields")


def alias(name: str) -> str:
    return f"p-{name.partition('@')[0]}"


async def ask_look(world: World, ref: Ref, key: str) -> Resource | Absent | Fault:
    return await demand.look(world.vendor, world.api, ref, key, person=alias)


async def ask_who(world: World, sought: Sought) -> Mapping[str, str] | Fault:
    (told,) = await demand.who(world.vendor, world.api, [sought], person=alias)
    return told


async def test_a_thing_is_shown_as_a_poll_shows_it_and_an_absence_is_handed_on() -> None:
    async def looks(api: Any, ref: Ref, key: str) -> Found | Absent:
        return Found("people", {"mail": "a@b.test", "label": "x"}) if key == "p-a" else Absent("NOT_FOUND")

    people = listing(name="people", kind=Kind.PERMISSION, key="mail", person=True, facts=keep("label"))
    world = World(vendor(people, look=looks, absent="404"), lambda r: js({}))
    found = await ask_look(world, Ref(Kind.PERMISSION, "people"), "p-a")
    assert found == Resource("p-a", {"label": "x"})
    assert await ask_look(world, Ref(Kind.PERMISSION, "people"), "p-b") == Absent("NOT_FOUND")


async def test_a_vendor_that_cannot_be_asked_says_so() -> None:
    world = World(vendor(), lambda r: js({}))
    assert isinstance(await ask_look(world, LEAD, "x"), Unsupported)
    assert isinstance(await ask_who(world, Sought(LEAD, "x", 0, 1)), Unsupported)
    assert world.calls == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (js({}, 401), Expired),
        (js({}, 403), Denied),
        (js({}, 404), Rejected),
        (js({}, 503), Unreachable),
        (js(b"<html>sign in</html>"), Malformed),
        (js(b'{"name": "a'), Malformed),
        (js({"name": None}), Malformed),
        (js({"name": "another"}), Malformed),
        (js(["a"]), Malformed),
    ],
)
async def test_every_fault_is_a_value_and_none_is_an_absence(answer: httpx.Response, fault: type[Fault]) -> None:
    async def looks(api: Any, ref: Ref, key: str) -> Found:
        return Found("fields", (await api.ask(Ask("/x"))).value())

    async def asks(api: Any, sought: Sequence[Sought]) -> list[dict[str, Any]]:
        return [{"by": (await api.ask(Ask("/x"))).value()["by"]["name"], "how": "named"}]

    world = World(vendor(look=looks, who=asks), lambda r: answer)
    assert type(await ask_look(world, Ref(Kind.FIELD, "fields"), "a")) is fault
    if answer.status_code == 200:
        fault = Malformed
    assert type(await ask_who(world, Sought(LEAD, "x", 0, 1))) is fault


async def test_a_row_of_a_listing_that_does_not_give_the_scope_is_malformed() -> None:
    async def looks(api: Any, ref: Ref, key: str) -> Found:
        return Found("fields", {"name": key})

    found = await ask_look(World(vendor(look=looks), lambda r: js({})), Ref(Kind.FIELD, "elsewhere"), "a")
    assert isinstance(found, Malformed) and "gives no field/elsewhere" in found.message


async def test_a_row_that_names_its_own_scope_is_of_that_one_alone() -> None:
    async def looks(api: Any, ref: Ref, key: str) -> Found:
        return Found("fields", {"name": key, "object": None if key == "b" else "Lead", "label": "x"})

    spread = World(vendor(listing(scope_by="object"), look=looks), lambda r: js({}))
    found = await ask_look(spread, LEAD, "a")
    assert isinstance(found, Resource) and found.key == "a"
    assert isinstance(await ask_look(spread, Ref(Kind.FIELD, "Contact"), "a"), Malformed)
    assert isinstance(await ask_look(spread, LEAD, "b"), Malformed)


@pytest.mark.parametrize(
    ("told", "evidence"),
    [
        ({"by": "a@b.test", "how": "named", "at": 1_795_255_200_000, "action": None},
         {"by": "p-a", "how": "named", "at": "2026-11-21T10:00:00Z"}),
        ({"by": "a@b.test", "how": "last"}, {"by": "p-a", "how": "last"}),
        ({"by": "", "how": "named", "at": 1}, {}),
        ({"by": "a@b.test", "how": "guessed"}, {}),
    ],
)  # fmt: skip
async def test_evidence_names_a_person_by_alias_and_says_how_sure_it_is(told: Any, evidence: dict[str, str]) -> None:
    async def asks(api: Any, sought: Sequence[Sought]) -> Any:
        return [told]

    assert await ask_who(World(vendor(who=asks), lambda r: js({})), Sought(LEAD, "x", 0, 1)) == evidence


@pytest.mark.parametrize("by", [True, {"email": "a@b.test"}, ["a@b.test"], 1.5, " ", "None", "{'email': None}"])
async def test_who_is_neither_a_name_nor_a_number_is_nobody(by: Any) -> None:
    async def asks(api: Any, sought: Sequence[Sought]) -> Any:
        return [{"by": by, "how": "named"}]

    found = await ask_who(World(vendor(who=asks), lambda r: js({})), Sought(LEAD, "x", 0, 1))
    assert isinstance(found, Malformed) and "neither a name nor a number" in found.message


async def test_a_thing_with_a_number_that_nothing_keeps_is_malformed() -> None:
    async def looks(api: Any, ref: Ref, key: str) -> Found:
        return Found("fields", {"name": key, "label": (await api.ask(Ask("/x"))).value("label")})

    found = await ask_look(World(vendor(look=looks), lambda r: js({"label": 10**30})), FIELDS, "a")
    assert isinstance(found, Malformed) and "too large" in found.message


def test_a_row_is_sought_among_rows_that_all_have_a_name() -> None:
    rows: list[Any] = [{"name": "a", "n": 1}, {"name": "b", "n": 2}]
    assert called(rows, "name", "b") == {"name": "b", "n": 2} and called(rows, "name", "c") is None
    for odd in (None, "b", {}, {"name": None}, {"name": 7}, {"name": ""}):
        with pytest.raises(Malformed, match="a row has no name"):
            called([*rows, odd], "name", "c")


def test_what_is_neither_a_list_nor_null_is_no_empty_list() -> None:
    assert several(["a"], "rights") == ["a"] and several(None, "rights") == several([], "rights") == []
    for odd in ({}, "", "a", 0, False):
        with pytest.raises(Malformed, match="rights is not a list"):
            several(odd, "rights")


@pytest.mark.parametrize(
    ("answer", "own"),
    [
        (js({"message": "no such thing"}, 404), True),
        (js(b"Not found.", 404), True),
        (js({"message": "no such thing"}, 400), False),
        (js({}, 404), False),
        (js(b"", 404), False),
        (js(b"<h1>404 Not Found</h1>", 404), False),
        (js(b'{"message": "no su', 404), False),
        (js(b"Not Found", 404), False),
        (js(b"404 page not found", 404), False),
    ],
)
async def test_not_found_is_believed_in_the_vendors_own_words_alone(answer: httpx.Response, own: bool) -> None:
    made = vendor(errors=Errors(message="message", plain=("Not found.",)))
    with pytest.raises(Rejected) as raised:
        await World(made, lambda r: answer).api.ask(Ask("/x"))
    assert not_found(raised.value) is own


async def test_a_time_that_is_none_makes_the_evidence_malformed_and_no_secret_is_told() -> None:
    async def asks(api: Any, sought: Sequence[Sought]) -> Any:
        return [{"by": "a", "how": "last", "at": 1e300}]

    assert isinstance(await ask_who(World(vendor(who=asks), lambda r: js({})), Sought(LEAD, "x", 0, 1)), Malformed)

    async def tells(api: Any, ref: Ref, key: str) -> Any:
        raise Denied(f"no right for {await api.secret('token')}")

    found = await ask_look(World(vendor(look=tells), lambda r: js({})), LEAD, "x")
    assert isinstance(found, Denied) and SECRET not in json.dumps(found.message) and "no right" in found.message


async def test_an_absence_that_the_vendor_file_does_not_declare_is_none() -> None:
    async def looks(api: Any, ref: Ref, key: str) -> Absent:
        return Absent("NOT_FOUND")

    found = await ask_look(World(vendor(look=looks), lambda r: js({})), LEAD, "x")
    assert isinstance(found, Malformed) and found.code == "absent"
    with pytest.raises(ValueError, match="there is no `look`"):
        vendor(absent="404")


async def test_many_are_sought_at_once_and_each_gets_its_own_answer() -> None:
    async def asks(api: Any, sought: Sequence[Sought]) -> Any:
        return [{"by": "a@b.test", "how": "named"}, {}, Denied("no", code="X")]

    every = [Sought(LEAD, key, 0, 1) for key in "abc"]
    one, two, three = await demand.who(vendor(who=asks), World(vendor(), lambda r: js({})).api, every, person=alias)
    assert (one, two) == ({"by": "p-a", "how": "named"}, {})
    assert isinstance(three, Denied) and three.code == "X"
    fewer = await demand.who(vendor(who=asks), World(vendor(), lambda r: js({})).api, every[:2], person=alias)
    assert [isinstance(told, Malformed) for told in fewer] == [True, True]


async def test_what_is_asked_beside_a_poll_is_bounded_and_counted_apart() -> None:
    world = World(vendor(), lambda r: js({}, 503) if r.url.path == "/busy" else js({}))
    aside = world.api.aside(2, 5.0)
    await world.api.ask(Ask("/poll"))
    await aside.ask(Ask("/x"))
    await aside.ask(Ask("/x"))
    with pytest.raises(Throttled, match="the 2 requests"):
        await aside.ask(Ask("/x"))
    assert (dict(aside.tally), dict(world.api.tally)) == ({"2xx": 2}, {"2xx": 1})
    started, patient = world.clock.now(), world.api.aside(10, 1.0)
    with pytest.raises(Unreachable):
        await patient.ask(Ask("/busy"))
    assert world.clock.now() - started <= 1.0, "retries end with the time that is given to it"
    await world.api.ask(Ask("/poll"))


def test_a_thing_may_be_called_by_its_key_its_id_or_the_name_of_the_person_it_is() -> None:
    assert Sought(LEAD, "p-1", 0, 1, id="7", said="a@b.test").names == {"p-1", "7", "a@b.test"}
    assert Sought(LEAD, "x", 0, 1).names == {"x"}


async def test_who_asks_is_told_by_the_vendor_file_or_is_a_fault() -> None:
    here = Vantage("acc-1", "app 1", frozenset({"read"}))

    async def identity(api: Any) -> Vantage:
        await api.ask(Ask("/me"))
        return here

    known = vendor(identity=identity)
    assert await demand.identity(known, World(known, lambda r: js({})).api) == here
    assert isinstance(await demand.identity(known, World(known, lambda r: httpx.Response(401, json={})).api), Fault)
    assert isinstance(await demand.identity(vendor(), World(vendor(), lambda r: js({})).api), Unsupported)


@pytest.mark.parametrize(
    "other", [{"account": ""}, {"account": "None"}, {"account": "None/prod"}, {"account": "[]"}, {"account": " "},
              {"grants": frozenset({"read", None})}, {"grants": frozenset({7})}],
)  # fmt: skip
async def test_who_asks_is_malformed_where_the_answer_names_no_account_or_a_grant_that_is_none(other: Any) -> None:
    async def identity(api: Any) -> Vantage:
        return msgspec.structs.replace(Vantage("acc-1", "app 1", frozenset({"read"})), **other)

    world = World(vendor(identity=identity), lambda r: js({"data": []}))
    assert isinstance(await demand.identity(world.vendor, world.api), Malformed)
    vantage, _, reads = await world.poll()
    assert not vantage.coverage.complete and "who asks" in vantage.coverage.reason and reads["fields"].coverage.complete


def test_a_change_was_made_between_two_looks_at_it_give_or_take_what_clocks_may_differ() -> None:
    ref = Ref(Kind.FIELD, "Lead")
    one, other = Sought(ref, "a", after=100.0, until=200.0), Sought(ref, "b", after=150.0, until=300.0)
    assert one.during(95.0) and one.during(205.0) and not one.during(94.9) and not one.during(205.1)
    assert not one.during(205.0, 1.0) and one.during(201.0, 1.0)
    assert window([one, other]) == (95.0, 305.0) and window([other, one], 60.0) == (40.0, 360.0)


def test_a_time_is_written_as_vendors_logs_want_it() -> None:
    assert [stamp(1795000000.25, to) for to in ("seconds", "milliseconds", "microseconds")] == [
        "2026-11-18T11:06:40Z", "2026-11-18T11:06:40.250Z", "2026-11-18T11:06:40.250000Z",
    ] and stamp(1795000000.9) == "2026-11-18T11:06:40Z"  # fmt: skip
