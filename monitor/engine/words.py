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
CALLED = "called"  # evidence: what people call a thing whose key is an id
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
_SCOPES = {  # what is kept in a scope, where the scope's own name does not say it in the singular
    "people": "Person", "business": "Person", "staff": "Staff member", "statuses": "Status", "details": "",
    "auto-applied": "Automatic change", "bigquery": "BigQuery link", "conversions-fired": "Conversion",
    "counted": "Counted event", "display-video": "Display & Video 360 link", "google-ads": "Google Ads link",
    "protected": "Protected range", "search-ads-360": "Search Ads 360 link",
}  # fmt: skip
_ITEMS = {"mapping": "Mapping"}
_DOES = {  # sets that say what their holder does with an item: of one that came, and of one that went
    "reads": (" now reads ", " no longer reads "),
    "writes": (" now writes ", " no longer writes "),
}
_USED_BY = "used_by"
_POWERS = {"read", "create", "edit", "delete", "view_all_records", "modify_all_records", "share", "modify_all"}
_POWERS |= {"view_all", "export", "customize", "author_code", "manage_users", "api_access", "app_access"}
_RIGHTS = {  # rights whose name says nothing by itself
    "customize": "change how the system is set up",
    "author_code": "write code",
    "export": "export data",
    "api_access": "use the API",
    "app_access": "use the app",
}
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
    ("deletable", True): "can now be deleted by this credential",
    ("deletable", False): "can no longer be deleted by this credential",
    ("queryable", True): "can now be queried",
    ("queryable", False): "can no longer be queried",
    ("form_field", True): "can now be put on a form",
    ("form_field", False): "can no longer be put on a form",
    ("permissionable", True): "can now be given to some and kept from others",
    ("permissionable", False): "can no longer be given to some and kept from others",
    ("restricted_options", True): "now takes its own options alone",
    ("restricted_options", False): "now takes values beside its own options",
    ("externally_managed_options", True): "now has its options kept elsewhere",
    ("externally_managed_options", False): "no longer has its options kept elsewhere",
    ("read_only_definition", True): "may no longer be redefined",
    ("read_only_definition", False): "may now be redefined",
    ("read_only_options", True): "may no longer be given other options",
    ("read_only_options", False): "may now be given other options",
    ("name_field", True): "is now what records are called by",
    ("name_field", False): "is no longer what records are called by",
    ("auto_number", True): "is now numbered by itself",
    ("auto_number", False): "is no longer numbered by itself",
    ("html", True): "now holds HTML",
    ("html", False): "no longer holds HTML",
    ("history_tracked", True): "now has its history kept",
    ("history_tracked", False): "no longer has its history kept",
    ("defaulted_on_create", True): "is now filled when a record is created",
    ("defaulted_on_create", False): "is no longer filled when a record is created",
    ("enforce_mfa", True): "now asks for a second factor",
    ("enforce_mfa", False): "no longer asks for a second factor",
    ("api_only", True): "may now use the API alone",
    ("api_only", False): "may now use more than the API",
    ("opaque", True): "no longer shows all that it does",
    ("opaque", False): "now shows all that it does",
    ("vendor_defined", True): "is now the vendor's own",
    ("vendor_defined", False): "is no longer the vendor's own",
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
    parent, _, last = address.scope.rpartition(".")
    if address.kind is Kind.FIELD or not last or last == "objects":
        return _NOUNS[address.kind]
    if last in _SCOPES:
        return _SCOPES[last] or _NOUNS[address.kind]
    one = singular(last.replace("recordtypes", "record-types").replace("-", " ").replace("_", " "))
    if not parent and one == last.replace("-", " ") and not last.isalpha():  # an id, and no name of what it holds
        return _NOUNS[address.kind]
    return one[:1].upper() + one[1:] if one.islower() else _NOUNS[address.kind]


def singular(words: str) -> str:
    """One of what is named in the plural; words that are in the singular stay."""
    if words.endswith("ies"):
        return f"{words[:-3]}y"
    if words.endswith("s") and not words.endswith(("ss", "us")):
        return words[:-1]
    return words


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
        case []:
            return "none"
        case list() if not any(isinstance(one, list | dict) for one in value):
            text = ", ".join(short(one) for one in value)
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
    said = (claim.before is not None or claim.after is not None) and a.source is not Source.UPKEEP
    if said and claim.action in (Action.CHANGED, Action.NARROWED, Action.WIDENED):
        return f"{where}: {_raw(claim.before)} → {_raw(claim.after)}"
    return f"{where}: {claim.action}"


def _raw(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:79] + "…"


def _drift(claim: Claim) -> Sentence:
    a, key = claim.address, _key(claim)
    if not a.fact:
        return _resource(claim)
    whole, _, attr = a.fact.partition(".")
    if a.item:
        return _item(claim, whole, attr, key)
    if claim.action is Action.REORDERED:
        return (Part(f"The order of {_says(a.kind, whole)} changed on "), key)
    if a.fact.endswith(("digest", "digests")):
        return (Part(f"{_digested(a)} of "), key, Part(" changed; what it was is kept as a digest alone"))
    own = a.fact.startswith("x_")
    if _flag(claim.before) and _flag(claim.after) and claim.after is not None:
        return _switched(claim) if own else _switch(claim)
    says = _says(a.kind, a.fact)
    of = (Part("Setting "), Part(says, True), *_of(claim)) if own else (Part(f"{says.capitalize()} of "), key)
    be = "are" if not own and says != singular(says) else "is"
    if claim.before is None:
        were = "were" if be == "are" else "was"
        return (*of, Part(f" {be} now "), Part(short(claim.after), True), Part(f", {were} not set"))
    if claim.after is None:
        were = "were" if be == "are" else "was"
        return (*of, Part(f" {be} no longer set, {were} "), Part(short(claim.before), True))
    verb = {Action.NARROWED: "narrowed", Action.WIDENED: "widened"}.get(claim.action, "changed")
    before, after = Part(short(claim.before), True), Part(short(claim.after), True)
    return (*of, Part(f" {verb} from "), before, Part(" to "), after)


