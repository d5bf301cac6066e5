"""A week or a month in review as a file to send on: HTML as one page without anything outside of it, Markdown, JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from monitor.core.figures import Spread
from monitor.core.ignores import last_day
from monitor.core.visible import code, flat, prose
from monitor.engine import recap as telling
from monitor.engine.figure_shapes import took
from monitor.engine.recap_shapes import Group, Recap, Told
from monitor.engine.request import Refused

from .api import V1, send
from .common import engine_of
from .openapi import gives, query
from .parameters import day, one_of
from .problems import Failed
from .render import environment, many, percent

router = APIRouter()
FORMATS: Final = {
    "html": "text/html; charset=utf-8", "markdown": "text/markdown; charset=utf-8", "json": "application/json",
}  # fmt: skip
_ENDINGS: Final = {"html": "html", "markdown": "md", "json": "json"}
_SEEN: Final = 10  # systems whose times without reading are listed
_ASKED: Final = {
    "period": one_of("how long; a week where none is given", telling.PERIODS),
    "until": day("its last day, in the stack's time zone; today where none is given"),
}


@router.get(
    f"{V1}/report", openapi_extra=query(**_ASKED),
    **gives("Recap", "What was caught, how fast, what is left, what lies ahead", summary="A week or a month in review",
            problems=(400, 409)),
)  # fmt: skip
async def looked_back(request: Request) -> Response:
    return send(await _recap(request))


@router.get("/report", include_in_schema=False)
async def download(request: Request) -> Response:
    form = request.query_params.get("format", "html")
    if form not in FORMATS:
        raise Failed(400, "Unknown format", f'format: expected one of {", ".join(FORMATS)}, found "{form[:40]}".')
    made = await _recap(request)
    file = f"driftline-{made.period}-to-{made.last}.{_ENDINGS[form]}"
    headers = {"content-disposition": f'attachment; filename="{file}"'}
    url = request.app.state.settings.external_url
    return Response(render(made, form, url), headers=headers, media_type=FORMATS[form])


async def _recap(request: Request) -> Recap:
    period = request.query_params.get("period", "").strip() or "week"
    if period not in telling.PERIODS:
        words = f'period: expected one of {", ".join(telling.PERIODS)}, found "{period[:40]}".'
        raise Failed(400, "No such period", words)
    until = request.query_params.get("until", "").strip()
    try:
        return await telling.recap(engine_of(request), period, until)
    except Refused as error:
        status = 409 if last_day(until) else 400  # a day that is still to come was understood
        raise Failed(status, "Not a day", " ".join(error.problems), error.problems) from error


# -- as files ---------------------------------------------------------------------------------------------------------


def render(made: Recap, form: str, url: str) -> str:
    """In one of FORMATS. `url`: where the pages are, for links; empty where nobody said."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n"
    if form == "markdown":
        return "\n".join(_markdown(made, url)) + "\n"
    given: dict[str, Any] = {"groups": groups(made), "say": _said, "at": _clock(made), "shown": _SEEN, "change": change}
    return environment().get_template("recap.html").render(r=made, url=url, **given)


def groups(made: Recap) -> tuple[tuple[str, str, Group], ...]:
    """Title, what it means, causes."""
    return (
        ("Caught before anything broke", "Breaking changes of which nothing that depends on them was seen to stop.",
         made.caught),
        ("Broke, and this is why", "Breaking changes under which something stopped working.", made.damage),
        ("Broke, and no change explains it", "Something stopped working, and no change was found to explain it.",
         made.unexplained),
    )  # fmt: skip


def _said(one: Spread) -> str:
    if one.median is None or one.p90 is None:
        return f"too few to say ({one.n})"
    return f"{took(one.median)}; nine of ten within {took(one.p90)} (of {one.n})"


def change(now: Spread, before: Spread) -> str:
    """What the period before was like."""
    return "" if before.median is None else f"before: {took(before.median)}"


def _clock(made: Recap) -> Any:
    zone = ZoneInfo(made.zone)
    return lambda when, form="%Y-%m-%d %H:%M": datetime.fromtimestamp(when, zone).strftime(form)


def _markdown(r: Recap, url: str) -> Iterator[str]:
    at = _clock(r)
    yield f"# {prose(flat(r.stack))}: the {r.period} from {r.first} to {r.last}\n"
    yield f"Made {at(r.at)}; all times {r.zone}.\n"
    for title, means, group in groups(r):
        yield f"## {title}: {group.all}\n"
        yield f"{means}\n"
        yield from _causes(group, at, url)
    yield "## How fast\n"
    yield "| what | median | the period before |"
    yield "| --- | --- | --- |"
    for one in r.paces:
        yield f"| {one.title} | {_said(one.now)} | {change(one.now, one.before)} |"
    c = r.counts
    yield f"\n## Open now: {c.breaking} breaking, {c.warning} warning, {c.info} info\n"
    if r.oldest:
        yield "The oldest, from warning on:\n"
    yield from (_cause(one, at, url) for one in r.oldest)
    yield "\n## Standing approvals\n"
    for policy in r.policies:
        ends = f"**ends {policy.last_day}**" if policy.soon else f"until {policy.last_day}"
        back = f", {policy.undone} of them taken back" if policy.undone else ""
        whose = f"of {prose(flat(policy.owner))}" + (f" for {code(policy.actor)}" if policy.actor else "")
        yield f"- {code(policy.id)} {whose}, {ends}: took {policy.taken}{back}"
    if not r.policies:
        yield "There is none."
    yield "\n## Reviewed\n"
    share = percent(r.reviewed / r.things) if r.things else "nothing"
    yield f"{share} of what stands in the baselines ({r.reviewed} of {r.things} things) was approved by a decision."
    yield "\n## Ends ahead\n"
    yield from (f"- {at(one.at, '%Y-%m-%d')} {code(one.system)}: {code(one.what)}" for one in r.sunsets)
    if not r.sunsets:
        yield "No vendor announced one."
    yield "\n## Watched\n"
    yield f"{many(r.systems - len(r.seen), 'system')} of {r.systems} without a gap."
    for seen in r.seen[:_SEEN]:
        yield f"- {code(seen.system)} {percent(seen.share)} of the time: {prose(flat(seen.reason))}"


def _causes(group: Group, at: Any, url: str) -> Iterator[str]:
    yield from (_cause(one, at, url) for one in group.some)
    if (more := group.all - len(group.some)) > 0:
        yield f"- and {more} more"
    yield ""


def _cause(one: Told, at: Any, url: str) -> str:
    name = f"[{one.id}]({url}/findings/{one.id})" if url else code(one.id)
    whose = prose(flat(one.owner)) or "nobody's"
    return f"- {name} {code(one.system)} {prose(flat(one.says))} ({whose}, {at(one.opened_at)}, {one.state})"
