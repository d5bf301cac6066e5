"""monday.com, platform API (GraphQL) of version 2026-10. https://developer.monday.com/api-reference

Least grants: a personal token of an account admin, best of a user of its own. A token sees the boards, people and teams
that its user sees, with a 200: boards that are private to others are not in its lists. What its user is stands in the
vantage ("admin", "member", "guest", "view-only"), and a loss of it explains what goes with it.

Where the facts are from: the vendor's reference (boards, columns, users, webhooks, workspaces, account, version,
errors, rate limits) and its published types (mondaycom/monday-graphql-api) for every key and for the types of columns.
Errors come with a 200 and `errors[].extensions.code`, sometimes beside data, which is then not believed; since 2025-10
an exhausted budget tells when it fills again. Calls of a day hang on the plan (200 to 25,000, its page on rate limits).
`settings_str` is JSON in a string: labels of status and dropdown columns, formulas and connected boards are read out of
it, all else is not. A version is current for a quarter and maintained for another (its page on versions); since 2026-10
a user has `kind` and `status` in the place of flags (its guide to that). All queries and keys stand in the schema of
2026-10 that the vendor publishes with its own server for agents (mondaycom/mcp), where `kind` is "admin", "member" and
the like. Not verified: that `updated_at` of an automation moves with what people change alone; keys inside of
`settings_str`, which no page lists whole; whether a deactivated user is in
`users` (only active ones are, by its default); whether one who is no admin gets fewer automations, or none; that null
in the place of a board's validations says that it has none; which words `state` of a connection has beside active and
inactive.

Links: boards and users tell their own page (`url`); those of a workspace, of billing and of the API's page lie under
the account's own name (`slug`), as public code opens them; of roles, automations and connections none was found.

Not to be had: what an automation reads and writes (its blocks are of no published shape), automations that were set up
in an older way (told of a board alone, in a shape published nowhere), rights of a role and of a column, deliveries of
webhooks and their addresses, webhooks of boards that the token's user does not see. Not read: how runs of automations
went (`trigger_events` says neither of which automation a run is nor in which order they come); items, updates, files,
whose a connection is, and the account's audit log (of Enterprise, by a token of its own), so that who changed a user, a
workspace, an automation or a webhook is not told: an automation has its time alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probes.kit.api import Client
from probes.kit.auth import Header, Scheme
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .asked import look, who
from .calls import (
    SPACES,
    account,
    automations,
    boards,
    connections,
    every,
    roles,
    told,
    users,
    validations,
    webhooks,
)

HOURLY = 3600.0
VERSION: Final = "2026-10"
TYPES = {
    "name": "text", "text": "text", "long_text": "long_text", "numbers": "decimal", "rating": "integer",
    "vote": "integer", "auto_number": "integer", "item_id": "id", "checkbox": "boolean", "date": "date",
    "timeline": "json", "week": "json", "hour": "time", "time_tracking": "json", "creation_log": "datetime",
    "last_updated": "datetime", "world_clock": "text", "status": "option", "dropdown": "multi_option",
    "tags": "multi_option", "email": "email", "phone": "phone", "link": "url", "location": "geo", "country": "option",
    "color_picker": "text", "people": "reference", "person": "reference", "team": "reference", "file": "file",
    "board_relation": "reference", "dependency": "reference", "subtasks": "reference", "mirror": "any",
    "formula": "any", "progress": "percent", "button": "any", "doc": "file", "*": "any",
}  # fmt: skip
# The shape of a column's rules stands in its answers alone; other keys may be the vendor's own news.
RULES: Final = "column rules if then and or operator value values column_id compare_value"
ME: Final = "query Me { me { id email kind account { id name } } version { value kind } }"


async def identity(api: Client) -> Vantage:
    """The token's user, what the user is, and the version that answers."""
    found: dict[str, Any] = await told(api, "Me", ME)
    me = found["me"]
    return Vantage(
        account=str(me["account"]["id"]),
        account_name=str(me["account"].get("name") or ""),
        subject=str(me.get("email") or me["id"]),
        grants=frozenset(standing(me)),
        api_version=str(found["version"]["value"]),
        silent=frozenset({Kind.SCHEMA, Kind.AUTOMATION}),
    )


def standing(me: Mapping[str, Any]) -> set[str]:
    """What a user is. An admin is a member too: who loses the one may still be the other."""
    kind = str(me["kind"]).lower()
    return {"admin", "member"} if kind == "admin" else {kind.replace("_", "-")}


