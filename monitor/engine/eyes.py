"""Four eyes: what every decision passes before it is stored. It says who may decide, and whether it takes two.

What a decision would change is taken from the decision itself: findings, edits, whole scopes, and files of the
baselines repository. So whatever leads to a decision, none goes past this by being of another kind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from monitor.adapters import described
from monitor.adapters.described import Owner
from monitor.adapters.layout import (
    IGNORES,
    PLANNED,
    STANDING,
    VANTAGE,
    decode_ignore,
    decode_planned,
    decode_standing,
    file_name,
)
from monitor.adapters.records import Decision, DecisionState, FileWrite, Waits, Work
from monitor.core import body as bodies
from monitor.core import sight
from monitor.core.eyes import Watched, may_take_two, meet, pattern_takes_two, takes_two
from monitor.core.graph import Flow, home
from monitor.core.model import Claim, Finding, Level, Phase, Source
from probes.kit.contract import Kind, Ref

from .acting import Actor, acting
from .request import Refused
from .surface import Engine as Surface

if TYPE_CHECKING:
    from .core import Engine

BY_EVENT: Final = ("release", "recapture")  # decide without writing a file
RESTORE: Final = "restore"  # the branch gets back what two people agreed to; what is in force stays as it is
BESIDE: Final = (IGNORES, PLANNED, STANDING)  # files by pattern: where one goes, no more is hidden than before
NAMED: Final = 5  # places that a sentence names
SIGN_IN: Final = (
    "nobody signs in at a terminal while no daemon runs, nor while server.auth.mode is none. Let the daemon run with "
    "sign-in, and decide on its pages, or in the terminal with a token of your own in DRIFTLINE_TOKEN."
)


class Need(msgspec.Struct, frozen=True):
    """What of a decision takes two people: ids of findings, and places beyond them."""

    findings: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.findings or self.places)


def watched(engine: Surface) -> tuple[Watched, ...]:
    """The configured list, in the core's words."""
    return tuple(
        Watched(one.integration, one.kind, one.scope, Level[one.level.upper()], one.security)
        for one in engine.config.service.review.four_eyes
    )


def of_finding(rules: Iterable[Watched], finding: Finding) -> bool:
    """Whether deciding on a finding takes two people."""
    return of_claim(rules, finding.claim)


def of_claim(rules: Iterable[Watched], claim: Claim) -> bool:
    verdict, address = claim.verdict, claim.address
    if address.source is Source.MAPPING:
        return False  # it is said of a flow; the fact itself has a finding of its own
    level = verdict.level if verdict is not None else Level.WARNING
    return takes_two(rules, address.subject, address.ref, level, verdict is not None and verdict.security)


async def weigh(engine: Engine, made: Decision) -> Decision:
    """The decision as it may be stored: `waiting` where it takes two people. Raises Refused where this person may not
    decide it, or where what it is about waits for somebody already."""
    if made.work == Work() and made.kind not in BY_EVENT:
        return made
    who, owners = acting(made.by), owners_of(engine, made)
    need = Need() if by_merge(engine) and made.kind not in BY_EVENT else needs(engine, made)
    if problems := [*may_not(who, owners), *_busy(engine, made)]:
        raise Refused(*problems)
    if not need:
        return made
    if not who.signed_in:
        raise Refused(f"{_said(need)} two people who signed in, and {SIGN_IN}")
    waits = Waits(
        findings=need.findings, places=need.places, owners=tuple(sorted(owners)), one=names(engine, who),
        made_by=who.made_by, until=made.at + engine.config.service.review.lapse,
    )  # fmt: skip
    return msgspec.structs.replace(made, state=DecisionState.WAITING, waits=waits)


def by_merge(engine: Surface) -> bool:
    """Whether what goes to git is agreed to by its merge, which takes the two people of the branch's own protection:
    then the page does not ask for a second one too. What is decided without a file never goes there."""
    git = engine.config.service.git
    return bool(git.protected and git.mode == "propose")


