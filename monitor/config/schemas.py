"""JSON Schemas of the configuration files, for editors. Made from the models, so that the two cannot part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from .loader import CONFIRMED, FILES
from .models import Integration
from .types import DURATION, Model, spelled


def schemas() -> Mapping[str, bytes]:
    """File name -> content. In an integration's file the name may be left out: it is the file's own."""
    models: dict[str, type[Model]] = {**FILES, "integration.yaml": Integration}
    del models[CONFIRMED]  # has the schema of flows.yaml
    made = {name.replace(".yaml", ".json"): model.model_json_schema() for name, model in models.items()}
    made["integration.json"]["required"].remove("name")
    return {name: _encoded(schema) for name, schema in made.items()}


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in schemas().items():
        (folder / name).write_bytes(content)


def _encoded(schema: dict[str, Any]) -> bytes:
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_spelled(schema)}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def _spelled(part: Any) -> Any:
    """Defaults of durations as people write them."""
    if isinstance(part, list):
        return [_spelled(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    made = {key: _spelled(inner) for key, inner in part.items()}
    if part.get("pattern") == DURATION and isinstance(part.get("default"), float):
        made["default"] = spelled(part["default"])
    return made
