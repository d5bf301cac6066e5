"""What Shopify is asked, in GraphQL. tests/probes/test_shopify.py holds each against the vendor's introspections.

A connection asks for pages of 100: at a point or two for each node, a page stays far below the 1,000 points that one
query may cost. Fields that Shopify has deprecated are not asked for.
"""

from __future__ import annotations

from typing import Final

PAGE: Final = 100
_TYPED: Final = "type { name category } validations { name type value }"
_FUNCTION: Final = (
    "id title enabled shopifyFunction { id title apiType apiVersion app { handle } } errorHistory "
    "{ errorsFirstOccurredAt hasSharedRecentErrors }"
)


def connection(root: str, node: str, arguments: str = "", variables: str = "") -> str:
    """A query for one page of a list of the shop's."""
    return (
        f"query($after: String{variables}) {{ {root}(first: {PAGE}, after: $after{arguments}) "
        f"{{ nodes {{ {node} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    )


IDENTITY: Final = (
    "query { shop { id name myshopifyDomain } "
    "currentAppInstallation { id app { title handle } accessScopes { handle } } }"
)
SHOP: Final = (
    "query { shop { id name currencyCode ianaTimezone enabledPresentmentCurrencies taxesIncluded plan "
    "{ publicDisplayName partnerDevelopment shopifyPlus } primaryDomain { host } marketingSmsConsentEnabledAtCheckout "
    "customerAccountsV2 { customerAccountsVersion loginRequiredAtCheckout } } }"
)
VERSIONS: Final = "query { publicApiVersions { handle displayName supported } }"
LOCALES: Final = "query { shopLocales { locale name primary published } }"

_DEFINITION: Final = (
    f"id namespace key name description ownerType {_TYPED} validationStatus "
    "access { admin storefront customerAccount } "
    "capabilities { uniqueValues { enabled } adminFilterable { enabled } smartCollectionCondition { enabled } } "
    "standardTemplate { id } constraints { key values(first: 50) { nodes { value } } }"
)
METAFIELDS: Final = connection(
    "metafieldDefinitions", _DEFINITION, ", ownerType: $owner", ", $owner: MetafieldOwnerType!"
)
METAFIELD: Final = (
    "query($owner: MetafieldOwnerType!, $namespace: String!, $key: String!) { metafieldDefinition(identifier: "
    f"{{ownerType: $owner, namespace: $namespace, key: $key}}) {{ {_DEFINITION} }} }}"
)
_METAOBJECT: Final = (
    "id type name description displayNameKey access { admin storefront } capabilities { publishable { enabled } "
    "translatable { enabled } } standardTemplate { type } createdByApp { handle } fieldDefinitions { key name "
    f"description required {_TYPED} }}"
)
METAOBJECTS: Final = connection("metaobjectDefinitions", _METAOBJECT)
METAOBJECT: Final = f"query($type: String!) {{ metaobjectDefinitionByType(type: $type) {{ {_METAOBJECT} }} }}"
CONSENT: Final = "query { consentPolicy { id countryCode regionCode consentRequired dataSaleOptOutRequired } }"
WEBHOOKS: Final = connection(
    "webhookSubscriptions",
    "id topic uri format filter includeFields metafieldNamespaces apiVersion { handle } createdAt updatedAt",
)
STAFF: Final = connection("staffMembers", "id email active exists isShopOwner accountType")
APPS: Final = connection(
    "appInstallations",
    "id app { id handle title developerName developerType shopifyDeveloped } accessScopes { handle }",
)
MARKETS: Final = connection(
    "markets", "id handle name status type currencySettings { baseCurrency { currencyCode } localCurrencies }"
)
PUBLICATIONS: Final = connection("publications", "id autoPublish supportsFuturePublishing catalog { title status }")
SEGMENTS: Final = connection("segments", "id name query lastEditDate")
THEMES: Final = connection("themes", "id name role processingFailed themeStoreId updatedAt")
VALIDATIONS: Final = connection("validations", f"{_FUNCTION} blockOnFailure")
DELIVERY: Final = connection("deliveryCustomizations", _FUNCTION)
PAYMENT: Final = connection("paymentCustomizations", _FUNCTION)
EVERY: Final = (
    IDENTITY, SHOP, VERSIONS, LOCALES, METAFIELDS, METAFIELD, METAOBJECTS, METAOBJECT, CONSENT, WEBHOOKS, STAFF, APPS,
    MARKETS, PUBLICATIONS, SEGMENTS, THEMES, VALIDATIONS, DELIVERY, PAYMENT,
)  # fmt: skip
