"""What routes share: the engine of the request, who asks and what they may, and the list filter of an address."""

from __future__ import annotations

from typing import Any, cast

from starlette.requests import Request

from monitor.engine.request import Decide
from monitor.engine.shapes import Filter
from monitor.engine.surface import Engine
from monitor.engine.views import find

from .access import Principal, Role
from .problems import Failed

FILTERS = ("integration", "vendor", "environment", "owner", "level", "kind", "source")
STANDS = ("open", "suspected", "held", "ignored", "closed", "all")


def engine_of(request: Request) -> Engine:
    return cast(Engine, request.app.state.engine)


def needs(request: Request, role: Role) -> Principal:
    """The one who asks. Raises Failed where their role does not reach, or while nothing may be changed."""
    who: Principal | None = request.scope["state"]["principal"]
    if who is None or not who.may(role):
        has = f"you have {who.role}" if who else "you are not signed in"
        raise Failed(403, "Not allowed", f"This takes the role {role}; {has}.")
    state = engine_of(request).state
    if role != "viewer" and state != "ready":
        raise Failed(503, f"Driftline is {state}", "Nothing was changed; try again in a moment.")
    return who


def filter_of(request: Request) -> Filter:
    """Raises Failed for a word that filters nothing."""
    query = request.query_params
    stand = query.get("stand", "open") or "open"
    if stand not in STANDS:
        raise Failed(400, "Unknown filter", f'stand: expected one of {", ".join(STANDS)}, found "{stand}".')
    values: dict[str, Any] = {name: query.get(name, "") for name in FILTERS}
    children = query.get("children", "") in ("1", "true", "yes")
    values["policy"] = query.get("policy", "") in ("1", "true", "yes")
    values |= {"class_": query.get("class", ""), "text": query.get("q", "")}
    return Filter(stand=cast(Any, stand), children=children, **values)


def number(request: Request, name: str, default: int, most: int) -> int:
    """A whole number of the query between 1 and `most`. Raises Failed."""
    text = request.query_params.get(name, "") or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise Failed(
            400, "Not a number here", f'{name}: expected a whole number from 1 to {most}, found "{text[:40]}".'
        )
    return int(text)


async def decide(request: Request, asked: Decide) -> Any:
    """Decide as the one who asks. Ids may be unique prefixes. Gives the stored decision; raises what engine raises."""
    who = needs(request, "reviewer")
    engine = engine_of(request)
    whole = {find(engine, id_).id: seen for id_, seen in asked.findings.items()}
    via = "api" if request.url.path.startswith("/api/") else "page"
    changed = {field: getattr(asked, field) for field in asked.__struct_fields__} | {"findings": whole}
    return await engine.decide(Decide(**changed), who.name, via)
