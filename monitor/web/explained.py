"""/problems: what each type of problem means and what to do, where the `type` of a problem leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from .problems import PAGE, SAID
from .render import page

router = APIRouter(include_in_schema=False)

DO: Final[Mapping[str, str]] = {
    "not-understood": "Something in the address does not fit its description, or the body is no JSON. `problems` names "
    "each parameter with what was expected and what came.",
    "sign-in-first": "No token came, or one that opens nothing any more. Send `Authorization: Bearer` with a token "
    "that `driftline token create` makes.",
    "not-allowed": "Your role does not reach, or the request came from another site. `detail` says which role it "
    "takes.",
    "not-found": "There is nothing at this address now. `detail` says where to look for what there is.",
    "not-done-here": "The address is there and does other things: the header Allow lists them.",
    "refused": "It was understood, and something stands against it: `problems` has a sentence each. Where findings "
    "moved since you looked, `changed` has their ids: look at them again, and decide anew.",
    "changed-meanwhile": "The thing is another now than the one whose ETag you sent in If-Match. Get it again, and ask "
    "once more with its new ETag.",
    "too-large": "A request has at most 1 MiB.",
    "not-json": "Send the body as JSON, with `Content-Type: application/json`.",
    "unknown-host": "Driftline answers only to names that it was given. Add this one to `server.hosts`.",
    "not-valid": "The body is JSON, and not of the shape that is described: `detail` names the place.",
    "too-often": "Wait for as many seconds as the header Retry-After says.",
    "failed": "A defect of Driftline. It goes on watching; only this answer failed. The log has the reason under the "
    "`correlation` of the answer.",
    "not-ready": "Driftline is starting or stopping, or all streams are taken. Ask again in a while.",
}


@router.get(PAGE)
async def problems(request: Request) -> Response:
    rows = [(status, said, DO[said.type]) for status, said in SAID.items() if said.type in DO]
    return page(request, "problems.html", rows=rows)
