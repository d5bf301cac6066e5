"""Says a claim in the words people use: "Option Qualified was deactivated" before `options[Qualified].active`.

Pure. A sentence is a row of parts, some strong, so that a page can set them bold and a terminal can too; no part is
escaped here, that is the sink's work.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from monitor.core.model import Action, Address, Claim, Source
from probes.kit.contract import Kind
from probes.kit.facts import FACTS, Form, fact

Who = Callable[[str], str]
_PSEUDONYM = re.compile(r"\bp-[0-9a-f]{10}\b")
_NOUNS = {
    Kind.SCHEMA: "Object",
    Kind.FIELD: "Field",
    Kind.PERMISSION: "Permission",
    Kind.SYNC: "Sync",
    Kind.AUTOMATION: "Automation",
    Kind.TEMPLATE: "Template",
    Kind.PLATFORM: "Platform",
}
_ITEMS = {"options": "Option", "stages": "Stage", "rules": "Rule", "mapping": "Mapping", "steps": "Step"}
_POWERS = {"read", "create", "edit", "delete", "view_all_records", "modify_all_records", "share", "modify_all"}
_POWERS |= {"view_all", "export", "customize", "author_code", "manage_users", "api_access", "app_access"}
_BECAME = {
    ("admin", True): "became an administrator",
    ("admin", False): "is no longer an administrator",
    ("active", True): "was activated",
    ("active", False): "was deactivated",
    ("enabled", True): "was switched on",
    ("enabled", False): "was switched off",
    ("archived", True): "was archived",
    ("archived", False): "was taken out of the archive",
    ("nullable", True): "may now be empty",
    ("nullable", False): "may no longer be empty",
    ("createable", True): "can now be set when a record is created",
    ("createable", False): "can no longer be set when a record is created",
    ("updateable", True): "can now be changed by this credential",
    ("updateable", False): "can no longer be changed by this credential",
}


class Part(msgspec.Struct, frozen=True):
    text: str
    strong: bool = False


Sentence = tuple[Part, ...]


def plain(sentence: Sentence) -> str:
    return "".join(part.text for part in sentence)


def named(text: str, who: Who) -> str:
    """Puts names in the place of pseudonyms, where `who` still knows them."""
    return _PSEUDONYM.sub(lambda found: who(found.group()), text)


def sentence(claim: Claim, who: Who = str) -> Sentence:
    """One sentence for one claim; an evaluator's own words win where the claim is no plain change of a fact."""
    if claim.address.source is not Source.DRIFT or claim.address.scope == "vantage":
        return (Part(named(claim.words or f"{claim.address.source}: {claim.action}", who)),)
    return tuple(Part(named(part.text, who), part.strong) for part in _drift(claim))


def noun(address: Address) -> str:
    """What one resource of a scope is called: "Permission set" for `permission-sets`, "Field" for any object's."""
    last = address.scope.rpartition(".")[2]
    if address.kind is Kind.FIELD or not last or last == "objects":
        return _NOUNS[address.kind]
    word = last.replace("recordtypes", "record-types").replace("-", " ").replace("_", " ")
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:1].upper() + word[1:] if word.islower() else _NOUNS[address.kind]


def short(value: Any, limit: int = 120) -> str:
    """A value in few words; the whole of it stands in the diff."""
    match value:
        case None:
            return "nothing"
        case True:
            return "yes"
        case False:
            return "no"
        case str():
            text = value or "empty"
        case _:
            text = msgspec.json.encode(value).decode()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def path(claim: Claim) -> str:
    """The technical line: `field contacts/lifecyclestage options[salesqualifiedlead].label: "a" → "b"`."""
    a = claim.address
    whole, _, attr = a.fact.partition(".")
    item = f"[{a.item}]" if a.item else ""
    tail = f" {whole}{item}{'.' + attr if attr else ''}" if a.fact else ""
    where = f"{a.kind} {a.scope}{'/' + a.key if a.key else ''}{tail}"
    said = claim.before is not None or claim.after is not None
    if said and claim.action in (Action.CHANGED, Action.NARROWED, Action.WIDENED):
        return f"{where}: {_raw(claim.before)} → {_raw(claim.after)}"
    return f"{where}: {claim.action}"


def _raw(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:79] + "…"


