"""Adobe Experience Platform: schemas, audiences, flows, roles. https://developer.adobe.com/experience-platform-apis/

Least grants: an OAuth Server-to-Server credential of a project of its own (Adobe Developer Console), whose technical
account is in a role (Permissions > Roles) with View Schemas, View Segments, View Sources, View Datasets and the one
sandbox, and with View User Activity Log for who changed something; roles and policies are shown to administrators of
the product alone. A label on an audience hides it from roles without it; and by the vendor's page on audiences a list
asked without any filter leaves out the inactive ones.

Where the facts are from: the vendor's OpenAPI files (AdobeDocs/experience-platform-apis, 16c60cd, Apache-2.0) for every
path, header and key; signing in from its pages on OAuth Server-to-Server credentials; codes of a run's errors from its
page on monitoring flows. A schema's fields come with the Accept header of a full schema, as JSON Schema: the OpenAPI
describes `properties` of what one creates, and not of this answer. Descriptors come page by page with the `-v2` Accept
header, which the OpenAPI has in words only. A list goes on by `_links.next` or `_page.next`, an address or a value:
both are taken, and a place that comes twice is no end. Datasets are a map by their ids, 100 at once: a page that is not
full is the last, and a first one without any is not taken for a sandbox without datasets.

Not verified: that a label leaves an audience out of the list with a 200 (one that leaves it is therefore held);
`meta:status` of a field, which the vendor's page on schemas promises to another Accept header (a schema's own stands in
no published answer, and is not read); the body of errors beyond `title` and `message`; how many subjects of a role come
at once (fewer than `_page.count` make the list partial); words of a run's state beyond success and failed; that the
audit log names a schema by the last part of its id, and a role at all (its page lists roles, its OpenAPI does not).

Deep links: a flow's page is in the vendor's page on alerts, with the organization's id in the address; those of a
schema, an audience and a dataset were found only in tutorials and public code, which have the tenant's name where that
id stands here. Fields and descriptors lead to their schema. No address found: roles with their subjects, policies.

Not to be had: which sandboxes the credential does not see; of whom a subject's id is; journeys (of another API of
Adobe). Not read: profiles, what an audience asks beyond a digest (it may hold values of people) and who is in it,
series of Observability Insights, runs of a flow before its last one, messages of errors, field groups and classes by
themselves (a schema names those that it is made of), files of datasets, whatever a connection has in its parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probes.kit.api import Ask, Client
from probes.kit.auth import ClientCredentials, Credentials, Scheme
from probes.kit.contract import Kind, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import look, who
from .told import DATASETS, FLOWS, REGISTRY, datasets, descriptors, flows, listed, schemas

HOURLY: Final = 3600.0
PLATFORM: Final = "https://experience.adobe.com/#/@{options.organization}/sname:{options.sandbox}/platform"
AUDIENCES: Final = "/data/core/ups/audiences"
ROLES: Final = "/data/foundation/access-control/administration/roles"
POLICIES: Final = "/data/foundation/access-control/administration/policies"
LISTED: Final = "application/vnd.adobe.xed-id+json"
TYPES = {
    "string": "text", "integer": "integer", "int": "integer", "long": "integer", "short": "integer", "byte": "integer",
    "number": "decimal", "double": "decimal", "boolean": "boolean", "date": "date", "date-time": "datetime",
    "object": "json", "map": "json", "array": "json", "option": "option", "email": "email", "uri": "url", "*": "any",
}  # fmt: skip
FORMATS: Final = "contains(['date', 'date-time', 'email', 'uri'], format || '')"
TYPE: Final = f"enum && 'option' || {FORMATS} && format || \"meta:xdmType\" || type"


class InSandbox:
    """Every request says beside its token which app asks, and which organization and sandbox it is about."""

    def __init__(self, given: Credentials, token: ClientCredentials) -> None:
        self._given, self._token = given, token

    async def apply(self, api: Client) -> Mapping[str, str]:
        return {
            **await self._token.apply(api),
            "x-api-key": await self._given.get("client_id"),
            "x-gw-ims-org-id": str(self._given.options["organization"]),
            "x-sandbox-name": str(self._given.options["sandbox"]),
        }

    async def forget(self, api: Client) -> bool:
        return await self._token.forget(api)


def _sign_in(given: Credentials) -> InSandbox:
    extra = {"scope": str(given.options["scopes"])}
    return InSandbox(given, ClientCredentials(given, f"{given.options['login']}/ims/token/v3", extra=extra))


async def identity(api: Client) -> Vantage:
    """The organization's tenant and the sandbox that is read. No answer tells who asks."""
    told: dict[str, Any] = (await api.ask(Ask(f"{REGISTRY}/stats"))).value()
    sandbox = str(api.options["sandbox"])
    return Vantage(
        account=f"{told['imsOrg']}/{sandbox}", account_name=f"{told['tenantId']} {sandbox}", grants=frozenset(),
        subject="server-to-server credential", api_version="schemaregistry, flowservice, access-control",
        silent=frozenset({Kind.AUTOMATION}),
    )  # fmt: skip


