"""n8n, public API v1, Cloud and self-hosted. https://docs.n8n.io/connect/n8n-api/

Least grants: an API key of an owner or administrator of the instance; on an Enterprise plan with the scopes under
grants alone, elsewhere a key may do what its user may. A member's key sees the workflows of its own projects, with a
200, and 404 for the rest: so the role of the key's user and the key's scopes stand in the vantage.

Where the facts are from: the API's own OpenAPI and the code beside it (n8n-io/n8n, packages/cli/src/public-api, read in
November 2026) for paths, keys, scopes, cursors and states; its docs for keys (Settings > n8n API, with a day on which
they end). Since n8n 2 a workflow that is published runs as `activeVersion`, and `nodes` is what is being drawn: what
runs is compared. A feature that was not bought is a 403 whose sentence is about the license (seen on third parties'
pages): it is then not observable. Executions come by id, the greatest first (getExecutionsForPublicApi orders them so;
no page promises it): the newest 50 are asked for and put in order here. Not verified: whether an instance limits the
rate (the setting exists since 2026; a 429 is waited for). Roles and community packages are lists of 2026 (the same
code, roles/ and community-packages/): an older instance answers 404 to them, and they are then not observable. What
one of n8n's own roles may do changes with its releases: only of roles that the customer made are the scopes compared.
Links are routes of its editor (packages/frontend/editor-ui, router.ts).

Who changed a workflow: its published version names its authors and when it was saved (`activeVersion`); who switched
one on or off, or shared it, and who changed anything else, no answer tells. `look` is of workflows: the read of one
credential leaves out with whom it is shared, and of variables, projects and roles none is by what they are known by.

Not to be had: why an execution failed without reading what it carried, the version of n8n. Never asked: POST /audit
and tests of credentials, which do something. Not read: settings (security policy, SSO, LDAP, log streaming), whose
scopes change them too; what executions carried, static data (it moves with every poll), pinned samples, values of
variables and parameters of nodes, which hold secrets: digests stand for them. Parameters are the customer's own
document, whose keys hang on the node: each key of theirs counts.
"""

from __future__ import annotations

from probes.kit.auth import Header, Scheme
from probes.kit.contract import Kind
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.verified import Verified

from .asked import identity, look, who
from .told import API, PAGES, executions, packages, roles, tables, workflows

HOURLY = 3600.0
HOME = "{base}/home"
TABLE = "{base}/projects/{row.projectId}/datatables/{id}"
TYPES = {"string": "text", "number": "decimal", "boolean": "boolean", "date": "datetime", "*": "any"}
SCOPES = ("workflow:list", "workflow:read", "execution:list", "credential:list", "variable:list", "dataTable:list",
          "user:list", "user:read", "project:list", "role:list", "communityPackage:list")  # fmt: skip

