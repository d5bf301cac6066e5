"""Jira Cloud, platform REST API v3. https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/

Least grants: an API token of a user (best of a service account) with the global permissions Administer Jira and Browse
users and groups. Jira has no permission to read configuration alone. Who does not administer gets the fields, issue
types and projects of what may be browsed, with a 200, and is refused the rest; so the user's global permissions stand
in the vantage. A token with scopes takes read:jira-work, read:jira-user, manage:jira-configuration and
read:audit-log:jira, and another base address.

Where the facts are from: the vendor's Swagger of July 2022 (paths, keys, permissions, pages), and its reference of
today for workflows, whose search it took away on 1 June 2026 and made anew (CHANGE-2569); its pages on API tokens
(they end after a year at most since 2025), on tokens of service accounts (base address
api.atlassian.com/ex/jira/<cloud id>) and on rate limits (429 with Retry-After; traffic of tokens has burst limits per
address only, no points). Fields of projects that their teams manage come and go with whoever runs them, and so do
their issue types, statuses and workflows: they are left out. Not verified: that a gateway says
"Unauthorized; scope does not match" where a token's scopes do not reach, which is taken as denied, not expired; which
parameters of a workflow's rule name a field, of those that apps add. People, groups and products have their pages at
admin.atlassian.com under an id of the site, which no answer here tells.

Automation rules: see rules.py. They take a token without scopes, and so none of a service account: one with scopes is
answered "scope does not match" whatever it has, as people tell in Atlassian's forum; hence the option automation. A
notification scheme that no project has may not be told at all: it is known by the projects that one administers.

Webhooks and field schemes: see schemes.py. Pages of webhooks and of issue security stand in public code that opens
them; field schemes have none that was found.

Not to be had: webhooks of apps (told to the app that made them alone), deliveries of any, when a token ends (the option
token_ends says so), runs of automation rules. Not read: screens (what stands on which), resolutions and priorities,
issues, comments, filters, dashboards, display names and mail addresses of people, who are known by their account ids;
parameters of rules, which a digest stands for.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Ask, Client
from probes.kit.auth import Basic, Scheme
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.values import instant
from probes.kit.verified import Verified

from .asked import look, who
from .rules import RULES, notices, rules
from .schemes import HOOKS, field_schemes, webhooks
from .told import API, PAGES, contexts, project_roles, schemes, workflows

HOURLY, RARELY = 3600.0, 21_600.0
ADMIN, PEOPLE = ("ADMINISTER",), ("USER_PICKER",)
RIGHTS = ("ADMINISTER", "USER_PICKER", "BROWSE_PROJECTS")  # one that Jira does not know is a 400
# The whole type of a field: what its widget makes of a string, or of what an array has.
TYPE = (
    "ends_with(schema.custom || '', ':textarea') && 'textarea' || ends_with(schema.custom || '', ':url') && 'url' ||"
    " schema.type == 'array' && join(' ', ['array', schema.items || 'any']) || schema.type"
)
TYPES = {
    "string": "text", "textarea": "long_text", "url": "url", "number": "decimal", "date": "date",
    "datetime": "datetime", "option": "option", "option-with-child": "option", "array option": "multi_option",
    "array string": "multi_option", "user": "reference", "array user": "reference", "group": "reference",
    "array group": "reference", "version": "reference", "array version": "reference", "array component": "reference",
    "project": "reference", "issuetype": "reference", "issuelink": "reference", "array issuelinks": "reference",
    "status": "option", "priority": "option", "resolution": "option", "array attachment": "file", "*": "any",
}  # fmt: skip
CHOSEN = "contains(['option', 'option-with-child', 'array option'], x_whole_type)"
OURS = "!scope || scope.type == 'GLOBAL'"
ACTORS = {
    "members": "actors[].actorUser.accountId", "x_groups": "actors[].actorGroup.name", "description": "description",
}  # fmt: skip


async def identity(api: Client) -> Vantage:
    """The site by its address, the token's user, and which global permissions that user has."""
    site: dict[str, Any] = (await api.ask(Ask(f"{API}/serverInfo"))).value()
    me: dict[str, Any] = (await api.ask(Ask(f"{API}/myself"))).value()
    told = await api.ask(Ask(f"{API}/mypermissions", {"permissions": ",".join(RIGHTS)}))
    rights: dict[str, Any] = told.value("permissions")
    held = frozenset(name for name, right in rights.items() if right.get("havePermission") is True)
    return Vantage(
        account=str(site["baseUrl"]).rstrip("/"),
        account_name=str(site.get("serverTitle") or ""),
        subject=str(me["accountId"]),
        grants=held,
        api_version="3",
        locale="en-US",
        credential_expires_at=instant(api.options["token_ends"]),
        silent=frozenset() if "ADMINISTER" in held else frozenset({Kind.SCHEMA, Kind.FIELD, Kind.AUTOMATION}),
    )


