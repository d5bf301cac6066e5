"""What a reading makes of answers: scopes, memory, certificates."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.kit import reading
from probes.kit.contract import Kind, Ref, State, Vantage
from probes.kit.listing import View, keep

from .world import SECRET, World, js, listing, turned, vendor

FIELDS = Ref(Kind.FIELD, "fields")


class Rows:
    """An account of one list; `say` sets what it answers."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.headers: dict[str, str] = {}
        self.wrap: dict[str, Any] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        tag = self.headers.get("etag")
        if tag and request.headers.get("if-none-match") == tag:
            return httpx.Response(304)
        return js({"data": self.rows, **self.wrap}, **self.headers)


names = st.text("abcdef", min_size=1, max_size=3)
rows = st.dictionaries(names, st.fixed_dictionaries({"label": names, "type": names, "junk": st.integers()}), max_size=8)


def listed(found: dict[str, dict[str, Any]], order: int) -> list[dict[str, Any]]:
    made = [{"name": name, **row} for name, row in found.items()]
    made = [dict(sorted(row.items(), reverse=bool(order % 2))) for row in made]
    return made[order % len(made) :] + made[: order % len(made)] if made else made


@given(polls=st.lists(st.tuples(rows, st.integers(0, 9), st.booleans()), min_size=1, max_size=6))
async def test_memory_plus_what_a_reading_lists_is_always_what_the_vendor_has(polls: list[Any]) -> None:
    """Whatever the order of rows and keys, and whatever was read before: nothing is missed, nothing kept too long."""
    acme = Rows([])
    world = World(vendor(), acme)
    stored: dict[str, Any] = {}
    for number, (found, order, stamped) in enumerate(polls):
        acme.rows = listed(found, order)
        acme.wrap = {"at": number} if stamped else {}
        _, scopes, _ = await world.poll()
        scope = scopes[FIELDS]
        assert scope.coverage.complete
        if not scope.whole:
            fresh = {r.key: r.facts for r in scope.resources}
            assert not fresh.keys() & set(scope.same) and set(scope.same) <= stored.keys()
            stored = {key: stored[key] for key in scope.same} | fresh
        assert stored == {name: {"label": row["label"], "type": row["type"]} for name, row in found.items()}


async def test_after_a_partial_reading_nothing_is_taken_as_known() -> None:
    acme = Rows([{"name": "a", "label": "A"}])
    world = World(vendor(), acme)
    await world.poll()
    acme.rows = [{"name": "a", "label": "A"}, {"name": "a", "label": "B"}]
    _, scopes, reads = await world.poll()
    assert scopes[FIELDS].coverage.code == "duplicate" and reads["fields"].memo == b""
    assert scopes[FIELDS].keys == frozenset(), "neither of two rows of one key is taken"
    acme.rows = [{"name": "a", "label": "B"}]
    _, scopes, _ = await world.poll()
    assert [r.facts["label"] for r in scopes[FIELDS].resources] == ["B"]


async def test_after_a_failed_reading_the_memory_stands() -> None:
    acme = Rows([{"name": "a", "label": "A"}])
    world = World(vendor(), acme)
    await world.poll()
    acme.rows = "oops"  # type: ignore[assignment]
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.state is State.FAILED and reads["fields"].memo is None
    acme.rows = [{"name": "a", "label": "A"}]
    _, scopes, _ = await world.poll()
    assert scopes[FIELDS].whole


@pytest.mark.parametrize("left", [{}, {"fields": b""}])
async def test_a_memo_whose_rows_are_lost_stands_for_an_equal_answer_and_for_nothing_else(
    left: dict[str, bytes],
) -> None:
    acme = Rows([{"name": "a", "label": "A"}, {"name": "b", "label": "B"}])
    world = World(vendor(), acme)
    await world.poll()
    world.memories.kept = left
    _, scopes, _ = await world.poll()
    assert scopes[FIELDS].whole
    acme.rows = [{"name": "a", "label": "A"}, {"name": "b", "label": "C"}]
    _, scopes, _ = await world.poll()
    assert {r.key for r in scopes[FIELDS].resources} == {"a", "b"} and not scopes[FIELDS].same


async def test_other_eyes_are_remembered_with_an_answer_that_did_not_change() -> None:
    """What a 304 is worth depends on who asked for it: nobody asks by comparison what others have seen."""
    grants = ["read"]

    async def identity(api: Any) -> Vantage:
        return Vantage("acme", "", frozenset(grants))

    acme = Rows([{"name": "a", "label": "A"}])
    acme.headers = {"etag": '"1"'}
    world = World(vendor(listing(conditional="etag"), identity=identity), acme)
    await world.poll()
    grants.append("more")
    _, scopes, reads = await world.poll()
    assert scopes[FIELDS].whole and reads["fields"].memo and reads["fields"].rows is None
    assert world.signals.requests == {"2xx": 1}, "what other eyes saw is asked for whole"
    _, scopes, reads = await world.poll()
    assert scopes[FIELDS].whole and reads["fields"].memo is None
    assert world.signals.requests == {"304": 1}


