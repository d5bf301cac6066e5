"""The application on 9731: pages and /api/v1, behind one guard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from monitor.engine.request import Refused
from monitor.engine.surface import Engine
from monitor.engine.views import NotFound

from . import (
    admin,
    api,
    asking,
    catalogue,
    debugging,
    deciding,
    describing,
    drills,
    explained,
    fleet,
    flows,
    home,
    hooks,
    ignoring,
    lists,
    notifying,
    oidc,
    openapi,
    pages,
    personal,
    planning,
    pushes,
    recaps,
    review,
    runbooks,
    selecting,
    signing,
    standing,
    stream,
    timeline,
    trail,
    undoing,
    waiting,
)
from .access import Access
from .contract import Contract
from .demo import Demo
from .frame import Frame
from .guard import Guard
from .limits import FAILURES, Limits
from .once import Once
from .problems import Failed, on_failed, on_http, on_not_found, on_refused
from .settings import Settings, settings
from .versions import Versions

if TYPE_CHECKING:
    from monitor.adapters.provider import Provider
    from monitor.engine.measure import Measure

STATIC = Path(__file__).parent / "static"


def create_app(
    engine: Engine,
    *,
    given: Settings | None = None,
    demo: Demo | None = None,
    provider: Provider | None = None,
    measure: Measure | None = None,
) -> FastAPI:
    """`given` replaces what the engine's configuration says. `demo` adds the "Break something" page; `provider` signs
    people in, in mode oidc; `measure` has what /metrics says, for a bug report.

    Raises ValueError where a listener that others can reach would ask nobody to sign in.
    """
    chosen = given or settings(engine.config)
    access = Access(engine.store, engine.clock, chosen)
    app = FastAPI(title="Driftline", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.engine, app.state.settings, app.state.access, app.state.demo = engine, chosen, access, demo
    app.state.desk = oidc.Desk(provider, engine.clock) if provider is not None else None
    app.state.answers = Limits(FAILURES)
    app.state.pushes = hooks.Pushes()
    app.state.measure = measure
    app.state.streams = set()  # one mark for each that is open
    app.state.frame = Frame(engine, chosen, demo=demo is not None)
    app.include_router(pages.router)
    app.include_router(home.router)
    app.include_router(review.router)
    app.include_router(runbooks.router)
    app.include_router(hooks.router)
    app.include_router(pushes.router)
    app.include_router(notifying.router)
    app.include_router(selecting.router)
    app.include_router(stream.router)
    app.include_router(deciding.router)
    app.include_router(oidc.router)
    app.include_router(signing.router)
    app.include_router(api.router)
    app.include_router(lists.router)
    app.include_router(standing.router)
    app.include_router(ignoring.router)
    app.include_router(undoing.router)
    app.include_router(planning.router)
    app.include_router(waiting.router)
    app.include_router(describing.router)
    app.include_router(flows.router)
    app.include_router(catalogue.router)
    app.include_router(admin.router)
    app.include_router(personal.router)
    app.include_router(trail.router)
    app.include_router(asking.router)
    app.include_router(timeline.router)
    app.include_router(recaps.router)
    app.include_router(explained.router)
    app.include_router(drills.router)
    app.include_router(debugging.router)
    app.include_router(fleet.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    openapi.describe(app)
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(NotFound, on_not_found)
    app.add_exception_handler(Failed, on_failed)
    app.add_exception_handler(HTTPException, on_http)
    app.add_middleware(Versions)
    app.add_middleware(Once)
    app.add_middleware(Contract)
    app.add_middleware(Guard, settings=chosen, access=access)
    return app
