"""The stack view: the last good facts of every integration with their coverage and age. Pure.

It is the only input of evaluators that look across integrations. What it does not know is unknown, with a sentence
why; nothing is ever said to be broken for want of a read.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from probes.kit.contract import Parent, Ref

from .row import Row


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One scope as it was read last. `rows` are those of the last complete read, at `good_at` (epoch seconds); they are
    too old once `good_for` seconds have passed. `gap`: why the newest read of it was not complete; empty when it was.

    `unsure`: keys that are not in `rows` although they are approved, and whose removal is not believed: it waits for a
    second look, the brake holds it, or our own sight explains it.
    """

    rows: Mapping[str, Row]
    good_at: float
    good_for: float
    gap: str = ""
    parent: Parent | None = None
    unsure: frozenset[str] = frozenset()


class StackView(msgspec.Struct, frozen=True):
    """`scopes`: what was read, by integration and scope; `read`: the integrations that are read here at all."""

    scopes: Mapping[tuple[str, Ref], Seen]
    read: frozenset[str]
    now: float

    def known(self, integration: str, ref: Ref) -> Seen | None:
        """A scope whose facts may be judged; None where `why` says something."""
        return self.scopes[integration, ref] if not self.why(integration, ref) else None

    def why(self, integration: str, ref: Ref) -> str:
        """Why a scope says nothing, in a sentence; empty when it does say something."""
        if integration not in self.read:
            return f"{integration} is not read here."
        seen = self.scopes.get((integration, ref))
        if seen is None:
            return f"{ref.name} of {integration} was never read whole."
        if seen.gap:
            return f"{ref.name} of {integration} was not read whole: {seen.gap.rstrip('.')}."
        if self.now - seen.good_at > seen.good_for:
            return f"What is known of {ref.name} of {integration} is too old."
        return ""

    def gone(self, integration: str, ref: Ref) -> bool | None:
        """Whether the thing that a scope belongs to is gone; None where nobody can say."""
        seen = self.scopes.get((integration, ref))
        if seen is None or seen.parent is None:
            return False if seen is not None else None
        above = self.known(integration, seen.parent.ref)
        if above is None or seen.parent.key in above.unsure:
            return None
        return seen.parent.key not in above.rows
