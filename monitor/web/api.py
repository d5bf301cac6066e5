"""/api/v1: the same views as the pages, as JSON, and the decisions. The terminal is a client of this."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.adapters.poller import vendor_for
from monitor.engine import systems, views
from monitor.engine.firstlook import first_look
from monitor.engine.request import Decide, Polled, Refused, as_decided
from monitor.engine.rows import stand
from monitor.engine.rulelist import rules as rules_

from . import wire
from .common import WORDS, decide, engine_of, needs
from .openapi import gives, query, takes
from .parameters import Parameter, flag, line, one_of, several
from .problems import Failed

router = APIRouter()
T = TypeVar("T")
V1 = "/api/v1"
CURSOR = line("`next` of the page before")
FILTER: Final[dict[str, str | Parameter]] = {
    "stand": one_of("where they stand; open where none is given", WORDS["stand"]),
    "integration": "name of an integration",
    "vendor": "name of a vendor file",
    "environment": "as its integration has it",
    "class_": one_of("of the integration", WORDS["class"]),
    "owner": "a team",
    "level": one_of("how grave", WORDS["level"]),
    "kind": one_of("of what it is about", WORDS["kind"]),
    "source": one_of("what told of it", WORDS["source"]),
    "q": "words in sentence, path or id",
    "planned": "id of a planned change: what came with it",
    "beside": "id of a planned change: what came beside it",
    "cause": "id: only what is folded under it",
    "children": flag("also what is folded under a cause"),
    "policy": flag("also what a policy will approve"),
}
OF = "name of an integration; all where none is given"


def send(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def body(request: Request, type_: type[T]) -> T:
    """The request's JSON as that type. Raises Failed, saying where it does not fit."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Failed(415, "Send JSON", "content-type: expected application/json.")
    try:
        return _read(await request.body(), type_)
    except msgspec.ValidationError as error:
        raise Failed(422, "Not valid", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failed(400, "Not JSON", str(error)) from error


@router.get(f"{V1}/openapi.json", **gives("Description", "This description, by OpenAPI 3.1"))
async def description(request: Request) -> Response:
    return send(request.app.openapi())


@router.get(f"{V1}/summary", **gives("Summary", "How the stack stands"))
async def summary(request: Request) -> Response:
    view = views.overview(engine_of(request))
    return send(
        wire.Summary(
            stack=view.stack,
            state=view.state,
            at=view.at,
            breaking=view.counts.breaking,
            warning=view.counts.warning,
            info=view.counts.info,
            children=view.counts.children,
            scopes=view.scopes,
            complete=view.complete,
            proposals=view.proposals,
            not_watched=view.fresh,
            event=await views.newest(engine_of(request)),
        )
    )


@router.get(f"{V1}/overview", **gives("Overview", "What needs a person, and every system"))
async def overview(request: Request) -> Response:
    return send(views.overview(engine_of(request)))


@router.get(
    f"{V1}/versions",
    openapi_extra=query(id=several("of a finding", 200)),
    **gives("Versions", "The version that each finding is of now"),
)
async def versions(request: Request) -> Response:
    ids, engine = request.query_params.getlist("id"), engine_of(request)
    there = [engine.ledger.findings[id_] for id_ in ids if id_ in engine.ledger.findings]
    found = {one.id: wire.Version(one.claim.fingerprint, stand(one, engine.clock.now())) for one in there}
    return send(wire.Versions(found))


@router.get(f"{V1}/findings/{{prefix}}", **gives("Detail", "One finding in full", problems=(404,)))
async def finding(request: Request, prefix: str) -> Response:
    return send(await views.detail(engine_of(request), prefix))


@router.get(f"{V1}/decisions/{{uuid}}", **gives("Decided", "One decision", problems=(404,)))
async def decision(request: Request, uuid: str) -> Response:
    row = await engine_of(request).store.decision(uuid)
    if row is None:
        raise Failed(404, "No such decision", "Nothing was decided under this uuid; sending it again is safe.")
    return send(as_decided(row))


@router.post(
    f"{V1}/decisions",
    openapi_extra=takes("Decide"),
    **gives(
        "Decided",
        "Kept; `state` says how far it is",
        status=202,
        problems=(403, 404, 503),
        summary="Decide on findings",
    ),
)
async def decided(request: Request) -> Response:
    row = await decide(request, await body(request, Decide))
    return send(as_decided(row), 202)


@router.get(f"{V1}/integrations", **gives("Integrations", "Every integration"))
async def integrations(request: Request) -> Response:
    engine = engine_of(request)
    return send(wire.Integrations(tuple(systems.system(engine, name) for name in sorted(engine.integrations))))


def _known(request: Request, name: str) -> None:
    if name not in engine_of(request).integrations:
        known = ", ".join(sorted(engine_of(request).integrations)) or "none"
        raise Failed(404, "No such integration", f'"{name[:60]}" is not configured; there are: {known}.')


@router.get(f"{V1}/integrations/{{name}}", **gives("SystemRow", "One integration", problems=(404,)))
async def integration(request: Request, name: str) -> Response:
    _known(request, name)
    return send(systems.system(engine_of(request), name))


@router.post(
    f"{V1}/integrations/{{name}}/poll",
    openapi_extra=takes("Poll", required=False),
    **gives("Polled", "Read now, and observed", problems=(403, 503), summary="Poll an integration now"),
)
async def poll(request: Request, name: str) -> Response:
    needs(request, "reviewer")
    _known(request, name)
    asked = await body(request, wire.Poll) if await request.body() else wire.Poll()
    known = [one.name for one in vendor_for(engine_of(request).integrations[name].config).listings]
    if odd := [one for one in asked.listings or () if one not in known]:
        raise Refused(*(f'listings: there is no "{one[:60]}"; there are: {", ".join(known)}.' for one in odd[:20]))
    observed = await engine_of(request).poll(name, asked.listings)
    return send(Polled(observed.reading, len(observed.events)))


@router.get(
    f"{V1}/coverage",
    openapi_extra=query(integration=OF),
    **gives("Coverages", "Every read, least complete first"),
)
async def coverage(request: Request) -> Response:
    return send(wire.Coverages(views.coverage(engine_of(request), request.query_params.get("integration", ""))))


@router.get(
    f"{V1}/proposals",
    openapi_extra=query(integration=OF),
    **gives("Proposals", "What no baseline covers"),
)
async def proposals(request: Request) -> Response:
    return send(wire.Proposals(views.proposals(engine_of(request), request.query_params.get("integration", ""))))


@router.get(f"{V1}/rules", **gives("Rules", "Every rule"))
async def rules() -> Response:
    return send(wire.Rules(rules_()))


@router.get(f"{V1}/first-look", **gives("FirstLook", "What already stands out"))
async def look(request: Request) -> Response:
    return send(await first_look(engine_of(request)))


@router.post(
    "/-/reload",
    **gives("Reloaded", "The new configuration is in use", problems=(403, 503), summary="Read the configuration again"),
)
async def reload(request: Request) -> Response:
    who = needs(request, "admin")
    problems = tuple(str(problem) for problem in await engine_of(request).reload(who.name, "api"))
    if problems:
        raise Refused(*problems)
    return send(wire.Reloaded())


def _read(raw: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=type_)
    except msgspec.ValidationError:
        # JSON has one kind of number: to its schemas 5.0 is a whole one too.
        return msgspec.convert(_whole(msgspec.json.decode(raw)), type_)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list) else value
