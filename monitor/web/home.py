"""The first page: what needs somebody, and how each system stands. The address holds what it is narrowed to. Beside it
what a stack begins with: the first look, and what no baseline covers yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import views
from monitor.engine.firstlook import first_look
from monitor.engine.home import FACETS, STATES, home
from monitor.engine.home_shapes import Wanted
from monitor.engine.shapes import Proposal

from .common import WORDS, engine_of, number
from .problems import Failed
from .render import page

router = APIRouter(include_in_schema=False)
SYSTEMS: Final = 20  # of which proposals are shown on one page
PARTS: Final = 20  # of each of them
ONE: Final = 200  # of one system alone
_WORDS: Final = {
    **{name: WORDS[name] for name in ("class", "level", "kind")},
    "state": tuple(sorted({*STATES.values()})),
}


@router.get("/")
async def overview(request: Request) -> Response:
    engine, asked = engine_of(request), _asked(request.query_params)
    given = {name + "_" * (name == "class"): value for name, value in asked.items()}
    event = await views.newest(engine)  # before what is shown: nothing that comes between is missed
    view = await home(engine, Wanted(**given), number(request, "page", 1, 100_000))
    return page(request, "overview.html", home=view, view=view.whole, asked=asked, states=STATES, event=event)


@router.get("/first-look")
async def look(request: Request) -> Response:
    return page(request, "firstlook.html", view=await first_look(engine_of(request)))


@router.get("/proposals")
async def proposals(request: Request) -> Response:
    """So many systems with so many parts each; one alone on a page of its own, with more of them."""
    only = request.query_params.get("integration", "")
    groups: dict[str, list[Proposal]] = {}
    for row in views.proposals(engine_of(request), only):
        groups.setdefault(row.integration, []).append(row)
    names, parts = list(groups), ONE if only else PARTS
    return page(
        request,
        "proposals.html",
        groups={name: groups[name][:parts] for name in names[:SYSTEMS]},
        counts={name: len(rows) for name, rows in groups.items()},
        total=sum(len(rows) for rows in groups.values()),
        uuids={name: uuid4().hex for name in names[:SYSTEMS]},
        only=only,
        more=len(names) - len(names[:SYSTEMS]),
        others=names[SYSTEMS : SYSTEMS + ONE],
    )


def _asked(query: Mapping[str, str]) -> dict[str, str]:
    """Raises Failed for a word that filters nothing: an empty list for it would look as if all were well."""
    asked = {name: query.get(name, "").strip() for name in (*FACETS, "name")}
    for name, words in _WORDS.items():
        if asked[name] and asked[name] not in words:
            raise Failed(
                400, "Unknown filter", f'{name}: expected one of {", ".join(words)}, found "{asked[name][:40]}".'
            )
    return {name: value for name, value in asked.items() if value}
