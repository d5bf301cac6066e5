"""What tests of direct notifications share: an engine whose configuration says who is told, and a look at once."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from monitor.config.notifying import Notify, Report
from monitor.core.model import Finding, Urgency
from monitor.engine.statuses import urgency

from .conftest import World

CRM = "salesforce-prod"
SECRET = "a-secret-of-webhooks"


def told(world: World, monkeypatch: Any, url: str = "", reports: Any = (), **notify: Any) -> None:
    """Changes who is told, as a reload would. `hook` is a webhook at `url`."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    hook = {"webhook": {"url": f"{url}/hook", "secret": "${env:HOOK_SECRET}", "allow_private": True}}
    notify["targets"] = {**({"hook": hook} if url else {}), **notify.get("targets", {})}
    made = {
        "notify": Notify.model_validate_json(json.dumps(notify)),
        "reports": tuple(Report.model_validate_json(json.dumps(one)) for one in reports),
    }
    config = world.engine.config
    world.engine.config = replace(config, service=config.service.model_copy(update=made))


async def look(world: World) -> None:
    """What the daemon does a few times a minute, until all that can be sent was."""
    await world.engine.notifying.look()
    await world.engine.notifying.delivering.settled()


async def relabelled(world: World, name: str, label: str) -> Finding | None:
    """A field of Lead is called something else: drift at once. Gives its finding, None once it is as it was."""
    world.salesforce.alter_field(object="Lead", name=name, label=label)
    await world.engine.poll(CRM)
    await world.engine.demand.settled()
    return next(iter(world.open(subject=CRM, key=name, fact="label")), None)


async def paging(world: World) -> Finding:
    """Rows of an import on the flow of tier 1 are refused. Gives the finding that pages."""
    world.salesforce.bulk_job(object="Lead", rows=400, failed=390)
    await world.player.round()
    (found,) = [one for one in world.open(source="health") if urgency(world.engine, one) is Urgency.PAGE]
    return found
