"""Superset on demand: one column of a dataset, one chart or dashboard, and who deleted a thing.

`look`: a dataset that answers tells all its columns and metrics. A chart or dashboard that does not exist is 404, as
one is that one may not see; an Admin may see all (its source: DashboardFilter, "if the user is an admin show them all
dashboards"; ChartFilter lets through whoever may read all data sources), so to an Admin alone it is Absent. What is
there and left out of its list, a draft, was not deleted: nothing is said of it.

`who`: rows bear the mark of their last change, which comes with them. What is gone has none: of it tells the action log
(superset/views/log/api.py: `action`, `dttm`, `user.username`, `json`), whose deletions alone are asked for. Their
`json` is the path of the request, and of several at once their numbers in `rison` (superset/utils/log.py); a deletion
has no body. Other entries are not asked for: they hold whole bodies, passwords of databases among them. A server
without FAB_ADD_SECURITY_VIEWS or SUPERSET_LOG_VIEW answers 404. Not verified: that `dttm` is UTC, as its default is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Answer, Ask, Client, called
from probes.kit.contract import Absent, Kind, Malformed, Ref, Sought, Unsupported
from probes.kit.listing import Found, Told
from probes.kit.values import instant

from .content import parsed, reports
from .lists import columns, datasets

LINES: Final = 100  # newest deletions that are looked through
REPORTS: Final = {Ref(Kind.TEMPLATE, "dashboards"): "dashboard", Ref(Kind.TEMPLATE, "charts"): "chart"}
LOGGED: Final = {
    **REPORTS, Ref(Kind.SCHEMA, "datasets"): "dataset", Ref(Kind.SYNC, "reports"): "report",
    Ref(Kind.AUTOMATION, "reports"): "report", Ref(Kind.PERMISSION, "row-filters"): "rowlevelsecurity",
}  # fmt: skip


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    if ref.kind is Kind.FIELD:
        return await _column(api, ref.name, key)
    if ref not in REPORTS:
        raise Unsupported(f"Superset is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    try:
        await api.ask(Ask(f"/api/v1/{REPORTS[ref]}/{quote(key, safe='')}"))
    except Unsupported as fault:
        roles = (await api.ask(Ask("/api/v1/me/roles/"))).value("result.roles") if fault.code == "Not found" else ()
        if "Admin" in (roles or ()):
            return Absent("404")
        raise
    async for _, answer in reports(api, [{}], []):
        rows = answer.value(ref.name) if isinstance(answer, Answer) else []
        row = next((one for one in rows if str(one["id"]) == key), None)
        if row and (row["shown"] if ref.name == "charts" else row.get("published") or row.get("certified_by")):
            return Found("dashboards", row)
    raise Unsupported("it is a draft, or on none but drafts, which are not watched", code="draft")


async def _column(api: Client, dataset: str, key: str) -> Found | Absent:
    """A column or metric, out of its dataset: a dataset that answers tells all of them."""
    id = next((id for id, name in (await datasets(api)).items() if name == dataset), None)
    if id is None:
        raise Unsupported("its dataset is not listed", code="dataset")
    told = (await api.ask(Ask(f"/api/v1/dataset/{id}"))).value("result")
    row = called(columns(told), "key", key)
    return Absent("not in its dataset") if row is None else Found("fields", row, {"key": dataset, "id": str(id)})


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the deletions of the action log, asked for once."""
    if not any(one.ref in LOGGED for one in sought):
        return [{} for _ in sought]
    asked = (
        f"(columns:!(action,dttm,json,user.username),filters:!((col:action,opr:ct,value:delete)),order_column:dttm,"
        f"order_direction:desc,page:0,page_size:{LINES})"
    )
    rows = (await api.ask(Ask("/api/v1/log/", {"q": asked}))).value("result")
    if not isinstance(rows, list):
        raise Malformed("the log has no result")
    return [_did(rows, one) for one in sought]


def _did(rows: Sequence[Mapping[str, Any]], sought: Sought) -> dict[str, Any]:
    resource = LOGGED.get(sought.ref)
    for row in rows if resource else ():
        at = instant(row["dttm"]) or 0.0
        by = (row.get("user") or {}).get("username")
        if by and sought.during(at) and _named(row, resource or "", sought.names):
            return {"by": by, "at": row["dttm"], "action": row["action"], "how": "named"}
    return {}


def _named(row: Mapping[str, Any], resource: str, names: frozenset[str]) -> bool:
    """Whether a deletion is of this: its number stands in the path, or among those of several."""
    told = parsed(row.get("json"))
    _, found, rest = str(told.get("path") or "").partition(f"/api/v1/{resource}/")
    several = told.get("rison")
    ids = {str(one) for one in several} if isinstance(several, list) else set()
    return bool(found) and bool(({rest} | ids) & names)
