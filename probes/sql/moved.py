"""What leaves the database and comes to it by logical replication: publications, slots and subscriptions.

A connector that copies changes (Fivetran's and Airbyte's do) reads a publication through a slot. The catalogue shows
both to every role, and of a subscription all but its connection string, which is not read (pg_subscription,
pg_replication_slots, https://www.postgresql.org/docs/15/logical-replication.html). A slot is ill where the log that its
reader still has to read is lost, or is about to be; that nobody reads it just now is well. A subscription is ill where
it is enabled and no worker runs for it.
"""

from __future__ import annotations

from collections import defaultdict

from probes.kit.api import Answer, Client
from probes.kit.coded import made, once

from .rows import rows
from .told import listed, qualified

ACTS = {"inserts": "insert", "updates": "update", "deletes": "delete", "truncates": "truncate"}


@once
async def publications(api: Client) -> Answer:
    """Which tables' changes may be read, and which changes. One of all tables names none."""
    tables: dict[str, list[str]] = defaultdict(list)
    for row in await rows(api, "published"):
        tables[row["publication"]].append(qualified(row["schema"], row["name"]))
    found = await rows(api, "publications")
    return made({"rows": [
        {**row, "acts": ", ".join(word for name, word in ACTS.items() if row[name]),
         "tables": [] if row["whole"] else tables[row["name"]]} for row in found
    ]})  # fmt: skip


@once
async def slots(api: Client) -> Answer:
    """How far readers are kept what they have not read."""
    found = await rows(api, "slots")
    return made({"rows": [{**row, "state": row["kept"] or "unknown"} for row in found]})


@once
async def subscriptions(api: Client) -> Answer:
    """What is copied from elsewhere, and whether somebody is at it."""
    workers = {row["name"]: row for row in await rows(api, "workers") if row["worker"] is not None}
    made_of = []
    for row in await rows(api, "subscriptions"):
        state = "disabled" if not row["enabled"] else "ok" if row["name"] in workers else "failing"
        heard = workers.get(row["name"], {}).get("heard")
        made_of.append({**row, "publications": listed(row["publications"]), "state": state, "heard": heard})
    return made({"rows": made_of})
