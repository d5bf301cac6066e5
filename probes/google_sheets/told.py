"""The coded listing of Google Sheets: one spreadsheet with its tabs, the columns that their first rows name, its
tables, ranges and connections, out of up to four answers. Values below the header are never asked for."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.contract import Fault, Malformed
from probes.kit.listing import Row

AT_ONCE: Final = 40  # tabs asked for in one address, which has to stay short
STRUCTURE: Final = (
    "properties(title,locale,timeZone,autoRecalc,importFunctionsExternalUrlAccessAllowed),"
    "sheets(properties(sheetId,title,hidden,sheetType,gridProperties/rowCount,"
    "dataSourceSheetProperties(dataSourceId,dataExecutionStatus,columns/reference/name)),"
    "protectedRanges(protectedRangeId,range,namedRangeId,tableId,description,warningOnly,unprotectedRanges),"
    "tables(tableId,name,range,columnProperties)),namedRanges,dataSources(dataSourceId,spec),dataSourceSchedules"
)
HEADER: Final = "sheets(properties/sheetId,data/rowData/values(formattedValue,effectiveValue/errorValue,note))"
BELOW: Final = "sheets(properties/sheetId,data/rowData/values/dataValidation)"


async def contents(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """A file whose version is the last one is not read again: Drive counts every change of it, and a request to Drive
    costs nothing of the sixty that Sheets gives a minute. The version is asked for first, so that a change in between
    is read twice and never missed. Connected data is refreshed by Google: such a file is always read."""
    for parent, known in zip(parents, validators, strict=True):
        try:
            version = str(await _version(api, str(parent["key"])))
            if known.get("If-None-Match") == version:
                yield parent, Answer(304, {}, b"")
            else:
                yield parent, await content(api, str(parent["key"]), version)
        except Fault as fault:
            yield parent, fault


async def _version(api: Client, id: str) -> Any:
    asked = {"fields": "version", "supportsAllDrives": "true"}
    found = (await api.ask(Ask(f"/drive/v3/files/{quote(id, safe='')}", asked))).value("version")
    if not found:
        raise Malformed("Drive's answer has no version")
    return found


async def content(api: Client, id: str, version: str = "") -> Answer:
    """All that is read of one spreadsheet."""
    path = f"{api.options['sheets']}/v4/spreadsheets/{quote(id, safe='')}"
    book = (await api.ask(Ask(path, {"fields": STRUCTURE}, limit="sheets"))).value()
    sheets = listed(book, "sheets")
    grids = [one["properties"] for one in sheets if one["properties"].get("sheetType", "GRID") == "GRID"]
    heads = await _row(api, path, grids, 1, HEADER)
    below = await _row(
        api, path, [one for one in grids if one.get("gridProperties", {}).get("rowCount", 0) > 1], 2, BELOW
    )
    titles = {one["properties"].get("sheetId", 0): one["properties"]["title"] for one in sheets}
    tabs, fields, broken = [], [], []
    for sheet in sheets:
        own = sheet["properties"]
        number = own.get("sheetId", 0)
        cells = heads.get(number) or _connected(own)
        link = f"https://docs.google.com/spreadsheets/d/{quote(id, safe='')}/edit#gid={number}"
        broken += [f"{own['title']}!{_letters(at)}1" for at, cell in enumerate(cells) if _error(cell)]
        names = [str(cell.get("formattedValue") or "") for cell in cells]
        place = _place(id, own["title"])
        typed = _in_tables(sheet, number)
        tabs.append({"place": place, "title": own["title"], "id": number, "kind": own.get("sheetType", "GRID"),
                     "link": link, "hidden": own.get("hidden", False), "columns": _trimmed(names)})  # fmt: skip
        fields += [{**row, "link": link} for row in _columns(place, cells, below.get(number, []), typed)]
        for table in sheet.get("tables", []):
            inner = _place(id, own["title"], table["name"])
            columns = table.get("columnProperties", [])
            tabs.append({"place": inner, "title": table["name"], "id": table["tableId"], "kind": "TABLE", "link": link,
                         "columns": [column.get("columnName", "") for column in columns]})  # fmt: skip
            if table["range"].get("startRowIndex", 0):
                fields += [
                    {"scope": inner, "key": key, "link": link, **_typed(column)} for key, column in _keyed(columns)
                ]
    rows = {
        "book": book["properties"], "tabs": tabs, "fields": fields,
        "named": [{**one, "columns": _span(one.get("range", {}), titles)}
                  for one in listed(book, "namedRanges", or_none=True)],
        "protected": [_protected(one, titles) for sheet in sheets for one in sheet.get("protectedRanges", [])],
        "sources": _sources(book),
    }  # fmt: skip
    lacks = Malformed(f"header cells show an error or are loading: {', '.join(broken[:5])}", code="header")
    still = {} if broken or book.get("dataSources") else {"etag": version}
    return Answer(200, still, msgspec.json.encode(rows), lacks=lacks if broken else None)


async def _row(
    api: Client, path: str, grids: Sequence[Mapping[str, Any]], number: int, fields: str
) -> dict[int, list[Any]]:
    """The cells of one row of each tab, by the tab's id. A row that a grid does not have may not be asked for."""
    found: dict[int, list[Any]] = {}
    for start in range(0, len(grids), AT_ONCE):
        part = grids[start : start + AT_ONCE]
        ranges = ["'{}'!{}:{}".format(one["title"].replace("'", "''"), number, number) for one in part]
        sheets = (await api.ask(Ask(path, {"ranges": ranges, "fields": fields}, limit="sheets"))).value("sheets")
        for sheet in sheets or ():
            data = listed(sheet, "data", or_none=True)
            rows = listed(data[0], "rowData", or_none=True) if data else []
            values = listed(rows[0], "values", or_none=True) if rows else []
            found[(sheet.get("properties") or {}).get("sheetId", 0)] = values
        if lost := {one.get("sheetId", 0) for one in part} - found.keys():
            raise Malformed(f"{len(lost)} of the tabs that were asked for are not in the answer")
    return found


