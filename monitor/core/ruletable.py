"""Rules for what data is made of: objects and fields. One row may speak for several facts and actions.

A reason is a sentence for a person who runs campaigns, not for the one who wrote the API. The levels start from the
catalogues of peers (what hurts a writer, what hurts a reader) and from what an unknown use must be assumed to be.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from probes.kit.contract import Kind

from .model import Action, Level, Source

GENERIC: Final = "x_"
B, W, I = Level.BREAKING, Level.WARNING, Level.INFO  # noqa: E741  (a table reads best with short levels)
ADDED, REMOVED, CHANGED, NARROWED, WIDENED, REORDERED, RENAMED = Action


class Row(NamedTuple):
    source: Source
    kind: Kind | None
    facts: tuple[str, ...]
    actions: tuple[Action, ...]
    level: Level
    reason: str
    writers: Level | None = None
    readers: Level | None = None
    security: bool = False
    question: str = ""


def row(
    kind: Kind, facts: str, actions: Action | tuple[Action, ...], level: Level, reason: str, *,
    writers: Level | None = None, readers: Level | None = None, security: bool = False, question: str = "",
) -> Row:  # fmt: skip
    """`facts` are names with spaces between; none is the resource itself."""
    several = actions if isinstance(actions, tuple) else (actions,)
    names = tuple(facts.split()) or ("",)
    return Row(Source.DRIFT, kind, names, several, level, reason, writers, readers, security, question)


_S, _F = Kind.SCHEMA, Kind.FIELD

ROWS: Final[tuple[Row, ...]] = (
    # Objects
    row(_S, "", REMOVED, B, "Everything that reads or writes this object fails from now on.", writers=B, readers=B),
    row(_S, "", ADDED, I, "A new object takes nothing away."),
    row(_S, "", RENAMED, W, "Whatever uses the old name does not find it any more.", writers=B, readers=B),
    row(_S, "(group)", (ADDED, REMOVED, RENAMED), I, "A group only sorts fields on a page."),
    row(_S, "label plural_label description native_type group", CHANGED, I, "Only what people see is worded anew."),
    row(_S, "primary_field", CHANGED, B, "Records are told apart by another field, so matching goes wrong."),
    row(_S, "on_delete", CHANGED, W, "Deleting a record now does something else to the records that point at it."),
    row(_S, "target cardinality", CHANGED, B, "The relation leads somewhere else, so linked records are not found."),
    row(_S, "key_prefix", CHANGED, W, "Whatever tells objects apart by the start of their ids is wrong now."),
    row(_S, "custom vendor_defined", CHANGED, I, "Only who keeps the definition changed."),
    row(_S, "queryable", NARROWED, B,
        "It cannot be searched any more, so syncs that read it fail.", readers=B, writers=I),
    row(_S, "createable updateable", NARROWED, W, "The credential that reads here can no longer write records.",
        writers=B, readers=I),
    row(_S, "deletable", NARROWED, I, "Records can no longer be deleted with this credential."),
    row(_S, "enabled available", NARROWED, B, "It is switched off: nothing goes in or out."),
    row(_S, "default master", (NARROWED, WIDENED), W, "New records may now go by another type or layout."),
    row(_S, "queryable createable updateable deletable enabled available", WIDENED, I, "More is possible than before."),
    row(_S, "deprecated", NARROWED, W, "It is announced to go away: plan its replacement."),
    row(_S, "archived", NARROWED, B, "An archived object takes no new records.", writers=B, readers=W),
    row(_S, "read_only", NARROWED, W, "Nothing can be written into it any more.", writers=B, readers=I),
    row(_S, "hidden", NARROWED, W, "People and some tools no longer see it."),
    row(_S, "singleton", NARROWED, B, "It now holds one record only."),
    row(_S, "deprecated archived read_only hidden singleton", WIDENED, I, "A restriction went away."),
    row(_S, "queryable createable updateable deletable enabled available default master deprecated archived read_only "
        "hidden singleton", CHANGED, I, "The vendor now says it in another way; it means the same."),
    row(_S, "required_fields", ADDED, W, "Records without this field are refused from now on.", writers=B, readers=I),
    row(_S, "required_fields", REMOVED, I, "Records may now come without this field.", readers=W),
    row(_S, "searchable_fields", (ADDED, REMOVED), I, "Only what a search finds changed."),
    row(_S, "unique_fields", ADDED, W, "Duplicate values of this field are refused from now on.", writers=B),
    row(_S, "unique_fields", REMOVED, W, "Duplicates may now come in through this field.", readers=W),
    row(_S, "key_fields", (ADDED, REMOVED), B, "Records are matched by other fields, so updates may make duplicates."),
    row(_S, "required_fields searchable_fields unique_fields key_fields", CHANGED, W,
        "The list of fields changed as a whole."),
    row(_S, "stages", REMOVED, B, "Records and reports in this stage have no place any more.", writers=B, readers=W),
    row(_S, "stages", ADDED, I, "There is one more stage that reports and syncs may not know.", readers=W),
    row(_S, "stages", REORDERED, W, "Reports that count stages in order count another way now."),
    row(_S, "stages", CHANGED, W, "The stages changed as a whole."),
    row(_S, "stages.label", CHANGED, I, "Only the stage's wording changed; its id is the same."),
    row(_S, "stages.closed", CHANGED, W, "What counts as won, lost or open changed, and forecasts with it."),
    row(_S, "stages.probability", CHANGED, I, "Forecasts weigh this stage another way."),
    row(_S, "stages.archived", NARROWED, W, "Records can no longer be put into this stage.", writers=B),
    row(_S, "stages.archived", (WIDENED, CHANGED), I, "The stage can be used again."),
    row(_S, "sharing", CHANGED, W, "Who sees these records by default changed.", security=True,
        question="Are these records meant to be seen by more, or fewer, people than before?"),
    row(_S, "retention", CHANGED, W, "Records are kept for another time than before."),
    row(_S, GENERIC, CHANGED, I, "A setting that only this vendor has changed."),
    # Fields
    row(_F, "", REMOVED, B, "Whatever writes into this field fails, and whatever reads it finds nothing.",
        writers=B, readers=B),
    row(_F, "", ADDED, I, "A new field takes nothing away."),
    row(_F, "", RENAMED, B, "Whatever uses the old name does not find the field any more.", writers=B, readers=B),
    row(_F, "(definition)", (ADDED, RENAMED), I, "It is now said what the field is for, or how it must be protected."),
    row(_F, "(definition)", REMOVED, W, "Nobody says any more what the field is for, or how it must be protected."),
    row(_F, "label description help native_type soap_type group interface extra_type date_hint", CHANGED, I,
        "Only how people or tools see the field changed, not what it holds."),
    row(_F, "type", NARROWED, B, "Values that fitted before may be refused now.", writers=B, readers=W),
    row(_F, "type", WIDENED, W, "It may now hold values that whoever reads it does not expect.", writers=I, readers=B),
    row(_F, "type", CHANGED, B, "It now holds another kind of value: writers are refused and readers misread.",
        writers=B, readers=B),
    row(_F, "length byte_length precision scale digits", NARROWED, B,
        "Longer values than this are cut or refused from now on.", writers=B, readers=I),
    row(_F, "length byte_length precision scale digits", WIDENED, I,
        "Longer values may come than readers have room for.",
        writers=I, readers=W),
    row(_F, "length byte_length precision scale digits", CHANGED, I, "The limit is given in another way."),
    row(_F, "required", NARROWED, B,
        "Records without this field are refused from now on; writers do not always fill it.",
        writers=B, readers=I),
    row(_F, "required", WIDENED, I, "Records may now come without a value here.", writers=I, readers=W),
    row(_F, "unique", NARROWED, W, "A value that another record has is refused from now on.", writers=W, readers=I),
    row(_F, "unique", WIDENED, I, "Two records may now have the same value.", readers=W),
    row(_F, "read_only", NARROWED, W, "Nothing can be written into this field any more.", writers=B, readers=I),
    row(_F, "restricted_options", NARROWED, W,
        "Values outside the list are refused from now on.", writers=B, readers=I),
    row(_F, "restricted_options", WIDENED, I, "Values outside the list may now come in.", readers=W),
    row(_F, "encrypted masked", NARROWED, W, "Readers may now get a masked value instead of the real one.", readers=B),
    row(_F, "encrypted masked", WIDENED, W, "A value that was protected is now shown in clear.", security=True,
        question="Is this value meant to be readable in clear? If not, ask for the protection to be put back."),
    row(_F, "hidden", NARROWED, W, "People no longer see the field, so nobody fills it by hand."),
    row(_F, "archived", NARROWED, W, "An archived field takes no new values.", writers=B, readers=B),
    row(_F, "deprecated", NARROWED, W, "It is announced to go away: plan its replacement."),
    row(_F, "read_only_definition read_only_options", NARROWED, I, "Its definition can no longer be edited by people."),
    row(_F, "case_sensitive", NARROWED, W, "Upper and lower case now make two values of one.", writers=W, readers=W),
    row(_F, "read_only hidden archived deprecated read_only_definition read_only_options case_sensitive", WIDENED, I,
        "A restriction went away."),
    row(_F, "nullable", NARROWED, W, "An empty value is refused from now on.", writers=B, readers=I),
    row(_F, "nullable", WIDENED, I, "Records may now come without a value here.", readers=W),
    row(_F, "createable updateable", NARROWED, W, "The credential that reads here can no longer write this field.",
        writers=B, readers=I),
    row(_F, "searchable form_field", NARROWED, I, "It can no longer be searched, or put on a form."),
    row(_F, "createable updateable searchable form_field", WIDENED, I, "More is possible than before."),
    row(_F, "required unique read_only restricted_options encrypted masked hidden archived deprecated nullable "
        "read_only_definition read_only_options case_sensitive createable updateable searchable form_field", CHANGED, I,
        "The vendor now says it in another way; it means the same."),
    row(_F, "default default_formula", CHANGED, W, "Records that leave the field empty now get another value.",
        readers=W),
    row(_F, "formula", CHANGED, W, "The value is now worked out another way, for old records too.", readers=W),
    row(_F, "controller relationship", CHANGED, W, "It now depends on, or leads to, something else.", readers=W),
    row(_F, "on_delete cascade_delete restricted_delete", CHANGED, W,
        "Deleting a record now does something else to the records linked by this field."),
    row(_F, "sensitivity mask_type", CHANGED, W, "How this value must be protected changed."),
    row(_F, "calculated auto_number", CHANGED, W, "Whether people or the system fill this field changed.", writers=B),
    row(_F, "external_id", CHANGED, B, "Records are matched by this field, or no longer: updates may make duplicates.",
        writers=B, readers=W),
    row(_F, "name_field", CHANGED, W, "Records are shown under another field's value."),
    row(_F, "dependent defaulted_on_create", CHANGED, W,
        "Which values a new record may have, or gets, changed.", writers=W),
    row(_F, "history_tracked", CHANGED, W, "Changes of this field are kept in its history, or no longer."),
    row(_F, "custom vendor_defined html externally_managed_options currency_symbol indexed permissionable", CHANGED, I,
        "A property that does not decide which values come or go."),
    row(_F, "references", ADDED, I, "It may now also point at records of another object.", readers=W),
    row(_F, "references", REMOVED, W, "It can no longer point at records of that object.", writers=B),
    row(_F, "references", CHANGED, W, "What it may point at changed as a whole."),
    row(_F, "sensitivity_categories", (ADDED, REMOVED, CHANGED), W,
        "What kind of personal data this is said to be changed."),
    row(_F, "used_by", (ADDED, REMOVED, CHANGED), I, "Other things began or ceased to use this field."),
    row(_F, "options", REMOVED, W, "Records can no longer be given this value, and syncs that send it are refused.",
        writers=B, readers=W),
    row(_F, "options", ADDED, I, "A value may come that readers do not know.", writers=I, readers=W),
    row(_F, "options", REORDERED, I, "The values are the same, in another order."),
    row(_F, "options", CHANGED, W, "The options changed as a whole."),
    row(_F, "options.label", CHANGED, I, "Only the option's wording changed; its value is the same."),
    row(_F, "options.active", NARROWED, W, "Records can no longer be given this value.", writers=B, readers=W),
    row(_F, "options.active", WIDENED, I, "The value can be chosen again.", readers=W),
    row(_F, "options.hidden", NARROWED, W, "People can no longer choose this value on forms and pages."),
    row(_F, "options.hidden", WIDENED, I, "People can choose this value again."),
    row(_F, "options.active options.hidden", CHANGED, I, "The vendor now says it in another way; it means the same."),
    row(_F, "options.default", CHANGED, W, "Records that leave the field empty now get another value."),
    row(_F, "options.depends", CHANGED, W, "For which records this value may be chosen changed.", writers=W),
    row(_F, "rules", ADDED, W, "Values that were taken before may be refused by the new rule.", writers=B, readers=I),
    row(_F, "rules", REMOVED, I, "Values that were refused before may now come in.", readers=W),
    row(_F, "rules", REORDERED, I, "The rules are the same, in another order."),
    row(_F, "rules rules.arguments", CHANGED, W, "The rule now takes and refuses other values.", writers=W),
    row(_F, "rules.normalized", CHANGED, W, "Values are now cleaned up another way before they are kept.", readers=W),
    row(_F, "lookup_filter validation conditions", CHANGED, W,
        "Which values are taken and refused changed.", writers=W),
    row(_F, GENERIC, CHANGED, I, "A setting that only this vendor has changed."),
)  # fmt: skip
