"""Where things lie in the baselines repository, and the bytes of the files that are not scopes. Pure.

A file's own content is its identity; its name is a hint for people, made safe for every file system.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

import msgspec
import orjson

from monitor.core.body import FORMAT
from monitor.core.ignores import Ignore
from monitor.core.model import Sight
from monitor.core.planned import PlannedChange
from monitor.core.standing import Standing
from probes.kit.contract import Ref

VANTAGE: Final = "vantage.json"
PLANNED: Final = "planned"
IGNORES: Final = "ignores"
STANDING: Final = "standing"
_LONGEST = 100  # bytes, of a name without its ending
_KEPT = re.compile(r"[A-Za-z0-9_-]")
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)), "vantage"]
)
_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


_T = TypeVar("_T", Sight, PlannedChange, Ignore, Standing)


class LayoutError(ValueError):
    """A file that cannot be read: what is wrong and what was expected."""


def file_name(name: str, taken: Collection[str] = ()) -> str:
    """A name for a file, without ending. `taken` holds names that it may not be, case folded.

    Letters, digits, `_`, `-` and dots inside stay; all else is percent-encoded. A name that was altered, is reserved
    somewhere, too long or taken ends in `~` and 8 hex of its hash.
    """
    plain = unicodedata.normalize("NFC", name)
    safe = "".join(
        char if _KEPT.match(char) or (char == "." and 0 < at < len(plain) - 1) else _percent(char)
        for at, char in enumerate(plain)
    )
    stem = safe.split(".", 1)[0].casefold()
    if safe and safe == name and stem not in _RESERVED and len(safe) <= _LONGEST and safe.casefold() not in taken:
        return safe
    return f"{safe[: _LONGEST - 9]}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def scope_path(prefix: str, integration: str, ref: Ref, taken: Iterable[str] = ()) -> str:
    """Where a new scope's file goes. `taken` are the paths that are there; one of them in another case is avoided."""
    return Places(prefix, taken).give(integration, ref)


class Places:
    """Gives new scopes their files. What was given counts as taken from then on."""

    def __init__(self, prefix: str, taken: Iterable[str]) -> None:
        self._prefix = prefix
        self._folders: dict[str, set[str]] = {}
        for path in taken:
            folder, _, name = path.rpartition("/")
            self._folders.setdefault(folder, set()).add(name.removesuffix(".json").casefold())

    def give(self, integration: str, ref: Ref) -> str:
        folder = str(PurePosixPath(self._prefix, file_name(integration), ref.kind.value))
        beside = self._folders.setdefault(folder, set())
        name = file_name(ref.name, beside)
        beside.add(name.casefold())
        return f"{folder}/{name}.json"


def vantage_path(prefix: str, integration: str) -> str:
    return str(PurePosixPath(prefix, file_name(integration), VANTAGE))


def planned_path(id: str) -> str:
    return f"{PLANNED}/{file_name(id)}.json"


def standing_path(id: str) -> str:
    return f"{STANDING}/{file_name(id)}.json"


def decode_sight(raw: bytes) -> Sight:
    """What core/sight.py writes."""
    return _converted(_object(raw), Sight)


def encode_planned(planned: PlannedChange) -> bytes:
    said = _said(planned)
    if not planned.deployment:
        del said["deployment"]
    return _readable({"patterns": [], **said}, *PLANNED_TIMES)


def decode_planned(raw: bytes) -> PlannedChange:
    """`start`, `end` and `closed` are epoch seconds, or ISO 8601 with an offset, since people write these files too.
    Raises LayoutError, also for what an actor's window or a deployment may not say; older files have neither."""
    found = _converted(_timed(raw, *PLANNED_TIMES), PlannedChange)
    for problem in found.problems() if found.actor or found.deployment else ():
        raise LayoutError(problem)
    return found


def encode_standing(standing: Standing) -> bytes:
    return _readable(_said(standing), *TIMES)


def _said(value: PlannedChange | Standing) -> dict[str, Any]:
    """What says nothing is left out."""
    return {name: held for name, held in msgspec.to_builtins(value).items() if held not in (None, "", [], ())}


def _readable(said: dict[str, Any], *times: str) -> bytes:
    """Times as people read them."""
    for name in times:
        if name in said:
            said[name] = datetime.fromtimestamp(said[name], UTC).isoformat()
    return orjson.dumps({"driftline": FORMAT, **said}, option=_OPTIONS)


def decode_standing(raw: bytes) -> Standing:
    """`until`, `since` and `before` as in `decode_planned`. Raises LayoutError, also for what no standing approval may
    say."""
    found = _converted(_timed(raw, *TIMES), Standing)
    for problem in found.problems():
        raise LayoutError(problem)
    return found


TIMES: Final = ("until", "since", "before")
PLANNED_TIMES: Final = ("start", "end", "closed")


def _timed(raw: bytes, *names: str) -> dict[str, Any]:
    value = _object(raw)
    for name in names:
        if isinstance(value.get(name), str):
            value[name] = _instant(name, value[name])
    return value


def ignore_path(id: str) -> str:
    return f"{IGNORES}/{file_name(id)}.json"


def encode_ignore(ignore: Ignore) -> bytes:
    value = {"driftline": FORMAT, **msgspec.to_builtins(ignore), "pins": sorted(ignore.pins)}
    del value["id"]
    return orjson.dumps(value, option=_OPTIONS)


def decode_ignore(raw: bytes) -> Ignore:
    """A day that is none is kept as it is written: the ignore then counts as over, and that is said."""
    ignore = _converted(_object(raw), Ignore)
    subject, *rest = ignore.pattern.split("/")
    if "*" in subject or not any(rest):
        raise LayoutError(
            f"pattern: expected integration/kind/scope/key/fact with the integration's name first, "
            f"found {ignore.pattern!r}"
        )
    if not ignore.reason.strip():
        raise LayoutError("reason: expected why it is ignored, found nothing")
    if not ignore.pins and not ignore.any_value:
        raise LayoutError(
            "pins: expected the fingerprints it was made for (`driftline show` names them), or any_value: true"
        )
    return ignore


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise LayoutError(f"line {error.lineno}: not JSON: {error.msg}") from error
    if not isinstance(value, dict) or value.get("driftline") != FORMAT:
        raise LayoutError(f'"driftline": expected {FORMAT}, the format of this release')
    return value


def _converted(value: dict[str, Any], type_: type[_T]) -> _T:
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise LayoutError(str(error)) from error


def _instant(name: str, text: str) -> float:
    try:
        instant: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise LayoutError(f"{name}: expected epoch seconds or a date and time with an offset, found {text!r}")
    return instant.timestamp()


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
