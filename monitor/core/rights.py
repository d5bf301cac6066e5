"""What a user or permission set may do with one object, out of the rights that were read. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from probes.kit.contract import Kind, Ref

from .stack import StackView

GROUP = "group:"  # before the name of a group of permission sets, whose members are not read


class May(msgspec.Struct, frozen=True):
    """`object`: rights on the object itself; `read` and `edit`: fields."""

    object: frozenset[str]
    read: frozenset[str]
    edit: frozenset[str]


def scopes(object: str) -> tuple[Ref, ...]:
    """The scopes that rights on an object are read from, the indispensable ones first."""
    names = (f"{object}.object-permissions", f"{object}.field-permissions", "assignments", "users", "permission-sets")
    return tuple(Ref(Kind.PERMISSION, name) for name in names)


def may(view: StackView, integration: str, object: str, who: str, people: Mapping[str, str]) -> May | None:
    """None where it cannot be known: rights that were not read whole, or that come through a group."""
    on_object, on_field, assignments, users, sets = (view.known(integration, ref) for ref in scopes(object))
    if on_object is None or on_field is None:
        return None
    held = {who}
    person = people.get(who, who)
    if users is not None and person in users.rows:
        if assignments is None:
            return None
        held |= {person, f"profile:{users.rows[person].facts.get('profile')}"}
        held |= {key.partition("/")[2] for key in assignments.rows if key.partition("/")[0] == person}
        if any(one.startswith(GROUP) for one in held):
            return None
    powers = {one for one in held if sets is not None and one in sets.rows and sets.rows[one].facts.get("modify_all")}
    if sets is None and not held & on_object.rows.keys():
        return None
    rights = {
        right for key, row in on_object.rows.items() for right, on in row.facts.items() if key in held and on is True
    }
    fields: dict[str, set[str]] = {"read": set(), "edit": set()}
    for key, row in on_field.rows.items():
        holder, _, field = key.partition("/")
        for right, names in fields.items():
            if holder in held and row.facts.get(right) is True:
                names.add(field)
    if powers:
        rights |= {"read", "create", "edit", "delete"}
    return May(frozenset(rights), frozenset(fields["read"]), frozenset(fields["edit"]))
