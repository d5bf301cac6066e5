"""What of Marketing Cloud comes over SOAP, as rows of JSON: text becomes what it means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from probes.kit.api import Answer, Client
from probes.kit.contract import Fault
from probes.kit.listing import Row

from .soap import many, retrieve

Made: TypeAlias = AsyncIterator[tuple[Row, Answer | Fault]]
Validators: TypeAlias = Sequence[Mapping[str, str]]
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
    "AccountUserID",
    "UserID",
    "Email",
    "ActiveFlag",
    "IsAPIUser",
    "IsLocked",
    "DefaultBusinessUnit",
    "Roles",
)
ROLE: Final = ("ObjectID", "CustomerKey", "Name", "Description", "IsSystemDefined")
RETAINED: Final = {"3": "days", "4": "weeks", "5": "months", "6": "years"}


def answer(**rows: Any) -> Answer:
    return Answer(200, {}, msgspec.json.encode(rows))


def yes(value: Any) -> bool:
    return bool(value == "true")


def whole(value: Any) -> int | None:
    """A number that says something: what has no length or no scale is told as 0 or nothing."""
    return int(value) or None if value else None


async def extensions(api: Client, parents: Sequence[Row], validators: Validators) -> Made:
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
    yield parents[0], answer(extensions=rows, fields=fields)


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


async def users(api: Client, parents: Sequence[Row], validators: Validators) -> Made:
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
    yield parents[0], answer(users=rows)


async def roles(api: Client, parents: Sequence[Row], validators: Validators) -> Made:
    """Roles, without those that are one person's own."""
    rows = [{**row, "system": yes(row["IsSystemDefined"])} for row in await retrieve(api, "Role", ROLE)]
    yield parents[0], answer(roles=rows)


async def automations(api: Client, parents: Sequence[Row], validators: Validators) -> Made:
    """Which automations there are; what they do is told by REST, one by one."""
    yield parents[0], answer(automations=await retrieve(api, "Program", ("ObjectID", "CustomerKey", "Name")))
