"""Rows and lists of another shape; budgets, pace and tokens between requests."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from probes.kit.api import Ask
from probes.kit.auth import ClientCredentials, Scheme
from probes.kit.clock import ManualClock
from probes.kit.contract import Denied, Expired, Fault, Kind, Ref, Rejected, State, Throttled
from probes.kit.limiter import Budget, Quota, Unfit
from probes.kit.listing import OptionSpec, keep

from .world import SECRET, World, js, listing, vendor

FIELDS = Ref(Kind.FIELD, "fields")
SUNSET = "Sat, 21 Nov 2026 10:00:00 GMT"


async def test_items_of_another_shape_are_malformed_and_people_in_lists_are_named_by_alias() -> None:
    coded = {"facts": keep(options="choices[].{value: v, label: l}"), "repeats": {"options": "label"}}
    for changes, wrong in (
        ({"facts": keep(options="raw")}, {"raw": "x"}),
        (coded, {"choices": [{"l": "x"}]}),
        ({"facts": keep(options="raw"), "repeats": {"options": "label"}}, {"raw": ["x"]}),
        ({"key": "names[]"}, {"names": []}),
        ({"key": "[name, deep]"}, {"deep": {}}),
    ):
        row = {"name": "a", **wrong}
        _, _, reads = await World(vendor(listing(**changes)), lambda r, row=row: js({"data": [row]})).poll()
        assert "Malformed" in reads["fields"].coverage.reason, changes
    for choices, values in (
        ([{"v": "x", "l": "X"}, {"v": "y", "l": "Y"}], ["x", "y"]),
        ([{"v": "x", "l": "X"}, {"v": "x", "l": "Y"}], ["x/X", "x/Y"]),
    ):
        world = World(vendor(listing(**coded)), lambda r, c=choices: js({"data": [{"name": "a", "choices": c}]}))
        _, scopes, _ = await world.poll()
        assert [option["value"] for option in scopes[FIELDS].resources[0].facts["options"]] == values
    world = World(vendor(listing(facts=keep(options="choices[].{value: v}"))), lambda r: js({"data": [{"name": "a"}]}))
    _, scopes, _ = await world.poll()
    assert scopes[FIELDS].resources[0].facts == {}
    owned = listing(facts=keep(x_owners="owners"), people=("x_owners",))
    for owners, shown in ((["b", "a"], ["p-b", "p-a"]), ("a", "p-a")):
        world = World(vendor(owned), lambda r, o=owners: js({"data": [{"name": "a", "owners": o}]}))
        _, scopes, _ = await world.poll(person=lambda name: f"p-{name}")
        assert scopes[FIELDS].resources[0].facts == {"x_owners": shown}


async def test_when_a_sync_is_due_is_told_in_its_own_words_and_that_it_writes_only_where_it_does() -> None:
    jobs = listing(name="jobs", kind=Kind.SYNC, facts={}, health={"cron": "schedule", "writes": "writes"})
    rows = [
        {"name": "a", "schedule": "0 6 * * *", "writes": True},
        {"name": "b", "schedule": 15, "writes": "true"},
        {"name": "c"},
    ]
    _, scopes, _ = await World(vendor(jobs), lambda request: js({"data": rows})).poll()
    told = [one.health for one in scopes[Ref(Kind.SYNC, "jobs")].resources]
    assert [(one.cron, one.writes) for one in told if one] == [("0 6 * * *", True), ("15", False), ("", False)]


async def test_items_that_share_a_key_are_told_apart_by_what_stands_beside_it() -> None:
    told_apart = listing(facts=keep("label", options="choices[].{value: v, label: l}"), repeats={"options": "label"})
    choices = [{"v": "x", "l": "One"}, {"v": "x", "l": "Two"}, {"v": "y", "l": "One"}]
    rows = [{"name": "a", "choices": choices}, {"name": "b", "choices": choices[1:]}]
    _, scopes, _ = await World(vendor(told_apart), lambda request: js({"data": rows})).poll()
    first, second = ([one["value"] for one in r.facts["options"]] for r in scopes[FIELDS].resources)
    assert first == ["x/One", "x/Two", "y"] and second == ["x", "y"]
    for wrong in ("x", ["x"]):
        answer = js({"data": [{"name": "a", "choices": wrong}]})
        _, _, reads = await World(vendor(listing(facts={"options": "choices"}, repeats={"options": "label"})),
                                  lambda request, told=answer: told).poll()  # fmt: skip
        assert "Malformed" in reads["fields"].coverage.reason


async def test_a_vendors_word_is_told_by_ours_and_any_other_as_declared() -> None:
    rows = [{"name": "a", "type": "String"}, {"name": "b", "type": "Blob"}, {"name": "c", "type": 7}]
    for words, told in (
        ({"String": "text"}, ["text", "Blob", 7]),
        ({"String": "text", "*": "other"}, ["text", "other", "other"]),
    ):
        world = World(vendor(listing(facts=keep("type"), words={"type": words})), lambda request: js({"data": rows}))
        _, scopes, _ = await world.poll()
        assert [one.facts["type"] for one in scopes[FIELDS].resources] == told


async def test_a_coded_listing_can_say_of_one_parent_that_it_may_not_be_read() -> None:
    async def fetch(api: Any, parents: Any, validators: Any) -> Any:
        yield parents[1], await api.ask(Ask("/x"))
        yield parents[0], Denied(f"{SECRET} may not see {parents[0]['key']}")

    coded = listing(for_each="options.o", fetch=fetch, batch=2)
    made = vendor(coded, options={"o": OptionSpec(says="objects")})
    _, _, reads = await World(made, lambda request: js({"data": [{"name": "a"}]}), options={"o": ["a", "b"]}).poll()
    refused = reads["fields/a"].coverage
    assert refused.state is State.DENIED and "may not see a" in refused.reason and SECRET not in refused.reason
    assert reads["fields/b"].coverage.complete


async def test_a_walk_over_names_needs_an_object() -> None:
    for records, body in (("data.*", {"data": [1]}), ("*", [1])):
        _, _, reads = await World(vendor(listing(records=records)), lambda r, b=body: js(b)).poll()
        assert "is not an object" in reads["fields"].coverage.reason


def test_a_budget_is_carried_over_within_its_day_and_an_unknown_zone_is_a_day_of_its_own() -> None:
    clock = ManualClock(1_795_255_200.0)
    budget = Budget(Quota(per_day=10), clock, "Nowhere/City")
    assert budget.resets_at == clock.now() + 86_400
    budget.load(7, clock.now() - 3600)
    assert budget.used == 7 and budget.resets_at == clock.now() + 82_800
    budget.load(9, clock.now() + 60)
    assert budget.used == 7, "what stands in the future is not of this day"
    budget.load(8, clock.now() - 90_000)
    assert budget.used == 0


async def test_a_client_says_what_it_is_and_a_vendor_without_quota_has_no_zone() -> None:
    paced = vendor(pace=lambda answer: float(answer.value("pace") or 0))
    world = World(paced, lambda r: js({"pace": 3}, sunset=SUNSET))
    world.api.quota_zone = "Europe/Berlin"
    assert world.api.quota_zone == "" and repr(world.api) == "LiveClient('acme-prod', 'https://api.acme.test')"
    async with world.api as api:
        for _ in range(2):
            await api.ask(Ask("/x"))
    assert world.clock.monotonic() >= 3, "the vendor's own pace is kept"
    assert world.api.sunset == {"/x": 1_795_255_200.0}
    counted = World(vendor(quota=Quota(per_day=5)), lambda r: js({}))
    counted.api.quota_zone = "Europe/Berlin"
    assert counted.api.quota_zone == "Europe/Berlin"


async def test_an_end_that_the_vendor_takes_back_is_no_end_any_more() -> None:
    told = [js({}, sunset=SUNSET), js({}, status=304), js({}, status=404), js({})]
    world = World(vendor(), lambda r: told.pop(0))
    async with world.api as api:
        for left in ({"/x": 1_795_255_200.0}, {"/x": 1_795_255_200.0}, {"/x": 1_795_255_200.0}, {}):
            with suppress(Fault):
                await api.ask(Ask("/x"))
            assert world.api.sunset == left


def test_a_plan_that_the_options_name_decides_how_many_calls_there_are() -> None:
    planned = Quota(per_day=3200, plans={"free": 32, "business": None})
    made = vendor(quota=planned, options={"plan": OptionSpec(says="the plan")})

    def budget(**options: str) -> float | None:
        found = World(made, lambda r: js({}), options=options).api.budget
        return found.limit if found else None

    assert (budget(), budget(plan="free"), budget(plan="business")) == (3200.0, 32.0, None)
    with pytest.raises(Rejected, match=r"options\.plan: expected one of free, business, found another plan"):
        budget(plan="gold")
    assert Quota(per_day=5).on({"plan": "gold"}) == Quota(per_day=5), "a quota without plans asks for none"
    with pytest.raises(ValueError, match="there is no option `plan`"):
        vendor(quota=planned)


def test_an_allowance_by_seats_is_multiplied_by_them() -> None:
    by_seat = Quota(per_day=30, plans={"lite": 30, "more": 60, "all": None}, seated=True, unit="tokens")
    assert [
        found.per_day for options in ({}, {"seats": 3}, {"seats": 3, "plan": "more"}) if (found := by_seat.on(options))
    ] == [30, 90, 180]
    assert by_seat.on({"seats": 3, "plan": "all"}) is None
    assert Quota(per_day=5).on({"seats": 7}) == Quota(per_day=5), "where seats bring nothing they count for nothing"
    for wrong in (0, -1, "3", True, 1.5, None):
        with pytest.raises(Unfit, match="a whole number, 1 or more") as refused:
            by_seat.on({"seats": wrong})
        assert refused.value.option == "seats"
    with pytest.raises(ValueError, match="there is no option `seats`"):
        vendor(quota=Quota(per_day=5, seated=True))


async def test_a_request_takes_what_it_weighs_of_the_days_allowance() -> None:
    made = listing(name="things", spends=20)
    world = World(vendor(made, quota=Quota(per_day=30, share=1, unit="tokens")), lambda r: js({}))
    async with world.api as api:
        await api.ask(made.ask({}, {}))
        assert world.api.budget and (world.api.budget.used, world.api.budget.left) == (20, 10)
        await api.ask(Ask("/x", spends=12))  # what is left is less: it is taken, and the next one waits
        with pytest.raises(Throttled, match="32 of 30 tokens of this day are used"):
            await api.ask(Ask("/x"))
    assert made.cost(1, pages=3) == 60


async def test_a_token_endpoint_that_is_silent_for_a_moment_is_asked_again() -> None:
    scheme = Scheme(fields=("client_id", "client_secret"), build=lambda c: ClientCredentials(c, "/token"))
    left = [js({}, 503), js({}, 503), js({"access_token": "t-0815"})]
    world = World(vendor(schemes={"token": scheme}), lambda r: left.pop(0) if r.url.path == "/token" else js({"ok": 1}),
                  secrets={"client_id": "c", "client_secret": "s-0815-secret"})  # fmt: skip
    assert (await world.api.ask(Ask("/x"))).value("ok") == 1 and left == []


async def test_a_new_secret_is_tried_once_and_not_for_as_long_as_there_are_new_ones() -> None:
    world = World(vendor(), lambda r: js({}, 401))

    def another(field: str) -> str:
        world.secrets["token"] += "1"
        return world.secrets["token"]

    world.api.credentials._secret = another
    with pytest.raises(Expired):
        await world.api.ask(Ask("/x"))
    assert len(world.calls) == 2
