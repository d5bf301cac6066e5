"""What the files beside the baselines say when they come, change or go: vantage, ignores, planned changes, standing
approvals. Pure; raises LayoutError for a time that is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo

from monitor.adapters.described import Described, Owner
from monitor.adapters.layout import LayoutError
from monitor.core.graph import Flow
from monitor.core.ignores import Ignore
from monitor.core.mapping import place
from monitor.core.model import Sight
from monitor.core.planned import PlannedChange
from monitor.core.standing import Standing

from .words import Part, Sentence

_ENDS = {"ignores": "Ends the ignore ", "planned": "Takes back the announced change ",
         "standing": "Ends the standing approval ", "flows": "Removes the flow ",
         "definitions": "Removes the definition ", "owners": "Takes back the owner of "}  # fmt: skip
_MOVED = {"subject": "the user it reads as", "api_version": "API version", "locale": "language"}


def ended(sort: str, id: str) -> Sentence:
    rest = ": what it hid is asked again" if sort == "ignores" else ""
    return (Part(_ENDS[sort]), Part(id, True), Part(rest))


def ignored(one: Ignore, new: bool) -> Sentence:
    held = " whatever the value is" if one.any_value else f" at {len(one.pins)} known values" if one.pins else ""
    return (
        Part("Ignores " if new else "Goes on ignoring "), Part(one.pattern, True), Part(held),
        Part(", last on "), Part(one.until, True), Part(", because: "), Part(one.reason, True), *_ticket(one.ticket),
    )  # fmt: skip


def planned(one: PlannedChange, new: bool, zone: tzinfo) -> Sentence:
    what = (Part("drift in "), *_each(one.patterns)) if one.patterns else (Part("what "), Part(one.actor, True))
    who = (Part(" by "), Part(one.actor, True)) if one.actor and one.patterns else ()
    does = " is expected from " if one.patterns else " does is expected from "
    return (
        Part("Announces " if new else "Changes the announced change "), Part(one.id, True), Part(": "),
        *what, *who, Part(does), Part(_when(one.start, zone)), Part(" to "),
        Part(_when(one.end, zone)), *_ticket(one.ticket),
    )  # fmt: skip


def standing(one: Standing, new: bool, zone: tzinfo) -> Sentence:
    verb = "Approves without a person, up to " if new else "Changes what is approved without a person, up to "
    actor = (Part(", made by "), Part(one.actor, True)) if one.actor else ()
    return (
        Part(f"{verb}{one.cap} a day and until {_when(one.until, zone)}: "), Part(" and ".join(one.levels)),
        Part(" drift of the rules "), *_each(one.rules), Part(" in "), *_each(one.patterns), *actor,
        Part(", because: "), Part(one.reason, True),
    )  # fmt: skip


def told(one: Described, new: bool) -> Sentence:
    """A flow, a definition or an owner that a page wrote, or a person in its place."""
    match one:
        case Owner():
            return (Part("Makes "), Part(one.owner, True), Part(" the owner of "), Part(one.integration, True))
        case Flow():
            verb = "Describes the flow " if new else "Changes the flow "
            ends = f": {len(one.fields)} fields of {place(one.source)} feed {place(one.target)}"
            return (Part(verb), Part(one.id, True), Part(ends))
        case _:
            verb = "Describes what " if new else "Changes what "
            return (Part(verb), Part(one.name, True), Part(" means, and where it is kept: "),
                    *_each(f"{k.integration}/{k.scope}/{k.field}" for k in one.kept))  # fmt: skip


def sight(name: str, was: Sight | None, now: Sight | None) -> Iterator[Sentence]:
    """What is approved about from where an account is read."""
    if now is None:
        yield (Part("Forgets from where "), Part(name, True), Part(" is read: lost rights are not noticed any more"))
        return
    if was is None:
        said = f" is read from, with {len(now.grants)} rights"
        yield (Part("Approves the account "), Part(now.account or "(unnamed)", True), Part(" that "), Part(name, True),
               Part(said))  # fmt: skip
        return
    if was.account != now.account:
        yield (Part("Reads "), Part(name, True), Part(" from another account: "), Part(was.account, True),
               Part(" before, "), Part(now.account, True), Part(" from now on"))  # fmt: skip
    for words, grants in (
        ("Accepts that the credential lost ", was.grants - now.grants),
        ("Accepts that the credential gained ", now.grants - was.grants),
    ):
        if grants:
            yield (Part(words), *_each(sorted(grants)))
    for field, says in _MOVED.items():
        before, after = getattr(was, field), getattr(now, field)
        if before != after:
            yield (Part(f"Accepts another {says}: "), Part(before or "none", True), Part(" before, "),
                   Part(after or "none", True), Part(" now"))  # fmt: skip


def _each(names: Iterable[str]) -> Iterator[Part]:
    for at, name in enumerate(names):
        if at:
            yield Part(", ")
        yield Part(name, True)


def _ticket(ticket: str) -> Sentence:
    return (Part(", ticket "), Part(ticket, True)) if ticket else ()


def _when(at: float, zone: tzinfo) -> str:
    try:
        return datetime.fromtimestamp(at, zone).strftime("%d %B %Y %H:%M")
    except (OverflowError, ValueError, OSError):
        raise LayoutError(f"expected a date that a calendar has, found {at:g} seconds") from None