def _connected(own: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The columns of a tab that is filled from a warehouse, as header cells: such a tab has no rows to ask for, and
    asking would bring all of its values."""
    columns = (own.get("dataSourceSheetProperties") or {}).get("columns") or ()
    return [{"formattedValue": column["reference"]["name"]} for column in columns]


def _error(cell: Mapping[str, Any]) -> Any:
    return (cell.get("effectiveValue") or {}).get("errorValue")


def _place(*parts: str) -> str:
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def _letters(column: int) -> str:
    """0 is A, 26 is AA."""
    if column < 0:
        raise Malformed("a range ends before the first column")
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _trimmed(names: Sequence[str]) -> list[str]:
    """Without the empty ones at the end, which come and go with whoever clicks there."""
    last = max((at for at, name in enumerate(names) if name), default=-1)
    return list(names[: last + 1])


def _keyed(rows: Sequence[Mapping[str, Any]], name: str = "columnName") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Rows by their name; the second of one name is "<name> (2)", as a reader by name would not find it."""
    times: dict[str, int] = {}
    for row in rows:
        text = str(row.get(name) or "")
        if text:
            times[text] = times.get(text, 0) + 1
            yield text if times[text] == 1 else f"{text} ({times[text]})", row


def _columns(
    place: str, cells: Sequence[Mapping[str, Any]], below: Sequence[Mapping[str, Any]], typed: Mapping[int, Any]
) -> Iterator[dict[str, Any]]:
    """The columns that a first row names, each with the rule below it, or as the table says it is."""
    numbered = [{**cell, "at": at} for at, cell in enumerate(cells)]
    for key, cell in _keyed(numbered, "formattedValue"):
        at = cell["at"]
        rule = below[at].get("dataValidation") or {} if at < len(below) else {}
        row = {"scope": place, "key": key, "note": cell.get("note"), **_ruled(rule)}
        yield {**row, **_typed(typed[at])} if at in typed else row


def _in_tables(sheet: Mapping[str, Any], number: int) -> dict[int, Any]:
    """Columns of a tab that a table beginning in its first row describes, by their position in the tab."""
    found: dict[int, Any] = {}
    for table in sheet.get("tables", []):
        reach = table["range"]
        if not reach.get("startRowIndex", 0):
            for column in table.get("columnProperties", []):
                found[reach.get("startColumnIndex", 0) + column.get("columnIndex", 0)] = column
    return found


def _typed(column: Mapping[str, Any]) -> dict[str, Any]:
    rule = column.get("dataValidationRule") or {}
    return {"kind": column.get("columnType") or "AUTOMATIC", **_condition(rule.get("condition") or {})}


def _ruled(rule: Mapping[str, Any]) -> dict[str, Any]:
    condition = rule.get("condition") or {}
    return {"kind": condition.get("type") or "AUTOMATIC", "strict": rule.get("strict"), **_condition(condition)}


def _condition(condition: Mapping[str, Any]) -> dict[str, Any]:
    values = [one.get("userEnteredValue") or one.get("relativeDate") for one in condition.get("values", [])]
    if condition.get("type") == "ONE_OF_LIST":
        return {"options": [{"value": str(value)} for value in dict.fromkeys(values) if value is not None]}
    if condition.get("type") == "ONE_OF_RANGE":
        return {"from": re.sub(r"\s", "", str(values[0])) if values else None}
    return {"rule": {"type": condition["type"], "values": values}} if values else {}


def _span(reach: Mapping[str, Any], titles: Mapping[int, str]) -> str:
    """Tab and columns of a range. Its rows are left out: they move with the data."""
    tab = titles.get(reach.get("sheetId", 0), "?")
    if "startColumnIndex" not in reach and "endColumnIndex" not in reach:
        return tab
    first = _letters(reach.get("startColumnIndex", 0))
    return f"{tab}!{first}:{_letters(reach['endColumnIndex'] - 1) if 'endColumnIndex' in reach else ''}"


def _protected(one: Mapping[str, Any], titles: Mapping[int, str]) -> dict[str, Any]:
    open_to_all = [_span(reach, titles) for reach in one.get("unprotectedRanges", [])]
    head = one.get("range", {}).get("endRowIndex", 0) == 1 and not one.get("range", {}).get("startRowIndex", 0)
    return {
        "id": one["protectedRangeId"], "what": _span(one.get("range", {}), titles), "header": head,
        "description": one.get("description"), "warns": one.get("warningOnly", False), "open": open_to_all,
    }  # fmt: skip


def _sources(book: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Connected data: what of, and how its last refresh went where it fills a tab of its own."""
    states = {}
    for sheet in book["sheets"]:
        own = sheet["properties"].get("dataSourceSheetProperties") or {}
        if own.get("dataSourceId"):
            states[own["dataSourceId"]] = own.get("dataExecutionStatus") or {}
    plans = book.get("dataSourceSchedules", [])
    due = min((plan["nextRun"]["startTime"] for plan in plans if "nextRun" in plan), default=None)
    when = sorted(_when(plan) for plan in plans if plan.get("enabled"))
    return [
        {"id": one["dataSourceId"], "spec": one.get("spec") or {}, "status": states.get(one["dataSourceId"], {}),
         "schedule": "; ".join(when) or None, "due": due, "enabled": bool(when) if plans else None}
        for one in listed(book, "dataSources", or_none=True)
    ]  # fmt: skip


def _when(plan: Mapping[str, Any]) -> str:
    for word in ("daily", "weekly", "monthly"):
        if own := plan.get(f"{word}Schedule"):
            days = " ".join(str(day) for day in own.get("daysOfWeek") or own.get("daysOfMonth") or ())
            start = own.get("startTime", {})
            return f"{word} {days} {start.get('hours', 0):02d}:{start.get('minutes', 0):02d}".replace("  ", " ")
    return "by hand"
