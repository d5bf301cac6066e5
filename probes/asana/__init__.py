"""Asana, API 1.0. https://developers.asana.com/reference/rest-api-reference

Least grants: a token of an admin of the organization, best of a service account. A token sees what its user sees: a
guest or a member gets shorter lists of projects, teams and people with a 200, so what its user is in the workspace
stands in the vantage ("admin", "member", "guest", "view-only"), and a loss of it explains what goes with it.

Where the facts are from: the vendor's OpenAPI (Asana/openapi, Apache-2.0), which holds paths, keys, scopes and what
`opt_fields` may ask for; its pages on errors (402: not in this plan), rate limits (per token; 150 a minute on a free
domain, 1,500 on a paid one; Retry-After) and pagination (`next_page` is null at the end, and its offset expires). Names
of custom fields are unique in a workspace, by the description of their creation. Not verified: whether a webhook whose
deliveries fail stays `active` until `failure_deletion_timestamp`; it is called failing as soon as one is tried again;
that `user.email` may be asked for in lists of members (the spec's list of fields has `user` and `user.name`): where it
is not told, a member is known by its gid; that /task_templates tells how it goes on as other lists do (the spec has its
limit and offset, and no next_page). A project and a team tell their own page; that of the admin console,
/admin/<workspace>, is from public code; of custom fields, templates and a team's people none was found, and webhooks
have none.

Not to be had: rules (the API can only trigger them), bundles, forms. Webhooks are only those that were made with this
very token's app, by its user: those of other tools are not seen. Not read: tasks, comments, projects' notes,
portfolios (a token is told its own user's alone), goals, tags, AI teammates, what a task template puts into a task,
`last_failure_content` (it quotes what was delivered). The audit log (Enterprise) is asked who changed something. The
address of a webhook leaves as its host and a digest: it may hold a secret.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client, listed
from probes.kit.auth import bearer
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import HOOK, PROJECT, SECTION, TASK, TEAM, TEMPLATE, TYPE, look, who

PAGES = Paging(style="cursor", next="next_page.offset", into="offset", size=100, size_into="limit")
HOURLY = 3600.0
CONSOLE = "https://app.asana.com/admin/{options.workspace}"
# `representation_type`, and of numbers their `format`.
TYPES = {
    "text": "text", "enum": "option", "multi_enum": "multi_option", "date": "date", "people": "reference",
    "reference": "reference", "custom_id": "id", "formula": "any", "none": "decimal", "custom": "decimal",
    "duration": "decimal", "identifier": "decimal", "percentage": "percent", "currency": "currency", "*": "any",
}  # fmt: skip
FIELD = ("name,description,resource_subtype,representation_type,enum_options.name,enum_options.enabled,precision,"
         "format,currency_code,custom_label,is_formula_field,is_global_to_workspace,asana_created_field,privacy_setting,"
         "default_access_level,input_restrictions,is_value_read_only,id_prefix")  # fmt: skip
# What a role may allow; by the spec each is true or false but two, which have words.
POWERS = (
    "allowed_guest_invites", "assign_roles", "create_and_edit_ai_automations", "create_and_edit_ai_teammates",
    "create_app_authorization", "create_global_custom_fields", "create_goal", "create_pat_authorization",
    "create_portfolio", "create_project", "create_read_only_link", "create_team", "download_mobile_attachments",
    "export_project_data", "import_data", "manage_roles", "proactive_ai", "share_goal_with_domain",
    "share_portfolios_with_org", "share_teams_with_org", "standard_ai", "task_deletion_policy",
    "upload_attachments", "view_public_teams", "view_shared_with_org_portfolios", "view_shared_with_org_projects",
    "view_shared_with_org_tasks",
)  # fmt: skip
WORDED = ("allowed_guest_invites", "task_deletion_policy")
ROLE = ",".join(["name", "description", "is_standard_role", "base_role_type", "modified_at",
                 *(f"permissions.{power}" for power in POWERS)])  # fmt: skip
ALLOWED = ", ".join(f"permissions.{power} && '{power}'" for power in POWERS if power not in WORDED)
MEMBER = "user.email,is_active,is_admin,is_guest,is_view_only"


async def identity(api: Client) -> Vantage:
    """The token's user, the workspace, and what the user is in it."""
    me: dict[str, Any] = (await api.ask(Ask("/users/me", {"opt_fields": "email,name"}))).value("data")
    place = f"/workspaces/{api.options['workspace']}"
    workspace: dict[str, Any] = (await api.ask(Ask(place, {"opt_fields": "name"}))).value("data")
    asked = {"user": "me", "opt_fields": MEMBER, "limit": 1}
    mine = listed((await api.ask(Ask(f"{place}/workspace_memberships", asked))).value(), "data")
    return Vantage(
        account=str(workspace["gid"]),
        account_name=str(workspace.get("name") or ""),
        subject=str(me.get("email") or me["gid"]),
        grants=frozenset(standing(mine[0]) if mine else ()),
        api_version="1.0",
        silent=frozenset({Kind.SCHEMA}),
    )


