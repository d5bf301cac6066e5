"""Asana on demand: a project, what stands in one, a team, template or webhook, and on Enterprise who changed something.

`look`: by the vendor's OpenAPI 404 says that an object does not exist, and 403 that its user has no access. Custom
fields, roles and members are known by a name or an address, by which none can be asked for. A project
that was archived is there, and the list of projects leaves it out: gone, as the list would have it. `who`: the audit
log (reference: audit_log_events) names the thing by its gid and its name; it takes a service account on Enterprise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.clock import stamp
from probes.kit.contract import Absent, Kind, Ref, Rejected, Sought, Unsupported, window
from probes.kit.errors import not_found
from probes.kit.listing import Found, Told
from probes.kit.values import instant

PROJECT: Final = (
    "name,privacy_setting,default_access_level,team.name,minimum_access_level_for_customization,"
    "minimum_access_level_for_sharing,permalink_url"
)
TEAM: Final = (
    "name,description,visibility,permalink_url,member_invite_management_access_level,"
    "guest_invite_management_access_level,team_content_management_access_level"
)
TEMPLATE: Final = "name,description,public,owner.gid,team.name,requested_dates.name,requested_roles.name"
HOOK: Final = (
    "active,resource.name,target,last_failure_at,last_success_at,delivery_retry_count,failure_deletion_timestamp,"
    "filters.resource_subtype,filters.action,filters.fields"
)
SECTION: Final = "name"
TYPE: Final = "name,status_options.name,status_options.enabled,status_options.completion_state"
TASK: Final = "name,template"
# What stands in a project, by how the scope goes on after the project's gid: the listing, the path, what is asked for.
INSIDE: Final = {
    (Kind.SCHEMA, "sections"): ("sections", "sections", SECTION),
    (Kind.SCHEMA, "types"): ("task-types", "custom_types", TYPE),
    (Kind.TEMPLATE, "task-templates"): ("task-templates", "task_templates", TASK),
}
LOOKED: Final = {
    Ref(Kind.SCHEMA, "projects"): ("projects", f"{PROJECT},archived"),
    Ref(Kind.PERMISSION, "teams"): ("teams", TEAM),
    Ref(Kind.TEMPLATE, "project-templates"): ("project_templates", TEMPLATE),
    Ref(Kind.SYNC, "webhooks"): ("webhooks", HOOK),
}
MOST: Final = 100


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    project, _, part = ref.name.rpartition(".")
    listing, path, fields = INSIDE.get((ref.kind, part), ("", "", "")) if project else ("", *LOOKED.get(ref, ("", "")))
    if not path:
        raise Unsupported(f"Asana is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    try:
        row: dict[str, Any] = (await api.ask(Ask(f"/{path}/{quote(key, safe='')}", {"opt_fields": fields}))).value(
            "data"
        )
    except Rejected as fault:
        if not_found(fault):
            return Absent("404")
        raise
    if row.pop("archived", False) is True:
        return Absent("archived")
    return Found(listing, row, {"key": project, "id": project}) if listing else Found(ref.name, row)


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the audit log, asked for once."""
    since, until = (stamp(at, "milliseconds") for at in window(sought))
    asked: dict[str, Any] = {
        "start_at": since,
        "end_at": until,
        "limit": MOST,
    }
    if len(sought) == 1 and sought[0].id:
        asked["resource_gid"] = sought[0].id
    path = f"/workspaces/{api.options['workspace']}/audit_log_events"
    events: list[dict[str, Any]] = (await api.ask(Ask(path, asked))).value("data")
    return [_did(events, one) for one in sought]


def _did(events: Sequence[dict[str, Any]], sought: Sought) -> dict[str, Any]:
    for event in reversed(events):  # the oldest comes first
        thing, actor = event.get("resource") or {}, event.get("actor") or {}
        at = instant(event["created_at"]) or 0.0
        if sought.during(at) and sought.names & {str(thing.get("gid")), str(thing.get("name"))}:
            by = actor.get("email") or actor.get("gid")
            return {"by": by, "at": event["created_at"], "action": event["event_type"], "how": "named"}
    return {}