def _flag(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _key(claim: Claim) -> Part:
    """The thing as people call it: by its name and its key, where the key is an id. What stands alone in its scope has
    no name but the scope's."""
    a, called = claim.address, claim.evidence.get(CALLED) or claim.evidence.get("label")
    parent, _, last = a.scope.rpartition(".")
    if _alone(a):
        return Part(f"{last.replace('-', ' ')}{f' of {parent}' if parent else ''}", True)
    if not called or called == a.key or a.kind in (Kind.FIELD, Kind.PERMISSION) or a.fact == "label":
        return Part(a.key, True)
    return Part(f"{called} ({a.key})", True)


def _alone(a: Address) -> bool:
    """Whether it is the only thing in its scope, and called by it: the schedule of a warehouse."""
    return a.key == a.scope.rpartition(".")[2] and a.kind is not Kind.FIELD


def _thing(claim: Claim) -> Sentence:
    """With what it is, at the head of a sentence."""
    key = _key(claim)
    if _alone(claim.address):
        return (Part(key.text[:1].upper() + key.text[1:], True),)
    return (Part(f"{noun(claim.address)} "), key)


def _of(claim: Claim) -> Sentence:
    """Whose setting it is."""
    what = "" if _alone(claim.address) else noun(claim.address)
    return (Part(f" of {what[:1].lower()}{what[1:]}{' ' if what else ''}"), _key(claim))


def _switched(claim: Claim) -> Sentence:
    """A setting of the vendor's own, whose name is seldom a word that a thing can become."""
    a = claim.address
    name = Part(_says(a.kind, a.fact), True)
    return (Part("Setting "), name, *_of(claim), Part(f" was switched {'on' if claim.after else 'off'}"))


def _digested(a: Address) -> str:
    name = re.sub(r"\s*digests?$", "", _says(a.kind, a.fact))
    return name.capitalize() or "Content"


def _resource(claim: Claim) -> Sentence:
    a, what = claim.address, noun(claim.address)
    if claim.action is Action.RENAMED:
        before, after = Part(short(claim.before), True), Part(short(claim.after), True)
        return (Part(f"{what} "), before, Part(" was renamed to "), after)
    holder, slash, target = a.key.partition("/")
    if slash and a.kind is Kind.PERMISSION:
        thing = Part(_target(a, target), True)
        if _opened(claim):
            return (Part(holder, True), Part(" has no rights of its own on "), thing, Part(" any more: it is required"))
        verb = "was given" if claim.action is Action.ADDED else "lost"
        rights = "rights on " if a.scope.endswith("permissions") else ""
        its = "its " if rights and claim.action is Action.REMOVED else ""
        return (Part(holder, True), Part(f" {verb} {its}{rights}"), thing)
    verb = {Action.ADDED: "was added", Action.REMOVED: "was removed"}.get(claim.action, str(claim.action))
    return (*_thing(claim), Part(f" {verb}"))


def _opened(claim: Claim) -> bool:
    """Whether a right on a field went because the field became required, which is nobody's loss."""
    return claim.action is Action.REMOVED and claim.under is not None and claim.under.fact == "required"


def _item(claim: Claim, whole: str, attr: str, key: Part) -> Sentence:
    says = _says(claim.address.kind, whole)
    what = _ITEMS.get(whole) or singular(says).capitalize()
    label = _label(claim.after) or _label(claim.before) or claim.address.item
    name = Part(label, True)
    code = Part(f" ({claim.address.item})" if label != claim.address.item else "")
    if claim.action in (Action.ADDED, Action.REMOVED):
        went = claim.action is Action.REMOVED
        if whole in _DOES:
            return (key, Part(_DOES[whole][went]), name, code)
        if whole == _USED_BY:
            return (name, code, Part(" no longer uses " if went else " now uses "), key)
        return (Part(f"{what} "), name, code, Part(" was removed from " if went else " was added to "), key)
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


def _switch(claim: Claim) -> Sentence:
    a, on = claim.address, claim.after is True
    holder, slash, target = a.key.partition("/")
    if a.kind is Kind.PERMISSION and a.fact in _POWERS:
        where = _target(a, target if slash else "")
        on_what = (Part(" on "), Part(where, True)) if where else ()
        if a.fact in _RIGHTS:
            may = " can now " if on else " can no longer "
            return (Part(holder, True), Part(may), Part(_RIGHTS[a.fact], True), *on_what)
        right = Part(a.fact.replace("_", " "), True)
        return (Part(holder, True), Part(" can now " if on else " lost "), right, *on_what)
    if (a.fact, on) in _BECAME:
        return (*_thing(claim), Part(f" {_BECAME[a.fact, on]}"))
    says = _says(a.kind, a.fact)
    return (*_thing(claim), Part(f" became {says}" if on else f" is no longer {says}"))


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
