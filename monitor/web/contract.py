"""What holds for every address of the API, in one place: it is there, it does what is asked, its query is as described.

The description is the only list. A route that is added is held to what it says of itself, whoever adds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from .parameters import TEXT, wrong
from .problems import Problem, answer

API: Final = ("/api/", "/-/")
_PLACE: Final = re.compile(r"{[^}]+}")


class Contract:
    """Wraps the application. `app.state.settings` and `openapi()` of the application say what there is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._paths: list[tuple[re.Pattern[str], Mapping[str, Any]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        problem = self._unfit(scope)
        if problem is not None:
            await answer(scope, problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _unfit(self, scope: Scope) -> Problem | None:
        operations = self._operations(scope)
        if any(len(part) > TEXT for part in scope["path"].split("/")):
            return Problem(404, "There is no such thing", f"Nothing here has a name of more than {TEXT} characters.")
        if operations is None:
            words = "The API has no such address; /api/v1/openapi.json lists all of them."
            return Problem(404, "There is no such address", words)
        described = operations.get(scope["method"].lower())
        if described is None:
            allowed = ", ".join(sorted(verb.upper() for verb in operations))
            words = f"This address takes {allowed}, found {scope['method']}."
            return Problem(405, "This address does not do that", words, headers={"allow": allowed})
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
            given.setdefault(name, []).append(value)
        problems = tuple(wrong(described.get("parameters", ()), given))
        return Problem(400, "Not understood", " ".join(problems), problems) if problems else None

    def _operations(self, scope: Scope) -> Mapping[str, Any] | None:
        """By verb. An address with fewer places is meant before one with more: /ignores/proposed, then
        /ignores/{name}."""
        if not self._paths:
            paths = sorted(scope["app"].openapi()["paths"].items(), key=lambda one: one[0].count("{"))
            self._paths = [(_pattern(path), operations) for path, operations in paths]
        return next((verbs for pattern, verbs in self._paths if pattern.fullmatch(scope["path"])), None)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in _PLACE.split(path)))
