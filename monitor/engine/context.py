"""What the judge and the ledger need to know, made from configuration and baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.config import Config
from monitor.core.judge import Context, Subject
from monitor.core.ledger import Limits

from .live import Live

if TYPE_CHECKING:
    from .core import Engine


def limits(config: Config) -> Limits:
    service = config.service
    return Limits(
        confirm=service.poll.confirm_after - 15.0,  # the second look may come a little early, never at once
        brake_share=service.brake.share,
        brake_count=service.brake.count,
    )


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
            subject=approved.subject if approved is not None else "",
        ),
        flows=config.flows,
        definitions=config.definitions,
        overrides=config.overrides,
        planned=engine.baselines.announced,
        allowed_admins=frozenset(engine.people.pseudonym(name) for name in own.allowed_admins),
        profile=config.service.profile,
    )
