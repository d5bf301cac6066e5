"""Triggers and routines as a vendor file's views want them. Their text leaves this file as digests."""

from __future__ import annotations

import re
from typing import Any, Final

from probes.kit.contract import Malformed
from probes.kit.listing import Row

from .told import digested, listed, qualified

ROUTINES: Final = {"f": "function", "p": "procedure", "a": "aggregate", "w": "window function"}
# pg_trigger.tgenabled: in which sessions it fires; "D" in none
FIRES: Final = {"O": "origin", "R": "replica", "A": "always"}
_NAME: Final = r'(?:"(?:[^"]|"")*"|[^\s",.()]+)'
_EVENT: Final = rf"(?:INSERT|DELETE|TRUNCATE|UPDATE(?: OF {_NAME}(?:, {_NAME})*)?)"
# As pg_get_triggerdef writes it: https://www.postgresql.org/docs/15/sql-createtrigger.html
_TRIGGER: Final = re.compile(
    rf"CREATE (?:CONSTRAINT )?TRIGGER {_NAME} (?P<when>BEFORE|AFTER|INSTEAD OF) (?P<events>{_EVENT}(?: OR {_EVENT})*)"
    rf" ON {_NAME}(?:\.{_NAME})? (?P<between>.*?)FOR EACH (?P<each>ROW|STATEMENT)"
    rf"(?: WHEN \((?P<condition>.*)\))? EXECUTE (?:FUNCTION|PROCEDURE) {_NAME}(?:\.{_NAME})?\((?P<arguments>.*)\)",
    re.S,
)
_OF: Final = re.compile(rf"UPDATE OF ({_NAME}(?:, {_NAME})*)")
_ROW: Final = re.compile(rf"\b(?:old|new)\.({_NAME})")


def trigger(row: Row) -> dict[str, Any]:
    """A trigger with the columns that it waits for or looks at before it does anything."""
    found = _TRIGGER.fullmatch(row["definition"] or "")
    if found is None:
        raise Malformed("a trigger is not as PostgreSQL writes it")
    waits = [name for some in _OF.findall(found["events"]) for name in re.findall(_NAME, some)]
    looks = _ROW.findall(found["condition"] or "")
    called = qualified(row["function_schema"] or "", row["function"] or "")
    return {
        "on": qualified(row["schema_name"], row["relation"]), "name": row["name"], "oid": row["oid"],
        "description": row["description"], "each": found["each"].lower(), "active": row["fires"] != "D",
        "fires": FIRES.get(row["fires"]), "calls": [called],
        "sort": "constraint trigger" if row["constraint_number"] else "trigger",
        "event": f"{found['when']} {' OR '.join(sorted(re.findall('INSERT|DELETE|TRUNCATE|UPDATE', _bare(found))))}",
        "reads": sorted({_plain(name) for name in (*waits, *looks)}), "options": found["between"].strip() or None,
        "condition": digested(found["condition"]), "arguments": digested(found["arguments"]),
    }  # fmt: skip


def event_trigger(row: Row) -> dict[str, Any]:
    """A trigger on what is done to the database itself, such as the making of a table."""
    called = qualified(row["function_schema"] or "", row["function"] or "")
    return {**row, "active": row["fires"] != "D", "fires": FIRES.get(row["fires"]), "calls": [called],
            "tags": listed(row["tags"])}  # fmt: skip


def routine(row: Row) -> dict[str, Any]:
    """A function or procedure. Its key has the types of its arguments: several may have one name."""
    return {
        "key": f"{qualified(row['schema_name'], row['name'])}({row['arguments']})", "oid": row["oid"],
        "description": row["description"], "owner": row["owner"], "kind": ROUTINES.get(row["kind"], row["kind"]),
        "language": row["language"], "gives": row["gives"], "opaque": True,
        "rights": "of its owner" if row["definer"] else "of who calls it",
        "settings": digested(row["settings"]), "body": digested(row["body"]),
    }  # fmt: skip


def _bare(found: re.Match[str]) -> str:
    """The events without the columns that one of them is of."""
    return _OF.sub("UPDATE", found["events"])


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
