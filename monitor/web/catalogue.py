"""The catalogue on its pages, as CSV and under /api/v1/catalogue: searched, as tables, and a row in full."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from io import StringIO
from typing import Any, Final

from fastapi import APIRouter
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from monitor.engine import catalogue
from monitor.engine.catalogue_shapes import Entry, ScopeRow
from monitor.engine.dictionary import dictionary, resource
from probes.kit.contract import Kind, Ref

from .api import V1, send
from .common import engine_of, number
from .openapi import gives, query
from .parameters import line, one_of, whole
from .problems import Failed
from .render import address, page, stamp
from .reports import cell
from .walking import send_list

router = APIRouter()
PAGE: Final = 100
MOST: Final = 1_000_000  # rows of a scope that a file takes
COLUMNS: Final = (
    "kind", "scope", "name", "label", "type", "facts", "definitions", "flows in", "flows out", "open findings",
    "last read whole",
)  # fmt: skip
_CURSOR: Final = whole("`next` of the answer before", 999_999_999, least=0)
_LONG: Final = 20_000  # characters of a name that a vendor gave
_KIND: Final = replace(one_of("of the scope", Kind), required=True)
_SCOPE: Final = line("name of the scope", _LONG)


def cursor(request: Request) -> int:
    """Where a list goes on. Raises Failed."""
    text = request.query_params.get("cursor", "") or "0"
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Failed(400, "Not a cursor", f'cursor: expected the `next` of an answer, found "{text[:40]}".')
    return int(text)


async def _search(request: Request) -> Any:
    asked = request.query_params
    one = asked.get("integration", "")
    each = number(request, "limit", PAGE, catalogue.MOST) if one else catalogue.EACH
    return await catalogue.search(
        engine_of(request), asked.get("q", "")[:200], one, cursor(request) if one else 0, each
    )


def _place(request: Request, integration: str, kind: str) -> tuple[Ref, str]:
    """By `scope` and `key` of the query, which may have anything in them."""
    asked = request.query_params
    if kind not in set(Kind):
        raise Failed(404, "No such kind", f'kind: expected one of {", ".join(Kind)}, found "{kind[:40]}".')
    return Ref(Kind(kind), asked.get("scope", "")), asked.get("key", "")


# -- API --------------------------------------------------------------------------------------------------------------


@router.get(
    f"{V1}/catalogue",
    openapi_extra=query(
        q="a name, a label, an option, a right; Lead.Status for a field of an object",
        integration="only in this one, and then page by page", cursor=_CURSOR,
        limit=whole("of a page, in one integration", catalogue.MOST, PAGE),
    ),
    **gives("Results", "The best of every system, and how many there are", problems=(400, 404)),
)  # fmt: skip
async def searched(request: Request) -> Response:
    return send_list(request, await _search(request))


@router.get(
    f"{V1}/catalogue/{{integration}}",
    openapi_extra=query(kind=one_of("only of this kind", Kind), cursor=_CURSOR, limit=whole("of a page", 500, PAGE)),
    **gives("Scopes", "Every scope of one system, by kind and name", problems=(400, 404)),
)
async def listed(request: Request, integration: str) -> Response:
    kind = request.query_params.get("kind", "")
    if kind:
        _place(request, integration, kind)
    limit = number(request, "limit", PAGE, 500)
    return send_list(request, catalogue.scopes(engine_of(request), integration, kind, cursor(request), limit))


@router.get(
    f"{V1}/catalogue/{{integration}}/dictionary",
    openapi_extra=query(kind=_KIND, scope=_SCOPE, cursor=_CURSOR, limit=whole("of a page", 500, PAGE)),
    **gives("Dictionary", "One scope, row by row", problems=(400, 404)),
)
async def rows_of(request: Request, integration: str) -> Response:
    ref, _ = _place(request, integration, request.query_params.get("kind", ""))
    limit = number(request, "limit", PAGE, 500)
    return send_list(request, await dictionary(engine_of(request), integration, ref, cursor(request), limit))


@router.get(
    f"{V1}/catalogue/{{integration}}/resource",
    openapi_extra=query(kind=_KIND, scope=_SCOPE, key=line("of the row", _LONG)),
    **gives("Resource", "One row in full, with who approved what of it", problems=(404,)),
)
async def row_of(request: Request, integration: str) -> Response:
    ref, key = _place(request, integration, request.query_params.get("kind", ""))
    return send(await resource(engine_of(request), integration, ref, key))


# -- pages ------------------------------------------------------------------------------------------------------------


@router.get("/catalogue", include_in_schema=False)
async def shown(request: Request) -> Response:
    engine, asked = engine_of(request), request.query_params
    found = await _search(request) if asked.get("q") else None
    systems = [catalogue.scopes(engine, name, limit=0) for name in sorted(engine.integrations)]
    one = asked.get("integration", "")
    return page(request, "catalogue.html", found=found, q=asked.get("q", ""), one=one, systems=systems, at=at(request))


@router.get("/catalogue/{integration}", include_in_schema=False)
async def system(request: Request, integration: str) -> Response:
    view = catalogue.scopes(engine_of(request), integration, "", cursor(request), PAGE)
    return page(
        request, "catalogue_system.html", view=view, kind="", now=engine_of(request).clock.now(), at=at(request)
    )


@router.get("/catalogue/{integration}/dictionary.csv", include_in_schema=False)
async def exported(request: Request, integration: str) -> Response:
    engine = engine_of(request)
    refs = sorted(ref for ref in catalogue.known(engine, integration).known if ref.kind in (Kind.SCHEMA, Kind.FIELD))

    async def lines() -> AsyncIterator[str]:
        yield _line(COLUMNS)
        for ref in refs:
            view = await dictionary(engine, integration, ref, limit=MOST)
            for item in view.items:
                yield _line(_cells(view.scope, item))

    name = f"driftline-{integration}-dictionary.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/catalogue/{integration}/{kind}", include_in_schema=False)
async def of_kind(request: Request, integration: str, kind: str) -> Response:
    """The scopes of a kind; with `scope` and `key` in the query, what has a name that no path can hold."""
    ref, key = _place(request, integration, kind)
    if ref.name or key:
        return await _one(request, integration, ref, key)
    return _scopes(request, integration, kind)


@router.get("/catalogue/{integration}/{kind}/{rest:path}", include_in_schema=False)
async def place(request: Request, integration: str, kind: str, rest: str) -> Response:
    return await _one(request, integration, *catalogue.split(engine_of(request), integration, kind, rest))


def _scopes(request: Request, integration: str, kind: str = "") -> Response:
    engine = engine_of(request)
    view = catalogue.scopes(engine, integration, kind, cursor(request), PAGE)
    return page(request, "catalogue_system.html", view=view, kind=kind, now=engine.clock.now(), at=at(request))


async def _one(request: Request, integration: str, ref: Ref, key: str) -> Response:
    engine = engine_of(request)
    if not key:
        view = await dictionary(engine, integration, ref, cursor(request), PAGE)
        return page(request, "dictionary.html", view=view, now=engine.clock.now(), at=at(request))
    one = await resource(engine, integration, ref, key)
    return page(request, "resource.html", view=one, now=engine.clock.now(), at=at(request))


def at(request: Request) -> Any:
    """Makes addresses of scopes and rows, for templates."""
    prefix = request.app.state.frame.prefix

    def link(integration: str, kind: str, scope: str, key: str = "", **asked: Any) -> str:
        parts = [*scope.split("/"), *(key.split("/") if key else ())]
        if any(part in ("", ".", "..") for part in parts):  # no path can hold these
            return address(prefix, f"/catalogue/{integration}/{kind}", scope=scope, key=key, **asked)
        return address(prefix, "/".join(("/catalogue", integration, kind, *parts)), **asked)

    return link


def _line(cells: Any) -> str:
    text = StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow(cells)
    return text.getvalue()


def _cells(scope: ScopeRow, one: Entry) -> list[str]:
    facts = "; ".join(f"{name}: {words}" for name, words in one.facts)
    when = stamp(scope.good_at) if scope.good_at is not None else "never"
    told = (one.fed, one.feeds, one.open)
    said = (scope.kind, scope.scope, one.name, one.label, one.type, facts, ", ".join(one.definitions), *told, when)
    return [cell(value) for value in said]
