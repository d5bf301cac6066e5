"""The API's description: every schema comes from the types that are sent, so that it cannot say something else.

What holds for all operations (who may ask, which problems any of them can answer with, headers) is added here, so that
no route has to repeat it, and none can forget it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from monitor.engine import attesting, catalogue_shapes, describing, flowpage, shapes
from monitor.engine.pushes import Pushes
from monitor.engine.request import Decide

from . import once, wire
from .parameters import TEXT, Parameter, line
from .problems import SAID, ProblemBody
from .versions import CHANGES, STREAM

TYPES: Final[tuple[Any, ...]] = (
    shapes.Overview,
    shapes.Detail,
    shapes.FirstLook,
    flowpage.FlowDetail,
    describing.Describe,
    describing.Forget,
    catalogue_shapes.Results,
    catalogue_shapes.Scopes,
    catalogue_shapes.Dictionary,
    catalogue_shapes.Resource,
    Decide,
    Pushes,
    attesting.Taken,
    ProblemBody,
    *wire.TYPES,
)
ABOUT: Final = (
    "What drifted from the approved baselines, why it matters, whose it is, and the decisions on it. Times are epoch "
    "seconds, UTC. What is refused answers with application/problem+json: `detail` and `problems` say why."
)
_REF: Final = "#/components/schemas/{name}"
PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": _REF.format(name="ProblemBody")}}}
V1: Final = "/api/v1/"
BESIDE: Final = {
    "Description": {"type": "object", "required": ["openapi", "paths"]},
    "Lists": {
        "description": "Rows by the name of their list, or the rows of one list; columns as the integration declares.",
        "anyOf": [
            {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object"}}},
            {"type": "array", "items": {"type": "object"}},
        ],
    },
    "Message": {
        "description": "One server-sent event; what `data` holds is JSON.",
        "type": "object",
        "required": ["data", "id"],
        "properties": {
            "id": {"type": "string", "description": "the number of the newest event"},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": _REF.format(name="Told")},
            },
        },
    },
}
LINKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "get_findings": {"first": ("get_findings_prefix", {"prefix": "$response.body#/items/0/id"})},
    "get_integrations": {
        "first": ("get_integrations_name", {"name": "$response.body#/items/0/name"}),
        "poll": ("post_integrations_name_poll", {"name": "$response.body#/items/0/name"}),
    },
    "get_standing": {"end": ("post_standing_name_end", {"name": "$response.body#/items/0/id"})},
    "get_ignores": {"end": ("post_ignores_name_end", {"name": "$response.body#/items/0/id"})},
    "post_decisions": {"made": ("get_decisions_uuid", {"uuid": "$response.body#/uuid"})},
    "post_standing": {"made": ("get_decisions_uuid", {"uuid": "$response.body#/uuid"})},
    "post_undo": {"made": ("get_decisions_uuid", {"uuid": "$response.body#/uuid"})},
    "post_tokens": {"revoke": ("delete_tokens_name", {"name": "$response.body#/name"})},
}
_ALWAYS: Final = (400, 401, 403, 421, 429, 500)
_BODY: Final = (400, 409, 413, 415, 422)
_IN_PATH: Final = {
    "prefix": "id of a finding, or the beginning of one that no other begins with",
    "uuid": "of the decision, as its maker chose it",
    "name": "its name",
}
_ETAG: Final = {"description": "of this very answer", "schema": {"type": "string"}}
_LINK: Final = {"description": 'the page after this one, rel="next" (RFC 8288)', "schema": {"type": "string"}}
_ASKED: Final = {"name": "X-Request-ID", "says": "the correlation id, which the log has too"}


def gives(
    name: str, words: str, *, status: int = 200, problems: tuple[int, ...] = (), summary: str = "",
    media: str = "application/json",
) -> dict[str, Any]:  # fmt: skip
    """Keyword arguments of a route that answers with the type `name`. `words` say what comes back; `summary`, where
    they do not do for it, what is asked for."""
    out: dict[int, Any] = {
        status: {"description": words, "content": {media: {"schema": {"$ref": _REF.format(name=name)}}}}
    }
    for code in problems:
        out[code] = _problem(code)
    return {"status_code": status, "responses": out, "summary": summary or words}


def takes(name: str, *, required: bool = True) -> dict[str, Any]:
    """`openapi_extra` of a route that reads the type `name` from its body."""
    schema = {"$ref": _REF.format(name=name)}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def query(**fields: str | Parameter) -> dict[str, Any]:
    """`openapi_extra` for parameters of the query. One that is described by words alone is any text."""
    parameters = []
    for name, said in fields.items():
        one = line(said) if isinstance(said, str) else said
        parameters.append(
            {"name": name.rstrip("_"), "in": "query", "required": one.required, "description": one.says or "its word",
             "schema": dict(one.schema)}
        )  # fmt: skip
    return {"parameters": parameters}


def describe(app: FastAPI) -> None:
    """Let the application answer `openapi()` with the description, made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            whole = get_openapi(title="Driftline", version="1", description=ABOUT, routes=app.routes)
            parts = whole.setdefault("components", {})
            parts["schemas"] = _schemas()
            parts["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A token of `driftline token create`."},
            }
            if app.state.settings.mode != "none":
                whole["security"] = [{"bearer": []}]
            whole["servers"] = [{"url": app.state.settings.external_url}]
            used = dict.fromkeys(_complete(path, verb, one) for path, verb, one in operations(whole))
            whole["tags"] = [{"name": tag} for tag in used]
            app.openapi_schema = whole
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def operations(whole: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, verb and description of each."""
    for path, verbs in whole["paths"].items():
        for verb, operation in verbs.items():
            yield path, verb, operation


def _complete(path: str, verb: str, operation: dict[str, Any]) -> str:
    """Adds what holds for every operation. Gives its tag."""
    words = path.removeprefix(V1).removeprefix("/-/").replace("{", "").replace("}", "").replace("-", "_").split("/")
    operation["operationId"] = "_".join((verb, *words)).replace(".", "_")
    operation["tags"] = [words[0]]
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]  # FastAPI's own, of what it would read itself
    codes = {*_ALWAYS, *(_BODY if verb in ("post", "put", "patch") else ())}
    for one in operation.setdefault("parameters", []):
        codes |= {404} if one["name"] == "cursor" else {409} if one["name"] == "from" else set()
        if one["name"] in ("cursor", "after") and path != STREAM:
            responses["200"].setdefault("headers", {})["Link"] = _LINK
        if one["in"] == "path":
            one["schema"] = {"type": "string", "minLength": 1, "maxLength": TEXT}
            one.setdefault("description", _IN_PATH.get(one["name"], "which one"))
            codes.add(404)
    good = next(answer for code, answer in responses.items() if code.startswith("2"))
    good["content"] = {kind: one for kind, one in good["content"].items() if one.get("schema")}
    if found := LINKS.get(operation["operationId"]):
        good["links"] = {
            name: {"operationId": after, "parameters": dict(places)} for name, (after, places) in found.items()
        }
    codes |= _conditional(path, verb, operation)
    for code in codes:
        responses.setdefault(str(code), _problem(code))
    for answer in responses.values():
        header = {"description": _ASKED["says"], "schema": {"type": "string"}}
        answer.setdefault("headers", {}).setdefault(_ASKED["name"], header)
    operation["responses"] = dict(sorted(responses.items()))
    return words[0]


def _conditional(path: str, verb: str, operation: dict[str, Any]) -> set[int]:
    """Headers by which a request depends on what is there, or is known again. Gives the problems that brings."""
    parameters = operation["parameters"]
    if verb == "get" and path != STREAM:
        parameters.append(_header("If-None-Match", "an ETag: where it is still so, the answer is 304 without a body"))
        same = {"description": "Not changed since", "headers": {"ETag": _ETAG}}
        operation["responses"].setdefault("304", same)
        operation["responses"]["200"].setdefault("headers", {})["ETag"] = _ETAG
        return set()
    if verb in ("post", "put", "patch", "delete") and path.startswith(V1):
        parameters.append(once.described())
        if not CHANGES.fullmatch(path):
            return {409, 422}
        parameters.append(_header("If-Match", "an ETag: where it is so no more, nothing is done and the answer is 412"))
        return {409, 412, 422}
    return set()


def _header(name: str, says: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": says,
            "schema": {"type": "string", "maxLength": TEXT}}  # fmt: skip


def _schemas() -> dict[str, Any]:
    """Of all types, by name. Where two have one name, the one that is sent by itself keeps it."""
    _, made = msgspec.json.schema_components(TYPES, ref_template=_REF)
    text, own = msgspec.json.encode(made).decode(), {f"{one.__module__}.{one.__qualname__}" for one in TYPES}
    for name in sorted(made, key=len, reverse=True):
        module, dot, short = name.rpartition(".")
        if dot:
            new = short if name in own else f"{module.rpartition('.')[2].title()}{short}"
            text = text.replace(f'"{name}"', f'"{new}"').replace(f'/{name}"', f'/{new}"')
    schemas: dict[str, Any] = msgspec.json.decode(text)
    return schemas | BESIDE


def _problem(code: int) -> dict[str, Any]:
    return {"description": SAID[code].title, "content": PROBLEM}
