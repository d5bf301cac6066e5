"""Failures as answers: problem+json (RFC 9457) for programs, a page for people, always with the correlation id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

from monitor.engine.request import Refused
from monitor.engine.views import NotFound

from .render import page

log = structlog.get_logger(__name__)


PAGE: Final = "/problems"  # where each type is explained


class Said(NamedTuple):
    """What a status means here. `type` ends the address of its explanation, which docs/api.md has too."""

    type: str
    title: str


SAID: Final[Mapping[int, Said]] = {
    304: Said("not-changed", "Not changed since"),
    400: Said("not-understood", "Not understood"),
    401: Said("sign-in-first", "Sign in first"),
    403: Said("not-allowed", "Not allowed"),
    404: Said("not-found", "Not found"),
    405: Said("not-done-here", "This address does not do that"),
    409: Said("refused", "Refused, and nothing was changed"),
    412: Said("changed-meanwhile", "Changed since it was looked at"),
    413: Said("too-large", "Too large"),
    415: Said("not-json", "Not sent as JSON"),
    421: Said("unknown-host", "Unknown host"),
    422: Said("not-valid", "Not valid"),
    429: Said("too-often", "Too often"),
    500: Said("failed", "It failed inside"),
    503: Said("not-ready", "Loading or draining"),
}


class Problem(msgspec.Struct, frozen=True):
    """`problems`: one sentence each; `changed`: ids of findings that moved since they were looked at; `wait`: seconds
    until it is worth another try; `link`: a path of ours and its words, for what to do; `type`: where it is another
    than that of its status; `headers`: of the answer."""

    status: int
    title: str
    detail: str = ""
    problems: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    wait: int = 0
    link: tuple[str, str] | None = None
    type: str = ""
    headers: Mapping[str, str] = {}


class ProblemBody(msgspec.Struct, frozen=True, kw_only=True):
    """What programs get. `type` is the address of the page that says what it means and what to do; `correlation` is in
    the log."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    correlation: str = ""
    problems: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class Failed(Exception):
    """A request that cannot be answered, as a Problem."""

    def __init__(
        self, status: int, title: str, detail: str = "", problems: Sequence[str] = (), wait: int = 0,
        link: tuple[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(title)
        self.problem = Problem(status, title, detail, tuple(problems), wait=wait, link=link)


def answer(scope: Scope, problem: Problem) -> Response:
    """The response for a person or for a program, by where they asked and what they accept."""
    correlation = scope.get("state", {}).get("correlation", "")
    headers = dict(problem.headers) | ({"www-authenticate": "Bearer"} if problem.status == 401 else {})
    if problem.wait:
        headers["retry-after"] = str(problem.wait)
    if scope["path"].startswith(("/api/", "/-/")) or "text/html" not in Headers(scope=scope).get("accept", ""):
        body = ProblemBody(
            type=_type(scope, problem),
            title=problem.title,
            status=problem.status,
            detail=problem.detail,
            instance=scope["path"],
            correlation=correlation,
            problems=problem.problems,
            changed=problem.changed,
        )
        return Response(msgspec.json.encode(body), problem.status, headers, "application/problem+json")
    failed = f"{scope['method']} {scope['path']}" if problem.status >= 500 else ""
    response = page(
        Request(scope), "error.html", status=problem.status, problem=problem, correlation=correlation, failed=failed,
        read_at=_read_at(scope) if failed else None,
    )  # fmt: skip
    response.headers.update(headers)
    return response


def _read_at(scope: Scope) -> float | None:
    """When a reading ended last: that watching goes on is best said by that."""
    lives = scope["app"].state.engine.integrations.values()
    return max((live.last_poll_at for live in lives if live.last_poll_at is not None), default=None)


def _type(scope: Scope, problem: Problem) -> str:
    """The address of its explanation, on the pages' own host."""
    known = problem.type or (SAID[problem.status].type if problem.status in SAID else "")
    if not known:
        return "about:blank"
    base = scope["app"].state.settings.external_url.rstrip("/") if "app" in scope else ""
    return f"{base}{PAGE}#{known}"


async def on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - registered for this class alone
    problem = Problem(409, "Not decided", "Nothing was changed.", error.problems, error.changed)
    return answer(request.scope, problem)


async def on_not_found(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotFound)  # noqa: S101
    return answer(request.scope, Problem(404, "No such finding", str(error)))


async def on_failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, Failed)  # noqa: S101
    return answer(request.scope, error.problem)


async def on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    titles = {404: "There is no such page", 405: "This address does not do that"}
    title = titles.get(error.status_code, "The request cannot be answered")
    words = "" if error.status_code in titles else str(error.detail)
    return answer(request.scope, Problem(error.status_code, title, words))


def unforeseen(scope: Scope, error: Exception) -> Response:
    """Anything else: logged whole under the correlation id, told in one sentence without its innards."""
    correlation = scope["state"]["correlation"]
    log.error("request failed", correlation=correlation, path=scope["path"], exc_info=error)
    words = "Driftline goes on watching; only this answer failed. The log has the reason under the id below."
    try:
        return answer(scope, Problem(500, "This page failed", words))
    except Exception as second:  # what every page shows fails itself: then a page of nothing but words
        log.error("the page of the failure failed", correlation=correlation, exc_info=second)
        return PlainTextResponse(f"This page failed. {words}\n\nid {correlation}\n", 500)
