"""What pages say of a second person: whether a finding takes one, and what waits, as the one who asks sees it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request

from monitor.engine.eyes import by_merge, of_finding, waiting_on, watched
from monitor.engine.shapes import FindingRow
from monitor.engine.surface import Engine
from monitor.engine.waitinglist import WaitingRow, row_of, waiting


class Eyes:
    """Made for one page. Nothing is looked at before the page asks."""

    def __init__(self, engine: Engine, who: str) -> None:
        self._engine, self._who = engine, who
        self._rules = watched(engine)

    def two(self, row: FindingRow) -> bool:
        one = self._engine.ledger.findings.get(row.id)
        asks = row.stand == "held" or (row.stand != "closed" and not by_merge(self._engine))
        return bool(self._rules) and one is not None and asks and of_finding(self._rules, one)

    @property
    def pushed(self) -> int:
        """How many files of the branch are not in force."""
        return len(self._engine.pushed)

    def owner(self, row: FindingRow) -> str:
        """The team whose members alone decide about it; "" where any reviewer may."""
        config = self._engine.config
        own = config.integrations.get(row.integration) if config.service.review.owners_decide else None
        return own.owner if own is not None else ""

    def count(self, rows: Iterable[FindingRow]) -> int:
        """How many of these take a second person."""
        return sum(self.two(row) for row in rows)

    def held(self, finding: str) -> WaitingRow | None:
        held = waiting_on(self._engine, finding)
        return None if held is None else row_of(self._engine, held, self._who)

    def rows(self) -> tuple[WaitingRow, ...]:
        return waiting(self._engine, self._who)


def eyes_of(request: Request) -> Any:
    """None where nobody is known, or no application is behind the page."""
    who = request.scope.get("state", {}).get("principal")
    return Eyes(request.app.state.engine, who.name) if who is not None and "app" in request.scope else None