async def test_bytes_that_change_each_time_are_remembered_as_unstable_and_tried_again_later() -> None:
    acme = Rows([{"name": str(i), "label": "x", "type": "t"} for i in range(9)])
    world = World(vendor(), acme)
    from probes.kit.memo import unpack

    seen = []
    for order in (0, 1, 2, 3, 3, 3):
        acme.rows = [turned(row, order) for row in acme.rows]
        acme.wrap = {"n": len(seen)}
        _, scopes, _ = await world.poll()
        assert not seen or scopes[FIELDS].whole
        memo = unpack(world.memories.memos["fields"])
        assert memo is not None
        seen.append(memo.unstable)
    assert seen[0] is False and seen[-1] is False


async def test_a_long_list_lets_others_run_between_its_chunks_whether_its_bytes_hold_still_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns: list[float] = []

    async def turn(seconds: float) -> None:
        turns.append(seconds)

    monkeypatch.setattr(reading, "asyncio", SimpleNamespace(sleep=turn))
    many = [{"name": f"f{n:04}", "label": "L", "type": "t"} for n in range(2 * reading.CHUNK + 1)]
    acme = Rows(many)
    world = World(vendor(), acme)
    await world.poll()
    assert len(turns) == 2
    for order in (("type", "label", "name"), ("label", "name", "type"), ("name", "type", "label")):
        turns.clear()
        acme.rows = [{key: row[key] for key in order} for row in many]
        acme.rows[5] = {**acme.rows[5], "label": "-".join(order)}
        _, scopes, _ = await world.poll()
        assert [r.key for r in scopes[FIELDS].resources] == ["f0005"] and len(scopes[FIELDS].same) == len(many) - 1
        assert len(turns) == 2


async def test_a_validator_is_sent_to_the_same_eyes_only_and_never_when_fresh() -> None:
    acme = Rows([{"name": "a", "label": "A"}])
    acme.headers = {"etag": '"1"'}
    world = World(vendor(listing(conditional="etag")), acme)
    await world.poll()
    _, scopes, _ = await world.poll()
    assert scopes[FIELDS].whole and world.signals.requests == {"304": 1}
    _, scopes, _ = await world.poll(fresh=True)
    assert scopes[FIELDS].whole and world.signals.requests == {"2xx": 1}


async def test_a_validator_that_another_pair_of_eyes_was_given_is_not_sent() -> None:
    acme, eyes = Rows([{"name": "a", "label": "A"}]), ["read", "admin"]
    acme.headers = {"etag": '"1"'}

    async def identity(api: Any) -> Vantage:
        return Vantage("acme", "monitor", frozenset(eyes))

    world = World(vendor(listing(conditional="etag"), identity=identity), acme)
    await world.poll()
    await world.poll()
    assert world.requests[-1].headers["if-none-match"] == '"1"'
    eyes.pop()
    _, scopes, _ = await world.poll()
    assert "if-none-match" not in world.requests[-1].headers
    assert scopes[FIELDS].coverage.complete


async def test_what_hangs_on_a_row_is_read_anew_when_the_row_is_another() -> None:
    above = listing(name="objects", kind=Kind.SCHEMA, path="/objects", facts=keep("label"), id="id")
    below = listing(
        for_each="objects", path="/fields", scope="{parent.key}", link="https://acme.test/{parent.id}/{key}"
    )
    number = "1"

    def answer(request: httpx.Request) -> httpx.Response:
        row = {"name": "lead", "label": "Lead", "id": number}
        return js({"data": [row] if request.url.path == "/objects" else [{"name": "a", "label": "A"}]})

    world, lead = World(vendor(above, below), answer), Ref(Kind.FIELD, "lead")
    await world.poll()
    _, scopes, _ = await world.poll()
    assert scopes[lead].whole
    number = "2"
    _, scopes, _ = await world.poll()
    assert [row.evidence["link"] for row in scopes[lead].resources] == ["https://acme.test/2/a"]


async def test_equal_rows_of_two_lists_of_one_answer_are_two_things() -> None:
    types = View(kind=Kind.SCHEMA, scope="types", records="types", key="name", facts=keep("label"))
    row, body = {"name": "a", "label": "A"}, dict[str, Any]()
    world = World(vendor(listing(also=(types,))), lambda request: js(body))
    body = {"data": [{"name": "b"}, row], "types": [row, {"name": "c"}]}
    await world.poll()
    body = {"data": [row], "types": [{"name": "c"}]}
    _, scopes, _ = await world.poll()
    kept = {ref: {*scope.same, *(one.key for one in scope.resources)} for ref, scope in scopes.items()}
    assert kept == {FIELDS: {"a"}, Ref(Kind.SCHEMA, "types"): {"c"}}


async def test_a_304_that_nobody_asked_for_is_malformed() -> None:
    world = World(vendor(), lambda request: httpx.Response(304))
    _, _, reads = await world.poll()
    assert "asked for no comparison" in reads["fields"].coverage.reason


