"""Whether what one field holds fits into another: types, lengths, options. Pure.

A mapping is said to be wrong only where the two fields themselves say so; what a vendor does not tell is no reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from probes.kit.facts import TYPE_WIDENS

Facts = Mapping[str, Any]

_TEXT: Final = frozenset({"text", "long_text", "html"})
_NUMBER: Final = frozenset({"integer", "decimal", "currency", "percent"})
_DAY: Final = frozenset({"date", "datetime", "time"})
_STRICT: Final = _NUMBER | _DAY | {"boolean"}  # types that take no text
_LOOSE: Final = frozenset({"any", "json", "file", "geo", "address", "id", "reference", "email", "phone", "url"})
OPTIONED: Final = frozenset({"option", "multi_option"})


class Fit(Enum):
    FITS = "fits"
    LOSES = "loses"  # it goes in, and something of it is lost
    REFUSED = "refused"


def type_fit(source: Facts, target: Facts) -> Fit:
    """By canonical types. Types about which nothing general can be said fit."""
    given, taken = source.get("type"), target.get("type")
    if given is None or taken is None or given == taken or taken in TYPE_WIDENS.get(given, frozenset()):
        return Fit.FITS
    if given in _LOOSE or taken in _LOOSE or taken in _TEXT:
        return Fit.FITS
    if given in _NUMBER and taken in _NUMBER:
        return Fit.LOSES if taken == "integer" else Fit.FITS
    if {given, taken} <= {"date", "datetime"} or (given, taken) == ("multi_option", "option"):
        return Fit.LOSES
    if taken in _STRICT or (taken in OPTIONED and given in _STRICT):
        return Fit.REFUSED
    return Fit.FITS


def length_fit(source: Facts, target: Facts) -> str:
    """What is too long, in words; empty when all fits, or when a side does not say how much it holds."""
    room = _whole(target.get("length"))
    text = target.get("type") in _TEXT
    longest = _longest(source)
    if room is not None and text and longest is not None and longest > room:
        return f"up to {longest} characters come, {room} fit"
    if source.get("type") in _NUMBER and target.get("type") in _NUMBER:
        given, taken = _digits(source), _digits(target)
        if given is not None and taken is not None and given > taken:
            return f"up to {given} digits before the point come, {taken} fit"
    return ""


def _longest(facts: Facts) -> int | None:
    """The most characters that a value of the field has."""
    values = options(facts)
    if values is not None:
        return max(map(len, values))
    return _whole(facts.get("length")) if facts.get("type") in _TEXT | {"email", "phone", "url"} else None


def _digits(facts: Facts) -> int | None:
    precision, scale = _whole(facts.get("precision")), _whole(facts.get("scale"))
    return None if precision is None else precision - (scale or 0)


def _whole(value: Any) -> int | None:
    """Zero is how some vendors say that there is no bound."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def options(facts: Facts) -> Mapping[str, bool] | None:
    """The values of an option field, and whether each can be chosen; None where the field does not say."""
    listed = facts.get("options")
    if facts.get("type") not in OPTIONED or facts.get("externally_managed_options") is True or not listed:
        return None
    return {str(one["value"]): one.get("active") is not False for one in listed}


def choosable(facts: Facts) -> frozenset[str] | None:
    """The values that records can be given now."""
    values = options(facts)
    return None if values is None else frozenset(value for value, active in values.items() if active)


def read_only(facts: Facts) -> str:
    """Why nobody can write the field, in words; empty when one can."""
    if facts.get("calculated") is True or facts.get("formula"):
        return "it is calculated"
    if facts.get("auto_number") is True:
        return "it numbers itself"
    return "it is read only" if facts.get("read_only") is True else ""


def fills_itself(facts: Facts) -> bool:
    """Whether a new record may leave the field out."""
    given = [facts.get(name) for name in ("default", "default_formula", "defaulted_on_create")]
    has = any(value is not False and value not in (None, "") for value in given)  # zero is a value
    chosen = any(one.get("default") is True for one in facts.get("options") or ())
    return has or chosen or bool(read_only(facts))
