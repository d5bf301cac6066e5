"""Long lists, one way for all: `limit` and `cursor` in the query, `next` in the answer, and a Link to what follows.

A cursor is the place of the last thing that was shown: a number and an id by which it stands in its list, and which
never change. So a walk over a list that changes meanwhile shows nothing twice, and misses nothing that was there all
the time; and what the cursor was made of may be gone without the place being lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from heapq import nsmallest
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from .api import send
from .common import number
from .parameters import Parameter, line, whole
from .problems import Failed

T = TypeVar("T")
Place = tuple[float, str]
MOST: Final = 500
EACH: Final = 100
_LONGEST: Final = 1000  # characters of a cursor: one holds a path


def paged(most: int = MOST, each: int = EACH) -> dict[str, Parameter]:
    """The parameters of such a list."""
    return {"cursor": line("`next` of the page before", _LONGEST), "limit": whole("of a page", most, each)}


def limit_of(request: Request, most: int = MOST, each: int = EACH) -> int:
    return number(request, "limit", each, most)


def place_of(request: Request) -> Place | None:
    """Where the page before ended; None at the beginning. Raises Failed for what is no cursor."""
    text = request.query_params.get("cursor", "")
    if not text:
        return None
    at, tilde, id = text.partition("~")
    try:
        found = float(at)
    except ValueError:
        found = math.nan
    if math.isnan(found) or not tilde:
        raise Failed(404, "Not a place in this list", "cursor: expected the `next` of an answer; begin without it.")
    return found, id


def cursor(place: Place) -> str:
    return f"{place[0]!r}~{place[1]}"


def cut(request: Request, rows: Iterable[T], place: Callable[[T], Place], limit: int) -> tuple[list[T], str]:
    """The rows of the page that is asked for, in the order of their places, and the cursor of the page after it."""
    after = place_of(request)
    left = rows if after is None else (row for row in rows if place(row) > after)
    found = nsmallest(limit + 1, left, key=place)
    return found[:limit], cursor(place(found[limit - 1])) if len(found) > limit else ""


def send_list(request: Request, value: Any, following: str | None = None, name: str = "cursor") -> Response:
    """`value` with a Link to the page after it (RFC 8288), whose parameter `name` is `following`: its own `next` where
    none is given, and no Link where that is empty."""
    answer = send(value)
    following = value.next if following is None else following
    if following:
        kept = [(key, one) for key, one in request.query_params.multi_items() if key != name]
        at = request.app.state.settings.external_url.rstrip("/") + request.scope["path"]
        answer.headers["link"] = f'<{at}?{urlencode([*kept, (name, following)])}>; rel="next"'
    return answer
