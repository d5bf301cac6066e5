"""SOQL over a simulated org: who may ask for what, pages, and records as the vendor shapes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.simulated.control import Reply, Request

from . import tables, wire
from .org import Joined
from .sight import Sight
from .signin import Denial, Session
from .soql import Query, Refused, Row, parse, reach
from .wire import ROOT, Wire

if TYPE_CHECKING:
    from .core import Core


FULL = 2000  # rows of a page, where nobody asks for fewer


class Queries:
    """Answers queries for one account and keeps the cursors of those that have more pages."""

    def __init__(self, account: Core) -> None:
        self.account = account
        self.cursors: dict[str, list[Wire]] = {}

    def query(self, session: Session, request: Request, tooling: bool) -> Reply:
        account = self.account
        account.fire()
        text = request.query.get("q", "")
        query = parse(text, lambda inner: self.select(session, inner, tooling), account.clock.now())
        rows = self.select(session, query, tooling)
        if query.count:
            return Reply(200, account.jumbled({"totalSize": len(rows), "done": True, "records": []}))
        wide = {"Metadata", "FullName"} & set(query.columns)
        if wide and len(rows) > 1:
            raise Refused(
                "MALFORMED_QUERY", f"with {wide.pop()} a query must specify no more than one row for retrieval"
            )
        shown = _added(rows, query) if query.totals else [_record(row, query.columns) for row in rows]
        if not query.order:
            shown = account.mixed(shown)
        options = re.search(r"batchSize=(\d+)", request.headers.get("sforce-query-options", ""))
        size = account.page or max(200, min(2000, int(options[1]))) if options else account.page or FULL
        size = FULL if _virtual(query) else size
        locator = wire.identifier("01g", account.org.number())
        if len(shown) > size and _virtual(query):
            what = f"{query.table} does not support queryMore(), use LIMIT to restrict the results to a single batch"
            raise Refused("EXCEEDED_ID_LIMIT", what)
        if len(shown) > size:
            self.cursors[locator] = shown
        return Reply(200, self._page(shown, locator, 0, size, f"{ROOT}/tooling/query" if tooling else f"{ROOT}/query"))

    def page(self, locator: str, path: str) -> Reply:
        name, _, place = locator.partition("-")
        start, _, size = place.partition("-")
        if name not in self.cursors or not start.isdigit() or not size.isdigit():
            raise Denial(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return Reply(200, self._page(self.cursors[name], name, int(start), int(size), f"{ROOT}{path}"))

    def _page(self, shown: list[Wire], locator: str, start: int, size: int, root: str) -> Wire:
        rest = start + size < len(shown)
        body: Wire = {"totalSize": len(shown), "done": not rest}
        if rest:
            body["nextRecordsUrl"] = f"{root}/{locator}-{start + size}-{size}"
        body["records"] = shown[start : start + size]
        out: Wire = self.account.jumbled(body)
        return out

    def select(self, session: Session, query: Query, tooling: bool) -> list[Row]:
        org, sight = self.account.org, self.account.sight(session.user)
        table = tables.TABLES.get(query.table)
        known = not table.tooling or tooling if table else sight.sees(query.table)
        if not known or (table and not sight.may(table.needs)):
            raise Refused("INVALID_TYPE", f"sObject type '{query.table}' is not supported.")
        for path in (*query.columns, *query.named):
            self.check(sight, query.table, path)
        if _virtual(query):
            _plain(query)
        looked: dict[str, dict[str, Wire]] = {}
        within = query.pins.get("EntityDefinitionId", query.pins.get("EntityDefinition.QualifiedApiName"))
        rows: list[Row] = [Joined(org, query.table, row, looked) for row in org.read(query.table, within)]
        if table and table.owned and not sight.all:
            rows = [row for row in rows if row["OwnerId"] == session.user]
        if query.where is not None:
            rows = [row for row in rows if query.where(row)]
        if query.table == "FieldDefinition":
            rows = [row for row in rows if self.shown(sight, row)]
        for path, down in reversed(query.order):
            rows.sort(key=lambda row, path=path: (reach(row, path) is not None, reach(row, path)), reverse=down)  # type: ignore[misc]
        end = None if query.limit is None else query.offset + query.limit
        return rows[query.offset : end]

    def shown(self, sight: Sight, row: Row) -> bool:
        object = row["EntityDefinitionId"]
        entry = self.account.org.thing(object)["fields"][row["QualifiedApiName"]]
        return sight.sees(object) and sight.sees_field(object, entry)

    def check(self, sight: Sight, table: str, path: str) -> None:
        """Refuses a column that is not there, or that field-level security hides."""
        here, org = table, self.account.org
        *way, name = path.split(".")
        for step in way:
            if step not in org.relations(here):
                raise Refused("INVALID_FIELD", f"Didn't understand relationship '{step}' in field path '{path}'")
            here = org.relations(here)[step][1]
        if here in tables.TABLES:
            there = name in tables.columns(here)
        else:
            entry = org.thing(here)["fields"].get(name)
            there = entry is not None and sight.sees_field(here, entry)
        if not there:
            raise Refused(
                "INVALID_FIELD", f"\n{path}\n^\nERROR at Row:1:Column:8\nNo such column '{name}' on entity '{here}'."
            )


def _virtual(query: Query) -> bool:
    return query.table in tables.TABLES and tables.TABLES[query.table].virtual


def _plain(query: Query) -> None:
    """What is made of metadata as it is asked for understands equality alone (tooling guide, SOQL limitations)."""
    if query.count or query.totals:
        raise Refused("MALFORMED_QUERY", "The requested operation is not yet supported by this SObject storage type")
    if "OR" in query.signs:
        raise Refused("MALFORMED_QUERY", "Disjunctions not supported")
    if query.signs - {"=", "IN"}:
        raise Refused("MALFORMED_QUERY", "Only equals comparisons permitted")
    if query.table == "FieldDefinition" and not any(name.startswith("EntityDefinition") for name in query.named):
        raise Refused("MALFORMED_QUERY", "A filter on a reified column is required [EntityDefinitionId,DurableId]")
    query.limit, query.offset = None, 0  # taken, and not heeded


def _added(rows: Sequence[Row], query: Query) -> list[Wire]:
    """One record for each group of rows, in the order in which they come up."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(reach(row, path) for path in query.columns), []).append(row)
    out: list[Wire] = []
    for key, some in groups.items():
        made: Wire = {"attributes": {"type": "AggregateResult"}, **dict(zip(query.columns, key, strict=True))}
        for total in query.totals:
            values = [value for row in some if (value := reach(row, total.column)) is not None]
            ends = {"MIN": min, "MAX": max}
            made[total.name] = len(values) if total.how == "COUNT" else ends[total.how](values, default=None)
        out.append(made)
    return out


def _record(row: Row, columns: Sequence[str]) -> Wire:
    """A record as SOQL answers it: every row, joined rows too, with its attributes."""
    if not isinstance(row, Joined):
        raise TypeError("a record is a joined row")
    out: Wire = {"attributes": {"type": row.table, "url": f"{ROOT}/sobjects/{row.table}/{row['Id']}"}}
    deeper: dict[str, list[str]] = {}
    for path in columns:
        head, dot, rest = path.partition(".")
        if dot:
            deeper.setdefault(head, []).append(rest)
        else:
            out[head] = row.get(head)
    for head, rest_of in deeper.items():
        found = row[head]
        out[head] = _record(found, rest_of) if found is not None else None
    return out
