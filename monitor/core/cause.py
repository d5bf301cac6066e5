"""Which claims are effects of another: one human act is one root, whatever it brought with it. Pure.

`group` looks at the claims of one evaluation; `hang` also looks at who did what when, and at what other sources say of
the same systems. A claim that a security rule rates hangs only under another such claim: nothing may hide it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from probes.kit.contract import Kind

from . import rules
from .graph import FieldMap, Flow, Thing, thing, whole
from .model import Action, Address, CauseReason, Claim, Source
from .poll import AUTHOR

Holder: TypeAlias = tuple[str, str, str]  # subject, scope, key of one who holds roles
_TOKENS: Final = re.compile(r"[^A-Za-z0-9]+")
_TYPE_BRINGS: Final = frozenset({"length", "byte_length", "precision", "scale", "digits", "options", "native_type",
                                 "restricted_options", "default", "soap_type", "html"})  # fmt: skip
_REQUIRED_BRINGS: Final = frozenset({"nullable", "permissionable"})
_ROLES_BRING: Final = frozenset({"roles", "powers", "admin"})
_SYMPTOMS: Final = frozenset({"state", "rows", "errors", "freshness"})
_VALUES: Final = frozenset(
    {"", "options", "options.active", "type", "restricted_options", "externally_managed_options"}
)
_TYPED: Final = frozenset({"type", "length", "byte_length", "precision", "scale", "digits", "options"})
_RIGHTS: Final = frozenset({"", "read", "create", "edit", "modify_all", "permissionable"})
_BREAKS: Final[Mapping[str, frozenset[str]]] = {  # fact of a mapping or definition -> facts whose drift can break it
    "object": frozenset({""}),
    "field": frozenset({"", "archived"}),
    "writable": frozenset({"", "read_only", "calculated", "formula", "auto_number", "type"}),
    "type": _TYPED,
    "length": _TYPED,
    "source_value": _VALUES,
    "target_value": _VALUES,
    "unmapped_value": _VALUES,
    "refused_value": _VALUES,
    "value": _VALUES,
    "required": frozenset({"", "required", "nullable", "required_fields", "default", "default_formula",
                           "defaulted_on_create", "options.default"}),
    "read_right": _RIGHTS,
    "write_right": _RIGHTS,
}  # fmt: skip


def names(grant: str, key: str) -> bool:
    """Whether a grant speaks of one thing by name: losing such a grant explains nothing about that thing."""
    words = [word for word in _TOKENS.split(key.lower()) if word]
    said = [word for word in _TOKENS.split(grant.lower()) if word]
    return bool(words) and any(said[n : n + len(words)] == words for n in range(len(said)))


def group(claims: Iterable[Claim], others: Iterable[Claim] = ()) -> tuple[Claim, ...]:
    """Hangs the claims of one evaluation under one another where a closed list of reasons says so. `others` are claims
    that stand from earlier evaluations: they may be a root, and are not given back."""
    found = {claim.address: claim for claim in claims}
    known = {**{claim.address: claim for claim in others}, **found}
    roles = _roles(known)
    out = {address: _imply(claim, known, roles) for address, claim in found.items()}
    return tuple(_flat(claim, out) for claim in out.values())


def hang(claims: Iterable[Claim], flows: Sequence[Flow], others: Iterable[Claim] = ()) -> tuple[Claim, ...]:
    """`group`, what one edit brought under the root of that edit, and symptoms under the change that explains them:
    failing syncs and rejected rows under a right that was lost, or a field that went or got narrower, in the same
    object or along a flow; a mapping or definition that no longer fits under the drift at one of its ends. `others`:
    what stands open. Claims come with their verdicts, and with the policy that would take each alone."""
    standing = list(others)
    told = {claim.address: claim for claim in standing}
    alone = group((_still(ungrouped(claim), told.get(claim.address)) for claim in claims), standing)
    found = {claim.address: claim for claim in alone}
    edits = _same_edit(found, [claim for claim in standing if claim.address not in found])
    grouped = tuple(_flat(claim, edits) for claim in edits.values())
    pool = [*grouped, *standing]
    return tuple(_explain(_brought(claim, flows, pool), flows, pool) for claim in grouped)


def _still(claim: Claim, told: Claim | None) -> Claim:
    """A row that came again unchanged brings no evidence: who made the change is who was seen to have made it. One that
    changed to and fro brings its own mark of who did it last, which nothing that was told before speaks of."""
    if told is None or not told.evidence or told.fingerprint != claim.fingerprint:
        return claim
    anew = not AUTHOR.isdisjoint(claim.evidence)
    before = {name: words for name, words in told.evidence.items() if not (anew and name in AUTHOR)}
    return msgspec.structs.replace(claim, evidence={**before, **claim.evidence})


def _under(claim: Claim, root: Claim, because: CauseReason) -> Claim:
    if security(claim) and not security(root):
        return claim
    return msgspec.structs.replace(claim, under=root.address, because=because)


def security(claim: Claim) -> bool:
    return rules.find(claim.address, claim.action).security


def _flat(claim: Claim, found: Mapping[Address, Claim]) -> Claim:
    """Effects of effects hang under the root itself; a circle is cut where it was entered."""
    seen, root = {claim.address}, claim
    while root.under is not None and root.under in found and root.under not in seen:
        seen.add(root.under)
        root = found[root.under]
    if root.address == claim.address or root.under in seen:
        return claim
    return msgspec.structs.replace(claim, under=root.under or root.address)


# -- implied ----------------------------------------------------------------------------------------------------------


def _imply(claim: Claim, found: Mapping[Address, Claim], roles: Mapping[Holder, Claim]) -> Claim:
    """What follows by itself from a thing that came, went, changed its type or became required, and from a role."""
    a = claim.address
    if claim.under is not None or a.source is not Source.DRIFT:
        return claim
    for address, because in _roots(claim):
        root = found.get(address)
        if root is not None:
            return _under(claim, root, because)
    role = roles.get((a.subject, a.scope, a.key)) if a.kind is Kind.PERMISSION and a.fact in _ROLES_BRING else None
    return claim if role is None or role is claim else _under(claim, role, CauseReason.IMPLIED)


def _roles(found: Mapping[Address, Claim]) -> dict[Holder, Claim]:
    """Of each holder whose roles changed the claim that stands for it: a role that came before one that went. What the
    roles allow is told beside them by some vendors, power by power: one act, and not as many."""
    out: dict[Holder, Claim] = {}
    for claim in sorted(found.values(), key=lambda one: (one.action is not Action.ADDED, one.address)):
        a = claim.address
        if (a.source, a.kind, a.fact) == (Source.DRIFT, Kind.PERMISSION, "roles"):
            out.setdefault((a.subject, a.scope, a.key), claim)
    return out


def _roots(claim: Claim) -> Iterable[tuple[Address, CauseReason]]:
    """Where the cause of a claim would stand, the nearest first."""
    a = claim.address
    of = thing(a)
    if of is not None:
        if a.kind is not Kind.FIELD and of.field:
            yield _drift(a, Kind.FIELD, of.object, of.field), CauseReason.IMPLIED
            yield _drift(a, Kind.FIELD, of.object, of.field, "required"), CauseReason.IMPLIED
        if a.kind is Kind.FIELD and (object := whole(a.scope)):  # what is said of a field beside the field
            yield _drift(a, Kind.FIELD, object, a.key), CauseReason.IMPLIED
        if a.kind is Kind.SCHEMA and a.item:
            yield _drift(a, Kind.FIELD, of.object, a.item), CauseReason.IMPLIED
        removed = CauseReason.PARENT_REMOVED if claim.action is Action.REMOVED else CauseReason.IMPLIED
        for scope in ("objects", "collections"):
            if (a.kind, a.scope) != (Kind.SCHEMA, scope):
                yield _drift(a, Kind.SCHEMA, scope, of.object), removed
    if a.kind is Kind.FIELD and a.fact.partition(".")[0] in _TYPE_BRINGS:
        yield _drift(a, Kind.FIELD, a.scope, a.key, "type"), CauseReason.IMPLIED
    if a.kind is Kind.FIELD and a.fact in _REQUIRED_BRINGS:
        yield _drift(a, Kind.FIELD, a.scope, a.key, "required"), CauseReason.IMPLIED
    if a.kind is Kind.PERMISSION and ("/" in a.key or a.scope.endswith("grants")):
        for part in a.key.split("/"):
            for scope in ("users", "roles", "policies", "permission-sets", "permission-set-groups", "teams"):
                yield _drift(a, Kind.PERMISSION, scope, part), CauseReason.IMPLIED


def _drift(near: Address, kind: Kind, scope: str, key: str, fact: str = "") -> Address:
    return Address(Source.DRIFT, near.subject, kind, scope, key, fact)


# -- same edit --------------------------------------------------------------------------------------------------------


def _same_edit(found: dict[Address, Claim], standing: Sequence[Claim]) -> dict[Address, Claim]:
    """Claims of one planned change, or with the same known actor in the same minute, and what one release of the
    vendor's brought to a scope: the root is one that a person has to decide, where there is one; among such the
    gravest, by address among equals. What stands elsewhere may be the root of an edit, not of a release: the next
    release is news."""
    edits: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in (*found.values(), *map(ungrouped, standing)):
        if claim.under is not None or claim.address.source is not Source.DRIFT:
            continue
        if plan := _plan(claim):
            edits["a plan", plan].append(claim)
        elif shipped(claim):
            if claim.address in found:
                edits["the vendor", f"{claim.address.kind}/{claim.address.scope}"].append(claim)
        elif (edit := _edit(claim)) is not None:
            edits[edit].append(claim)
    out = dict(found)
    for claims in edits.values():
        root = min(claims, key=_first_in_an_edit)
        for claim in claims:
            if claim is not root and claim.address in found:
                because = CauseReason.PLANNED if _plan(claim) else CauseReason.SAME_EDIT
                out[claim.address] = _under(claim, root, because)
    return out


def _first_in_an_edit(claim: Claim) -> tuple[bool, int, bool, Address]:
    quiet = claim.verdict is not None and claim.verdict.standing != ""
    return quiet, -rules.find(claim.address, claim.action).level, not security(claim), claim.address


def ungrouped(claim: Claim) -> Claim:
    """As if nobody had asked yet what else the same edit brought."""
    if claim.because not in (CauseReason.SAME_EDIT, CauseReason.PLANNED):
        return claim
    return msgspec.structs.replace(claim, under=None, because=None)


def _plan(claim: Claim) -> str:
    """The planned change that it is part of. What two systems have of one plan is decided on apart."""
    return f"{claim.address.subject}/{claim.verdict.planned}" if claim.verdict and claim.verdict.planned else ""


def _edit(claim: Claim) -> tuple[str, str] | None:
    """Who, and in which minute. That somebody was there alone in that time tells who, but not which act of theirs."""
    by, at = claim.evidence.get("by", ""), claim.evidence.get("at", "")
    return (by, _minute(at)) if by and at and claim.evidence.get("how") != "alone" else None


def shipped(claim: Claim) -> bool:
    """Whether the vendor itself added the thing."""
    return (
        claim.action is Action.ADDED and isinstance(claim.after, Mapping) and claim.after.get("vendor_defined") is True
    )


def _minute(at: str) -> str:
    """ISO 8601 text down to the minute, or epoch seconds as whole minutes."""
    try:
        return str(int(float(at) // 60))
    except ValueError:
        return at[:16]


# -- symptoms ---------------------------------------------------------------------------------------------------------


def _explain(claim: Claim, flows: Sequence[Flow], pool: Sequence[Claim]) -> Claim:
    a = claim.address
    if claim.under is not None or a.source is not Source.HEALTH or a.fact not in _SYMPTOMS:
        return claim
    near = _touched(a, flows)
    roots = [one for one in pool if one.under is None and _hurts(one) and _near(thing(one.address), near)]
    if not roots:
        return claim
    root = min(roots, key=lambda c: (c.address.kind is not Kind.PERMISSION, c.address))
    return msgspec.structs.replace(claim, under=root.address, because=CauseReason.FLOW)


def _touched(address: Address, flows: Sequence[Flow]) -> set[tuple[str, str]]:
    """(integration, object) that a sync works on: named in its key or scope, or at an end of a flow of its system."""
    words = {part for part in re.split(r"[/.\s]+", f"{address.scope}/{address.key}") if part}
    near = {(address.subject, word) for word in words}
    for flow in flows:
        ends = (flow.source, flow.target)
        at_home = [end for end in ends if end.integration == address.subject]
        if at_home and (flow.id in words or any(end.scope in words for end in at_home)):
            near |= {(end.integration, end.scope) for end in ends}
    return near


def _near(of: Thing | None, near: set[tuple[str, str]]) -> bool:
    return of is not None and (of.integration, of.object) in near


def _hurts(claim: Claim) -> bool:
    """Whether a change can stop data: a right or a field that went, or admits less than before."""
    if claim.address.source is not Source.DRIFT:
        return False
    return claim.address.kind in (Kind.PERMISSION, Kind.FIELD, Kind.SCHEMA) and claim.action in (
        Action.NARROWED,
        Action.REMOVED,
    )


# -- along a flow -----------------------------------------------------------------------------------------------------


def _brought(claim: Claim, flows: Sequence[Flow], pool: Sequence[Claim]) -> Claim:
    """What a flow or a definition misses, under the drift that took it: at the same place first, else at the other end
    of the pair. It hangs under that drift's own root."""
    a = claim.address
    facts = _BREAKS.get(a.fact, frozenset())
    if a.source not in (Source.MAPPING, Source.DEFINITION) or not facts:
        return claim
    ends = _ends(claim, flows)
    roots = [
        (rank, one.address, one)
        for one in pool
        if one.address.source is Source.DRIFT and one.address.fact in facts and one.action is not Action.REORDERED
        and (rank := _rank(one, a, ends)) is not None
    ]  # fmt: skip
    if not roots:
        return claim
    root = min(roots, key=lambda found: found[:2])[2]
    return msgspec.structs.replace(claim, under=root.under or root.address, because=CauseReason.FLOW)


