"""Properties of objects: their types in our words, and those that a plain request leaves out.

`/crm/properties` gives what is not sensitive, unless `dataSensitivity` asks for another class (guide to sensitive
data): a property that is made sensitive would look deleted. Each class is therefore asked for, and all are one list; by
the guide definitions take no scope beyond the object's own. A custom object says itself whether it may have such
properties (`allowsSensitiveProperties`). Where HubSpot does not know the class, or the plan lacks it, there are none;
any other refusal makes the read partial, so that nothing is taken for deleted.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each
from probes.kit.contract import Fault, Kind, Malformed, Rejected, Unsupported
from probes.kit.listing import Listing, Row, keep

from .names import V

CLASSES: Final = ("sensitive", "highly_sensitive")
_BASE: Final = {"string": "text", "number": "decimal", "date": "date", "datetime": "datetime", "enumeration": "option",
                "bool": "boolean", "phone_number": "phone", "object_coordinates": "reference",
                "json": "json"}  # fmt: skip
_NARROWER: Final = {"textarea": "long_text", "html": "html", "file": "file", "phonenumber": "phone",
                    "checkbox": "multi_option", "booleancheckbox": "boolean"}  # fmt: skip
_FIELDS: Final = ("text", "textarea", "html", "file", "phonenumber", "number", "date", "select", "radio", "checkbox",
                  "booleancheckbox", "calculation_equation", "calculation_rollup", "calculation_score",
                  "calculation_read_time", "calculation_sync", "unknown")  # fmt: skip
TYPES: Final = {
    **{f"{kind}/{field}": _NARROWER.get(field, ours) for kind, ours in _BASE.items() for field in _FIELDS},
    **{f"enumeration/{field}": "option" for field in ("text", "textarea")},
    "*": "any",
}
PROPERTY: Final = keep(
    "label description calculated hidden archived",
    type="join('/', [type, fieldType])", native_type="join('/', [type, fieldType])", group="groupName",
    unique="hasUniqueValue", formula="calculationFormula", externally_managed_options="externalOptions",
    references="[referencedObjectType][?@]", form_field="formField", vendor_defined="hubspotDefined",
    sensitivity="dataSensitivity", sensitivity_categories="sensitiveDataCategories",
    currency_symbol="showCurrencySymbol", date_hint="dateDisplayHint", read_only="modificationMetadata.readOnlyValue",
    read_only_definition="modificationMetadata.readOnlyDefinition",
    read_only_options="modificationMetadata.readOnlyOptions",
    options="sort_by([@][?!externalOptions].options[], &not_null(displayOrder, `-1`))[]"
    ".{value: value, label: label, hidden: hidden}",
)  # fmt: skip
CHANGED: Final = {"at": "updatedAt", "by": "updatedUserId"}


def properties(name: str, for_each: str) -> Listing:
    """The properties of an object: one request for each class, without pages."""
    return Listing(
        name=name, kind=Kind.FIELD, for_each=for_each, path=f"/crm/properties/{V}/{{parent.key}}",
        fetch=of_all_classes, per_fetch=1 + len(CLASSES), records="results", key="name", facts=PROPERTY,
        evidence=CHANGED, words={"type": TYPES}, always=("type", "group"),
        needs=(f"crm.schemas.{'custom' if for_each == 'objects' else '{parent.key}'}.read",),
        link="https://app.hubspot.com/property-settings/{account}/properties?type={parent.id}&search={key}"
        "&action=edit&property={key}",
    )  # fmt: skip


@each
async def of_all_classes(api: Client, parent: Row) -> Answer:
    path = f"/crm/properties/{V}/{quote(str(parent['key']), safe='')}"
    plain = await api.ask(Ask(path, {"archived": "false"}))
    more: list[Any] = []
    for sensitivity in () if parent.get("x_sensitive") is False else CLASSES:
        try:
            answer = await api.ask(Ask(path, {"archived": "false", "dataSensitivity": sensitivity}))
        except (Rejected, Unsupported):
            continue
        except Fault as fault:
            plain.lacks = fault
        else:
            more += [row for row in rows_of(answer, path) if row.get("dataSensitivity") == sensitivity]
    if not more:
        return plain
    body = msgspec.json.encode({"results": [*rows_of(plain, path), *more]})
    return Answer(plain.status, plain.headers, body, lacks=plain.lacks)


def rows_of(answer: Answer, path: str) -> list[Any]:
    """The rows of an answer. Raises Malformed where it has no such list: none would look like none there."""
    rows = answer.value("results")
    if not isinstance(rows, list):
        raise Malformed(f"{path} has no list of results")
    return rows
