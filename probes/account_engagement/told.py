"""Account Engagement beside its lists: what forms write into prospects, one asset, and who changed it last.

An asset is read by its number, and one in the recycle bin stands in its list alone (404 is "does not exist or is in the
recycle bin", by the page on error codes). `who`: each asset has the number of the user who changed it last, which the
list of users names. Version 5 has no audit trail: of an asset that was changed twice only the last change is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Fault, Kind, Ref, Rejected, Sought
from probes.kit.listing import Fetch, Told
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
    Ref(Kind.TEMPLATE, "landing-pages"): "landing-pages",
    Ref(Kind.TEMPLATE, "layout-templates"): "layout-templates",
    Ref(Kind.TEMPLATE, "dynamic-contents"): "dynamic-contents",
    Ref(Kind.AUTOMATION, "programs"): "engagement-studio-programs",
    Ref(Kind.PERMISSION, "users"): "users",
    Ref(Kind.PLATFORM, "tracker-domains"): "tracker-domains",
}
BINLESS: Final = frozenset({"custom-fields", "form-fields"})


def inputs(path: str, word: str, owner: str, asked: str) -> Fetch:
    """All inputs of all forms, and beside them which fields of prospects each form writes into."""

    @once
    async def fetch(api: Client) -> Answer:
        rows = await api.every(Ask(f"{API}/{path}", {"fields": asked}), PAGES, "values")
        told = [{**row, "of": f"{word}-{row[owner]}"} for row in rows]
        fields: dict[str, set[str]] = defaultdict(set)
        for row in told:
            fields[row["of"]].add(f"prospects/{str(row['prospectApiFieldId']).removesuffix('__c')}")
        uses = [{"of": of, "number": of.rpartition("-")[2], "fields": sorted(some)}
                for of, some in sorted(fields.items())]  # fmt: skip
        return made({"values": told, "uses": uses})

    return fetch


@once
async def contents(api: Client) -> Answer:
    """Dynamic contents, each with the field of prospects that it goes by, where it goes by one."""
    asked = {"fields": "id,name,basedOn,basedOnProspectApiFieldId,isDeleted,updatedAt", "deleted": "all"}
    rows = await api.every(Ask(f"{API}/dynamic-contents", asked), PAGES, "values")
    told = [{**row, "fields": [f"prospects/{field.removesuffix('__c')}"] if field else []}
            for row in rows for field in [row["basedOnProspectApiFieldId"]]]  # fmt: skip
    return made({"values": told})


async def one(api: Client, path: str, id: str, fields: str) -> Mapping[str, Any] | None:
    """An asset by its number, and None where there is none, in the recycle bin either."""
    try:
        return dict((await api.ask(Ask(f"{API}/{path}/{id}", {"fields": fields}))).value())
    except Rejected:
        if path in BINLESS:
            return None
    rows = await api.every(Ask(f"{API}/{path}", {"fields": fields, "deleted": "all"}), PAGES, "values")
    return next((row for row in rows if str(row["id"]) == id), None)


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """One asset each, and the list of users once, where any of them was changed in that time."""
    marks = [await _mark(api, asked) for asked in sought]
    people: dict[int, str] = {}
    if any(isinstance(mark, Mapping) and mark for mark in marks):
        rows = await api.every(Ask(f"{API}/users", {"fields": "id,username", "deleted": "all"}), PAGES, "values")
        people = {row["id"]: str(row["username"]) for row in rows}
    return [mark if isinstance(mark, Fault) or not mark else
            {"by": people.get(mark["updatedById"]), "at": mark["updatedAt"], "action": "updated", "how": "last"}
            for mark in marks]  # fmt: skip


async def _mark(api: Client, asked: Sought) -> Mapping[str, Any] | Fault:
    """Empty where the asset has none, is not there any more, or was changed at another time."""
    path = (
        "form-fields" if asked.ref.kind is Kind.FIELD and asked.ref.name.startswith("form-") else MARKED.get(asked.ref)
    )
    if path is None or not asked.id:
        return {}
    try:
        told = await one(api, path, asked.id, "id,updatedAt,updatedById")
    except Fault as fault:
        return fault
    at = instant((told or {}).get("updatedAt")) or 0.0
    return told if told and asked.during(at, SLACK) else {}
