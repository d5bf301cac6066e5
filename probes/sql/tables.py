"""Tables and columns, all of them and one alone.

`look`: pg_catalog shows every role all there is, whatever its grants, so that what is not in it is not there. Where the
catalogue itself is taken away, the answer is 42501 and nothing is said to be gone. There is no `who`: PostgreSQL keeps
no record of who changed what (pg_class and its like have neither a time nor a role of a change; commit timestamps,
where they are on, have no role; what extensions such as pgaudit write is in the server's log files).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from probes.kit.api import Answer, Client
from probes.kit.coded import made
from probes.kit.contract import Absent, Fault, Kind, Ref, Unsupported
from probes.kit.listing import Found, Row

from .rows import gone, rows
from .told import KINDS, column, digested, qualified

TABLES: Final = ".tables"


async def tables(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Tables and views of each schema."""
    found = await _tables(api, {int(parent["id"]): str(parent["key"]) for parent in parents})
    for parent in parents:
        yield parent, made({"rows": found[int(parent["id"])]})


async def _tables(api: Client, schemas: Mapping[int, str]) -> Mapping[int, Sequence[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in await rows(api, "tables", schemas=list(schemas)):
        row |= {"key": qualified(schemas[row["schema"]], row["name"]), "kind": KINDS[row["kind"]],
                "guarded": bool(row["guarded"]), "definition": digested(row["definition"])}  # fmt: skip
        found[row["schema"]].append(row)
    return found


async def columns(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Columns of each table, with what constrains them and the labels of their enumerations."""
    ids = [int(parent["id"]) for parent in parents]
    found = await _columns(api, ids)
    for id, parent in zip(ids, parents, strict=True):
        yield parent, made({"rows": found[id]}) if id in found else gone()


async def _columns(api: Client, ids: Sequence[int]) -> Mapping[int, Sequence[Row]]:
    labels: dict[int, list[str]] = defaultdict(list)
    for row in await rows(api, "labels"):
        labels[row["enum"]].append(row["label"])
    constraints: dict[int, list[Row]] = defaultdict(list)
    for row in await rows(api, "constraints", tables=list(ids)):
        constraints[row["relation"]].append(row)
    found: dict[int, list[Row]] = {}
    for row in await rows(api, "columns", tables=list(ids)):
        own = found.setdefault(row["relation"], [])
        if row["name"] is not None:  # a table may have no column at all
            own.append(column(row, constraints[row["relation"]], labels))
    return found


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A schema, a table or a column."""
    inside = ref.kind is Kind.SCHEMA and ref.name.endswith(TABLES)
    if ref != Ref(Kind.SCHEMA, "schemas") and not inside and ref.kind is not Kind.FIELD:
        raise Unsupported(f"a database is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    schemas = {str(row["name"]): row for row in await rows(api, "schemas")}
    if ref.name == "schemas":
        return Found("schemas", schemas[key]) if key in schemas else Absent("not in pg_namespace")
    named = ref.name.removesuffix(TABLES) if inside else unquote(ref.name.partition(".")[0])
    schema = schemas.get(named)
    if schema is None:
        return Absent("not in pg_namespace")
    table = key if inside else ref.name
    listed = (await _tables(api, {schema["oid"]: named})).get(schema["oid"], ())
    row = next((one for one in listed if one["key"] == table), None)
    if row is None:
        return Absent("not in pg_class")
    if inside:
        return Found("tables", row, {"key": named, "id": str(schema["oid"])})
    own = (await _columns(api, [row["oid"]])).get(row["oid"], ())
    field = next((one for one in own if one["name"] == key), None)
    return Found("columns", field, {"key": table, "id": str(row["oid"])}) if field else Absent("not in pg_attribute")
