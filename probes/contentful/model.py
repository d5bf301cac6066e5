"""The content model: what is drafted beside what is published, and fields in our words.

Editors change a draft; what reads the space sees what was published last. Fields are those that were published, and a
content type names the fields in which its draft differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import canonical
from probes.kit.paging import Paging
from probes.kit.values import known

PAGES: Final = Paging(style="offset", into="skip", size=100, size_into="limit", total="total")
TYPES: Final = {"Symbol": "text", "Text": "long_text", "RichText": "json", "Integer": "integer", "Number": "decimal",
                "Boolean": "boolean", "Date": "datetime", "Location": "geo", "Object": "json", "Link": "reference",
                "ResourceLink": "reference"}  # fmt: skip
# The keys of fields and of their validations that the vendor's SDK has: one more is no change of a field. The keys of
# a default are locales, which are the customer's.
FIELD: Final = ("id", "apiName", "name", "type", "linkType", "required", "localized", "disabled", "omitted", "deleted",
                "defaultValue")  # fmt: skip
RULES: Final = frozenset({
    "in", "size", "range", "dateRange", "min", "max", "regexp", "prohibitRegexp", "pattern", "flags", "message",
    "linkContentType", "linkMimetypeGroup", "assetFileSize", "assetImageDimensions", "width", "height", "enabledMarks",
    "enabledNodeTypes", "nodes", "embedded-entry-block", "embedded-entry-inline", "entry-hyperlink",
    "embedded-asset-block", "asset-hyperlink", "embedded-resource-block", "embedded-resource-inline",
    "resource-hyperlink", "validations", "allowedResources",
})  # fmt: skip
RESOURCES: Final = frozenset({"type", "source", "contentTypes"})
READ: Final = frozenset({"in", "unique", "linkContentType", "message"})  # validations that are facts, and words


def place(api: Client) -> str:
    return f"/spaces/{api.options['space']}/environments/{api.options['environment']}"


@once
async def types(api: Client) -> Answer:
    """All content types as drafted, and the fields of those that were published."""
    order = {"order": "sys.id"}
    drafts = await api.every(Ask(f"{place(api)}/content_types", order), PAGES, "items")
    public = await api.every(Ask(f"{place(api)}/public/content_types", order), PAGES, "items")
    out = {str(one["sys"]["id"]): one for one in public}
    rows = [drafted(one, out.get(str(one["sys"]["id"]))) for one in drafts]
    inner = [{**described(field), "content_type": id} for id, one in out.items() for field in one["fields"]]
    return made({"types": rows, "fields": inner})


def drafted(draft: Mapping[str, Any], public: Mapping[str, Any] | None) -> dict[str, Any]:
    """A content type with the names of the fields that will change when it is published."""
    ours = {name_of(field): canonical(described(field)) for field in draft["fields"]}
    theirs = {name_of(field): canonical(described(field)) for field in public["fields"]} if public else {}
    waiting = [name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)]
    return {**draft, "published": public is not None, "waiting": sorted(waiting) if public else []}


def name_of(field: Mapping[str, Any]) -> str:
    return str(field.get("apiName") or field["id"])


def described(field: Mapping[str, Any]) -> dict[str, Any]:
    """Validations of a list stand at the list, those of what is in it at its items: the choices among them."""
    items = field.get("items") or {}
    own, inner = list(field.get("validations") or ()), list(items.get("validations") or ())
    native = f"Array of {items.get('type')}" if field["type"] == "Array" else str(field["type"])
    choices = next((rule["in"] for rule in [*own, *inner] if "in" in rule), None)
    linked = sorted({name for rule in [*own, *inner] for name in rule.get("linkContentType") or ()})
    plain = {name: field[name] for name in FIELD if name in field}
    return {
        **plain, "linked": field.get("linkType") or items.get("linkType"), "key": name_of(field), "native": native,
        "ours": _type(str(field["type"]), items, choices),
        "choices": None if choices is None else [str(value) for value in choices], "links": linked,
        "unique": any(rule.get("unique") for rule in own) or None, **_bounds(field["type"] == "Array", own),
        "rules": sorted(_left(own, inner, field.get("allowedResources")), key=canonical),
    }  # fmt: skip


def _type(native: str, items: Mapping[str, Any], choices: Any) -> str:
    if native == "Array":
        return "multi_option" if items.get("type") == "Symbol" else TYPES.get(str(items.get("type")), "any")
    return "option" if choices is not None and native == "Symbol" else TYPES.get(native, "any")


def _bounds(listed: bool, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The tightest of each: a vendor's list may hold one rule twice."""
    found: dict[str, Any] = {}
    least, most = ("least_items", "most_items") if listed else ("min_length", "length")
    for rule in rules:
        for word, low, high in (("size", least, most), ("range", "minimum", "maximum")):
            bound = rule.get(word) or {}
            if bound.get("min") is not None:
                found[low] = max(found.get(low, bound["min"]), bound["min"])
            if bound.get("max") is not None:
                found[high] = min(found.get(high, bound["max"]), bound["max"])
        if rule.get("regexp"):
            found["pattern"] = rule["regexp"].get("pattern")
    return found


def _left(own: Sequence[Any], inner: Sequence[Any], allowed: Any) -> Iterator[dict[str, Any]]:
    """The rules that no fact of ours holds, such as kinds of files or marks of a rich text."""
    told = READ | {"size", "range", "regexp"}
    for at, rules, without in (("field", own, told), ("items", inner, READ)):
        for rule in rules:
            said = {name: value for name, value in rule.items() if name not in without}
            if rest := known(said, RULES | RESOURCES):
                yield {"at": at, **rest}
    if allowed:
        yield {"at": "resources", "allowed": known(allowed, RESOURCES)}
