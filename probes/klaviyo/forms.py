"""What Klaviyo's forms ask of people, and which lists those come to.

A form has versions (one a test), these have steps, and somewhere in them stand the blocks that ask: each names the
property of a profile that it fills. Buttons name the list that whoever submits is added to. Both are found at any depth
of the definition, whose schemas the vendor's OpenAPI has; what a block looks like is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made
from probes.kit.contract import Malformed
from probes.kit.listing import Row

# Blocks that ask; two have a property of their own where none is named.
TYPES: Final = {
    "text": "text", "email": "email", "phone_number": "phone", "date": "date", "age_gate": "date",
    "dropdown": "option", "radio_buttons": "option", "checkboxes": "multi_option", "opt_in_code": "text",
    "promotional_sms_checkbox": "boolean", "bis_promotional_email_checkbox": "boolean", "*": "any",
}  # fmt: skip
OWN: Final = {"email": "$email", "phone_number": "$phone_number"}


@each
async def forms(api: Client, parent: Row) -> Answer:
    """Each form with its questions, one for each property that it fills."""
    told = await api.ask(Ask(f"/api/forms/{quote(str(parent['key']), safe='')}", limit="S"))
    definition = told.value("data.attributes.definition")
    if not isinstance(definition, dict) or not isinstance(definition.get("versions"), list):
        raise Malformed("the form has no definition with versions")
    return _made(str(parent["key"]), list(_every(definition)))


def _made(form: str, parts: Sequence[Mapping[str, Any]]) -> Answer:
    asked: dict[str, dict[str, Any]] = {}
    for part in parts:
        told = part.get("properties")
        if isinstance(told, dict) and (name := told.get("property_name") or OWN.get(str(part.get("type")))):
            asked.setdefault(str(name), {"name": str(name), "type": part.get("type"), **told})
    lists = {str(part["list_id"]) for part in parts if part.get("list_id")}
    row = {"id": form, "asks": sorted(asked), "lists": sorted(lists)}
    return made({"data": [row], "fields": list(asked.values())})


def _every(value: Any) -> Iterator[dict[str, Any]]:
    """All objects at any depth."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _every(inner)
