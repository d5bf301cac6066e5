"""Forms and routes by which flows, definitions and owners are written into files beside the baselines.

A form has a mapping as text, since a page without JavaScript cannot grow rows: a line `source -> target` for each pair,
under it, set in, a line for each value that becomes another, and `!` before one that is left out on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast
from uuid import uuid4

import msgspec
import yaml
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from monitor.adapters import described
from monitor.adapters.described import DEFINITIONS, FLOWS, OWNERS
from monitor.core.graph import Definition, FieldMap, Flow, Kept
from monitor.engine import describing
from monitor.engine.describing import Describe, Forget
from monitor.engine.proposing import propose
from monitor.engine.request import as_decided

from . import wire
from .api import V1, body, send
from .common import engine_of, needs
from .deciding import back, said
from .openapi import gives, query, takes
from .problems import Failed
from .render import page
from .walking import cut, limit_of, paged, send_list

router = APIRouter()
_ARROW: Final = "->"


def _kept(summary: str) -> dict[str, Any]:
    words = "Kept; `state` says how far it is"
    return gives("Decided", words, status=202, problems=(400, 403, 409, 422, 503), summary=summary)


def _engine(request: Request) -> Any:
    return cast(Any, engine_of(request))


# -- a mapping as text ------------------------------------------------------------------------------------------------


def written(fields: Sequence[FieldMap]) -> str:
    lines: list[str] = []
    for pair in fields:
        lines.append(f"{pair.source} {_ARROW} {pair.target}".rstrip())
        lines += [f"  {value} {_ARROW} {becomes}" for value, becomes in pair.values.items()]
        lines += [f"  ! {value}" for value in pair.left_out]
    return "\n".join(lines)


def mapping(text: str) -> list[dict[str, Any]]:
    """What `written` wrote, in the words of flows.yaml. Raises Failed, with the number of the line."""
    fields: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        left, arrow, right = (part.strip() for part in line.partition(_ARROW))
        if not line[0].isspace():
            if not (arrow and left):
                raise Failed(400, "Not a mapping", f'line {number}: expected "source -> target", found "{line[:60]}".')
            fields.append({"from": left, "to": right, "values": {}, "left_out": []})
        elif not fields:
            raise Failed(400, "Not a mapping", f"line {number}: expected a pair of fields before its first value.")
        elif left.startswith("!") and not arrow and left[1:].strip():
            fields[-1]["left_out"].append(left[1:].strip())
        elif arrow and left and right:
            fields[-1]["values"][left] = right
        else:
            words = f'line {number}: expected "value -> value", or "! value", found "{line.strip()[:60]}".'
            raise Failed(400, "Not a mapping", words)
    return fields


def kept_at(kept: Sequence[Kept]) -> str:
    """As `places` reads it."""
    lines: list[str] = []
    for one in kept:
        lines.append(f"{one.integration}/{one.scope}/{one.field}{f' = {one.value}' if one.value else ''}")
        lines += [f"  {value} {_ARROW} {called}" for value, called in one.values.items()]
    return "\n".join(lines)


def places(text: str) -> list[dict[str, Any]]:
    """A line `integration/object/field`, and `= value` where one value means it; under it, set in, a line for each
    canonical value that is called otherwise there. Raises Failed, with the number of the line."""
    kept: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if line[0].isspace():
            value, arrow, called = (part.strip() for part in line.partition(_ARROW))
            if not (kept and value and arrow and called):
                words = f'line {number}: expected "value -> what it is there" under a place, found "{line[:60]}".'
                raise Failed(400, "Not a value", words)
            kept[-1].setdefault("values", {})[value] = called
            continue
        where, _, value = (part.strip() for part in line.partition(" = "))
        parts = where.split("/")
        if len(parts) != 3 or not all(parts):
            words = f'line {number}: expected "integration/object/field", found "{where[:60]}".'
            raise Failed(400, "Not a place", words)
        kept.append(
            dict(zip(("integration", "scope", "field"), parts, strict=True)) | ({"value": value} if value else {})
        )
    return kept


# -- API --------------------------------------------------------------------------------------------------------------


def _folder(name: str) -> str:
    if name not in (FLOWS, DEFINITIONS, OWNERS):
        raise Failed(404, "No such thing", f'expected flows, definitions or owners, found "{name[:40]}".')
    return name


@router.get(
    f"{V1}/described",
    openapi_extra=query(**paged()),
    **gives("Descriptions", "The files that the pages and the terminal wrote, by folder and name"),
)
async def listed(request: Request) -> Response:
    rows = [wire.Described(*row) for row in await describing.listed(_engine(request))]
    found, following = cut(request, rows, lambda one: (0.0, f"{one.folder}/{one.name}"), limit_of(request))
    return send_list(request, wire.Descriptions(tuple(found), following))


@router.get(
    f"{V1}/described/{{folder}}/{{name}}",
    **gives("Described", "A file that the pages wrote, as it stands", problems=(404,), summary="One of those files"),
)
async def one(request: Request, folder: str, name: str) -> Response:
    text = await describing.text(_engine(request), _folder(folder), name)
    if text is None:
        raise Failed(404, "No such file", f"{folder}/{name[:40]} was not made on a page; it may stand in config/.")
    return send(wire.Described(folder, name, text))


@router.post(
    f"{V1}/described/{{folder}}",
    openapi_extra=takes("Describe"),
    **_kept("Write what describes a flow, a meaning or an owner"),
)
async def made(request: Request, folder: str) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, Describe)
    return send(as_decided(await describing.write(_engine(request), _folder(folder), asked, who.name, "api")), 202)


@router.post(
    f"{V1}/described/{{folder}}/{{name}}/end", openapi_extra=takes("Forget"), **_kept("End what the pages wrote")
)
async def ended(request: Request, folder: str, name: str) -> Response:
    who, asked = needs(request, "reviewer"), await body(request, Forget)
    return send(as_decided(await describing.end(_engine(request), _folder(folder), name, asked, who.name, "api")), 202)


# -- forms ------------------------------------------------------------------------------------------------------------


async def form_values(request: Request, folder: str, one: Flow | Definition | None, id: str) -> dict[str, Any]:
    """What the template of a form needs."""
    engine = engine_of(request)
    place = describing.by_hand(engine, folder, id) if id else ""
    return {
        "by_hand": place, "file": described.path(folder, id) if id and not place else "", "uuid": uuid4().hex,
        "expected": (await describing.text(engine, folder, id) or "") if id else "",
        "teams": sorted(engine.config.people.teams),
        "pasted": yaml.safe_dump([described.entry(one)], sort_keys=False, allow_unicode=True) if one and place else "",
        "mapping": written(one.fields) if isinstance(one, Flow) else "",
    }  # fmt: skip


async def owned(request: Request, name: str) -> dict[str, Any]:
    """What the form of an integration's owner needs."""
    engine, file = engine_of(request), described.path(OWNERS, name)
    expected = await describing.text(engine, OWNERS, name) or ""
    return {"file": file, "expected": expected, "uuid": uuid4().hex, "teams": sorted(engine.config.people.teams)}


