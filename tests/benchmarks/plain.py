"""The same question answered by DeepDiff alone, over whole parsed answers: what our findings are held against."""

from __future__ import annotations

from typing import Any, Final

import orjson
from deepdiff import DeepDiff

from probes.salesforce import FIELD

from .corpus import Corpus

FACTS: Final = {path.partition("[")[0]: name for name, path in FIELD.items()}  # the vendor's word -> ours


def differences(corpus: Corpus) -> set[tuple[str, str, str]]:
    """(object, field, fact) of every difference between the two states; the fact is "" for a field as a whole."""
    before, after = (_org(corpus, folder) for folder in ("base", "changed"))
    tree = DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0)
    found: set[tuple[str, str, str]] = set()
    for levels in tree.values():
        for level in levels:
            object, field, *inside = level.path(output_format="list")
            found.add((object, field, FACTS[inside[0]] if inside else ""))
    return found


def _org(corpus: Corpus, folder: str) -> dict[str, Any]:
    """Object -> field -> the vendor's keys; options by their value, so that their place says nothing."""
    org: dict[str, Any] = {}
    for number in range(corpus.objects):
        fields = orjson.loads(corpus.raw(folder, number))["fields"]
        for field in fields:
            field["picklistValues"] = {option["value"]: option for option in field["picklistValues"]}
        org[corpus.name(number)] = {field["name"]: field for field in fields}
    return org
