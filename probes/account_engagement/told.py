"""Account Engagement beside its lists: what forms write into prospects, and who changed an asset last.

`who`: each asset has the number of the user who changed it last, which the list of users names. Version 5 has no audit
trail: of an asset that was changed twice only the last change is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.contract import Fault, Kind, Ref, Rejected, Sought
from probes.kit.listing import Fetch, Row, Told
from probes.kit.paging import Paging
from probes.kit.values import instant

API: Final = "/api/v5/objects"
PAGES: Final = Paging(style="next", next="nextPageUrl", size=1000, size_into="limit")
SLACK: Final = 60.0  # seconds that an answer may be old, by the vendor's own word
MARKED: Final = {
    Ref(Kind.FIELD, "prospects"): "custom-fields",
    Ref(Kind.SCHEMA, "campaigns"): "campaigns",
    Ref(Kind.SCHEMA, "lists"): "lists",
    Ref(Kind.TEMPLATE, "forms"): "forms",
    Ref(Kind.TEMPLATE, "form-handlers"): "form-handlers",
    Ref(Kind.TEMPLATE, "email-templates"): "email-templates",
    Ref(Kind.AUTOMATION, "programs"): "engagement-studio-programs",
    Ref(Kind.PERMISSION, "users"): "users",
    Ref(Kind.PLATFORM, "tracker-domains"): "tracker-domains",
}


def inputs(path: str, word: str, owner: str, asked: str) -> Fetch:
    """All inputs of all forms, and beside them which fields of prospects each form writes into."""

    async def fetch(
        api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
    ) -> AsyncIterator[tuple[Row, Answer | Fault]]:
        rows = await api.every(Ask(f"{API}/{path}", {"fields": asked}), PAGES, "values")
        told = [{**row, "of": f"{word}-{row[owner]}"} for row in rows]
        fields: dict[str, set[str]] = defaultdict(set)
        for row in told:
            fields[row["of"]].add(f"prospects/{str(row['prospectApiFieldId']).removesuffix('__c')}")
        uses = [{"of": of, "number": of.rpartition("-")[2], "fields": sorted(some)}
                for of, some in sorted(fields.items())]  # fmt: skip
        yield parents[0], Answer(200, {}, msgspec.json.encode({"values": told, "uses": uses}))

    return fetch


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """One asset each, and the list of users once, where any of them was changed in that time."""
    marks = [await _mark(api, one) for one in sought]
    people: dict[int, str] = {}
    if any(isinstance(mark, Mapping) and mark for mark in marks):
        rows = await api.every(Ask(f"{API}/users", {"fields": "id,username", "deleted": "all"}), PAGES, "values")
        people = {row["id"]: str(row["username"]) for row in rows}
    return [mark if isinstance(mark, Fault) or not mark else
            {"by": people.get(mark["updatedById"]), "at": mark["updatedAt"], "action": "updated", "how": "last"}
            for mark in marks]  # fmt: skip


async def _mark(api: Client, one: Sought) -> Mapping[str, Any] | Fault:
    """Empty where the asset has none, is not there any more, or was changed at another time."""
    path = "form-fields" if one.ref.kind is Kind.FIELD and one.ref.name.startswith("form-") else MARKED.get(one.ref)
    if path is None or not one.id:
        return {}
    try:
        told: Mapping[str, Any] = (
            await api.ask(Ask(f"{API}/{path}/{one.id}", {"fields": "updatedAt,updatedById"}))
        ).value()
    except Rejected:
        return {}
    except Fault as fault:
        return fault
    at = instant(told.get("updatedAt")) or 0.0
    return told if one.after - SLACK <= at <= one.until + SLACK else {}
