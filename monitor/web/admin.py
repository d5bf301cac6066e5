"""/api/v1/tokens and /api/v1/forget: what the terminal asks of a running daemon on behalf of an administrator."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import administer

from .api import V1, body, send
from .common import engine_of, needs

router = APIRouter(include_in_schema=False)


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`seconds` None: it never ends by itself."""

    name: str
    role: str
    seconds: float | None = None


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    person: str


@router.get(f"{V1}/tokens")
async def tokens(request: Request) -> Response:
    needs(request, "admin")
    return send({"items": await administer.tokens(engine_of(request))})


@router.post(f"{V1}/tokens")
async def create(request: Request) -> Response:
    who, asked = needs(request, "admin"), await body(request, NewToken)
    return send(await administer.make_token(engine_of(request), asked.name, asked.role, asked.seconds, who.name), 201)


@router.post(f"{V1}/tokens/link")
async def link(request: Request) -> Response:
    who, asked = needs(request, "admin"), await body(request, NewToken)
    return send(await administer.make_link(engine_of(request), asked.name, asked.role, who.name), 201)


@router.delete(f"{V1}/tokens/{{name}}")
async def revoke(request: Request, name: str) -> Response:
    await administer.revoke(engine_of(request), name, needs(request, "admin").name)
    return send({"revoked": name})


@router.post(f"{V1}/forget")
async def forget(request: Request) -> Response:
    who, asked = needs(request, "admin"), await body(request, Person)
    return send({"pseudonym": await administer.forget(engine_of(request), asked.person, who.name)})
