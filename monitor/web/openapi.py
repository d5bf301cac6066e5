"""The API's description: every schema comes from the types that are sent, so that it cannot say something else."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from monitor.engine import catalogue_shapes, flowpage, shapes
from monitor.engine.request import Decide

from . import wire
from .problems import ProblemBody

TYPES: Final[tuple[Any, ...]] = (
    shapes.Overview,
    shapes.Page,
    shapes.Detail,
    shapes.FirstLook,
    flowpage.FlowDetail,
    catalogue_shapes.Results,
    catalogue_shapes.Scopes,
    catalogue_shapes.Dictionary,
    catalogue_shapes.Resource,
    Decide,
    ProblemBody,
    *wire.TYPES,
)
ABOUT: Final = (
    "What drifted from the approved baselines, why it matters, whose it is, and the decisions on it. Times are epoch "
    "seconds, UTC. What is refused answers with application/problem+json: `detail` and `problems` say why."
)
_REF: Final = "#/components/schemas/{name}"
PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": _REF.format(name="ProblemBody")}}}


def gives(name: str, words: str, *, status: int = 200, problems: tuple[int, ...] = ()) -> dict[str, Any]:
    """Keyword arguments of a route that answers with the type `name`."""
    said = {401: "Sign in first", 403: "Not allowed", 400: "Not understood", 404: "Not found", 409: "Refused"}
    said |= {421: "Unknown host", 422: "Not valid", 503: "Loading or draining"}
    out: dict[int, Any] = {
        status: {"description": words, "content": {"application/json": {"schema": {"$ref": _REF.format(name=name)}}}}
    }
    for code in (401, 421, *problems):
        out[code] = {"description": said[code], "content": PROBLEM}
    return {"status_code": status, "responses": out}


def takes(name: str) -> dict[str, Any]:
    """`openapi_extra` of a route that reads the type `name` from its body."""
    schema = {"$ref": _REF.format(name=name)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def query(**fields: str) -> dict[str, Any]:
    """`openapi_extra` for parameters of the query, all optional text."""
    parameters = [
        {"name": name.rstrip("_"), "in": "query", "required": False, "description": says, "schema": {"type": "string"}}
        for name, says in fields.items()
    ]
    return {"parameters": parameters}


def describe(app: FastAPI) -> None:
    """Let the application answer `openapi()` with the description, made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            whole = get_openapi(title="Driftline", version="1", description=ABOUT, routes=app.routes)
            _, components = msgspec.json.schema_components(TYPES, ref_template=_REF)
            parts = whole.setdefault("components", {})
            parts["schemas"] = components
            parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
            whole["security"] = [{"bearer": []}, {}]
            whole["servers"] = [{"url": app.state.settings.external_url}]
            for operations in whole["paths"].values():
                for operation in operations.values():
                    operation["responses"].pop("422", None) if not _reads_body(operation) else None
            app.openapi_schema = whole
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _reads_body(operation: dict[str, Any]) -> bool:
    return "requestBody" in operation
