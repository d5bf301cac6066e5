"""Deciding on several: what was ticked in the queue is shown once more, as it is now, before anything is decided.

Each row carries `id:fingerprint`, the version that somebody looked at. What moved since is never selected: it is shown
with what it is now, and the rest, with all that was typed, stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import msgspec
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from monitor.engine import views
from monitor.engine.choosing import choose
from monitor.engine.request import Refused
from monitor.engine.rows import rows
from monitor.engine.shapes import FindingRow
from monitor.engine.surface import Engine

from .common import decide, engine_of, filter_of_query, needs
from .deciding import asked, back, pairs, said, typed
from .problems import Failed
from .render import page
from .review import queue_of

router = APIRouter(include_in_schema=False)
LISTED: Final = 200  # findings on a page, whatever was chosen
MOST: Final = 5000  # findings of one decision
TITLES: Final = {"approve": "Approve", "reject": "Reject", "ignore": "Ignore", "assign": "Assign",
                 "acknowledge": "Acknowledge"}  # fmt: skip


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen, as it is now. `fit`: as it was looked at; `moved`: of another value now; `gone`: not open any
    more; `unfit`: cannot be decided so. `effects`: open drift that hangs under what fits."""

    fit: tuple[FindingRow, ...]
    moved: tuple[FindingRow, ...]
    gone: tuple[str, ...]
    unfit: tuple[FindingRow, ...]
    effects: tuple[FindingRow, ...] = ()

    @property
    def grave(self) -> int:
        return sum(row.security or row.level == "breaking" for row in self.fit)


@router.post("/review/choose")
async def choose_(request: Request) -> Response:
    """The step between ticking and deciding."""
    needs(request, "reviewer")
    form = await request.form()
    found = pairs(form, "f")
    here, note = queue_of(said(form, "queue")), ""
    if said(form, "all"):
        found, note = _all(engine_of(request), here, said(form, "all"), pairs(form, "seen"))
    if not found:
        raise Failed(400, "Nothing selected", "Tick the findings that the decision is about.")
    return _page(request, form, found, note=note)


@router.post("/decide")
async def several(request: Request) -> Response:
    """One decision for each integration, or nothing where something of it moved."""
    form = await request.form()
    found = pairs(form, "f") | pairs(form, "rest")
    if not found:
        raise Failed(400, "Nothing selected", "Tick the findings that the decision is about.")
    needs(request, "reviewer")
    whole = asked(form, found)
    if await engine_of(request).store.decision(whole.uuid) is None:  # a second click finds its work done
        chosen = selection(engine_of(request), found, whole.kind)
        if chosen.moved or chosen.gone:
            return _page(request, form, found, status=409)
    if said(form, "effects"):
        found |= pairs(form, "effect")
    done: list[Any] = []
    problems: list[str] = []
    for uuid, part in _parts(engine_of(request), whole.uuid, found).items():
        try:
            done.append(await decide(request, msgspec.structs.replace(whole, uuid=uuid, findings=part)))
        except Refused as refused:
            problems += refused.problems
            continue
        found = {id_: seen for id_, seen in found.items() if id_ not in part}
    if problems:
        note = f"Kept: {len(done)}. The rest stands below." if done else ""
        return _page(request, form, found, status=409, note=note, problems=problems)
    more = len(done) - 1 or None
    return back(request, "/review", **queue_of(said(form, "queue")), decided=done[0].uuid, more=more)


def selection(engine: Engine, found: Mapping[str, str], kind: str) -> Selection:
    """Sorts what was chosen. Ids may be unique prefixes. Raises NotFound."""
    fit: list[FindingRow] = []
    moved: list[FindingRow] = []
    gone: list[str] = []
    unfit: list[FindingRow] = []
    known = {views.find(engine, id_).id: seen for id_, seen in found.items()}
    for row in rows(engine, [engine.ledger.findings[id_] for id_ in known]):
        if row.stand == "closed":
            gone.append(row.id)
        elif known[row.id] not in ("", row.fingerprint):  # none is named where any value is meant
            moved.append(row)
        elif kind in {choice.kind for choice in views.choices(row)}:
            fit.append(row)
        else:
            unfit.append(row)
    effects = _effects(engine, fit) if kind == "approve" else ()
    return Selection(fit=tuple(fit), moved=tuple(moved), gone=tuple(gone), unfit=tuple(unfit), effects=effects)


def _effects(engine: Engine, chosen: Iterable[FindingRow]) -> tuple[FindingRow, ...]:
    there = {row.id for row in chosen}
    under = [child for id_ in there for child in engine.ledger.under(id_) if child.id not in there]
    return tuple(row for row in rows(engine, under) if row.source == "drift" and row.stand == "open")


def _all(engine: Engine, here: Mapping[str, str], said_: str, shown: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """All that fit the filter now, and a word where it is another number than the person saw. What was on the page
    is chosen in the version that stood there. Raises Failed for more than one decision can be about."""
    found = choose(engine, filter_of_query(here))
    if found.total > MOST:
        raise Failed(400, "Too many at once", f"{found.total} match, and one decision is about {MOST} at most: filter.")
    every = [engine.ledger.findings[card.id] for card in found.cards]
    chosen = {one.id: shown.get(one.id, one.claim.fingerprint) for one in every}
    note = "" if said_ == str(found.total) else f"{found.total} match now; it was {said_} when the page was loaded."
    return chosen, note


def _parts(engine: Engine, uuid: str, found: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The findings of each decision, by its uuid: the form's own, or one made of it for each integration."""
    out: dict[str, dict[str, str]] = {}
    for id_, seen in found.items():
        finding = views.find(engine, id_)
        out.setdefault(finding.address.subject, {})[finding.id] = seen
    return {uuid if len(out) == 1 else uuid5(_uuid(uuid), subject).hex: part for subject, part in out.items()}


def _uuid(text: str) -> UUID:
    """Of a form's own; a text that is none gives the same one each time."""
    try:
        return UUID(text)
    except ValueError:
        return uuid5(UUID(int=0), text)


def _page(
    request: Request, form: FormData, found: Mapping[str, str], *, status: int = 200, note: str = "",
    problems: Iterable[str] = (),
) -> Response:  # fmt: skip
    kind = said(form, "kind")
    if kind not in TITLES:
        raise Failed(400, "Choose a decision", f'kind: expected one of {", ".join(TITLES)}, found "{kind[:40]}".')
    engine = engine_of(request)
    chosen = selection(engine, found, kind)
    return page(
        request,
        "chosen.html",
        status=status,
        kind=kind,
        title=TITLES[kind],
        chosen=chosen,
        listed=chosen.fit[:LISTED],
        rest=chosen.fit[LISTED:],
        typed=typed(form),
        effects=bool(said(form, "effects")),
        note=note,
        problems=tuple(problems),
        teams=sorted(engine.config.people.teams),
        uuid=uuid4().hex if status == 200 else said(form, "uuid"),
        queue=said(form, "queue"),
        here=queue_of(said(form, "queue")),
    )