def may_not(who: Actor, owners: Collection[str]) -> list[str]:
    """Why somebody may not decide, where only owners do."""
    lacking = sorted(set(owners) - set(who.teams))
    if not lacking:
        return []
    if not who.signed_in:
        return [f"Only members of {', '.join(lacking)} decide this, and {SIGN_IN}"]
    acts = f"you act for {', '.join(who.teams)}" if who.teams else "you act for no team"
    return [f"Only members of {', '.join(lacking)} decide this, and {acts}. Ask one of them."]


def names(engine: Surface, who: Actor) -> tuple[str, ...]:
    """Somebody as pseudonyms: of the name, and of what stands before an @ in it."""
    name = who.name.rpartition(":")[2]
    return tuple(dict.fromkeys(engine.people.pseudonym(one) for one in (name, name.partition("@")[0])))


def same(engine: Surface, held: Decision, who: Actor) -> str:
    """Why somebody is no second person beside the first, as far as can be known; "" where they are one."""
    mine, waits = names(engine, who), held.waits
    if waits is None or not who.signed_in:
        return f"A second person signs in, and {SIGN_IN}"
    if mine[0] in waits.one or waits.one[0] in mine:
        return f"{held.by} asked for it, and that is you: somebody else has to agree."
    if set(waits.one) & set(who.made_by):
        return f"{held.by} made what you signed in with, so both may be one person: let somebody else agree."
    if set(mine) & set(waits.made_by):
        return f"You made what {held.by} signed in with, so both may be one person: let somebody else agree."
    return ""


# -- what a decision changes ------------------------------------------------------------------------------------------


def needs(engine: Surface, made: Decision) -> Need:
    """What of a decision takes two people."""
    rules = watched(engine)
    if not rules:
        return Need()
    work, name = made.work, made.integration
    files = [one for one in work.files if one.after is not None or one.path.partition("/")[0] not in BESIDE]
    if not (work.edits or work.captures or files or made.kind in BY_EVENT):
        return Need()
    known = [engine.ledger.findings[id] for id in made.findings if id in engine.ledger.findings]
    if made.kind == "release":  # a brake lets all go that it holds
        held = {(one.address.subject, one.address.ref) for one in known}
        known += [
            one
            for subject, ref in held
            for one in engine.ledger.of(subject)
            if one.phase is Phase.HELD and one.address.ref == ref
        ]
    found = {one.id for one in known if of_finding(rules, one)}
    judged = {one.address.ref for one in known}
    scopes = {(name, one.ref) for one in work.edits if one.ref not in judged}
    scopes |= {(name, one.ref) for one in work.captures}
    places: set[str] = set()
    for file in files if made.kind != RESTORE else ():
        for about in _about(engine, file):
            match about:
                case Ref() as ref:
                    scopes.add((folder(engine, file.path), ref))
                case str() as pattern:
                    places |= {pattern} if pattern_takes_two(rules, engine.config.integrations, pattern) else set()
                case Finding() as pinned:
                    found |= {pinned.id} if of_finding(rules, pinned) else set()
    places |= {f"{of}/{ref.kind}/{ref.name}" for of, ref in scopes if may_take_two(rules, of, ref)}
    return Need(tuple(sorted(found)), tuple(sorted(places)))


def of_file(engine: Surface, rules: Sequence[Watched], file: FileWrite) -> bool:
    """Whether a file that was pushed would hide or announce what takes two people."""
    about = _about(engine, file)
    names = engine.config.integrations
    return any(
        pattern_takes_two(rules, names, one)
        if isinstance(one, str)
        else isinstance(one, Finding) and of_finding(rules, one)
        for one in about
    )


def _about(engine: Surface, file: FileWrite) -> Sequence[Ref | str | Finding]:
    """What a file of the baselines repository is about: a scope, patterns, or findings."""
    top, text = file.path.partition("/")[0], (file.after or file.before or "").encode()
    if top == IGNORES:
        ignore = decode_ignore(text)
        if ignore.any_value:
            return [ignore.pattern] if ignore.source is not Source.MAPPING else []
        return [one for one in engine.ledger.of(ignore.subject) if one.claim.fingerprint in ignore.pins]
    if top == PLANNED:
        return _planned(file)
    if top in described.FOLDERS:
        return [*_described(file)]
    if not folder(engine, file.path):
        return []
    if file.path.endswith(f"/{VANTAGE}"):
        return [Ref(Kind.PERMISSION, sight.SCOPE)]
    return [bodies.decode(text).ref]


