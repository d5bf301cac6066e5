"""What people see of a table in Dataverse: its forms and views, and which columns those name.

A form's layout is XML, whose controls name a column in `datafieldname`. A view is two: a query in FetchXML, whose parts
name columns of the table or of one that is linked, and the grid with the columns that are shown, those of a linked
table under its alias. Forms and views that came with a solution and that nobody here may change are left out: they
change with its version, which is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, fromstring

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Malformed
from probes.kit.listing import Fetch

from .definitions import API, environment
from .told import BY, PAGES

FORMS: Final = "systemforms"  # their editor stands under the environment's id; a view has a page of its own
_FORM: Final = (
    "formid,name,description,objecttypecode,type,formactivationstate,isdefault,ismanaged,iscustomizable,formxml"
)
_VIEW: Final = (
    "savedqueryid,name,description,returnedtypecode,querytype,statecode,isdefault,ismanaged,iscustomizable,fetchxml,"
    "layoutxml,modifiedon"
)


def of_tables(path: str, select: str, table: str, row: Callable[[dict[str, Any]], dict[str, Any]]) -> Fetch:
    """A list of what belongs to the tables that are watched, and only that."""

    @once
    async def fetch(api: Client) -> Answer:
        filter = " or ".join(f"{table} eq '{name}'" for name in api.options["tables"])
        marks = {} if path == FORMS else {"$expand": BY}  # a form has no mark of its last change
        asked = {"$select": select, "$filter": f"({filter})", **marks}
        found = await api.every(Ask(f"{API}/{path}", asked), PAGES, "value")
        place = await environment(api) if path == FORMS else None
        shown = [{**row(one), "place": place} for one in found if not _locked(one)]
        return made({"value": shown})

    return fetch


def form(found: dict[str, Any]) -> dict[str, Any]:
    """A form with the columns that it has and the libraries that it loads; what a script reads, nobody sees."""
    parts = list(_parts(found["formxml"], f"form {found['formid']}"))
    columns = {one.get("datafieldname") for one in parts} - {None, ""}
    return {**found, "fields": sorted(f"{found['objecttypecode']}/{name}" for name in columns),
            "libraries": sorted(str(one.get("name")) for one in parts if one.tag == "Library"),
            "scripted": any(one.tag == "Handler" for one in parts)}  # fmt: skip


def view(found: dict[str, Any]) -> dict[str, Any]:
    """A view with all columns that it shows, sorts by, decides by or links by."""
    at, table = f"view {found['savedqueryid']}", found["returnedtypecode"]
    asked = [pair for one in _parts(found["fetchxml"], at) if one.tag == "entity" for pair in _asked(one, table)]
    linked = {one.get("alias") or one.get("name"): one.get("name") for one, _ in asked if one.tag == "link-entity"}
    shown = [str(one.get("name")) for one in _parts(found["layoutxml"], at) if one.tag == "cell"]
    used = {name for one, of in asked for name in _named(one, of, linked)}
    for name in shown:
        alias, _, column = name.rpartition(".")
        used.add(f"{linked.get(alias, alias) if alias else table}/{column}")
    return {**found, "fields": sorted(used), "columns": shown}


def _asked(element: Element, table: str) -> Iterator[tuple[Element, str]]:
    """Each part of a query with the table that it stands in."""
    for one in element:
        yield one, table
        yield from _asked(one, str(one.get("name")) if one.tag == "link-entity" else table)


def _named(one: Element, table: str, linked: Mapping[str | None, str | None]) -> Iterator[str]:
    if one.tag == "link-entity":
        names = [(table, one.get("to")), (str(one.get("name")), one.get("from"))]
    elif one.tag == "attribute":
        names = [(table, one.get("name"))]
    else:  # an order or a condition, which may be of a linked table by its alias
        alias = one.get("entityname")
        names = [(linked.get(alias) or alias or table, one.get("attribute"))]
    return (f"{of}/{name}" for of, name in names if name)


def _parts(text: str | None, at: str) -> Iterator[Element]:
    if not text:
        return iter(())
    if "<!DOCTYPE" in text:
        raise Malformed(f"{at}: its XML has a document type, which none has")
    try:
        return fromstring(text).iter()  # noqa: S314 - without a document type there are no entities
    except ParseError as error:
        raise Malformed(f"{at}: its layout is no XML ({error})") from None


def _locked(found: Mapping[str, Any]) -> bool:
    return bool(found["ismanaged"]) and not (found["iscustomizable"] or {}).get("Value", True)


forms: Final = of_tables(FORMS, _FORM, "objecttypecode", form)
views: Final = of_tables("savedqueries", _VIEW, "returnedtypecode", view)
