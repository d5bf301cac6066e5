"""Standing approvals: what nobody needs to see is approved by a named policy. Pure.

A standing approval says what it takes; `never` says what none of them may take, whatever it says: breaking drift,
removals, gained powers, anything in a flow or a definition, the user that integrations run as, and what came beside a
planned change. `mark` writes on the
verdicts which policy will approve what, so that every surface can leave it out of what a person has to decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec

from probes.kit.contract import Kind, Ref

from . import graph, sight
from .judge import Context
from .model import Action, Address, CauseReason, Claim, Finding, Level, Phase, Source
from .standing import Standing

RECORD: Final = "watch:record"  # the policy that approves what is watched at the level record
VENDOR: Final = "the vendor"  # evidence "made by"
STRONG: Final = "strong rights"  # evidence "holds"
_STRONG_FACTS: Final = frozenset({"admin", "modify_all", "view_all", "export", "customize", "author_code",
                                  "manage_users", "modify_all_records", "view_all_records"})  # fmt: skip
_EVERYDAY: Final = frozenset({"RunReports", "ScheduleReports", "ImportLeads"})  # an unknown power is a strong one
_HELD_BY: Final = ("profile", "role", "roles", "permission_sets", "policies")
_TAME: Final = frozenset({"", "label", "description", "user_type", "team", "teams", "seats", "last_owner", "custom",
                          "vendor_defined", "owned_by_profile", "active"})  # fmt: skip


def made_by_vendor(facts: Mapping[str, Any]) -> bool:
    """Whether the vendor itself brought this thing, as far as its facts tell."""
    return facts.get("vendor_defined") is True or facts.get("custom") is False


def strong(facts: Mapping[str, Any]) -> bool:
    """Whether a user, role or set holds a right that reaches all records, or changes the system or others' rights."""
    return any(facts.get(name) for name in _STRONG_FACTS) or bool(set(facts.get("powers") or ()) - _EVERYDAY)


def powerful(facts: Mapping[str, Any], holders: frozenset[str]) -> bool:
    """The same of somebody with all that they hold: `holders` are the profiles, roles and sets known to be strong."""
    names: list[Any] = []
    for name in _HELD_BY:
        value = facts.get(name)
        names += value if isinstance(value, list) else [value]
    return strong(facts) or any(name in holders or f"profile:{name}" in holders for name in names if name)


def mark(
    claims: Iterable[Claim],
    context: Context,
    now: float,
    *,
    root: Callable[[Address], Claim | None],
    seen: Callable[[Address], float],
    recorded: Callable[[Ref], bool],
    people: Callable[[Claim], bool],
) -> tuple[Claim, ...]:
    """Judged claims with the policy that will approve each. `root` gives a judged claim that stands from before, `seen`
    when an address was first seen, `recorded` whether a scope is watched at the level record, `people` whether two
    people have to agree on a claim, so that no policy may."""
    listed = list(claims)
    done: dict[Address, Claim] = {}
    for claim in sorted(listed, key=lambda one: one.under is not None):
        above = (done.get(claim.under) or root(claim.under)) if claim.under is not None else None
        done[claim.address] = _marked(
            claim, "" if people(claim) else _policy(claim, above, context, now, seen(claim.address), recorded)
        )
    return tuple(done[claim.address] for claim in listed)


def _marked(claim: Claim, policy: str) -> Claim:
    if claim.verdict is None or claim.verdict.standing == policy:
        return claim
    return msgspec.structs.replace(claim, verdict=msgspec.structs.replace(claim.verdict, standing=policy))


def _policy(
    claim: Claim, above: Claim | None, context: Context, now: float, seen: float, recorded: Callable[[Ref], bool]
) -> str:
    if _is_drift(claim) and recorded(claim.address.ref):
        return RECORD
    held = above.verdict.standing if above is not None and above.verdict is not None else ""
    if above is not None and held in ("", RECORD):
        return ""  # what a person has to decide is shown with all that it brought
    if never(claim, context, above):
        return ""
    if above is not None and _with_its_field(claim, above):
        return held
    return next((one.id for one in context.standing if fits(one, claim, now, seen)), "")


def waits(finding: Finding) -> str:
    """The policy that will approve an open finding; "" where a person has the word, or has taken it."""
    answered = finding.acknowledged_by or finding.rejected_by or finding.assignee or finding.ignored_until is not None
    if finding.phase is not Phase.OPEN or finding.flapping or answered or finding.claim.verdict is None:
        return ""
    return finding.claim.verdict.standing


def over(findings: Iterable[Finding], standing: Iterable[Standing]) -> dict[str, tuple[int, int]]:
    """Standing approvals that hold, since more of one integration waits for them than their cap: (how many, cap)."""
    caps = {one.id: one.cap for one in standing}
    counts = Counter(waits(finding) for finding in findings)
    return {id: (counts[id], cap) for id, cap in caps.items() if counts[id] > cap}


