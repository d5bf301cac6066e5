"""Rules for what an API that describes itself takes and answers: the same change, by which way it goes.

A fact without a row here falls under the row of its kind in ruletable.py. The levels are those of oasdiff and of
graphql-js (findBreakingChanges, findDangerousChanges), where they know the change.
"""

from __future__ import annotations

from typing import Final

from probes.kit.contract import Kind

from .ruletable import ADDED, CHANGED, NARROWED, REMOVED, WIDENED, B, I, Row, W, row

_S, _F = Kind.SCHEMA, Kind.FIELD
_UPPER: Final = "length maximum most_items"
_LOWER: Final = "minimum min_length least_items"


def _way(side: str, facts: str) -> str:
    return " ".join(f"({side}-{fact})" for fact in facts.split())


ROWS: Final[tuple[Row, ...]] = (
    # Whichever way it goes, or where nobody knows
    row(_S, "sunset_on", CHANGED, W, "The day on which it ends was set or moved: plan what replaces it."),
    row(_F, "sunset_on", CHANGED, W, "The day on which it ends was set or moved: plan what replaces it."),
    row(_F, "deprecation", NARROWED, W, "It is announced to go away, for this reason: plan its replacement."),
    row(_F, "deprecation", WIDENED, I, "It is no longer announced to go away."),
    row(_F, "deprecation", CHANGED, I, "Why it goes away, or what replaces it, is said in other words."),
    row(_F, "wire_type", NARROWED, B, "Values that were taken before may be refused now."),
    row(_F, "wire_type", WIDENED, W, "It may now hold values that whoever reads it does not expect."),
    row(_F, "wire_type", CHANGED, B, "It now holds another kind of value: senders are refused, readers misread."),
    row(_F, "values", NARROWED, W, "Only the values of a list are taken from now on."),
    row(_F, "values", WIDENED, W, "Any value may come now, where there was a list of them."),
    row(_F, "values", REMOVED, W, "This value is not taken any more, and does not come any more."),
    row(_F, "values", ADDED, I, "A value may come that readers do not know."),
    row(_F, "values", CHANGED, W, "The list of values changed as a whole."),
    row(_F, "maximum most_items minimum min_length least_items", NARROWED, B,
        "Values beyond the new bound are refused from now on."),
    row(_F, "maximum most_items minimum min_length least_items", WIDENED, I, "Values beyond the old bound are taken."),
    row(_F, "maximum most_items minimum min_length least_items", CHANGED, I, "The bound is given in another way."),
    row(_F, "pattern", NARROWED, B, "Values must have a certain form from now on; others are refused."),
    row(_F, "pattern", WIDENED, I, "Values of any form are taken now."),
    row(_F, "pattern", CHANGED, W, "Values must have another form than before."),
    row(_F, "required_arguments", (ADDED, CHANGED), B, "Calls that do not give this argument are refused from now on."),
    row(_F, "required_arguments", REMOVED, I, "The argument need not be given any more."),
    # What is sent
    row(_F, "(sent-wire_type)", WIDENED, I, "All that was sent before is taken as before."),
    row(_F, "(sent-values)", (NARROWED, REMOVED, CHANGED), B, "Calls that send a value outside the list are refused."),
    row(_F, "(sent-values)", WIDENED, I, "Values are taken that were refused before."),
    row(_F, "(sent-nullable)", NARROWED, B, "Calls that leave it empty are refused from now on."),
    row(_F, "(sent-conditions)", CHANGED, W, "Calls are let in by another sign-in, or need another right, than before.",
        question="Does our credential still have what the call needs? If so, approve it."),
    row(_F, "(sent-value)", REMOVED, B, "Calls that send this value are refused."),
    row(_F, "(sent-value)", ADDED, I, "One more value may be sent."),
    # What is answered
    row(_F, "(answered-required)", NARROWED, I, "It now always comes."),
    row(_F, "(answered-required)", WIDENED, B, "It may be missing from an answer: whoever counts on it fails."),
    row(_F, "(answered-nullable)", NARROWED, I, "It is never empty any more."),
    row(_F, "(answered-nullable)", WIDENED, B, "It may come empty: whoever counts on a value fails."),
    row(_F, "(answered-wire_type)", NARROWED, I, "All that comes now could come before."),
    row(_F, "(answered-wire_type)", WIDENED, B, "Values come that whoever reads it does not expect."),
    row(_F, "(answered-values)", (ADDED, WIDENED), W, "A value may come that clients do not know."),
    row(_F, "(answered-values)", (REMOVED, NARROWED), I, "A value does not come any more; all others are as before."),
    row(_F, _way("answered", f"{_UPPER} {_LOWER} pattern"), NARROWED, I, "All that comes now could come before."),
    row(_F, _way("answered", f"{_UPPER} {_LOWER} pattern"), WIDENED, B,
        "Values may come that readers have no room for, or do not expect."),
    row(_F, "(answered-value)", REMOVED, B, "Queries and clients that name this value fail."),
    row(_F, "(answered-value)", ADDED, W, "A value may come that clients which tell them apart do not know."),
)  # fmt: skip
