"""What putting a change back takes at the vendor, as sentences for an administrator. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from .model import Action, Claim, Source


def put_back(claim: Claim) -> tuple[str, ...]:
    """Nothing for what is no drift, and nothing for the vantage: neither is put back by editing the thing."""
    a = claim.address
    if a.source is not Source.DRIFT or a.scope == "vantage":
        return ()
    where = f"Open {a.key} in {a.scope}."
    if not a.fact:
        return _resource(claim)
    fact, _, attr = a.fact.partition(".")
    name = fact.removeprefix("x_").replace("_", " ")
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
    return (again, "Restore its data from a backup, if it had any.")


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
    return orjson.dumps(value).decode()
