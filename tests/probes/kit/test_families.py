"""Listings over listings over listings: what is read, what is remembered, and what is said when one above fails."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from probes.kit.api import Answer
from probes.kit.contract import Kind, Parent, Ref, State
from probes.kit.limiter import Limit
from probes.kit.listing import OptionSpec, View, keep

from .world import World, js, listing, turned, vendor

AREAS = listing(name="areas", kind=Kind.SCHEMA, path="/areas", facts=keep("label"))
TABLES = listing(name="tables", kind=Kind.SCHEMA, for_each="areas", path="/areas/{parent.key}", facts=keep("label"))
COLUMNS = listing(name="columns", for_each="tables", path="/tables/{parent.key}", only="starts_with(label, 'T')")
FAMILY = vendor(AREAS, TABLES, COLUMNS)


class Shop:
    """Two areas with a table each, and their columns. `refused`: paths that get a 403."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.label: Any = "T1"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path in self.refused:
            return js({}, 403)
        if path == "/areas":
            return js({"data": [{"name": "north", "label": "N"}, {"name": "south", "label": "S"}]})
        if path.startswith("/areas/"):
            return js({"data": [{"name": f"{path[7:]}-table", "label": self.label}]})
        return js({"data": [{"name": "id", "label": "Id", "type": "t"}]})


async def test_a_grandchild_that_is_due_has_those_above_it_read_once_and_then_remembered() -> None:
    world = World(FAMILY, Shop())
    _, _, reads = await world.poll(listings=["columns"])
    assert {"columns/north-table", "columns/south-table"} <= set(reads) and len(world.calls) == 5
    _, _, reads = await world.poll(listings=["columns"])
    assert set(reads) == {"columns/north-table", "columns/south-table"} and len(world.calls) == 2


async def test_where_one_of_those_between_is_not_remembered_it_is_read_again() -> None:
    world = World(FAMILY, Shop())
    await world.poll()
    del world.memories.memos["tables/south"]
    _, _, reads = await world.poll(listings=["columns"])
    assert {"tables/north", "tables/south", "columns/north-table", "columns/south-table"} == set(reads)


async def test_when_the_top_is_refused_only_the_due_listing_says_so_and_once() -> None:
    shop = Shop()
    shop.refused = {"/areas"}
    world = World(FAMILY, shop)
    _, _, reads = await world.poll(listings=["columns"])
    assert {id: found.coverage.state for id, found in reads.items()} == {
        "areas": State.DENIED, "columns/*": State.DENIED,
    }  # fmt: skip
    assert "tables was not read completely: areas was not read completely" in reads["columns/*"].coverage.reason


async def test_when_one_parent_is_refused_its_siblings_children_are_read_and_the_rest_is_said_to_be_missing() -> None:
    shop = Shop()
    shop.refused = {"/areas/south"}
    _, _, reads = await World(FAMILY, shop).poll()
    assert reads["columns/north-table"].coverage.complete
    assert reads["columns/*"].coverage.state is State.DENIED


async def test_a_condition_that_does_not_fit_the_parents_is_malformed_for_all_children() -> None:
    shop = Shop()
    shop.label = 7
    _, _, reads = await World(FAMILY, shop).poll()
    assert reads["columns/*"].coverage.state is State.FAILED
    assert "does not fit the answer" in reads["columns/*"].coverage.reason


async def test_parents_that_the_watch_leaves_out_are_read_for_their_children_and_not_handed_out() -> None:
    world = World(FAMILY, Shop())
    for _ in range(2):
        _, scopes, _ = await world.poll(want=lambda kind, scope: kind is Kind.FIELD)
        assert set(scopes) == {Ref(Kind.FIELD, "north-table"), Ref(Kind.FIELD, "south-table")}
        assert world.signals.unwatched == {"schema": 3}


async def test_of_two_views_only_the_one_that_is_watched_is_projected() -> None:
    rights = View(kind=Kind.PERMISSION, scope="rights", records="data", key="name", facts=keep("read"))
    world = World(vendor(listing(also=(rights,))), lambda r: js({"data": [{"name": "a", "label": "A", "read": True}]}))
    _, scopes, _ = await world.poll(want=lambda kind, scope: kind is Kind.FIELD)
    assert set(scopes) == {Ref(Kind.FIELD, "fields")} and world.signals.unwatched == {"permission": 1}


