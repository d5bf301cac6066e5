"""What of Eloqua is made of more than one list, or has to be brought into a form that can be compared."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.listing import Fetch
from probes.kit.paging import Paging

from .bulk import BULK, PAGES

REST1: Final = "/api/rest/1.0"
REST2: Final = "/api/rest/2.0"
ELEMENTS: Final = "elements"
LIST: Final = Paging(style="page", into="page", size=1000, size_into="count", total="total")
CANVASES: Final = Paging(style="page", into="page", size=100, size_into="count", total="total")  # each is long
SIMPLE: Final = "emailMarketing"
SELECTS: Final = ("singleSelect", "multiSelect", "checkbox")  # displays that say more of a type than the data type


async def listed(api: Client, path: str, paging: Paging = LIST) -> list[dict[str, Any]]:
    """All of a list at full depth: what Eloqua gives unasked has half of the attributes."""
    return [told(row) for row in await api.every(Ask(path, {"depth": "complete"}), paging, ELEMENTS)]


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its text unescaped and the time of its last change, which of a standard field is 1900: nothing."""
    plain = {name: html.unescape(value) if isinstance(value, str) else value for name, value in row.items()}
    at = int(row.get("updatedAt") or 0)
    return {**plain, "at": datetime.fromtimestamp(at, UTC).isoformat() if at > 0 else None}


def answer(rows: Sequence[Any], **more: Any) -> Answer:
    return made({ELEMENTS: rows, **more})


def plain(name: str, under: str = f"{REST2}") -> Fetch:
    """A list as it is, below the assets of an API or where `under` says."""
    path = f"{under}/{name}" if under.startswith(f"{REST2}/") else f"{under}/assets/{name}"

    @once
    async def fetch(api: Client) -> Answer:
        rows = await listed(api, path)
        for row in rows:
            row["interfaces"] = sorted(set(_codes(row.get("interfacePermissions"))))
        return answer(rows)

    return fetch


def _codes(permissions: Sequence[Mapping[str, Any]] | None) -> Iterator[str]:
    for one in permissions or ():
        yield str(one["interfaceCode"])
        yield from _codes(one.get("nestedInterfacePermissions"))


async def _options(api: Client) -> dict[str, list[dict[str, Any]]]:
    """Option list -> its options. The first, without a value, is what a form shows before a choice."""
    return {
        row["id"]: [
            {"value": html.unescape(one["value"]), "label": html.unescape(one.get("displayName") or "")}
            for one in row.get(ELEMENTS) or ()
            if one.get("value")
        ]
        for row in await listed(api, f"{REST1}/assets/optionLists")
    }


def _typed(row: dict[str, Any], options: Mapping[str, Any], bulk: Mapping[str, Any] | None = None) -> dict[str, Any]:
    display = row["displayType"]
    data = "emailAddress" if bulk and bulk["dataType"] == "emailAddress" else row["dataType"]
    return {**row, "type": display if display in SELECTS else data, "options": options.get(row.get("optionListId", ""))}


@once
async def contacts(api: Client) -> Answer:
    """Contact fields with their options, and what only the Bulk API tells: what is unique, what may be empty."""
    options = await _options(api)
    asked = Ask(f"{BULK}/contacts/fields", {"totalResults": "true"})
    bulk = {row["internalName"]: row for row in await api.every(asked, PAGES, "items")}
    rows = []
    for row in await listed(api, f"{REST1}/assets/contact/fields"):
        more = bulk.get(row["internalName"])
        rows.append({
            **_typed(row, options, more),
            "required": row.get("isRequired") == "true",
            "read_only": row.get("isReadOnly") == "true",
            "standard": row.get("isStandard") == "true",
            "unique": more and more["hasUniquenessConstraint"],
            "nullable": more and not more["hasNotNullConstraint"],
        })  # fmt: skip
    return answer(rows)


@once
async def customs(api: Client) -> Answer:
    """Custom objects, which name their fields by id, and all their fields beside them."""
    options = await _options(api)
    objects, fields = await listed(api, f"{REST2}/assets/customObjects"), []
    for one in objects:
        names = {field["id"]: field["internalName"] for field in one.get("fields") or ()}
        for name, key in (("display", "displayNameFieldId"), ("email", "emailAddressFieldId")):
            one[name] = names.get(one.get(key, ""))
        unique = names.get(one.get("uniqueCodeFieldId", ""))
        one["unique"] = [unique] if unique else None
        fields += [{**_typed(told(row), options), "object": one["name"]} for row in one.get("fields") or ()]
    return answer(objects, fields=fields)


async def _names(api: Client) -> dict[str, str]:
    rows = await listed(api, f"{REST1}/assets/contact/fields")
    return {row["id"]: row["internalName"] for row in rows}


@once
async def forms(api: Client) -> Answer:
    """Forms with the contact fields that they ask for, and those that their processing writes."""
    names = await _names(api)
    rows = await listed(api, f"{REST2}/assets/forms")
    for row in rows:
        steps = row.get("processingSteps") or ()
        row["fields"] = _known(names, row.get(ELEMENTS), "createdFromContactFieldId")
        row["writes"] = _known(names, steps, "targetEntityFieldId")
        row["steps"] = [{"key": one["id"], "type": one["type"], "target": one.get("execute")} for one in steps]
    return answer(rows)


@once
async def segments(api: Client) -> Answer:
    """Segments with the contact fields that their criteria read. Counts and values stay here."""
    names = await _names(api)
    rows = await listed(api, f"{REST2}/assets/contact/segments")
    for row in rows:
        elements = row.get(ELEMENTS) or ()
        row["reads"] = _known(names, elements, "fieldId")
        row["steps"] = [{"key": one["id"], "type": one["type"], "target": one.get("isIncluded")} for one in elements]
    return answer(rows)


@once
async def campaigns(api: Client) -> Answer:
    """Campaigns of several steps, which run by themselves, with the contact fields that their decisions read. Simple
    e-mail campaigns are sent once and stay here. A step leads to one other, or to one for yes and one for no."""
    names = await _names(api)
    rows = [
        row for row in await listed(api, f"{REST2}/assets/campaigns", CANVASES) if row["campaignCategory"] != SIMPLE
    ]
    for row in rows:
        elements = row.get(ELEMENTS) or ()
        row["reads"] = _known(names, elements, "fieldId")
        for name in ("segment", "email"):
            row[f"{name}s"] = sorted({one[f"{name}Id"] for one in elements if one.get(f"{name}Id")})
        row["steps"] = [
            {
                "key": one["id"],
                "type": one["type"],
                "target": " ".join(sorted(f"{way['terminalType']}={way['connectedId']}" for way in _ways(one))),
            }
            for one in elements
        ]
    return answer(rows)


def _ways(element: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [way for way in element.get("outputTerminals") or () if way.get("connectedId")]


def _known(names: Mapping[str, str], value: Any, key: str) -> list[str]:
    """Internal names of the contact fields whose ids stand anywhere under `key`."""
    return sorted({names[id] for id in _under(value, key) if id in names})


def _under(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get(key), str):
            yield value[key]
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from _under(one, key)


@once
async def site(api: Client) -> Answer:
    """The data centre that serves the instance, as /id told it: Oracle may move it."""
    asked: Callable[[Ask], Any] = api.ask
    whole = (await asked(Ask(f"{api.options['login']}/id", limit="login"))).value()
    return answer([{"name": whole["site"]["name"], "base": whole["urls"]["base"]}])
