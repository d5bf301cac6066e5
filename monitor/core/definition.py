"""Whether every system still keeps the meanings it shares with others: the field, and the values that stand for them.
Pure. It rests on facts, as the mapping evaluator does; who left is named, and what is not covered is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probes.kit.contract import Kind, Ref

from .fits import choosable
from .graph import Definition, Kept
from .model import Action, Address, Claim, Covered, Evaluation, Source
from .stack import StackView


def evaluate(integration: str, definitions: Sequence[Definition], view: StackView, reading: int) -> Evaluation:
    """What one system no longer keeps of what was agreed on. Addresses end with the definition's name as the item."""
    covered: dict[Ref, frozenset[str] | None] = {}
    claims: list[Claim] = []
    for definition in definitions:
        for kept in definition.kept:
            if kept.integration == integration:
                claims += _left(definition, kept, view, covered)
    claims.sort(key=lambda claim: claim.address)
    return Evaluation(Source.DEFINITION, integration, reading, view.now, Covered(covered), tuple(claims))


def _left(
    definition: Definition, kept: Kept, view: StackView, covered: dict[Ref, frozenset[str] | None]
) -> Iterator[Claim]:
    """A place where it was kept, and is not. The scope is covered here, where something can be said of it."""
    ref = Ref(Kind.FIELD, kept.scope)
    gone = view.gone(kept.integration, ref)
    seen = view.known(kept.integration, ref)
    if not gone and seen is None:
        return
    covered[ref] = None if gone or seen is None or not seen.unsure else frozenset(seen.rows) - seen.unsure
    row = None if gone or seen is None else seen.rows.get(kept.field)
    if row is None or row.facts.get("archived") is True:
        if seen is None or gone or kept.field not in seen.unsure:
            yield _claim(definition, kept, "field", [], f"{kept.field} of {kept.scope} is not there")
        return
    values = choosable(row.facts)
    if values is None:
        return
    wanted = {kept.value} if kept.value else {kept.values.get(value, value) for value in definition.values}
    lost = sorted(wanted - values)
    if lost:
        words = f"{kept.field} of {kept.scope} has no value {', '.join(lost)}"
        yield _claim(definition, kept, "value", lost, words)


def _claim(definition: Definition, kept: Kept, fact: str, lost: list[str], why: str) -> Claim:
    """`before`: the values that are missing."""
    others = sorted({one.integration for one in definition.kept} - {kept.integration})
    still = f" {' and '.join(others)} still mean{'s' if len(others) == 1 else ''} it." if others else ""
    words = f"{kept.integration} has left the definition of “{definition.name}”: {why}.{still}"
    address = Address(
        Source.DEFINITION, kept.integration, Kind.FIELD, kept.scope, kept.field, fact, definition.name
    )  # fmt: skip
    return Claim(address, Action.NARROWED, lost or None, None, words=words)