def _drift(claim: Claim) -> Sentence:
    a, key = claim.address, Part(claim.address.key, True)
    if not a.fact:
        return _resource(claim, key)
    whole, _, attr = a.fact.partition(".")
    if a.item:
        return _item(claim, whole, attr, key)
    if claim.action is Action.REORDERED:
        return (Part(f"The order of {_says(a.kind, whole)} changed on "), key)
    if isinstance(claim.after, bool) or isinstance(claim.before, bool):
        return _switch(claim, key)
    says = _says(a.kind, a.fact)
    if claim.before is None:
        return (
            Part(f"{says.capitalize()} of "),
            key,
            Part(" is now "),
            Part(short(claim.after), True),
            Part(", was not set"),
        )
    if claim.after is None:
        return (Part(f"{says.capitalize()} of "), key, Part(" is no longer set, was "), Part(short(claim.before), True))
    verb = {Action.NARROWED: "narrowed", Action.WIDENED: "widened"}.get(claim.action, "changed")
    return (
        Part(f"{says.capitalize()} of "), key, Part(f" {verb} from "), Part(short(claim.before), True), Part(" to "),
        Part(short(claim.after), True),
    )  # fmt: skip


def _resource(claim: Claim, key: Part) -> Sentence:
    what = noun(claim.address)
    if claim.action is Action.RENAMED:
        return (
            Part(f"{what} "),
            Part(short(claim.before), True),
            Part(" was renamed to "),
            Part(short(claim.after), True),
        )
    holder, slash, target = claim.address.key.partition("/")
    if slash and claim.address.kind is Kind.PERMISSION:
        verb = "was given" if claim.action is Action.ADDED else "lost"
        rights = "its rights on " if claim.address.scope.endswith("permissions") else ""
        return (Part(holder, True), Part(f" {verb} {rights}"), Part(_target(claim.address, target), True))
    verb = {Action.ADDED: "was added", Action.REMOVED: "was removed"}.get(claim.action, str(claim.action))
    return (Part(f"{what} "), key, Part(f" {verb}"))


def _item(claim: Claim, whole: str, attr: str, key: Part) -> Sentence:
    what = _ITEMS.get(whole, _says(claim.address.kind, whole).capitalize())
    label = _label(claim.after) or _label(claim.before) or claim.address.item
    name = Part(label, True)
    code = Part(f" ({claim.address.item})" if label != claim.address.item else "")
    match claim.action:
        case Action.ADDED:
            return (Part(f"{what} "), name, code, Part(" was added to "), key)
        case Action.REMOVED:
            return (Part(f"{what} "), name, code, Part(" was removed from "), key)
    item = Part(claim.address.item, True)
    if isinstance(claim.after, bool) and (attr, claim.after) in _BECAME:  # a list has no hash
        return (Part(f"{what} "), item, Part(f" {_BECAME[attr, claim.after]} on "), key)
    return (
        Part(f"{attr.replace('_', ' ').capitalize()} of {what.lower()} "), item, Part(" on "), key,
        Part(" changed from "), Part(short(claim.before), True), Part(" to "), Part(short(claim.after), True),
    )  # fmt: skip


def _label(value: Any) -> str:
    label = value.get("label") if isinstance(value, dict) else None
    return label if isinstance(label, str) else ""


def _switch(claim: Claim, key: Part) -> Sentence:
    a, on = claim.address, claim.after is True
    holder, slash, target = a.key.partition("/")
    if a.kind is Kind.PERMISSION and a.fact in _POWERS:
        right = Part(a.fact.replace("_", " "), True)
        where = _target(a, target if slash else "")
        on_what = (Part(" on "), Part(where, True)) if where else ()
        return (Part(holder, True), Part(" can now " if on else " lost "), right, *on_what)
    if (a.fact, on) in _BECAME:
        return (Part(f"{noun(a)} "), key, Part(f" {_BECAME[a.fact, on]}"))
    says = _says(a.kind, a.fact)
    return (Part(f"{noun(a)} "), key, Part(f" became {says}" if on else f" is no longer {says}"))


def _target(a: Address, target: str) -> str:
    """What a right is about: the object of `Lead.field-permissions`, with the field where the key names one."""
    thing = a.scope.rpartition(".")[0]
    return ".".join(part for part in (thing, target) if part)


def _says(kind: Kind, name: str) -> str:
    try:
        return fact(kind, name).says or name
    except KeyError:  # a fact of an older release, still in an old finding
        return name.replace("_", " ")


def form(kind: Kind, name: str) -> Form:
    """How a fact is shown; a fact that this release does not know is opaque."""
    entry = FACTS[kind].get(name)
    return entry.form if entry else Form.JSON
