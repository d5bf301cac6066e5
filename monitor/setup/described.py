"""The `rest:` block for `driftline init rest`: read from a file that a person wrote, with the line of every mistake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.config.document import Document, keyed
from probes import rest
from probes.kit.listing import Vendor

from .draft import DraftError

BLOCK = "rest"


def described(file: Path) -> tuple[Vendor, Mapping[str, Any]]:
    """What it declares, and the block as written: under the key `rest`, as in an integration's file, or alone.

    Raises DraftError with every problem, as `file:line: key path: expected, found`.
    """
    document = Document.read(file)
    data = document.data
    inside = isinstance(data, dict) and BLOCK in data
    block = data[BLOCK] if inside else data
    if not document.problems and not isinstance(block, dict):
        document.add((BLOCK,) if inside else (), "expected what to read from where, as docs/vendors/rest.md describes")
    if not document.problems:
        try:
            return rest.build(block), block
        except rest.RestInvalid as error:
            for problem in error.problems:
                where, _, words = problem.partition(": ")
                document.add(keyed(where) if inside else keyed(where)[1:], words)
    raise DraftError(*(str(problem) for problem in document.problems))
