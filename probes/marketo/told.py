"""What of Marketo takes more than one request: fields, people, forms, who calls, and what still writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.clock import stamp
from probes.kit.coded import made, once
from probes.kit.contract import Fault
from probes.kit.listing import Row
from probes.kit.paging import Paging

Made: TypeAlias = AsyncIterator[tuple[Row, Answer | Fault]]
Validators: TypeAlias = Sequence[Mapping[str, str]]
TOKEN: Final = "/identity/oauth/token"  # noqa: S105  a path
MANAGE: Final = "/userservice/management/v1/users"
TOKENED: Final = Paging(style="cursor", next="nextPageToken", more="moreResult", into="nextPageToken", size=300,
                        size_into="batchSize")  # fmt: skip
USERS: Final = Paging(style="offset", into="pageOffset", size=200, size_into="pageSize")
DAY: Final = 86_400.0
MOST: Final = 3  # pages of a day's changes that are looked at: enough to see that there are some
CHANGES: Final = "12,13"  # New Lead, Change Data Value
SOURCES: Final = {
    "api": "calls of the REST API", "crm": "the native CRM integration", "import": "imports of lists",
    "other": "forms, campaigns and people",
}  # fmt: skip


async def _result(api: Client, path: str) -> list[dict[str, Any]]:
    """The rows of an answer that always has some."""
    return listed((await api.ask(Ask(path))).value(), "result")


@once
async def leads(api: Client) -> Answer:
    """Fields of people: what they are, who keeps them, and, asked for, what only the schema tells."""
    fields = await _result(api, "/rest/v1/leads/describe.json")
    (second, *_) = await _result(api, "/rest/v1/leads/describe2.json")
    more = {one["name"]: one for one in second["fields"]}
    searchable = {one for names in second["searchableFields"] for one in names}
    rich: dict[str, Any] = {}
    if api.options["schema_fields"]:
        rows = await api.every(Ask("/rest/v1/leads/schema/fields.json"), TOKENED, "result")
        rich = {one["name"]: one for one in rows}
    for field in fields:
        name = str((field.get("rest") or {}).get("name"))
        field |= {"more": more.get(name), "searchable": name in searchable, "rich": rich.get(name)}
    return made({"result": fields})


@once
async def users(api: Client) -> Answer:
    """People with their roles in each workspace, one page for each."""
    listed = await api.every(Ask(f"{MANAGE}/allusers.json"), USERS, "")
    found = []
    for one in listed:
        page: dict[str, Any] = (await api.ask(Ask(f"{MANAGE}/{quote(one['userid'], safe='')}/user.json"))).value()
        ends = page.get("expiresAt")
        found.append({**one, **page, "id": one["id"], "expiresAt": ends and ends.replace("t", "")})
    return made({"users": found})


async def _called(api: Client, by: str) -> dict[str, str]:
    """The name that REST has for each field of people, by the name that SOAP or the screen has for it."""
    fields = [one for one in await _result(api, "/rest/v1/leads/describe.json") if one.get("rest")]
    names = {one["displayName"] if by == "screen" else (one.get("soap") or {}).get("name"): one["rest"]["name"]
             for one in fields}  # fmt: skip
    return {name: f"leads/{rest}" for name, rest in names.items() if name}


async def form_fields(api: Client, parents: Sequence[Row], validators: Validators) -> Made:
    """The fields of each form, which calls them as SOAP does; what Marketo puts in for profiling is none."""
    names = await _called(api, "soap")
    for parent in parents:
        try:
            asked = Ask(f"/rest/asset/v1/form/{parent['id']}/fields.json")
            found: dict[str, Any] = (await api.ask(asked)).value()
            rows = listed(found, "result", or_none=bool(found["warnings"]))
            rows = [row for row in rows if row["dataType"] != "profiling"]
        except Fault as fault:
            yield parent, fault
        else:
            form = {"fields": [names.get(row["id"], row["id"]) for row in rows]}
            yield parent, made({"result": rows, "form": [form]})


async def smart_lists(api: Client, parents: Sequence[Row], validators: Validators) -> Made:
    """What starts each campaign. A filter by a field is called as the field is on the screen."""
    names = await _called(api, "screen")
    for parent in parents:
        try:
            asked = Ask(f"/rest/asset/v1/smartCampaign/{parent['id']}/smartList.json", {"includeRules": "true"})
            found: dict[str, Any] = (await api.ask(asked)).value()
            rows = found["result"] if "result" in found or not found["warnings"] else []
            for row in rows:
                filters = (row.get("rules") or {}).get("filters") or ()
                row["reads"] = sorted({names[one["name"]] for one in filters if one["name"] in names})
        except Fault as fault:
            yield parent, fault
        else:
            yield parent, made({"result": rows})


@once
async def calls(api: Client) -> Answer:
    """How today's calls of everybody went, and who called in seven days."""
    days = await _result(api, "/rest/v1/stats/usage.json")
    failed = await _result(api, "/rest/v1/stats/errors.json")
    week = await _result(api, "/rest/v1/stats/usage/last7days.json")
    total, wrong = (sum(day["total"] for day in part) for part in (days, failed))
    codes = sorted({str(one["errorCode"]) for day in failed for one in day.get("errors") or ()})
    row = {"name": "rest-api", "state": "quota" if "607" in codes else "ok", "rows_ok": max(0, total - wrong),
           "rows_failed": wrong, "errors": codes}  # fmt: skip
    counts: Counter[str] = Counter()
    last: dict[str, str] = {}
    for day in week:
        for one in day.get("users") or ():
            counts[one["userId"]] += one["count"]
            last[one["userId"]] = max(last.get(one["userId"], ""), str(day["date"]))
    callers = [{"userId": name, "count": count, "last": last[name]} for name, count in sorted(counts.items()) if count]
    return made({"calls": [row], "callers": callers})


@once
async def writes(api: Client) -> Answer:
    """Through what people were changed in the last day, and when last. Who was changed, and to what, stays here."""
    since = stamp(api.clock.now() - DAY)
    token = (await api.ask(Ask("/rest/v1/activities/pagingtoken.json", {"sinceDatetime": since}))).value(
        "nextPageToken"
    )
    counts: Counter[str] = Counter()
    last: dict[str, str] = {}
    whole = False
    for _ in range(MOST):
        asked = Ask("/rest/v1/activities.json", {"nextPageToken": token, "activityTypeIds": CHANGES})
        page: dict[str, Any] = (await api.ask(asked)).value()
        for change in page.get("result") or ():
            source = through(change.get("attributes") or ())
            counts[source] += 1
            last[source] = max(last.get(source, ""), str(change["activityDate"]))
        if whole := not page["moreResult"]:
            break
        token = page["nextPageToken"]
    rows = [
        {"source": name, "label": label, "object": "leads", "state": "written" if counts[name] else None,
         "last": last.get(name), "count": counts[name] if whole or not counts[name] else None}
        for name, label in SOURCES.items()
    ]  # fmt: skip
    return made({"writes": rows})


def through(attributes: Sequence[Mapping[str, Any]]) -> str:
    """Through what a change came, by the words of its `Source`."""
    said = next((str(one["value"]).lower() for one in attributes if one["name"] in ("Source", "Source Type")), "")
    if "api" in said.split():
        return "api"
    if any(word in said for word in ("sfdc", "salesforce", "dynamics", "crm")):
        return "crm"
    return "import" if "import" in said else "other"
