"""What people said of a field: its description, how sensitive it is, who answers for it. Describe has none of that.

FieldDefinition has it (object reference and tooling reference: Description, SecurityClassification, ComplianceGroup,
BusinessStatus, BusinessOwnerId since 45.0, for users with View Setup and Configuration). It is made of metadata as it
is asked for: equality is all that it understands, LIMIT is taken and not heeded, and an answer has no second page
("does not support queryMore()", EXCEEDED_ID_LIMIT). So one query asks for one object, and five of them, the most that a
composite takes, are one call. DurableId "isn't guaranteed to stay the same from one release to the next": it leads to
the field's page and is no key.

Only fields of which something was said have a row; the others would repeat describe. It is read once a day: nothing
that moves data depends on it, and a query for each object four times an hour would cost more than all else together.
Not verified at a vendor's org: whether a field that its reader may not see has a row here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from probes.kit.api import Answer, Client
from probes.kit.coded import made
from probes.kit.contract import Fault, Kind, Malformed
from probes.kit.listing import Listing, Row, keep
from probes.kit.stumble import VENDOR_ERRORS, unread

from .calls import DATA, quoted, select, soql, together

DAY: Final = 86_400.0
AT_ONCE: Final = 5  # queries of a composite
DEFINED: Final = ".definitions"  # how the scope of an object's ends
_SAID: Final = ("Description", "SecurityClassification", "ComplianceGroup", "BusinessOwnerId")
_WHAT: Final = (
    f"DurableId, QualifiedApiName, {', '.join(_SAID)}, BusinessStatus, IsFieldHistoryTracked, LastModifiedDate"
)


async def definitions(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """The fields of up to five objects, one query each in one call."""
    asked = {f"r{number}": parent for number, parent in enumerate(parents)}
    asks = [{"method": "GET", "referenceId": name, "url": f"{DATA}/query?{urlencode({'q': _query(parent)})}"}
            for name, parent in asked.items()]  # fmt: skip
    async for name, sub in together(api, f"{DATA}/composite", asks):
        if isinstance(sub, Fault):
            yield asked[name], sub
            continue
        try:
            rows = _rows(sub.value())
        except Malformed as fault:
            yield asked[name], fault
        except VENDOR_ERRORS as error:
            yield asked[name], unread(error)
        else:
            yield asked[name], made({"records": rows})


async def said_of(api: Client, about: str) -> list[dict[str, Any]]:
    """The rows of one object, alone."""
    return _rows((await api.ask(soql(_query({"key": about})))).value())


def _query(parent: Row) -> str:
    return select(_WHAT, "FieldDefinition", f"EntityDefinition.QualifiedApiName = {quoted([str(parent['key'])])}")


def _rows(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those of which something was said. Raises Malformed for an answer that is not all."""
    records = body["records"]
    if body["done"] is not True or body["totalSize"] != len(records):
        raise Malformed(f"{len(records)} of {body['totalSize']} definitions came, and there is no second page")
    return [_row(one) for one in records if _spoken(one)]


def _spoken(row: Mapping[str, Any]) -> bool:
    return any(map(row.get, _SAID)) or row["IsFieldHistoryTracked"] or row["BusinessStatus"] not in (None, "Active")


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    groups = [group for one in str(row["ComplianceGroup"] or "").split(";") if (group := one.strip())]
    return {**row, "groups": groups, "page": str(row["DurableId"]).rpartition(".")[2]}


DEFINITIONS: Final = Listing(
    name="definitions", kind=Kind.FIELD, for_each="objects", only="queryable && x_layoutable", batch=AT_ONCE,
    fetch=definitions, every=DAY, scope=f"{{parent.key}}{DEFINED}", records="records", key="QualifiedApiName",
    id="page", needs=("ViewSetup",), always=("history_tracked",), people=("x_business_owner",),
    facts=keep(description="Description", sensitivity="SecurityClassification", sensitivity_categories="groups",
               deprecated="BusinessStatus == 'DeprecateCandidate'", hidden="BusinessStatus == 'Hidden'",
               history_tracked="IsFieldHistoryTracked", x_business_owner="BusinessOwnerId"),
    evidence={"at": "LastModifiedDate"},
    link="{base}/lightning/setup/ObjectManager/{parent.key}/FieldsAndRelationships/{id}/view",
)  # fmt: skip