def _ends(claim: Claim, flows: Sequence[Flow]) -> list[tuple[Thing | None, frozenset[str]]]:
    """The things that a claim is about, its own first, each with the values in question; none: any value."""
    a, own = claim.address, thing(claim.address)
    if a.source is Source.DEFINITION:
        return [(own, frozenset(claim.before or ()))]
    values = frozenset({a.item} - {""}) if a.kind is not Kind.PERMISSION else frozenset()
    found = [(own, values)]
    for pair, given, taken in _pairs(flows, a.subject):
        if own == given:
            found.append((taken, frozenset(pair.values.get(value, value) for value in values)))
        if own == taken:
            found.append((given, frozenset(k for k, v in pair.values.items() if v in values) or values))
    return found


def _pairs(flows: Sequence[Flow], id: str) -> Iterable[tuple[FieldMap, Thing, Thing]]:
    for flow in flows:
        for pair in flow.fields if flow.id == id else ():
            source, target = flow.source, flow.target
            yield (
                pair,
                Thing(source.integration, source.scope, pair.source),
                Thing(target.integration, target.scope, pair.target),
            )


def _rank(root: Claim, a: Address, ends: Sequence[tuple[Thing | None, frozenset[str]]]) -> int | None:
    """How near a drift is to what is claimed at `a`; None: it has nothing to do with it."""
    there, of = root.address, thing(root.address)
    holder = there.key.partition("/")[0] == a.key.partition("/")[0]
    if of is None or (there.kind is Kind.PERMISSION and not (a.kind is Kind.PERMISSION and holder)):
        return None
    for rank, (end, values) in enumerate(ends):
        if end is None or (there.item and values and there.item not in values):
            continue
        whole = there.kind is Kind.SCHEMA and not there.fact and of == Thing(end.integration, end.object)
        if of == end or whole:
            return rank
    return None
