"""What bringing changed files into the branch approves, in plain words: for whoever reviews a commit or a pull request.

Needs the files before and after and the configuration, no store and no vendor. A level is judged by the same rules as
anywhere; what only a reading knows (references between systems, who may be administrator) is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec

from monitor.adapters import described
from monitor.adapters.described import FOLDERS
from monitor.adapters.layout import (
    IGNORES,
    PLANNED,
    STANDING,
    VANTAGE,
    LayoutError,
    decode_ignore,
    decode_planned,
    decode_sight,
    decode_standing,
    file_name,
)
from monitor.config import Config
from monitor.core.body import BodyError, decode, line_of
from monitor.core.compare import compare
from monitor.core.ignores import last_day
from monitor.core.judge import Context, Subject, judge
from monitor.core.model import Action, Body, Change, Claim, Level, Sight
from probes.kit.facts import fact

from .approving_beside import ended, ignored, planned, sight, standing, told
from .words import Part, Sentence, sentence

_LINE: Final = re.compile(r"^line (\d+): ")
_STORED: Final = "policy"  # a step of a verdict that needs pseudonyms, which the store alone can make
_OF_FILES: Final = {IGNORES: decode_ignore, PLANNED: decode_planned, STANDING: decode_standing}


class File(msgspec.Struct, frozen=True):
    """One changed file by its path in the repository; None where it is absent."""

    path: str
    before: bytes | None
    after: bytes | None


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that it approves. `level` is "" where there is none to judge; `why` are the steps to it."""

    path: str
    line: int
    integration: str
    says: Sentence
    level: str = ""
    why: tuple[str, ...] = ()
    question: str = ""
    security: bool = False


