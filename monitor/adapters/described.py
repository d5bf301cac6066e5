"""Flows, definitions and owners as files of the baselines repository, which the committer writes for people.

A flow and a definition have the words of flows.yaml, and are held to the same model: one may be moved there as it is.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import orjson
from pydantic import ValidationError

from monitor.config.loader import definition_of, flow_of
from monitor.config.models import DefinitionEntry, FlowEntry
from monitor.core.body import FORMAT
from monitor.core.graph import Definition, Flow

from .layout import LayoutError, file_name

FLOWS: Final = "flows"
DEFINITIONS: Final = "definitions"
OWNERS: Final = "owners"
FOLDERS: Final = (FLOWS, DEFINITIONS, OWNERS)
_OPTIONS: Final = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


class Owner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose an integration is, whatever its own file says."""

    integration: str
    owner: str


Described = Flow | Definition | Owner


def path(folder: str, id: str) -> str:
    return f"{folder}/{file_name(id)}.json"


def key(one: Described) -> tuple[str, str]:
    """Its folder and its name: there is one of each."""
    match one:
        case Flow():
            return FLOWS, one.id
        case Definition():
            return DEFINITIONS, one.name
        case Owner():
            return OWNERS, one.integration


def encode(one: Described) -> bytes:
    """What says nothing is left out."""
    return orjson.dumps({"driftline": FORMAT, **entry(one)}, option=_OPTIONS)


def entry(one: Described) -> dict[str, Any]:
    """In the words of flows.yaml."""
    match one:
        case Owner():
            return msgspec.structs.asdict(one)
        case Definition():
            kept = [_said(msgspec.structs.asdict(place)) for place in one.kept]
            return _said({"name": one.name, "meaning": one.meaning, "values": list(one.values), "kept": kept})
        case Flow():
            fields = [
                _said({"from": f.source, "to": f.target, "values": dict(f.values), "left_out": list(f.left_out)})
                for f in one.fields
            ]
            who = {"owner": one.owner, "purpose": one.purpose, "writer": one.writer, "reader": one.reader}
            ends = {"from": _said(msgspec.structs.asdict(one.source)), "to": _said(msgspec.structs.asdict(one.target))}
            return _said({"id": one.id, **ends, **who, "tier": one.tier, "fields": fields}) | {"creates": one.creates}


def decode(folder: str, raw: bytes) -> Described:
    """Strictly: a word too many is a mistake. Raises LayoutError."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise LayoutError(f"line {error.lineno}: not JSON: {error.msg}") from error
    if not isinstance(value, dict) or value.pop("driftline", None) != FORMAT:
        raise LayoutError(f'"driftline": expected {FORMAT}, the format of this release')
    try:
        if folder == FLOWS:
            return flow_of(FlowEntry.model_validate_json(orjson.dumps(value)))
        if folder == DEFINITIONS:
            return definition_of(DefinitionEntry.model_validate_json(orjson.dumps(value)))
        return msgspec.convert(value, Owner)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise LayoutError(f"{where}: {first['msg']}") from error
    except msgspec.ValidationError as error:
        raise LayoutError(str(error)) from error


def _said(value: dict[str, Any]) -> dict[str, Any]:
    return {name: held for name, held in value.items() if held not in ("", [], {})}
