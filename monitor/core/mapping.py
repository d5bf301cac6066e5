"""Whether a flow still fits the systems it joins: both ends are there, types and lengths fit, every value has a place
to go, nothing required is left out, and who writes may write. Pure.

It rests on facts, not on drift: approving a change at one end does not hide what it breaks at the other. What is not
covered is unknown, and then nothing opens and nothing closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from probes.kit.contract import Kind, Ref

from .fits import Fit, choosable, fills_itself, length_fit, options, read_only, type_fit
from .graph import End, FieldMap, Flow
from .model import Action, Address, Claim, Covered, Evaluation, Source
from .rights import may
from .row import Row
from .stack import Seen, StackView

OTHERS = "*"  # in `left_out`: every value that is not mapped


class Fitting(msgspec.Struct, frozen=True):
    """What was found of one flow. `unknown`: sentences that say which parts cannot be judged, and why."""

    evaluation: Evaluation
    unknown: tuple[str, ...]


def evaluate(flow: Flow, view: StackView, people: Mapping[str, str], reading: int) -> Fitting:
    """`people`: name -> key under which a user of that name stands in the scopes, for `writer` and `reader`."""
    return _Flow(flow, view, people).fitting(reading)


def place(end: End) -> str:
    """An end as the scope of an address."""
    return f"{end.integration}/{end.scope}" if end.scope else end.integration


class _Flow:
    """One evaluation. The kind of an address says what its claim rests on: schema and field on one end alone, sync on
    both ends, permission on the rights read at that end."""

    def __init__(self, flow: Flow, view: StackView, people: Mapping[str, str]) -> None:
        self.flow, self.view, self.people = flow, view, people
        self.claims: list[Claim] = []
        self.unknown: dict[str, None] = {}
        self.covered: dict[Ref, frozenset[str] | None] = {}

    def fitting(self, reading: int) -> Fitting:
        flow = self.flow
        source = self._end(flow.source, frozenset(pair.source for pair in flow.fields))
        target = self._end(flow.target, frozenset(pair.target for pair in flow.fields))
        pairs = sorted(flow.fields, key=lambda pair: (pair.source, pair.target))
        for pair in pairs:
            self._pair(pair, source, target)
        self._between(pairs, source, target)
        if target is not None and flow.creates:
            self._required(target)
        self._right(flow.source, flow.reader, "read", sorted({pair.source for pair in flow.fields}), source)
        self._right(flow.target, flow.writer, "edit", sorted({pair.target for pair in flow.fields}), target)
        claims = tuple(sorted({claim.address: claim for claim in self.claims}.values(), key=lambda one: one.address))
        evaluation = Evaluation(Source.MAPPING, flow.id, reading, self.view.now, Covered(self.covered), claims)
        return Fitting(evaluation, tuple(self.unknown))

    def _claim(
        self, kind: Kind, end: End, key: str, fact: str, bad: bool, words: str, *, item: str = "", after: Any = None
    ) -> None:
        """`bad`: data does not get through; else something of it is lost, or may be."""
        address = Address(Source.MAPPING, self.flow.id, kind, place(end), key, fact, item)
        action = Action.NARROWED if bad else Action.CHANGED
        self.claims.append(Claim(address, action, None, after, words=f"{self.flow.id}: {words}"))

    # -- each end by itself -------------------------------------------------------------------------------------------

    def _end(self, end: End, keys: frozenset[str]) -> Seen | None:
        """The fields at an end; None where nothing can be said of them."""
        ref, at = Ref(Kind.FIELD, end.scope), place(end)
        if self.view.gone(end.integration, ref):
            words = f"{end.scope} is not in {end.integration} any more, or out of our sight."
            self._claim(Kind.SCHEMA, end, end.scope, "object", True, words)
            self.covered |= {Ref(Kind.SCHEMA, at): None, Ref(Kind.FIELD, at): None}
            return None
        seen = self.view.known(end.integration, ref)
        if seen is None:
            self.unknown[self.view.why(end.integration, ref)] = None
            return None
        self.covered |= {Ref(Kind.SCHEMA, at): None, Ref(Kind.FIELD, at): _sure(seen, keys)}
        for key in sorted(keys & seen.unsure):
            words = f"{key} of {end.scope} in {end.integration} was not seen, and it is not sure yet that it is gone."
            self.unknown[words] = None
        return seen

    def _pair(self, pair: FieldMap, source: Seen | None, target: Seen | None) -> None:
        given, taken = self.flow.source, self.flow.target
        if source is not None and self._there(given, pair.source, source):
            self._leaves(pair, source.rows[pair.source])
        if target is not None and self._there(taken, pair.target, target):
            row = target.rows[pair.target]
            if why := read_only(row.facts):
                words = f"{pair.target} of {taken.scope} in {taken.integration} cannot be written: {why}."
                self._claim(Kind.FIELD, taken, pair.target, "writable", True, words, after=why)
            self._lands(pair, row)

    def _there(self, end: End, key: str, seen: Seen) -> bool:
        row = seen.rows.get(key)
        if row is None and key in seen.unsure:
            return False
        where = f"{key} of {end.scope} in {end.integration}"
        if row is None:
            self._claim(Kind.FIELD, end, key, "field", True, f"{where} is not there, or out of our sight.")
        elif row.facts.get("archived") is True:
            self._claim(Kind.FIELD, end, key, "field", True, f"{where} is in the archive.", after="archived")
        else:
            return True
        return False

    def _leaves(self, pair: FieldMap, row: Row) -> None:
        """The map against what can come: a value it names must be there, and a value that can come must be in it."""
        there = options(row.facts)
        if not pair.values or there is None:
            return
        end = self.flow.source
        where = f"{pair.source} of {end.scope} in {end.integration}"
        goes = f"{pair.target} of {self.flow.target.scope}"
        for value in sorted(pair.values.keys() - there.keys()):
            words = f"{where} has no value {value} any more, so nothing becomes {pair.values[value]} in {goes}."
            self._claim(Kind.FIELD, end, pair.source, "source_value", True, words, item=value)
        for value in sorted(self._unplaced(pair, choosable(row.facts) or ())):
            words = f"{value} can come from {where}, and the mapping has no value for it in {goes}."
            self._claim(Kind.FIELD, end, pair.source, "unmapped_value", False, words, item=value)

    @staticmethod
    def _unplaced(pair: FieldMap, values: Iterable[str]) -> set[str]:
        """Values that can come and that the map neither carries nor leaves out on purpose."""
        return set() if OTHERS in pair.left_out else set(values) - pair.values.keys() - set(pair.left_out)

    def _lands(self, pair: FieldMap, row: Row) -> None:
        there = choosable(row.facts)
        if there is None:
            return
        end = self.flow.target
        for value in sorted(set(pair.values.values()) - there):
            words = (
                f"{pair.target} of {end.scope} in {end.integration} does not take the value {value}, to which the "
                f"mapping turns {', '.join(sorted(k for k, v in pair.values.items() if v == value))}."
            )
            self._claim(Kind.FIELD, end, pair.target, "target_value", True, words, item=value)

    def _required(self, target: Seen) -> None:
        """What a new record must have, and nobody gives it."""
        end = self.flow.target
        mapped = {pair.target for pair in self.flow.fields}
        must = {key for key, row in target.rows.items() if row.facts.get("required") is True}
        if target.parent is not None and (above := self.view.known(end.integration, target.parent.ref)) is not None:
            row = above.rows.get(target.parent.key)
            must |= set(row.facts.get("required_fields") or ()) if row is not None else set()
        for key in sorted(must - mapped):
            if key in target.rows and not fills_itself(target.rows[key].facts):
                words = f"{key} of {end.scope} in {end.integration} must be filled, and the mapping does not fill it."
                self._claim(Kind.FIELD, end, key, "required", True, words)

    # -- both ends ----------------------------------------------------------------------------------------------------

    def _between(self, pairs: Iterable[FieldMap], source: Seen | None, target: Seen | None) -> None:
        if source is None or target is None:
            return
        at = place(self.flow.target)
        unsure = {pair.target for pair in pairs if pair.source in source.unsure or pair.target in target.unsure}
        self.covered[Ref(Kind.SYNC, at)] = None if not unsure else frozenset(pair.target for pair in pairs) - unsure
        for pair in pairs:
            given, taken = source.rows.get(pair.source), target.rows.get(pair.target)
            if given is not None and taken is not None and pair.target not in unsure:
                self._fit(pair, given.facts, taken.facts)

    def _fit(self, pair: FieldMap, given: Mapping[str, Any], taken: Mapping[str, Any]) -> None:
        end = self.flow.target
        from_, to = f"{pair.source} of {self.flow.source.integration}", f"{pair.target} of {end.integration}"
        if pair.values:
            return  # what comes in are the map's own values
        fit = type_fit(given, taken)
        if fit is not Fit.FITS:
            types = [given["type"], taken["type"]]
            verb = "is not taken by" if fit is Fit.REFUSED else "loses something in"
            words = f"{from_} ({types[0]}) {verb} {to} ({types[1]})."
            self._claim(Kind.SYNC, end, pair.target, "type", fit is Fit.REFUSED, words, after=types)
        elif long := length_fit(given, taken):
            words = f"{from_} may be too long for {to}: {long}."
            self._claim(Kind.SYNC, end, pair.target, "length", False, words, after=long)
        comes, place_ = choosable(given), choosable(taken)
        if comes is None or place_ is None or taken.get("restricted_options") is False:
            return
        for value in sorted(self._unplaced(pair, comes) - place_):
            words = f"{value} can come from {from_}, and {to} does not take it."
            self._claim(Kind.SYNC, end, pair.target, "refused_value", True, words, item=value)

    # -- rights -------------------------------------------------------------------------------------------------------

    def _right(self, end: End, who: str, right: str, keys: Iterable[str], fields: Seen | None) -> None:
        """Whether `who` may do at an end what the flow takes."""
        if not who:
            return
        found = may(self.view, end.integration, end.scope, who, self.people)
        if found is None or fields is None:
            self.unknown[f"What {who} may do with {end.scope} of {end.integration} is not known."] = None
            return
        self.covered[Ref(Kind.PERMISSION, place(end))] = None
        fact = "read_right" if right == "read" else "write_right"
        wanted = [right, "create"] if right == "edit" and self.flow.creates else [right]
        for lacking in wanted:
            if lacking not in found.object:
                words = f"{who} may not {lacking} {end.scope} in {end.integration}."
                self._claim(Kind.PERMISSION, end, who, fact, True, words, item=lacking)
        for key in keys:
            row = fields.rows.get(key)
            guarded = row is not None and row.facts.get("permissionable") is True
            if guarded and key not in (found.read if right == "read" else found.edit):
                words = f"{who} may not {right} {key} of {end.scope} in {end.integration}."
                self._claim(Kind.PERMISSION, end, f"{who}/{key}", fact, True, words)


def _sure(seen: Seen, keys: frozenset[str]) -> frozenset[str] | None:
    """The keys that are covered: all, unless it is not sure of some whether they are there."""
    return (frozenset(seen.rows) | keys) - seen.unsure if seen.unsure else None
