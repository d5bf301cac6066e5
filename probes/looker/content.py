"""What reports of Looker read: the explores and fields of the queries behind tiles and Looks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made, once
from probes.kit.contract import Malformed, canonical
from probes.kit.listing import Row
from probes.kit.paging import Paging

WHOLE = Paging(style="offset", into="offset", size=50, size_into="limit")  # dashboards with all their tiles
QUERY: Final = "query(model,view,fields,pivots,filters,filter_expression,dynamic_fields)"
PLACE: Final = "folder(name,is_personal,is_personal_descendant),certification_metadata(certification_status)"
TILE: Final = f"id,{QUERY},look({QUERY}),result_maker({QUERY},filterables,sql_query_id),merge_result_id"
DASHBOARD: Final = (
    "id,title,description,hidden,user_name,is_owner_disabled,refresh_interval,query_timezone,updated_at"
    f",last_updater_name,dashboard_filters(model,explore,dimension),dashboard_elements({TILE}),{PLACE}"
)
LOOK: Final = f"id,title,description,public,user_name,is_owner_disabled,updated_at,{PLACE}"
NAMED: Final = re.compile(r'"(?:measure|dimension|table_calculation)"\s*:\s*"([^"]+)"')  # what a custom field is called
MADE_OF: Final = re.compile(r'"based_on"\s*:\s*"([^"]+)"|\$\{([^}]+)\}')


def used(queries: Sequence[Any], filters: Sequence[Any] = ()) -> dict[str, Any]:
    """What queries, and a dashboard's own filters, read: explores, and fields as "model/explore/field"."""
    explores, fields = set(), set()
    for query in filter(None, queries):
        place = f"{query['model']}/{query['view']}"
        made = str(query.get("dynamic_fields") or "")
        said = f"{made} {query.get('filter_expression') or ''}"
        names = {*(query.get("fields") or ()), *(query.get("pivots") or ()), *(query.get("filters") or ())}
        names |= {based or named for based, named in MADE_OF.findall(said)}
        explores.add(place)
        fields |= {f"{place}/{name}" for name in names - set(NAMED.findall(made)) if "." in name}
    for one in filters:
        if one.get("model") and one.get("explore") and one.get("dimension"):
            fields.add(f"{one['model']}/{one['explore']}/{one['dimension']}")
    narrowed = [
        [query.get("model"), query.get("view"), query.get("filters"), query.get("filter_expression")]
        for query in queries
        if query and (query.get("filters") or query.get("filter_expression"))
    ]
    return {"explores": sorted(explores), "used": sorted(fields), "narrowed": sorted(narrowed, key=canonical)}


@once
async def dashboards(api: Client) -> Answer:
    """All dashboards, each with what its tiles read in the place of the tiles."""
    found = await api.every(Ask("/dashboards/search", {"deleted": "false", "fields": DASHBOARD}), WHOLE, "")
    return made({"rows": [tiled(one) for one in found]})


def tiled(dashboard: dict[str, Any]) -> dict[str, Any]:
    """A dashboard with what its tiles read. Raises Malformed where the vendor leaves the tiles out."""
    if "dashboard_elements" not in dashboard:
        raise Malformed("a dashboard has no dashboard_elements")
    tiles = dashboard.pop("dashboard_elements") or ()
    queries, merged, opaque = [], set(), False
    for tile in tiles:
        makes = tile.get("result_maker") or {}
        queries.append(tile.get("query") or (tile.get("look") or {}).get("query") or makes.get("query"))
        opaque = opaque or bool(tile.get("merge_result_id") or makes.get("sql_query_id"))
        for one in makes.get("filterables") or ():
            if tile.get("merge_result_id") and one.get("model") and one.get("view"):
                merged.add(f"{one['model']}/{one['view']}")
    read = used(queries, dashboard.pop("dashboard_filters", None) or ())
    return {**dashboard, **read, "explores": sorted({*read["explores"], *merged}), "opaque": opaque}


@each
async def look_queries(api: Client, parent: Row) -> Answer:
    """What a Look reads."""
    told = (await api.ask(Ask(f"/looks/{parent['id']}", {"fields": f"id,title,{QUERY}"}))).value()
    if not isinstance(told, dict) or not told.get("query"):
        raise Malformed("a Look has no query")
    return made({"rows": [{**told, **used([told.pop("query")])}]})
