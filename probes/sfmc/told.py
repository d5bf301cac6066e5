"""What of Marketing Cloud comes over SOAP, as rows of JSON, and what takes more than one list: text becomes what it
means, ids of data extensions become their keys, a query the columns that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.paging import Paging

from .soap import many, retrieve

EXTENSION: Final = (
    "ObjectID", "CustomerKey", "Name", "Description", "IsSendable", "IsTestable", "SendableDataExtensionField.Name",
    "SendableSubscriberField.Name", "DataRetentionPeriodLength", "DataRetentionPeriodUnitOfMeasure",
    "RowBasedRetention", "ResetRetentionPeriodOnImport", "DeleteAtEndOfRetentionPeriod",
)  # fmt: skip
FIELD: Final = (
    "ObjectID", "CustomerKey", "Name", "FieldType", "MaxLength", "Scale", "DefaultValue", "IsRequired", "IsPrimaryKey",
    "DataExtension.CustomerKey",
)  # fmt: skip
USER: Final = (
    "AccountUserID", "UserID", "Email", "ActiveFlag", "IsAPIUser", "IsLocked", "DefaultBusinessUnit", "Roles",
)  # fmt: skip
UNIT: Final = ("ID", "Name", "AccountType", "ParentID", "IsActive", "EditionID", "IsTestAccount")
ROLE: Final = ("ObjectID", "CustomerKey", "Name", "Description", "IsSystemDefined")
REST: Final = Paging(style="page", into="$page", size=500, size_into="$pageSize", total="count")
_UNSAID: Final = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)  # values and remarks of a query
_NAMED: Final = re.compile(r"\[([^\]]+)\]|([A-Za-z_]\w*)")
_EVERY: Final = re.compile(r"(?:\bselect\b(?:\s+distinct)?|\.|,)\s*\*", re.IGNORECASE)
_WORDS: Final = frozenset((  # of SQL, and of T-SQL's types
    *("select", "distinct", "top", "from", "where", "and", "or", "not", "in", "is", "null", "like", "between"),
    *("join", "inner", "left", "right", "full", "outer", "cross", "on", "as", "group", "by", "order", "having", "asc"),
    *("desc", "union", "all", "intersect", "except", "case", "when", "then", "else", "end", "cast", "convert", "over"),
    *("exists", "partition", "with", "nolock", "apply", "int", "bigint", "decimal", "varchar", "nvarchar", "char"),
))  # fmt: skip
RETAINED: Final = {"3": "days", "4": "weeks", "5": "months", "6": "years"}


def yes(value: Any) -> bool:
    return bool(value == "true")


def whole(value: Any) -> int | None:
    """A number that says something: what has no length or no scale is told as 0 or nothing."""
    return int(value) or None if value else None


@once
async def extensions(api: Client) -> Answer:
    """Data extensions, and the fields of those: the service tells fields of views of its own too."""
    found = await retrieve(api, "DataExtension", EXTENSION)
    keys = {row["CustomerKey"] for row in found}
    rows = [
        {
            **row, "sendable": yes(row["IsSendable"]), "testable": yes(row.get("IsTestable")),
            "link": _link(row), "retention": _retention(row),
        }
        for row in found
    ]  # fmt: skip
    fields = [
        {
            **row, "extension": row["DataExtension"]["CustomerKey"], "required": yes(row["IsRequired"]),
            "primary": yes(row["IsPrimaryKey"]), "length": whole(row.get("MaxLength")),
            "scale": whole(row.get("Scale")),
        }
        for row in await retrieve(api, "DataExtensionField", FIELD)
        if row["DataExtension"]["CustomerKey"] in keys
    ]  # fmt: skip
    return made({"extensions": rows, "fields": fields})


def _link(row: Mapping[str, Any]) -> str | None:
    """Which of its fields is which of a subscriber's, where it can be sent to."""
    own, theirs = row.get("SendableDataExtensionField") or {}, row.get("SendableSubscriberField") or {}
    return f"{own['Name']} = {theirs['Name']}" if own.get("Name") and theirs.get("Name") else None


def _retention(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """How long rows or the whole are kept, and what then goes. None: for ever."""
    length = whole(row.get("DataRetentionPeriodLength"))
    if length is None:
        return None
    unit = str(row.get("DataRetentionPeriodUnitOfMeasure") or "")
    return {
        "length": length, "unit": RETAINED.get(unit, unit), "rows": yes(row.get("RowBasedRetention")),
        "restarts": yes(row.get("ResetRetentionPeriodOnImport")),
        "deletes": yes(row.get("DeleteAtEndOfRetentionPeriod")),
    }  # fmt: skip


@once
async def users(api: Client) -> Answer:
    """People with their roles. The role that somebody's single rights hang on is named after them: it is one fact."""
    rows = []
    for row in await retrieve(api, "AccountUser", USER):
        roles = [one for one in many((row.get("Roles") or {}).get("Role")) if isinstance(one, dict)]
        shared = [one["Name"] for one in roles if not yes(one.get("IsPrivate"))]
        rows.append({
            "UserID": row["UserID"], "AccountUserID": row.get("AccountUserID"), "Email": row.get("Email"),
            "active": yes(row["ActiveFlag"]), "api": yes(row.get("IsAPIUser")), "locked": yes(row.get("IsLocked")),
            "unit": row.get("DefaultBusinessUnit"), "roles": shared, "own": len(shared) < len(roles),
        })  # fmt: skip
    return made({"users": rows})


@once
async def roles(api: Client) -> Answer:
    """Roles, without those that are one person's own."""
    rows = [{**row, "system": yes(row["IsSystemDefined"])} for row in await retrieve(api, "Role", ROLE)]
    return made({"roles": rows})


@once
async def units(api: Client) -> Answer:
    """The business unit of the token, as the enterprise has it."""
    rows = [
        {**row, "active": yes(row["IsActive"]), "test": yes(row.get("IsTestAccount"))}
        for row in await retrieve(api, "Account", UNIT)
    ]
    return made({"units": rows})


@once
async def automations(api: Client) -> Answer:
    """Which automations there are; what they do is told by REST, one by one."""
    return made({"automations": await retrieve(api, "Program", ("ObjectID", "CustomerKey", "Name"))})


@once
async def queries(api: Client) -> Answer:
    """Queries with the columns that they name. The text itself, which may hold values, leaves as a digest."""
    rows = await api.every(Ask("/automation/v1/queries"), REST, "items")
    return made({"queries": [{**row, **queried(str(row.get("queryText") or ""))} for row in rows]})


def queried(text: str) -> dict[str, Any]:
    """Every name in a query, of whichever data extension it is: a word too many only keeps a column in use. One that
    takes all columns does not say which."""
    plain = _UNSAID.sub(" ", text)
    names = {whole or word for whole, word in _NAMED.findall(plain)}
    return {"names": sorted(f"*/{name}" for name in names if name.lower() not in _WORDS),
            "opaque": bool(_EVERY.search(plain))}  # fmt: skip


@once
async def imports(api: Client) -> Answer:
    """Imports, which name a data extension by its id, with the key of it."""
    rows = await api.every(Ask("/automation/v1/imports"), REST, "items")
    keys = {row["ObjectID"]: row["CustomerKey"]
            for row in await retrieve(api, "DataExtension", ("ObjectID", "CustomerKey"))}  # fmt: skip
    return made({"imports": [{**row, "into": keys.get(id := row.get("destinationObjectId"), id)}
                                      for row in rows]})  # fmt: skip
