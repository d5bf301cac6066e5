"""Writes flows that a person confirmed into flows-confirmed.yaml, a file of Driftline's own.

What people write by hand is never touched. A pair of a flow that stands there already is added to it. A target that
nobody monitors is named under `elsewhere` too, unless it is already.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from monitor.config import load
from monitor.config.loader import CONFIRMED
from monitor.core.graph import End
from monitor.core.proposing import Pair, Proposed

HEAD: Final = """# yaml-language-server: $schema=schemas/flows.json
# Flows that `driftline flows propose` found and a person confirmed. Driftline adds to this file and keeps no comments
# in it; to keep a flow by hand, move it to flows.yaml.
"""


def confirm(folder: Path, chosen: Sequence[tuple[Proposed, Sequence[Pair]]]) -> Path:
    """`folder`: of the configuration. Whole or not at all: raises OSError, and ConfigError where the configuration
    would not be valid with it; then the file is as it was."""
    file = folder / CONFIRMED
    before = file.read_bytes() if file.exists() else None
    data: dict[str, Any] = (yaml.safe_load(before) if before else None) or {}
    flows: list[dict[str, Any]] = data.setdefault("flows", [])
    named = load(folder).elsewhere if any(flow.elsewhere for flow, _ in chosen) else frozenset()
    for flow, pairs in chosen:
        if flow.elsewhere and flow.target.integration not in named:
            data.setdefault("elsewhere", {}).setdefault(flow.target.integration, flow.elsewhere)
        ends = {"from": _end(flow.source), "to": _end(flow.target)}
        there = next((one for one in flows if {"from": one.get("from"), "to": one.get("to")} == ends), None)
        if there is None:
            there = {"id": flow.id, "purpose": f"Confirmed: {'; '.join(flow.evidence)}.", "owner": flow.owner, **ends}
            there |= {name: who for name, who in (("writer", flow.writer), ("reader", flow.reader)) if who}
            there |= {"creates": flow.creates, "fields": []}
            flows.append(there)
        there.setdefault("fields", []).extend(_field(pair) for pair in pairs)
    _write(file, (HEAD + yaml.safe_dump(data, sort_keys=False, width=110, allow_unicode=True)).encode())
    try:
        load(folder)
    except BaseException:
        file.unlink() if before is None else _write(file, before)
        raise
    return file


def _end(end: End) -> dict[str, str]:
    return {"integration": end.integration, **({"scope": end.scope} if end.scope else {})}


def _field(pair: Pair) -> Mapping[str, Any]:
    values = {"values": dict(pair.values)} if pair.values else {}
    return {"from": pair.source, **({"to": pair.target} if pair.target else {}), **values}


def _write(file: Path, content: bytes) -> None:
    handle, aside = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(aside).chmod(0o644)
        Path(aside).replace(file)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
