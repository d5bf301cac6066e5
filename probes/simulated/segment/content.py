"""What the simulated Segment workspace starts with: that of the example stack.

The shop, the web site and the mobile app send; HubSpot, the advertisers and the warehouse receive.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from probes.simulated.desk import Wire

OWNER = "Workspace Owner"


def _schema(**sections: Wire) -> Wire:
    """The JSON Schema of a rule: each section with its properties; those whose name ends in ! are required."""
    made: Wire = {}
    for section, names in sections.items():
        inner = {name.rstrip("!"): {"description": "", **told} for name, told in names.items()}
        required = [name[:-1] for name in names if name.endswith("!")]
        made[section] = {"type": "object", "properties": inner, **({"required": required} if required else {})}
    return {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": made,
            "labels": {}}  # fmt: skip


TEXT: Wire = {"type": "string"}
PLACED = {
    "order_id!": TEXT, "email!": {"type": "string", "pattern": ".+@.+"}, "value!": {"type": "number", "minimum": 0},
    "currency": {"type": "string", "enum": ["EUR", "GBP", "USD"]}, 
    "coupon": {"type": ["string", "null"], "description": "As it was typed"},
    "marketing_consent": {"type": "boolean", "default": False}, "discount": {
        "type": "number", "maximum": 100, "multipleOf": 0.01}, "campaign_name": {"type": "string", "maxLength": 120},
    "ordered_at": {"type": "string", "format": "date-time"},
    "products": {"type": "array", "minItems": 1, "maxItems": 500, "items": {
        "type": "object", "required": ["sku"],
        "properties": {"sku": TEXT, "quantity": {"type": "integer", "minimum": 1}}}},
}  # fmt: skip
PERSON = {
    "email!": TEXT, "region": {"type": "string", "enum": ["EMEA", "AMER", "APAC"]},
    "marketing_consent": {"type": "boolean"}, "lifecycle_stage": TEXT, "address": {
        "type": "object", "properties": {"country": {"type": "string", "minLength": 2, "maxLength": 2}}},
}  # fmt: skip


def tables(born: str, now: float) -> dict[str, list[Wire]]:
    return {
        "tracking-plans": [_plan("tp_web", "northwind-web", "Northwind Web", born),
                           _plan("tp_shop", "northwind-shop", "Northwind Shop", born)],
        "rules": [
            _rule("tp_shop", "TRACK", "Order Completed", _schema(properties=PLACED), born),
            _rule("tp_shop", "TRACK", "Order Completed", _schema(properties={"order_id!": TEXT}), born, version=2),
            _rule("tp_shop", "TRACK", "Cart Viewed", {
                **_schema(properties={"cart_id": TEXT}), "anyOf": [{"required": ["properties"]}]}, born),
            _rule("tp_shop", "IDENTIFY", "", _schema(traits=PERSON), born),
            _rule("tp_shop", "COMMON", "", _schema(context={"library!": {"type": "object"}}), born),
            _rule("tp_web", "TRACK", "Form Submitted",
                  _schema(properties={"form_id!": TEXT, "campaign_name": TEXT}), born),
            _rule("tp_web", "PAGE", "Home", _schema(properties={"utm_campaign": TEXT}), born),
            {**_rule("tp_web", "TRACK", "Old Signup", None, born), "deprecatedAt": born},
        ],
        "plan-sources": [{"plan": "tp_shop", "source": "shopify"}, {"plan": "tp_web", "source": "website"},
                         {"plan": "tp_web", "source": "mobile-app"}],
        "sources": [_source("src_shop", "shopify", "Shopify store", "shopify-cloud"),
                    _source("src_web", "website", "Web site", "javascript"),
                    _source("src_app", "mobile-app", "Mobile app", "ios", enabled=False),
                    _source("src_dwh", "warehouse-models", "Warehouse models", "postgres-reverse-etl")],
        "settings": [_enforced("src_shop"), _enforced("src_web"), _enforced("src_app"), _enforced("src_dwh")],
        "destinations": [
            _destination("dst_hubspot", "HubSpot", "actions-hubspot-cloud", "src_shop"),
            _destination("dst_google", "Google Ads", "google-enhanced-conversions", "src_shop"),
            _destination("dst_old", "", "webhooks", "src_app", enabled=False),
        ],
        "subscriptions": [
            _subscription("sub_contact", "dst_hubspot", "upsertContact", 'type = "identify"', {
                "email": {"@path": "$.traits.email"}, "marketing_consent": {"@path": "$.traits.marketing_consent"},
                "region": {"@if": {"exists": {"@path": "$.traits.region"}, "then": {"@path": "$.traits.region"},
                                   "else": "EMEA"}},
                "full_name": {"@template": "{{traits.first_name}} {{traits.last_name}}"},
                "hs_object_source": "segment", "enable_batching": True,
            }),
            _subscription("sub_order", "dst_hubspot", "customEvent", 'event = "Order Completed"', {
                "email": {"@path": "$.properties.email"}, "lookup": {"@path": "$.properties.email"},
                "properties": {"order_value": {"@path": "$.properties.value"}}}),
            {**_subscription("sub_rows", "dst_google", "upload", 'event = "new"', {
                "gclid": {"@path": "$.properties.gclid"}}), "modelId": "mdl_won",
             "reverseETLSchedule": {"strategy": "CRON", "config": {"spec": "0 * * * *", "timezone": "UTC"}}},
        ],
        "filters": [{
            "id": "flt_internal", "sourceId": "src_shop", "destinationId": "dst_hubspot",
            "if": 'contains(traits.email, "@example.com")', "actions": [{"type": "DROP"}],
            "title": "Leave colleagues out", "description": "", "enabled": True, "createdAt": born,
            "updatedAt": born,
        }],
        "warehouses": [{
            "id": "wh_main", "workspaceId": "ws_northwind", "enabled": True,
            "metadata": {"id": "whm_1", "name": "Snowflake", "slug": "snowflake", "description": "", "logos": {},
                         "options": []},
            "settings": {"name": "Warehouse", "host": "warehouse.example.com", "password": "••••••••word"},
        }],
        "schedules": [{"id": "wh_main", "enabled": True, "schedule": {"timezone": "Europe/Berlin", "times": [
            {"hourOfDay": 4, "enabled": True}, {"hourOfDay": 5, "enabled": False},
            {"hourOfDay": 16, "enabled": True}]}}],
        "reports": [
            _report("wh_main", "src_shop", now - 7200, 1200),
            _report("wh_main", "src_shop", now - 3600, 1310),
            _report("wh_main", "src_web", now - 3600, 88, "permission denied for schema web"),
        ],
        "functions": [{
            "id": "fn_enrich", "resourceType": "DESTINATION", "createdAt": born, "createdBy": "usr_01",
            "displayName": "Send consent to the archive", "description": "", "logoUrl": "",
            "catalogId": "cat_fn_enrich", "code": "async function onTrack(event, settings) { /* ours */ }",
            "deployedAt": born, "isLatestVersion": True, "batchMaxCount": 0, "previewWebhookUrl": "",
            "settings": [{"name": "apiKey", "label": "Key", "description": "", "type": "STRING", "required": True,
                          "sensitive": True}],
        }],
        "transformations": [{
            "id": "trf_rename", "name": "One name for the campaign", "sourceId": "src_web", "enabled": True,
            "if": 'event = "Form Submitted"', "drop": False, "newEventName": "Lead Submitted",
            "propertyRenames": [{"oldName": "utm_campaign", "newName": "campaign_name"}],
            "propertyValueTransformations": [{"propertyPaths": ["properties.source"], "propertyValue": "web"}],
            "fqlDefinedProperties": [], "allowProperties": ["properties.campaign_name", "properties.form_id"],
            "hashPropertiesConfiguration": {"algorithm": "sha256", "key": "not-for-git", "encoding": "HEX",
                                            "paths": ["properties.phone"]},
            "destinationMetadataId": "54521fd525e721e32a72ee91",
        }],
        "reverse-etl-models": [{
            "id": "mdl_won", "sourceId": "src_dwh", "name": "Won opportunities", "description": "", "enabled": True,
            "query": "select gclid, amount from won", "queryIdentifierColumn": "gclid",
        }],
        "syncs": [{
            "syncId": "syn_1", "modelId": "mdl_won", "sourceId": "src_dwh", "syncStatus": "SUCCESS",
            "duration": "42s", "startedAt": time(now - 1800), "finishedAt": time(now - 1758),
            "extractPhase": {"addedCount": "40", "updatedCount": "0", "deletedCount": "0", "extractCount": "40",
                             "errorCode": "", "startedAt": time(now - 1800), "finishedAt": time(now - 1790)},
            "loadPhase": {"deliverSuccessCount": "38", "deliverFailureCount": "2", "errorCode": "",
                          "startedAt": time(now - 1790), "finishedAt": time(now - 1758)},
            "error": "", "errorCode": "",
        }],
        "roles": [{"id": f"rol_{number}", "name": name, "description": f"May act as {name}"}
                  for number, name in enumerate((OWNER, "Source Admin", "Source Read-only"))],
        "users": [_user("usr_01", "admin-01", OWNER), _user("usr_02", "admin-02", "Source Admin", "src_shop"),
                  _user("usr_03", "analytics", "Source Read-only")],
        "groups": [{"id": "grp_web", "name": "web", "memberCount": 2,
                    "permissions": _user("", "", "Source Read-only")["permissions"]}],
        "members": [{"at": f"grp_web/{user}", "group": "grp_web", "user": user} for user in ("usr_02", "usr_03")],
        "spaces": [{"id": "spa_prod", "slug": "northwind-prod", "name": "Northwind"},
                   {"id": "spa_dev", "slug": "northwind-dev", "name": "Northwind (development)"}],
        "audiences": [
            _audience("aud_1", "big_spenders", "event('Order Completed').where(property('value') > 500).within(90 days)"
                      ".count() >= 2 && trait('region') = 'not-for-git'", born),
            _audience("aud_2", "accounts_at_risk", None, born, audienceType="LINKED", definition={
                "query": "entity('account').where(trait('lifecycle_stage') = 'customer')", "targetEntity": "account"}),
            _audience("aud_3", "by_hand", None, born, enabled=False, status="Disabled"),
        ],
        "computed-traits": [{
            **_computed("trt_1", "orders_total", born), "definition": {
                "query": "event(\"Order Completed\").sum(property('value'))", "type": "USERS"},
            "options": {"includeHistoricalData": True, "includeAnonymousUsers": False, "backfillDurationDays": 365},
        }],
        "deliveries": [
            {"id": "dst_hubspot", "hours": _hours(now, 6, 900)},
            {"id": "dst_google", "hours": _hours(now, 3, 40)}, {"id": "dst_old", "hours": []},
        ],
    }  # fmt: skip


def time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _hours(now: float, many: int, ok: int) -> list[Wire]:
    newest = datetime.fromtimestamp(now, UTC).replace(minute=0, second=0, microsecond=0)
    return [{"time": stamp(newest - timedelta(hours=back)), "ok": ok, "failed": {}} for back in range(many, 0, -1)]


def _plan(id: str, slug: str, name: str, at: str) -> Wire:
    return {"id": id, "slug": slug, "name": name, "description": "What we agreed to send", "type": "LIVE",
            "createdAt": at, "updatedAt": at}  # fmt: skip


def _rule(plan: str, type: str, key: str, schema: Wire | None, at: str, version: int = 1) -> Wire:
    return {"at": f"{plan}/{type}/{key}/{version}", "plan": plan, "type": type, "key": key, "jsonSchema": schema,
            "version": version, "createdAt": at, "updatedAt": at}  # fmt: skip


def _source(id: str, slug: str, name: str, kind: str, enabled: bool = True) -> Wire:
    metadata = {"id": f"md_{kind}", "name": kind, "slug": kind, "description": "From the catalogue", "logos": {},
                "options": [], "categories": ["Website"], "isCloudEventSource": kind == "shopify-cloud",
                "status": "PUBLIC", "partnerOwned": False}  # fmt: skip
    return {"id": id, "slug": slug, "name": name, "metadata": metadata, "workspaceId": "ws_northwind",
            "enabled": enabled, "writeKeys": [f"not-for-git-{slug}"], "settings": {"token": "••••••••cret"},
            "labels": [{"key": "environment", "value": "production"},
                       {"key": "brand", "value": "northwind"}]}  # fmt: skip


def _enforced(source: str) -> Wire:
    traits = {"allowUnplannedTraits": True, "allowTraitsOnViolations": True, "commonEventOnViolations": "ALLOW"}
    track = {"allowUnplannedEvents": False, "allowUnplannedEventProperties": True, "allowEventOnViolations": True,
             "allowPropertiesOnViolations": True, "commonEventOnViolations": "ALLOW"}  # fmt: skip
    return {"sourceId": source, "settings": {"track": track, "identify": traits, "group": dict(traits),
                                             "forwardingViolationsTo": "src_web",
                                             "forwardingBlockedEventsTo": "src_web"}}  # fmt: skip


def _destination(id: str, name: str, kind: str, source: str, enabled: bool = True) -> Wire:
    metadata = {"id": f"md_{kind}", "name": kind, "slug": kind, "description": "From the catalogue", "logos": {},
                "options": [], "status": "PUBLIC", "previousNames": [], "categories": ["CRM"], "website": "",
                "components": [], "actions": [], "presets": [], "contacts": [], "partnerOwned": False,
                "supportedFeatures": {"cloudModeInstances": "1"}, "supportedMethods": {"track": True},
                "supportedPlatforms": {"server": True}, "supportedRegions": ["us-west-2"],
                "regionEndpoints": ["US"]}  # fmt: skip
    return {"id": id, "name": name, "enabled": enabled, "metadata": metadata, "sourceId": source,
            "settings": {"apiKey": "••••••••dada", "portal": "7700"}}  # fmt: skip


def _subscription(id: str, destination: str, action: str, trigger: str, settings: Wire) -> Wire:
    return {"id": id, "name": action, "actionId": f"act_{action}", "actionSlug": action, "destinationId": destination,
            "enabled": True, "settings": settings, "trigger": trigger}  # fmt: skip


def _report(warehouse: str, source: str, at: float, count: int, error: str = "") -> Wire:
    notices = [{"level": "error", "message": error, "createdAt": time(at + 60)}] if error else []
    return {"at": f"{warehouse}/{source}/{at:.0f}", "warehouse": warehouse, "sourceId": source, "start": time(at),
            "end": time(at + 60), "status": "FAILED" if error else "SUCCESS", "duration": 60,
            "humanDuration": "1m", "count": count, "notices": notices}  # fmt: skip


def _user(id: str, box: str, role: str, resource: str = "") -> Wire:
    held: Wire = {"id": resource or "ws_northwind", "type": "SOURCE" if resource else "WORKSPACE", "labels": []}
    permission = {"roleId": f"rol_{role.lower().replace(' ', '_')}", "roleName": role, "resources": [held],
                  "labels": []}  # fmt: skip
    return {"id": id, "name": box, "email": f"{box}@example.com", "permissions": [permission]}


def _computed(id: str, key: str, at: str) -> Wire:
    """What an audience and a computed trait have alike."""
    return {"id": id, "spaceId": "spa_prod", "name": key.replace("_", " ").title(), "description": "As agreed",
            "key": key, "enabled": True, "definition": None, "status": "Live", "createdBy": "usr_01",
            "updatedBy": "usr_01", "createdAt": at, "updatedAt": at}  # fmt: skip


def _audience(id: str, key: str, query: str | None, at: str, **more: object) -> Wire:
    return {
        **_computed(id, key, at), "definition": {"query": query, "targetEntity": "profile"} if query else None,
        "audienceType": "USERS", "computeCadence": {"type": "REALTIME"}, "size": {"count": 120, "type": "USERS"},
        "options": {"filterByExternalIds": ["user_id", "email"], "includeHistoricalData": True,
                    "backfillEventDataDays": 90}, **more,
    }  # fmt: skip
