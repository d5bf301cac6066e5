"""Zoho CRM beside its lists: what each workflow rule reads and writes, and how its webhooks went.

The list of rules has neither conditions nor actions, so that each rule is asked for; a field update is an action of its
own that rules name by its number. A webhook's failures are a list beside that of webhooks, of 30 days where nothing
else is said: those since yesterday are asked for, in a time zone that no answer tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.paging import Paging
from probes.kit.values import instant

AUTOMATION: Final = "/crm/v8/settings/automation"
PAGES: Final = Paging(style="page", into="page", size=200, size_into="per_page", more="info.more_records")
_DAY: Final = 86_400.0


@once
async def steps(api: Client) -> Answer:
    """Every rule with what it asks of a record and what it does, its field updates among it."""
    updates = await api.every(Ask(f"{AUTOMATION}/field_updates"), PAGES, "field_updates")
    sets = {str(one["id"]): written(one) for one in updates}
    rows = []
    for one in await api.every(Ask(f"{AUTOMATION}/workflow_rules"), PAGES, "workflow_rules"):
        rule: dict[str, Any] = (await api.ask(Ask(f"{AUTOMATION}/workflow_rules/{one['id']}"))).value(
            "workflow_rules.0"
        )
        done = [action for condition in rule["conditions"] for action in _actions(condition)]
        rows.append({
            "module": rule["module"], "name": rule["name"], "id": rule["id"],
            "reads": sorted({name for part in ([c.get("criteria_details") for c in rule["conditions"]],
                                               rule["execute_when"])
                             for name in _asked(part, rule["module"]["api_name"])}),
            "writes": sorted({name for action in done for name in _set(action, sets)}),
            "actions": sorted({str(action["type"]) for action in done}),
        })  # fmt: skip
    return made({"workflow_rules": rows})


def written(update: Mapping[str, Any]) -> list[str]:
    """The field that a field update sets, of the related module where it names one."""
    module = (update.get("related_module") or update["module"])["api_name"]
    return [f"{module}/{update['field']['api_name']}"]


def _actions(condition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a condition does at once, and what later."""
    for part in (condition.get("instant_actions"), *(condition.get("scheduled_actions") or ())):
        yield from (part or {}).get("actions") or ()


def _asked(part: Any, module: str) -> Iterator[str]:
    """The fields that a condition names, at any depth; a part that names its module is about that one's records."""
    if isinstance(part, list):
        for one in part:
            yield from _asked(one, module)
    elif isinstance(part, dict):
        named = part.get("module")
        module = (named.get("api_name") or module) if isinstance(named, dict) else module
        field = part.get("field")
        if isinstance(field, dict) and field.get("api_name"):
            yield f"{module}/{field['api_name']}"
        for name in part.keys() - {"field", "module"}:
            yield from _asked(part[name], module)


def _set(action: Mapping[str, Any], sets: Mapping[str, list[str]]) -> Iterator[str]:
    """The fields that an action writes: by a field update, or into a record that it makes."""
    if action["type"] == "field_updates":
        yield from sets.get(str(action["id"]), ())
    details = action.get("details") or {}
    for one in details.get("field_mappings") or ():
        yield f"{details['module']['api_name']}/{one['field']['api_name']}"


@once
async def webhooks(api: Client) -> Answer:
    """All webhooks, each with when and why it failed last. One that failed within a day is failing; of one that went
    well nothing is told but that it did not fail."""
    rows = await api.every(Ask(f"{AUTOMATION}/webhooks"), PAGES, "webhooks")
    now = api.clock.now()
    since = datetime.fromtimestamp(now - _DAY, UTC).strftime("%Y-%m-%d")
    failed: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for one in await api.every(Ask(f"{AUTOMATION}/webhook_failures", {"from": since}), PAGES, "webhook_failures"):
        failed[str(one["webhook"]["id"])].append((instant(one["failure_time"]) or 0.0, str(one["failure_reason"])))
    told = []
    for row in rows:
        newest = [(at, why) for at, why in failed[str(row["id"])] if at > now - _DAY]
        state = "failed" if newest else "linked" if row["associated"] else "loose"
        told.append({**row, "state": state, "failed_at": max(newest)[0] if newest else None,
                     "errors": sorted({why for _, why in newest})})  # fmt: skip
    return made({"webhooks": told})
