"""What people made in Metabase: questions and segments with the columns they read, dashboards with their questions,
alerts.

A question is kept as a query in one of two forms: up to release 56 as nested objects whose columns are written
["field", id, options], from 57 on as `stages` with ["field", options, id]. Both are read, and so is what came before
them, ["field-id", id]. Answers in one form or the other give the same facts, so that an upgrade changes none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.coded import each, made, once
from probes.kit.contract import Malformed, Rejected, Unsupported
from probes.kit.listing import Row

from .tables import places

SINCE: Final = 53  # the release that has the list of alerts
# options of a clause that it means something else by
MEANT: Final = frozenset({"source-field", "join-alias", "temporal-unit", "case-sensitive", "include-current", "mode"})
CARD: Final = "card__"  # what a table is called that is another question


@each
async def questions(api: Client, parent: Row) -> Answer:
    """The questions, models and metrics of a database, each with whether it stands where others see it."""
    shelf = await folders(api)
    told = (await api.ask(Ask(f"/api/database/{parent['id']}/metadata", {"include_hidden": "true"}))).value()
    tables, fields = places(str(parent["key"]), listed(told, "tables"))
    found = (await api.ask(Ask("/api/card", {"f": "database", "model_id": str(parent["id"])}))).value()
    if not isinstance(found, list):
        raise Malformed("the questions are not a list")
    return made({"rows": [{**one, **used(one, tables, fields)} for one in map(shelf.put, found)]})


@each
async def segments(api: Client, parent: Row) -> Answer:
    """The segments of a database's tables: saved filters, which say what a name such as "qualified" means."""
    found = (await api.ask(Ask("/api/segment"))).value()
    if not isinstance(found, list):
        raise Malformed("the segments are not a list")
    told = (await api.ask(Ask(f"/api/database/{parent['id']}/metadata", {"include_hidden": "true"}))).value()
    tables, fields = places(str(parent["key"]), listed(told, "tables"))
    rows = [defined(one, tables, fields) for one in found if one.get("table_id") in tables]
    return made({"rows": rows})


def defined(segment: Mapping[str, Any], tables: Mapping[int, str], fields: Mapping[int, str]) -> dict[str, Any]:
    """A segment with what it reads, and what it means. A definition that its server cannot read is none."""
    if "definition" not in segment:
        raise Malformed("a segment has no definition")
    definition = segment["definition"]
    read = used({"dataset_query": definition}, tables, fields)
    return {**segment, **read, "on": tables[segment["table_id"]], "means": filters(definition or {})}


def filters(definition: Mapping[str, Any]) -> list[Any]:
    """The filters of a definition in either form, all of which hold."""
    if stages := definition.get("stages"):
        found = [clause(one) for stage in stages for one in stage.get("filters") or ()]
    else:
        inner = definition.get("query") or definition
        found = [clause(inner["filter"])] if inner.get("filter") else []
    return [part for one in found for part in (one[1:] if one[:1] == ["and"] else [one])]


def clause(part: Any) -> Any:
    """A clause with what it takes behind it, whichever form it is in, and without what a server makes anew."""
    if not isinstance(part, list):
        return part
    plain = [clause(one) for one in part if one is not None and not isinstance(one, dict)]
    options = [{name: one[name] for name in sorted(MEANT & one.keys())} for one in part if isinstance(one, dict)]
    return [*(["field"] if plain[:1] == ["field-id"] else plain[:1]), *plain[1:], *filter(None, options)]


@once
async def dashboards(api: Client) -> Answer:
    """The dashboards, each with whether it stands where others see it."""
    shelf = await folders(api)
    found = (await api.ask(Ask("/api/dashboard", {"f": "all"}))).value()
    if not isinstance(found, list):
        raise Malformed("the dashboards are not a list")
    return made({"rows": [shelf.put(one) for one in found]})


@once
async def alerts(api: Client) -> Answer:
    """The alerts of questions. An older server has no such list."""
    asked = Ask("/api/notification", {"payload_type": "notification/card", "include_inactive": "true"})
    try:
        found = (await api.ask(asked)).value()
        if not isinstance(found, list):
            raise Malformed("the alerts are not a list")
        rows = [{**one, "card_id": (one.get("payload") or {}).get("card_id")} for one in found]
        return made({"rows": rows})
    except Rejected as fault:
        if await release(api) >= SINCE:
            raise
        raise Unsupported(f"alerts are listed from release {SINCE} on", code=fault.code) from None


async def release(api: Client) -> int:
    """58 of v0.58.3 and v1.58.3, which are one release in two editions. Raises Malformed where there is none."""
    told = (await api.ask(Ask("/api/session/properties"))).value("version.tag")
    if not (found := re.match(r"v?\d\.(\d+)", str(told))):
        raise Malformed("the server names no release")
    return int(found[1])


class Shelf:
    """All collections, and which of them are somebody's own or stand within such a one."""

    def __init__(self, told: Sequence[Mapping[str, Any]]) -> None:
        self.names = {str(one["id"]): one.get("name") for one in told}
        self.above = {str(one["id"]): str(one.get("location") or "").split("/") for one in told}
        self.own = {str(one["id"]) for one in told if one.get("personal_owner_id")}

    def put(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A question or dashboard with the name of its collection, and whether others see it there."""
        id = str(row.get("collection_id") or "")
        shared = self.own.isdisjoint([id, *self.above.get(id, ())])
        return {**row, "folder": self.names.get(id), "shared": shared}


async def folders(api: Client) -> Shelf:
    found = (await api.ask(Ask("/api/collection"))).value()
    if not isinstance(found, list):
        raise Malformed("the collections are not a list")
    return Shelf(found)


def used(card: Mapping[str, Any], tables: Mapping[int, str], fields: Mapping[int, str]) -> dict[str, Any]:
    """What a question reads: columns by table, whole tables, other questions; SQL as it stands, for its digest."""
    if "dataset_query" not in card:
        raise Malformed("a question has no dataset_query")
    found = Reads()
    found.walk(card["dataset_query"])
    return {
        "used": sorted(fields[id] for id in found.fields if id in fields),
        "sources": sorted([*(tables[id] for id in found.tables if id in tables), *found.cards]),
        "sql": found.sql,
    }


class Reads:
    """A query on its way."""

    def __init__(self) -> None:
        self.fields: set[int] = set()
        self.tables: set[int] = set()
        self.cards: set[str] = set()
        self.sql: list[Any] = []

    def walk(self, part: Any) -> None:
        if isinstance(part, list):
            if part[:1] in (["field"], ["field-id"]):
                self.fields |= {one for one in part[1:] if type(one) is int}
            if part[:1] == ["metric"]:
                self.cards |= {f"question {one}" for one in part[1:] if type(one) is int}
            for inner in part:
                self.walk(inner)
        elif isinstance(part, dict):
            for name, inner in part.items():
                self.named(name, inner)

    def named(self, name: str, inner: Any) -> None:
        if name == "source-table" and type(inner) is int:
            self.tables.add(inner)
        elif name == "source-table" and str(inner).startswith(CARD):
            self.cards.add(f"question {str(inner).removeprefix(CARD)}")
        elif name in ("source-card", "card-id") and type(inner) is int:
            self.cards.add(f"question {inner}")
        elif name == "source-field" and type(inner) is int:
            self.fields.add(inner)
        elif name == "native" and isinstance(inner, str):  # a stage from 57 on
            self.sql.append(inner)
        elif name == "native" and isinstance(inner, dict):
            self.sql.append(inner.get("query"))
            self.walk(inner.get("template-tags"))
        else:
            self.walk(inner)
