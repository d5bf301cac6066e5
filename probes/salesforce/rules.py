"""Validation rules with the formulas by which they refuse records.

A query gives the rules of fifty objects, but a formula stands in `Metadata`, which a query gives for one record only
(tooling reference, ValidationRule: "Query this field only if the query result contains no more than one record"). The
record's own address gives it too (GET is a supported method), and /tooling/composite answers 25 of them as one call
(tooling guide, "Improve Performance with the Composite Resource"). They are asked for when a row of the list moved:
the digest of an object's rows, LastModifiedDate among them, is the validator of its read.

The rule of a managed package is said to be one that cannot be seen into, and its Metadata is not asked for: whether
it is given is not verified at a vendor's org, and what one credential sees and the next does not would look like a
change. An own rule without its formula is a read that failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Client
from probes.kit.coded import made
from probes.kit.contract import Fault, Malformed, canonical, digest
from probes.kit.listing import Row

from .calls import PAGES, holder, packed, quoted, records, select, soql

_WHAT: Final = (
    "Id, EntityDefinition.QualifiedApiName, ValidationName, NamespacePrefix, Active, Description, ErrorMessage, "
    "LastModifiedDate"
)


async def validation_rules(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """The rules of each object; an object whose rows are as they were is not asked about again."""
    named = quoted(str(parent["key"]) for parent in parents)
    query = select(_WHAT, "ValidationRule", f"EntityDefinition.QualifiedApiName IN ({named})")
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for found in await api.every(soql(query, tooling=True), PAGES, "records"):
        rows[str(found["EntityDefinition"]["QualifiedApiName"])].append(found)
    moved: list[tuple[Row, str, list[dict[str, Any]]]] = []
    for parent, known in zip(parents, validators, strict=True):
        mine = sorted(rows.pop(str(parent["key"]), []), key=canonical)
        mark = digest(canonical(mine)).hex()
        if known.get("If-None-Match") == mark:
            yield parent, Answer(304, {}, b"")
        else:
            moved.append((parent, mark, mine))
    own = [str(row["Id"]) for _, _, mine in moved for row in mine if not packed(row)]
    told = await records(api, "ValidationRule", own)
    for parent, mark, mine in moved:
        try:
            full = [_rule(row, told.get(str(row["Id"]))) for row in mine]
        except Fault as fault:
            yield parent, fault
        else:
            yield parent, Answer(200, {"etag": mark}, made({"records": full}).raw)


def _rule(row: Mapping[str, Any], told: Answer | Fault | None) -> dict[str, Any]:
    """Raises the Fault that came instead of the formula: a rule without it would seem to have lost it."""
    full = {**row, "name": holder({**row, "Name": row["ValidationName"]})}
    if packed(row):
        return {**full, "opaque": True}
    if isinstance(told, Fault):
        raise told
    formula = told.value("Metadata.errorConditionFormula") if told is not None else None
    if not formula:
        raise Malformed(f"the validation rule {row['ValidationName']} came without its formula")
    return {**full, "formula": formula}
