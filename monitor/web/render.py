"""Templates: autoescape for every name, every printed text through `visible`, every address under the path prefix."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from .eyes import eyes_of
from .text import pair, visible

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def _finalize(value: Any) -> Any:
    """The one way of text into a page; what was made safe by us already passes."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def span(seconds: float) -> str:
    """`40 s`, `14 m`, `2 h`, `12 d`."""
    unit, letter = next(pair for pair in _UNITS if seconds >= pair[0] or pair[0] == 1)
    return f"{int(seconds // unit)} {letter}"


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock(at: float) -> str:
    """The time of a day that is today, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M UTC")


def date(at: float) -> str:
    """The day, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def when(at: float | None, now: float, never: str = "never") -> Markup:
    """Relative, with the absolute on hover."""
    if at is None:
        return Markup('<span class="muted">{}</span>').format(never)
    ahead = at - now
    words = f"in {span(ahead)}" if ahead > 0 else f"{span(-ahead)} ago"
    iso = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, stamp(at), words)


def said(parts: Any) -> Markup:
    """A sentence with its strong parts."""
    begin, end = Markup("<strong>"), Markup("</strong>")
    texts = ((part.strong, escape(visible(part.text))) for part in parts)
    return Markup("").join(begin + text + end if strong else text for strong, text in texts)


def many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"


def percent(share: float) -> str:
    """Never rounds up to 100 %."""
    return "100 %" if share >= 1 else f"{min(int(share * 100), 99)} %"


def options(values: Iterable[str], chosen: str = "") -> Markup:
    """The options of a choice. What is chosen is one of them, whatever they are."""
    every = _options(tuple(values))
    if not chosen:
        return every
    text = visible(chosen)
    plain, marked = Markup('value="{}">').format(text), Markup('value="{}" selected>').format(text)
    if plain in every:
        return every.replace(plain, marked)
    return every + Markup("<option {}{}</option>").format(marked, text)


@lru_cache(maxsize=16)
def _options(values: tuple[str, ...]) -> Markup:
    """Kept, since a large stack has a thousand systems, and every page of the queue names them."""
    option = Markup('<option value="{0}">{0}</option>')
    return Markup("").join(option.format(visible(value)) for value in values)


@cache
def environment() -> Environment:
    env = Environment(
        loader=PackageLoader("monitor.web"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,  # they are part of the package: no page asks the disk whether they changed
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(
        date=date,
        clock=clock,
        when=when,
        said=said,
        many=many,
        percent=percent,
        stamp=stamp,
        span=span,
        pair=pair,
        options=options,
    )
    env.filters["say"] = lambda text: escape(visible(str(text)))
    return env


def address(prefix: str, path: str, **query: Any) -> str:
    """An address on this server, with the parts of the query that say something."""
    asked = urlencode({k.rstrip("_"): v for k, v in query.items() if v not in ("", None, False)})
    return f"{prefix}{quote(path)}{'?' + asked if asked else ''}"


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Render for this request: `url`, `principal`, `frame` (stack, counts for the head) are there for every page."""
    frame = request.app.state.frame if "app" in request.scope else None
    prefix = frame.prefix if frame else ""
    context = {
        "url": lambda path, **query: address(prefix, path, **query),
        "principal": request.scope.get("state", {}).get("principal"),
        "frame": frame.now() if frame else None,
        "path": request.scope["path"],
        "eyes": eyes_of(request),
        **values,
    }
    return HTMLResponse(environment().get_template(template).render(context), status)
