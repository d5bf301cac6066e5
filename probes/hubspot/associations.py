"""Labels that a customer gave to the links between objects, such as "Decision maker", each in one direction.

Which pairs of objects have labels of their own stands in the limits of labels, in one answer (limits tracking:
fromObjectType, toObjectType, allLabels); their ids and sorts come for each such pair (associations schema: category,
typeId, label), and how many records may carry one in one answer for all (configurations: userEnforcedMaxToObjectIds).
Pairs that have none are not asked for: what HubSpot itself links is the same in every account. A label that the limits
name and its pair does not give makes the read fail. The type id differs between accounts and pairs renames; the key is
made of the objects and the label. Not verified: that these answers name pairs of objects whose records the key may not
read; a lost grant of any sort therefore explains what goes.
"""

from __future__ import annotations

from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Malformed

from .names import V, called
from .properties import rows_of

PAIRS: Final = f"/crm/limits/{V}/associations/labels"
MOST: Final = f"/crm/associations/{V}/definitions/configurations/all"


@once
async def associations(api: Client) -> Answer:
    """Every label of the customer's own, with the objects that it links and how many records may carry it."""
    pairs = [pair for pair in rows_of(await api.ask(Ask(PAIRS)), PAIRS) if pair.get("allLabels")]
    most: dict[tuple[Any, Any], Any] = {}
    if pairs:
        for row in rows_of(await api.ask(Ask(MOST)), MOST):
            most[row.get("category"), row.get("typeId")] = row.get("userEnforcedMaxToObjectIds")
    rows: list[dict[str, Any]] = []
    for pair in pairs:
        ends = [pair[end] for end in ("fromObjectType", "toObjectType")]
        here, there = map(called, ends)
        path = f"/crm/associations/{V}/{ends[0]['objectTypeId']}/{ends[1]['objectTypeId']}/labels"
        told = [row for row in rows_of(await api.ask(Ask(path)), path) if row.get("category") == "USER_DEFINED"]
        lost = sorted({*pair["allLabels"]} - {row.get("label") for row in told})
        if lost:
            raise Malformed(f"{path} left out {len(lost)} of {len(pair['allLabels'])} labels")
        rows += [{"from": here, "to": there, "id": row.get("typeId"), "label": row.get("label"),
                  "most": most.get((row.get("category"), row.get("typeId")))} for row in told]  # fmt: skip
    return made({"results": rows})
