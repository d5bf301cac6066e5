"""One reading as the evaluators see it: what was compared, what went with its parent, what could be read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from probes.kit.contract import Coverage, Kind, Parent, Ref

from .model import Change, Claim
from .sight import Look

AUTHOR: Final = frozenset({"by", "at", "how", "action", "who"})  # evidence that says who did it, or why nobody can say


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One scope that was compared. `keys`: those that were read, None for all. `known`: keys of its baseline. `since`:
    when it was last read whole before this reading."""

    ref: Ref
    coverage: Coverage
    keys: frozenset[str] | None
    changes: tuple[Change, ...]
    known: int
    needs: tuple[str, ...] = ()
    parent: Parent | None = None
    evidence: Mapping[str, Mapping[str, str]] = {}
    link: str = ""
    since: float | None = None


class Gone(msgspec.Struct, frozen=True):
    """A scope that vanished with its parent out of a complete scope."""

    ref: Ref
    parent: Parent


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """One reading as the evaluators see it. `look` None: nobody asked who reads, since nothing was read.

    `reads`: (read id, coverage, kinds it gives). `confirming`: only some reads were asked for. `standing`: the claims
    that stand from earlier readings, with what was learned about them.
    """

    subject: str
    reading: int
    at: float
    looked: tuple[Looked, ...]
    gone: tuple[Gone, ...] = ()
    look: Look | None = None
    reads: tuple[tuple[str, Coverage, tuple[Kind, ...]], ...] = ()
    confirming: bool = False
    standing: tuple[Claim, ...] = ()