def _described(file: FileWrite) -> Iterator[str]:
    """What a flow, a definition or an owner is about, as it was and as it will be: levels, and the right to decide,
    hang on them."""
    for text in (file.before, file.after):
        if text is None:
            continue
        match described.decode(file.path.partition("/")[0], text.encode()):
            case Owner() as one:
                yield f"{one.integration}/*"
            case Flow() as flow:
                yield from (f"{end.integration}/*/{end.scope}*" for end in (flow.source, flow.target))
            case definition:
                yield from (f"{kept.integration}/*/{kept.scope}*" for kept in definition.kept)


def _planned(file: FileWrite) -> Sequence[str]:
    """What a plan may name from now on that it did not before: one that is only shortened or closed adds nothing."""
    plan = decode_planned((file.after or file.before or "").encode())
    if file.before is not None:
        was = decode_planned(file.before.encode())
        wider = (was.patterns, was.actor, was.integrations) != (plan.patterns, plan.actor, plan.integrations)
        if not wider and was.start <= plan.start and plan.end <= was.end:
            return []
    return plan.patterns or [f"{name}/*" for name in plan.systems or ("*",)]


def folder(engine: Surface, path: str) -> str:
    """The integration in whose folder of baselines a file is; "" for one that is elsewhere."""
    prefix = engine.config.service.baselines.path.strip("/")
    inside = path.removeprefix(f"{prefix}/") if path.startswith(f"{prefix}/") else "" if prefix != "." else path
    folder = inside.partition("/")[0]
    return next((name for name in engine.config.integrations if file_name(name) == folder), "")


def owners_of(engine: Surface, made: Decision) -> frozenset[str]:
    """The teams that alone may decide it; none where any reviewer may."""
    if not engine.config.service.review.owners_decide:
        return frozenset()
    every = engine.config.integrations
    named = {made.integration} | {home(f.address) for f in _findings(engine, made)}
    for pattern in _patterns(made.work.files):
        named |= {name for name in every if meet(pattern, f"{name}/*") or meet(f"{pattern}/*", name)}
    return frozenset(every[name].owner for name in named if name in every)


def _findings(engine: Surface, made: Decision) -> list[Finding]:
    return [engine.ledger.findings[id] for id in made.findings if id in engine.ledger.findings]


def _patterns(files: Iterable[FileWrite]) -> Iterator[str]:
    for file in files:
        top, text = file.path.partition("/")[0], (file.after or file.before or "").encode()
        if top == PLANNED:
            plan = decode_planned(text)
            yield from plan.patterns or [f"{name}/*" for name in plan.systems or ("*",)]
        elif top == STANDING:
            yield from decode_standing(text).patterns
        elif top in described.FOLDERS:
            yield from _described(file)


def _busy(engine: Engine, made: Decision) -> list[str]:
    """A finding waits for one thing at a time: else two half-made answers would stand against each other."""
    return [
        f"{id} waits for a second person already: {held.by} asked to {held.kind} it. Confirm or decline {held.uuid} "
        "first, or let who asked withdraw it."
        for id in made.findings
        for held in [waiting_on(engine, id)]
        if held is not None
    ]


def waiting_on(engine: Surface, finding: str) -> Decision | None:
    """The decision on a finding that waits for a second person."""
    return next((one for one in engine.waiting.values() if finding in one.findings), None)


def _said(need: Need) -> str:
    what = [*need.findings, *need.places]
    more = f" and {len(what) - NAMED} more" if len(what) > NAMED else ""
    return f"{', '.join(what[:NAMED])}{more} {'takes' if len(what) == 1 else 'take'}"
