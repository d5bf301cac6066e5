"""The pages that only look. Each answers one question; all work without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.adapters.store_attested import attested
from monitor.engine import systems, views
from monitor.engine.pushes import pushes
from monitor.engine.request import as_decided
from monitor.engine.rulelist import rules as rules_
from monitor.engine.seeing import mark, seen
from monitor.engine.shapes import Filter
from monitor.engine.undoing import undone

from .common import engine_of
from .demo import NO_DEMO
from .describing import owned
from .one import decided, deciding
from .problems import Failed
from .render import address, page

router = APIRouter(include_in_schema=False)


@router.get("/findings/{prefix}")
async def finding(request: Request, prefix: str) -> Response:
    engine = engine_of(request)
    event = await views.newest(engine)  # before the finding is read: what comes between the two is told, not lost
    view = await views.detail(engine, prefix)
    if view.row.id != prefix:
        return RedirectResponse(address(request.app.state.frame.prefix, f"/findings/{view.row.id}"), 307)
    decision = await decided(request)
    return page(
        request, "finding.html", view=view, event=event, decision=decision, refused=None, **deciding(request, view)
    )


@router.get("/systems/{name}")
async def system(request: Request, name: str) -> Response:
    engine = engine_of(request)
    if name not in engine.integrations:
        raise Failed(404, "No such system", f'No integration is called "{name}".')
    live = engine.integrations[name]
    scopes = sorted(live.known.values(), key=lambda k: (k.coverage.complete, k.ref))
    return page(
        request,
        "system.html",
        view=systems.system(engine, name),
        rows=views.findings(engine, Filter(integration=name), 1, 20).items,
        reads=views.coverage(engine, name),
        scopes=scopes[:500],
        more=max(0, len(scopes) - 500),
        readings=await engine.store.readings(name, 10),
        at=engine.clock.now(),
        mark=mark,
        unshown=systems.unshown(engine, name),
        seen=seen,
        owned=await owned(request, name),
        pushes=pushes(engine, name),
        attested=await attested(engine.store, name) if live.config.attested else None,
    )


@router.get("/coverage")
async def coverage(request: Request) -> Response:
    view = views.overview(engine_of(request))
    return page(request, "coverage.html", view=view, reads=views.coverage(engine_of(request))[:500])


@router.get("/history")
async def history(request: Request) -> Response:
    engine = engine_of(request)
    events = await views.events(engine, limit=100, newest_first=True)
    decisions = [as_decided(one) for one in await engine.store.decisions(newest_first=True, limit=50)]
    return page(request, "history.html", events=events, decisions=decisions, undone=await undone(engine))


@router.get("/rules")
async def rules(request: Request) -> Response:
    return page(request, "rules.html", rules=rules_(), overrides=engine_of(request).config.overrides)


@router.get("/break")
async def break_something(request: Request) -> Response:
    demo = request.app.state.demo
    if demo is None:
        raise Failed(404, "No demo here", NO_DEMO)
    return page(request, "demo.html", steps=demo.steps())