def _asked(form: FormData, entry: dict[str, object]) -> Describe:
    expected = str(form.get("expected", "")).replace("\r\n", "\n")  # browsers send lines of forms so
    return Describe(uuid=said(form, "uuid") or uuid4().hex, entry=entry, reason=said(form, "reason"), expected=expected)


def _some(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in ("", None)}


@router.post("/describe/flows", include_in_schema=False)
async def form_flow(request: Request) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    ends = {
        name: _some({"integration": said(form, f"{name}_integration"), "scope": said(form, f"{name}_scope")})
        for name in ("from", "to")
    }
    entry = _some({
        "id": said(form, "id"), "owner": said(form, "owner"), "purpose": said(form, "purpose"),
        "writer": said(form, "writer"), "reader": said(form, "reader"), "tier": _tier(said(form, "tier")),
    })  # fmt: skip
    entry |= {**ends, "creates": bool(said(form, "creates")), "fields": mapping(str(form.get("mapping", "")))}
    await describing.write(_engine(request), FLOWS, _asked(form, entry), who.name, "page")
    return back(request, f"/flows/{said(form, 'id')}", kept=1)


def _tier(text: str) -> int:
    return int(text) if text in ("1", "2", "3") else 2


@router.post("/describe/definitions", include_in_schema=False)
async def form_definition(request: Request) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    values = [line.strip() for line in str(form.get("values", "")).splitlines() if line.strip()]
    entry: dict[str, object] = {
        "name": said(form, "name"), "meaning": said(form, "meaning"), "values": values,
        "kept": places(str(form.get("kept", ""))),
    }  # fmt: skip
    await describing.write(_engine(request), DEFINITIONS, _asked(form, entry), who.name, "page")
    return back(request, "/definitions", kept=1)


@router.post("/describe/owners", include_in_schema=False)
async def form_owner(request: Request) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    name = said(form, "integration")
    entry: dict[str, object] = {"integration": name, "owner": said(form, "owner")}
    await describing.write(_engine(request), OWNERS, _asked(form, entry), who.name, "page")
    return back(request, f"/systems/{name}")


@router.post("/describe/{folder}/end", include_in_schema=False)
async def form_end(request: Request, folder: str) -> Response:
    who, form = needs(request, "reviewer"), await request.form()
    asked = Forget(uuid=said(form, "uuid") or uuid4().hex, reason=said(form, "reason"))
    await describing.end(_engine(request), _folder(folder), said(form, "name"), asked, who.name, "page")
    return back(request, "/definitions" if folder == DEFINITIONS else "/flows", kept=1)


@router.post("/describe/proposed", include_in_schema=False)
async def form_accept(request: Request) -> Response:
    """Takes what was ticked of a proposed edge: into the file of its flow beside what stands there, or into a new
    one."""
    who, form = needs(request, "reviewer"), await request.form()
    engine, id = _engine(request), said(form, "id")
    found = next((one for one in await propose(engine) if one.id == id), None)
    chosen = set(form.getlist("pair"))
    pairs = [one for one in found.fields if f"{one.source} {_ARROW} {one.target}" in chosen] if found else []
    if found is None or not pairs:
        raise Failed(409, "Not proposed", "It is not proposed any more, or no field of it was ticked; look again.")
    fields = tuple(FieldMap(one.source, one.target, one.values) for one in pairs)
    flow = describing.confirmed(engine, found, fields)
    entry = cast(dict[str, object], described.entry(flow))
    asked = msgspec.structs.replace(_asked(form, entry), reason="confirmed on the page")
    await describing.write(engine, FLOWS, asked, who.name, "page")
    return back(request, f"/flows/{found.id}", kept=1)


@router.get("/definitions", include_in_schema=False)
async def definitions(request: Request) -> Response:
    engine = engine_of(request)
    rows = []
    for one in engine.config.definitions:
        rows.append((one, kept_at(one.kept), await form_values(request, DEFINITIONS, one, one.name)))
    blank = await form_values(request, DEFINITIONS, None, "")
    return page(request, "definitions.html", rows=rows, blank=blank, problems=describing.problems(engine))


@router.get("/flows/proposed", include_in_schema=False)
async def proposed(request: Request) -> Response:
    engine = _engine(request)
    found = [(one, uuid4().hex, await describing.text(engine, FLOWS, one.id)) for one in await propose(engine)]
    return page(request, "proposed.html", rows=found)
