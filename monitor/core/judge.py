"""How grave a claim is here, and why: a reduce over small steps, each of which adds its reason. Pure.

The chain of reasons is data; every surface shows it beside the level. Security never goes under warning, and only what
is known to be unused is lowered for want of use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec

from probes.kit.contract import Kind

from . import graph, planned, rules, uses, wire
from .graph import Definition, Edge, Flow, Override, Thing
from .model import Action, Claim, Level, Reach, Reason, Source, Urgency, Verdict
from .planned import Fit, PlannedChange
from .rules import Rule
from .standing import Standing
from .steps import put_back

# What fills a new field by itself, where one of these is set.
_FILLED: Final = frozenset({"default_formula", "formula", "calculated", "auto_number",
                            "defaulted_on_create", "read_only"})  # fmt: skip


class Subject(msgspec.Struct, frozen=True):
    """The integration a claim is about. `subject` is the key of the user that the credential reads as."""

    name: str
    vendor: str = ""
    environment: str = ""
    class_: str = "production"
    owner: str = ""
    tier: int = 2
    subject: str = ""


class Context(msgspec.Struct, frozen=True):
    """What a verdict depends on beside the claim. `profile` "strict" undoes what use or class lowered; "quiet"
    takes unknown use for none.

    `references`: what uses its fields, as read. `flows_complete`: whoever keeps the flows says that no other system
    uses this one, so that what no flow names, and nothing that was read, is known to be unused. `own_sets`: permission
    sets and roles that an integration's own user holds. `standing`: the standing approvals in force; `strong`: users,
    profiles, roles and sets known to hold rights over everything.
    """

    integration: Subject
    flows: tuple[Flow, ...] = ()
    definitions: tuple[Definition, ...] = ()
    overrides: tuple[Override, ...] = ()
    planned: tuple[PlannedChange, ...] = ()
    allowed_admins: frozenset[str] = frozenset()
    profile: str = "standard"
    references: uses.Known = uses.Known()
    flows_complete: bool = False
    own_sets: frozenset[str] = frozenset()
    standing: tuple[Standing, ...] = ()
    strong: frozenset[str] = frozenset()


class Case(msgspec.Struct, frozen=True):
    """One claim under judgement: all that the steps look at, worked out once."""

    claim: Claim
    context: Context
    rule: Rule
    at: Thing | None
    writers: tuple[Edge, ...]
    readers: tuple[Edge, ...]
    fit: Fit | None = None


Step = Callable[[Case, Level], Reason | None]


def judge(claim: Claim, context: Context, now: float | None = None) -> Claim:
    """The claim with its verdict. `now`: when it was seen first (epoch seconds), which planned changes are held
    against; without it none applies."""
    rule = rules.find(claim.address, claim.action)
    at = graph.thing(claim.address)
    case = Case(
        claim=claim,
        context=context,
        rule=rule,
        at=at,
        writers=_through(_carrying(graph.writes_into(context.flows, at), claim, "target"), claim) if at else (),
        readers=_carrying(graph.reads_from(context.flows, at), claim, "source") if at else (),
        fit=planned.fit(context.planned, claim, now) if now is not None else None,
    )
    chain = [Reason("rule", rule.reason, rule.level)]
    for step in STEPS:
        reason = step(case, chain[-1].effect)
        if reason is not None:
            chain.append(reason)
    level = chain[-1].effect
    verdict = Verdict(
        rule=rule.id,
        level=level,
        urgency=_urgency(case, level),
        owner=context.integration.owner,
        chain=tuple(chain),
        question=rule.question,
        steps=put_back(claim),
        reach=graph.reach(context.flows, context.definitions, claim.address, claim.after) + _users(case),
        planned=case.fit.plan.id if case.fit is not None else "",
        security=rule.security,
    )
    return msgspec.structs.replace(claim, verdict=verdict)


def _carrying(edges: tuple[Edge, ...], claim: Claim, side: str) -> tuple[Edge, ...]:
    """For one option, the edges that can carry it: those that map this value, or map none."""
    item = claim.address.item
    if not item or claim.action is Action.ADDED or claim.address.kind is not Kind.FIELD:
        return edges
    return tuple(edge for edge in edges if not edge.map.values or item in _values(edge, side))


def _through(edges: tuple[Edge, ...], claim: Claim) -> tuple[Edge, ...]:
    """Of a right, the flows that may run through it: those that write by its holder, or by nobody knows whom."""
    if claim.address.kind is not Kind.PERMISSION:
        return edges
    return tuple(edge for edge in edges if edge.flow.writer in ("", *claim.address.key.split("/")))


def _values(edge: Edge, side: str) -> frozenset[str]:
    return frozenset(edge.map.values if side == "source" else edge.map.values.values())


def _direction(case: Case, level: Level) -> Reason | None:
    """Narrowing hurts those who write, widening those who read; a level for each stands in the rule."""
    rule = case.rule
    found: list[tuple[Level, str]] = []
    if case.writers and rule.writers is not None:
        who = _who(case.writers, lambda edge: edge.flow.source.integration)
        found.append((rule.writers, f"a flow from {who} writes into it"))
    if case.readers and rule.readers is not None:
        who = _who(case.readers, lambda edge: edge.flow.target.integration)
        found.append((rule.readers, f"a flow to {who} reads from it"))
    if not found:
        return None
    effect = max(effect for effect, _ in found)
    words = " and ".join(words for _, words in found)
    tail = "; that side is not hurt by this" if effect < level else ""
    return Reason("direction", f"{words[:1].upper()}{words[1:]}{tail}.", _floor(case, effect))


def _who(edges: tuple[Edge, ...], name: Callable[[Edge], str]) -> str:
    names = sorted({name(edge) for edge in edges})
    return names[0] if len(names) == 1 else f"{names[0]} (and {len(names) - 1} more)"


def _demands(case: Case, level: Level) -> Reason | None:
    """A new field that must be filled, and is not filled by itself, refuses every record that is written as before."""
    claim = case.claim
    new = claim.address.kind is Kind.FIELD and claim.action is Action.ADDED and not claim.address.fact
    if not new or not isinstance(claim.after, Mapping) or claim.after.get("required") is not True:
        return None
    if wire.way(claim.address) == wire.ANSWERED:
        return None  # nobody writes what is answered
    if "default" in claim.after or any(claim.after.get(name) for name in _FILLED):
        return None
    return Reason("demands", "It must be filled, and nobody who writes knows it yet.", Level.BREAKING)


def _mapping(case: Case, level: Level) -> Reason | None:
    """A value that a flow names by itself cannot be carried once it is gone."""
    claim = case.claim
    gone = claim.action in (Action.REMOVED, Action.NARROWED) and claim.address.fact.partition(".")[0] == "options"
    if not gone or not claim.address.item or claim.address.kind is not Kind.FIELD:
        return None
    for edge in (*case.readers, *case.writers):
        if edge.map.values:
            other = edge.flow.target if edge in case.readers else edge.flow.source
            field = edge.map.target if edge in case.readers else edge.map.source
            words = f"The mapping to {field} of {other.scope} in {other.integration} names exactly this value."
            return Reason("use", words, Level.BREAKING)
    return None


def _use(case: Case, level: Level) -> Reason | None:
    """Used, known to be unused, or unknown: only the second lowers."""
    if case.claim.address.source is not Source.DRIFT or case.at is None:
        return None
    found = _used(case)
    if found:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        return Reason("use", f"It is used by {', '.join(found[:3])}{more}.", level)
    if case.writers or case.readers or not case.context.flows_complete:
        return None
    if unseen := case.context.references.unseen(case.at.object):
        return Reason("use", f"Nothing that we read uses it, and more may: {unseen}.", level)
    return Reason("use", "No flow and nothing that we read uses it.", _floor(case, _lower(level)))


def _used(case: Case) -> tuple[str, ...]:
    """What uses the thing within its own system, each named once."""
    known = case.context.references.of(case.at.object, case.at.field) if case.at is not None else ()
    return tuple(dict.fromkeys(one.by for one in known))


def _users(case: Case) -> tuple[Reach, ...]:
    """The same as what it will break next; past a number they are counted."""
    if case.at is None or case.claim.address.source is not Source.DRIFT:
        return ()
    known = case.context.references.of(case.at.object, case.at.field)
    out = tuple(Reach(one.where, one.by, one.does) for one in known[: uses.SHOWN])
    if len(known) > uses.SHOWN:
        out += (Reach("what was read", f"{len(known) - uses.SHOWN} more", "use it"),)
    return out


def _definition(case: Case, level: Level) -> Reason | None:
    """A place where several systems agreed on a meaning."""
    claim = case.claim
    if claim.address.source is Source.DEFINITION:
        return None  # the claim itself says so
    if case.at is None or claim.address.kind is not Kind.FIELD or not case.at.field:
        return None
    whole = claim.address.fact.partition(".")[0]
    for definition, kept in graph.kept_at(case.context.definitions, case.at):
        hurts = claim.action in (Action.REMOVED, Action.NARROWED, Action.RENAMED)
        if claim.address.item and whole == "options":
            if claim.address.item == kept.value and hurts:
                words = f"“{definition.name}” is kept here as {kept.value}: this system has left the definition."
                return Reason("definition", words, Level.BREAKING)
            continue
        if hurts or whole in ("type", "formula"):
            words = f"“{definition.name}” is kept in this field."
            return Reason("definition", words, max(level, Level.WARNING))
    return None


def _own(case: Case, level: Level) -> Reason | None:
    """A right that goes from the user, or a set of the user, that integrations run as: syncs stop."""
    claim, context = case.claim, case.context
    if claim.address.kind is not Kind.PERMISSION or claim.action not in (Action.REMOVED, Action.NARROWED):
        return None
    subject = context.integration.subject
    here = {flow.writer for flow in context.flows if flow.target.integration == claim.address.subject and flow.writer}
    own = here | context.own_sets | ({subject} if subject else set())
    # The holder of a right stands in its key, and so does the set that was given to a user.
    if own.isdisjoint({claim.address.key, *claim.address.key.split("/")}):
        return None
    return Reason("own", "It belongs to the user that integrations run as.", Level.BREAKING)


def _admins(case: Case, level: Level) -> Reason | None:
    claim = case.claim
    if case.rule.fact != "admin" or claim.action is not Action.WIDENED:
        return None
    if claim.address.key in case.context.allowed_admins:
        return Reason("policy", "This user is on the list of those who may be administrator.", level)
    return Reason("policy", "This user is not on the list of those who may be administrator.", level)


def _class(case: Case, level: Level) -> Reason | None:
    match case.context.integration.class_:
        case "laboratory" if level > Level.INFO:
            words = "This is a laboratory: nothing in production hangs on it."
            return Reason("class", words, _floor(case, _lower(level)))
        case "restricted" if case.rule.security and case.claim.action in (Action.WIDENED, Action.ADDED):
            return Reason("class", "This system is restricted: every new power counts.", Level.BREAKING)
    return None


def _profile(case: Case, level: Level) -> Reason | None:
    """The strict profile takes the rule's own level as the least; the quiet one takes what no flow, definition or
    reference names for unused. Neither touches what is breaking, and security stays a warning."""
    if case.context.profile == "strict" and level < case.rule.level:
        return Reason("profile", "The strict profile lowers nothing.", case.rule.level)
    drift = case.claim.address.source is Source.DRIFT and case.at is not None
    if case.context.profile != "quiet" or not drift or level is not Level.WARNING or case.rule.security:
        return None
    if case.writers or case.readers or _named(case) or case.at is None:
        return None
    if gap := case.context.references.gap(case.at.object):
        return Reason("profile", f"The quiet profile would lower it, but {gap}.", level)
    return Reason("profile", "The quiet profile: no flow, definition or reference names it.", Level.INFO)


def _named(case: Case) -> bool:
    return bool(_used(case)) or (case.at is not None and any(graph.kept_at(case.context.definitions, case.at)))


def _planned(case: Case, level: Level) -> Reason | None:
    """What patterns name was asked for; of all that somebody does in a time, what goes and what gives power was not."""
    if case.fit is None:
        return None
    if not case.fit.exact and (planned.gains(case.claim) or case.rule.security):
        return Reason("planned", f"{case.fit.words} It is as grave as ever: look at it before you approve it.", level)
    return Reason("planned", f"{case.fit.words} Approve it with one click.", _floor(case, Level.INFO))


def _override(case: Case, level: Level) -> Reason | None:
    path = graph.path(case.claim.address)
    for override in case.context.overrides:
        if fnmatchcase(case.rule.id, override.rule) and graph.pattern_matches(override.pattern, path):
            return Reason("override", f"Your own rule says so: {override.reason}", _floor(case, override.level))
    return None


STEPS: Final[tuple[Step, ...]] = (
    _direction,
    _demands,
    _mapping,
    _use,
    _definition,
    _own,
    _admins,
    _class,
    _profile,
    _planned,
    _override,
)


def _floor(case: Case, level: Level) -> Level:
    return max(level, Level.WARNING) if case.rule.security else level


def _lower(level: Level) -> Level:
    return Level(max(level - 1, Level.INFO))


def _urgency(case: Case, level: Level) -> Urgency:
    """A page is for data that is being lost now on what the business stops without."""
    if level is not Level.BREAKING:
        return Urgency.DIGEST
    a = case.claim.address
    losing = a.source is Source.HEALTH or (a.source is Source.FAULT and a.fact == "credential")
    name = case.context.integration.name
    tiers: list[Any] = [case.context.integration.tier]
    tiers += [flow.tier for flow in case.context.flows if name in (flow.source.integration, flow.target.integration)]
    return Urgency.PAGE if losing and 1 in tiers else Urgency.TICKET
