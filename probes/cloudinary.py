"""Cloudinary, a DAM, Admin API v1_1. https://cloudinary.com/documentation/admin_api

Least grants: an API key of the product environment with the Admin API. A key has what its role has; no answer tells
what that is.

Where the facts are from: the OpenAPI that the vendor publishes (cloudinary/api-schemas, 0.7.5, MIT), for every path and
key but three: a preset's `settings` are free there, and read are those that change what an upload becomes; keys of
`validation` and of `datasource.values` stand in the reference of structured metadata; the folder mode in that of the
Admin API (`config`). 401 and 403 come as `{error: {message}}`, and as HTML where the key is wrong altogether. The
vendor's SDK takes 420 for 429; how much of the hour is left stands in X-FeatureRateLimit-Remaining: 500 an hour for
free, 2,000 if paid for. The vendor says that keys may be added at any time: what is not named here is not compared. Not
verified: that `state` of a value is active or inactive as the reference has it (deleted values are listed as inactive).

Deep links: lists of presets, mappings and named transformations are in the vendor's documentation, those of metadata
fields and notifications in guides of sample apps, in public code alone. A list is of the product environment that is
chosen in the console: an address that chooses one takes the console's own id of it, which no answer tells. No address
found: metadata rules, streaming profiles, folder mode, the plan.

`look` is at metadata fields and named transformations: of these the OpenAPI has 404 (not found) beside 403
(insufficient permissions); presets and streaming profiles have no 403 there, and nothing tells the two apart. No `who`:
none of its documents has a log of changes, and only notifications have a mark of their last one.

Not to be had by this key: users, groups, roles and other keys, which are of the account. Its Provisioning API (upon
request, Enterprise plans) takes a key of its own, which may change all of them, and answers with the secrets of every
product environment: it is not asked. Not to be had: deliveries of notifications. Not read: assets, folders, usage.
Notification addresses leave as host and digest.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from probes.kit.api import Ask, Client
from probes.kit.auth import Basic, Scheme
from probes.kit.contract import Absent, Kind, Ref, Rejected, Unsupported, Vantage
from probes.kit.errors import Errors, not_found
from probes.kit.limiter import Limit, Quota
from probes.kit.listing import Found, Listing, OptionSpec, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

HOURLY = 3600.0
CONSOLE = "https://console.cloudinary.com"
HERE = "/v1_1/{options.cloud}"
PAGES = Paging(style="cursor", next="next_cursor", into="next_cursor", size=500, size_into="max_results")
TYPES = {"string": "text", "integer": "integer", "date": "date", "enum": "option", "set": "multi_option", "*": "any"}


async def identity(api: Client) -> Vantage:
    """The product environment that the key opens."""
    cloud = str(api.options["cloud"])
    told = (await api.ask(Ask(f"/v1_1/{cloud}/usage"))).value()
    return Vantage(
        account=cloud,
        account_name=f"{cloud} ({told.get('plan')})",
        subject="API key",
        grants=frozenset(),
        api_version="v1_1",
        silent=frozenset(Kind),
    )


SINGLE: Final = {
    Ref(Kind.FIELD, "asset"): ("metadata-fields", "metadata_fields"),
    Ref(Kind.TEMPLATE, "transformations"): ("transformations", "transformations"),
}
PARTS: Final = "[condition, condition.and[], condition.or[], condition.and[].or[], condition.or[].and[]]"


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A metadata field or a named transformation. A 404 without the vendor's words may be of anybody on the way."""
    if ref not in SINGLE:
        raise Unsupported(f"Cloudinary is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    listing, place = SINGLE[ref]
    try:
        path = f"/v1_1/{api.options['cloud']}/{place}/{quote(key, safe='')}"
        return Found(listing, (await api.ask(Ask(path))).value())
    except Rejected as fault:
        if not_found(fault):
            return Absent(fault.code)
        raise


VENDOR = Vendor(
    name="cloudinary",
    title="Cloudinary",
    docs="https://cloudinary.com/documentation/admin_api",
    base="https://api.cloudinary.com",
    hosts=("cloudinary.com",),
    schemes={
        "basic": Scheme(
            fields=("api_key", "api_secret"),
            build=lambda given: Basic(given, user="api_key", password="api_secret"),  # noqa: S106  fields' names
            note="Settings > API Keys > Generate New API Key, one of its own for Driftline.",
        )
    },
    options={"cloud": OptionSpec(default="", says="cloud name of the product environment")},
    errors=Errors(message="error.message", statuses={420: "throttled"}),
    limits={"default": Limit(key="{integration}", rate=400, per=3600, concurrency=2)},
    quota=Quota(per_day=12_000, share=0.5),  # 500 an hour on the free plan
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    look=look,
    absent="404 metadata field or transformation not found, where insufficient permissions are 403 (the OpenAPI)",
    grants_told=False,
    unseen={Kind.PERMISSION: "users, roles and keys are of the account: only a key that may change them shows them"},
    lacks={Kind.SCHEMA: "Cloudinary has one kind of thing, the asset; what differs are metadata fields"},
    notes=(
        "An EU or Asia-Pacific account sets `base` to https://api-eu.cloudinary.com or https://api-ap.cloudinary.com.",
        "A wrong key is answered in HTML, which is told as an answer that is none.",
    ),
    listings=(
        Listing(
            name="metadata-fields", kind=Kind.FIELD, scope="asset", path=f"{HERE}/metadata_fields",
            records="metadata_fields", key="external_id", words={"type": TYPES}, always=("type",),
            link=f"{CONSOLE}/console/media_library/metadata_fields",
            facts=keep(
                "label type group", native_type="type", required="mandatory", default="default_value",
                read_only="restrictions.readonly_ui", hidden="restrictions.hidden_ui", validation="validation",
                searchable="restrictions.excluded_from_search == `false`", x_default_off="default_disabled",
                x_free_values="allow_dynamic_list_values",
                options="datasource.values[].{value: external_id, label: value, active: state == 'active'}",
            ),
        ),
        Listing(
            name="metadata-rules", kind=Kind.AUTOMATION, path=f"{HERE}/metadata_rules", records="metadata_rules",
            key="name", id="external_id", always=("active",),
            facts=keep(active="state == 'active'", writes="[metadata_field_id]", criteria="condition",
                       reads=f"{PARTS}[].metadata_field_id", options="result"),
        ),
        Listing(
            name="upload-presets", kind=Kind.TEMPLATE, path=f"{HERE}/upload_presets", records="presets", paging=PAGES,
            key="name", id="external_id", always=("x_unsigned",), link=f"{CONSOLE}/app/settings/upload/presets",
            facts=keep(x_unsigned="unsigned", folder="settings.folder || settings.asset_folder",
                       x_overwrites="settings.overwrite", x_unique="settings.unique_filename",
                       x_formats="settings.allowed_formats", x_access="settings.access_mode", x_type="settings.type",
                       x_moderation="settings.moderation", x_settings_digest="digest(settings)"),
        ),
        Listing(
            name="upload-mappings", kind=Kind.SYNC, path=f"{HERE}/upload_mappings", records="mappings", paging=PAGES,
            key="folder", id="external_id", every=HOURLY, always=("source",),
            link=f"{CONSOLE}/app/settings/upload/mapping",
            facts=keep(source="host(template)", x_template_digest="digest(template)", x_preset="upload_preset_name"),
        ),
        Listing(
            name="triggers", kind=Kind.SYNC, path=f"{HERE}/triggers", records="triggers", key="id", id="id",
            paging=Paging(total="total"), always=("trigger",), evidence={"at": "updated_at"},
            link=f"{CONSOLE}/settings/webhooks",
            facts=keep(trigger="event_type", native_type="uri_type", target="host(uri)",
                       x_address_digest="digest(uri)"),
        ),
        Listing(
            name="transformations", kind=Kind.TEMPLATE, path=f"{HERE}/transformations", params={"named": "true"},
            records="transformations", paging=PAGES, key="name", every=HOURLY, always=("x_allowed_for_strict",),
            facts=keep(x_allowed_for_strict="allowed_for_strict"), link=f"{CONSOLE}/app/transformations/manage/named",
        ),
        Listing(
            name="streaming-profiles", kind=Kind.TEMPLATE, path=f"{HERE}/streaming_profiles", records="data",
            key="name", id="external_id", every=HOURLY, always=("x_representations_digest",),
            facts=keep(label="display_name", x_predefined="predefined",
                       x_representations_digest="digest(representations)"),
        ),
        Listing(
            name="settings", kind=Kind.PLATFORM, path=f"{HERE}/config", params={"settings": "true"}, key="'settings'",
            every=6 * HOURLY, single=True, facts=keep(x_folder_mode="settings.folder_mode"), always=("x_folder_mode",),
        ),
        Listing(
            name="plan", kind=Kind.PLATFORM, path=f"{HERE}/usage", key="'plan'", every=6 * HOURLY, single=True,
            always=("plan",),
            facts=keep("plan", x_objects="objects.limit", x_bandwidth="bandwidth.limit", x_storage="storage.limit",
                       x_image_bytes="media_limits.image_max_size_bytes",
                       x_video_bytes="media_limits.video_max_size_bytes"),
        ),
    ),
)  # fmt: skip