VENDOR = Vendor(
    name="adobe-aep",
    title="Adobe Experience Platform",
    docs="https://developer.adobe.com/experience-platform-apis/",
    base="https://platform.adobe.io",
    hosts=("adobe.io", "adobelogin.com"),
    schemes={
        "server": Scheme(
            fields=("client_id", "client_secret"), build=_sign_in,
            note="Adobe Developer Console > a project > Add API > Experience Platform API > OAuth Server-to-Server; "
            "then Experience Platform > Permissions > Roles > the role > API credentials.",
        )
    },
    options={
        "organization": OptionSpec(default="", says="the organization's id, such as 0123456789ABCDEF@AdobeOrg"),
        "sandbox": OptionSpec(default="prod", says="name of the sandbox that is read"),
        "scopes": OptionSpec(
            default="openid,AdobeID,read_organizations,additional_info.projectedProductContext,session",
            says="scopes of the credential, as the Developer Console shows them",
        ),
        "login": OptionSpec(default="https://ims-na1.adobelogin.com", says="where tokens are given"),
    },
    errors=Errors(code="error_code || type", message="message || title"),
    limits={"default": Limit(key="{integration}", rate=5, per=1, concurrency=2)},
    verified=Verified("spec", "2026-11-23"),
    identity=identity,
    look=look,
    absent="404 of a dataset, where 403 is forbidden (the Catalog's OpenAPI); of nothing else",
    who=who,
    grants={
        "View Schemas": "Permissions > Roles > the role > Resources: View Schemas",
        "View Segments": "Permissions > Roles > the role > Resources: View Segments",
        "View Sources": "Permissions > Roles > the role > Resources: View Sources",
        "View Datasets": "Permissions > Roles > the role > Resources: View Datasets",
        "View User Activity Log": "Permissions > Roles > the role > Resources: View User Activity Log, for who did it",
        "administrator": "Admin Console: administrator of the product, without which roles and policies are not told",
    },
    grants_told=False,
    weaker="A role without the view of a list is refused it (403), and only the one configured sandbox is read. "
    "Audiences that a label hides are held.",
    unseen={Kind.PLATFORM: "no answer of these services tells the edition, limits or use"},
    lacks={Kind.TEMPLATE: "Experience Platform has no templates"},
    notes=(
        "One integration reads one sandbox; another sandbox is another integration.",
        "A flow that succeeded may have left rows out: they are told where its last run is among the newest 500.",
        "An audience labelled away from the role, or inactive, cannot be told from one that is gone: it is held.",
        "A schema is known by its alternate id, which each sandbox has of its own.",
    ),
    exempt={"cursor": "the lists are coded, and one that comes to a place twice is refused there"},
    listings=(
        Listing(
            name="schemas", kind=Kind.SCHEMA, path=f"{REGISTRY}/tenant/schemas", records="rows", id='"$id"',
            fetch=listed(f"{REGISTRY}/tenant/schemas", "results", LISTED), key='"meta:altId"', per_fetch=2,
            facts=keep(label="title"), always=("label",), evidence={"version": "version"}, needs=("View Schemas",),
            link=f"{PLATFORM}/schema/browse/{{id}}",
        ),
        Listing(
            name="fields", kind=Kind.FIELD, for_each="schemas", path=f"{REGISTRY}/tenant/schemas/{{parent.key}}",
            fetch=schemas, records="rows", key="path", words={"type": TYPES}, always=("type",), every=HOURLY,
            facts=keep(
                "description pattern minimum maximum", label="title", length="maxLength", min_length="minLength",
                type=TYPE,
                native_type='"meta:xdmType" || type', required="needed", values="enum",
                x_status='"meta:status"', x_words='"meta:enum"', default="default",
            ),
            needs=("View Schemas",), link=f"{PLATFORM}/schema/browse/{{parent.id}}",
            also=(
                View(
                    kind=Kind.SCHEMA, scope="{parent.key}.made", records="about", key='"meta:altId"', id='"$id"',
                    facts=keep("description", native_type='"meta:class"', x_extends='"meta:extends"',
                               available='"meta:extensible"'),
                    unordered=("x_extends",), always=("native_type",), needs=("View Schemas",),
                    evidence={"at": '"meta:registryMetadata"."repo:lastModifiedDate"',
                              "by": '"meta:registryMetadata"."xdm:lastModifiedUserId"'},
                    link=f"{PLATFORM}/schema/browse/{{id}}",
                ),
            ),
        ),
        Listing(
            name="descriptors", kind=Kind.SCHEMA, path=f"{REGISTRY}/tenant/descriptors", records="rows", id='"@id"',
            fetch=descriptors, every=HOURLY, per_fetch=2,
            key='["xdm:sourceSchema", "xdm:sourceProperty", "@type", "xdm:namespace"][?@]',
            facts=keep(native_type='"@type"', target='"xdm:destinationSchema"', label='"xdm:title"',
                       x_schema='"xdm:sourceSchema"', x_field='"xdm:sourceProperty"', x_namespace='"xdm:namespace"',
                       x_primary='"xdm:isPrimary"'),
            always=("native_type", "x_schema"), needs=("View Schemas",),
            link=f"{PLATFORM}/schema/browse/{{row.schema}}",
        ),
        Listing(
            name="flows", kind=Kind.SYNC, path=FLOWS, fetch=flows, records="rows", key="name", id="id",
            facts=keep(
                label="description", enabled="state == 'enabled'", native_type="flowSpec.id",
                source="inheritedAttributes.sourceConnections[0].connectionSpec.id",
                target="inheritedAttributes.targetConnections[0].connectionSpec.id",
                schedule="scheduleParams.frequency && join(' ', [to_string(scheduleParams.interval || `1`),"
                " scheduleParams.frequency])",
                x_sources="sourceConnectionIds", x_targets="targetConnectionIds",
                x_mapping="transformations[].join('/', [params.mappingId, to_string(params.mappingVersion)][?@])",
            ),
            unordered=("x_sources", "x_targets"), always=("enabled",), per_fetch=3, needs=("View Sources",),
            link=f"{PLATFORM}/source/dataflows/{{id}}/activity",
            health={
                "state": "state == 'disabled' && 'disabled' || lastRunDetails.state",
                "succeeded_at": "lastRunDetails.state == 'success' && lastRunDetails.completedAtUTC || `null`",
                "failed_at": "lastRunDetails.state == 'failed' && lastRunDetails.completedAtUTC || `null`",
                "rows_ok": "run.ok", "rows_failed": "run.failed", "duration": "run.seconds", "errors": "run.errors",
            },
            states={"success": "ok", "failed": "failing", "disabled": "disabled", "inProgress": "running"},
            evidence={"at": "updatedAt", "by": "updatedBy"},
        ),
        Listing(
            name="datasets", kind=Kind.SCHEMA, path=DATASETS, fetch=datasets, records="rows", key="id", id="id",
            facts=keep("description", label="name", target="schemaRef.id",
                       x_profile="profile", x_upsert="upsert", x_identity="identity"),
            always=("label",), per_fetch=2, every=HOURLY, needs=("View Datasets",),
            evidence={"at": "updated", "by": "updatedUser"}, link=f"{PLATFORM}/dataset/browse/{{key}}",
            also=(
                View(
                    kind=Kind.SYNC, scope="ingestion", records="rows", key="id", id="id", where="lastBatchStatus",
                    facts=keep(label="name"), always=("label",), needs=("View Datasets",),
                    health={"state": "lastBatchStatus"}, link=f"{PLATFORM}/dataset/browse/{{key}}",
                    states={"success": "ok", "failed": "failing", "failure": "failing", "aborted": "failing",
                            "abandoned": "failing", "stalled": "failing", "processing": "running",
                            "queued": "running", "retrying": "running", "loading": "running", "loaded": "running",
                            "staging": "running", "staged": "running", "active": "running"},
                ),
            ),
        ),
        Listing(
            name="audiences", kind=Kind.AUTOMATION, path=AUDIENCES, fetch=listed(AUDIENCES, "children"), records="rows",
            key="id", id="id", where="!isSystem", per_fetch=2, every=HOURLY, needs=("View Segments",),
            facts=keep("description", label="name", native_type="type", status="lifecycleState", object="schema.name",
                       opaque="!!expression", x_expression_digest="digest(expression.value)",
                       x_batch="evaluationInfo.batch.enabled", x_streaming="evaluationInfo.continuous.enabled",
                       x_edge="evaluationInfo.synchronous.enabled", x_merge_policy="mergePolicyId",
                       x_origin="originName", x_labels="labels", x_dataset="datasetId",
                       x_opted_out="dataGovernancePolicy.excludeOptOut"),
            unordered=("x_labels",), always=("status",), evidence={"at": "updateEpoch"},
            link=f"{PLATFORM}/segment/browse/{{key}}",
        ),
        Listing(
            name="roles", kind=Kind.PERMISSION, path=ROLES, fetch=listed(ROLES, "items"), records="rows", key="name",
            id="id", facts=keep("description", profile="roleType", permission_sets="permissionSets",
                                x_sandboxes="sandboxes", x_labels="subjectAttributes.labels"),
            unordered=("x_sandboxes", "x_labels"), always=("profile",), every=HOURLY, per_fetch=2,
            evidence={"at": "modifiedAt", "by": "modifiedBy"}, needs=("administrator",),
        ),
        Listing(
            name="policies", kind=Kind.PERMISSION, path=POLICIES, fetch=listed(POLICIES, "items"), records="rows",
            key="name", id="id", always=("status",), every=HOURLY, per_fetch=2, needs=("administrator",),
            facts=keep("description status", vendor_defined="isDefault", x_subject="subjectCondition",
                       x_rules="rules[].{effect: effect, on: resource, if: condition, may: sort(actions || `[]`)}",
                       x_sandboxes="parameters.sandboxes"),
            unordered=("x_rules", "x_sandboxes"), evidence={"at": "modifiedAt", "by": "modifiedBy"},
        ),
        Listing(
            name="subjects", kind=Kind.PERMISSION, for_each="roles", path=f"{ROLES}/{{parent.id}}/subjects",
            scope="{parent.key}.subjects", records="items", key="subjectId", person=True, every=HOURLY,
            paging=Paging(total="_page.count"), facts=keep(user_type="subjectType"), always=("user_type",),
            needs=("administrator",),
        ),
    ),
)  # fmt: skip