def standing(membership: dict[str, Any]) -> set[str]:
    """What a user is in a workspace. An admin is a member too: who loses the one may still be the other."""
    if membership.get("is_guest"):
        return {"guest"}
    if membership.get("is_view_only"):
        return {"view-only"}
    return {"admin", "member"} if membership.get("is_admin") else {"member"}


def field(at: str = "") -> dict[str, str]:
    """The facts of a custom field that stands at a path of the row."""
    here = f"{at}." if at else ""
    kind = f"{here}representation_type == 'number' && {here}format || {here}representation_type"
    names = {
        "description": "description", "native_type": "resource_subtype", "precision": "precision",
        "currency_symbol": "currency_code", "calculated": "is_formula_field", "read_only": "is_value_read_only",
        "x_unit": "custom_label", "x_global": "is_global_to_workspace", "x_made_by_asana": "asana_created_field",
        "x_privacy": "privacy_setting", "x_default_access": "default_access_level", "x_prefix": "id_prefix",
        "x_on": "input_restrictions", "options": "enum_options[].{value: name, active: enabled}",
    }  # fmt: skip
    return {"type": kind, **{fact: f"{here}{path}" for fact, path in names.items()}}


PAGE = "https://app.asana.com/0/{parent.key}/list"  # what permalink_url has been since ever, and still leads there