class Mistake(msgspec.Struct, frozen=True, order=True):
    """A file that could not be used as it is. `line` is 0 where there is none to name."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}" if self.line else f"{self.path}: {self.what}"


class Told(msgspec.Struct, frozen=True):
    """`files` counts those that Driftline reads; gravest first in `items`."""

    files: int
    items: tuple[Approved, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    def count(self, level: Level) -> int:
        return sum(one.level == level.word for one in self.items)


def tell(files: Iterable[File], config: Config) -> Told:
    """What every file of ours among them does; others are passed over."""
    items: list[Approved] = []
    mistakes: list[Mistake] = []
    count = 0
    for file in sorted(files, key=lambda one: one.path):
        sort, integration = sort_of(file.path, config.service.baselines.path)
        if not sort or file.before == file.after:
            continue
        count += 1
        try:
            items += _file(file, sort, integration, config)
        except (BodyError, LayoutError) as error:
            line = _LINE.match(str(error))
            mistakes.append(Mistake(file.path, int(line[1]) if line else 0, _LINE.sub("", str(error))))
    gravest = sorted(items, key=lambda one: -_rank(one.level))
    return Told(count, tuple(gravest), tuple(sorted(mistakes)))


def _rank(word: str) -> int:
    return next((int(level) + 1 for level in Level if level.word == word), 0)


def sort_of(path: str, prefix: str) -> tuple[str, str]:
    """What a file is by its place, as in adapters/baselines_tree.py, and the folder of its integration."""
    parts = PurePosixPath(path).parts
    if not path.endswith(".json"):
        return "", ""
    if parts[0] in (*_OF_FILES, *FOLDERS) and len(parts) == 2:
        return parts[0], ""
    head = PurePosixPath(prefix).parts
    inside = parts[len(head) :]
    if parts[: len(head)] != head or len(inside) not in (2, 3):
        return "", ""
    if len(inside) == 2:
        return (VANTAGE, inside[0]) if inside[1] == VANTAGE else ("", "")
    return "scope", inside[0]


def _file(file: File, sort: str, folder: str, config: Config) -> Iterable[Approved]:
    name = next((one for one in config.integrations if file_name(one) == folder), folder)
    if sort == "scope":
        return _scope(file, name, config)
    if sort == VANTAGE:
        was, now = (_sight(raw) for raw in (file.before, file.after))
        return [_beside(file, name, words) for words in sight(name, was, now)]
    return [_beside(file, "", _said(file, sort, config))]


def _sight(raw: bytes | None) -> Sight | None:
    return decode_sight(raw) if raw is not None else None


def _said(file: File, sort: str, config: Config) -> Sentence:
    id = PurePosixPath(file.path).stem
    if file.after is None:
        return ended(sort, id)
    new = file.before is None
    match sort:
        case "ignores":
            found = decode_ignore(file.after)
            if last_day(found.until) is None:
                raise LayoutError(f"until: expected a day such as 2026-12-31, found {found.until!r}: it counts as over")
            return ignored(found, new)
        case "planned":
            return planned(decode_planned(file.after), new, config.zone)
        case "standing":
            return standing(decode_standing(file.after), new, config.zone)
        case _:
            return told(described.decode(sort, file.after), new)


def _beside(file: File, integration: str, says: Sentence) -> Approved:
    return Approved(path=file.path, line=1 if file.after is not None else 0, integration=integration, says=says)


def _scope(file: File, name: str, config: Config) -> Iterable[Approved]:
    after = _body(file.after)
    try:
        before = _body(file.before)
    except BodyError:
        before = None  # what is mended here could not be read: all of it is new
    if after is None:
        where = before.ref.name if before is not None else file.path
        yield _whole(file, name, "Takes ", where, " out of the baseline: nothing in it is drift until it is captured")
        return
    if before is None or before.ref != after.ref:
        count = f"{len(after.rows)} of {after.ref.kind.value}" if after.rows else "nothing in it"
        yield _whole(file, name, "Takes ", after.ref.name, f" into the baseline as it stands here ({count})")
        return
    wider = [one for one in after.facts if one not in before.facts]
    less = [one for one in before.facts if one not in after.facts]
    if wider:
        yield _whole(file, name, "Takes more of ", after.ref.name, f" into the baseline: {_says(after, wider)}")
    if less:
        yield _whole(file, name, "Compares less of ", after.ref.name, f" from now on: {_says(after, less)}")
    if before.parent != after.parent or before.read != after.read:
        yield _whole(file, name, "Moves ", after.ref.name, " to another place in what is read")
    for change in compare(before, after, None):
        yield _change(file, name, change, config)


def _body(raw: bytes | None) -> Body | None:
    """Raises BodyError, also for a fact that there is none of: comparing it would not be possible."""
    if raw is None:
        return None
    body = decode(raw)
    for key, name in {("", name) for name in body.facts} | {(k, n) for k, row in body.rows.items() for n in row.facts}:
        try:
            fact(body.ref.kind, name)
        except KeyError:
            words = f"expected facts of {body.ref.kind.value} that this release knows, found {name!r}"
            raise BodyError(f"line {line_of(raw, key, name)}: {words}" if key else words) from None
    return body


def _says(body: Body, names: Iterable[str]) -> str:
    return ", ".join(fact(body.ref.kind, name).says or name for name in names)


def _whole(file: File, name: str, verb: str, what: str, rest: str) -> Approved:
    return _beside(file, name, (Part(verb), Part(what, True), Part(rest)))


def _change(file: File, name: str, change: Change, config: Config) -> Approved:
    claim = judge(Claim(change.address(name), change.action, change.before, change.after), context(config, name))
    verdict = claim.verdict
    assert verdict is not None and file.after is not None  # noqa: S101 - judged above, and both sides are there
    key = str(change.after) if change.action is Action.RENAMED else change.key
    fact_name = change.fact.partition(".")[0]
    return Approved(
        path=file.path, line=line_of(file.after, key, fact_name, change.item), integration=name,
        says=(Part(change.ref.name, True), Part(": "), *sentence(claim)), level=verdict.level.word,
        why=tuple(one.words for one in verdict.chain if one.step != _STORED),
        question=verdict.question, security=verdict.security,
    )  # fmt: skip


def context(config: Config, name: str) -> Context:
    """As engine/context.py makes it, of what configuration alone can tell."""
    own = config.integrations.get(name)
    return Context(
        integration=Subject(
            name=name, vendor=own.vendor, environment=own.environment, class_=own.class_, owner=own.owner, tier=own.tier
        )
        if own is not None
        else Subject(name=name),
        flows=config.flows,
        definitions=config.definitions,
        overrides=config.overrides,
        profile=config.service.profile,
        flows_complete=name in config.complete,
    )


def plain(one: Approved) -> Mapping[str, Any]:
    """For JSON: the sentence in one piece."""
    return {**msgspec.structs.asdict(one), "says": "".join(part.text for part in one.says)}