async def test_scopes_of_grouped_rows_hang_on_what_the_vendor_file_says() -> None:
    grouped = listing(scope_by="table", under="schema/tables")
    rows = [{"name": "a", "table": "lead"}, {"name": "b", "table": "case"}]
    _, scopes, _ = await World(vendor(grouped), lambda r: js({"data": rows})).poll()
    assert scopes[Ref(Kind.FIELD, "lead")].parent == Parent(Ref(Kind.SCHEMA, "tables"), "lead")
    each = vendor(
        listing(name="bases", path="/bases", kind=Kind.SCHEMA, facts={}),
        listing(for_each="bases", scope_by="table", under="schema/{parent.key}.tables"),
    )
    _, scopes, _ = await World(each, lambda r: js({"data": rows[:1]})).poll()
    assert scopes[Ref(Kind.FIELD, "lead")].parent == Parent(Ref(Kind.SCHEMA, "a.tables"), "lead")
    _, _, reads = await World(vendor(grouped), lambda r: js({"data": [{"name": "a"}]})).poll()
    assert "a row has no table" in reads["fields"].coverage.reason


async def test_a_link_is_whole_or_it_is_not_there() -> None:
    """A page that shows "{key}" to a person would lead nowhere."""
    rows = js({"data": [{"name": "a/b", "id": 7}]})
    for template, of_scope, of_row in (
        ("{base}/all", "https://api.acme.test/all", "https://api.acme.test/all"),
        ("{base}/{parent.key}", "https://api.acme.test/x%20y", "https://api.acme.test/x%20y"),
        ("{base}/{parent.key}/{key}", "", "https://api.acme.test/x%20y/a%2Fb"),
        ("{base}/{id}?p={options.o}", "", "https://api.acme.test/7?p=['x y']"),
        ("", "", ""),
        ("{base}/{options.none}/{key}", "", ""),
        ("{base}/{options.void}/all", "", ""),
        (("{base}/{options.none}/{key}", "{base}/all/{options.o}"), "", "https://api.acme.test/all/['x y']"),
        (
            ("{base}/{options.none}/all", "{base}/all", "{base}"),
            "https://api.acme.test/all",
            "https://api.acme.test/all",
        ),
    ):
        linked = listing(for_each="options.o", id="id", link=template)
        made = vendor(linked, options={"o": OptionSpec(says="o", default=["x y"]), "none": OptionSpec(says="none"),
                                       "void": OptionSpec(says="void", default="")})  # fmt: skip
        _, scopes, _ = await World(made, lambda r: rows).poll()
        (scope,) = scopes.values()
        assert scope.link == of_scope
        assert scope.resources[0].evidence.get("link", "") == of_row


async def test_an_entry_of_an_option_may_have_an_id_of_its_own() -> None:
    linked = listing(for_each="options.o", path="/fields/{parent.id}", link="{base}/{parent.id}")
    made = vendor(linked, options={"o": OptionSpec(says="o", default=["contacts", "p_x"], ids={"contacts": "0-1"})})
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return js({"data": [{"name": "a"}]})

    _, scopes, _ = await World(made, handle).poll()
    assert sorted(asked) == ["/fields/0-1", "/fields/p_x"]
    assert {ref.name: scope.link.rpartition("/")[2] for ref, scope in scopes.items()} == {
        "contacts": "0-1", "p_x": "p_x"}  # fmt: skip


