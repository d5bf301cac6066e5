"""Commands that decide: approve and its siblings.

A decision is made on a version: the id with the fingerprint that was shown. Where nobody looks (`--yes`, or several at
once), a finding whose value moved after it opened is never taken along: it is named with its fingerprint, or alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from . import app
from .desk import desk
from .options import HERE, Folder, Ids, Json, finding, one_of, until, wait
from .out import USAGE, Stop, ago, as_json, many, note, show, text, waits, watched
from .setup_ask import agreed, present

if TYPE_CHECKING:
    from monitor.engine.request import Decided, Verb
    from monitor.engine.shapes import Choice, Detail

    from .desk import Desk

Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; kept with the decision.")]
SHOWN = 5  # ids that a sentence lists
Ticket = Annotated[str, typer.Option(metavar="TEXT", help="A ticket to keep with it.")]


@app.command()
def approve(
    ids: Ids,
    reason: Reason = "",
    ticket: Ticket = "",
    effects: Annotated[bool, typer.Option("--effects", help="With the drifts folded under them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Make what is there now the baseline, by a commit. Shows what will be done, and asks."""
    wanted = [_pinned(one) for one in ids]

    async def work() -> list[Decided]:
        async with desk(stack) as at:
            chosen = await _chosen(at, wanted, effects=effects, alone=yes)
            _preview(chosen, at.now(), err=json)
            staying = [] if effects else _staying(chosen)
            if staying and not yes:
                note(f"{many(len(staying), 'effect')} will stay open; --effects takes them along")
            _answered_for(chosen, reason, ticket)
            _agreed(f"Approve {many(len(chosen), 'finding')}?", yes)
            done = await _decided(at, "approve", chosen, reason=reason, ticket=ticket)
            if staying and any(one.state != "conflicted" for one in done):
                names = f"{', '.join(staying[:SHOWN])}{' …' if len(staying) > SHOWN else ''}"
                what = many(len(staying), "effect stays", "effects stay")
                note(f"driftline: {what} open, to be decided alone ({names}); --effects would have taken them along")
            return done

    _say(wait(work()), json)


@app.command()
def reject(ids: Ids, reason: Reason = "", ticket: Ticket = "", json: Json = False, stack: Folder = HERE) -> None:
    """Ask the owner to put it back at the vendor; it stays open until it is back."""
    _plain("reject", ids, json, stack, reason=reason, ticket=ticket)


