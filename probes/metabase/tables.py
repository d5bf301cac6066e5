"""Tables and columns of Metabase, by names that hold in any installation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.contract import Fault, Malformed
from probes.kit.listing import Row


async def tables(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """All tables of a database, and their fields beside them."""
    for parent in parents:
        asked = Ask(f"/api/database/{parent['id']}/metadata", {"include_hidden": "true"})
        try:
            told = (await api.ask(asked)).value("tables")
            if not isinstance(told, list):
                raise Malformed("the metadata has no tables")
            yield parent, flat(str(parent["key"]), told)
        except Fault as fault:
            yield parent, fault


def flat(database: str, told: Sequence[Mapping[str, Any]]) -> Answer:
    """`place` names a table the same in every installation, and `references` that of a foreign key."""
    named = names(told)
    of = {field["id"]: f"{database}/{named[one['id']]}" for one in told for field in one.get("fields") or ()}
    rows = [{**one, "place": named[one["id"]]} for one in told]
    fields = [
        {
            **field,
            "place": of[field["id"]],
            "target": of.get(field.get("fk_target_field_id")),
            "db": one.get("db_id"),
            "schema": one.get("schema"),
        }
        for one in told
        for field in one.get("fields") or ()
    ]
    return Answer(200, {}, msgspec.json.encode({"tables": rows, "fields": fields}))


def names(told: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    return {one["id"]: ".".join(filter(None, (one.get("schema"), one["name"]))) for one in told}


def places(database: str, told: Sequence[Mapping[str, Any]]) -> tuple[dict[int, str], dict[int, str]]:
    """What tables and columns are called, by their ids: "warehouse/marts.leads", "warehouse/marts.leads/score"."""
    tables = {id: f"{database}/{name}" for id, name in names(told).items()}
    columns = {field["id"]: f"{tables[one['id']]}/{field['name']}" for one in told for field in one.get("fields") or ()}
    return tables, columns
