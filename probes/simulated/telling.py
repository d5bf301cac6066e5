"""The words in which the story is written: the accounts, a line of it, and what must then be said.

Plain values, which import nothing of the monitor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

SALESFORCE: Final = "salesforce-prod"
HUBSPOT: Final = "hubspot-prod"


Configure = Callable[[str, str, str], None]  # integration, option, value: as people write it into its file


def _nobody(integration: str, option: str, value: str) -> None:
    raise LookupError(f"nobody can write {option} into the configuration of {integration} from here")


class Accounts(dict[str, Any]):
    """The accounts by the integration that reads them, and what `do` keeps for `undo`."""

    def __init__(self, accounts: Mapping[str, Any]) -> None:
        super().__init__(accounts)
        self.kept: dict[str, Any] = {}
        self.configure: Configure = _nobody

    @property
    def salesforce(self) -> Any:
        return self[SALESFORCE]

    @property
    def hubspot(self) -> Any:
        return self[HUBSPOT]


class Expect(msgspec.Struct, frozen=True):
    """One thing that must be so once the change was read (removals and health: read twice).

    Plainly: an open finding at this address with this action and level, whose text holds all `words`. `*` and other
    shell wildcards are allowed in `scope`, `key`, `fact` and `item`. `silent`: nothing may be said there.
    `folded`: the finding hangs under the first expectation of its step. `closes`: the finding there closes by itself.
    `flow`: the flow that a finding of source "mapping" is about; `integration` is then the end in question.
    """

    integration: str
    kind: str = "*"
    scope: str = "*"
    key: str = "*"
    fact: str = ""
    item: str = ""
    action: str = ""
    level: str = ""
    source: str = "drift"
    words: tuple[str, ...] = ()
    silent: bool = False
    folded: bool = False
    closes: bool = False
    person: bool = False
    flow: str = ""


class Step(msgspec.Struct, frozen=True):
    """One line. `may`: what the change can bring along and what therefore counts neither as found nor as unexpected.

    `needs`: numbers of the lines that must stand when this one is played; most stand alone. `turns`: what happens after
    `do`, one after the other, each read before the next. `configures`: it changes the configuration, which has to be
    read again. `fades`: seconds after `undo` until it is no news any more.
    """

    number: str
    title: str
    says: str
    do: Callable[[Accounts], None]
    undo: Callable[[Accounts], None]
    expect: tuple[Expect, ...]
    may: tuple[Expect, ...] = ()
    needs: tuple[str, ...] = ()
    turns: tuple[Callable[[Accounts], None], ...] = ()
    configures: bool = False
    fades: float = 0.0

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands in the story: 14, 14b, 15."""
        digits = self.number.rstrip("abcdefghij")
        return int(digits), self.number.removeprefix(digits)
