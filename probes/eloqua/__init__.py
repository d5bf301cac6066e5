"""Oracle Eloqua, Application API 1.0 and 2.0 and Bulk API 2.0. https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/

Least grants: a user of its own, in a security group with API access and read access to contacts, custom objects, forms,
programs, campaigns, segments and to users (Oracle names "Advanced Users - Marketing" as the least for /id). Labels
(label-based access control) leave assets out of lists for whoever is not in their group, with a 200: the user's
security groups and capabilities stand in the vantage, so that losing one explains what goes with it.

Where the facts are from: paths, parameters, keys and depth in the vendor's Swagger (2026.08.07) and its reference pages
(contact fields, option lists, custom objects, programs, campaigns, forms, segments, email groups, users, security
groups, bulk fields, import and export definitions, syncs, logs); signing in, base addresses and status codes in its
pages on those; lifetimes of tokens (8 hours; 12 months or first use) in Oracle's product notice of May 2026. No answer
tells when a refresh token ends: whoever knows the day says it in `credential_ends`. No limit is published and 429 has
no header, so this reading keeps to 3 requests a second. /id is throttled: it is asked once a poll. A data centre that
moved answers 401 until the next poll asks /id again.

Not verified: the values of `dataType` and `displayType` (those of samples are mapped, others stay `any`); the status
with which /id says "Not authenticated." (a 200 in old reports; the vendor's page has the words alone); that a form's
fields and segments' criteria name contact fields in `createdFromContactFieldId`, `targetEntityFieldId` and `fieldId`,
as samples do; what a campaign's steps hold beyond `segmentId` and `emailId`, which public clients send (it may use what
nobody sees).

Links: public code opens forms, programs and segments at Main.aspx#forms&id= and so on, and campaigns with `?` in the
place of `&`, which is taken for a slip. Of fields, custom objects, e-mail groups, transfers, users and groups no
address was found in Oracle's help or in code: these lead to the application's first page. No `look`: one thing is asked
for by its number only, and one that carries a label is a 404 to whoever may not see it, as one that is gone (the
vendor's page on 400 level errors); an asset may have permissions of its own, too.

Not to be had: how the native CRM integration stands, who changed what beyond a thing's last change (the audit log is
exported by e-mail only, which is never asked for), logs of syncs that another user began (their counts stay unknown),
rights of a security group. Not read: contacts, activities, simple e-mail campaigns, which are sent once, e-mails and
landing pages, which are made anew for each campaign, what is in a filter beyond the fields it reads. Members, counts
and times of use are no facts. Text is unescaped: names come HTML-encoded.
"""

from __future__ import annotations

from typing import Any

import msgspec

from probes.kit.api import Ask, Client, several
from probes.kit.auth import Basic, Credentials, RefreshToken, Scheme
from probes.kit.contract import Kind, Malformed, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.values import instant
from probes.kit.verified import Verified

from .asked import who
from .bulk import BULK, PAGES, transfers
from .told import ELEMENTS, REST1, REST2, campaigns, contacts, customs, forms, plain, segments, site

HOURLY, DAY = 3600.0, 86_400.0
# `displayType` where it says more than `dataType`, of the Application API and of the Bulk API.
TYPES = {
    "text": "text", "string": "text", "largeText": "long_text", "largeString": "long_text", "numeric": "decimal",
    "number": "decimal", "date": "date", "emailAddress": "email", "singleSelect": "option", "checkbox": "boolean",
    "multiSelect": "multi_option", "*": "any",
}  # fmt: skip
HOME = "{base}/Main.aspx"
MARKS = {"at": "at", "by": "updatedBy"}
COUNTS = ("state", "succeeded_at", "failed_at", "rows_ok", "rows_failed", "duration", "errors")


class Rotating(RefreshToken):
    """Eloqua wants the app's callback address with each refresh too."""

    def __init__(self, given: Credentials) -> None:
        super().__init__(given, f"{given.options['login']}/auth/oauth2/token", style="basic", lifetime=28_800)

    async def _refresh(self, c: Credentials) -> Ask:
        ask = await super()._refresh(c)
        more = {"redirect_uri": str(c.options["redirect_uri"]), "scope": "full"}
        return msgspec.structs.replace(ask, form={**(ask.form or {}), **more})


async def identity(api: Client) -> Vantage:
    """The site and the user, by /id, which also tells the data centre that everything else is asked at."""
    try:
        told: dict[str, Any] = (await api.ask(Ask(f"{api.options['login']}/id", limit="login"))).value()
    except Malformed:
        await api.ask(Ask(f"{REST2}/system/user/current"))  # says 401 where "Not authenticated." came with a 200
        raise
    api.move(str(told["urls"]["base"]))
    me: dict[str, Any] = (await api.ask(Ask(f"{REST2}/system/user/current", {"depth": "complete"}))).value()
    groups = {f"group:{group['name']}" for group in several(me.get("securityGroups"), "securityGroups")}
    return Vantage(
        account=str(told["site"]["id"]),
        account_name=str(told["site"].get("name") or ""),
        subject=str(me["loginName"]),
        grants=frozenset(groups | {str(one) for one in several(me.get("capabilities"), "capabilities")}),
        api_version="REST 1.0 and 2.0, Bulk 2.0",
        credential_expires_at=instant(api.options.get("credential_ends")),
    )