VENDOR = Vendor(
    name="n8n",
    title="n8n",
    docs="https://docs.n8n.io/connect/n8n-api/",
    base="{options.url}",
    hosts=("{base}", "n8n.cloud"),
    schemes={
        "token": Scheme(
            fields=("token",),
            build=lambda given: Header(given, X_N8N_API_KEY="{token}"),
            note="As an owner or administrator: Settings > n8n API > Create an API key, with an expiration; on "
            "Enterprise with the scopes under grants.",
        )
    },
    options={"url": OptionSpec(default="", says="address of the instance, with its path if it has one")},
    errors=Errors(
        code="message && starts_with(message, 'Your license does not allow') && 'license' || ''", message="message",
        faults={"license": "unsupported"}, statuses={501: "unsupported"},
    ),
    limits={"default": Limit(key="{host}", rate=5, per=1, concurrency=3)},
    identity=identity,
    verified=Verified("docs", "2026-11-23"),
    look=look,
    absent="404 for a workflow to an owner or administrator of the instance, who sees every one; a member gets it for "
    "those of others too",
    who=who,
    grants={
        "global:admin": "Settings > Users: the key's user is an administrator (or owner) of the instance",
        **{scope: f"the key's scope {scope}, on an Enterprise plan" for scope in SCOPES},
    },
    lacks={Kind.TEMPLATE: "templates of n8n are the vendor's, and are no part of an instance"},
    notes=(
        "The instance is known by its address: one that moves is another account until it is captured anew.",
        "The version of n8n itself is told by no answer; community packages are told with theirs.",
        "Executions that somebody starts while drawing a workflow do not count for its health.",
        "Where good executions are not kept, a workflow that failed is of unknown health after a day.",
    ),
    listings=(
        Listing(
            name="workflows", kind=Kind.AUTOMATION, fetch=workflows, records="data", id="id",
            always=("active", "steps"), needs=("global:admin", "workflow:list"), 
            evidence={"at": "updatedAt", "by": "authors"},
            facts=keep(
                "active trigger steps actions writes", label="name", x_archived="isArchived", x_disabled="disabled",
                x_credentials="credentials", x_digests="digests", x_project="project", x_tags="tags", x_cron="cron",
                x_error_workflow="settings.errorWorkflow", x_timezone="settings.timezone",
                x_callers="settings.callerPolicy", x_caller_ids="settings.callerIds",
                x_timeout="settings.executionTimeout", x_order="settings.executionOrder",
                x_keeps_good="settings.saveDataSuccessExecution", x_keeps_bad="settings.saveDataErrorExecution",
                x_redacts="settings.redactionPolicy", x_for_agents="settings.availableInMCP",
            ),
            unordered=("x_disabled", "x_credentials", "x_tags"), link="{base}/workflow/{key}",
        ),
        Listing(
            name="executions", kind=Kind.SYNC, for_each="workflows", only="!x_archived", fetch=executions,
            scope="{parent.key}.runs", records="runs", facts={}, needs=("global:admin", "execution:list"),
            health={name: name for name in ("state", "succeeded_at", "failed_at", "duration", "errors", "cron")},
            states={"success": "ok", "error": "failing", "crashed": "failing", "new": "running", "running": "running",
                    "waiting": "running", "inactive": "disabled"},
            link="{base}/workflow/{parent.key}/executions",
        ),
        Listing(
            name="credentials", kind=Kind.SCHEMA, path=f"{API}/credentials", records="data", paging=PAGES, id="id",
            every=HOURLY, always=("label", "native_type"), needs=("global:admin", "credential:list"),
            facts=keep(label="name", native_type="type", x_shared="shared[].join(' ', [id, role])"),
            unordered=("x_shared",), evidence={"at": "updatedAt"}, link=f"{HOME}/credentials/{{key}}",
        ),
        Listing(
            name="variables", kind=Kind.SCHEMA, path=f"{API}/variables", records="data", paging=PAGES, id="id",
            every=HOURLY, key="[project.id || 'all', key]", always=("native_type",),
            needs=("global:admin", "variable:list"),
            facts=keep(native_type="type", x_value_digest="digest(value)"), link=f"{HOME}/variables",
        ),
        Listing(
            name="data-tables", kind=Kind.SCHEMA, fetch=tables, records="tables", id="id", every=HOURLY,
            always=("label",), facts=keep(label="name", x_project="projectId"), evidence={"at": "updatedAt"},
            needs=("global:admin", "dataTable:list"), link=TABLE,
            also=(
                View(
                    kind=Kind.FIELD, scope_by="table", under="schema/data-tables", records="columns", key="name",
                    id="id", facts=keep("type", native_type="type", x_index="index"), words={"type": TYPES},
                    always=("type",), needs=("global:admin", "dataTable:list"), link=TABLE,
                ),
            ),
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path=f"{API}/users", params={"includeRole": "true"}, records="data",
            paging=PAGES, key="email", id="id", person=True, every=HOURLY, always=("profile",),
            facts=keep(profile="role", x_pending="isPending"), needs=("global:admin", "user:list"),
            link="{base}/settings/users",
        ),
        Listing(
            name="projects", kind=Kind.SCHEMA, path=f"{API}/projects", records="data", paging=PAGES, id="id",
            every=HOURLY, facts=keep(label="name", native_type="type"), always=("label",),
            needs=("global:admin", "project:list"), link="{base}/projects/{key}/workflows",
        ),
        Listing(
            name="project-users", kind=Kind.PERMISSION, for_each="projects", only="native_type == 'team'",
            path=f"{API}/projects/{{parent.key}}/users", scope="{parent.key}.users", records="data", paging=PAGES,
            key="email", id="id", person=True, every=HOURLY, facts=keep(profile="role"), always=("profile",),
            needs=("global:admin", "project:list"), link="{base}/projects/{parent.key}/settings",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, fetch=roles, records="roles", key="slug", every=HOURLY,
            facts=keep("description", label="displayName", vendor_defined="systemRole", x_of="roleType",
                       grants="!systemRole && scopes || `null`"),
            always=("label",), evidence={"at": "updatedAt"}, needs=("role:list",), link="{base}/settings/project-roles",
        ),
        Listing(
            name="community-packages", kind=Kind.PLATFORM, fetch=packages, records="packages", key="packageName",
            every=HOURLY, always=("version",), evidence={"at": "updatedAt", "update": "updateAvailable"},
            facts=keep(label="packageName", version="installedVersion", modules="installedNodes[].type",
                       x_fails="failedLoading"),
            needs=("communityPackage:list",), link="{base}/settings/community-nodes",
        ),
    ),
)  # fmt: skip
