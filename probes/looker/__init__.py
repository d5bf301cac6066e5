"""Looker, API 4.0. https://cloud.google.com/looker/docs/reference/looker-api/latest

Least grants: an API key of a user (or service account) of its own, whose roles have what stands under `grants` on all
models. Looker shows everybody the models, explores, groups and users that they may see, with a 200, and leaves `sql`
out of a field for whoever may not see LookML; so what the user's roles allow stands in the vantage.

Where the facts are from: the vendor's OpenAPI (looker-open-source/sdk-codegen, 4.0.26.12, MIT) for every path,
parameter and key; a sign-in is POST /login with client_id and client_secret as a form. Errors have a `message`. A
404 is also the answer about what one may not see (its page on troubleshooting 404 errors), so that it proves nothing
here. Not verified: the words of a field's `type`, which are those of LookML. No limit of requests is published.

Reports: dashboards are searched with their tiles (/dashboards/search answers whole ones); Looks are listed, and the
query of each is asked for once a day (/looks/{id}: no list has it). `fields` names what they use as
model/explore/field, by the scopes of fields. Keys within keys are asked for as the vendor's own gzr does,
`folder(id,name)`. Left out is what stands in personal folders: it comes and goes with its owner. What is put in the
trash leaves the lists. Only an administrator sees all folders; which ones others see no answer tells, so their lists
are silent. Not verified: what stands in `dynamic_fields` (custom fields name what they are made of in `based_on`, or
as ${view.field}). Not told: fields of merged results (their explores are) and of tiles of SQL Runner, which make a
dashboard opaque; LookML dashboards, which are code of the project.

One thing on demand and who changed it: asked.py. A user has the roles of its groups too, so groups are searched with
their roles. Not verified: which right shows projects and integrations (its reference says "visible to the current
user"): they are taken to be whole for an administrator. Links are the addresses of its own pages; the addresses of the
pages of integrations and of the release were found nowhere: these two have no link, nor has a plan of a single query.

Never asked: tests of connections and content validation (the one asks the database, the other takes minutes), queries
run. Not read: values of filters (a digest leaves here: they may be people), credentials, views, favourites, LookML,
values of an integration's parameters, who may see which folder (a request a folder). Of a repository's address a digest
leaves here: it may hold a token. Addresses of a plan are people, or hosts without the path, which may hold one too.
`sql` of a measure is what a figure such as "qualified" means: it is a fact.
"""

from __future__ import annotations

from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, listed, several
from probes.kit.auth import Credentials, Exchange, Scheme
from probes.kit.coded import each, made, once
from probes.kit.contract import Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Row, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import look, who
from .content import LOOK, dashboards, look_queries

PAGE = "https://{options.host}"
HOURLY = 3600.0
DAILY = 86_400.0
PAGES = Paging(style="offset", into="offset", size=500, size_into="limit")
TYPES = {
    "string": "text", "number": "decimal", "yesno": "boolean", "date": "date", "date_date": "date", "zipcode": "text",
    "date_time": "datetime", "date_raw": "datetime", "date_month": "text", "date_week": "text", "date_quarter": "text",
    "date_year": "integer", "time": "datetime", "datetime": "datetime", "tier": "option", "bin": "option",
    "location": "geo", "distance": "decimal", "count": "integer", "count_distinct": "integer", "sum": "decimal",
    "sum_distinct": "decimal", "average": "decimal", "average_distinct": "decimal", "median": "decimal",
    "max": "decimal", "min": "decimal", "percentile": "decimal", "list": "text", "unquoted": "text", "*": "any",
}  # fmt: skip
PARTS: Final = ("dimensions", "measures", "filters", "parameters")
SHARED: Final = "!(folder.is_personal || folder.is_personal_descendant)"


async def sign_in(credentials: Credentials) -> Ask:
    user, secret = await credentials.get("client_id"), await credentials.get("client_secret")
    return Ask("/login", form={"client_id": user, "client_secret": secret})


async def identity(api: Client) -> Vantage:
    """The key's user, and what its roles allow."""
    me: dict[str, Any] = (await api.ask(Ask("/user", {"fields": "id,email,display_name,role_ids,locale"}))).value()
    ids = ",".join(sorted(map(str, several(me.get("role_ids"), "role_ids"))))
    roles = (
        several((await api.ask(Ask("/roles", {"ids": ids, "fields": "name,permission_set"}))).value(), "roles")
        if ids
        else []
    )
    held = {
        power
        for role in roles
        for power in several((role.get("permission_set") or {}).get("permissions"), "permissions")
    }
    release = (await api.ask(Ask("/versions", {"fields": "looker_release_version"}))).value("looker_release_version")
    silent = {Kind.SCHEMA, Kind.FIELD}  # a new access grant leaves out an explore or a field, and no answer tells
    return Vantage(
        account=api.base.partition("//")[2].partition("/")[0],
        subject=str(me.get("email") or me.get("display_name") or me["id"]),
        grants=frozenset([*map(str, held), *(f"role:{role['name']}" for role in roles)]),
        api_version=f"4.0, Looker {release}",
        locale=str(me.get("locale") or ""),
        silent=frozenset(silent if "administer" in held else silent | {Kind.TEMPLATE, Kind.AUTOMATION}),
    )


