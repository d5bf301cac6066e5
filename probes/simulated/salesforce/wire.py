"""The shapes of Salesforce's describe answers, key by key, and its ids and times.

Every key of `GET /sobjects/<name>/describe` and of `GET /sobjects` is there, with values that agree with each other
(byte length is three times the length, a number has precision and scale, a reference has targets). The key lists were
read off two real answers kept by CumulusCI (SFDO-Tooling, commit 598cda5); the meaning of each key is in the SOAP API
developer guide under DescribeSObjectResult.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final

VERSION: Final = "68.0"
ROOT: Final = f"/services/data/v{VERSION}"
Wire = dict[str, Any]

SOAP: Final = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "double": "xsd:double",
    "currency": "xsd:double", "percent": "xsd:double", "date": "xsd:date", "datetime": "xsd:dateTime",
    "time": "xsd:time", "address": "urn:address", "location": "urn:location", "base64": "xsd:base64Binary",
    "anyType": "xsd:anyType",
}  # fmt: skip
LENGTHS: Final = {
    "id": 18, "reference": 18, "string": 255, "picklist": 255, "multipicklist": 4099, "email": 80, "phone": 40,
    "url": 255, "textarea": 255, "encryptedstring": 175, "combobox": 40,
}  # fmt: skip
_SUFFIX: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def identifier(prefix: str, number: int) -> str:
    """An 18 character id: three characters of key prefix, twelve of number, three that fix the case of the rest."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    return checked(prefix + "5g0" + digits.rjust(9, "0"))


def checked(short: str) -> str:
    """The 18 characters of an id of 15: each letter added says which of five are upper case."""
    check = ""
    for start in (0, 5, 10):
        upper = sum(1 << place for place, letter in enumerate(short[start : start + 5]) if letter.isupper())
        check += _SUFFIX[upper]
    return short + check


def stamp(at: float) -> str:
    """The way Salesforce writes an instant in JSON."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def instant(text: str) -> float:
    """What `stamp` wrote."""
    return datetime.fromisoformat(text).timestamp()


def http_date(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(at), UTC), usegmt=True)


def words(name: str) -> str:
    """A label out of an API name: UTM_Campaign__c is "UTM Campaign", NumberOfEmployees is "Number Of Employees"."""
    bare = re.sub(r"__(c|mdt|e|pc)$", "", name).replace("__", " ").replace("_", " ")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare)


def option(value: str, **keys: Any) -> Wire:
    return {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value, **keys}


def field(name: str, type: str = "string", **keys: Any) -> Wire:
    """One entry of `fields`. `keys` are the vendor's own and win; `picklistValues` may be given as plain values."""
    custom = name.endswith("__c")
    text = type in LENGTHS and type not in ("id", "reference")
    number = type in ("double", "currency", "percent")
    references: Sequence[str] = keys.get("referenceTo", ())
    relation = None
    if references:
        relation = name[:-1] + "r" if custom else re.sub(r"Id$", "", name)
    out: Wire = {
        "aggregatable": type not in ("boolean", "address", "location"), "aiPredictionField": False,
        "autoNumber": False, "byteLength": 0, "calculated": False, "calculatedFormula": None,
        "cascadeDelete": False, "caseSensitive": False, "compoundFieldName": None, "controllerName": None,
        "createable": type not in ("id", "address"), "custom": custom,
        "defaultValue": False if type == "boolean" else None, "defaultValueFormula": None,
        "defaultedOnCreate": type == "boolean", "dependentPicklist": False, "deprecatedAndHidden": False,
        "digits": 8 if type == "int" else 0, "displayLocationInDecimal": False, "encrypted": False,
        "externalId": False, "extraTypeInfo": "plaintextarea" if type == "textarea" else None,
        "filterable": not (type == "textarea" and keys.get("length", 0) > 255), "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False, "groupable": not number and type not in ("datetime", "address"),
        "highScaleNumber": False, "htmlFormatted": False, "idLookup": type == "id", "inlineHelpText": None,
        "label": words(name), "length": LENGTHS.get(type, 0), "mask": None, "maskType": None, "name": name,
        "nameField": False, "namePointing": False, "nillable": type != "boolean", "permissionable": True,
        "picklistValues": [], "polymorphicForeignKey": len(references) > 1, "precision": 18 if number else 0,
        "queryByDistance": type in ("address", "location"), "referenceTargetField": None, "referenceTo": [],
        "relationshipName": relation, "relationshipOrder": None, "restrictedDelete": False,
        "restrictedPicklist": False, "scale": 0, "searchPrefilterable": False,
        "soapType": SOAP.get(type, "xsd:string"), "sortable": type not in ("address", "location"), "type": type,
        "unique": False, "updateable": type not in ("id", "address"), "writeRequiresMasterRead": False,
    }  # fmt: skip
    out.update(keys)
    out["referenceTo"] = list(references)
    out["picklistValues"] = [option(v) if isinstance(v, str) else v for v in out["picklistValues"]]
    if "byteLength" not in keys and out["length"]:
        out["byteLength"] = out["length"] * (3 if text else 1)
    return out


