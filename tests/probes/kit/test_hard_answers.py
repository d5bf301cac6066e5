"""Answers that no vendor documents: whatever the bytes are, they become a reading or a Fault, never an exception."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.kit.api import Answer, Ask
from probes.kit.contract import (
    Denied,
    Expired,
    Fault,
    Kind,
    Malformed,
    Ref,
    Rejected,
    State,
    Throttled,
    Unreachable,
)
from probes.kit.errors import Errors
from probes.kit.listing import OptionSpec, keep
from probes.kit.paging import Paging

from .server import serving
from .world import World, js, listing, vendor

FIELDS = Ref(Kind.FIELD, "fields")
GOOD = b'{"data": [{"name": "a", "label": "L\xc3\xa4nge"}], "next": null, "total": 1, "ok": true}'
DEEP = b'{"data": ' + b"[" * 5000 + b"]" * 5000 + b"}"
PAGINGS = [
    Paging(), Paging(total="total"), Paging(style="cursor", next="next", into="after"),
    Paging(style="offset", into="o", total="total"), Paging(style="graphql", next="next", into="after"),
]  # fmt: skip


def mutated(edits: list[tuple[int, bytes]]) -> bytes:
    body = bytearray(GOOD)
    for at, piece in edits:
        body[at % len(body) : at % len(body) + 1] = piece
    return bytes(body)


bodies = st.one_of(
    st.binary(max_size=60),
    st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=3)), max_size=4).map(mutated),
    st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=3),
                 lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                     st.sampled_from(["data", "name", "next", "total", "label", "ok"]), inner, max_size=4))
    .map(lambda value: json.dumps(value).encode()),
)  # fmt: skip


@settings(max_examples=max(250, settings().max_examples))
@given(body=bodies, paging=st.sampled_from(PAGINGS), empty=st.sampled_from(["", "ok"]))
async def test_no_body_ends_a_poll_and_only_json_is_ever_complete(body: bytes, paging: Paging, empty: str) -> None:
    world = World(vendor(listing(paging=paging, empty=empty)), lambda request: js(body))
    _, scopes, reads = await world.poll()
    found = reads["fields"].coverage
    assert found.state in (State.COMPLETE, State.PARTIAL, State.FAILED)
    if found.complete:
        said = json.loads(body)
        rows = said.get("data") or []
        rows = rows if isinstance(rows, list) else [rows]
        assert scopes[FIELDS].keys == {str(row["name"]) for row in rows} and found.rows == len(rows)


@pytest.mark.parametrize("body", [DEEP, b'{"data": [{"name": "\xff"}]}', b'{"\xff": 1, "data": []}', b'{"data": [}'])
async def test_too_deep_and_no_utf_8_are_malformed_in_a_list_and_in_an_error(body: bytes) -> None:
    for status, state in ((200, State.FAILED), (403, State.DENIED)):
        world = World(vendor(errors=Errors(code="code", message="message")), lambda r, s=status: js(body, s))
        _, _, reads = await world.poll()
        assert reads["fields"].coverage.state is state, reads
    for paging in (Paging(), Paging(total="total")):
        named = vendor(listing(records="data.*", paging=paging))
        _, _, reads = await World(named, lambda r: js(b'{"data": {"\xff": {}}}')).poll()
        assert "not JSON" in reads["fields"].coverage.reason
    deep = vendor(listing(empty="ok", paging=Paging(total="total")))
    _, _, reads = await World(deep, lambda r: js(body.replace(b'"data"', b'"date"'))).poll()
    assert reads["fields"].coverage.state is State.FAILED


async def test_an_answer_that_is_cut_between_two_values_says_so_where_it_is_read() -> None:
    for raw in (b'{"a": \xff}', b'{"a"', DEEP.replace(b"data", b"a")):
        with pytest.raises(Malformed, match="not JSON"):
            Answer(200, {}, raw).value("a")
    assert Answer(200, {}, b'{"a": [1, 2]}').value("a.1") == 2
    assert Answer(200, {}, b'{"a": "x"}').value("a.b") is None, "nothing is inside a text"
    assert Answer(200, {}, b'{"a": [1]}').value("a.7") is None


@pytest.mark.parametrize(
    ("errors", "body", "fault"),
    [
        ({"failed": "error"}, {"data": [], "error": {"x": 1}}, Malformed),
        ({"failed": "error", "code": "error.code", "faults": {"NO": "denied"}}, {"error": {"code": "NO"}}, Denied),
        ({"failed": "error"}, {"data": [], "error": None}, None),
        ({"failed": "error"}, {"data": [], "error": []}, None),
        ({"failed": "error", "failed_is": []}, {"data": [], "error": []}, Malformed),
        ({"failed": "status", "failed_is": "error"}, {"data": [], "status": "error"}, Malformed),
        ({"failed": "status", "failed_is": "error"}, {"data": [], "status": "fine"}, None),
        ({"ok": "meta.success", "ok_is": True}, {"data": [], "meta": {"success": True}}, None),
        ({"ok": "meta.success", "ok_is": True}, {"data": [], "meta": {"success": False}}, Malformed),
        ({"ok": "meta.success", "ok_is": True}, {"data": []}, Malformed),
    ],
)
async def test_a_200_that_says_no_is_a_fault(errors: Any, body: Any, fault: type[Fault] | None) -> None:
    world = World(vendor(errors=Errors(**errors)), lambda request: js(body))
    if fault is None:
        assert (await world.api.ask(Ask("/x"))).value("data") == []
    else:
        with pytest.raises(fault):
            await world.api.ask(Ask("/x"))


async def test_a_200_that_says_no_and_nothing_more_is_told_by_where_it_says_so() -> None:
    for errors, words in (({"failed": "error"}, "HTTP 200, but by its 'error' it failed"), ({"ok": "fine"}, "'fine'")):
        world = World(vendor(errors=Errors(**errors)), lambda request: js({"error": True}))
        with pytest.raises(Malformed, match=words):
            await world.api.ask(Ask("/x"))


async def test_a_part_of_an_answer_is_never_read_as_a_whole_one() -> None:
    world = World(vendor(), lambda request: js({"data": [{"name": "a", "type": "text"}]}, 206))
    _, _, reads = await world.poll()
    assert (reads["fields"].coverage.state, reads["fields"].coverage.reason[:20]) == (
        State.FAILED,
        "Malformed: HTTP 206:",
    )


async def test_a_wait_may_stand_in_the_body_and_an_odd_message_is_left_out() -> None:
    errors = Errors(code="", message="join(', ', errors)", wait="retry.after", statuses={503: "throttled 7"})
    said = [js({"errors": [1], "retry": {"after": "500"}}, 503), js({"errors": ["a", "b"]}, 400)]
    world = World(vendor(errors=errors), lambda request: said.pop(0))
    with pytest.raises(Throttled) as caught:
        await world.api.ask(Ask("/x"))
    assert (caught.value.wait, caught.value.message) == (500.0, "HTTP 503")
    world.clock.advance(500)
    with pytest.raises(Rejected, match="a, b"):
        await world.api.ask(Ask("/x"))


async def test_a_long_message_is_cut_and_on_one_line() -> None:
    world = World(vendor(errors=Errors(message="message")), lambda r: js({"message": "very\nlong " * 99}, 400))
    with pytest.raises(Rejected) as caught:
        await world.api.ask(Ask("/x"))
    assert len(caught.value.message) == 300 and "\n" not in caught.value.message


async def test_a_304_that_nobody_asked_for_is_no_empty_list_for_a_vendor_file_either() -> None:
    world = World(vendor(), lambda request: httpx.Response(304))
    with pytest.raises(Malformed, match="asked for no comparison"):
        await world.api.every(Ask("/x"), Paging(), "data")


async def test_a_list_whose_end_is_not_proven_is_malformed_for_a_vendor_file() -> None:
    world = World(vendor(), lambda request: js({"data": [1], "total": 5}))
    with pytest.raises(Malformed, match="1 rows of 5"):
        await world.api.every(Ask("/x"), Paging(total="total"), "data")


@pytest.mark.parametrize("step", ["https://[::1", "//user@evil.test/x", "https://evil.test/x"])
async def test_a_next_link_that_is_no_address_of_this_host_ends_the_list_as_partial(step: str) -> None:
    paged = listing(paging=Paging(style="next", next="next"))
    world = World(vendor(paged), lambda request: js({"data": [{"name": "a"}], "next": step}))
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.state is State.PARTIAL and len(world.calls) == 1


async def test_a_paged_list_that_is_left_out_where_it_is_empty_is_complete_with_none() -> None:
    paged = listing(empty="ok", paging=Paging(style="cursor", next="next", into="after"))
    _, scopes, reads = await World(vendor(paged), lambda request: js({"ok": True})).poll()
    assert reads["fields"].coverage.complete and scopes[FIELDS].keys == frozenset()


async def test_a_counted_list_that_comes_again_byte_for_byte_is_whole() -> None:
    said = {"data": [{"name": "a"}], "total": 1}
    world = World(vendor(listing(paging=Paging(total="total"))), lambda request: js(said))
    await world.poll()
    _, scopes, _ = await world.poll()
    assert scopes[FIELDS].whole
    said["total"] = 2
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.code == "short"


async def test_a_cursor_on_the_last_page_is_not_followed_where_something_else_tells_of_more() -> None:
    paged = listing(paging=Paging(style="cursor", next="after", into="after", while_there="next.address"))
    pages = {None: {"data": [{"name": "a"}], "after": "a", "next": {"address": "/x?token=secret"}},
             "a": {"data": [{"name": "b"}], "after": "b"}}  # fmt: skip
    world = World(vendor(paged), lambda request: js(pages[request.url.params.get("after")]))
    _, scopes, reads = await world.poll()
    assert reads["fields"].coverage.complete and scopes[FIELDS].keys == {"a", "b"}
    assert len(world.calls) == 2 and not any("secret" in call for call in world.calls)


async def test_a_link_header_without_a_next_is_the_end() -> None:
    paged = listing(paging=Paging(style="link"))
    world = World(vendor(paged), lambda r: js({"data": [{"name": "a"}]}, link='</p1>; rel="prev", </p9>; rel="last"'))
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.complete and len(world.calls) == 1


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"data": [{"name": "a"}', "not JSON"),
        (b'{"data": [{"name": \xff}]}', "not JSON"),
        (b'{"date": []}', "no data"),
        (b'{"data": [{"a": 1}]}', "no name"),
        (b'{"data": {"name": "a"}}', "data is not a list"),
        (b"[]", "no data"),
        (b"", "not JSON"),
    ],
)
async def test_what_a_vendor_file_hands_over_is_judged_as_every_answer(raw: bytes, words: str) -> None:
    async def fetch(api: Any, parents: Any, validators: Any) -> AsyncIterator[tuple[Any, Answer]]:
        yield parents[0], Answer(200, {}, raw)

    _, scopes, reads = await World(vendor(listing(fetch=fetch, path="")), lambda r: js({})).poll()
    assert reads["fields"].coverage.state is State.FAILED and words in reads["fields"].coverage.reason, reads
    assert not scopes[FIELDS].resources


async def test_a_row_that_cannot_be_made_into_a_resource_fails_its_own_read_and_no_read_is_lost() -> None:
    async def fetch(api: Any, parents: Any, validators: Any) -> AsyncIterator[tuple[Any, Any]]:
        for parent in parents:
            yield parent, Answer(200, {}, json.dumps({"data": [{"name": parent["key"]}]}).encode())

    def person(name: str) -> str:
        return {"a": "p-1"}[name]

    people = listing(kind=Kind.PERMISSION, for_each="options.o", fetch=fetch, batch=3, person=True, facts={})
    made = vendor(people, options={"o": OptionSpec(says="o", default=["b", "a", "c"])})
    _, _, reads = await World(made, lambda r: js({})).poll(person=person)
    assert {id: found.coverage.state for id, found in reads.items()} == {
        "fields/a": State.COMPLETE, "fields/b": State.FAILED, "fields/c": State.FAILED,
    }  # fmt: skip


async def test_a_connection_that_is_reset_is_unreachable() -> None:
    async def reset(path: str, writer: asyncio.StreamWriter) -> None:
        import socket
        import struct

        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
        await writer.drain()
        held = writer.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with serving(reset) as server:
        world = World(vendor(), base=server.base, allow_private=True)
        with pytest.raises(Unreachable) as caught:
            await world.api.ask(Ask("/x"))
        await world.api.__aexit__(None, None, None)
    assert caught.value.code == "broken" and "127.0.0.1 broke" in caught.value.message


async def test_a_judged_sub_answer_is_shown_without_a_secret() -> None:
    from .world import SECRET

    world = World(vendor(errors=Errors(message="message")), lambda r: js({}))
    await world.api.ask(Ask("/x"))
    world.api.judge(Answer(200, {}, b"{}"))
    with pytest.raises(Expired) as caught:
        world.api.judge(Answer(401, {}, json.dumps({"message": f"bad {SECRET}"}).encode()))
    assert caught.value.message == "bad [redacted]"


async def test_values_of_health_that_are_no_numbers_are_malformed() -> None:
    jobs = listing(name="jobs", kind=Kind.SYNC, facts=keep("source"), health={"lag": "lag", "rows_ok": "ok"})
    for row in ({"lag": "inf"}, {"lag": "nan"}, {"lag": True}, {"ok": []}, {"ok": "1.5"}, {"ok": 1e30}):
        _, _, reads = await World(vendor(jobs), lambda r, row=row: js({"data": [{"name": "j", **row}]})).poll()
        assert "is not a number" in reads["jobs"].coverage.reason, row


@pytest.mark.parametrize("body", [{"error": "no"}, {"data": None}, {"data": {}}, {"data": "x"}, []])
async def test_a_list_that_is_not_there_is_no_empty_list_for_a_vendor_file(body: Any) -> None:
    world = World(vendor(), lambda request: js(body))
    with pytest.raises(Malformed, match="no list data"):
        await world.api.every(Ask("/x"), Paging(), "data")


@pytest.mark.parametrize("page", [b"<html>Please sign in</html>", b" \n<!doctype html>", b"", b"sign in"])
def test_a_page_under_200_is_no_answer_even_where_nobody_parses_it(page: bytes) -> None:
    with pytest.raises(Malformed, match="not JSON but text/html"):
        Errors().judge(Answer(200, {"content-type": "text/html; charset=utf-8"}, page), 0.0)


@pytest.mark.parametrize("rest", [{"paging": "x"}, {"paging": 7}, {"paging": False}, {"paging": [None]},
                                  {"paging": {"next": [{}]}}, {"paging": {"next": "p2"}}])  # fmt: skip
@pytest.mark.parametrize(
    "paging",
    [
        Paging(style="cursor", next="paging.next.after", into="after"),
        Paging(style="next", next="other", more="paging.next.more"),
        Paging(style="page", into="page", more="paging.next.more"),
        Paging(style="cursor", next="other", while_there="paging.next.more", into="after"),
    ],
)
async def test_what_is_no_object_on_the_way_to_the_next_page_is_no_end_of_the_list(paging: Paging, rest: Any) -> None:
    world = World(vendor(listing(paging=paging)), lambda r: js({"data": [{"name": "a"}], **rest}))
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.state is State.PARTIAL
    assert "is not an object" in reads["fields"].coverage.reason


@pytest.mark.parametrize("row", ["a", 7, None, [], False])
async def test_a_row_that_is_no_object_is_malformed_and_not_left_out(row: Any) -> None:
    world = World(vendor(listing(where="on")), lambda r: js({"data": [{"name": "a", "on": True}, row]}))
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.state is State.FAILED
    assert reads["fields"].coverage.reason == "Malformed: a row is not an object"
    plain = World(vendor(listing(key="value", facts={})), lambda r: js({"data": ["a", "b"]}))
    _, scopes, _ = await plain.poll()
    assert {one.key for scope in scopes.values() for one in scope.resources} == {"a", "b"}


async def test_text_where_a_number_is_compared_is_malformed_and_ends_no_poll() -> None:
    made = vendor(listing(facts={"label": "n > `1` && 'much' || 'little'"}), listing(name="other", path="/other"))
    world = World(made, lambda r: js({"data": [{"name": "a", "n": "many"}]}))
    _, _, reads = await world.poll()
    assert reads["fields"].coverage.state is State.FAILED and "does not fit" in reads["fields"].coverage.reason
    assert reads["other"].coverage.complete


async def test_what_a_vendor_files_own_pacing_stumbles_over_is_malformed_and_ends_no_poll() -> None:
    made = vendor(pace=lambda answer: answer.value("cost") / 2)
    _, _, reads = await World(made, lambda r: js({"data": []})).poll()
    assert reads["fields"].coverage.state is State.FAILED and "TypeError" in reads["fields"].coverage.reason


@pytest.mark.parametrize(("entry", "ends"), [("x", False), (7, False), (False, False), ([], False), ({}, True),
                                             (None, True), ({"fields": None}, True)])  # fmt: skip
async def test_an_entry_of_a_map_that_is_no_object_is_not_one_without_rows(entry: Any, ends: bool) -> None:
    made = vendor(listing(records="data.*.fields"))
    answer = {"data": {"Lead": {"fields": [{"name": "a"}]}, "Contact": entry}}
    _, _, reads = await World(made, lambda r: js(answer)).poll()
    assert reads["fields"].coverage.complete is ends, reads["fields"].coverage
