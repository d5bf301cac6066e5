"""The timeline and the figures, as a page and under /api/v1: what happened, newest first, and how quick people are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, Final, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import figures as figuring
from monitor.engine import timeline as telling
from monitor.engine.figure_shapes import Figures, Item, Timeline, took
from monitor.engine.request import Refused
from monitor.engine.surface import Engine
from probes.kit.contract import Kind

from .api import V1, send
from .common import engine_of, not_days, number
from .openapi import gives, query
from .parameters import Parameter, day, one_of, whole
from .problems import Failed
from .render import page
from .walking import send_list

router = APIRouter()
_OF: Final[dict[str, str | Parameter]] = {
    "system": "name of an integration", "kind": one_of("of what it is about", Kind), "owner": "a team",
}  # fmt: skip
_DAYS: Final = {"from_": day("first day, in the stack's time zone"), "to": day("last day, included")}
WORST: Final = 8  # systems whose times without reading the page lists
_TITLES: Final = {"": "what people were told of", "all": "everything", "events": "all events"}


@router.get(
    f"{V1}/timeline",
    openapi_extra=query(
        **_OF, what=one_of("what people were told of where none is given", telling.WHAT), **_DAYS,
        cursor="`next` of the page before", limit=whole("of a page", 200, 50),
    ),
    **gives("Timeline", "Newest first", summary="What happened, as people are told of it"),
)  # fmt: skip
async def listed(request: Request) -> Response:
    return send_list(request, await _timeline(request, number(request, "limit", 50, 200)))


@router.get(
    f"{V1}/figures",
    openapi_extra=query(days=one_of("how far back; 91 where none is given", map(str, figuring.DAYS)), **_OF),
    **gives("Figures", "How quick people are, what waits, how long each system was watched", problems=(400,)),
)
async def measured(request: Request) -> Response:
    return send(await _figures(request))


async def _timeline(request: Request, size: int) -> Timeline:
    given = {name: request.query_params.get(name, "").strip() for name in ("what", "cursor")}
    if given["what"] and given["what"] not in telling.WHAT:
        words = f'what: expected one of {", ".join(telling.WHAT)}, found "{given["what"][:40]}".'
        raise Failed(400, "Unknown filter", words)
    days = {to: request.query_params.get(name, "").strip() for name, to in (("from", "first"), ("to", "last"))}
    try:
        return await telling.timeline(engine_of(request), telling.Asked(**_narrowed(request), **given, **days), size)
    except Refused as error:
        if any(one.startswith("cursor") for one in error.problems):
            raise Failed(404, "Not a place in this list", " ".join(error.problems), error.problems) from error
        raise not_days(request, error) from error


async def _figures(request: Request) -> Figures:
    days = number(request, "days", 91, figuring.DAYS[-1])
    if days not in figuring.DAYS:
        words = f"days: expected one of {', '.join(map(str, figuring.DAYS))}, found {days}."
        raise Failed(400, "No such window", words)
    return await figuring.figures(engine_of(request), figuring.Asked(days=days, **_narrowed(request)))


def _narrowed(request: Request) -> dict[str, str]:
    """Raises Failed for a kind that there is not."""
    given = {name: request.query_params.get(name, "").strip() for name in _OF}
    if given["kind"] and given["kind"] not in set(Kind):
        raise Failed(400, "Unknown filter", f'kind: expected one of {", ".join(Kind)}, found "{given["kind"][:40]}".')
    return given


# -- the page ---------------------------------------------------------------------------------------------------------


@router.get("/timeline", include_in_schema=False)
async def shown(request: Request) -> Response:
    """The figures stand over the first page alone."""
    engine, view = engine_of(request), await _timeline(request, telling.SIZE)
    names = (*_OF, "what", "from", "to", "days")
    asked = {name: value for name in names if (value := request.query_params.get(name, "").strip())}
    first = not request.query_params.get("cursor")
    found = await _figures(request) if first else None
    zone = engine.config.zone
    owners = {live.config.owner for live in engine.integrations.values()}
    return page(
        request,
        "timeline.html",
        view=view,
        days=list(_by_day(engine, view.items)),
        found=found,
        worst=[one for one in found.watched if one.gaps][:WORST] if found else [],
        since=f"{datetime.fromtimestamp(found.since, zone):%Y-%m-%d}" if found else "",
        asked=asked,
        of={name: asked[name] for name in _OF if name in asked},
        zone=engine.config.service.stack.timezone or "UTC",
        windows=figuring.DAYS,
        offers={
            "system": sorted(engine.integrations),
            "owner": sorted({*engine.config.people.teams, *owners}),
            "kind": list(Kind),
        },
        what=_words(),
        took=took,
    )


def _words() -> dict[str, str]:
    """What can be shown, by its word in the address."""
    titles: dict[str, str] = {word: title for word, (title, _) in figuring.SAID.items()}
    return {**_TITLES, **{word: titles.get(word, word) for word in telling.WHAT if word not in _TITLES}}


def _by_day(engine: Engine, items: tuple[Item, ...]) -> Iterator[tuple[str, list[tuple[str, Item]]]]:
    """(day, [(time of day, item)]) in the stack's time zone."""

    def local(one: Item) -> datetime:
        return datetime.fromtimestamp(one.at, cast(Any, engine.config.zone))

    for named, group in groupby(items, key=lambda one: f"{local(one):%A, %-d %B %Y}"):
        yield named, [(f"{local(one):%H:%M}", one) for one in group]
