"""POST /hooks/<integration>: what a vendor pushes. Its signature is all the sign-in there is, and the body is hashed,
never read. A stranger learns from the answers only which addresses take anything at all.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import hooks
from monitor.engine.hook_state import TAKEN, Outcome
from monitor.engine.live import Live
from monitor.engine.whence import WHENCE
from probes.kit.hooks import Incoming

from .common import engine_of
from .limits import FAILURES, Limits
from .problems import Failed
from .refusals import Refusals

router = APIRouter(include_in_schema=False)

LARGEST: Final = 256 << 10  # bytes of a delivery
ECHOED: Final = 256  # characters of a header that a vendor wants back
_REFUSED: Final = "It is not signed as it should be here. Whoever runs Driftline sees why on the page of the system."


class Pushes:
    """What is remembered of senders that sign nothing: from which address, and what the trail has of them."""

    def __init__(self) -> None:
        self.failures, self.refusals = Limits(FAILURES), Refusals()


@router.post("/hooks/{integration}")
async def pushed(request: Request, integration: str) -> Response:
    engine = engine_of(request)
    live = engine.integrations.get(integration)
    scheme = hooks.scheme_of(live) if live is not None else None
    if live is None or scheme is None:
        raise Failed(404, "There is nothing here")
    echoed = request.headers.get(scheme.echo, "") if scheme.echo else ""
    if echoed and len(echoed) <= ECHOED:
        return Response(headers={scheme.echo: echoed})
    kept: Pushes = request.app.state.pushes
    peer, now = WHENCE.get().peer, engine.clock.now()
    if wait := kept.failures.wait(peer, now):
        await _refuse(request, live, "too_often")
        raise Failed(429, "Too many tries", wait=wait)
    if engine.state != "ready":
        await _refuse(request, live, "not_ready")
        raise Failed(503, "Not now", "Try again in a moment.")
    body = await _body(request)
    if body is None:
        await _refuse(request, live, "too_large")
        raise Failed(413, "The request is too large", f"A delivery may have at most {LARGEST >> 10} KiB.")
    outcome = await hooks.take(engine, live, scheme, _incoming(request, body))
    if outcome in TAKEN:
        return Response(status_code=202)
    kept.failures.count(peer, now)
    await hooks.refused(engine, live, outcome, kept.refusals.note(integration, now))
    raise Failed(403, "Not accepted", _REFUSED)


async def _refuse(request: Request, live: Live, outcome: Outcome) -> None:
    engine = engine_of(request)
    now = engine.clock.now()
    live.pushed.note(outcome, now)
    kept: Pushes = request.app.state.pushes
    await hooks.refused(engine, live, outcome, kept.refusals.note(live.name, now))


async def _body(request: Request) -> bytes | None:
    """None where it is larger than a delivery may be: no more of it is read then."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > LARGEST:
            return None
    return bytes(found)


def _incoming(request: Request, body: bytes) -> Incoming:
    """As the vendor sent it: to external_url, whatever the proxy in front makes of that."""
    uri = f"{request.app.state.settings.external_url.rstrip('/')}{request.scope['path']}"
    if query := request.scope["query_string"].decode("latin-1"):
        uri += f"?{query}"
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Incoming(request.method, uri, headers, body)