def system(name: str, type: str, **keys: Any) -> Wire:
    """A field that the platform fills: nobody may write it, and no permission hides it."""
    filled = {"createable": False, "updateable": False, "permissionable": False, "nillable": False}
    return field(name, type, **{**filled, "defaultedOnCreate": True, **keys})


def urls(name: str, base: str = "", prefix: str | None = None) -> Wire:
    """`urls` of a describe; with `base` the user interface links too, which the global describe leaves out."""
    at = f"{ROOT}/sobjects/{name}"
    out = {
        "compactLayouts": f"{at}/describe/compactLayouts", "rowTemplate": f"{at}/{{ID}}",
        "approvalLayouts": f"{at}/describe/approvalLayouts", "listviews": f"{at}/listviews",
        "describe": f"{at}/describe", "quickActions": f"{at}/quickActions", "layouts": f"{at}/describe/layouts",
        "sobject": at,
    }  # fmt: skip
    if base:
        out |= {
            "uiDetailTemplate": f"{base}/{{ID}}", "uiEditTemplate": f"{base}/{{ID}}/e",
            "defaultValues": f"{at}/defaultValues?recordTypeId&fields", "uiNewRecord": f"{base}/{prefix}/e",
        }  # fmt: skip
    return out


_FLAGS: Final = str.split(
    "activateable createable custom customSetting deepCloneable deletable deprecatedAndHidden feedEnabled hasSubtypes"
    " isInterface isSubtype layoutable mergeable mruEnabled queryable replicateable retrieveable searchable"
    " triggerable undeletable updateable"
)
_OFF: Final = frozenset(
    str.split(
        "activateable custom customSetting deepCloneable deprecatedAndHidden feedEnabled hasSubtypes isInterface"
        " isSubtype mergeable"
    )
)


def flags(custom: bool, changed: Mapping[str, bool]) -> Wire:
    """What an object can do: the booleans that both describes share."""
    return {**{name: name not in _OFF for name in _FLAGS}, "custom": custom, **changed}


def summary(name: str, label: str, plural: str, prefix: str | None, able: Mapping[str, bool]) -> Wire:
    """One entry of the global describe's `sobjects`."""
    return {
        "associateEntityType": None, "associateParentEntity": None, "keyPrefix": prefix, "label": label,
        "labelPlural": plural, "name": name, **able, "urls": urls(name),
    }  # fmt: skip


def description(
    name: str,
    label: str,
    plural: str,
    prefix: str | None,
    able: Mapping[str, bool],
    base: str,
    parts: Mapping[str, Any],
) -> Wire:
    """One describe answer; `parts` brings fields, recordTypeInfos and childRelationships."""
    return {
        "actionOverrides": [], "compactLayoutable": True, "defaultImplementation": None, "extendedBy": None,
        "extendsInterfaces": None, "implementedBy": None, "implementsInterfaces": None, "keyPrefix": prefix,
        "label": label, "labelPlural": plural, "listviewable": None, "lookupLayoutable": None, "name": name,
        "namedLayoutInfos": [], "networkScopeFieldName": None, "searchLayoutable": True,
        "supportedScopes": [
            {"label": f"All {plural.lower()}", "name": "everything"}, {"label": f"My {plural.lower()}", "name": "mine"},
        ],
        **able, **parts, "urls": urls(name, base, prefix),
    }  # fmt: skip


def record_type(object: str, number: int, name: str, *, master: bool = False, default: bool = False) -> Wire:
    """One of `recordTypeInfos`; every object has the master record type."""
    id = "012000000000000AAA" if master else identifier("012", number)
    return {
        "active": True, "available": True, "defaultRecordTypeMapping": default,
        "developerName": name.replace(" ", "_"), "master": master, "name": name, "recordTypeId": id,
        "urls": {"layout": f"{ROOT}/sobjects/{object}/describe/layouts/{id}"},
    }  # fmt: skip


def problem(status: int, code: str, message: str, fields: Sequence[str] | None = None) -> tuple[int, list[Wire]]:
    """The error envelope: always an array."""
    entry: Wire = {"message": message, "errorCode": code}
    return status, [entry | {"fields": list(fields)} if fields else entry]


def parse_date(text: str) -> float:
    """Epoch seconds of an HTTP date; one that cannot be read is older than everything."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return 0.0
