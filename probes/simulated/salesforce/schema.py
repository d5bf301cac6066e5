"""What an administrator can do to objects and fields of a simulated org."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probes.simulated.control import controlled

from . import content, example, wire
from .core import Core
from .wire import Wire


class Schema(Core):
    """Objects, fields, picklists, releases."""

    @controlled
    def add_object(self, name: str, label: str = "") -> None:
        fields = [*content.audit_fields(owner=True), content.read_field("Name string(80) required namefield")]
        thing = self.org.add_object(name, f"b{len(self.org.objects) % 100:02}", fields)
        thing["label"] = label or thing["label"]
        for owner in ("Driftline_Monitor", "profile:System Administrator"):
            row = self._set(owner)["Id"]
            example.grant(self.org, row, f"{name}:{'r' if owner == 'Driftline_Monitor' else 'rced'}", "")
        self._changed("add_object", "Custom Objects", f"Created custom object {name}", [name], name=name)

    @controlled
    def delete_object(self, name: str) -> None:
        self.org.thing(name)
        del self.org.objects[name]
        for table in ("ObjectPermissions", "FieldPermissions"):
            self.org.rows[table] = [row for row in self.org.rows[table] if row["SobjectType"] != name]
        for thing in self.org.objects.values():
            for entry in [f for f in thing["fields"].values() if f["referenceTo"] == [name]]:
                del thing["fields"][entry["name"]]
        self._changed("delete_object", "Custom Objects", f"Deleted custom object {name}", [], name=name)

    @controlled
    def add_field(self, object: str, line: str, visible: bool = True) -> None:
        """`line` as in content: `Lead_Source_Detail__c string(255)`. `visible`: the monitor's set gets read on it."""
        entry = content.read_field(line)
        fields = self.org.thing(object)["fields"]
        if entry["name"] in fields:
            raise ValueError(f"{object} has a field {entry['name']} already")
        fields[entry["name"]] = entry
        owners = {"profile:System Administrator": "re"} | ({"Driftline_Monitor": "r"} if visible else {})
        for owner, rights in owners.items():
            example.grant_fields(self.org, self._set(owner)["Id"], object, [entry["name"]], rights)
        self._changed("add_field", "Custom Fields", f"Created custom field {entry['name']} on {object}", [object],
                      object=object, name=entry["name"])  # fmt: skip

    @controlled
    def delete_field(self, object: str, name: str) -> None:
        self._field(object, name)
        del self.org.thing(object)["fields"][name]
        self._drop_permissions(object, name)
        self._changed("delete_field", "Custom Fields", f"Deleted custom field {name} on {object}", [object],
                      object=object, name=name)  # fmt: skip

    def _drop_permissions(self, object: str, name: str) -> list[Wire]:
        gone = [row for row in self.org.rows["FieldPermissions"] if row["Field"] == f"{object}.{name}"]
        self.org.rows["FieldPermissions"] = [row for row in self.org.rows["FieldPermissions"] if row not in gone]
        return gone

    @controlled
    def alter_field(self, object: str, name: str, **keys: Any) -> None:
        """Sets keys of the describe entry, in the vendor's names. A field made required cannot be hidden any more."""
        entry = self._field(object, name)
        unknown = set(keys) - set(entry)
        if unknown:
            raise KeyError(f"a field has no key {', '.join(sorted(unknown))}")
        required = keys.get("nillable", entry["nillable"]) is False and entry["nillable"]
        entry |= keys
        if "length" in keys and "byteLength" not in keys:
            entry["byteLength"] = 3 * int(keys["length"])
        if required and entry["custom"] and "permissionable" not in keys:
            entry["permissionable"] = False
            self._drop_permissions(object, name)
        self._changed("alter_field", "Custom Fields", f"Changed {', '.join(sorted(keys))} of {name} on {object}",
                      [object],
                      object=object, name=name, **keys)  # fmt: skip

    @controlled
    def restore_field(self, object: str, entry: Mapping[str, Any], permissions: list[Wire]) -> None:
        """Puts back a field as it was (see `kept_field`), deleted or changed, with its field permissions."""
        name = str(entry["name"])
        self.org.thing(object)["fields"][name] = dict(entry)
        self._drop_permissions(object, name)
        self.org.rows["FieldPermissions"] += [dict(row) for row in permissions]
        self._changed(
            "restore_field", "Custom Fields", f"Restored {name} on {object}", [object], object=object, name=name
        )

    @controlled
    def kept_field(self, object: str, name: str) -> dict[str, Any]:
        """What `restore_field` needs to bring a field back."""
        kept = [dict(row) for row in self.org.rows["FieldPermissions"] if row["Field"] == f"{object}.{name}"]
        return {"object": object, "entry": dict(self._field(object, name)), "permissions": kept}

    @controlled
    def reorder_picklist(self, object: str, name: str, order: list[str]) -> None:
        entry = self._field(object, name)
        values = {value["value"]: value for value in entry["picklistValues"]}
        if sorted(order) != sorted(values):
            raise ValueError(f"the values of {name} are {', '.join(values)}")
        entry["picklistValues"] = [values[value] for value in order]
        self._changed("reorder_picklist", "Custom Fields", f"Reordered the picklist {name} on {object}", [object],
                      object=object, name=name, order=order)  # fmt: skip

    @controlled
    def add_picklist_value(self, object: str, name: str, value: str) -> None:
        entry = self._field(object, name)
        entry["picklistValues"] = [*entry["picklistValues"], wire.option(value)]
        self._changed("add_picklist_value", "Custom Fields", f"Added {value} to {name} on {object}", [object],
                      object=object, name=name, value=value)  # fmt: skip

    @controlled
    def remove_picklist_value(self, object: str, name: str, value: str) -> None:
        entry = self._field(object, name)
        entry["picklistValues"] = [kept for kept in entry["picklistValues"] if kept["value"] != value]
        self._changed("remove_picklist_value", "Custom Fields", f"Removed {value} from {name} on {object}", [object],
                      object=object, name=name, value=value)  # fmt: skip

    @controlled
    def release(self, n: int = 2, object: str = "Lead") -> None:
        """A release of the vendor's adds n standard fields; nobody in the org did it, so the audit trail is silent."""
        fields = self.org.thing(object)["fields"]
        start = sum(name.startswith("StandardAddition") for name in fields)
        for number in range(start, start + n):
            entry = wire.field(f"StandardAddition{number + 1}", "string", permissionable=False)
            fields[entry["name"]] = entry
        self.note("release", n=n, object=object)
        self.org.modified[object] = max(self.clock.now(), self.org.modified[object] + 1)
