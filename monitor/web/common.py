"""What routes share: the engine of the request, who asks and what they may, and the list filter of an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from starlette.requests import Request

from monitor.config.models import Class
from monitor.core.ignores import last_day
from monitor.core.model import Level, Source
from monitor.engine.request import Decide, Refused
from monitor.engine.shapes import Filter, Stand
from monitor.engine.surface import Engine
from monitor.engine.views import find
from probes.kit.contract import Kind

from .access import Principal, Role
from .problems import Failed

FILTERS = ("integration", "vendor", "environment", "owner", "level", "kind", "source", "planned", "beside")
WORDS: Final = {  # of the filters that know all their words
    "class": get_args(Class),
    "level": tuple(level.word for level in Level),
    "kind": tuple(Kind),
    "source": tuple(Source),
    "stand": get_args(Stand),
}


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
    """Raises Failed for a word that filters nothing: a list that is empty for it would look as if all were well."""
    return filter_of_query(request.query_params)


def filter_of_query(query: Mapping[str, str]) -> Filter:
    for name, words in WORDS.items():
        if (word := query.get(name, "")) and word not in words:
            raise Failed(400, "Unknown filter", f'{name}: expected one of {", ".join(words)}, found "{word[:40]}".')
    stand = query.get("stand", "") or "open"
    values: dict[str, Any] = {name: query.get(name, "") for name in FILTERS}
    children = query.get("children", "") in ("1", "true", "yes")
    values["policy"] = query.get("policy", "") in ("1", "true", "yes")
    values |= {"class_": query.get("class", ""), "text": query.get("q", ""), "cause": query.get("cause", "")}
    return Filter(stand=cast(Any, stand), children=children, **values)


def asked_for(wanted: Filter) -> dict[str, str]:
    """The query that says this filter: `filter_of` of it is the same again."""
    query = {name: getattr(wanted, name) for name in FILTERS}
    query |= {"class": wanted.class_, "q": wanted.text, "cause": wanted.cause}
    query |= {"stand": "" if wanted.stand == "open" else wanted.stand}
    query |= {"children": "1" * wanted.children, "policy": "1" * wanted.policy}
    return {name: value for name, value in query.items() if value}


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


def not_days(request: Request, error: Refused, needed: int = 0) -> Failed:
    """Days that are none, or missing, were not understood; two that do not go together were, and are refused."""
    given = [text for name in ("from", "to") if (text := request.query_params.get(name, "").strip())]
    understood = len(given) >= needed and all(last_day(text) for text in given)
    return Failed(409 if understood else 400, "Not these days", " ".join(error.problems), error.problems)
