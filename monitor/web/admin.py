"""/api/v1/tokens and /api/v1/forget: what the terminal asks of a running daemon on behalf of an administrator."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import administer
from monitor.engine.request import Refused

from .api import V1, body, send
from .common import engine_of, needs
from .openapi import gives, query, takes
from .problems import Failed
from .walking import cut, limit_of, paged, send_list
from .wire import Forgotten, NewToken, Person, Revoked, Tokens

router = APIRouter()


@router.get(
    f"{V1}/tokens", openapi_extra=query(**paged()),
    **gives("Tokens", "All tokens, without their secrets, oldest first", problems=(403,)),
)  # fmt: skip
async def tokens(request: Request) -> Response:
    needs(request, "admin")
    rows = await administer.tokens(engine_of(request))
    found, following = cut(request, rows, lambda one: (one.created, one.name), limit_of(request))
    return send_list(request, Tokens(tuple(found), following))


@router.post(
    f"{V1}/tokens", **gives("Made", "A token, shown once", status=201, problems=(403,)),
    openapi_extra=takes("NewToken"),
)  # fmt: skip
async def create(request: Request) -> Response:
    who, asked = needs(request, "admin"), await body(request, NewToken)
    engine = engine_of(request)
    return send(await administer.make_token(engine, asked.name, asked.role, asked.seconds, who.name, asked.teams), 201)


@router.post(
    f"{V1}/tokens/link", **gives("Made", "A sign-in address, shown once", status=201, problems=(403,)),
    openapi_extra=takes("NewToken"),
)  # fmt: skip
async def link(request: Request) -> Response:
    who, asked = needs(request, "admin"), await body(request, NewToken)
    return send(await administer.make_link(engine_of(request), asked.name, asked.role, who.name, asked.teams), 201)


@router.delete(
    f"{V1}/tokens/{{name}}", **gives("Revoked", "It opens nothing any more", problems=(403,), summary="Revoke a token")
)
async def revoke(request: Request, name: str) -> Response:
    who = needs(request, "admin")
    try:
        await administer.revoke(engine_of(request), name, who.name)
    except Refused as error:
        raise Failed(404, "No such token", str(error)) from error
    return send(Revoked(name))


@router.post(
    f"{V1}/forget", **gives("Forgotten", "What stays instead of the name", problems=(403,)),
    openapi_extra=takes("Person"),
)  # fmt: skip
async def forget(request: Request) -> Response:
    who, asked = needs(request, "admin"), await body(request, Person)
    return send(Forgotten(await administer.forget(engine_of(request), asked.person, who.name)))
