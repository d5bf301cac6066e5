"""Definitions of tables and columns by RetrieveMetadataChanges: once whole, then only whether anything changed.

A stamp that Dataverse gave stands for all that was told with it. Sent again, it brings what changed since; where that
is nothing, nothing is asked for. What changed is then read whole, because the answer about changes leaves unsaid what
stayed. Of deleted definitions Dataverse tells only where DeletedMetadataFilters asks for them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from probes.kit.api import Answer, Ask, Client, called, listed
from probes.kit.contract import Absent, Denied, Fault, Kind, Malformed, Ref, Rejected, Unsupported, canonical
from probes.kit.listing import Found, Row

API: Final = "/api/data/v9.2"
EXPIRED: Final = "0x80044352"  # a stamp that is older than ninety days, or from before the environment was restored
_TABLE: Final = (
    "LogicalName", "MetadataId", "DisplayName", "DisplayCollectionName", "Description", "OwnershipType",
    "IsCustomEntity", "IsManaged", "PrimaryNameAttribute", "IsAuditEnabled", "ChangeTrackingEnabled", "Attributes",
    "Keys",
)  # fmt: skip
_COLUMN: Final = (
    "LogicalName", "MetadataId", "AttributeOf", "AttributeTypeName", "DisplayName", "Description", "RequiredLevel",
    "IsCustomAttribute", "IsManaged", "IsValidForCreate", "IsValidForUpdate", "IsPrimaryName", "IsSecured",
    "IsAuditEnabled", "SourceType", "FormulaDefinition", "MaxLength", "MinValue", "MaxValue", "Precision", "Format",
    "FormatName", "DateTimeBehavior", "Targets", "OptionSet", "DefaultFormValue", "DefaultValue", "AutoNumberFormat",
    "MaxSizeInKB",
)  # fmt: skip
_TYPES: Final = {
    "StringType": "text", "MemoType": "long_text", "PicklistType": "option", "StateType": "option",
    "StatusType": "option", "BooleanType": "boolean", "IntegerType": "integer", "BigIntType": "integer",
    "DecimalType": "decimal", "DoubleType": "decimal", "MoneyType": "currency", "DateTimeType": "datetime",
    "LookupType": "reference", "CustomerType": "reference", "OwnerType": "reference", "UniqueidentifierType": "id",
    "MultiSelectPicklistType": "multi_option", "FileType": "file", "ImageType": "file",
}  # fmt: skip
_FORMATS: Final = {"Email": "email", "Phone": "phone", "Url": "url"}
_CALCULATED: Final = {1: "calculated", 2: "rollup", 3: "formula"}


async def definitions(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """All tables that are watched, in one answer. Its stamp is kept with a mark of the question: a stamp says nothing
    about a table that was not asked for when it was given."""
    asked = query(api.options["tables"], int(api.options["language"]))
    mark = sha256(canonical(asked)).hexdigest()[:16]
    known, _, stamp = next(iter(validators[0].values()), "").partition(" ")
    if stamp and known == mark and not await _changed(api, asked, stamp):
        yield parents[0], Answer(304, {"etag": f"{mark} {stamp}"}, b"")
        return
    answer = await _whole(api, asked)
    tables = _listed(answer)
    language, place = int(api.options["language"]), await environment(api)
    told = {"tables": [{**table(one, language), "place": place} for one in tables],
            "columns": [{**row, "place": place} for one in tables for row in columns(one, language)]}  # fmt: skip
    etag = {"etag": f"{mark} {answer.value('ServerVersionStamp')}"}
    yield parents[0], Answer(200, etag, msgspec.json.encode(told))


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A table, or that a column is no longer one of its table. What may be read of one table may be read of all: one
    that is missing beside others that are told is not there."""
    if ref.kind is not Kind.FIELD and ref != Ref(Kind.SCHEMA, "tables"):
        raise Unsupported(f"Dynamics 365 is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    language, name = int(api.options["language"]), key if ref.kind is Kind.SCHEMA else ref.name
    answer = await _whole(api, query({*api.options["tables"], name}, language))
    tables = _listed(answer)
    if not tables:
        raise Unsupported("no table is told, so that none can be said to be missing", code="look")
    own = called(tables, "LogicalName", name)
    if own is None:
        return Absent("not among the tables that are told")
    if ref.kind is Kind.SCHEMA:
        return Found("tables", {**table(own, language), "place": await environment(api)})
    if called(listed(own, "Attributes"), "LogicalName", key) is not None:
        raise Unsupported("the column is there, and told with its table only", code="look")
    return Absent("not among the columns of its table")


async def environment(api: Client) -> str | None:
    """The environment's id, under which the pages of Power Apps and Power Automate stand. Where it is not told,
    links lead to Power Apps itself, and all the rest is as it was."""
    access = "AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default'"
    try:
        told = (await api.ask(Ask(f"{API}/RetrieveCurrentOrganization({access})"))).value("Detail.EnvironmentId")
    except (Denied, Rejected, Unsupported):
        return None
    return str(told) if told else None


async def _whole(api: Client, asked: Mapping[str, Any]) -> Answer:
    return await api.ask(Ask(f"{API}/RetrieveMetadataChanges(Query=@p1)", {"@p1": json.dumps(asked)}))


async def _changed(api: Client, asked: Mapping[str, Any], stamp: str) -> bool:
    path = f"{API}/RetrieveMetadataChanges(Query=@p1,ClientVersionStamp=@p2,DeletedMetadataFilters=@p3)"
    given = {"@p1": json.dumps(asked), "@p2": f"'{stamp}'", "@p3": "Microsoft.Dynamics.CRM.DeletedMetadataFilters'All'"}
    try:
        answer = await api.ask(Ask(path, given))
    except Rejected as fault:
        if fault.code == EXPIRED:
            return True
        raise
    return bool(_listed(answer)) or bool(answer.value("DeletedMetadata.Count"))


def _listed(answer: Answer) -> list[Any]:
    """The tables that an answer tells. None at all is an empty list; without the list it is no answer."""
    found = answer.value("EntityMetadata")
    if not isinstance(found, list):
        raise Malformed("the answer has no list EntityMetadata")
    return found


def query(tables: Iterable[str], language: int) -> dict[str, Any]:
    def named(name: str) -> dict[str, Any]:
        return {"PropertyName": "LogicalName", "ConditionOperator": "Equals",
                "Value": {"Type": "System.String", "Value": name}}  # fmt: skip

    def only(*names: str) -> dict[str, Any]:
        return {"AllProperties": False, "PropertyNames": list(names)}

    return {
        "Criteria": {"FilterOperator": "Or", "Conditions": [named(name) for name in sorted(tables)]},
        "Properties": only(*_TABLE),
        "AttributeQuery": {"Properties": only(*_COLUMN)},
        "KeyQuery": {"Properties": only("LogicalName", "KeyAttributes")},
        "LabelQuery": {"FilterLanguages": [language], "MissingLabelBehavior": 0},
    }


def table(found: Mapping[str, Any], language: int) -> dict[str, Any]:
    keys = [{"name": key["LogicalName"], "columns": sorted(key["KeyAttributes"])} for key in found.get("Keys") or ()]
    return {
        "name": found["LogicalName"], "id": found["MetadataId"], "label": label(found["DisplayName"], language),
        "plural": label(found["DisplayCollectionName"], language), "ownership": found["OwnershipType"],
        "description": label(found["Description"], language), "custom": found["IsCustomEntity"],
        "managed": found["IsManaged"], "primary": found["PrimaryNameAttribute"],
        "audited": _managed(found["IsAuditEnabled"]), "tracked": found["ChangeTrackingEnabled"],
        "keys": sorted(keys, key=lambda key: str(key["name"])),
    }  # fmt: skip


def columns(found: Mapping[str, Any], language: int) -> Iterator[dict[str, Any]]:
    """The columns of a table but those that only show another one (its name, its text in another language)."""
    for one in found["Attributes"]:
        if one.get("AttributeOf"):
            continue
        native = one["AttributeTypeName"]["Value"]
        level = _managed(one["RequiredLevel"])
        format = (one.get("FormatName") or {}).get("Value") or one.get("Format")
        behavior = (one.get("DateTimeBehavior") or {}).get("Value")
        source = one.get("SourceType") or 0
        yield {
            "table": found["LogicalName"], "name": one["LogicalName"], "id": one["MetadataId"], "native": native,
            "type": _type(native, format, behavior), "format": format, "behavior": behavior,
            "label": label(one["DisplayName"], language), "description": label(one["Description"], language),
            "required": level in ("SystemRequired", "ApplicationRequired"), "level": level,
            "custom": one["IsCustomAttribute"], "managed": one["IsManaged"], "createable": one["IsValidForCreate"],
            "updateable": one["IsValidForUpdate"], "name_field": one["IsPrimaryName"], "secured": one["IsSecured"],
            "audited": _managed(one["IsAuditEnabled"]), "length": one.get("MaxLength"), "minimum": one.get("MinValue"),
            "maximum": one.get("MaxValue"), "precision": one.get("Precision"), "kilobytes": one.get("MaxSizeInKB"),
            "targets": one.get("Targets") or [], "options": options(one.get("OptionSet") or {}, language),
            "set": (one.get("OptionSet") or {}).get("Name") if (one.get("OptionSet") or {}).get("IsGlobal") else None,
            "default": _default(one), "number": one.get("AutoNumberFormat") or None,
            "calculated": source in _CALCULATED, "source": _CALCULATED.get(source),
            "formula": one.get("FormulaDefinition") or None,
        }  # fmt: skip


def _type(native: str, format: str | None, behavior: str | None) -> str:
    if native == "StringType":
        return _FORMATS.get(format or "", "text")
    if native == "DateTimeType" and behavior == "DateOnly":
        return "date"
    return _TYPES.get(native, "any")


def _default(column: Mapping[str, Any]) -> Any:
    """-1 is no default of a choice."""
    chosen = column.get("DefaultFormValue")
    return column.get("DefaultValue") if chosen is None else None if chosen == -1 else str(chosen)


def options(found: Mapping[str, Any], language: int) -> list[dict[str, Any]]:
    both = [one for one in (found.get("TrueOption"), found.get("FalseOption")) if one]
    return [{"value": str(one["Value"]), "label": label(one["Label"], language)}
            for one in both or found.get("Options") or ()]  # fmt: skip


def label(found: Mapping[str, Any] | None, language: int) -> str | None:
    """In the language that was asked for, never in that of whoever reads: this one changes with a user's settings."""
    told = (found or {}).get("LocalizedLabels") or ()
    return next((one["Label"] for one in told if one["LanguageCode"] == language), None)


def _managed(found: Any) -> Any:
    """A managed property is its value and who may change it."""
    return found.get("Value") if isinstance(found, dict) else found
