"""The system catalogue as tables of an SQLite in memory, so that whatever is asked of it is really looked up.

Columns and their types: https://www.postgresql.org/docs/15/catalogs.html. Only those of a name that the documentation
has, and of these the ones that tell of tables, columns, roles and privileges.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

from .wire import BOOL, INT8, TEXT, TIMESTAMPTZ

_B, _I, _T, _Z = BOOL, INT8, TEXT, TIMESTAMPTZ
TABLES: Final[dict[str, dict[str, int]]] = {
    "pg_database": {"oid": _I, "datname": _T, "datdba": _I, "datcollate": _T, "datacl": _T},
    "pg_roles": {
        "oid": _I, "rolname": _T, "rolsuper": _B, "rolinherit": _B, "rolcreaterole": _B, "rolcreatedb": _B,
        "rolcanlogin": _B, "rolreplication": _B, "rolconnlimit": _I, "rolvaliduntil": _Z, "rolbypassrls": _B,
    },
    "pg_auth_members": {"roleid": _I, "member": _I, "grantor": _I, "admin_option": _B},
    "pg_namespace": {"oid": _I, "nspname": _T, "nspowner": _I, "nspacl": _T},
    "pg_class": {
        "oid": _I, "relname": _T, "relnamespace": _I, "relowner": _I, "relkind": _T, "relrowsecurity": _B,
        "relispartition": _B, "relacl": _T,
    },
    "pg_attribute": {
        "attrelid": _I, "attname": _T, "atttypid": _I, "attnum": _I, "atttypmod": _I, "attnotnull": _B,
        "attidentity": _T, "attgenerated": _T, "attisdropped": _B, "attacl": _T,
    },
    "pg_type": {
        "oid": _I, "typname": _T, "typnamespace": _I, "typtype": _T, "typelem": _I, "typnotnull": _B, "typbasetype": _I,
        "typtypmod": _I,
    },
    "pg_enum": {"oid": _I, "enumtypid": _I, "enumsortorder": _I, "enumlabel": _T},
    "pg_attrdef": {"oid": _I, "adrelid": _I, "adnum": _I, "adbin": _T},
    "pg_description": {"objoid": _I, "classoid": _I, "objsubid": _I, "description": _T},
    "pg_constraint": {
        "oid": _I, "conname": _T, "conrelid": _I, "contype": _T, "conkey": _T, "confrelid": _I, "definition": _T,
    },
    "pg_policies": {
        "schemaname": _T, "tablename": _T, "policyname": _T, "permissive": _T, "roles": _T, "cmd": _T, "qual": _T,
        "with_check": _T,
    },
    "pg_trigger": {
        "oid": _I, "tgrelid": _I, "tgname": _T, "tgfoid": _I, "tgenabled": _T, "tgisinternal": _B, "tgconstraint": _I,
        "definition": _T,
    },
    "pg_proc": {
        "oid": _I, "proname": _T, "pronamespace": _I, "proowner": _I, "prolang": _I, "prokind": _T, "prosecdef": _B,
        "prorettype": _I, "proargtypes": _T, "prosrc": _T, "proconfig": _T,
    },
    "pg_language": {"oid": _I, "lanname": _T},
    "pg_depend": {"classid": _I, "objid": _I, "refclassid": _I, "refobjid": _I, "deptype": _T},
    "pg_event_trigger": {
        "oid": _I, "evtname": _T, "evtevent": _T, "evtowner": _I, "evtfoid": _I, "evtenabled": _T, "evttags": _T,
    },
    "pg_extension": {"oid": _I, "extname": _T, "extversion": _T, "extnamespace": _I},
    "pg_publication": {
        "oid": _I, "pubname": _T, "pubowner": _I, "puballtables": _B, "pubinsert": _B, "pubupdate": _B, "pubdelete": _B,
        "pubtruncate": _B,
    },
    "pg_publication_tables": {"pubname": _T, "schemaname": _T, "tablename": _T},
    "pg_replication_slots": {
        "slot_name": _T, "plugin": _T, "slot_type": _T, "database": _T, "temporary": _B, "active": _B, "wal_status": _T,
    },
    "pg_subscription": {
        "subdbid": _I, "subname": _T, "subowner": _I, "subenabled": _B, "subslotname": _T, "subpublications": _T,
    },
    "pg_stat_subscription": {"subname": _T, "pid": _I, "relid": _I, "last_msg_receipt_time": _Z},
    "views": {"oid": _I, "definition": _T},
}  # fmt: skip
TYPE_OF: Final = {name: type for columns in TABLES.values() for name, type in columns.items()}
# The number and pg_type.typname of types, and the name that people write, as format_type gives it.
BUILT_IN: Final = {
    16: ("bool", "boolean"), 20: ("int8", "bigint"), 23: ("int4", "integer"), 25: ("text", "text"),
    114: ("json", "json"), 1042: ("bpchar", "character"), 1043: ("varchar", "character varying"),
    1082: ("date", "date"), 1184: ("timestamptz", "timestamp with time zone"), 1700: ("numeric", "numeric"),
    2279: ("trigger", "trigger"), 2950: ("uuid", "uuid"),
}  # fmt: skip
_ITEM: Final = re.compile(r"(.+?) AS (\w+)$", re.S)


class Refused(Exception):
    """An error as the server says it: SQLSTATE and message."""

    def __init__(self, state: str, said: str) -> None:
        super().__init__(said)
        self.state, self.said = state, said


class Catalogue:
    """The rows, and statements over them."""

    def __init__(self, functions: dict[str, tuple[int, Callable[..., Any]]]) -> None:
        self.db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.db.execute("ATTACH ':memory:' AS pg_catalog")
        for table, columns in TABLES.items():
            kinds = ", ".join(f"{name} {'TEXT' if type in (_T, _Z) else 'INTEGER'}" for name, type in columns.items())
            self.db.execute(f"CREATE TABLE pg_catalog.{table} ({kinds})")
        for name, (arguments, function) in functions.items():
            self.db.create_function(name, arguments, function)

    def insert(self, table: str, **row: Any) -> None:
        row = {**dict.fromkeys(TABLES[table]), **row}
        self.db.execute(f"INSERT INTO pg_catalog.{table} VALUES ({', '.join('?' * len(row))})", list(row.values()))  # noqa: S608

    def one(self, sql: str, *values: Any) -> Any:
        """The first value of the first row; KeyError where there is none."""
        found = self.db.execute(sql, values).fetchone()
        if found is None:
            raise KeyError(f"nothing of that name: {', '.join(map(str, values))}")
        return found[0]

    def many(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.db.execute(sql, values).fetchall()

    def columns(self, sql: str) -> list[tuple[str, int]]:
        """The names and types of what a SELECT gives."""
        chosen = re.split(r"\bFROM\b", sql, maxsplit=1)[0].strip().removeprefix("SELECT")
        found = []
        for item in re.split(r",(?![^(]*\))", chosen):
            match = _ITEM.match(item.strip())
            if match is None:
                raise Refused("42601", "syntax error: this warehouse wants a name for each column")
            expression = re.sub(r"^\w+\.", "", match[1].strip())
            times = expression.startswith("max(")
            found.append((match[2], TIMESTAMPTZ if times else TYPE_OF.get(expression, TEXT)))
        return found

    def select(self, sql: str, values: Sequence[str | None]) -> list[tuple[Any, ...]]:
        """The rows of a SELECT, as SQLite finds them."""
        asked = re.sub(r"\bcurrent_user\b", "current_user()", re.sub(r"\$(\d+)", r"?\1", sql))
        try:
            return self.db.execute(asked, list(values)).fetchall()
        except sqlite3.OperationalError as error:
            state = "42P01" if "no such table" in str(error) else "42703" if "no such column" in str(error) else "42601"
            raise Refused(state, str(error)) from None