@once
async def explores(api: Client) -> Answer:
    """The explores of all models."""
    models = await api.every(Ask("/lookml_models", {"fields": "name,explores"}), PAGES, "")
    rows = [{**one, "model": model["name"]} for model in models for one in model.get("explores") or ()]
    return made({"rows": rows})


@each
async def fields(api: Client, parent: Row) -> Answer:
    """The dimensions, measures, filters and parameters of an explore."""
    path = f"/lookml_models/{parent['x_model']}/explores/{parent['x_explore']}"
    told = (await api.ask(Ask(path, {"fields": "fields"}))).value("fields")
    if not told:
        raise Malformed(f"{path} has no fields")
    here = {"in_model": parent["x_model"], "in_explore": parent["x_explore"]}
    rows = [{**one, **here} for part in PARTS for one in listed(told, part, or_none=True)]
    return made({"rows": rows})


VENDOR = Vendor(
    name="looker",
    title="Looker",
    docs="https://cloud.google.com/looker/docs/reference/looker-api/latest",
    base="https://{options.host}/api/4.0",
    hosts=("{base}",),
    schemes={
        "api-key": Scheme(
            fields=("client_id", "client_secret"), build=lambda given: Exchange(given, sign_in, lifetime=3600.0),
            note="Admin > Users > the user of its own > API Keys > Edit Keys > New API Key.",
        )
    },
    options={"host": OptionSpec(default="", says="host of the instance, such as example.cloud.looker.com")},
    errors=Errors(message="message"),
    limits={"default": Limit(key="{host}", rate=5, per=1, concurrency=3)},
    verified=Verified("spec", "2026-11-23"),
    identity=identity,
    look=look,
    who=who,
    absent="a dashboard or Look in the trash is told with `deleted`; a 404 is not taken for that",
    grants={
        "explore": "Admin > Roles: a role with explore on all models",
        "see_lookml": "Admin > Roles: see_lookml, without which no field tells its SQL",
        "see_users": "Admin > Roles: see_users: users and groups",
        "see_datagroups": "Admin > Roles: see_datagroups",
        "see_schedules": "Admin > Roles: see_schedules: the plans of others",
        "see_user_dashboards": "Admin > Roles: see_user_dashboards",
        "see_looks": "Admin > Roles: see_looks",
        "administer": "Admin > Roles: the role Admin, without which roles and connections are not told",
    },
    notes=(
        "Dashboards and Looks of personal folders are left out; what is moved there leaves the list.",
        "A user without `administer` sees the reports of folders that are shared with it; nothing tells which.",
        "An explore or field under an access grant is told to whoever has its value of the user attribute: give it"
        " all of them. What a new grant keeps from it leaves the lists as what was deleted does, so that explores and"
        " fields that are missing are held until a person releases them.",
        "A 404 is also the answer about what one may not see: it proves nothing.",
        "`base` may name a port where the API is not on that of the pages: https://looker.example.com:19999/api/4.0.",
    ),
    listings=(
        Listing(
            name="models", kind=Kind.SCHEMA, path="/lookml_models", key="name", paging=PAGES, always=("label",),
            params={"fields": "name,label,project_name,allowed_db_connection_names,unlimited_db_connections"},
            facts=keep("label", group="project_name", x_connections="allowed_db_connection_names",
                       x_any_connection="unlimited_db_connections"),
            unordered=("x_connections",), needs=("explore",), link=f"{PAGE}/projects/{{row.project_name}}",
        ),
        Listing(
            name="explores", kind=Kind.SCHEMA, path="/lookml_models", fetch=explores, records="rows",
            key="[model, name]", always=("x_model", "x_explore"), needs=("explore",),
            facts=keep("label description hidden", group="group_label", x_model="model", x_explore="name"),
            link=f"{PAGE}/explore/{{row.model}}/{{row.name}}",
        ),
        Listing(
            name="fields", kind=Kind.FIELD, for_each="explores", fetch=fields, records="rows", key="name",
            path="/lookml_models/{parent.x_model}/explores/{parent.x_explore}", words={"type": TYPES}, every=HOURLY,
            facts=keep("label type description hidden", native_type="type", formula="sql", group="view_label",
                       default="default_filter_value", name_field="primary_key", calculated="measure",
                       options="enumerations[].{value: to_string(value), label: label}", x_category="category",
                       x_filters="filters[].{field: field, condition: condition}",
                       x_format="value_format_name || value_format", x_tags="tags",
                       x_error="error && 'the field has an error'"),
            unordered=("x_tags", "x_filters"), always=("type", "x_category"), needs=("explore", "see_lookml"),
            link=f"{PAGE}/explore/{{row.in_model}}/{{row.in_explore}}",
        ),
        Listing(
            name="user-attributes", kind=Kind.FIELD, path="/user_attributes", key="name", id="id",
            words={"type": TYPES}, facts=keep("label type", native_type="type", masked="value_is_hidden",
                                              vendor_defined="is_system", updateable="user_can_edit"),
            always=("type",), every=HOURLY, needs=("administer",), link=f"{PAGE}/admin/user_attributes",
        ),
        Listing(
            name="connections", kind=Kind.PLATFORM, path="/connections", key="name", every=HOURLY,
            always=("x_dialect",),
            params={"fields": "name,dialect_name,host,database,schema,ssl,pdts_enabled,db_timezone,max_connections"},
            facts=keep(label="name", x_dialect="dialect_name", domain="host", x_database="database", x_schema="schema",
                       x_ssl="ssl", x_tables="pdts_enabled", timezone="db_timezone", maximum="max_connections"),
            needs=("administer",), link=f"{PAGE}/admin/connections",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/roles", key="name", id="id", always=("permission_sets",),
            facts=keep(permission_sets="[permission_set.name]", x_models="model_set.name", vendor_defined="internal"),
            needs=("administer",), every=HOURLY, link=f"{PAGE}/admin/roles",
        ),
        Listing(
            name="permission-sets", kind=Kind.PERMISSION, path="/permission_sets", key="name", id="id", every=HOURLY,
            facts=keep(powers="permissions", admin="all_access", vendor_defined="built_in"), always=("powers",),
            needs=("administer",), link=f"{PAGE}/admin/roles",
        ),
        Listing(
            name="model-sets", kind=Kind.PERMISSION, path="/model_sets", key="name", id="id", every=HOURLY,
            facts=keep(view_all="all_access", vendor_defined="built_in", x_models="models"), unordered=("x_models",),
            always=("view_all",), needs=("administer",), link=f"{PAGE}/admin/roles",
        ),
        Listing(
            name="groups", kind=Kind.PERMISSION, path="/groups/search/with_roles", key="name", id="id", paging=PAGES,
            params={"fields": "id,name,include_by_default,externally_managed,roles(name)"}, every=HOURLY,
            facts=keep(roles="roles[].name", x_everybody="include_by_default", x_external="externally_managed"),
            always=("x_everybody",), needs=("see_users",),
            link=f"{PAGE}/admin/groups",
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/users", key="email || service_account_name || id", id="id",
            params={"fields": "id,email,is_disabled,role_ids,group_ids,is_service_account,service_account_name"},
            paging=PAGES, person=True, always=("active",), needs=("see_users",),
            facts=keep(active="is_disabled == `false`", roles="role_ids", teams="group_ids",
                       x_service_account="is_service_account"),
            link=f"{PAGE}/admin/users/{{id}}/edit",
        ),
        Listing(
            name="datagroups", kind=Kind.SYNC, path="/datagroups", key="[model_name, name]", id="id",
            facts=keep(source="model_name"), always=("source",), needs=("see_datagroups",),
            health={"state": "trigger_error && 'error' || 'ok'", "succeeded_at": "triggered_at",
                    "errors": "trigger_error && ['the trigger failed'] || `[]`"},
            states={"ok": "ok", "error": "failing"}, link=f"{PAGE}/admin/datagroups",
        ),
        Listing(
            name="plans", kind=Kind.AUTOMATION, path="/scheduled_plans", params={"all_users": "true"}, key="id",
            id="id", every=HOURLY, always=("active",), needs=("see_schedules",),
            facts=keep(label="name || title", active="enabled", trigger="crontab || datagroup",
                       object="dashboard_id || lookml_dashboard_id || look_id || query_id", x_zone="timezone",
                       actions="scheduled_plan_destination[].type", owner="user.display_name",
                       x_hosts="scheduled_plan_destination[?type != 'email'].host(address)",
                       x_recipients="scheduled_plan_destination[?type == 'email'].address",
                       x_as_recipient="run_as_recipient"),
            people=("owner", "x_recipients"), unordered=("x_hosts", "x_recipients"),
            evidence={"at": "updated_at", "last_run": "last_run_at", "next_run": "next_run_at"},
            link=(f"{PAGE}/dashboards/{{row.dashboard_id}}", f"{PAGE}/dashboards/{{row.lookml_dashboard_id}}",
                  f"{PAGE}/looks/{{row.look_id}}"),
        ),
        Listing(
            name="dashboards", kind=Kind.TEMPLATE, path="/dashboards/search", fetch=dashboards, records="rows",
            key="id", id="id", where=SHARED, every=HOURLY, needs=("see_user_dashboards", "administer"),
            facts=keep("description", label="title", folder="folder.name", owner="user_name", fields="used",
                       x_explores="explores", x_filters_digest="digest(narrowed)", x_hidden="hidden",
                       x_certified="certification_metadata.certification_status", opaque="opaque",
                       x_owner_disabled="is_owner_disabled", x_refresh="refresh_interval", x_zone="query_timezone"),
            people=("owner",), unordered=("x_explores",), always=("opaque",),
            evidence={"at": "updated_at", "by": "last_updater_name"}, link=f"{PAGE}/dashboards/{{key}}",
        ),
        Listing(
            name="looks", kind=Kind.TEMPLATE, path="/looks/search", params={"deleted": "false", "fields": LOOK},
            paging=PAGES, key="id", id="id", where=SHARED, every=HOURLY, needs=("see_looks", "administer"),
            facts=keep("description", label="title", folder="folder.name", owner="user_name", x_public="public",
                       x_certified="certification_metadata.certification_status",
                       x_owner_disabled="is_owner_disabled"),
            people=("owner",), always=("x_public",), evidence={"at": "updated_at"}, link=f"{PAGE}/looks/{{key}}",
        ),
        Listing(
            name="look-queries", kind=Kind.TEMPLATE, for_each="looks", scope="{parent.key}.look", fetch=look_queries,
            path="/looks/{parent.id}", records="rows", key="id", id="id", every=DAILY,
            needs=("see_looks", "administer"),
            facts=keep(label="title", fields="used", x_explores="explores", x_filters_digest="digest(narrowed)"),
            unordered=("x_explores",), always=("x_explores",), link=f"{PAGE}/looks/{{key}}",
        ),
        Listing(
            name="alerts", kind=Kind.AUTOMATION, path="/alerts/search", params={"all_owners": "true"}, key="id",
            id="id", paging=PAGES, every=HOURLY, always=("active",), needs=("administer",),
            facts=keep("description", label="custom_title || field.title", active="is_disabled == `false`",
                       status="disabled_reason", trigger="cron", owner="owner_display_name",
                       reads="[field.name, field.filter[].field_name, applied_dashboard_filters[].field_name][]",
                       actions="destinations[].destination_type",
                       x_dashboard="investigative_content_id || lookml_dashboard_id",
                       x_when="comparison_type", x_threshold="threshold",
                       x_recipients="destinations[].email_address"),
            people=("owner", "x_recipients"), unordered=("x_recipients",), link=f"{PAGE}/admin/alerts",
        ),
        Listing(
            name="release", kind=Kind.PLATFORM, path="/versions", key="'release'", every=HOURLY, single=True,
            always=("version",),
            facts=keep(version="looker_release_version", versions="supported_versions[].version",
                       status="supported_versions[?version == '4.0'] | [0].status"),
            needs=(),
        ),
        Listing(
            name="projects", kind=Kind.PLATFORM, path="/projects", key="id", id="id", every=HOURLY, always=("x_git",),
            params={"fields": "id,name,uses_git,git_remote_url,git_production_branch_name,pull_request_mode,"
                              "validation_required,allow_warnings,git_release_mgmt_enabled,is_git_dev_locked"},
            facts=keep(label="name", x_git="uses_git", x_remote_digest="digest(git_remote_url)",
                       x_branch="git_production_branch_name", x_pull_requests="pull_request_mode",
                       x_must_validate="validation_required", x_lets_warnings="allow_warnings",
                       x_releases="git_release_mgmt_enabled", x_locked="is_git_dev_locked"),
            needs=("administer",), link=f"{PAGE}/projects/{{key}}",
        ),
        Listing(
            name="integrations", kind=Kind.SYNC, path="/integrations", key="id", id="id", every=HOURLY,
            params={"fields": "id,integration_hub_id,label,enabled,supported_action_types,required_fields"},
            facts=keep("label enabled", x_from="supported_action_types", x_hub="integration_hub_id",
                       x_fields="required_fields[].[tag, any_tag, all_tags][] | [] | [?@]"),
            unordered=("x_from", "x_fields"), always=("enabled",), needs=("administer",),
        ),
    ),
)  # fmt: skip