async def test_a_link_may_take_what_a_parent_says_and_is_none_where_it_says_nothing() -> None:
    """A page is often asked by more than the parent's key; half an address is no link."""
    objects = listing(name="objects", kind=Kind.SCHEMA, path="/objects", facts=keep("description", label="title"))
    made = vendor(objects, listing(for_each="objects", path="/{parent.key}", link="{base}/{parent.label}/{parent.key}"))
    rows = [{"name": "lead", "title": "A b"}, {"name": "deal", "description": "no title"}]

    def handle(request: httpx.Request) -> httpx.Response:
        return js({"data": rows if request.url.path == "/objects" else [{"name": "a", "title": "x"}]})

    _, scopes, _ = await World(made, handle).poll()
    links = {ref.name: scope.link for ref, scope in scopes.items() if ref.kind is Kind.FIELD}
    assert links == {"lead": "https://api.acme.test/A%20b/lead", "deal": ""}


async def test_an_option_may_go_by_the_host_of_the_base_address() -> None:
    """The pages of a region are beside its API: who names the one has named the other."""
    app = OptionSpec(says="app", default="https://any.test", by_host={"api.acme.eu": "https://app.acme.eu"})
    made = vendor(listing(link="{options.app}/all"), options={"app": app}, hosts=("acme.test", "acme.eu"))
    for base, given, there in (
        ("", {}, "https://any.test"),
        ("https://api.acme.eu:443/v1", {}, "https://app.acme.eu"),
        ("https://api.acme.eu", {"app": "https://own.test"}, "https://own.test"),
    ):
        _, scopes, _ = await World(made, lambda r: js({"data": [{"name": "a"}]}), base=base, options=given).poll()
        assert {scope.link for scope in scopes.values()} == {f"{there}/all"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scope": "{parent.key}"}, "{parent.key}"),
        ({"for_each": "areas", "scope": "{parent.label}"}, "{parent.label}"),
        ({"for_each": "areas", "child": "{parent.label}"}, "{parent.label}"),
        ({"for_each": "options.o", "link": "{parent.id}"}, "{parent.id}"),
        ({"for_each": "areas", "path": "/{parent.colour}"}, "{parent.colour}"),
        ({"params": {"a": ["{options.none}"]}}, "{options.none}"),
        ({"needs": ("{options.none}",)}, "{options.none}"),
    ],
)
def test_a_place_that_can_never_be_filled_is_told_at_import(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words.strip("{}")):
        vendor(AREAS, listing(**changes), options={"o": OptionSpec(says="o")})


async def test_a_fact_that_one_parent_lacks_fails_that_parents_read_alone_and_its_path_is_shown_as_it_stands() -> None:
    tables = listing(name="tables", kind=Kind.SCHEMA, path="/tables", facts=keep("key_prefix"))
    by_prefix = listing(for_each="tables", path="/by/{parent.key_prefix}")
    rows = {"/tables": [{"name": "a", "key_prefix": "0a"}, {"name": "b"}], "/by/0a": [{"name": "x"}]}
    _, scopes, reads = await World(vendor(tables, by_prefix), lambda r: js({"data": rows[r.url.path]})).poll()
    assert reads["fields/a"].coverage.complete
    assert reads["fields/b"].coverage.state is State.FAILED and "has no value" in reads["fields/b"].coverage.reason
    assert scopes[Ref(Kind.FIELD, "b")].source == "/by/{parent.key_prefix}"


def test_limits_without_a_default_are_refused() -> None:
    with pytest.raises(ValidationError, match="default"):
        vendor(listing(limit="search"), limits={"search": Limit()})


async def test_a_fault_of_our_own_ends_the_poll_and_is_not_taken_for_the_vendors() -> None:
    def person(name: str) -> str:
        raise RuntimeError("the store of pseudonyms is closed")

    people = listing(kind=Kind.PERMISSION, person=True, facts={})
    world = World(vendor(people), lambda r: js({"data": [{"name": "a"}]}))
    with pytest.raises(RuntimeError, match="pseudonyms"):
        await world.poll(person=person)


# memory, where a vendor's bytes never come twice alike


