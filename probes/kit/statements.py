"""The statements that may be sent to a database: SELECTs of its catalogue, and of the newest time in a table's column.

A statement of a vendor file is held to a small language, so that nobody has to trust it: one SELECT, over relations of
the catalogue alone, with no function but those named here. What a person configures goes in as a bound value, or as a
name that is quoted: `{table}` ("schema.table") and `{column}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from .contract import Rejected

# None of them writes, waits, reads a file or another server.
FUNCTIONS: Final = frozenset({
    "cast", "coalesce", "max", "substr", "current_database", "version", "current_setting", "format_type", "pg_get_expr",
    "pg_get_viewdef", "pg_get_constraintdef", "pg_get_triggerdef", "pg_get_functiondef", "oidvectortypes",
})  # fmt: skip
CATALOGUES: Final = ("pg_catalog", "information_schema")
_WORDS: Final = frozenset({"in", "and", "or", "not", "on", "as", "select", "where", "from", "then", "when", "else"})
_NAME: Final = re.compile(r"\{(\w+)\}")


def wrong(sql: str) -> str:
    """Why a statement may not be sent; empty where it may."""
    bare = re.sub(r"'[^']*'", "''", sql)
    words = [word.lower() for word in re.findall(r"\w+", bare)]
    if words[:1] != ["select"] or words.count("select") != 1 or words.count("from") > 1:
        return "is not one SELECT"
    if found := re.search(r"[;\"$%\\]|--|/\*", bare):
        return f"has {found[0]!r} in it"
    if taken := {"into", "for", "limit"} & set(words):
        return f"has {', '.join(sorted(taken))} in it"
    called = {name.lower() for name in re.findall(r"(\w+)\s*\(", bare)}
    if strange := called - FUNCTIONS - _WORDS:
        return f"calls {', '.join(sorted(strange))}, which is none of {', '.join(sorted(FUNCTIONS))}"
    _, _, rest = re.sub(r"\s+", " ", bare).partition(" FROM ")
    source = re.split(r" (?:WHERE|ORDER|GROUP) ", rest)[0]
    if "," in re.sub(r"\([^()]*\)", "", source):
        return "joins relations by a comma: write JOIN … ON"
    for relation in re.findall(r"(?:^| JOIN )(\S+)", source):
        if relation != "{table}" and relation.partition(".")[0] not in CATALOGUES:
            return f"reads {relation}, which is not of the catalogue ({', '.join(CATALOGUES)})"
    return ""


def refuse_wrong(statements: Mapping[str, str]) -> None:
    """Raises ValueError with all that may not be sent."""
    if bad := [f"{name} {why}" for name, sql in statements.items() if (why := wrong(sql))]:
        raise ValueError(f"statements: {'; '.join(bad)}")


def bound(sql: str, given: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
    """The statement as the driver takes it, and its values in their order; a list becomes as many values. Raises
    Rejected for a place without a value, and for a name that is none."""
    from sqlalchemy import bindparam, text
    from sqlalchemy.types import NullType

    quote = _dialect().identifier_preparer.quote_identifier

    def named(found: re.Match[str]) -> str:
        name = given.get(found[1])
        parts = name.split(".", 1) if isinstance(name, str) and found[1] == "table" else [name]
        if not all(isinstance(part, str) and part and "\0" not in part for part in parts):
            raise Rejected(f"{found[1]}: expected a name, found none")
        return ".".join(quote(part) for part in parts)

    values = {name: value for name, value in given.items() if f":{name}" in sql}
    params = [
        bindparam(name, value, type_=NullType(), expanding=isinstance(value, list | tuple))
        for name, value in values.items()
    ]
    made = text(sql).bindparams(*params).compile(dialect=_dialect(), compile_kwargs={"render_postcompile": True})
    taken = [made.params[name] for name in made.positiontup or ()]
    if any(value is None for value in taken):
        raise Rejected("a statement has a place without a value")
    return _NAME.sub(named, str(made)), taken


@lru_cache(1)
def _dialect() -> Any:
    from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000

    return PGDialect_pg8000()  # type: ignore[no-untyped-call]
