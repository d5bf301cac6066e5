"""What the judge and the ledger need to know, made from configuration and baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from monitor.config import Config
from monitor.core.judge import Context, Subject
from monitor.core.ledger import Limits

from .author import actor
from .live import Live

if TYPE_CHECKING:
    from .core import Engine


SECOND_LOOK = 30.0  # seconds that pass at least before a removal that was seen is believed; asked for a little later


def limits(config: Config) -> Limits:
    service = config.service
    return Limits(
        confirm=SECOND_LOOK,
        brake_share=service.brake.share,
        brake_count=service.brake.count,
    )


def reader(engine: Engine, subject: str) -> str:
    """The user that the credential reads as, as the keys of users have it: a pseudonym in place of a mailbox."""
    return engine.people.pseudonym(subject) if "@" in subject else subject


def context(engine: Engine, live: Live) -> Context:
    """For one integration, until configuration, baselines or its identity change."""
    config, own = engine.config, live.config
    approved = live.approved or live.vantage
    return Context(
        integration=Subject(
            name=live.name,
            vendor=own.vendor,
            environment=own.environment,
            class_=own.class_,
            owner=own.owner,
            tier=own.tier,
            subject=reader(engine, approved.subject) if approved is not None else "",
        ),
        flows=config.flows,
        definitions=config.definitions,
        overrides=config.overrides,
        planned=tuple(one for one in engine.baselines.announced if one.concerns(live.name)),
        allowed_admins=frozenset(engine.people.pseudonym(name) for name in own.allowed_admins),
        profile=config.service.profile,
        own_sets=live.own_sets,
        standing=tuple(replace(one, actor=actor(engine, one.actor)) for one in engine.baselines.standing),
        strong=live.strong,
        references=live.uses,
        flows_complete=live.name in config.complete,
    )
