"""What people made in Superset: charts with the columns and metrics that they read, dashboards with charts and filters.

`params` of a chart is JSON in a text. A column stands there by its name or as SQL of the chart's own; a metric by the
name that its dataset saved it under, or as an aggregate of a column, or as SQL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Fault, Malformed, canonical
from probes.kit.listing import Row

from .lists import datasets, whole

METRICS: Final = (
    "metric", "metric_2", "metrics", "metrics_b", "percent_metrics", "secondary_metric", "size",
    "timeseries_limit_metric", "x", "y",
)  # fmt: skip
COLUMNS: Final = (
    "all_columns", "all_columns_x", "all_columns_y", "columns", "dimension", "entity", "granularity_sqla", "groupby",
    "groupby_b", "groupbyColumns", "groupbyRows", "series", "x_axis",
)  # fmt: skip
FILTERS: Final = ("adhoc_filters", "adhoc_filters_b")
COMPARED: Final = ("clause", "subject", "operator", "comparator", "sqlExpression")  # `filterOptionName` is made anew


@once
async def reports(api: Client) -> Answer:
    """All dashboards, each with what its charts read, and all charts."""
    names = await datasets(api)
    found = await whole(api, "/api/v1/dashboard/")
    published = {one["id"] for one in found if one.get("published")}
    charts: list[dict[str, Any]] = []
    of: dict[int, list[dict[str, Any]]] = {one["id"]: [] for one in found}
    for one in await whole(api, "/api/v1/chart/"):
        shelves = {place["id"] for place in one.get("dashboards") or ()}
        shown = bool(one.get("certified_by")) or not published.isdisjoint(shelves)
        charts.append({**one, **read(one, names), "shown": shown})
        for id in shelves & of.keys():
            of[id].append(charts[-1])
    dashboards = [
        {
            **one,
            "charts": [chart["id"] for chart in of[one["id"]]],
            "used": sorted({field for chart in of[one["id"]] for field in chart["used"]}),
        }
        for one in found
    ]
    return made({"dashboards": dashboards, "charts": charts})


async def filters(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """The filters that dashboards have of their own, by the columns they are bound to."""
    names = await datasets(api)
    for parent in parents:
        try:
            told = (await api.ask(Ask(f"/api/v1/dashboard/{parent['id']}"))).value("result")
            if not isinstance(told, dict) or "json_metadata" not in told:
                raise Malformed("a dashboard has no json_metadata")
            own = parsed(told["json_metadata"]).get("native_filter_configuration") or ()
            row = {
                "id": told["id"],
                "dashboard_title": told.get("dashboard_title"),
                "filters": [f"{one.get('name')} {one.get('filterType')}" for one in own],
                "used": sorted({field for one in own for field in bound(one, names)}),
            }
            yield parent, made({"rows": [row]})
        except Fault as fault:
            yield parent, fault


def bound(filter: Mapping[str, Any], names: Mapping[int, str]) -> Iterator[str]:
    """The columns that a filter of a dashboard is bound to."""
    for target in filter.get("targets") or ():
        column = (target.get("column") or {}).get("name")
        if column and target.get("datasetId") in names:
            yield f"{names[target['datasetId']]}/{column}"


def parsed(text: Any) -> dict[str, Any]:
    """JSON in a text; Superset takes what is none for nothing."""
    try:
        found = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def read(chart: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    """What a chart reads: its dataset, columns and metrics of it, filters, and SQL of its own."""
    if "params" not in chart:
        raise Malformed("a chart has no params")
    params = parsed(chart["params"])
    dataset = names.get(chart.get("datasource_id") or 0, "") if chart.get("datasource_type") == "table" else ""
    found: set[str] = set()
    sql: list[str] = []
    for name in (*METRICS, *COLUMNS):
        for one in several(params.get(name)):
            if isinstance(one, str):
                found.add(f"metric.{one}" if name in METRICS else one)
            elif isinstance(one, dict):
                found |= {str(column) for column in [(one.get("column") or {}).get("column_name")] if column}
                sql += [str(text) for text in [one.get("sqlExpression")] if text]
    kept = [one for name in FILTERS for one in several(params.get(name)) if isinstance(one, dict)]
    for one in kept:
        if one.get("expressionType") == "SIMPLE" and one.get("clause") != "HAVING" and one.get("subject"):
            found.add(str(one["subject"]))
        sql += [str(text) for text in [one.get("sqlExpression")] if text]
    return {
        "dataset": dataset,
        "used": sorted(f"{dataset}/{name}" for name in found) if dataset else [],
        "narrowed": sorted([[one.get(name) for name in COMPARED] for one in kept], key=canonical),
        "sql": sorted(sql),
        "opaque": bool(sql) or not dataset,
    }


def several(value: Any) -> Sequence[Any]:
    """One or many: both are written in the same place."""
    return value if isinstance(value, list) else () if value in (None, "") else (value,)
