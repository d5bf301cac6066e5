"""Files of a Salesforce DX project as what is read of an org: kind, scope, key, fact.

Folders and suffixes are those of the registry of Salesforce's own tools (forcedotcom/source-deploy-retrieve,
metadataRegistry.json and the presets that decompose permission sets); the source format is described in the Salesforce
DX Developer Guide. Standard value sets and their fields: Metadata API guide, "StandardValueSet Names and Standard
Picklist Fields". That fields of Activity are those of Task and Event, that older flow files end in their version, and
that Admin is the file of System Administrator (other standard profiles have names of their own too, by language) is
known from use.

A file says more than is read of an org: what changed in it is held against what a reading would show, so that nothing
is announced that can never come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError, fromstring, tostring

_META: Final = re.compile(r"(?P<name>.+)\.(?P<suffix>[A-Za-z]\w*)-meta\.xml")
_VERSION: Final = re.compile(r"-\d+$")
_PLACE: Final = re.compile(r"(?:.*/)?objects/(?P<object>[^/]+)/(?:(?P<folder>[^/]+)/)?[^/]+")
_LATE: Final = frozenset(  # what `definitions` reads once a day: no plan waits for it
    {"description", "trackHistory", "securityClassification", "complianceGroup", "businessStatus", "businessOwnerGroup",
     "businessOwnerUser"}
)  # fmt: skip
_UNSEEN: Final = {"field": _LATE | {"trackFeedHistory", "trackTrending"}}  # parts of a file that no such reading shows
_SEEN: Final = {  # where only some parts are shown
    "object": frozenset({"label", "pluralLabel", "nameField"}),
    "recordType": frozenset({"label", "active"}),
    "permissionset": frozenset({"label", "description", "userPermissions", "objectPermissions", "fieldPermissions"}),
    "profile": frozenset({"userPermissions", "objectPermissions", "fieldPermissions"}),
}
_SETS: Final[Mapping[str, str]] = {
    "AccountContactMultiRoles": "AccountContactRelation.Roles", "AccountContactRole": "AccountContactRole.Role",
    "AccountOwnership": "Account.Ownership", "AccountRating": "Account.Rating Lead.Rating",
    "AccountType": "Account.Type", "AssetStatus": "Asset.Status", "CampaignMemberStatus": "CampaignMember.Status",
    "CampaignStatus": "Campaign.Status", "CampaignType": "Campaign.Type", "CaseContactRole": "CaseContactRole.Role",
    "CaseOrigin": "Case.Origin", "CasePriority": "Case.Priority", "CaseReason": "Case.Reason",
    "CaseStatus": "Case.Status", "CaseType": "Case.Type", "ContactRole": "OpportunityContactRole.Role",
    "ContractContactRole": "ContractContactRole.Role", "ContractStatus": "Contract.Status",
    "EntitlementType": "Entitlement.Type", "EventSubject": "Event.Subject", "EventType": "Event.Type",
    "IdeaStatus": "Idea.Status", "Industry": "Account.Industry Lead.Industry",
    "LeadSource": "Account.AccountSource Lead.LeadSource Contact.LeadSource Opportunity.LeadSource",
    "LeadStatus": "Lead.Status", "OpportunityStage": "Opportunity.StageName", "OpportunityType": "Opportunity.Type",
    "OrderType": "Order.Type", "Product2Family": "Product2.Family", "QuoteStatus": "Quote.Status",
    "Salutation": "Contact.Salutation Lead.Salutation", "SolutionStatus": "Solution.Status",
    "TaskPriority": "Task.Priority", "TaskStatus": "Task.Status", "TaskSubject": "Task.Subject",
    "TaskType": "Task.Type", "WorkOrderPriority": "WorkOrder.Priority", "WorkOrderStatus": "WorkOrder.Status",
}  # fmt: skip
NO_METADATA: Final = "it is no metadata in source format"
_PROFILES: Final = {"Admin": "System Administrator"}
_CHILDREN: Final = {  # folder inside an object's -> (suffix, kind, scope)
    "fields": ("field", "field", "{object}"),
    "recordTypes": ("recordType", "schema", "{object}.recordtypes"),
    "validationRules": ("validationRule", "automation", "{object}.validation-rules"),
}


class Mapped(NamedTuple):
    """`places`: kind/scope/key[/fact]; `why`: what of the file stands for nothing that is read, "" for nothing."""

    places: tuple[str, ...] = ()
    why: str = ""


def mapped(path: str, before: bytes | None, after: bytes | None, using: Callable[[str], Collection[str]]) -> Mapped:
    """What a changed file stands for. `using`: the paths of the fields that take their values from a global set."""
    file = path.rpartition("/")[2]
    found = _META.fullmatch(file)
    if found is None:
        return _plain(path, file)
    name, suffix = unquote(found["name"]), found["suffix"]
    changed = _changed(before, after)
    inside = _PLACE.fullmatch(path)
    if inside is not None:
        return _of_object(inside["object"], inside["folder"] or "", name, suffix, changed)
    if suffix in ("permissionset", "profile"):
        return _rights(f"profile:{_PROFILES.get(name, name)}" if suffix == "profile" else name, suffix, changed)
    if (held := re.search(r"(?:^|/)permissionsets/([^/]+)/[^/]+/[^/]+$", path)) is not None:
        return Mapped((f"permission/*permission*/{unquote(held[1])}",))
    if suffix in ("flow", "flowDefinition"):
        return Mapped((f"automation/flows/{_VERSION.sub('', name)}",))
    if suffix == "trigger":
        return Mapped((f"automation/triggers/{name}",))
    if suffix == "email":
        return Mapped((f"template/email-templates/{name}",))
    if suffix == "permissionsetgroup":
        return Mapped((f"permission/permission-set-groups/{name}",))
    if suffix == "standardValueSet":
        fields = [field.partition(".") for field in _SETS.get(name, "").split()]
        places = tuple(f"field/{object}/{field}" for object, _, field in fields)
        return Mapped(places, "" if places else f"it is not known which field has the values of {name}")
    if suffix == "globalValueSet":
        places = tuple(sorted({place for one in using(name) for place in mapped(one, None, None, using).places}))
        return Mapped(places, "" if places else f"no field of this project takes its values from {name}")
    return Mapped(why=f"{suffix} is not read")


def _plain(path: str, file: str) -> Mapped:
    """A file that describes nothing: the body of something, or no metadata at all."""
    if file.endswith(".trigger"):
        return Mapped((f"automation/triggers/{unquote(file.removesuffix('.trigger'))}",))
    if file.endswith(".email"):
        return Mapped((f"template/email-templates/{unquote(file.removesuffix('.email'))}",))
    if file.endswith((".object", ".profile", ".permissionset")):
        return Mapped(why="it is in metadata format; convert the project to source format")
    if file.startswith("destructiveChanges"):
        return Mapped(why="what a manifest takes away is not looked up; name it by a pattern of your own")
    return Mapped(why=NO_METADATA)


def _of_object(object: str, folder: str, name: str, suffix: str, changed: Mapping[str, list[Element]] | None) -> Mapped:
    object = unquote(object)
    if suffix == "object" and not folder:
        if changed is None:
            return Mapped((f"schema/objects/{object}",))
        seen = _seen(suffix, changed)
        places = [f"schema/objects/{object}"] * bool(set(seen) & {"label", "pluralLabel"})
        places += [f"field/{object}/Name"] * ("nameField" in seen)
        return Mapped(tuple(places), _unread(suffix, changed))
    wanted, kind, scope = _CHILDREN.get(folder, ("", "", ""))
    if suffix != wanted:
        return Mapped(why=f"{suffix} is not read")
    if changed is not None and not _seen(suffix, changed):
        return Mapped(why=_unread(suffix, changed))
    objects = ("Task", "Event") if object == "Activity" and folder == "fields" else (object,)
    return Mapped(tuple(f"{kind}/{scope.format(object=one)}/{name}" for one in objects))


def _rights(holder: str, suffix: str, changed: Mapping[str, list[Element]] | None) -> Mapped:
    if changed is None:
        return Mapped((f"permission/*permission*/{holder}",))
    part = holder.replace("%", "%25").replace("/", "%2F")  # as a key of several parts has it
    places: list[str] = []
    for tag, elements in _seen(suffix, changed).items():
        for element in elements:
            if tag == "objectPermissions":
                places.append(f"permission/{_text(element, 'object')}.object-permissions/{part}")
            elif tag == "fieldPermissions":
                object, _, field = _text(element, "field").partition(".")
                places.append(f"permission/{object}.field-permissions/{part}/{field}")
            else:
                places.append(f"permission/permission-sets/{holder}")
    return Mapped(tuple(dict.fromkeys(places)), _unread(suffix, changed))


def _changed(before: bytes | None, after: bytes | None) -> dict[str, list[Element]] | None:
    """The parts in which two versions differ, by tag; None where there are not two, or where one cannot be read."""
    if before is None or after is None:
        return None
    try:
        one, other = _parts(before), _parts(after)
    except (ParseError, ValueError):
        return None
    found: dict[str, list[Element]] = {}
    for text in one.keys() ^ other.keys():
        element = one.get(text, other.get(text))
        if element is not None:
            found.setdefault(_tag(element), []).append(element)
    return {tag: sorted(found[tag], key=tostring) for tag in sorted(found)}


def _parts(raw: bytes) -> dict[bytes, Element]:
    """By their text, without the white space that only lays it out. Raises ParseError or ValueError."""
    if b"<!DOCTYPE" in raw:
        raise ValueError("metadata has no document type")
    root = fromstring(raw)  # noqa: S314 - without a document type there are no entities
    for element in root.iter():
        element.tail = None
        element.text = (element.text or "").strip() if len(element) else element.text
    return {tostring(element): element for element in root}


def _seen(suffix: str, changed: Mapping[str, list[Element]]) -> dict[str, list[Element]]:
    """Of the parts that changed, those that a reading shows."""
    known, hidden = _SEEN.get(suffix), _UNSEEN.get(suffix, frozenset())
    return {tag: some for tag, some in changed.items() if tag not in hidden and (known is None or tag in known)}


def _unread(suffix: str, changed: Mapping[str, list[Element]]) -> str:
    hidden = sorted(changed.keys() - _seen(suffix, changed).keys())
    if not changed:
        return "only its layout changed"
    how = "read once a day, too late for a plan" if suffix == "field" and _LATE.issuperset(hidden) else "not read"
    return f"{', '.join(hidden)} of it {'is' if len(hidden) == 1 else 'are'} {how}" if hidden else ""


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element, name: str) -> str:
    return next((one.text or "" for one in element if _tag(one) == name), "")
