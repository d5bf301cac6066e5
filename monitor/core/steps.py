"""What putting a change back takes at the vendor, as sentences for an administrator. Pure."""

from __future__ import annotations

from typing import Any, Final

import orjson

from probes.kit.contract import Kind

from .model import Action, Address, Claim, Source

_FOLLOWS: Final = {  # facts that nobody sets, and what they follow
    "byte_length": "the field's length: put that back",
    "soap_type": "the field's type: put that back",
    "permissionable": "other settings of the field, such as required: put those back",
    "used_by": "what uses the field: put it back there",
}
_DATA: Final = (Kind.SCHEMA, Kind.FIELD)  # what goes with data of its own


def put_back(claim: Claim) -> tuple[str, ...]:
    """Nothing for what is no drift, and nothing for the vantage: neither is put back by editing the thing."""
    a = claim.address
    if a.source is not Source.DRIFT or a.scope == "vantage":
        return ()
    where = f"Open {a.key} in {a.scope}."
    fact, _, attr = a.fact.partition(".")
    name = fact.removeprefix("x_").replace("_", " ")
    if fact in _FOLLOWS:
        return (f"“{name}” is set by nobody. It follows {_FOLLOWS[fact]}.",)
    if a.kind is Kind.PERMISSION and "/" in a.key:
        right = _right(claim, name)
        if right:
            return right
    if not fact:
        return _resource(claim)
    if fact.endswith(("digest", "digests")):
        what = name.removesuffix("s").removesuffix("digest").strip() or "content"
        return (where, f"Put its {what} back. What it was is kept as a digest alone: look for it at the vendor.")
    if a.item and not attr:
        if claim.action is Action.ADDED:
            return (where, f"Take {a.item} out of its {name}.")
        return (where, f"Add {a.item} to its {name} again{_details(claim.before)}.")
    if claim.action is Action.REORDERED:
        return (where, f"Put its {name} back into this order: {', '.join(map(str, claim.before))}.")
    what = f"{attr} of {a.item} in {name}" if attr else name
    if claim.before is None:
        return (where, f"Clear {what}.")
    return (where, f"Set {what} back to {_say(claim.before)}.")


def _resource(claim: Claim) -> tuple[str, ...]:
    a = claim.address
    match claim.action:
        case Action.ADDED:
            return (f"Remove {a.key} from {a.scope}, if nothing uses it yet.",)
        case Action.RENAMED:
            return (f"Rename {claim.after} in {a.scope} back to {claim.before}.",)
    again = f"Create {a.key} in {a.scope} again{_details(claim.before)}."
    return (again, "Restore its data from a backup, if it had any.") if a.kind in _DATA else (again,)


def _right(claim: Claim, name: str) -> tuple[str, ...]:
    """Of a right that a holder has on a thing, such as a permission set on a field. Empty for other facts of it."""
    a = claim.address
    holder, _, thing = a.key.partition("/")
    target = ".".join(part for part in (a.scope.rpartition(".")[0], thing) if part)
    on = f" on {target}" if a.scope.endswith("permissions") else ""
    if isinstance(claim.before, bool) and isinstance(claim.after, bool):
        return (f"Give {holder} {name}{on} again." if claim.before else f"Take {name}{on} away from {holder}.",)
    if a.fact or claim.action is Action.RENAMED:
        return ()
    if claim.under is not None and claim.under.fact == "required":
        return (f"Nothing is lost: {target} is required, so it is open to all who may edit {_object(a)}.",)
    if claim.action is Action.ADDED:
        return (f"Take {f'its rights{on}' if on else target} away from {holder}.",)
    facts = claim.before if isinstance(claim.before, dict) else {}
    had = [right for right, given in sorted(facts.items()) if given is True]
    return (f"Give {holder} {(' and '.join(had) or 'its rights') + on if on else target} again.",)


def _object(a: Address) -> str:
    return a.scope.rpartition(".")[0] or "the object"


def _details(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    known = [f"{name.replace('_', ' ')} {_say(value[name])}" for name in ("label", "type", "length") if name in value]
    return f", with {', '.join(known)}" if known else ""


def _say(value: Any) -> str:
    match value:
        case True:
            return "on"
        case False:
            return "off"
        case str():
            return value
        case list() if value and not any(isinstance(one, list | dict) for one in value):
            return ", ".join(map(_say, value))
    return orjson.dumps(value).decode()