VENDOR = Vendor(
    name="monday",
    title="monday.com",
    docs="https://developer.monday.com/api-reference",
    base="https://api.monday.com",
    hosts=("monday.com",),
    headers={"api-version": VERSION},
    schemes={
        "token": Scheme(
            fields=("token",), build=lambda given: Header(given, Authorization="{token}"),
            note="As an admin's user of its own: the picture at the top > Developers > API token > Show.",
        )
    },
    errors=Errors(
        failed="errors", code="errors[0].extensions.code || error_code", message="errors[0].message || error_message",
        wait="errors[0].extensions.retry_in_seconds",
        faults={"USER_UNAUTHORIZED": "denied", "UserUnauthorizedException": "denied", "NOT_AUTHENTICATED": "expired",
                "ComplexityException": "throttled 30", "COMPLEXITY_BUDGET_EXHAUSTED": "throttled 30",
                "maxConcurrencyExceeded": "throttled 5", "RateLimitExceeded": "throttled 60",
                "FIELD_LIMIT_EXCEEDED": "throttled 30", "IP_RATE_LIMIT_EXCEEDED": "throttled 60",
                "DAILY_LIMIT_EXCEEDED": "throttled 3600", "API_TEMPORARILY_BLOCKED": "unreachable"},
    ),
    limits={"default": Limit(key="{integration}", rate=60, per=60, concurrency=2)},
    # Calls a day of an account, by its plan; they begin again at midnight UTC.
    quota=Quota(per_day=1_000, resets="UTC", plans={"free": 200, "basic": 1_000, "standard": 1_000, "pro": 10_000,
                                                    "enterprise": 25_000}),
    options={"plan": OptionSpec(default="standard", says="free, basic, standard, pro or enterprise: calls of a day")},
    reads=("/v2",),
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    absent="`state` archived or deleted of a board or workspace, which the lists leave out (reference: boards)",
    who=who,
    grants={
        "admin": "Administration > Users: the token's user is an admin. Private boards of others stay unseen.",
        "member": "Administration > Users: the token's user is a member and no guest or viewer",
    },
    lacks={Kind.TEMPLATE: "a board made from a template is a board like any other"},
    sunset={VERSION: "2027-04-01"},
    quiet=((Kind.SCHEMA, "workspaces", "people open workspaces every day"),),
    notes=(
        "What an automation reads and writes is not told, and those of an older make are not listed: look at Automate.",
        "A board made private cannot be told from one that is gone: it is held until a person releases it.",
        "A free account has 200 calls a day, basic and standard ones 1,000: say `plan`, and read a free one hourly.",
        "A webhook's address is told to nobody: that it is there is all there is to see.",
    ),
    exempt={"cursor": "its lists are put together up to an empty page before they become rows"},
    listings=(
        Listing(
            name="boards", kind=Kind.SCHEMA, path="/v2", fetch=boards, records="rows", key="id", id="id",
            facts=keep("description", label="name", group="workspace.name", x_kind="board_kind", x_type="type",
                       x_edited_by="permissions", x_views="views[].join(' ', [name, type])"),
            unordered=("x_views",), always=("label", "x_kind"), evidence={"link": "url"},
            also=(
                View(
                    kind=Kind.FIELD, scope_by="of", under="schema/boards", records="columns", key="id", id="id",
                    words={"type": TYPES}, always=("type",),
                    facts=keep("type description archived formula", label="title", native_type="type",
                               options="labels[].{value: @}", references="boards[].to_string(@)"),
                    evidence={"link": "url"},
                ),
            ),
        ),
        Listing(
            name="webhooks", kind=Kind.SYNC, for_each="boards", scope="{parent.key}.webhooks", path="/v2", batch=25,
            fetch=webhooks, records="rows", key="id", id="id", every=6 * HOURLY, always=("trigger",),
            facts=keep(trigger="event", x_config_digest="digest(config)"), link="https://monday.com/boards/{parent.key}",
        ),
        Listing(
            name="validations", kind=Kind.FIELD, for_each="boards", scope="{parent.key}.validations", path="/v2",
            batch=25, fetch=validations, records="rows", key="id", every=HOURLY, always=("required",),
            facts=keep("required", x_rules_digest=f"digest(known(rules, '{RULES}'))"), link="https://monday.com/boards/{parent.key}",
        ),
        Listing(
            name="automations", kind=Kind.AUTOMATION, path="/v2", fetch=automations, records="rows", key="id", id="id",
            facts=keep("description active opaque", label="title", object="board", x_changed="updated_at",
                       x_template="template"),
            always=("active",), evidence={"at": "updated_at"}, every=HOURLY,
        ),
        Listing(
            name="connections", kind=Kind.SYNC, path="/v2", fetch=connections, records="rows", key="id", id="id",
            facts=keep(native_type="provider", x_method="method"), health={"state": "state"},
            states={"active": "ok", "inactive": "disabled"}, always=("native_type",), needs=("admin",), every=HOURLY,
            evidence={"at": "updatedAt"},
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path="/v2", fetch=roles, records="rows", key="name", id="id",
            facts=keep(x_type="roleType"), always=("x_type",), every=HOURLY,
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/v2", fetch=users, records="rows", key="email", id="id",
            person=True, always=("active", "admin"), every=HOURLY, evidence={"link": "url"},
            facts=keep(active="enabled", admin="is_admin", user_type="kind", teams="teams[].name", x_guest="is_guest",
                       x_view_only="is_view_only", x_pending="is_pending"),
        ),
        Listing(
            name="workspaces", kind=Kind.SCHEMA, path="/v2", fetch=every("Spaces", "workspaces", SPACES), key="id",
            records="rows", id="id", facts=keep("description", label="name", x_kind="kind", x_state="state"),
            always=("label",), every=HOURLY, link="https://{row.slug}.monday.com/workspaces/{id}",
        ),
        Listing(
            name="account", kind=Kind.PLATFORM, path="/v2", fetch=account, records="account", key="'account'",
            single=True,
            facts=keep(label="name", domain="slug", plan="plan.tier || tier", maximum="plan.max_users",
                       x_period="plan.period"),
            always=("label",), every=HOURLY, link="https://{row.slug}.monday.com/admin/billing",
            also=(
                View(kind=Kind.PLATFORM, scope="version", records="version", key="'version'", single=True,
                     facts=keep(version="value", status="kind", deprecated="kind == 'deprecated'"),
                     always=("version",), link="https://{row.slug}.monday.com/admin/integrations/api"),
            ),
        ),
    ),
)  # fmt: skip