def fits(standing: Standing, claim: Claim, now: float, seen: float) -> bool:
    """Whether a standing approval speaks of this claim. It may be approved only where `never` says nothing."""
    verdict, path = claim.verdict, graph.path(claim.address)
    if verdict is None or now >= standing.until or claim.fingerprint in standing.but:
        return False
    if standing.vendor_made is not None and (claim.evidence.get("made by") == VENDOR) is not standing.vendor_made:
        return False
    return (
        verdict.level.word in standing.levels
        and (not standing.kinds or claim.address.kind in standing.kinds)
        and any(fnmatchcase(verdict.rule, rule) for rule in standing.rules)
        and any(graph.pattern_matches(pattern, path) for pattern in standing.patterns)
        and (not standing.actor or standing.actor == _actor(claim))
        and (standing.since is None or standing.since <= seen)
        and (standing.before is None or seen < standing.before)
    )


def _actor(claim: Claim) -> str:
    """Who did it, where more is known than that nobody else was there."""
    return claim.evidence.get("by", "") if claim.evidence.get("how") != "alone" else ""


def never(claim: Claim, context: Context, above: Claim | None = None) -> str:
    """Why no standing approval may take this, in a sentence; "" where one may. `above` is the claim that it hangs
    under."""
    verdict = claim.verdict
    if verdict is None or not _is_drift(claim):
        return "Only drift of what was read can be approved by policy."
    if any(reason.effect is Level.BREAKING for reason in verdict.chain) or verdict.level is Level.BREAKING:
        return "It is breaking, or would be but for another rule."
    if verdict.beside:
        return f"It came beside {verdict.beside}, and is not in the plan."
    if claim.action in (Action.REMOVED, Action.RENAMED):
        return "Something went away."
    if verdict.security or _gains(claim, context, above):
        return "It gives rights, or concerns somebody who has strong ones."
    if _own(claim, context, above):
        return "It concerns the user that integrations run as."
    if in_flow(claim, context):
        return "A flow or a definition names it."
    if claim.action is Action.ADDED and isinstance(claim.after, Mapping) and _claims_its_place(claim, context):
        return "It must be filled, or something uses it already."
    return ""


def _is_drift(claim: Claim) -> bool:
    return claim.address.source is Source.DRIFT and claim.address.scope != sight.SCOPE


def _claims_its_place(claim: Claim, context: Context) -> bool:
    at = graph.thing(claim.address)
    return claim.after.get("required") is True or (at is not None and bool(context.references.of(at.object, at.field)))


def _gains(claim: Claim, context: Context, above: Claim | None) -> bool:
    """Only a few facts of permissions are tame; all else there may be a power."""
    a = claim.address
    if a.kind is not Kind.PERMISSION:
        return False
    if claim.evidence.get("holds") == STRONG or claim.action is Action.WIDENED or a.fact not in _TAME:
        return True
    if a.fact:
        return False
    if "/" in a.key:  # a right of somebody to something
        return above is None or not _with_its_field(claim, above)
    return not isinstance(claim.after, Mapping) or powerful(claim.after, context.strong)


def _with_its_field(claim: Claim, above: Claim) -> bool:
    """The rights to a field that was not there before: they come with it, and nobody gains anything that was kept from
    them."""
    root, a = above.address, claim.address
    new = root.kind is Kind.FIELD and not root.fact and above.action is Action.ADDED
    mine = a.kind is Kind.PERMISSION and not a.fact and claim.action is Action.ADDED
    return new and mine and claim.because is CauseReason.IMPLIED and a.key.endswith(f"/{root.key}")


def _own(claim: Claim, context: Context, above: Claim | None) -> bool:
    """Sight of a field that is new is no news of that user; what it may write is."""
    a = claim.address
    if a.kind is not Kind.PERMISSION:
        return False
    if above is not None and _with_its_field(claim, above) and not claim.after.get("edit"):
        return False
    own = {flow.writer for flow in context.flows if flow.target.integration == a.subject} | context.own_sets
    return bool({a.key, *a.key.split("/")} & ((own | {context.integration.subject}) - {""}))


def in_flow(claim: Claim, context: Context) -> bool:
    """Whether a flow or a definition names the thing, its object, or what the claim itself speaks of."""
    a, flows, definitions = claim.address, context.flows, context.definitions
    at = graph.thing(a)
    if at is not None and (
        graph.writes_into(flows, at) or graph.reads_from(flows, at) or any(graph.kept_at(definitions, at))
    ):
        return True
    if a.kind in (Kind.SYNC, Kind.AUTOMATION, Kind.TEMPLATE):
        said = {a.item, *a.key.split("/"), *_texts(claim.before), *_texts(claim.after)}
        return bool(said & set(_names(context, a.subject)))
    return False


def _names(context: Context, subject: str) -> Iterator[str]:
    """Objects and fields of one integration that flows and definitions name."""
    for flow in context.flows:
        if flow.source.integration == subject:
            yield from (flow.source.scope, *(pair.source for pair in flow.fields))
        if flow.target.integration == subject:
            yield from (flow.target.scope, *(pair.target for pair in flow.fields))
    for definition in context.definitions:
        for kept in definition.kept:
            if kept.integration == subject:
                yield from (kept.scope, kept.field)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for part in value.values():
                yield from _texts(part)
        case list() | tuple():
            for part in value:
                yield from _texts(part)
