"""What there is to say of a drill, for pages, the API and the terminal. Times are epoch seconds UTC."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Manager(msgspec.Struct, frozen=True, kw_only=True):
    """How far one Alertmanager is: `at` when it was seen to have the alert, `gone_at` when it was seen to have it no
    more, `receivers` whom it tells, `held` whether a silence or an inhibition holds it back, `why` what it answered
    last where it does not take it."""

    url: str
    at: float | None = None
    gone_at: float | None = None
    receivers: tuple[str, ...] = ()
    held: str = ""
    why: str = ""


class Drilled(msgspec.Struct, frozen=True, kw_only=True):
    """One drill. `within`: seconds in which each step has to be done; `says` what was made up; `until`: when it ends by
    itself at the latest. `over_at`: since when the alert is not sent any more; `done_at`: since when nobody looks."""

    id: str
    by: str
    says: str
    level: str
    urgency: str
    within: float
    made_at: float
    until: float
    over_at: float | None = None
    done_at: float | None = None
    managers: tuple[Manager, ...] = ()

    @property
    def accepted_at(self) -> float | None:
        """Since when one of them has it: others may have an outage of their own."""
        return min((one.at for one in self.managers if one.at is not None), default=None)

    @property
    def resolved_at(self) -> float | None:
        """Since when none of those that had it has it any more."""
        had = [one.gone_at for one in self.managers if one.at is not None]
        ends = [at for at in had if at is not None]
        return max(ends) if had and len(ends) == len(had) else None


class Drill(msgspec.Struct, frozen=True):
    """The newest drill since the start; null where there was none."""

    drill: Drilled | None


class Begin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`within`: seconds in which each step has to be done; `hold`: seconds for which the alert fires once it was taken,
    so that its receiver is told."""

    within: Annotated[float, Meta(ge=1, le=300)] = 15.0
    hold: Annotated[float, Meta(ge=0, le=300)] = 5.0
