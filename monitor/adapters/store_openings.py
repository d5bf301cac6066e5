"""Openings of findings, kept as their events come: what each event does to a row is said by monitor/core/figures.py.

Migration 0013 makes the rows of all events that were there before by these very statements. A column that comes later
belongs in statements of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Update, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as upsert

from monitor.core.figures import Answered, Assigned, Began, Changed, Ended, Hung, Ignored, Judged, moves
from monitor.core.graph import home
from monitor.core.model import Event, EventType

from . import schema as t

_O: Final = t.opening.c
_OPEN: Final = update(t.opening).where(_O.finding == bindparam("of"), _O.closed_at.is_(None))
_BEGAN: Final = upsert(t.opening).on_conflict_do_nothing()
_JUDGED: Final = _OPEN.values(level=bindparam("to_level"), owner=bindparam("to_owner"), quiet=bindparam("to_quiet"))
_CHANGED: Final = _OPEN.where(_O.changed_at.is_(None)).values(changed_at=bindparam("at"))
_HUNG: Final = _OPEN.values(root=bindparam("to_root"))
_ASSIGNED: Final = _OPEN.values(owner=bindparam("to_owner"))
_ANSWERED: Final = _OPEN.where(_O.answered_at.is_(None), _O.opened_at < bindparam("then")).values(
    answered_at=bindparam("at")
)
_HUSHED: Final = _OPEN.where(_O.opened_at == bindparam("then")).values(quiet=True)
_ENDED: Final = _OPEN.values(closed_at=bindparam("at"), closing=bindparam("why"))

_ORDER: Final = (_BEGAN, _JUDGED, _CHANGED, _HUNG, _ASSIGNED, _ANSWERED, _HUSHED, _ENDED)  # as one event gives them


def told(event: Event) -> Iterator[tuple[Insert | Update, dict[str, Any]]]:
    """Statements with their values, to be run in this order after those of the events before."""
    of, at = event.finding, event.at
    for move in moves(event):
        match move:
            case Began(root=root, quiet=quiet, since=since):
                where = {"integration": home(event.address), "kind": event.address.kind.value}
                yield _BEGAN, {
                    "finding": of, "opened_at": at, **where, "source": event.address.source.value, "level": 0,
                    "owner": "", "root": root, "quiet": quiet, "since": since, "closing": "",
                }  # fmt: skip
            case Judged(level=level, owner=owner, quiet=quiet):
                yield _JUDGED, {"of": of, "to_level": level, "to_owner": owner, "to_quiet": quiet}
            case Changed(at=when):
                yield _CHANGED, {"of": of, "at": when}
            case Hung(root=root):
                yield _HUNG, {"of": of, "to_root": root}
            case Assigned(owner=owner):
                yield _ASSIGNED, {"of": of, "to_owner": owner}
            case Answered():
                yield _ANSWERED, {"of": of, "at": at, "then": at}
            case Ignored():
                yield _ANSWERED, {"of": of, "at": at, "then": at}
                yield _HUSHED, {"of": of, "then": at}
            case Ended(closing=closing):
                yield _ENDED, {"of": of, "at": at, "why": closing}


def batches(events: Sequence[Event]) -> Iterator[tuple[Insert | Update, list[dict[str, Any]]]]:
    """The same for many at once, with as few statements as keep the order of each finding's own."""
    nth = Counter[str]()
    steps: list[tuple[tuple[int, int], Insert | Update, dict[str, Any]]] = []
    for event in events:
        nth[event.finding] += 1
        steps += [((nth[event.finding], _ORDER.index(one)), one, values) for one, values in told(event)]
    steps.sort(key=lambda step: step[0])
    for _, group in groupby(steps, key=lambda step: id(step[1])):
        some = list(group)
        yield some[0][1], [values for _, _, values in some]


def facets(event: Event) -> dict[str, Any]:
    """By what a reader narrows events: columns of its own row. The owner is None where the event does not say it."""
    verdict = event.claim.verdict if event.claim is not None else None
    owner = event.words if event.type is EventType.ASSIGNED else verdict.owner if verdict is not None else None
    address = event.address
    return {"integration": home(address), "kind": address.kind.value, "source": address.source.value, "owner": owner}


def owner_before(table: Any) -> Any:
    """Whose it was by the event before: for one that does not say."""
    before = table.alias("before")
    newest = select(before.c.owner).where(before.c.finding == bindparam("of")).order_by(before.c.seq.desc())
    return func.coalesce(bindparam("said"), newest.limit(1).scalar_subquery(), "")
