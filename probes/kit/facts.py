"""The closed table of facts per kind: what a fact is called, what form its value has, what "narrower" means.

Vendor files map their answers into these names, so that severity and mapping checks work across vendors. A vendor's own
fact is named `x_…`; it is opaque JSON and is judged by a generic rule. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

import msgspec

from .contract import Kind


class Form(StrEnum):
    """How a value is compared and shown."""

    SCALAR = "scalar"  # JSON scalar
    SET = "set"  # list of scalars without order; stored sorted
    MAP = "map"  # list of objects keyed by `item_key`; the order of the list has a meaning
    JSON = "json"  # opaque JSON, compared as a whole


class Narrower(StrEnum):
    """When a change of a fact is a narrowing: the value admits less, or the holder may do less, than before."""

    NONE = "none"  # neither: a change is just "changed"
    SMALLER = "smaller"  # numbers; an absent bound is the widest
    ON = "on"  # false -> true narrows (required, unique, read only …)
    OFF = "off"  # true -> false narrows (nullable, createable, admin, active …)
    TYPE = "type"  # by TYPE_WIDENS
    LARGER = "larger"  # numbers; an absent bound is the widest
    GIVEN = "given"  # what had none narrows by getting one
    WIRE = "wire"  # by what can be sent in the place of what, see monitor/core/wire.py
    LEVEL = "level"  # by position in LEVELS: full > partial > none


class Fact(msgspec.Struct, frozen=True):
    """`attrs` are the compared attributes of a map's items, each a fact of its own named `fact.attr`.

    `person`: the value names people; the kit replaces it by a pseudonym before it leaves the kit.
    `shown`: what people read and nothing depends on. It is told beside a thing, as evidence, and never compared.
    """

    name: str
    form: Form = Form.SCALAR
    narrower: Narrower = Narrower.NONE
    item_key: str = ""
    attrs: Mapping[str, Narrower] = {}
    person: bool = False
    shown: bool = False
    says: str = ""  # the words a person uses for it


def _of(*facts: Fact) -> dict[str, Fact]:
    return {fact.name: fact for fact in facts}


def _scalars(names: str, narrower: Narrower = Narrower.NONE) -> tuple[Fact, ...]:
    return tuple(Fact(name, narrower=narrower, says=name.replace("_", " ")) for name in names.split())


def _sets(names: str) -> tuple[Fact, ...]:
    return tuple(Fact(name, Form.SET, says=name.replace("_", " ")) for name in names.split())


def _copy(names: str) -> tuple[Fact, ...]:
    return tuple(Fact(name, shown=True, says=name.replace("_", " ")) for name in names.split())


def _blobs(names: str) -> tuple[Fact, ...]:
    return tuple(Fact(name, Form.JSON, says=name.replace("_", " ")) for name in names.split())


# The canonical types of `field.type`. `a: {b}` means that every value of a fits b, so a -> b widens and b -> a narrows.
TYPE_WIDENS: Final[Mapping[str, frozenset[str]]] = {
    "boolean": frozenset({"option", "text", "long_text"}),
    "integer": frozenset({"decimal", "text", "long_text"}),
    "decimal": frozenset({"text", "long_text"}),
    "currency": frozenset({"decimal", "text", "long_text"}),
    "percent": frozenset({"decimal", "text", "long_text"}),
    "date": frozenset({"datetime", "text", "long_text"}),
    "datetime": frozenset({"text", "long_text"}),
    "time": frozenset({"text", "long_text"}),
    "option": frozenset({"multi_option", "text", "long_text"}),
    "multi_option": frozenset({"text", "long_text"}),
    "email": frozenset({"text", "long_text"}),
    "phone": frozenset({"text", "long_text"}),
    "url": frozenset({"text", "long_text"}),
    "id": frozenset({"text", "long_text"}),
    "reference": frozenset({"id", "text", "long_text"}),
    "text": frozenset({"long_text"}),
    "long_text": frozenset({"html"}),
    "html": frozenset(),
    "json": frozenset(),
    "file": frozenset(),
    "geo": frozenset(),
    "address": frozenset(),
    "any": frozenset(),
}
LEVELS: Final = ("none", "partial", "full")

_N = Narrower

FACTS: Final[Mapping[Kind, Mapping[str, Fact]]] = {
    Kind.SCHEMA: _of(
        *_scalars("label plural_label description primary_field on_delete native_type group sunset_on"),
        *_scalars("target cardinality key_prefix"),
        *_scalars("custom vendor_defined"),
        *_scalars("queryable createable updateable deletable enabled available default master", _N.OFF),
        *_scalars("deprecated archived read_only hidden singleton", _N.ON),
        *_sets("required_fields searchable_fields unique_fields key_fields"),
        Fact("stages", Form.MAP, item_key="id", attrs={"label": _N.NONE, "closed": _N.NONE, "probability": _N.NONE,
                                                      "archived": _N.ON}, says="stages"),
        *_blobs("sharing retention"),
    ),
    Kind.FIELD: _of(
        *_scalars("label description help native_type soap_type group default default_formula formula controller"),
        *_scalars("relationship on_delete extra_type date_hint interface sensitivity mask_type sunset_on"),
        Fact("type", narrower=_N.TYPE, says="type"),
        Fact("wire_type", narrower=_N.WIRE, says="type as it is sent"),
        Fact("values", Form.SET, narrower=_N.GIVEN, says="the only values"),
        *_scalars("length byte_length precision scale digits maximum most_items", _N.SMALLER),
        *_scalars("minimum min_length least_items", _N.LARGER),
        *_scalars("pattern deprecation", _N.GIVEN),
        *_scalars("required unique read_only restricted_options encrypted masked hidden archived deprecated", _N.ON),
        *_scalars("read_only_definition read_only_options case_sensitive", _N.ON),
        *_scalars("nullable createable updateable searchable form_field", _N.OFF),
        *_scalars("custom vendor_defined calculated auto_number external_id name_field html cascade_delete"),
        *_scalars("restricted_delete dependent externally_managed_options currency_symbol indexed permissionable"),
        *_scalars("defaulted_on_create history_tracked"),
        *_sets("references sensitivity_categories used_by required_arguments"),
        Fact("options", Form.MAP, item_key="value", attrs={"label": _N.NONE, "active": _N.OFF, "hidden": _N.ON,
                                                          "default": _N.NONE, "depends": _N.NONE}, says="options"),
        Fact("rules", Form.MAP, item_key="rule", attrs={"arguments": _N.NONE, "normalized": _N.NONE},
             says="validation rules"),
        *_blobs("lookup_filter validation conditions"),
    ),
    Kind.PERMISSION: _of(
        *_scalars("label description user_type status profile role team parent_role owner expires_on last_owner"),
        *_scalars("custom vendor_defined owned_by_profile"),
        *_scalars("active admin app_access api_access", _N.OFF),
        *_scalars("modify_all view_all export customize author_code manage_users", _N.OFF),
        *_scalars("read create edit delete view_all_records modify_all_records share", _N.OFF),
        *_scalars("enforce_mfa api_only", _N.ON),
        *_sets("roles permission_sets teams seats powers grants members policies ip_ranges fields"),
        Fact("email", person=True, says="e-mail address"),
        *_blobs("row_filter validation presets session_policy"),
    ),
    Kind.SYNC: _of(
        *_scalars("label source target mode operation object job_type schedule trigger api_version owner native_type"),
        *_scalars("enabled", _N.OFF),
        *_sets("grants"),
        Fact("mapping", Form.MAP, item_key="from", attrs={"to": _N.NONE, "transform": _N.NONE}, says="field mapping"),
        *_blobs("options"),
    ),
    Kind.AUTOMATION: _of(
        *_copy("label description message"),
        *_scalars("trigger object native_type status api_version owner formula"),
        *_scalars("opaque", _N.ON),
        *_scalars("active", _N.OFF),
        *_sets("reads writes actions suppressions enrolments"),
        Fact("steps", Form.MAP, item_key="key", attrs={"type": _N.NONE, "target": _N.NONE}, says="steps"),
        *_blobs("criteria options"),
    ),
    Kind.TEMPLATE: _of(
        *_copy("label description folder subject"),
        *_scalars("native_type owner"),
        *_scalars("active", _N.OFF),
        *_scalars("archived opaque", _N.ON),
        *_sets("fields consents"),
        *_blobs("consent"),
    ),
    Kind.PLATFORM: _of(
        *_scalars("label version plan edition environment timezone currency region status domain"),
        *_scalars("maximum", _N.SMALLER),
        *_scalars("deprecated", _N.ON),
        *_scalars("enabled", _N.OFF),
        Fact("sunset_on", says="end of life"),
        *_sets("currencies modules versions"),
    ),
}  # fmt: skip

GENERIC: Final = Fact("x_", Form.JSON, says="a fact of the vendor's own")
RESOURCE: Final = ""  # as a fact's name: the resource itself


def fact(kind: Kind, name: str) -> Fact:
    """The entry for a fact, or for an item's attribute `options.label` (then a scalar).

    Raises KeyError for a name that is neither in the table nor a vendor's own `x_…`.
    """
    table = FACTS[kind]
    if name in table:
        return table[name]
    if name.startswith("x_"):
        return msgspec.structs.replace(GENERIC, name=name, says=name[2:].replace("_", " "))
    whole, _, attr = name.partition(".")
    entry = table[whole]
    return Fact(name, narrower=entry.attrs[attr], says=f"{attr} of {entry.says}")


def stranger(kind: Kind, name: str) -> str:
    """What to say of a name that is no fact of a kind: the nearest that are, and what is always possible."""
    near = get_close_matches(name, FACTS[kind], 3, 0.75) or [one for one in FACTS[kind] if name in one or one in name]
    meant = f"is {' or '.join(near)} meant?" if near else "docs/reference/words.md has them all."
    return f"{name!r} is no fact of {kind}: {meant} A fact of the vendor's own is x_{name}"