def spelled(rows: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """The same rows with their keys in another order each time."""
    return [turned(row, number) for row in rows]


@pytest.mark.parametrize("records", ["data.0.rows", "data.*.rows"])
async def test_rows_of_unstable_bytes_are_known_again_wherever_they_stand(records: str) -> None:
    rows = [{"name": f"n{n}", "label": "L", "type": "t", "more": n} for n in range(12)]
    count = 0

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        inner = {"rows": spelled(rows, count), "n": count}
        return js({"data": [inner] if records == "data.0.rows" else {"one": inner}})

    world = World(vendor(listing(records=records)), handle)
    for number in range(6):
        _, scopes, _ = await world.poll()
        scope = scopes[Ref(Kind.FIELD, "fields")]
        assert scope.coverage.complete and (number == 0 or scope.whole), number
    rows[3]["label"] = "changed"
    _, scopes, _ = await world.poll()
    scope = scopes[Ref(Kind.FIELD, "fields")]
    assert [r.key for r in scope.resources] == ["n3"] and len(scope.same) == 11


async def test_unstable_bytes_whose_rows_are_gone_are_malformed_as_ever() -> None:
    rows = [{"name": f"n{n}", "label": "L", "type": "t"} for n in range(12)]
    said: dict[str, Any] = {}
    world = World(vendor(listing(records="data.0.rows")), lambda r: js(said))
    for number in range(1, 4):
        said["data"] = [{"rows": spelled(rows, number), "n": number}]
        await world.poll()
    for broken in ([], [{}], {"0": 1}, None):
        said["data"] = broken
        _, _, reads = await world.poll()
        assert "no data.0.rows" in reads["fields"].coverage.reason, broken


async def test_rows_that_are_left_out_are_known_again_too() -> None:
    rows = [{"name": "a", "label": "A", "on": True}, {"name": "b", "label": "B", "on": False}]
    world = World(vendor(listing(where="on")), lambda r: js({"data": rows}))
    _, scopes, _ = await world.poll()
    assert scopes[Ref(Kind.FIELD, "fields")].keys == {"a"}
    rows.append({"name": "c", "label": "C", "on": True})
    _, scopes, _ = await world.poll()
    found = scopes[Ref(Kind.FIELD, "fields")]
    assert found.same == ("a",) and [r.key for r in found.resources] == ["c"]


async def test_a_vendor_file_that_answers_for_a_parent_twice_or_for_a_stranger_loses_no_read() -> None:
    async def fetch(api: Any, parents: Any, validators: Any) -> AsyncIterator[tuple[Any, Any]]:
        answer = Answer(200, {}, json.dumps({"data": [{"name": "x"}]}).encode())
        yield parents[0], answer
        yield (parents[0] if parents[1]["key"] == "twice" else {"key": "b"}), answer

    coded = listing(for_each="options.o", fetch=fetch, batch=2)
    for second in ("twice", "stranger"):
        made = vendor(coded, options={"o": OptionSpec(says="o", default=["a", second])})
        _, _, reads = await World(made, lambda r: js({})).poll()
        assert reads["fields/a"].coverage.complete
        assert reads[f"fields/{second}"].coverage.state is State.FAILED


async def test_what_people_read_is_evidence_and_never_a_fact() -> None:
    mails = listing(
        kind=Kind.TEMPLATE, facts=keep("label active", subject="head"), evidence={"label": "own", "at": "when"}
    )
    row = {"name": "hi", "label": "Hi", "own": "Mine", "head": {"de": "Hallo"}, "active": True, "when": "today"}
    world = World(vendor(mails), lambda r: js({"data": [row]}))
    _, scopes, _ = await world.poll()
    (scope,) = scopes.values()
    assert scope.facts == ("active",) and scope.resources[0].facts == {"active": True}
    assert scope.resources[0].evidence == {"label": "Mine", "subject": '{"de":"Hallo"}', "at": "today"}
    for number in (1795000000, 1795000000000, "1795000000"):  # milliseconds of some, seconds of others
        _, scopes, _ = await World(vendor(mails), lambda r: js({"data": [{**row, "when": number}]})).poll()  # noqa: B023
        (scope,) = scopes.values()
        assert scope.resources[0].evidence["at"] == "2026-11-18T11:06:40Z"
    with pytest.raises(ValidationError, match="always names label, which is shown and never compared"):
        listing(kind=Kind.TEMPLATE, facts=keep("label active"), always=("label",))
