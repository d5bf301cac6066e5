"""What is in the simulated org, and what one user of it may see. No HTTP here, and no changes beyond rows and stamps.

Rights work as in a real org: a user's sets are the one owned by the profile, those assigned, and those of assigned
groups; an object is seen with read on it (or View All Data), a field with field-level read, unless no permission can
hide it. `createable` and `updateable` in a describe tell what *this user* may do, so a read-only user sees neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import orjson

from . import content, tables, wire
from .wire import Wire

RIGHTS = {"r": "Read", "c": "Create", "e": "Edit", "d": "Delete"}


class Joined(Mapping[str, Any]):
    """A row that follows relationships: `row["Profile"]["Name"]`. `tables`: what one answer looked into, by id."""

    def __init__(self, org: Org, table: str, row: Wire, tables: dict[str, dict[str, Wire]]) -> None:
        self.org, self.table, self.row, self._tables = org, table, row, tables

    def __getitem__(self, name: str) -> Any:
        if name in self.row:
            return self.row[name]
        id_column, target = self.org.relations(self.table)[name]
        if target not in self._tables:
            self._tables[target] = self.org.by_id(target)
        found = self._tables[target].get(self.row.get(id_column) or "")
        return Joined(self.org, target, found, self._tables) if found else None

    def __iter__(self) -> Iterator[str]:
        return iter(self.row)

    def __len__(self) -> int:
        return len(self.row)


class Org:
    """Objects, rows of setup objects, and when each last changed."""

    def __init__(self, now: float) -> None:
        self.born = now - 86400.0
        self.objects: dict[str, Wire] = {}
        self.rows: dict[str, list[Wire]] = {name: [] for name in tables.TABLES}
        self.modified: dict[str, float] = {}
        self.everything = self.born
        self.said: dict[str, Wire] = {}  # "Lead.Email" -> what people said of the field, by column of FieldDefinition
        self.words: dict[str, dict[str, str]] = {}  # language -> label of the org's own language -> its translation
        self.bulk: dict[str, int] = {}  # generated objects that nobody touched yet -> number of fields
        self._template: dict[int, bytes] = {}
        self._count = 0

    # contents

    def add_object(self, name: str, prefix: str, fields: Iterable[Wire], record_types: Sequence[str] = ()) -> Wire:
        label = wire.words(name)
        types = [wire.record_type(name, 0, "Master", master=True, default=not record_types)]
        types += [
            wire.record_type(name, self.number(), type, default=place == 0) for place, type in enumerate(record_types)
        ]
        twin = name in content.TWINS
        able = wire.flags(name.endswith("__c"), {"layoutable": not twin, "createable": not twin, "updateable": not twin,
                                                "triggerable": not twin, "searchable": not twin})  # fmt: skip
        plural = label if label.endswith("s") else f"{label}s"
        self.objects[name] = {
            "name": name, "label": label, "plural": plural, "prefix": prefix or None, "able": able,
            "fields": {entry["name"]: entry for entry in fields}, "types": types,
        }  # fmt: skip
        self.modified[name] = self.born
        return self.objects[name]

    def add_row(self, table: str, at: float | None = None, **values: Any) -> Wire:
        """A row with every column of its table; what is not given is null, false, zero, empty or `at`."""
        row: Wire = {}
        moment = wire.stamp(self.born if at is None else at)
        empty: dict[str, Any] = {"boolean": False, "int": 0, "double": 0.0, "datetime": moment}
        for name, (type, _, nullable) in tables.columns(table).items():
            row[name] = None if nullable else empty.get(type, "")
        unknown = set(values) - set(row)
        if unknown:
            raise KeyError(f"{table} has no column {', '.join(sorted(unknown))}")
        row |= {"Id": wire.identifier(tables.TABLES[table].prefix, self.number())} | values
        self.rows[table].append(row)
        return row

    def number(self) -> int:
        self._count += 1
        return self._count

    def row(self, table: str, **where: Any) -> Wire:
        """The one row with these values; raises KeyError where there is none."""
        for row in self.rows[table]:
            if all(row[name] == value for name, value in where.items()):
                return row
        raise KeyError(f"{table} has no row with {where}")

    def by_id(self, table: str) -> dict[str, Wire]:
        return {row["Id"]: row for row in self.read(table)}

    def read(self, table: str, objects: Collection[str] | None = None) -> list[Wire]:
        """The rows of a table; those about objects and fields are made on the spot. `objects`: fields of these alone,
        which spares making those of all others."""
        if table == "EntityDefinition":
            return [_entity(thing) for thing in self.objects.values()]
        if table == "FieldDefinition":
            return [{**_definition(thing, entry), **self.said.get(f"{thing['name']}.{entry['name']}", {})}
                    for name, thing in self.objects.items() if objects is None or name in objects
                    for entry in thing["fields"].values()]  # fmt: skip
        if table == "RecordType":
            return [_record_type(name, type) for name, thing in self.objects.items() for type in thing["types"]
                    if not type["master"]]  # fmt: skip
        return self.rows.get(table, [])

    def relations(self, table: str) -> Mapping[str, tuple[str, str]]:
        """relationship -> (column that holds the id, table it leads to)."""
        if table in tables.TABLES:
            return tables.relations(table)
        fields = self.thing(table)["fields"].values()
        return {f["relationshipName"]: (f["name"], f["referenceTo"][0]) for f in fields if f["relationshipName"]}

    # generated objects

    def add_bulk(self, objects: int, fields: int) -> None:
        """`objects` generated objects of `fields` fields each: kept as one template, made real when changed."""
        made = ", ".join(str(n) for n in (objects, fields))
        if not 0 <= objects <= 9999 or fields < 1:
            raise ValueError(f"cannot generate {made}")
        self.bulk |= {f"Bulk_{number:04}__c": fields for number in range(objects)}

    def template(self, fields: int, base: str) -> bytes:
        """A describe answer with the object's name left open as @@@@@@@@@@@@."""
        if fields not in self._template:
            types = ("string", "picklist", "double", "boolean", "textarea", "date", "reference", "email")
            made = [wire.system("Id", "id")]
            for number in range(fields - 1):
                type = types[number % len(types)]
                keys: Wire = {"permissionable": False}
                if type == "picklist":
                    keys["picklistValues"] = [f"value {n}" for n in range(8)]
                if type == "reference":
                    keys["referenceTo"] = ["Account", "Contact"]
                made.append(wire.field(f"Field_{number:04}__c", type, **keys))
            name = "@" * 12
            types_made = [wire.record_type(name, 0, "Master", master=True, default=True)]
            parts = {"fields": made, "recordTypeInfos": types_made, "childRelationships": []}
            body = wire.description(name, name, name, "a99", wire.flags(True, {}), base, parts)
            self._template[fields] = orjson.dumps(body)
        return self._template[fields]

    def thing(self, name: str) -> Wire:
        """An object, made real if it was only generated; raises KeyError."""
        if name in self.bulk:
            body = orjson.loads(self.template(self.bulk.pop(name), "").replace(b"@" * 12, name.encode()))
            self.add_object(name, "a99", body["fields"])
        if name not in self.objects:
            raise KeyError(f"there is no object {name}")
        return self.objects[name]

    # sight

    def sets_of(self, user: str) -> frozenset[str]:
        """Ids of the permission sets that count for a user (an id)."""
        person = self.by_id("User")[user]
        owned = {row["Id"] for row in self.rows["PermissionSet"] if row["ProfileId"] == person["ProfileId"]}
        given = [row for row in self.rows["PermissionSetAssignment"] if row["AssigneeId"] == user]
        groups = {row["PermissionSetGroupId"] for row in given} - {None}
        inside = {
            row["PermissionSetId"] for row in self.rows["PermissionSetGroupComponent"]
            if row["PermissionSetGroupId"] in groups
        }  # fmt: skip
        return frozenset(owned | inside | {row["PermissionSetId"] for row in given})

    def has(self, sets: frozenset[str], power: str) -> bool:
        return any(row[f"Permissions{power}"] for row in self.rows["PermissionSet"] if row["Id"] in sets)

    def rights(self, sets: frozenset[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """(object -> rights, "Object.Field" -> rights) of these sets together."""
        objects: dict[str, set[str]] = {}
        fields: dict[str, set[str]] = {}
        for row in self.rows["ObjectPermissions"]:
            if row["ParentId"] in sets:
                held = objects.setdefault(row["SobjectType"], set())
                held |= {letter for letter, word in RIGHTS.items() if row[f"Permissions{word}"]}
                held |= {"*"} if row["PermissionsViewAllFields"] else set()
        for row in self.rows["FieldPermissions"]:
            if row["ParentId"] in sets:
                held = fields.setdefault(row["Field"], set())
                held |= {letter for letter in "re" if row[f"Permissions{RIGHTS[letter]}"]}
        return objects, fields


def _entity(thing: Wire) -> Wire:
    name = thing["name"]
    return {
        "Id": name, "DurableId": name, "QualifiedApiName": name, "DeveloperName": name.removesuffix("__c"),
        "Label": thing["label"], "PluralLabel": thing["plural"], "KeyPrefix": thing["prefix"],
        "NamespacePrefix": namespace(name), "IsCustomizable": name not in content.TWINS, "IsQueryable": True,
        "InternalSharingModel": thing.get("sharing", "Private"), "ExternalSharingModel": "Private",
        "LastModifiedDate": None,
    }  # fmt: skip


def _definition(thing: Wire, entry: Wire) -> Wire:
    name = entry["name"]
    return {
        "Id": f"{thing['name']}.{name}", "DurableId": f"{thing['name']}.{name}", "QualifiedApiName": name,
        "DeveloperName": name.removesuffix("__c"), "Label": entry["label"], "DataType": entry["type"],
        "EntityDefinitionId": thing["name"], "Description": None, "BusinessOwnerId": None, "BusinessStatus": None,
        "SecurityClassification": None, "ComplianceGroup": None, "IsIndexed": entry["externalId"] or name == "Id",
        "IsFieldHistoryTracked": name in ("Status", "OwnerId"), "NamespacePrefix": namespace(name),
        "LastModifiedDate": None,
    }  # fmt: skip


def spoken(value: Any, words: Mapping[str, str]) -> Any:
    """A describe answer in another language: labels wherever they stand, as far as they were translated."""
    if isinstance(value, list):
        return [spoken(one, words) for one in value]
    if not isinstance(value, dict):
        return value
    labels = ("label", "labelPlural", "inlineHelpText")
    return {name: words.get(inner, inner) if name in labels and isinstance(inner, str) else spoken(inner, words)
            for name, inner in value.items()}  # fmt: skip


def _record_type(object: str, type: Wire) -> Wire:
    return {
        "Id": type["recordTypeId"], "Name": type["name"], "DeveloperName": type["developerName"],
        "SobjectType": object, "IsActive": type["active"], "Description": None, "NamespacePrefix": None,
        "BusinessProcessId": None,
    }  # fmt: skip


@cache
def namespace(name: str) -> str | None:
    """The managed package of an API name, if it has one."""
    parts = name.removesuffix("__c").split("__")
    return parts[0] if len(parts) > 1 else None
