"""The small parts: clock, gate, registry, paging styles, declarations, values, projection."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import msgspec
import pytest
from pydantic import ValidationError

from probes.kit.api import Ask
from probes.kit.clock import ManualClock, SystemClock
from probes.kit.contract import Absent, Kind, Malformed, Ref, State, Vantage, canonical, lost
from probes.kit.errors import Errors
from probes.kit.facts import fact
from probes.kit.gate import Gate
from probes.kit.limiter import Quota
from probes.kit.listing import OptionSpec, View, keep
from probes.kit.memo import unpack
from probes.kit.paging import Paging
from probes.kit.values import dig, fill, instant, search

from .world import World, js, listing, vendor

FIELDS = Ref(Kind.FIELD, "fields")


async def test_a_manual_clock_wakes_sleepers_in_order_and_a_step_of_the_wall_moves_no_wait() -> None:
    clock, woken = ManualClock(100.0), list[str]()

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    tasks = [asyncio.create_task(sleeper("late", 5)), asyncio.create_task(sleeper("soon", 1))]
    gone = asyncio.create_task(sleeper("gone", 2))
    await asyncio.sleep(0)
    assert clock.sleepers == 3
    gone.cancel()
    clock.set_wall(7.0)
    assert clock.now() == 7.0
    clock.advance(3)
    await asyncio.sleep(0)
    assert woken == ["soon"] and clock.sleepers == 1
    clock.advance(2)
    await asyncio.gather(*tasks)
    assert woken == ["soon", "late"] and clock.slept == [5, 1, 2]
    system = SystemClock()
    before = system.monotonic()
    await system.sleep(0)
    assert system.monotonic() >= before and system.now() > 1_700_000_000


async def test_the_gate_lets_bytes_through_in_order_and_a_cancelled_one_leaves_no_hole() -> None:
    gate, order = Gate(10), list[str]()

    async def enter(name: str, size: int) -> int:
        weight = await gate.enter(size)
        order.append(name)
        return weight

    first = await enter("first", 8)
    big, small, gone = [asyncio.create_task(enter(n, s)) for n, s in (("big", 99), ("small", 1), ("gone", 1))]
    await asyncio.sleep(0)
    assert order == ["first"]
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    gate.leave(first)
    assert await big == 10 and order == ["first", "big"]
    gate.leave(10)
    await small
    late = asyncio.create_task(enter("late", 10))
    await asyncio.sleep(0)
    gate.leave(1)
    late.cancel()  # its turn came in the same moment
    await asyncio.gather(late, return_exceptions=True)
    assert await gate.enter(10) == 10


def pages(paging: Paging, *answers: httpx.Response) -> World:
    left = list(answers)
    return World(vendor(listing(paging=paging)), lambda request: left.pop(0))


def page(*names: str, **more: Any) -> httpx.Response:
    return js({"data": [{"name": name} for name in names], **more})


NEXT = Paging(style="next", next="next", more="more")
LINK = Paging(style="link")
GRAPH = Paging(style="graphql", next="info", into="after")


@pytest.mark.parametrize(
    ("paging", "answers", "code"),
    [
        (NEXT, [page("a", next="/p2", more=True), page("b", more=False, next="/p3")], ""),
        (NEXT, [page("a", next=None, more=True)], "paging"),
        (NEXT, [page("a", next=["x"])], "paging"),
        (NEXT, [page("a", next="/p2"), page("b", next="/p2")], "loop"),
        (NEXT, [page("a", next="/p2"), page("a", next="/p2")], "loop"),
        (NEXT, [page("a", next="/p2"), js({}, 403)], "403"),
        (LINK, [js({"data": [{"name": "a"}]}, link='</p2>; rel="next", </p9>; rel="last"'), page("b")], ""),
        (GRAPH, [page("a", info={"hasNextPage": True, "endCursor": "x"}), page("b", info={"hasNextPage": False})], ""),
        (GRAPH, [page("a", info={"hasNextPage": True})], "paging"),
        (GRAPH, [page("a")], "paging"),
        (Paging(style="page", into="p", total="n"), [page("a", n=2), page("b", n=2)], ""),
        (Paging(style="page", into="p", size=2, short=True), [page("a", "b"), page("c")], ""),
        (Paging(style="page", into="p", more="more"), [page("a", more=True), page("b", more=False)], ""),
        (Paging(style="page", into="p", more="more"), [page("a", more=True), page(more=True)], ""),
        (Paging(style="page", into="p"), [page("a"), page("a")], "loop"),
        (Paging(style="cursor", next="next", into="after", most=1), [page("a", next="x")], "cap"),
        (Paging(total="n"), [page("a", n=2)], "short"),
    ],
)
async def test_a_list_is_complete_only_where_its_end_is_proven(
    paging: Paging, answers: list[httpx.Response], code: str
) -> None:
    _, _, reads = await pages(paging, *answers).poll()
    found = reads["fields"].coverage
    assert (found.state, found.code) == (State.PARTIAL if code else State.COMPLETE, code), found


@pytest.mark.parametrize("paged", [True, False])
async def test_a_status_that_means_no_row_at_all_is_an_empty_list_where_the_vendor_says_so(paged: bool) -> None:
    paging = Paging(style="page", into="p", more="more") if paged else Paging()
    last = [httpx.Response(204)]
    left = [page("a", more=True), *last] if paged else last
    world = World(vendor(listing(paging=paging), errors=Errors(nothing=True)), lambda request: left.pop(0))
    _, scopes, reads = await world.poll()
    assert reads["fields"].coverage.complete and scopes[FIELDS].keys == ({"a"} if paged else set())
    left = [httpx.Response(200), page("a"), httpx.Response(204)]
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.reason.startswith("Malformed"), "a 200 without a body is none"
    left = [page("a", more=True), httpx.Response(204)]
    assert await world.api.every(Ask("/fields"), Paging(style="page", into="p"), "data") == [{"name": "a"}]


async def test_a_status_without_a_body_is_malformed_where_nobody_says_what_it_means() -> None:
    _, _, reads = await World(vendor(listing()), lambda request: httpx.Response(204)).poll()
    assert reads["fields"].coverage.reason.startswith("Malformed")


async def test_a_deep_link_may_take_what_stands_in_the_row_and_is_none_where_it_does_not() -> None:
    rows = [{"name": "a", "web": "7/8"}, {"name": "b", "web": None}, {"name": "c"}]
    world = World(vendor(listing(link="https://acme.test/{row.web}/{key}")), lambda request: js({"data": rows}))
    _, scopes, _ = await world.poll()
    links = {row.key: row.evidence.get("link") for row in scopes[FIELDS].resources}
    assert links == {"a": "https://acme.test/7%2F8/a", "b": None, "c": None}
    assert world.signals.added_keys == 0, "what a link takes is read"


async def test_a_key_names_a_person_where_the_row_says_so() -> None:
    rows = [{"name": "ann", "login": True}, {"name": "readers", "login": False}, {"name": "writers"}]
    world = World(vendor(listing(person="login")), lambda request: js({"data": rows}))
    _, scopes, _ = await world.poll(person=lambda name: f"p-{name}")
    assert scopes[FIELDS].keys == {"p-ann", "readers", "writers"}


async def test_a_cursor_can_go_into_the_body() -> None:
    deep = listing(body={"query": "{ a }"}, paging=Paging(style="cursor", next="next", into="body.variables.after"))
    left = [page("a", next="c1"), page("b")]
    world = World(vendor(deep, reads=("/fields",)), lambda request: left.pop(0))
    _, scopes, _ = await world.poll()
    assert scopes[FIELDS].keys == {"a", "b"}
    assert world.requests[1].content == b'{"query":"{ a }","variables":{"after":"c1"}}'


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"facts": {"colour": "x"}}, "x_colour"),
        ({"facts": keep("label"), "always": ("type",)}, "always names type"),
        ({"facts": keep("label"), "unordered": ("label",)}, "unordered"),
        ({"health": {"mood": "x"}}, "health names mood"),
        ({"states": {"a": "bad"}}, "states gives bad"),
        ({"key": "a["}, "JMESPath"),
        ({"path": ""}, "neither a path nor a fetch"),
        ({"batch": 2}, "no fetch"),
        ({"only": "]"}, "JMESPath"),
        ({"person": "a["}, "JMESPath"),
        ({"wrong": 1}, "wrong"),
    ],
)
def test_a_wrong_declaration_is_told_at_import(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        listing(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"listings": (listing(), listing())},
        {"listings": (listing(for_each="options.none"),)},
        {"listings": (listing(for_each="later"), listing(name="later"))},
        {"listings": (listing(limit="search"),)},
        {"limits": {}},
        {"errors": {"faults": {"X": "explode"}}},
        {"quota": {"per_day": 1, "headers": {"x": r"(?P<what>\d)"}}},
    ],
)
def test_a_vendor_file_that_does_not_hang_together_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        vendor(**changes)
    assert Quota(per_day=1).share == 0.8 and Errors(code="a").code == "a"


def test_a_listing_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(KeyError, match="it has fields"):
        vendor().listing("nope")
    assert listing().cost(7, pages=3) == 3 and listing(for_each="options.x").cost(7) == 7


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2026-11-21T10:00:00Z", 1_795_255_200.0), ("2026-11-21T11:00:00.000+0100", 1_795_255_200.0),
     ("2026-11-21T10:00:00", 1_795_255_200.0), (1_795_255_200_000, 1_795_255_200.0), ("1795255200", 1_795_255_200.0),
     (None, None), ("", None)],
)  # fmt: skip
def test_times_are_read_in_every_spelling(value: Any, seconds: float | None) -> None:
    assert instant(value) == seconds
    for wrong in ("soon", True, []):
        with pytest.raises(Malformed):
            instant(wrong)


def test_only_our_places_are_filled() -> None:
    context = {"parent": {"key": "a/b"}, "scope": "Lead"}
    assert fill("/x/{parent.key}/{scope}", context, quoted=True) == "/x/a%2Fb/Lead"
    assert fill({"q": ["{ node { id } } {parent.key} {key}"], "n": 1}, context) == {
        "q": ["{ node { id } } a/b {key}"],
        "n": 1,
    }
    with pytest.raises(KeyError, match="has no value"):
        fill("{parent.id}", context)
    with pytest.raises(Malformed):
        search("join('.', @)")([1, None])


ROW = {
    "name": "a",
    "label": 1.0,
    "choices": [{"v": "x", "l": None}],
    "refs": ["b", "a", "b", None],
    "deep": {"n": [2.0]},
}
VIEW = {"facts": keep("label", references="refs", options="choices[].{value: v, label: l}", x_deep="deep")}


async def test_facts_are_brought_into_their_forms() -> None:
    world = World(vendor(listing(**VIEW)), lambda request: js({"data": [ROW]}))
    _, scopes, _ = await world.poll()
    assert scopes[FIELDS].resources[0].facts == {
        "label": 1, "options": [{"value": "x"}], "references": ["a", "b"], "x_deep": {"n": [2]},
    }  # fmt: skip


async def test_a_number_that_is_too_wide_for_an_integer_can_be_kept_as_every_fact_can() -> None:
    row = b'{"name": "a", "label": 1e30, "refs": [1e300, -9223372036854775809, 4], "deep": {"n": 1e20}}'
    world = World(vendor(listing(**VIEW)), lambda request: js(b'{"data": [' + row + b"]}"))
    _, scopes, _ = await world.poll()
    facts = scopes[FIELDS].resources[0].facts
    assert facts == {"label": 1e30, "references": [-(2.0**63), 1e300, 4], "x_deep": {"n": 1e20}}
    assert json.loads(canonical(facts)) == facts


@pytest.mark.parametrize(
    "wrong",
    [{"choices": [{"v": "x"}, {"v": "x"}]}, {"choices": [{"l": "x"}]}, {"refs": "a"}, {"name": None},
     {"name": {}}],
)  # fmt: skip
async def test_a_row_of_another_shape_is_malformed_and_never_a_smaller_list(wrong: dict[str, Any]) -> None:
    world = World(vendor(listing(**VIEW)), lambda request: js({"data": [ROW, {**ROW, "name": "b", **wrong}]}))
    _, scopes, reads = await world.poll()
    assert reads["fields"].coverage.state is State.FAILED and "Malformed" in reads["fields"].coverage.reason
    assert not scopes[FIELDS].resources


async def test_health_is_in_seconds_and_in_our_words() -> None:
    health = {"state": "status", "succeeded_at": "at", "rows_failed": "bad", "lag": "lag", "errors": "codes"}
    jobs = listing(name="jobs", kind=Kind.SYNC, facts={}, health=health, states={"DONE": "ok"})
    row = {"name": "j", "status": "DONE", "at": 1_795_255_200_000, "bad": "3", "lag": 1.5, "codes": ["B", "A", "A"]}
    world = World(vendor(jobs), lambda request: js({"data": [row, {"name": "k", "status": "NEW"}]}))
    _, scopes, _ = await world.poll()
    first, second = (r.health for r in scopes[Ref(Kind.SYNC, "jobs")].resources)
    assert first is not None and second is not None and second.state == "unknown"
    assert (first.state, first.succeeded_at, first.rows_failed, first.lag) == ("ok", 1_795_255_200.0, 3, 1.5)
    assert first.errors == ("A", "B")
    world = World(vendor(jobs), lambda request: js({"data": [{**row, "bad": "many"}]}))
    _, _, reads = await world.poll()
    assert "rows_failed is not a number" in reads["jobs"].coverage.reason


async def test_an_identity_that_cannot_be_read_is_a_vantage_without_grants() -> None:
    async def stumbles(api: Any) -> Vantage:
        return Vantage({}["account"], "", frozenset())  # type: ignore[call-overload,no-any-return]

    world = World(vendor(identity=stumbles), lambda request: page("a"))
    vantage, scopes, _ = await world.poll()
    assert vantage.coverage.state is State.FAILED and "'account'" in vantage.coverage.reason
    assert scopes[FIELDS].coverage.complete


async def test_a_coded_listing_that_leaves_a_parent_out_or_stumbles_fails_that_read_alone() -> None:
    async def fetch(api: Any, parents: Any, validators: Any) -> Any:
        yield parents[0], await api.ask(Ask("/x"))
        if parents[1]["key"] == "c":
            raise IndexError

    coded = listing(for_each="options.o", fetch=fetch, batch=2)
    made = vendor(coded, options={"o": OptionSpec(says="objects")})
    world = World(made, lambda request: page("a"), options={"o": ["a", "b"]})
    _, _, reads = await world.poll()
    assert reads["fields/a"].coverage.complete and reads["fields/b"].coverage.code == "left-out"
    world = World(made, lambda request: page("a"), options={"o": ["a", "c"]})
    _, _, reads = await world.poll()
    assert "IndexError" in reads["fields/c"].coverage.reason


def test_values_of_the_seam() -> None:
    assert lost({"a", "b"}, {"a"}, ("*",)) == {"b"} and lost({"a", "b"}, {"a"}, ("a",)) == frozenset()
    assert Absent("x").code == "x" and unpack(b"") is None and unpack(b"\xc1") is None
    assert fact(Kind.FIELD, "options.label").says == "label of options"
    assert View(kind=Kind.FIELD, facts=["label"]).covers == ("label",)  # type: ignore[arg-type]


def test_a_header_of_a_listing_may_use_an_option_and_is_left_out_where_that_is_empty() -> None:
    made = vendor(
        listing(headers={"x-on-behalf-of": "{options.manager}"}), options={"manager": OptionSpec(says="whose")}
    )
    (asked,) = made.listings
    assert asked.ask({}, {"manager": "77"}).headers == {"x-on-behalf-of": "77"}
    assert asked.ask({}, {"manager": ""}).headers == {}
    with pytest.raises(ValueError, match="no declared option"):
        vendor(listing(headers={"x-on-behalf-of": "{options.other}"}))


async def test_headers_of_the_vendor_go_with_each_request_and_the_credentials_own_above_them() -> None:
    made = vendor(headers={"revision": "2026-07-15", "authorization": "nobody", "accept": "application/x"})
    world = World(made, lambda request: js({"data": []}))
    await world.api.ask(Ask("/x"))
    assert world.requests[0].headers["revision"] == "2026-07-15"
    assert world.requests[0].headers.get_list("accept") == ["application/x"]
    (sent,) = world.requests[0].headers.get_list("authorization")
    assert sent.startswith("Bearer ")


def test_what_a_vendor_does_not_show_is_said_and_is_nothing_that_a_listing_reads() -> None:
    assert vendor(unseen={"permission": "no endpoint"}).unseen == {Kind.PERMISSION: "no endpoint"}
    with pytest.raises(ValidationError, match="unseen names field, which a listing reads"):
        vendor(unseen={"field": "no endpoint"})
    with pytest.raises(ValidationError, match="lacks names sync, which a listing reads or `unseen` names"):
        vendor(unseen={"sync": "no endpoint"}, lacks={"sync": "it moves nothing", "template": "it has none"})
    assert vendor(hides={"field": "scripts"}).hides == {Kind.FIELD: "scripts"}


def test_an_address_is_told_by_its_host_and_a_long_text_by_a_digest() -> None:
    row = {"url": "https://user:pw@hooks.example.com:8443/in?key=1", "text": "a" * 5000, "none": None, "empty": ""}
    assert search("host(url)")(row) == "hooks.example.com"
    assert search("host(none)")(row) is None and search("host(empty)")(row) is None and search("host('x')")(row) is None
    found = search("digest(text)")(row)
    assert len(found) == 16 and found != search("digest(url)")(row) and found == search("digest(text)")(dict(row))
    assert search("digest(none)")(row) is None and search("digest(`[]`)")(row) is None
    assert search("digest([text, url])")(row) == search("digest([text, url])")(row)
    for wrong in ("host(`7`)", "host('https://[nowhere')"):
        with pytest.raises(Malformed):
            search(wrong)(row)


def test_a_document_is_told_by_the_keys_that_the_vendor_documents_at_any_depth() -> None:
    row = {"rule": {"all": [{"is": "a", "new": 1}, "plain"], "new": {"is": "b"}}, "none": None}
    assert search("known(rule, 'all is')")(row) == {"all": [{"is": "a"}, "plain"]}
    assert search("known(none, 'all is')")(row) is None
    assert search("known(rule, 'new.*')")(row) == {"new": {"is": "b"}}, "what is the customer's own stays whole"
    assert search("known(rule, 'all new.*')")({"rule": {"new": [{"x": {"y": 1}}]}}) == {"new": [{"x": {"y": 1}}]}


def test_the_name_of_a_resource_is_told_by_its_last_part() -> None:
    row = {"name": "properties/7/dataStreams/9", "plain": "9", "none": None, "size": 9}
    assert [search(f"tail({one})")(row) for one in ("name", "plain", "none")] == ["9", "9", None]
    with pytest.raises(Malformed):
        search("tail(size)")(row)


def test_a_path_that_begins_with_an_at_is_one_name() -> None:
    raw = msgspec.Raw(b'{"@odata.nextLink": "https://a/b", "@odata": {"nextLink": 7}, "a": {"b": 1}}')
    found = [dig(raw, path) for path in ("@odata.nextLink", "a.b", "@none")]
    assert [one if one is None else bytes(one) for one in found] == [b'"https://a/b"', b"1", None]


def test_milliseconds_are_told_in_seconds() -> None:
    row = {"wait": 57647, "none": None, "word": "57647"}
    assert search("seconds(wait)")(row) == 57.647 and search("seconds(none)")(row) is None
    with pytest.raises(Malformed):
        search("seconds(word)")(row)
