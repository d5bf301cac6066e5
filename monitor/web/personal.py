"""/me: who somebody is here, and their personal tokens. /who-may: who may come in, for an administrator. Both as pages
and under /api/v1."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import administer, personal

from .access import ROLES, Access, Principal
from .api import V1, body, send
from .common import engine_of, needs
from .deciding import back, said
from .openapi import gives, query, takes
from .problems import Failed
from .render import page
from .settings import Settings
from .walking import cut, limit_of, paged, send_list
from .wire import Holdings, Me, NewPersonal, People, Revoked

router = APIRouter()
DAY = 86_400.0


@router.get(f"{V1}/me", **gives("Me", "Who asks, and what they may"))
async def me(request: Request) -> Response:
    who = needs(request, "viewer")
    return send(Me(name=who.name, role=who.role, how=who.how, teams=who.teams, personal=_makes(who)))


@router.get(
    f"{V1}/me/tokens", openapi_extra=query(**paged()),
    **gives("Holdings", "One's own sessions and personal tokens, oldest first"),
)  # fmt: skip
async def mine(request: Request) -> Response:
    rows = await _mine(request, needs(request, "viewer"))
    found, following = cut(request, rows, lambda one: (one.created, one.name), limit_of(request))
    return send_list(request, Holdings(tuple(found), following))


@router.post(
    f"{V1}/me/tokens", **gives("Made", "A personal token, shown once", status=201, problems=(400, 403, 409, 422)),
    openapi_extra=takes("NewPersonal"),
)  # fmt: skip
async def create(request: Request) -> Response:
    who, asked = needs(request, "viewer"), await body(request, NewPersonal)
    return send(await _make(request, who, asked), 201)


@router.delete(f"{V1}/me/tokens/{{name}}", **gives("Revoked", "It opens nothing any more", problems=(403, 409)))
async def end(request: Request, name: str) -> Response:
    who = needs(request, "viewer")
    await personal.end(engine_of(request), _maker(who).member, who.name, name)
    return send(Revoked(name))


@router.get(
    f"{V1}/people", openapi_extra=query(**paged()),
    **gives("People", "Whom a provider or a proxy named, in the order in which they first came", problems=(403,)),
)  # fmt: skip
async def people(request: Request) -> Response:
    needs(request, "admin")
    rows = await personal.known(engine_of(request), _settings(request).auth)
    found, following = cut(request, rows, lambda one: (one.first, one.id), limit_of(request))
    return send_list(request, People(tuple(found), following))


@router.delete(
    f"{V1}/people/{{id}}", **gives("Revoked", "They are signed out; their tokens open nothing", problems=(403, 409))
)
async def remove(request: Request, id: str) -> Response:
    await personal.remove(engine_of(request), id, needs(request, "admin").name)
    return send(Revoked(id))


# -- pages ------------------------------------------------------------------------------------------------------------


@router.get("/me", include_in_schema=False)
async def shown(request: Request) -> Response:
    return await _me(request, needs(request, "viewer"))


@router.post("/me/tokens", include_in_schema=False)
async def form_create(request: Request) -> Response:
    who, form = needs(request, "viewer"), await request.form()
    days = said(form, "days")
    if not days.isascii() or not days.isdigit():
        raise Failed(400, "Not a number", f'days: expected a whole number, found "{days[:40]}".')
    asked = NewPersonal(said(form, "name"), said(form, "role"), float(days) * DAY)
    return await _me(request, who, await _make(request, who, asked))


@router.post("/me/tokens/end", include_in_schema=False)
async def form_end(request: Request) -> Response:
    who, form = needs(request, "viewer"), await request.form()
    await personal.end(engine_of(request), _maker(who).member, who.name, said(form, "name"))
    return back(request, "/me")


@router.get("/who-may", include_in_schema=False)
async def who_may(request: Request) -> Response:
    needs(request, "admin")
    engine, auth = engine_of(request), _settings(request).auth
    held = await personal.held(engine, auth)
    return page(
        request, "who_may.html", auth=auth, held=held, people=await personal.known(engine, auth),
        now=engine.clock.now(), own=_access(request).own_session(await engine.store.api_tokens(), request.headers),
    )  # fmt: skip


@router.post("/who-may/end", include_in_schema=False)
async def form_revoke(request: Request) -> Response:
    who, form = needs(request, "admin"), await request.form()
    await administer.revoke(engine_of(request), said(form, "name"), who.name)
    return back(request, "/who-may")


@router.post("/who-may/remove", include_in_schema=False)
async def form_remove(request: Request) -> Response:
    who, form = needs(request, "admin"), await request.form()
    await personal.remove(engine_of(request), said(form, "id"), who.name)
    return back(request, "/who-may")


async def _me(request: Request, who: Principal, made: administer.Made | None = None) -> Response:
    engine, auth = engine_of(request), _settings(request).auth
    held = await _mine(request, who)
    roles = [role for role in ROLES if who.may(role)]
    return page(
        request, "me.html", who=who, auth=auth, made=made, roles=roles, makes=_makes(who), days=personal.DAYS,
        tokens=[one for one in held if one.kind == "personal"],
        sessions=[one for one in held if one.kind == "session"], now=engine.clock.now(),
    )  # fmt: skip


async def _mine(request: Request, who: Principal) -> tuple[personal.Held, ...]:
    if not who.member:
        return ()
    return await personal.held(engine_of(request), _settings(request).auth, who.member)


async def _make(request: Request, who: Principal, asked: NewPersonal) -> administer.Made:
    one = _maker(who)
    return await personal.make(
        engine_of(request), one.member, one.name, one.role, asked.name, asked.role, asked.seconds
    )


def _makes(who: Principal) -> bool:
    return bool(who.member) and who.how != "bearer"


def _maker(who: Principal) -> Principal:
    """A token makes and ends no tokens: who finds one could hide behind others."""
    if who.how == "bearer":
        raise Failed(
            403, "Not with a token", "Personal tokens are made and ended where you are signed in yourself: /me."
        )
    return who


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def _access(request: Request) -> Access:
    return cast(Access, request.app.state.access)