VENDOR = Vendor(
    name="asana",
    title="Asana",
    docs="https://developers.asana.com/reference/rest-api-reference",
    verified=Verified("spec", "2026-11-23"),
    base="https://app.asana.com/api/1.0",
    hosts=("asana.com",),
    schemes={
        "token": bearer(
            "On Enterprise: Admin console > Apps > Service accounts > Add service account, with full permissions. "
            "Elsewhere app.asana.com/0/my-apps > Create new token, as a user of its own who is an admin."
        )
    },
    options={"workspace": OptionSpec(default="", says="gid of the workspace or organization; /workspaces lists those")},
    errors=Errors(failed="errors", message="errors[0].message"),
    limits={"default": Limit(key="{integration}", rate=140, per=60, concurrency=5)},
    identity=identity,
    look=look,
    absent="404 for one thing, where a missing right is 403 (its OpenAPI); or archived, which the list leaves out",
    who=who,
    grants={
        "admin": "Admin console > Members: the token's user is an admin. Others see only what they are members of.",
        "member": "Admin console > Members: the token's user is a member and no guest",
    },
    unseen={Kind.AUTOMATION: "Asana's API does not show rules; look at Customize > Rules in each project"},
    quiet=((Kind.SCHEMA, "projects", "people open projects every day; watch those that forms and flows write to"),),
    notes=(
        "Webhooks are only those that the token's own app has made: those of other tools are not observable.",
        "A token sees what its user sees: a project that leaves the list is asked for by its id, and is gone where "
        "Asana says so (404), and so is a section, a task type or a template.",
        "Free domains allow 150 requests a minute for each token, which is what this reading keeps to.",
    ),
    listings=(
        Listing(
            name="custom-fields", kind=Kind.FIELD, path="/workspaces/{options.workspace}/custom_fields", records="data",
            params={"opt_fields": FIELD}, paging=PAGES, key="name", id="gid", facts=field(), words={"type": TYPES},
            unordered=("x_on",), always=("type",),
        ),
        Listing(
            name="projects", kind=Kind.SCHEMA, path="/workspaces/{options.workspace}/projects", records="data",
            params={"archived": "false", "opt_fields": PROJECT},
            paging=PAGES, key="gid", id="gid", every=HOURLY, always=("label", "x_privacy"),
            facts=keep(label="name", x_privacy="privacy_setting", x_default_access="default_access_level",
                       group="team.name", x_customize="minimum_access_level_for_customization",
                       x_share="minimum_access_level_for_sharing"),
            evidence={"link": "permalink_url"},
        ),
        Listing(
            name="project-fields", kind=Kind.FIELD, for_each="projects", every=HOURLY, records="data", paging=PAGES,
            path="/projects/{parent.key}/custom_field_settings", key="custom_field.name", id="custom_field.gid",
            params={"opt_fields": ",".join(["is_important", *(f"custom_field.{one}" for one in FIELD.split(","))])},
            facts={**field("custom_field"), "x_important": "is_important"}, words={"type": TYPES},
            unordered=("x_on",), always=("type",), link=PAGE,
        ),
        Listing(
            name="sections", kind=Kind.SCHEMA, for_each="projects", scope="{parent.key}.sections", every=HOURLY,
            path="/projects/{parent.key}/sections", params={"opt_fields": SECTION}, records="data", paging=PAGES,
            key="gid", id="gid", facts=keep(label="name"), always=("label",), link=PAGE,
        ),
        Listing(
            name="task-types", kind=Kind.SCHEMA, for_each="projects", scope="{parent.key}.types", every=HOURLY,
            path="/custom_types", records="data", paging=PAGES, key="gid", id="gid", always=("label",),
            params={"project": "{parent.key}", "opt_fields": TYPE},
            facts=keep(label="name", x_statuses="status_options[].{name: name, enabled: enabled,"
                       " completion: completion_state}"),
            link=PAGE,
        ),
        Listing(
            name="project-members", kind=Kind.PERMISSION, for_each="projects", scope="{parent.key}.members",
            path="/projects/{parent.key}/project_memberships", records="data", paging=PAGES, key="member.gid", id="gid",
            params={"opt_fields": "member,access_level"}, every=HOURLY, always=("profile",),
            facts=keep(profile="access_level"), link=PAGE,
        ),
        Listing(
            name="workspace-members", kind=Kind.PERMISSION, records="data", paging=PAGES, key="user.email || user.gid",
            path="/workspaces/{options.workspace}/workspace_memberships", params={"opt_fields": MEMBER}, id="user.gid",
            person=True, always=("active", "admin"),
            facts=keep(active="is_active", admin="is_admin", x_guest="is_guest", x_view_only="is_view_only"),
            link=CONSOLE,
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/roles", records="data", paging=PAGES, key="name", id="gid",
            params={"workspace": "{options.workspace}", "opt_fields": ROLE}, every=HOURLY, always=("vendor_defined",),
            facts=keep("description", vendor_defined="is_standard_role", profile="base_role_type",
                       powers=f"[{ALLOWED}][?@]", x_invites_guests="permissions.allowed_guest_invites",
                       x_deletes_tasks="permissions.task_deletion_policy"),
            evidence={"at": "modified_at"}, link=CONSOLE,
        ),
        Listing(
            name="teams", kind=Kind.PERMISSION, path="/workspaces/{options.workspace}/teams", records="data",
            params={"opt_fields": TEAM},
            paging=PAGES, key="gid", id="gid", every=HOURLY, always=("label", "x_visibility"),
            facts=keep("description", label="name", x_visibility="visibility",
                       x_invites="member_invite_management_access_level",
                       x_guests="guest_invite_management_access_level",
                       x_content="team_content_management_access_level"),
            evidence={"link": "permalink_url"},
        ),
        Listing(
            name="team-members", kind=Kind.PERMISSION, for_each="teams", scope="{parent.key}.people", records="data",
            path="/teams/{parent.key}/team_memberships", paging=PAGES, key="user.email || user.gid", id="gid",
            params={"opt_fields": "user.email,is_admin,is_guest,is_limited_access"}, person=True, every=HOURLY,
            facts=keep(admin="is_admin", x_guest="is_guest", x_limited="is_limited_access"), always=("admin",),
        ),
        Listing(
            name="project-templates", kind=Kind.TEMPLATE, path="/project_templates", records="data", paging=PAGES,
            params={"workspace": "{options.workspace}", "opt_fields": TEMPLATE},
            key="gid", id="gid", every=HOURLY, always=("x_public",),
            facts=keep("description", label="name", owner="owner.gid", x_public="public", x_team="team.name",
                       x_dates="requested_dates[].name", x_roles="requested_roles[].name"),
            unordered=("x_dates", "x_roles"),
        ),
        Listing(
            name="task-templates", kind=Kind.TEMPLATE, for_each="projects", scope="{parent.key}.task-templates",
            path="/task_templates", params={"project": "{parent.key}", "opt_fields": TASK}, records="data",
            paging=PAGES, key="gid", id="gid", every=HOURLY, always=("x_name",), link=PAGE,
            facts=keep(x_name="name", native_type="template.task_resource_subtype", x_makes="template.name"),
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, path="/webhooks", records="data", paging=PAGES, key="gid", id="gid",
            params={"workspace": "{options.workspace}", "opt_fields": HOOK},
            facts=keep(enabled="active", source="resource.name", target="host(target)",
                       x_address_digest="digest(target)",
                       x_filters="known(filters, 'resource_type resource_subtype action fields')"),
            unordered=("x_filters",), always=("enabled",),
            health={
                "state": "active && (delivery_retry_count > `0` && 'failing' || 'ok') || 'disabled'",
                "succeeded_at": "last_success_at", "failed_at": "last_failure_at",
            },
            states={"ok": "ok", "failing": "failing", "disabled": "disabled"},
            evidence={"deleted_at": "failure_deletion_timestamp"},
        ),
        Listing(
            name="workspace", kind=Kind.PLATFORM, path="/workspaces/{options.workspace}", records="data", single=True,
            params={"opt_fields": "name,is_organization,email_domains"}, key="'workspace'", every=HOURLY,
            facts=keep(label="name", x_organization="is_organization", x_domains="email_domains"),
            unordered=("x_domains",), always=("label",), link=CONSOLE,
        ),
    ),
)  # fmt: skip
