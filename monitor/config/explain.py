"""Turns what pydantic found into `expected …, found …` at a key path, without ever showing a secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, Final, get_args, get_origin

from pydantic import ValidationError

from .document import Document, KeyPath
from .types import Model, spelled

_EXPECTED: Final = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "tuple_type": "a list",
    "list_type": "a list",
}
_BOUNDS: Final = {
    "greater_than": "more than",
    "greater_than_equal": "at least",
    "less_than": "less than",
    "less_than_equal": "at most",
}
_LONGEST: Final = 40  # characters of a value that are shown
_USERINFO: Final = re.compile(r"://[^/]*[:@]")  # an address that may carry a password
_HIDDEN: Final = ("credentials", "token", "secret", "password", "key", "authorization")


def explain(document: Document, model: type[Model], error: ValidationError) -> None:
    """Adds one problem per mistake to the document."""
    for found in error.errors(include_url=False):
        path, value = _reached(document.data, found["loc"])
        kind, context = found["type"], found.get("ctx", {})
        if kind == "extra_forbidden":
            known = keys(model, path[:-1])
            document.add(path, f"expected {_listed(known)}, found an unknown key{_nearest(path[-1], known)}")
        elif kind == "missing":
            document.add((*path, *found["loc"][len(path) :]), "expected a value, found no such key")
        elif kind == "secret":
            document.add(path, f"expected {context['words']}, found something else")
        else:
            wanted = _wanted(kind, context, found["msg"], value)
            if wanted.startswith("text") and isinstance(value, int | float):
                wanted += " (put it in quotes)"
            document.add(path, f"expected {wanted}, found {shown_value(path, value)}")


def keys(annotation: Any, path: KeyPath) -> tuple[str, ...]:
    """The keys that the model standing at `path` knows; empty where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        if not path:
            return tuple(fields)
        return keys(fields[str(path[0])].annotation, path[1:]) if path[0] in fields else ()
    inner = get_args(annotation)
    if get_origin(annotation) in (tuple, list, dict) and path:
        return keys(inner[1] if get_origin(annotation) is dict else inner[0], path[1:])
    return next((known for each in inner if (known := keys(each, path))), ())


def shown_value(path: KeyPath, value: Any) -> str:
    """A short picture of what was found; only its form where it might be a secret."""
    hidden = any(word in str(part).lower() for part in path for word in _HIDDEN)
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case list():
            return f"a list of {len(value)}"
        case str() if hidden or len(value) > _LONGEST or _USERINFO.search(value):
            return f"text of {len(value)} characters"
        case str():
            return repr(value)
        case _:
            return "a number" if hidden else str(value)


def _wanted(kind: str, context: dict[str, Any], message: str, value: Any) -> str:
    if kind == "expected":
        return str(context["words"])
    if kind == "literal_error":
        return str(context["expected"]).replace("'", "")
    if kind in _BOUNDS:
        (bound,) = context.values()
        return f"{_BOUNDS[kind]} {spelled(bound) if isinstance(value, str) else f'{bound:g}'}"  # text: a duration
    return _EXPECTED.get(kind, message[:1].lower() + message[1:])


def _reached(data: Any, loc: Iterable[str | int]) -> tuple[KeyPath, Any]:
    """The part of an error's location that stands in the file, and the value there: pydantic also names union arms."""
    path: KeyPath = ()
    for part in loc:
        inside = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if not inside:
            break
        data, path = data[part], (*path, part)
    return path, data


def _listed(known: tuple[str, ...]) -> str:
    return f"one of {', '.join(known)}" if known else "no further keys"


def _nearest(key: str | int, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(key), known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
