"""What is wrong with a block that somebody wrote, as sentences with their key paths. No value stands in one: somebody
may have pasted a secret there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError

_SENTENCES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "missing": lambda context: "is missing",
    "extra_forbidden": lambda context: "is an unknown key",
    "enum": lambda context: f"expected {context.get('expected')}",
    "literal_error": lambda context: f"expected {context.get('expected')}",
    "too_short": lambda context: "expected at least one entry",
    "string_pattern_mismatch": lambda context: f"expected what fits {context.get('pattern')}",
    "string_type": lambda context: "expected text",
    "dict_type": lambda context: "expected a mapping",
}


def sentences(path: str, error: ValidationError, known: Collection[str] = ()) -> list[str]:
    """One for each mistake, as "rest.listings[0].key: …". `path`: of the block; `known`: the keys it may have. A list
    is not called too short for the entries that are told to be wrong."""
    found = error.errors(include_input=False)
    within = {one["loc"][:deep] for one in found for deep in range(len(one["loc"]))}
    told = [one for one in found if one["type"] != "too_short" or one["loc"] not in within]
    return [_sentence(path, dict(one), known) for one in told]


def _sentence(path: str, problem: Mapping[str, Any], known: Collection[str]) -> str:
    for part in problem["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    phrase = _SENTENCES.get(problem["type"])
    said = phrase(problem.get("ctx") or {}) if phrase else str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1 and known:
        there = get_close_matches(str(problem["loc"][0]), known, 3, 0.6) or list(known)
        said += f"; there is {', '.join(there)}"
    return f"{path}: {said[:1].lower()}{said[1:]}"
