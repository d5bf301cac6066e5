"""Workflows with the properties that they read and write.

The list gives what a workflow is called and whether it is on; its actions and enrolment come by `batch/read`. Names of
properties stand under a closed set of keys in the vendor's published specification (automation v4: filters, branches,
data sources, values of actions, anchors), and in texts as tokens in double braces. What an action writes stands in its
`fields`: `property_name` where it sets one, `targetProperty` where it makes a record (the vendor's action reference).

Code and web addresses that a workflow calls cannot be seen into, and are said to be so. A workflow that the list has
and `batch/read` does not give makes the read fail: without its details it would seem to have stopped using anything.
An action on an associated record does not say of which object that is: its property may be of any. How many ids a batch
takes is published nowhere; other batch reads of the vendor take a hundred. Segments that a workflow takes people from,
and those whose people it leaves out, stand in its filters (`listId`) and in `suppressionListIds`; a workflow of another
object than contacts has filters in their place (`suppressionFilterBranch`), whose properties it reads. Properties of
events (`filterLines`) are no properties of an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Malformed

from .names import AFTER, NAMES

FLOWS: Final = "/automation/v4/flows"
DETAILS: Final = f"{FLOWS}/batch/read"
BATCH: Final = 100

_READ: Final = frozenset({"property", "propertyName", "comparisonPropertyName", "appendPropertyName", "contactProperty",
                          "dateProperty", "propertyToken"})  # fmt: skip
_WRITTEN: Final = frozenset({"property_name", "targetProperty"})
_ELSEWHERE: Final = frozenset({"OBJECT_PROPERTY", "FETCHED_OBJECT_PROPERTY"})  # values that may be another record's
_EVENTS: Final = "filterLines"
_BLIND: Final = frozenset({"CUSTOM_CODE", "WEBHOOK"})
_TOKEN: Final = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_ANY: Final = "*"  # an object that is not said


@once
async def workflows(api: Client) -> Answer:
    """Every workflow of the list, with what its details say of properties."""
    rows: list[dict[str, Any]] = list(await api.every(Ask(FLOWS), AFTER, "results"))
    details: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(rows), BATCH):
        inputs = [{"flowId": str(row["id"]), "type": "FLOW_ID"} for row in rows[start : start + BATCH]]
        for found in (await api.ask(Ask(DETAILS, body={"inputs": inputs}))).value("results") or []:
            details[str(found.get("id"))] = found
    lost = [str(row["id"]) for row in rows if str(row["id"]) not in details]
    if lost:
        raise Malformed(f"{DETAILS} left out {len(lost)} of {len(rows)} workflows, such as {lost[0]}")
    full = [{**row, **properties(details[str(row["id"])]), **segments(details[str(row["id"])])} for row in rows]
    return made({"results": full})


def properties(detail: Mapping[str, Any]) -> dict[str, Any]:
    """`reads` and `writes`, as object and name, and whether it does what cannot be seen into."""
    reads: set[str] = set()
    writes: set[str] = set()
    for object, name, written in _found(detail, str(detail.get("objectTypeId"))):
        (writes if written else reads).add(f"{NAMES.get(object, object)}/{name}")
    blind = any(isinstance(one, Mapping) and one.get("type") in _BLIND for one in detail.get("actions") or ())
    return {"reads": sorted(reads), "writes": sorted(writes), "opaque": blind or None}


def segments(detail: Mapping[str, Any]) -> dict[str, Any]:
    """From which segments it takes people, which it leaves out, and whether the Salesforce connector may bring some."""
    return {
        "segments": sorted(set(_lists(detail.get("enrollmentCriteria")))),
        "suppressionListIds": [str(id) for id in detail.get("suppressionListIds") or ()],
        "canEnrollFromSalesforce": detail.get("canEnrollFromSalesforce"),
    }


def _lists(value: Any) -> Iterator[str]:
    """Ids of segments in filters, at any depth."""
    if isinstance(value, Mapping):
        if value.get("listId") is not None:
            yield str(value["listId"])
        for inner in value.values():
            yield from _lists(inner)
    elif isinstance(value, list):
        for one in value:
            yield from _lists(one)


def _found(value: Any, object: str) -> Iterator[tuple[str, str, bool]]:
    """Object, property, whether it is written: at any depth, since branches hold branches."""
    if isinstance(value, str):
        for token in _TOKEN.findall(value):
            yield _ANY, token.rpartition(".")[2], False
    elif isinstance(value, list):
        for one in value:
            yield from _found(one, object)
    elif isinstance(value, Mapping):
        own = str(value.get("objectTypeId") or value.get("object_type_id") or object)
        elsewhere = bool(value.get("association")) or value.get("type") in _ELSEWHERE
        at = _ANY if elsewhere else own
        for key, inner in value.items():
            if key in _READ | _WRITTEN and isinstance(inner, str):
                yield at, inner.strip("{ }").rpartition(".")[2], key in _WRITTEN
            elif key != _EVENTS:
                yield from _found(inner, own)
