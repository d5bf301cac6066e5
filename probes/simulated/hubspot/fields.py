"""What an administrator can do to properties, custom objects and pipelines of a simulated account."""

from __future__ import annotations

import copy
from typing import Any

from probes.simulated.control import controlled

from . import content, wire
from .core import Core
from .core import rule as made_rule
from .wire import Wire


class Fields(Core):
    """Properties, options, validation rules, schemas, pipelines."""

    @controlled
    def add_property(self, type: str, line: str) -> None:
        """`line` as in content: `event_code string/text own`."""
        row = content.read_property(line, content.PROPERTIES[type][0], self.clock.now())
        if any(row["name"] == held["name"] for held in self.properties[type]):
            raise ValueError(f"{type} has a property {row['name']} already")
        self.properties[type].append(row)
        self._changed("add_property", "PROPERTY", row["name"], "CREATE", type=type, name=row["name"])

    @controlled
    def delete_property(self, type: str, name: str) -> None:
        """As in the vendor's interface: the property goes to the archive."""
        row = self._property(type, name)
        row |= {"archived": True, "archivedAt": wire.stamp(self.clock.now())}
        self._changed("delete_property", "PROPERTY", name, "DELETE", type=type, name=name)

    @controlled
    def restore_property(self, type: str, name: str) -> None:
        row = next(row for row in self.properties[type] if row["name"] == name)
        row["archived"] = False
        row.pop("archivedAt", None)
        self._changed("restore_property", "PROPERTY", name, "RESTORE", type=type, name=name)

    @controlled
    def purge_property(self, type: str, name: str) -> None:
        """Gone without a trace in the archive."""
        self.properties[type] = [row for row in self.properties[type] if row["name"] != name]
        self._changed("purge_property", "PROPERTY", name, "DELETE", type=type, name=name)

    @controlled
    def alter_property(self, type: str, name: str, **keys: Any) -> None:
        """Sets keys of the property, in the vendor's names."""
        row = self._property(type, name)
        row |= keys
        self._touch(row)
        self._changed("alter_property", "PROPERTY", name, type=type, name=name, **keys)

    @controlled
    def set_options(self, type: str, name: str, options: list[Wire]) -> None:
        """The whole list of options, as the vendor's API takes it."""
        row = self._property(type, name)
        row["options"] = [{**entry, "displayOrder": place} for place, entry in enumerate(options)]
        self._touch(row)
        self._changed(
            "set_options", "PROPERTY", name, type=type, name=name, values=[entry["value"] for entry in options]
        )

    @controlled
    def options(self, type: str, name: str) -> list[Wire]:
        """A copy of a property's options."""
        return copy.deepcopy(list(self._property(type, name)["options"]))

    @controlled
    def remove_option(self, type: str, name: str, value: str) -> None:
        kept = [entry for entry in self.options(type, name) if entry["value"] != value]
        self.set_options(type, name, kept)

    @controlled
    def add_option(self, type: str, name: str, option: str, at: int | None = None) -> None:
        """`option` as `value=Label`; `at` is its place, else the end."""
        held = self.options(type, name)
        held.insert(len(held) if at is None else at, wire.option(option, 0))
        self.set_options(type, name, held)

    @controlled
    def reorder_options(self, type: str, name: str, order: list[str]) -> None:
        held = {entry["value"]: entry for entry in self.options(type, name)}
        self.set_options(type, name, [held[value] for value in order])

    @controlled
    def release(self, n: int = 2, type: str = "contacts") -> None:
        """The vendor ships n new properties of its own; nobody in the account did it."""
        start = sum(row["name"].startswith("hs_new_feature_") for row in self.properties[type])
        for number in range(start, start + n):
            self.properties[type].append(wire.property(f"hs_new_feature_{number + 1}", "string", "text",
                                                       content.PROPERTIES[type][0],
                                                       self.clock.now(), own=False, read_only=True))  # fmt: skip
        self.note("release", n=n, type=type)

    @controlled
    def withdraw_release(self, type: str = "contacts") -> None:
        """The vendor takes its new properties back."""
        self.properties[type] = [row for row in self.properties[type] if not row["name"].startswith("hs_new_feature_")]
        self.note("withdraw_release", type=type)

    @controlled
    def set_validation(self, type: str, name: str, rule: str, arguments: list[str] | None = None) -> None:
        """A validation rule of a property; arguments None takes it away."""
        rules = self.validations.setdefault(type, {}).setdefault(name, [])
        rules[:] = [held for held in rules if held["ruleType"] != rule]
        if arguments is not None:
            rules.append(made_rule(rule, arguments))
        self._changed("set_validation", "PROPERTY", name, type=type, name=name, rule=rule, arguments=arguments)

    @controlled
    def add_object(self, name: str, plural: str = "") -> None:
        content_lines = "record_name string/text own"
        group = f"{name}_information"
        self.properties[name] = [content.read_property(content_lines, group, self.clock.now())]
        self.groups[name] = [{"name": group, "label": wire.label(group), "displayOrder": -1, "archived": False}]
        self._schema(
            name, f"2-{4400200 + len(self.schemas)}", plural or wire.label(name), "record_name", ("record_name",)
        )
        self._changed("add_object", "CRM_OBJECT_SCHEMA", name, "CREATE", name=name)

    @controlled
    def delete_object(self, name: str) -> None:
        self.schemas = [schema for schema in self.schemas if schema["name"] != name]
        self._changed("delete_object", "CRM_OBJECT_SCHEMA", name, "DELETE", name=name)

    @controlled
    def set_required(self, name: str, required: list[str]) -> None:
        """Required properties of a custom object."""
        schema = next(schema for schema in self.schemas if schema["name"] == name)
        schema["requiredProperties"] = required
        self._touch(schema)
        self._changed("set_required", "CRM_OBJECT_SCHEMA", name, name=name, required=required)

    def _pipeline(self, type: str, id: str) -> Wire:
        return next(row for row in self.pipelines[type] if row["id"] == id)

    def _audited(self, type: str, pipeline: str, action: str) -> None:
        """A line of the pipeline's own audit, which every plan has."""
        row = next((row for row in self.pipelines[type] if row["id"] == pipeline), {})
        self.pipeline_audit.setdefault((type, pipeline), []).append({
            "portalId": self.portal, "identifier": pipeline, "action": action, "message": "",
            "fromUserId": int(self._actor()["id"]), "rawObject": copy.deepcopy(row),
            "timestamp": wire.stamp(self.clock.now()),
        })  # fmt: skip

    @controlled
    def delete_pipeline(self, type: str, pipeline: str) -> None:
        row = self._pipeline(type, pipeline)
        self.pipelines[type].remove(row)
        self._audited(type, pipeline, "DELETE")
        self._changed("delete_pipeline", "PIPELINE", pipeline, "DELETE", type=type, pipeline=pipeline)

    @controlled
    def rename_stage(self, type: str, pipeline: str, stage: str, label: str) -> None:
        row = next(row for row in self._pipeline(type, pipeline)["stages"] if row["id"] == stage)
        row["label"] = label
        self._touch(row)
        self._audited(type, pipeline, "UPDATE")
        self._changed("rename_stage", "PIPELINE", stage, type=type, pipeline=pipeline, stage=stage, label=label)

    @controlled
    def remove_stage(self, type: str, pipeline: str, stage: str) -> None:
        row = self._pipeline(type, pipeline)
        row["stages"] = [held for held in row["stages"] if held["id"] != stage]
        self._touch(row)
        self._audited(type, pipeline, "UPDATE")
        self._changed("remove_stage", "PIPELINE", stage, "DELETE", type=type, pipeline=pipeline, stage=stage)
