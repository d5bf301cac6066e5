"""What the simulated shop starts with: that of the example stack, an online shop with consent and campaigns."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from probes.simulated.desk import Wire

OLDEST: Final = "2025-10"
NEWEST: Final = "2027-01"
GID: Final = "gid://shopify/"


def rows(born: float) -> dict[str, list[Wire]]:
    at = datetime.fromtimestamp(born, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "shop": [_shop()],
        "metafieldDefinitions": [
            _metafield("CUSTOMER", "marketing", "consent", "boolean", 1),
            _metafield("CUSTOMER", "marketing", "region", "single_line_text_field", 2,
                       choices=["EMEA", "AMER", "APAC"]),
            _metafield("CUSTOMER", "marketing", "lifecycle_stage", "single_line_text_field", 3, min="2", max="40",
                       regex="^[a-z]+$"),
            _metafield("CUSTOMER", "app--4711--loyalty", "points", "number_integer", 4, min="0", max="100000"),
            {**_metafield("ORDER", "marketing", "campaign_name", "single_line_text_field", 5),
             "capabilities": _capable(unique=True)},
            _metafield("PRODUCT", "specs", "topics", "list.single_line_text_field", 6, choices=["Energy", "Water"],
                       **{"list.min": "1", "list.max": "3"}),
            {**_metafield("PRODUCT", "descriptors", "care_guide", "metaobject_reference", 7,
                          metaobject_definition_id=f"{GID}MetaobjectDefinition/1"),
             "standardTemplate": {"id": f"{GID}StandardMetafieldDefinitionTemplate/9"},
             "constraints": {"key": "category", "values": [{"value": "aa-2"}, {"value": "aa-1"}]}},
            _metafield("PRODUCTVARIANT", "specs", "from", "date", 8, min="2026-01-01"),
            _metafield("COLLECTION", "specs", "image", "file_reference", 9),
            _metafield("SHOP", "legal", "imprint", "rich_text_field", 10),
        ],
        "metaobjectDefinitions": [
            _metaobject(1, "care_guide", "Care guide",
                        _field("title", "single_line_text_field", required=True, max="60"),
                        _field("steps", "list.single_line_text_field"), _field("price", "money")),
            _metaobject(2, "testimonial", "Testimonial", _field("quote", "multi_line_text_field", required=True),
                        _field("stars", "rating", scale_min="1.0", scale_max="5.0")),
        ],
        "webhookSubscriptions": [
            _hook(1, "ORDERS_PAID", "https://hooks.example.com/in/not-for-git", at,
                  fields=["id", "email", "total_price"]),
            _hook(2, "CUSTOMERS_MARKETING_CONSENT_UPDATE", "https://hooks.example.com/in/not-for-git", at),
            _hook(3, "PRODUCTS_UPDATE", "arn:aws:events:eu-west-1::event-source/aws.partner/not-for-git", at,
                  filter="status:active"),
        ],
        "staffMembers": [_staff(1, "admin-01", owner=True), _staff(2, "admin-02"),
                         _staff(3, "agency", kind="COLLABORATOR")],
        "appInstallations": [_app(1, "segment", "Segment", ["read_customers", "read_orders"]),
                             _app(2, "fivetran", "Fivetran", ["read_orders", "read_products"]),
                             _app(3, "flow", "Flow", ["write_customers"], theirs=True)],
        "markets": [_market(1, "europe", "Europe", "EUR"), _market(2, "united-kingdom", "United Kingdom", "GBP"),
                    {**_market(3, "americas", "Americas", "USD"), "status": "DRAFT"}],
        "publications": [
            {"id": f"{GID}Publication/{number}", "autoPublish": number == 1, "supportsFuturePublishing": True,
             "catalog": {"title": title, "status": "ACTIVE", "id": f"{GID}AppCatalog/{number}"}}
            for number, title in ((1, "Online Store"), (2, "Point of Sale"))
        ],
        "segments": [
            {"id": f"{GID}Segment/{number}", "name": name, "query": query, "creationDate": at, "lastEditDate": at}
            for number, name, query in (
                (1, "May be written to", "email_subscription_status = 'SUBSCRIBED'"),
                (2, "Bought twice", "number_of_orders > 1"),
                (3, "Consent by metafield", "metafields.marketing.consent = true"))
        ],
        "themes": [
            {"id": f"{GID}OnlineStoreTheme/{number}", "name": name, "role": role, "processing": False,
             "processingFailed": False, "prefix": f"/t/{number}", "themeStoreId": 887, "createdAt": at, "updatedAt": at}
            for number, name, role in ((1, "Northwind 2026", "MAIN"), (2, "Autumn sale", "UNPUBLISHED"))
        ],
        "validations": [{**_function("Validation", 1, "Only business addresses", "cart_checkout_validation"),
                         "blockOnFailure": True}],
        "deliveryCustomizations": [_function("DeliveryCustomization", 1, "Hide pallets", "delivery_customization")],
        "paymentCustomizations": [_function("PaymentCustomization", 1, "Invoice for regulars", "payment_customization"),
                                  {**_function("PaymentCustomization", 2, "Old rule", "payment_customization"),
                                   "enabled": False}],
        "consentPolicy": [
            {"id": f"gid://shopify/ConsentPolicy/{country}{region or ''}", "shopId": "gid://shopify/Shop/1",
             "countryCode": country, "regionCode": region, "consentRequired": consent, "dataSaleOptOutRequired": out}
            for country, region, consent, out in (("DE", None, True, False), ("US", "CA", False, True))
        ],
        "shopLocales": [{"locale": "en", "name": "English", "primary": True, "published": True},
                        {"locale": "de", "name": "German", "primary": False, "published": False}],
        "publicApiVersions": [{"handle": handle, "displayName": handle, "supported": handle not in ("unstable", NEWEST)}
                              for handle in ("2026-01", "2026-04", "2026-07", "2026-10", NEWEST, "unstable")],
    }  # fmt: skip


def _shop() -> Wire:
    return {
        "id": f"{GID}Shop/1", "name": "Northwind", "myshopifyDomain": "northwind-demo.myshopify.com",
        "currencyCode": "EUR", "ianaTimezone": "Europe/Berlin", "enabledPresentmentCurrencies": ["EUR", "GBP"],
        "taxesIncluded": True, "plan": {"publicDisplayName": "Advanced", "partnerDevelopment": False,
                                        "shopifyPlus": False},
        "primaryDomain": {"host": "shop.example.com"}, "marketingSmsConsentEnabledAtCheckout": False,
        "customerAccountsV2": {"customerAccountsVersion": "NEW_CUSTOMER_ACCOUNTS", "loginRequiredAtCheckout": False},
        "email": "owner@example.com", "shopOwnerName": "not-for-git",
    }  # fmt: skip


def _validations(type: str, told: dict[str, Any]) -> list[Wire]:
    return [{"name": name, "type": type, "value": json.dumps(value) if isinstance(value, list) else value}
            for name, value in told.items()]  # fmt: skip


def _typed(type: str) -> Wire:
    return {"name": type, "category": "TEXT", "supportsDefinitionMigrations": True, "supportedValidations": []}


def _capable(unique: bool = False) -> Wire:
    return {name: {"enabled": unique and name == "uniqueValues", "eligible": True}
            for name in ("uniqueValues", "adminFilterable", "smartCollectionCondition")}  # fmt: skip


def _metafield(owner: str, namespace: str, key: str, type: str, number: int, **told: Any) -> Wire:
    return {
        "id": f"{GID}MetafieldDefinition/{number}", "namespace": namespace, "key": key, "name": key.title(),
        "description": f"What {key} says", "ownerType": owner, "type": _typed(type),
        "validations": _validations(type, told), "validationStatus": "ALL_VALID", "metafieldsCount": 1200 + number,
        "pinnedPosition": number, "standardTemplate": None, "constraints": None, "capabilities": _capable(),
        "access": {"admin": "PUBLIC_READ_WRITE", "storefront": "NONE", "customerAccount": "READ"},
        "useAsCollectionCondition": False,
    }  # fmt: skip


def _field(key: str, type: str, required: bool = False, **told: Any) -> Wire:
    return {"key": key, "name": key.title(), "description": "", "required": required, "type": _typed(type),
            "validations": _validations(type, told), 
            "capabilities": {"adminFilterable": {"enabled": False}}}  # fmt: skip


def _metaobject(number: int, type: str, name: str, *fields: Wire) -> Wire:
    return {
        "id": f"{GID}MetaobjectDefinition/{number}", "type": type, "name": name, "description": f"A {name.lower()}",
        "displayNameKey": fields[0]["key"], "access": {"admin": "PUBLIC_READ_WRITE", "storefront": "PUBLIC_READ"},
        "capabilities": {"publishable": {"enabled": True}, "translatable": {"enabled": False}},
        "standardTemplate": None, "createdByApp": {"handle": "shopify-web"}, "fieldDefinitions": list(fields),
        "metaobjectsCount": 7, "hasThumbnailField": False,
    }  # fmt: skip


def _hook(number: int, topic: str, uri: str, at: str, filter: str = "", fields: list[str] | None = None) -> Wire:
    return {
        "id": f"{GID}WebhookSubscription/{number}", "topic": topic, "uri": uri, "format": "JSON",
        "filter": filter or None, "includeFields": fields or [], "metafieldNamespaces": ["marketing"] if fields else [],
        "apiVersion": {"handle": "2026-10", "displayName": "2026-10", "supported": True}, "createdAt": at,
        "updatedAt": at, "legacyResourceId": str(number),
    }  # fmt: skip


def _staff(number: int, box: str, owner: bool = False, kind: str = "REGULAR") -> Wire:
    return {"id": f"{GID}StaffMember/{number}", "email": f"{box}@example.com", "active": True, "exists": True,
            "isShopOwner": owner, "accountType": kind, "name": "not-for-git", "locale": "en"}  # fmt: skip


def _app(number: int, handle: str, title: str, scopes: list[str], theirs: bool = False) -> Wire:
    app = {"id": f"{GID}App/{number}", "handle": handle, "title": title, "developerName": title,
           "developerType": "SHOPIFY" if theirs else "PARTNER", "shopifyDeveloped": theirs}  # fmt: skip
    return {"id": f"{GID}AppInstallation/{number}", "app": app,
            "accessScopes": [{"handle": scope, "description": ""} for scope in scopes]}  # fmt: skip


def _market(number: int, handle: str, name: str, currency: str) -> Wire:
    return {"id": f"{GID}Market/{number}", "handle": handle, "name": name, "status": "ACTIVE", "type": "REGION",
            "currencySettings": {"baseCurrency": {"currencyCode": currency}, "localCurrencies": False}}  # fmt: skip


def _function(kind: str, number: int, title: str, api: str) -> Wire:
    function = {"id": f"fn-{number}", "title": title, "apiType": api, "apiVersion": "2026-07",
                "app": {"handle": "checkout-rules"}}  # fmt: skip
    return {"id": f"{GID}{kind}/{number}", "title": title, "enabled": True, "shopifyFunction": function,
            "errorHistory": None}  # fmt: skip