def field(**more: str) -> dict[str, str]:
    """Facts of a field of a contact or of a custom object."""
    return keep(
        "type options", label="name", default="defaultValue", native_type="join('/', [dataType, displayType])",
        x_checked="checkedValue", x_unchecked="uncheckedValue", **more,
    )  # fmt: skip


def fields_of(objects: str, words: str) -> Listing:
    """The fields of an object that only the Bulk API shows."""
    return Listing(
        name=f"{words}-fields", kind=Kind.FIELD, scope=objects, path=f"{BULK}/{objects}/fields", paging=PAGES,
        params={"totalResults": "true"}, records="items", key="internalName", id="uri", every=HOURLY,
        always=("label", "type"), words={"type": TYPES},
        facts=keep(label="name", type="dataType", native_type="dataType", read_only="hasReadOnlyConstraint",
                   nullable="!hasNotNullConstraint", unique="hasUniquenessConstraint", default="defaultValue"),
        evidence={"at": "updatedAt"}, link=HOME,
    )  # fmt: skip


VENDOR = Vendor(
    name="eloqua",
    title="Oracle Eloqua",
    docs="https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/",
    base="https://login.eloqua.com",
    verified=Verified("docs", "2026-11-23"),
    hosts=("eloqua.com",),
    schemes={
        "basic": Scheme(
            fields=("user", "password"), build=lambda given: Basic(given),
            note="Settings > Users: a user of its own, in a security group with API access and read access to what is "
            "watched; `user` is Company\\User.Name, the company as at sign-in. Oracle "
            "recommends OAuth; where users sign in by SSO alone or passwords expire, take `refresh_token`.",
        ),
        "refresh_token": Scheme(
            fields=("client_id", "client_secret", "refresh_token"), build=Rotating,
            note="Settings > AppCloud Developer > Create New App gives the client; sign in once as the reader's user "
            "through /auth/oauth2/authorize for the first refresh token. Each works once: Driftline keeps the next.",
        ),
    },
    options={
        "login": OptionSpec(default="https://login.eloqua.com", says="address that signs in and tells the data centre"),
        "redirect_uri": OptionSpec(default="", says="callback URL of the app, for refresh_token"),
        "credential_ends": OptionSpec(default="", says="day on which the credential ends, as 2027-01-31, if known"),
    },
    errors=Errors(
        code="type(@) == 'string' && @ || error || type || [0].type",
        message="error_description || requirement.type || [0].requirement.type || type",
        faults={"This service has not been enabled for your site.": "unsupported", "Not authenticated.": "expired"},
        statuses={410: "rejected"},
    ),
    limits={
        "default": Limit(key="{integration}", rate=3, per=1, concurrency=2),
        "login": Limit(key="{integration} login", rate=1, per=5, concurrency=1),
    },
    identity=identity,
    who=who,
    hides={Kind.TEMPLATE: "e-mails and landing pages are not read, and may print any field; look at its dependencies"},
    notes=(
        "An asset behind a label leaves the lists of a user outside of its security group: watch the user's groups.",
        "An asset whose own permissions leave the user out is taken for deleted: give its group the right to view all.",
        "A refresh token works once and for 12 months at most: one Driftline for each, and nobody else.",
        "Definitions of imports and exports of one name are one sync here: most tools make a new one for each run.",
    ),
    listings=(
        Listing(
            name="contact-fields", kind=Kind.FIELD, scope="contacts", fetch=contacts, per_fetch=3, records=ELEMENTS,
            key="internalName", id="id", words={"type": TYPES}, repeats={"options": "label"},
            always=("label", "type", "x_update_type"),
            facts=field(
                description="description", required="required", read_only="read_only", unique="unique",
                nullable="nullable", vendor_defined="standard", x_update_type="updateType",
                x_phone_check="isPhoneValidationRequired",
            ),
            evidence=MARKS, link=HOME,
        ),
        fields_of("accounts", "account"),
        Listing(
            name="custom-objects", kind=Kind.SCHEMA, fetch=customs, per_fetch=2, records=ELEMENTS, key="name", id="id",
            facts=keep("description", label="name", primary_field="display", unique_fields="unique",
                       x_email_field="email", x_deletes_linked="deleteLinkedCustomObjectData"),
            always=("label",), evidence=MARKS, link=HOME,
            also=(
                View(
                    kind=Kind.FIELD, scope_by="object", under="schema/custom-objects", records="fields",
                    key="internalName", id="id", facts=field(), words={"type": TYPES}, repeats={"options": "label"},
                    always=("label", "type"), link=HOME,
                ),
            ),
        ),
        Listing(
            name="programs", kind=Kind.AUTOMATION, fetch=plain("programs"), records=ELEMENTS, key="name", id="id",
            facts=keep(label="name", description="description", status="currentStatus",
                       active="currentStatus == 'Active'", object="defaultEntityType", owner="runAsUserId",
                       steps="elements[].{key: id, type: type, target: outputTerminals[0].connectedId}",
                       x_duplicates="isMemberAllowedDuplicates"),
            always=("status", "active"), evidence=MARKS, link="{base}/Main.aspx#programs&id={id}",
        ),
        Listing(
            name="campaigns", kind=Kind.AUTOMATION, fetch=campaigns, per_fetch=4, records=ELEMENTS, key="id", id="id",
            facts=keep("steps reads description", label="name", status="currentStatus",
                       active="currentStatus == 'Active'", object="'contacts'", owner="runAsUserId", opaque="`true`",
                       x_segments="segments", x_emails="emails", x_type="campaignType", x_crm_campaign="crmId",
                       x_synced_with_crm="isSyncedWithCRM", x_reentry="isMemberAllowedReEntry"),
            always=("status", "active"), evidence=MARKS, every=6 * HOURLY,
            link="{base}/Main.aspx#campaigns&id={id}",
        ),
        Listing(
            name="forms", kind=Kind.TEMPLATE, fetch=forms, per_fetch=2, records=ELEMENTS, key="name", id="id",
            facts=keep("fields", label="name", description="description", native_type="processingType",
                       active="currentStatus == 'Active'", archived="archived == 'true'",
                       x_html_name="htmlName", x_hidden="isHidden", x_spam_protection="isFormSpamProtectionEnabled"),
            always=("native_type",), evidence=MARKS, link="{base}/Main.aspx#forms&id={id}",
            also=(
                View(
                    kind=Kind.AUTOMATION, scope="form-processing", records=ELEMENTS, key="name", id="id",
                    facts=keep("writes steps", active="currentStatus == 'Active'", object="'contacts'"),
                    always=("object",), evidence=MARKS, link="{base}/Main.aspx#forms&id={id}",
                ),
            ),
        ),
        Listing(
            name="segments", kind=Kind.AUTOMATION, fetch=segments, per_fetch=2, records=ELEMENTS, key="name", id="id",
            facts=keep("reads steps", label="name", description="description", native_type="type", object="'contacts'"),
            always=("native_type",), evidence=MARKS, every=HOURLY, link="{base}/Main.aspx#segments&id={id}",
        ),
        Listing(
            name="email-groups", kind=Kind.SCHEMA, fetch=plain("email/groups", REST1), records=ELEMENTS, key="name",
            id="id", always=("label",), every=HOURLY, evidence=MARKS, link=HOME,
            facts=keep(label="displayName", x_subscribe_list="subscriptionListId",
                       x_unsubscribe_list="unSubscriptionListId", x_public="isVisibleInPublicSubscriptionList"),
        ),
        Listing(
            name="transfers", kind=Kind.SYNC, fetch=transfers, per_fetch=12, records="items",
            key="[object, operation, name]", id="id", always=("operation",),
            facts=keep("object operation mapping", label="name", mode="updateRule", x_identifier="identifierFieldName",
                       x_filter="digest(filter)", x_runs_by_itself="isSyncTriggeredOnImport"),
            health={name: name for name in COUNTS} | {"writes": "operation == 'imports'"},
            evidence={"at": "updatedAt", "by": "updatedBy"}, link=HOME,
            states={"success": "ok", "warning": "ok", "error": "failing", "pending": "running", "active": "running"},
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, fetch=plain("users", f"{REST2}/system"), records=ELEMENTS,
            key="loginName", id="id", person=True, always=("active",), every=HOURLY, evidence=MARKS,
            facts=keep(active="isDisabled != 'true'", email="emailAddress", powers="capabilities",
                       permission_sets="securityGroups[].name", grants="interfaces",
                       x_products="productPermissions[].productCode", x_beta="betaAccess", x_sso_only="ssoOnly"),
            unordered=("x_products", "x_beta"), link=HOME,
        ),
        Listing(
            name="security-groups", kind=Kind.PERMISSION, fetch=plain("groups", f"{REST2}/system/security"),
            records=ELEMENTS, key="name", id="id", every=HOURLY, always=("x_effective",), evidence=MARKS, link=HOME,
            facts=keep("description", vendor_defined="isReadOnly == 'true'", x_acronym="acronym",
                       x_effective="isEffective"),
        ),
        Listing(
            name="site", kind=Kind.PLATFORM, fetch=site, records=ELEMENTS, key="'site'", every=DAY, always=("domain",),
            link=HOME, facts=keep(label="name", domain="host(base)"),
        ),
    ),
)  # fmt: skip
