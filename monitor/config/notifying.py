"""Who is told directly, without Alertmanager: the `notify:` and `reports:` parts of driftline.yaml."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic.json_schema import WithJsonSchema

from .types import Duration, Model, Name, Reference, Text, Url, expected

Urgency = Literal["page", "ticket", "digest"]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Hour = Annotated[int, Field(ge=0, le=23)]
Tier = Annotated[int, Field(ge=1, le=3)]
TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _time(text: Any) -> Any:
    if not isinstance(text, str) or not re.fullmatch(TIME, text):
        raise expected("a time of the day such as 22:00")
    return text


Time = Annotated[str, BeforeValidator(_time), WithJsonSchema({"type": "string", "pattern": TIME})]


class Webhook(Model):
    """An address that takes signed JSON (docs/notifications.md says how it is verified). `url`: where it is posted to;
    `secret`: what it is signed with; `allow_private`: the address may be on a private network, or without TLS;
    `ca_file`: a private CA, as PEM, relative to the folder that holds config/."""

    url: Url
    secret: Reference
    allow_private: bool = False
    ca_file: str | None = None


class Target(Model):
    """One place to which messages go, by one of the two. `apprise`: a reference to an Apprise URL, which holds secrets;
    `webhook`: an address of your own."""

    apprise: Reference | None = None
    webhook: Webhook | None = None


class After(Model):
    """How long nobody may acknowledge a finding before the next target hears of it, by the tier of its system or flow.
    One that is left out is not escalated. `tier_1`: of what must not stand still; `tier_2`: of most; `tier_3`: of the
    rest."""

    tier_1: Duration | None = None
    tier_2: Duration | None = None
    tier_3: Duration | None = None

    def of(self, tier: int) -> float | None:
        return {1: self.tier_1, 2: self.tier_2, 3: self.tier_3}.get(tier)


class Step(Model):
    """One step of an escalation. `after`: since the message; `to`: targets that hear of it then. Without `to` it is the
    team that people.yaml names as the owner's `escalation`, at the targets of the routes that fit what that team has;
    a second step without `to` is the team after that."""

    after: After
    to: tuple[Name, ...] = ()


class Route(Model):
    """Which changes of state are told where; every route that fits tells. `to`: targets; `owners`: of findings of these
    teams, none for all; `urgency`: page, ticket, digest; `tiers`: of systems and flows of these tiers, none for all;
    `beside_alertmanager`: also while alerts are pushed to Alertmanager, which else is the one that tells; `escalate`:
    who hears of it while nobody acknowledges it."""

    to: tuple[Name, ...] = Field(min_length=1)
    owners: tuple[Name, ...] = ()
    urgency: tuple[Urgency, ...] = ("page", "ticket")
    tiers: tuple[Tier, ...] = ()
    beside_alertmanager: bool = False
    escalate: tuple[Step, ...] = ()


class Digest(Model):
    """What is open and what happened, one message for each owner. `every`: daily, or weekly with standing approvals and
    what can still be undone; `hour`: of the day in the stack's time zone; `day`: of the weekly one; `owners`: these
    teams, none for all; `to`: targets."""

    every: Literal["daily", "weekly"]
    hour: Hour = 8
    day: Day = "monday"
    owners: tuple[Name, ...] = ()
    to: tuple[Name, ...] = Field(min_length=1)


class Quiet(Model):
    """Hours in which messages wait, in the stack's time zone. `begins` and `ends`: such as 22:00 and 07:00; `page`:
    whether what is urgent waits too."""

    begins: Time
    ends: Time
    page: bool = False


class Notify(Model):
    """Who is told directly. `targets`: places by name; `routes`: which changes of state go where; `digests`:
    summaries for each owner; `quiet`: hours in which messages wait; `undelivered_after`: how long a target may take
    nothing before that is a finding; `kept`: how long a message is tried."""

    targets: dict[Name, Target] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    digests: tuple[Digest, ...] = ()
    quiet: Quiet | None = None
    undelivered_after: Annotated[Duration, Field(ge=60)] = 2 * 3600.0
    kept: Annotated[Duration, Field(ge=3600)] = 7 * 86_400.0


class Report(Model):
    """A report that is made on a schedule (`driftline report` makes it by hand). `every`: weekly or monthly, of the
    week or month that ended the day before; `hour`: of the day in the stack's time zone; `day`: of the weekly one; the
    monthly one is made on the first; `to`: targets of `notify`; `folder`: where it is written as HTML and Markdown,
    relative to the folder that holds config/."""

    every: Literal["weekly", "monthly"]
    hour: Hour = 7
    day: Day = "monday"
    to: tuple[Name, ...] = ()
    folder: Text | None = None
