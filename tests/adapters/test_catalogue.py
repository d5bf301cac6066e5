"""The file of the catalogue's pages: the best of each system, bounded, and a broken file made again."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.adapters.catalogue import FILE, Catalogue, Found, Place
from monitor.core import dictionary
from monitor.core.model import Body
from monitor.core.row import Row
from probes.kit.contract import Kind, Ref, digest

MANY = 10**6


@pytest.fixture
async def catalogue(tmp_path: Path) -> AsyncIterator[Catalogue]:
    made = Catalogue(tmp_path)
    yield made
    await made.close()


async def put(catalogue: Catalogue, integration: str, scope: str, *keys: str, **labels: str) -> Place:
    ref = Ref(Kind.FIELD, scope)
    body = Body(ref, "read", (), {key: Row({"label": labels.get(key, "")}) for key in (*keys, *labels)})
    place = Place(integration, ref, digest(f"{integration}/{scope}".encode()))
    await catalogue.put(place.mark, lambda: dictionary.page(body, {}))
    return place


async def look(catalogue: Catalogue, text: str, *places: Place, each: int = MANY, after: int = 0) -> Found:
    query = dictionary.query(text)
    assert query is not None
    return await catalogue.search(query, sorted(places), each, after, MANY)


def keys(found: Found, integration: str) -> list[str]:
    return [hit.row.key for hit in found.hits[integration]]


async def test_the_best_come_first_and_those_of_one_kind_in_their_order(catalogue: Catalogue) -> None:
    first = await put(catalogue, "a", "Account", "x_status", "status_code", note="Status")
    second = await put(catalogue, "a", "Lead", "Status", "status_b")
    found = await look(catalogue, "status", first, second)
    assert keys(found, "a") == ["Status", "status_code", "status_b", "note", "x_status"]
    assert found.counts == {"a": 5} and not found.behind


async def test_whatever_page_is_asked_for_all_pages_together_are_all_there_is(catalogue: Catalogue) -> None:
    places = [
        await put(catalogue, "a", f"S{n}", "status", f"status_{n}", f"a_status_{n}", **{f"l{n}": "status"})
        for n in range(5)
    ]
    whole = keys(await look(catalogue, "status", *places), "a")
    assert len(whole) == 20
    for each in (1, 3, 7):
        parts = [keys(await look(catalogue, "status", *places, each=each, after=n), "a") for n in range(0, 20, each)]
        assert [key for part in parts for key in part] == whole


async def test_systems_with_better_hits_come_first_and_only_so_many_are_read(catalogue: Catalogue) -> None:
    places = [await put(catalogue, "a", "S", "old_status"), await put(catalogue, "b", "S", "status")]
    query = dictionary.query("status")
    assert query is not None
    found = await catalogue.search(query, places, 5, 0, 1)
    assert list(found.counts) == ["b", "a"] and list(found.hits) == ["b"]


async def test_a_scope_is_found_by_its_own_name(catalogue: Catalogue) -> None:
    found = await look(catalogue, "lead", await put(catalogue, "a", "Lead", "Name"), await put(catalogue, "a", "Leads"))
    assert [(hit.ref.name, hit.row.key, hit.rank) for hit in found.hits["a"]] == [
        ("Lead", "", dictionary.EXACT), ("Leads", "", dictionary.LABEL),
    ]  # fmt: skip


async def test_what_has_no_page_yet_is_counted_and_what_is_dropped_has_none(catalogue: Catalogue) -> None:
    place = await put(catalogue, "a", "Lead", "Status")
    assert await catalogue.marks() == {place.mark}
    await catalogue.drop([place.mark])
    await catalogue.drop([])
    found = await look(catalogue, "status", place)
    assert (found.counts, found.behind) == ({}, 1)


async def test_a_broken_file_and_one_of_another_form_are_made_again(tmp_path: Path) -> None:
    for spoil in (
        lambda: (tmp_path / FILE).write_bytes(b"nothing of the kind" * 99),
        lambda: _form(tmp_path / FILE, 99),
    ):
        catalogue = Catalogue(tmp_path)
        await put(catalogue, "a", "Lead", "Status")
        await catalogue.close()
        spoil()
        again = Catalogue(tmp_path)
        assert await again.marks() == frozenset()
        place = await put(again, "a", "Lead", "Status")
        assert (await look(again, "status", place)).counts == {"a": 1}
        await again.close()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


async def test_what_the_disk_refuses_is_raised(catalogue: Catalogue) -> None:
    catalogue.path.mkdir()
    with pytest.raises((sqlite3.OperationalError, OSError)):
        await catalogue.marks()


def _form(path: Path, number: int) -> None:
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {number}")
    db.close()
