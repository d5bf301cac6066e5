"""Rows of the catalogue as a vendor file's views want them: types, keys, privileges."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from probes.kit.contract import Malformed
from probes.kit.listing import Row

KINDS: Final = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table"}
# pg_type.typname to ours; what is not named is "any", and its own name stands in native_type.
TYPES: Final = {
    "bool": "boolean", "int2": "integer", "int4": "integer", "int8": "integer", "oid": "integer",
    "numeric": "decimal", "float4": "decimal", "float8": "decimal", "money": "currency", "date": "date",
    "timestamp": "datetime", "timestamptz": "datetime", "time": "time", "timetz": "time", "uuid": "id",
    "varchar": "text", "bpchar": "text", "char": "text", "name": "text", "citext": "text", "text": "long_text",
    "xml": "long_text", "json": "json", "jsonb": "json", "hstore": "json", "bytea": "file", "point": "geo",
    "polygon": "geo", "geometry": "geo", "geography": "geo", "inet": "text", "cidr": "text", "macaddr": "text",
}  # fmt: skip
# https://www.postgresql.org/docs/15/ddl-priv.html, table 5.1, and MAINTAIN of version 17
PRIVILEGES: Final = {
    "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "D": "TRUNCATE", "x": "REFERENCES", "t": "TRIGGER",
    "U": "USAGE", "C": "CREATE", "c": "CONNECT", "T": "TEMPORARY", "X": "EXECUTE", "s": "SET", "A": "ALTER SYSTEM",
    "m": "MAINTAIN",
}  # fmt: skip
RIGHTS: Final = {"read": "SELECT", "create": "INSERT", "edit": "UPDATE", "delete": "DELETE"}
PUBLIC: Final = "PUBLIC"
_ELEMENT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)')
_ITEM: Final = re.compile(r'(?P<grantee>"(?:[^"]|"")*"|[^=]*)=(?P<rights>[A-Za-z*]*)/.*')


def digested(text: str | None) -> str | None:
    """What may hold values of people: sixteen digits that stand for it."""
    return sha256(text.encode()).hexdigest()[:16] if text else None


def qualified(schema: str, name: str) -> str:
    """ "analytics.leads"; a dot inside a name is not the one between them."""
    return ".".join(part.replace("%", "%25").replace(".", "%2E") for part in (schema, name))


def span(text: str) -> float | None:
    """ "90m", "6h" or "2d" in seconds; None for anything else."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    return int(found[1]) * {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}[found[2]] if found else None


def listed(array: str | None) -> list[str]:
    """The elements of an array as text, "{a,\"b c\"}"."""
    found = _ELEMENT.findall(array[1:-1]) if array else []
    return [re.sub(r"\\(.)", r"\1", quoted) if quoted else plain for quoted, plain in found]


def granted(acl: str | None) -> dict[str, set[str]]:
    """Grantee -> privileges, out of an array of aclitem; "SELECT, may be passed on" beside those that are."""
    out: dict[str, set[str]] = defaultdict(set)
    for item in listed(acl):
        found = _ITEM.fullmatch(item)
        if found is None:
            raise Malformed("a list of privileges is not as PostgreSQL writes it")
        grantee = found["grantee"] or PUBLIC
        if grantee.startswith('"'):
            grantee = grantee[1:-1].replace('""', '"')
        for letter, onward in re.findall(r"([A-Za-z])(\*?)", found["rights"]):
            word = PRIVILEGES.get(letter, letter)
            out[grantee] |= {word, f"{word}, may be passed on"} if onward else {word}
    return dict(out)


def rights(row: Row, columns: Iterable[Row], known: Mapping[str, Row]) -> Iterator[dict[str, Any]]:
    """What each grantee may do with one thing. What the owner has by owning it is left out."""
    fields: dict[str, set[str]] = defaultdict(set)
    held = granted(row["acl"])
    for column in columns:
        for grantee, privileges in granted(column["acl"]).items():
            fields[grantee] |= {f"{privilege} {column['field']}" for privilege in privileges}
    for grantee in sorted((held.keys() | fields.keys()) - {row["owner"]}):
        has, role = held.get(grantee, set()), known.get(grantee, {})
        yield {"grantee": grantee, "oid": role.get("oid"), "login": bool(role.get("login")),
               "rest": sorted(has - set(RIGHTS.values())), "fields": sorted(fields[grantee]),
               **{right: word in has for right, word in RIGHTS.items()}}  # fmt: skip


def closure(member: str, pairs: Iterable[Row]) -> set[str]:
    """All roles that a role is a member of, through others too."""
    up: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        up[str(pair["member"])].add(str(pair["role"]))
    found: set[str] = set()
    ahead = [member]
    while ahead:
        new = up[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def column(row: Row, constraints: Sequence[Row], labels: Mapping[int, list[str]]) -> dict[str, Any]:
    """A column with what constrains it. `constraints` are those of its table."""
    own = [found for found in constraints if str(row["number"]) in listed(found["columns"])]
    alone = [found for found in own if found["kind"] in ("p", "u") and len(listed(found["columns"])) == 1]
    kind, enum = _type(row)
    automatic = bool(row["identity"]) or str(row["expression"] or "").startswith("nextval(")
    filled = bool(row["filled"] or row["domain_filled"])
    expression = row["expression"]
    return {
        **_size(row), "name": row["name"], "id": f"{row['relation']}.{row['number']}", "type": kind,
        "native": row["native"], "nullable": not filled, "description": row["description"], "unique": bool(alone),
        "required": filled and not automatic and expression is None, "automatic": automatic,
        "default": None if row["generated"] else expression, "formula": expression if row["generated"] else None,
        "calculated": bool(row["generated"]), "number": row["number"],
        "key": any(found["kind"] == "p" for found in own),
        "options": [{"value": label} for label in labels.get(enum, [])],
        "references": [qualified(found["target_schema"], found["target"]) for found in own if found["kind"] == "f"],
        "checks": sorted(found["definition"] for found in own if found["kind"] == "c"),
    }  # fmt: skip


def _type(row: Row) -> tuple[str, int]:
    """Ours, and the enumeration whose labels are its options."""
    if row["class"] == "e":
        return "option", row["enum"]
    if row["element_class"] == "e":
        return "multi_option", row["element"]
    return TYPES.get(row["base"] or row["type"], "any"), 0


def _size(row: Row) -> dict[str, int]:
    """pg_attribute.atttypmod holds a length and 4, or a precision and scale; a domain has its own."""
    base = row["base"] or row["type"]
    modifier = row["domain_modifier"] if row["base"] else row["modifier"]
    if modifier is None or modifier < 4:
        return {}
    if base in ("varchar", "bpchar"):
        return {"length": modifier - 4}
    if base == "numeric":
        scale = (modifier - 4) & 2047
        return {"precision": (modifier - 4) >> 16 & 65535, "scale": scale - 2048 if scale > 1023 else scale}
    return {}