async def test_a_last_modified_of_this_second_is_not_trusted() -> None:
    acme = Rows([{"name": "a"}])
    acme.headers = {"last-modified": "Sat, 21 Nov 2026 10:00:00 GMT", "date": "Sat, 21 Nov 2026 10:00:01 GMT"}
    world = World(vendor(listing(conditional="last-modified")), acme)
    await world.poll()
    await world.poll()
    assert "if-modified-since" not in world.requests[-1].headers
    acme.headers["date"] = "Sat, 21 Nov 2026 10:00:09 GMT"
    acme.wrap = {"n": 1}
    await world.poll()
    await world.poll()
    assert "if-modified-since" in world.requests[-1].headers


async def test_a_fact_that_every_row_lost_makes_the_scope_malformed() -> None:
    acme = Rows([{"name": n, "label": "L", "type": "t"} for n in "ab"])
    world = World(vendor(listing(always=("label",))), acme)
    await world.poll()
    acme.rows = [{"name": n, "labelText": "L", "type": "t"} for n in "ab"]
    _, scopes, reads = await world.poll()
    assert scopes[FIELDS].coverage.code == "always" and not scopes[FIELDS].resources
    assert reads["fields"].coverage.state is State.FAILED and reads["fields"].memo == b""


async def test_a_key_of_the_vendors_that_nobody_reads_is_counted_when_it_is_new() -> None:
    acme = Rows([{"name": "a", "label": "L"}])
    world = World(vendor(), acme)
    await world.poll()
    assert world.signals.added_keys == 0
    acme.rows = [{"name": "a", "label": "L", "novelty": 1}]
    await world.poll()
    assert world.signals.added_keys == 1


async def test_the_watch_keeps_from_fetching_and_a_scope_it_lets_in_later_is_read_whole() -> None:
    by = listing(scope_by="object", facts=keep("label"))
    acme = Rows([{"name": "a", "object": "Lead", "label": "A"}, {"name": "b", "object": "Case", "label": "B"}])
    world = World(vendor(by), acme)
    _, scopes, _ = await world.poll(want=lambda kind, scope: scope == "Lead")
    assert set(scopes) == {Ref(Kind.FIELD, "Lead")}
    _, scopes, _ = await world.poll()
    assert set(scopes) == {Ref(Kind.FIELD, "Lead"), Ref(Kind.FIELD, "Case")}
    world = World(vendor(), acme)
    _, scopes, _ = await world.poll(want=lambda kind, scope: False)
    assert scopes == {} and world.calls == [] and world.signals.unwatched == {"field": 1}


async def test_one_answer_gives_several_kinds_and_a_map_is_walked_by_name() -> None:
    tables = View(
        kind=Kind.SCHEMA, scope="tables", records="tables.*", key="join('.', \"@path\")", facts=keep("enabled")
    )
    columns = listing(records="tables.*.columns.*", key='"@path"', facts=keep("type"), also=(tables,))
    body = {"tables": {"lead": {"enabled": True, "columns": {"a": {"type": "x"}}}, "bare": {"enabled": False}}}
    world = World(vendor(columns), lambda request: js(body))
    _, scopes, _ = await world.poll()
    assert scopes[FIELDS].keys == {"lead/a"} and scopes[Ref(Kind.SCHEMA, "tables")].keys == {"lead", "bare"}
    _, scopes, _ = await world.poll()
    assert all(scope.whole for scope in scopes.values())


async def test_an_absent_list_means_none_only_where_the_vendor_says_so() -> None:
    world = World(vendor(listing(empty="ok")), lambda request: js({"ok": True}))
    _, scopes, _ = await world.poll()
    assert scopes[FIELDS].coverage.complete and not scopes[FIELDS].keys
    world = World(vendor(), lambda request: js({"ok": True}))
    _, _, reads = await world.poll()
    assert "no data" in reads["fields"].coverage.reason


async def test_people_are_named_by_the_function_that_was_given() -> None:
    users = listing(name="users", kind=Kind.PERMISSION, key="[mail, role]", person=True, id="id", facts=keep("role"),
                    evidence={"by": "author"}, link="{base}/users/{id}?k={key}")  # fmt: skip
    people = [{"id": 7, "mail": "a/b@example.com", "role": "x", "author": "c@example.com"}]
    world = World(vendor(users), lambda request: js({"data": people}))
    _, scopes, _ = await world.poll(person=lambda name: f"p-{len(name)}")
    found = scopes[Ref(Kind.PERMISSION, "users")].resources[0]
    assert found.key == "p-15/x" and found.evidence["by"] == "p-13"
    assert found.evidence["link"] == "https://api.acme.test/users/7?k=p-15%2Fx"


async def test_no_read_quotes_a_secret_that_the_vendor_echoes() -> None:
    world = World(vendor(), lambda request: js({"message": f"bad token {SECRET}"}, 400))
    world.vendor = vendor(errors={"message": "message"})
    world.api.vendor = world.vendor
    _, _, reads = await world.poll()
    assert "bad token" in reads["fields"].coverage.reason and SECRET[:8] not in json.dumps(repr(reads))