@app.command()
def ignore(
    ids: Ids,
    until_: Annotated[str, typer.Option("--until", metavar="DAY", help="A day such as 2026-12-31, or 30d.")] = "",
    reason: Reason = "",
    ticket: Ticket = "",
    pattern: Annotated[
        str,
        typer.Option(metavar="PLACE", help="For all that is open there: integration/kind/scope/key/fact, * for any."),
    ] = "",
    owner: Annotated[str, typer.Option(metavar="TEAM", help="Who answers for it; else whose finding it is.")] = "",
    any_value: Annotated[
        bool, typer.Option("--any-value", help="Whatever its value is; for facts that change all the time.")
    ] = False,
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Say nothing more of it up to the end of a day; a new value is told all the same."""
    if not until_:
        raise Stop("--until: say until when, with a day such as 2026-12-31 or a duration such as 30d")
    more = {"pattern": pattern, "owner": owner, "any_value": any_value, "until": until("--until", until_)}
    _plain("ignore", ids, json, stack, reason=reason, ticket=ticket, **more)


@app.command()
def recapture(ids: Ids, reason: Reason = "", ticket: Ticket = "", json: Json = False, stack: Folder = HERE) -> None:
    """Another account took the place of the approved one, and is meant: read it, and make that the baseline."""
    _plain("recapture", ids, json, stack, reason=reason, ticket=ticket)


@app.command()
def release(ids: Ids, reason: Reason = "", json: Json = False, stack: Folder = HERE) -> None:
    """Believe a mass removal that was held; its removals open as drift."""
    _plain("release", ids, json, stack, reason=reason)


@app.command()
def acknowledge(ids: Ids, reason: Reason = "", json: Json = False, stack: Folder = HERE) -> None:
    """Say that somebody looks at it; reminders stop, nothing else changes."""
    _plain("acknowledge", ids, json, stack, reason=reason)


@app.command()
def assign(
    ids: Ids,
    to: Annotated[str, typer.Option(metavar="TEAM", help="A team of people.yaml.")] = "",
    reason: Reason = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Make it another team's to decide."""
    if not to:
        raise Stop("--to: say which team decides on it, by its name in people.yaml")
    _plain("assign", ids, json, stack, reason=reason, assignee=to)


@app.command()
def correct(
    ids: Ids,
    as_: Annotated[str, typer.Option("--as", metavar="noise|worse", help="Less, or more, than the rule says.")],
    reason: Reason = "",
    json: Json = False,
    stack: Folder = HERE,
) -> None:
    """Say that a rule made too much or too little of it; counted per rule, nothing else changes."""
    _plain("correct", ids, json, stack, reason=reason, correction=one_of("--as", as_, ("noise", "worse")))


@app.command()
def comment(ids: Ids, reason: Reason = "", json: Json = False, stack: Folder = HERE) -> None:
    """Add to its history; nothing else changes."""
    _plain("comment", ids, json, stack, reason=reason)


def _plain(verb: Verb, ids: Sequence[str], json: bool, stack: Any, **more: Any) -> None:
    wanted = [_pinned(one) for one in ids]

    async def work() -> list[Decided]:
        async with desk(stack) as at:
            found = {one.row.id: (one, pinned) for id, pinned in wanted for one in [await at.detail(id)]}
            chosen = [_checked(verb, *one) for one in found.values()]
            _reasoned(chosen, verb, more.get("reason", ""))
            if verb == "assign" and at.teams is not None:
                one_of("--to", more["assignee"], at.teams)
            return await _decided(at, verb, chosen, **more)

    _say(wait(work()), json)


def _reasoned(chosen: Sequence[Detail], verb: str, reason: str) -> None:
    if not reason.strip() and any(_choice(view, verb).needs_reason for view in chosen):
        raise Stop(f"--reason: say why; {verb} keeps it with the decision")


def _answered_for(chosen: Sequence[Detail], reason: str, ticket: str) -> None:
    ids = [view.row.id for view in chosen if _choice(view, "approve").needs_ticket]
    if ids and not (reason.strip() and ticket.strip()):
        are = "is" if len(ids) == 1 else "are"
        raise Stop(
            f"--reason and --ticket: give both; {', '.join(ids[:SHOWN])}{' …' if len(ids) > SHOWN else ''} {are} "
            "breaking, or a matter of security"
        )


def _pinned(given: str) -> tuple[str, str]:
    """`1f3a` or `1f3a:fingerprint`: the id, and the version that was looked at."""
    id, _, fingerprint = given.partition(":")
    return finding(id), fingerprint


async def _chosen(at: Desk, wanted: Sequence[tuple[str, str]], *, effects: bool, alone: bool) -> list[Detail]:
    """What is to be approved. Values that moved since they opened are left out unless somebody looks at that version:
    its fingerprint was given, or it is the only one and a person is asked. Raises Stop when nothing is left."""
    found: dict[str, tuple[Detail, str]] = {}
    for id, fingerprint in wanted:
        view = await at.detail(id)
        found[view.row.id] = (view, fingerprint)
        for child in view.children if effects else ():
            if child.source == "drift" and child.stand == "open":
                found.setdefault(child.id, (await at.detail(child.id), ""))
    asked = len(found) == 1 and not alone
    chosen: list[Detail] = []
    left: list[str] = []
    for view, fingerprint in found.values():
        row = view.row
        if row.stand == "open" and _moved(view) and not fingerprint and not asked:
            when = ago(row.changed_at, at.now())
            version = f"{row.id}:{row.fingerprint}"
            left.append(
                f"{row.id} is left out: its value changed {when} ago, after it opened. Look at it with `driftline "
                f"show {row.id}`, then approve that version as {version}"
            )
            continue
        chosen.append(_checked("approve", view, fingerprint))
    if not chosen:
        raise Stop(*left)
    for words in left:
        note(f"driftline: {words}")
    return chosen


def _staying(chosen: Sequence[Detail]) -> list[str]:
    """Open drifts that are folded under what is approved, and are not approved with it."""
    taken = {view.row.id for view in chosen}
    under = (child for view in chosen for child in view.children if child.source == "drift" and child.stand == "open")
    return [id for id in dict.fromkeys(child.id for child in under) if id not in taken]


def _moved(view: Detail) -> bool:
    row = view.row
    return row.changed_at is not None and row.changed_at > (row.opened_at or row.first_seen_at)


def _checked(verb: str, view: Detail, fingerprint: str) -> Detail:
    """Raises Stop for what cannot be decided so, and for a version that is no more."""
    row = view.row
    if fingerprint and fingerprint != row.fingerprint:
        now = f"{row.id}:{row.fingerprint}"
        raise Stop(
            f"{row.id} changed since you looked at it: it is {now} now; look at it with `driftline show {row.id}`"
        )
    kinds = [choice.kind for choice in view.choices]
    if verb not in kinds:
        can = f"it can be decided with {', '.join(kinds)}" if kinds else "nothing is left to decide"
        raise Stop(f"{row.id} ({row.source}, {row.stand}) takes no {verb}: {can}")
    return view


def _choice(view: Detail, verb: str) -> Choice:
    return next(choice for choice in view.choices if choice.kind == verb)


def _preview(chosen: Sequence[Detail], now: float, *, err: bool) -> None:
    from .lists import difference, findings
    from .out import laid_out, say

    for view in chosen:
        things = [*findings([view.row], now), difference(view), text(_choice(view, "approve").will), ""]
        shown = laid_out(*things, colour=watched() and not err)
        note(shown.rstrip("\n")) if err else say(shown.rstrip("\n"))


def _agreed(question: str, yes: bool) -> None:
    """Raises Stop unless a person says yes."""
    if yes:
        return
    if not present():
        raise Stop("nothing was approved: add --yes, or answer in a terminal")
    if not agreed(question):
        raise Stop("nothing was approved")


async def _decided(at: Desk, verb: Verb, chosen: Sequence[Detail], **more: Any) -> list[Decided]:
    """One decision per integration, since each has its own baselines."""
    from monitor.engine.request import Decide

    groups: dict[str, dict[str, str]] = {}
    for view in chosen:
        groups.setdefault(view.row.integration, {})[view.row.id] = view.row.fingerprint
    done: list[Decided] = []
    for name, findings in groups.items():
        asked = Decide(uuid=str(uuid4()), kind=verb, findings=findings, integration=name, **more)
        try:
            done.append(await at.decide(asked))
        except Stop as stop:
            for one in done:
                note(f"driftline: decided before that: {_became(one)}")
            raise stop
    return done


def _say(done: Sequence[Decided], json: bool) -> None:
    if json:
        as_json({"items": done})
    else:
        show(*(text(_became(one)) for one in done))
        for one in done:
            if one.undo_until is not None:
                note(f"within ten minutes `driftline undo {one.uuid}` takes it back")
    if any(one.state == "conflicted" for one in done):
        raise typer.Exit(USAGE)


def _became(one: Decided) -> str:
    what = f"{one.kind} {', '.join(sorted(one.findings))} ({one.integration})"
    note_ = f" {one.note}" if one.note else ""
    match one.state:
        case "committed":
            return f"{what}: committed in {one.sha[:10]}.{note_}"
        case "proposed":
            return f"{what}: proposed in {one.pull}, and approved by its merge: {one.pull_url}{note_}"
        case "unmerged":
            return f"{what}: not approved.{note_}"
        case "pushed":
            return f"{what}: committed in {one.sha[:10]} and pushed.{note_}"
        case "conflicted":
            return f"{what}: not done, the baseline says something else by now.{note_}"
        case "waiting":
            return f"{what}: {waits(one.uuid)}{note_}"
        case "queued":
            return f"{what}: kept; it is on its way into git as decision {one.uuid}.{note_}"
        case _:
            return f"{what}: {'the baseline says so already' if one.kind == 'approve' else 'kept'}.{note_}"
