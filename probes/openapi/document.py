"""An OpenAPI document as it was published: taken apart, checked for what cannot be watched, its references followed.

YAML comes from outside: no aliases, no tags, at most DEPTH deep, and words mean what YAML 1.2 says (`no` is a text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

import msgspec
import yaml

from probes.kit.contract import Malformed, Unsupported
from probes.kit.stumble import UNREADABLE

DEPTH: Final = 64
SHOWN: Final = 120  # characters of a name of the document's that an error shows
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN: Final = (
    (re.compile(r"null|Null|NULL|~|"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9]{1,300}"), int),
    (re.compile(r"[-+]?(\.[0-9]{1,99}|[0-9]{1,99}(\.[0-9]{0,99})?)([eE][-+]?[0-9]{1,2})?"), float),
)


def parse(raw: bytes) -> dict[str, Any]:
    """The document. Raises Malformed for what is neither JSON nor YAML as above, Unsupported for another format."""
    found = decoded(raw)
    if not isinstance(found, dict) or not ("openapi" in found or "swagger" in found):
        raise Malformed("the answer is no OpenAPI document: it does not begin by saying `openapi` and a version")
    version = str(found.get("openapi") or f"swagger {found.get('swagger')}")
    if not re.match(r"3\.[01](\.|$)", version):
        raise Unsupported(f"the document is OpenAPI {version[:20]}; 3.0 and 3.1 can be watched", code="version")
    if not any(isinstance(found.get(name), dict) for name in ("paths", "webhooks", "components")):
        raise Malformed("the document has neither paths nor webhooks nor components: it is cut, or not for clients")
    return found


def decoded(raw: bytes) -> Any:
    """Whatever the document is. Raises Malformed for what is neither JSON nor YAML as above."""
    try:
        return msgspec.json.decode(raw) if raw.lstrip()[:1] == b"{" else _yaml(raw)
    except (*UNREADABLE, yaml.YAMLError) as error:
        size, kind = len(raw), type(error).__name__
        raise Malformed(f"the document is cut, or neither JSON nor YAML ({size} bytes): {kind}") from None


def _yaml(raw: bytes) -> Any:
    """Built from the parser's events, so that an alias or a depth is refused before anything is built."""
    events = yaml.parse(raw, Loader=_LOADER)
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            return _node(event, events, 0)
    return None


def _node(event: Any, events: Iterator[Any], depth: int) -> Any:
    if isinstance(event, yaml.AliasEvent):
        raise Malformed("the document has a YAML alias; publish it with the values written out")
    if depth > DEPTH:
        raise Malformed(f"the document is more than {DEPTH} deep")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event.value) if event.implicit[0] else event.value
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_node(inner, events, depth + 1))
        return items
    found: dict[str, Any] = {}
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        if not isinstance(inner, yaml.ScalarEvent):
            raise Malformed("the document has a YAML key that is no text")
        if inner.value in found:
            raise Malformed(f"the document has the key {inner.value[:SHOWN]!r} twice in one place")
        found[inner.value] = _node(next(events), events, depth + 1)
    return found


def _scalar(text: str) -> Any:
    for form, read in _PLAIN:
        if form.fullmatch(text):
            return read(text)
    return text


class References:
    """Follows `$ref` within one document. What leads out of it is refused by name."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def follow(self, value: Any) -> Any:
        """What a value stands for, however many references lead there. Raises Malformed."""
        seen: set[str] = set()
        while isinstance(value, dict) and (ref := value.get("$ref")) is not None:
            if not isinstance(ref, str):
                raise Malformed(f"a $ref is {_shown(ref)} in the document, and no text", code="ref")
            if ref in seen:
                raise Malformed(f"$ref {ref[:SHOWN]!r} leads back to itself")
            seen.add(ref)
            value = self.at(ref)
        return as_object(value)

    def at(self, ref: str) -> Any:
        if not ref.startswith("#"):
            raise Malformed(f"$ref {ref[:SHOWN]!r} leads to another document; publish it bundled into one", code="ref")
        if ref[1:2] not in ("", "/"):
            raise Malformed(
                f"$ref {ref[:SHOWN]!r} names an anchor; publish it as a path from the root (#/…)", code="ref"
            )
        found: Any = self._document
        for part in unquote(ref[1:]).split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdigit() and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, dict) and name in found:
                found = found[name]
            else:
                raise Malformed(f"$ref {ref[:SHOWN]!r} leads nowhere in the document", code="ref")
        return found


def component(ref: Any) -> str:
    """The name of the schema that a `$ref` names; "" for any other."""
    prefix = "#/components/schemas/"
    if not isinstance(ref, str) or not ref.startswith(prefix) or "/" in ref[len(prefix) :]:
        return ""
    return unquote(ref[len(prefix) :]).replace("~1", "/").replace("~0", "~")


def as_object(value: Any) -> dict[str, Any]:
    """An object of the document; {} where it has none, or says true or false, which is a schema of anything or nothing.
    Raises Malformed for all else: what should stand in it would be taken for removed."""
    if value is None or isinstance(value, bool):
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"the document has {_shown(value)} where an object belongs")
    return value


def mapping(place: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What stands at a name that is for an object, as `as_object` has it."""
    found = place.get(name)
    if found is not None and not isinstance(found, dict):
        raise Malformed(f"{name!r} is {_shown(found)} in the document, and no object")
    return found or {}


def items(place: Mapping[str, Any], name: str) -> list[Any]:
    """What stands at a name that is for a list; [] where the document has none. Raises Malformed as `mapping`."""
    found = place.get(name)
    if found is not None and not isinstance(found, list):
        raise Malformed(f"{name!r} is {_shown(found)} in the document, and no list")
    return found or []


def _shown(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return kinds.get(type(value), "a number")
