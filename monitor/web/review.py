"""The review queue: roots on the left, the selected finding in full on the right, a selection at the bottom.

Everything is in the address: the filter, the page, and `at`, the selected finding. Without JavaScript each row is a
link; with it the same addresses are fetched, and only the right side of the answer is put in.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.engine import planlist, views
from monitor.engine.merging import merging
from monitor.engine.rows import filed
from monitor.engine.shapes import Counts, FindingRow

from .common import FILTERS, WORDS, asked_for, engine_of, filter_of, number
from .one import decided, deciding
from .render import address, page

router = APIRouter(include_in_schema=False)
SIZE = 50
KEPT = (*FILTERS, "class", "q", "cause", "stand", "children", "policy", "page", "size", "at")


@router.get("/findings")
async def findings(request: Request) -> Response:
    """Where the list was once: links to it lead to the same list here."""
    return RedirectResponse(address(request.app.state.frame.prefix, "/review", **dict(request.query_params)), 307)


@router.get("/review")
async def review(request: Request) -> Response:
    engine, wanted = engine_of(request), filter_of(request)
    size = number(request, "size", SIZE, 200)
    found = views.queue(engine, wanted, number(request, "page", 1, 100_000), size)
    if found.page.number > found.page.pages:
        found = views.queue(engine, wanted, found.page.pages, size)
    groups, at = _grouped(found.page.items), request.query_params.get("at", "")
    shown = [row for rows in groups.values() for row in rows]
    picked = views.find(engine, at).id if at else shown[0].id if shown else ""
    view = await views.detail(engine, picked) if picked else None
    here = asked_for(wanted) | ({"page": str(found.page.number)} if found.page.number > 1 else {})
    here |= {"size": str(size)} if size != SIZE else {}
    if request.headers.get("x-part") == "pane" and view is not None:
        return page(request, "pane.html", view=view, **deciding(request, view, queue=_after(here, shown, picked)))
    return page(
        request,
        "review.html",
        found=found.page,
        merges=Counts() if wanted.text or wanted.cause else merging(engine, wanted),
        groups=groups,
        of=found.of,
        here=here,
        asked=asked_for(wanted),
        wanted=wanted,
        offers=_offers(request),
        stands=WORDS["stand"],
        cause=views.row(engine, wanted.cause) if wanted.cause else None,
        plans=planlist.strip(engine),
        event=await views.newest(engine),
        picked=picked,
        chosen=bool(at),
        decision=await decided(request),
        more=request.query_params.get("more", "")[:6],
        view=view,
        **(deciding(request, view, queue=_after(here, shown, picked)) if view else {}),
    )


def queue_of(text: str) -> dict[str, str]:
    """The query of a review queue that a form carried, as far as it is one: nothing else gets into an address."""
    return {name: value for name, value in parse_qsl(text) if name in KEPT}


def _after(here: dict[str, str], shown: list[FindingRow], picked: str) -> str:
    """Where to go on after a decision: the same list, at the finding below."""
    ids = [row.id for row in shown]
    below = ids.index(picked) + 1 if picked in ids else len(ids)
    return urlencode(here | ({"at": ids[below]} if below < len(ids) else {}))


def _grouped(rows: tuple[FindingRow, ...]) -> dict[str, list[FindingRow]]:
    """By integration, in the order in which each first appears."""
    out: dict[str, list[FindingRow]] = {}
    for row in rows:
        out.setdefault(row.integration, []).append(row)
    return out


def _offers(request: Request) -> dict[str, list[str]]:
    """What each filter can be set to: only words that some integration or finding has."""
    engine = engine_of(request)
    configs = [live.config for live in engine.integrations.values()]
    register = filed(engine)
    return {
        "level": list(views.LEVELS),
        "owner": sorted(({c.owner for c in configs} | set(+register.owners)) - {""}),
        "kind": sorted(+register.kinds),
        "integration": sorted(engine.integrations),
        "class": sorted({str(c.class_) for c in configs}),
    }