VENDOR = Vendor(
    name="jira",
    title="Jira Cloud",
    docs="https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/",
    base="{options.url}",
    hosts=("atlassian.net", "atlassian.com"),
    headers={"accept": "application/json", "accept-language": "en-US", "x-force-accept-language": "true"},
    schemes={
        "token": Scheme(
            fields=("email", "token"),
            build=lambda given: Basic(given, user="email", password="token"),  # noqa: S106  fields' names
            note="admin.atlassian.com > Directory > Service accounts > Create credentials > API token, with the scopes "
            "under grants; or, of a user of its own, id.atlassian.com/manage-profile/security/api-tokens. Put the day "
            "it ends into the option token_ends: no answer tells it.",
        )
    },
    options={
        "url": OptionSpec(
            default="",
            says="https://<site>.atlassian.net; for a token with scopes https://api.atlassian.com/ex/jira/<cloud id>",
        ),
        "automation": OptionSpec(
            default=[],
            says="to read automation rules: the cloud id of the site (https://<site>.atlassian.net/_edge/tenant_info), "
            "in a list; takes a token without scopes",
        ),
        "token_ends": OptionSpec(default="", says="the day on which the token ends, such as 2027-05-31"),
    },
    errors=Errors(
        failed="errors", code="message", message="errorMessages[0] || message || values(errors)[0]",
        faults={"Unauthorized; scope does not match": "denied"},
    ),
    limits={"default": Limit(key="{integration}", rate=5, per=1, concurrency=3)},
    identity=identity,
    verified=Verified("spec", "2026-11-23"),
    look=look,
    absent="an empty answer or 404 to who has the right that the operation takes, where without it Jira says 403 (its "
    "Swagger: fields, contexts, products, groups); or a project that says that it is archived or deleted",
    who=who,
    grants={
        "ADMINISTER": "Settings > System > Global permissions: Administer Jira for a group of the token's user; with "
        "scopes also read:jira-work and manage:jira-configuration",
        "USER_PICKER": "Settings > System > Global permissions: Browse users and groups; with scopes also "
        "read:jira-user",
    },
    unseen={
        Kind.TEMPLATE: "Jira's API has no templates of issues; notification texts are not in it",
    },
    notes=(
        "Automation rules take the option automation and a token without scopes, which no service account has.",
        "The site is known by its address: one that is renamed is another account until it is captured anew.",
        "What belongs to one project that its team manages (fields, issue types, statuses, workflows) is left out.",
        "Webhooks take a token without scopes; those of apps are not told, and how deliveries went is told of none.",
        "Without Administer Jira a field or project that is not told is held, and not called removed.",
    ),
    listings=(
        Listing(
            name="fields", kind=Kind.FIELD, path=f"{API}/field", where="!scope", id="id", every=HOURLY,
            words={"type": TYPES}, always=("label", "type"), needs=ADMIN,
            facts=keep(label="name", type=TYPE, native_type="schema.custom || schema.system", custom="custom",
                       x_whole_type=TYPE, searchable="searchable", x_names="clauseNames"),
            unordered=("x_names",), link="{account}/secure/admin/ViewCustomFields.jspa",
        ),
        Listing(
            name="field-contexts", kind=Kind.FIELD, for_each="fields", only=f"custom && {CHOSEN}", fetch=contexts,
            scope="{parent.key}.contexts", records="values", every=RARELY, per_fetch=2, always=("label",),
            facts=keep(label="name", options="options", x_everywhere="isGlobalContext",
                       x_every_type="isAnyIssueType"),
            repeats={"options": "depends"}, needs=ADMIN,
            link="{account}/secure/admin/ConfigureCustomField!default.jspa?customFieldId={row.number}",
        ),
        Listing(
            name="field-schemes", kind=Kind.SCHEMA, fetch=field_schemes, records="values", key="name", id="id",
            every=RARELY, per_fetch=5, facts=keep("description", default="isDefault"), always=("default",), needs=ADMIN,
            also=(
                View(
                    kind=Kind.FIELD, scope_by="scheme", under="schema/field-schemes", records="fields", key="fieldId",
                    facts=keep(required="parameters.isRequired", x_only_work_types="restrictedToWorkTypes",
                               x_work_types="workTypeParameters[].{work_type: workTypeId, required: isRequired}"),
                    unordered=("x_only_work_types", "x_work_types"), always=("required",), needs=ADMIN,
                ),
            ),
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, path=HOOKS, fetch=webhooks, records="values", key="tail(self)",
            facts=keep("enabled", label="name", target="host(url)", x_address_digest="digest(url)", x_events="events",
                       x_filter_digest='digest(filters."issue-related-events-section")', x_bare="excludeBody"),
            unordered=("x_events",), always=("enabled",), needs=ADMIN, every=HOURLY,
            evidence={"at": "lastUpdated", "by": "lastUpdatedUser"}, link="{account}/plugins/servlet/webhooks",
        ),
        Listing(
            name="issue-types", kind=Kind.SCHEMA, path=f"{API}/issuetype", where="!scope", key="name", id="id",
            every=HOURLY, facts=keep("description", x_subtask="subtask", x_level="hierarchyLevel"),
            always=("x_level",), needs=ADMIN, link="{account}/secure/admin/ViewIssueTypes.jspa",
        ),
        Listing(
            name="statuses", kind=Kind.SCHEMA, path=f"{API}/statuses/search", records="values", paging=PAGES,
            where=OURS, key="name", id="id", every=HOURLY, always=("group",), needs=ADMIN,
            facts=keep("description", group="statusCategory"), link="{account}/secure/admin/ViewStatuses.jspa",
        ),
        Listing(
            name="workflows", kind=Kind.AUTOMATION, fetch=workflows, records="values", where=OURS, key="name", id="id",
            every=HOURLY, always=("steps",), needs=ADMIN, evidence={"at": "updated"},
            facts=keep("description reads writes steps", x_statuses="statuses", x_rules="rules", x_names="names"),
            unordered=("x_statuses", "x_rules"), link="{account}/secure/admin/workflows/ListWorkflows.jspa",
        ),
        Listing(
            name="notification-schemes", kind=Kind.AUTOMATION, fetch=notices, records="values", where=OURS, key="name",
            id="id", every=HOURLY, facts=keep("description actions reads"), always=("actions",), needs=ADMIN,
            link="{account}/secure/admin/EditNotifications!default.jspa?schemeId={id}",
        ),
        Listing(
            name="automation-rules", kind=Kind.AUTOMATION, for_each="options.automation", fetch=rules, per_fetch=100,
            scope="automation-rules", path=RULES.format(site="{parent.key}") + "/summary", records="values", key="uuid",
            id="uuid", every=RARELY, needs=ADMIN,
            facts=keep("description trigger actions reads writes opaque", label="name", active="state == 'ENABLED'",
                       x_scopes="ruleScopeARIs", x_labels="labels", x_chained="chained", x_tells="tells",
                       x_definition="definition"),
            unordered=("x_scopes", "x_labels"), always=("active", "trigger"), evidence={"at": "updated"},
        ),
        Listing(
            name="workflow-schemes", kind=Kind.SCHEMA, path=f"{API}/workflowscheme", records="values", paging=PAGES,
            key="name", id="id", every=HOURLY, always=("default",), needs=ADMIN,
            facts=keep("description", default="defaultWorkflow", x_by_issue_type="issueTypeMappings"),
            link="{account}/secure/admin/ViewWorkflowSchemes.jspa",
        ),
        Listing(
            name="projects", kind=Kind.SCHEMA, path=f"{API}/project/search", params={"orderBy": "key"},
            records="values", paging=PAGES, key="key", id="id", every=HOURLY, always=("label", "x_style"), needs=ADMIN,
            facts=keep("archived", label="name", native_type="projectTypeKey", group="projectCategory.name",
                       x_style="style", x_private="isPrivate"),
            link="{account}/browse/{key}",
        ),
        Listing(
            name="project-roles", kind=Kind.PERMISSION, for_each="projects", fetch=project_roles, per_fetch=5,
            scope="{parent.key}.roles", records="roles", key="name", id="id", every=RARELY, needs=ADMIN,
            facts=keep(**ACTORS), people=("members",), unordered=("x_groups",), always=("description",),
            link="{account}/plugins/servlet/project-config/{parent.key}/roles",
        ),
        Listing(
            name="permission-schemes", kind=Kind.PERMISSION, fetch=schemes, per_fetch=2, key="name", id="id",
            records="permissionSchemes", where="!scope", every=HOURLY, facts=keep("description grants"),
            always=("grants",), needs=ADMIN, link="{account}/secure/admin/EditPermissions!default.jspa?schemeId={id}",
        ),
        Listing(
            name="issue-security", kind=Kind.PERMISSION, path=f"{API}/issuesecurityschemes", key="name", id="id",
            records="issueSecuritySchemes", every=RARELY, needs=ADMIN, always=("x_default",),
            facts=keep("description", x_default="to_string(defaultSecurityLevelId)"),
            link="{account}/secure/admin/ViewIssueSecuritySchemes.jspa",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path=f"{API}/role", where="!scope", key="name", id="id", every=HOURLY,
            facts=keep(**ACTORS), people=("members",), unordered=("x_groups",), always=("description",), needs=ADMIN,
            link="{account}/secure/project/ViewProjectRoles.jspa",
        ),
        Listing(
            name="groups", kind=Kind.PERMISSION, path=f"{API}/group/bulk", records="values", paging=PAGES,
            key="groupId", id="groupId", every=HOURLY, facts=keep(label="name"), always=("label",), needs=PEOPLE,
        ),
        Listing(
            name="group-members", kind=Kind.PERMISSION, for_each="groups", path=f"{API}/group/member",
            params={"groupId": "{parent.key}"}, scope="{parent.key}.members", records="values", paging=PAGES,
            key="accountId", person=True, every=RARELY, facts=keep("active", user_type="accountType"),
            always=("active",), needs=ADMIN,
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path=f"{API}/users/search", where="accountType == 'atlassian'",
            paging=Paging(style="offset", into="startAt", size=200, size_into="maxResults"), key="accountId",
            person=True, every=HOURLY, facts=keep("active", user_type="accountType"), always=("active",), needs=PEOPLE,
        ),
        Listing(
            name="products", kind=Kind.PERMISSION, path=f"{API}/applicationrole", key="key", every=HOURLY,
            facts=keep(label="name", x_groups="groupDetails[].name", x_default_groups="defaultGroupsDetails[].name",
                       x_for_newcomers="selectedByDefault"),
            unordered=("x_groups", "x_default_groups"), always=("label",), needs=ADMIN,
            also=(
                View(
                    kind=Kind.PLATFORM, scope="seats", key="key", facts=keep(maximum="numberOfSeats"), needs=ADMIN,
                    always=("maximum",),
                ),
            ),
        ),
        Listing(
            name="site", kind=Kind.PLATFORM, path=f"{API}/configuration", key="'site'", every=RARELY, single=True,
            facts=keep(x_voting="votingEnabled", x_watching="watchingEnabled", x_unassigned="unassignedIssuesAllowed",
                       x_subtasks="subTasksEnabled", x_links="issueLinkingEnabled", x_time="timeTrackingEnabled",
                       x_attachments="attachmentsEnabled"),
            always=("x_subtasks",), link="{account}/secure/admin/ViewApplicationProperties.jspa",
        ),
    ),
)  # fmt: skip
