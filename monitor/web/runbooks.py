"""/runbooks: what to do about an alert or a finding, for a reader who may be on a phone and not signed in.

The texts are the same for every stack and say nothing of this one, so that nobody has to sign in to read them.
"""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from monitor import runbooks
from monitor.engine.rulelist import rules

from .problems import Failed
from .render import address, page

router = APIRouter(include_in_schema=False)


@router.get("/runbooks")
async def every(request: Request) -> Response:
    titles = runbooks.titles()
    alerts = {name: title for name, title in titles.items() if name.startswith("Driftline")}
    families = {name: title for name, title in titles.items() if name not in alerts}
    return page(request, "runbooks.html", alerts=alerts, families=families)


@router.get("/runbooks/{name}")
async def one(request: Request, name: str) -> Response:
    if name not in runbooks.titles():
        raise Failed(
            404, "No such runbook", "There is one for each alert and each family of rules; /runbooks lists them."
        )
    mine = [rule for rule in rules() if rule.id.partition(".")[0] == name]
    return page(
        request,
        "runbook.html",
        name=name,
        title=runbooks.titles()[name],
        text=_html(name, request.app.state.frame.prefix),
        rules=mine,
    )


@cache
def _html(name: str, prefix: str) -> Markup:
    """Our own Markdown; HTML in it would be shown as text. Links between pages name the file, for readers of the
    repository."""
    parser = MarkdownIt("commonmark", {"html": False})
    tokens = parser.parse(runbooks.text(name))
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                to = str(child.attrGet("href")).removesuffix(".md")
                child.attrSet("href", address(prefix, f"/runbooks/{to}"))
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 - made of files of the package
