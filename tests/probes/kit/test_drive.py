"""One poll, from listings to a stream of reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx
import pytest

from probes.kit.contract import Kind, Ref, State
from probes.kit.listing import keep

from .world import World, js, listing, vendor

OBJECTS = listing(name="objects", kind=Kind.SCHEMA, path="/objects", key="name", facts=keep("label queryable"))
FIELDS = listing(for_each="objects", path="/objects/{parent.key}/fields", only="queryable")
LEAD = Ref(Kind.FIELD, "Lead")


class Acme:
    """A tiny account."""

    def __init__(self) -> None:
        self.objects = {"Lead": [{"name": "Email", "label": "E-mail", "type": "email"}], "Case": [], "Hidden": []}
        self.labels: dict[str, str] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/objects":
            return js(
                {
                    "data": [
                        {"name": n, "label": self.labels.get(n, n), "queryable": n != "Hidden"} for n in self.objects
                    ]
                }
            )
        name = request.url.path.split("/")[2]
        return js({"data": self.objects[name]})


async def test_a_poll_reads_parents_then_children_and_leaves_out_what_only_excludes() -> None:
    world = World(vendor(OBJECTS, FIELDS), Acme())
    vantage, scopes, reads = await world.poll()
    assert vantage.account == "api.acme.test"
    assert set(reads) == {"objects", "fields/Lead", "fields/Case"}
    assert scopes[LEAD].keys == {"Email"}
    assert scopes[LEAD].parent is not None and scopes[LEAD].parent.key == "Lead"
    assert scopes[Ref(Kind.FIELD, "Case")].coverage.complete
    assert world.signals.requests == {"2xx": 3}


async def test_an_equal_answer_is_whole_and_a_changed_one_lists_only_what_changed() -> None:
    acme = Acme()
    world = World(vendor(OBJECTS, FIELDS), acme)
    await world.poll()
    _, scopes, _ = await world.poll()
    assert scopes[LEAD].whole and not scopes[LEAD].resources
    acme.objects["Lead"].append({"name": "Phone", "label": "Phone", "type": "phone"})
    _, scopes, _ = await world.poll()
    assert [r.key for r in scopes[LEAD].resources] == ["Phone"] and scopes[LEAD].same == ("Email",)


async def test_rows_come_with_the_memos_where_most_answers_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.kit.shelf.AHEAD", 2)
    acme = Acme()
    acme.objects = {f"Object{n}": [{"name": "Email", "label": "E-mail"}] for n in range(40)}
    world = World(vendor(OBJECTS, FIELDS), acme)
    asked: list[int] = []
    rows = world.memories.rows

    async def counted(ids: Sequence[str]) -> Mapping[str, bytes]:
        asked.append(len(ids))
        return await rows(ids)

    monkeypatch.setattr(world.memories, "rows", counted)
    await world.poll()
    await world.poll()
    assert asked == [], "equal answers need no rows"
    for number, rows_now in enumerate(acme.objects.values()):
        rows_now.append({"name": "Phone", "label": str(number)})
    _, scopes, _ = await world.poll()
    assert all(len(scope.resources) == 1 for ref, scope in scopes.items() if ref.kind is Kind.FIELD)
    assert 2 in asked and len(asked) < 40, "one question for a block"


async def test_a_parent_that_is_not_as_it_was_has_its_children_looked_at_anew() -> None:
    acme = Acme()
    world = World(vendor(OBJECTS, FIELDS), acme)
    await world.poll()
    acme.labels["Lead"] = "Prospect"
    _, scopes, _ = await world.poll()
    assert not scopes[LEAD].whole and [r.key for r in scopes[LEAD].resources] == ["Email"]
    assert scopes[Ref(Kind.FIELD, "Case")].whole


async def test_parents_come_from_memory_when_their_listing_is_not_due() -> None:
    world = World(vendor(OBJECTS, FIELDS), Acme())
    await world.poll()
    _, _, reads = await world.poll(listings=["fields"])
    assert set(reads) == {"fields/Lead", "fields/Case"} and len(world.calls) == 2
    _, _, reads = await world.poll(ids=["fields/Lead"], fresh=True)
    assert set(reads) == {"fields/Lead"} and world.calls == ["GET /objects/Lead/fields"]


async def test_a_parent_that_could_not_be_read_says_so_once_for_all_its_children() -> None:
    world = World(vendor(OBJECTS, FIELDS), lambda r: js({"message": "no"}, 403))
    _, scopes, reads = await world.poll()
    assert reads["objects"].coverage.state is State.DENIED and reads["fields/*"].coverage.state is State.DENIED
    assert list(scopes) == [Ref(Kind.SCHEMA, "objects")]
