"""What may stand in a file for strangers: words of our own, numbers, and marks in the place of everything else.

Nothing is taken out of a text: a text is only let through where it is one of ours as a whole. So no secret, value or
name can be missed, in whatever spelling; what is lost is said by its length, and by what in it is ours.
"""

from __future__ import annotations

import builtins
import re
import ssl
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, get_args

import httpx

from monitor.config.models import Class
from monitor.core.model import Action, CauseReason, Closing, EventType, Level, Phase, Source, Urgency
from probes.kit.contract import Fault, Kind, State

_STATUS: Final = re.compile(r"\bHTTP [1-5]\d\d\b")
_WORD: Final = re.compile(r"\b[A-Za-z]+\b")
_NUMBER: Final = re.compile(r"[-+]?\d{1,12}(\.\d{1,9})?(e[-+]\d{1,3})?|[+-]Inf|NaN")
_OWN: Final = (
    "ok", "partial", "failed", "loading", "ready", "draining", "git", "notify", "admin", "reviewer", "viewer", "scrape",
    "debug", "info", "warning", "error", "critical", "queued", "committed", "pushed", "proposed", "merged",
    "conflicted", "page", "api", "terminal", "true", "false",
)  # fmt: skip


@cache
def faults() -> frozenset[str]:
    """Names of what can go wrong: of our own faults, and of errors of Python and of the libraries that speak HTTP."""
    found = {one.__name__ for one in Fault.__subclasses__()}
    for module in (builtins, httpx, ssl):
        found |= {
            name for name, one in vars(module).items() if isinstance(one, type) and issubclass(one, BaseException)
        }
    return frozenset(found)


@cache
def words() -> frozenset[str]:
    """Those of closed lists: none of them is anybody's."""
    from probes.kit.registry import own

    lists: Iterable[Iterable[Any]] = (
        Kind, State, Source, Action, Phase, Urgency, EventType, Closing, CauseReason, [level.word for level in Level],
        get_args(Class), own(), ("rest", "attested"), _OWN,
    )  # fmt: skip
    return frozenset(str(word) for one in lists for word in one) | faults()


class Marks:
    """The same mark for the same name, wherever it stands in one bundle: `integration-2`."""

    def __init__(self) -> None:
        self._given: dict[str, dict[str, str]] = {}

    def of(self, kind: str, name: str) -> str:
        if not name:
            return ""
        known = self._given.setdefault(kind, {})
        return known.setdefault(name, f"{kind}-{len(known) + 1}")


def shape(text: str) -> str:
    """What is left of a text that is not ours."""
    left = dict.fromkeys([*_STATUS.findall(text), *(word for word in _WORD.findall(text) if word in faults())])
    return f"({len(text)} characters{''.join(f', {word}' for word in left)})"


def own(text: str) -> str:
    """A word of a closed list, or a number, as it is; else its shape."""
    return text if text in words() or _NUMBER.fullmatch(text) else shape(text)


def where(error: BaseException) -> Mapping[str, Any]:
    """What an exception is and where it came from, without what it says."""
    frames, tb = [], error.__traceback__
    while tb is not None:
        frames.append(frame(tb.tb_frame.f_code.co_filename, tb.tb_lineno, tb.tb_frame.f_code.co_name))
        tb = tb.tb_next
    found: dict[str, Any] = {"type": type(error).__name__, "says": shape(str(error)), "frames": frames[-20:]}
    if (cause := error.__cause__ or error.__context__) is not None:
        found["because"] = type(cause).__name__
    return found


def frame(file: str, line: int, function: str) -> str:
    """Where in the code, without where that is on this machine."""
    parts = file.replace("\\", "/").split("/")
    roots = [n for n, part in enumerate(parts) if part in ("monitor", "probes", "site-packages")]
    inside = parts[roots[-1] + (parts[roots[-1]] == "site-packages") :] if roots else parts[-1:]
    return f"{'/'.join(inside)}:{line} {function}"
