"""What is wrong with a block that somebody wrote, as sentences with their key paths. No value stands in one: somebody
may have pasted a secret there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def sentences(path: str, error: ValidationError) -> list[str]:
    """One for each mistake, as "rest.listings[0].key: …". `path`: of the block."""
    return [_sentence(path, dict(one)) for one in error.errors(include_input=False)]


def _sentence(path: str, problem: Mapping[str, Any]) -> str:
    for part in problem["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    phrase = _SENTENCES.get(problem["type"])
    said = phrase(problem.get("ctx") or {}) if phrase else str(problem["msg"]).removeprefix("Value error, ")
    return f"{path}: {said[:1].lower()}{said[1:]}"
