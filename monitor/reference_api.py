"""The API's part of the reference: its description as a page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final, cast

from monitor.config.keys import code
from monitor.web.app import create_app
from monitor.web.openapi import operations
from monitor.web.settings import Settings

WORDS: Final = (
    "Everything that pages and terminal do. [The JSON API](../api.md) says how to sign in, page through lists, retry "
    "and watch. A running daemon gives the same as this page, with the shape of every body, by OpenAPI 3.1 at "
    "`/api/v1/openapi.json`. What is looked at takes `If-None-Match`, what changes something `Idempotency-Key`, what "
    "changes one thing that has an address `If-Match`. Whatever is asked can be refused: see "
    "[problems](../api.md#problems).\n"
)


def described() -> dict[str, Any]:
    """The description of a daemon that asks people to sign in. Needs no engine: nothing is answered."""
    nothing = cast(Any, SimpleNamespace(store=None, clock=None))
    app = create_app(nothing, given=Settings(mode="tokens"))
    return app.openapi()


def page() -> str:
    whole = described()
    parts, last = [WORDS], ""
    for path, verb, one in sorted(operations(whole), key=lambda found: (found[2]["tags"][0], found[0], found[1])):
        if one["tags"][0] != last:
            last = one["tags"][0]
            parts.append(f"## {last.replace('_', ' ')}\n")
        parts.append(f"### {one['operationId']}\n\n`{verb.upper()} {path}`: {one['summary']}.\n")
        if (sends := _type(one.get("requestBody", {}))) is not None:
            parts.append(f"Takes {code(sends)}.")
        parts += [f"Gives {_answer(status, answer)}." for status, answer in one["responses"].items() if status < "300"]
        others = ", ".join(status for status in one["responses"] if int(status) >= 400)
        parts.append(f"Refuses with {others}.\n")
        if found := [given for given in one["parameters"] if given["in"] != "header"]:
            parts.append("| parameter | in | may be | says |\n| --- | --- | --- | --- |")
            parts += [f"| {code(p['name'])} | {p['in']} | {_may(p)} | {p['description']} |" for p in found]
            parts.append("")
    return "\n".join(parts)


def _type(body: dict[str, Any]) -> str | None:
    found = [str(media["schema"]["$ref"]).rpartition("/")[2] for media in body.get("content", {}).values()]
    return found[0] if found else None


def _answer(status: str, answer: dict[str, Any]) -> str:
    return f"{status}, {code(_type(answer) or '')}: {answer['description']}"


def _may(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    said = {
        "integer": lambda: f"{schema['minimum']} to {schema['maximum']}",
        "array": lambda: f"up to {schema['maxItems']} times",
        "string": lambda: ", ".join(schema["enum"]) if "enum" in schema else _text(schema),
    }[schema["type"]]()
    default = f", {schema['default']} by itself" if "default" in schema else ""
    return f"{said}{default}{', required' if parameter.get('required') and parameter['in'] != 'path' else ''}"


def _text(schema: dict[str, Any]) -> str:
    return "a day" if schema.get("format") == "date" else f"text, at most {schema['maxLength']} characters"
