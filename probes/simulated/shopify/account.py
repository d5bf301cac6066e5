"""A Shopify shop in memory: the GraphQL Admin API with its cost bucket, and the token of a Dev Dashboard app.

Written from shopify.dev (client credentials, rate limits, versioning, access scopes) and from the vendor's published
introspection for the rows. Connections are cut at 250; every answer carries `extensions.cost`, and a query that the
bucket cannot pay is a THROTTLED error with a 200. What a query costs is reckoned more simply than at Shopify: a point
for each node that a page may hold, and one for the query.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from probes.simulated.control import Reply, Request, controlled
from probes.simulated.desk import Denial, Desk, Route, Wire
from probes.simulated.queries import Field, Wrong, filled, parse

from .content import NEWEST, OLDEST, rows

MOST: Final = 250  # nodes of a page
SCOPES: Final = {
    "metaobjectDefinitions": "read_metaobject_definitions", "staffMembers": "read_users", "markets": "read_markets",
    "appInstallations": "read_apps", "publications": "read_publications", "segments": "read_customers",
    "validations": "read_validations", "deliveryCustomizations": "read_delivery_customizations",
    "paymentCustomizations": "read_payment_customizations", "shopLocales": "read_locales",
    "themes": "read_themes", "consentPolicy": "read_privacy_settings",
}  # fmt: skip
OWNERS: Final = {"CUSTOMER": "read_customers", "ORDER": "read_orders", "PRODUCT": "read_products",
                 "PRODUCTVARIANT": "read_products", "COLLECTION": "read_products"}  # fmt: skip


class Account(Desk):
    """Tables: metafieldDefinitions, metaobjectDefinitions, webhookSubscriptions, staffMembers, appInstallations,
    markets, publications, segments, validations, deliveryCustomizations, paymentCustomizations, shopLocales, shop.

    `version`: the oldest that Shopify still answers; a request for an older one is answered by it. `maximum` and
    `restored`: the bucket's points and what comes back each second."""

    routes = (
        Route("POST", "/admin/oauth/access_token", "issue", open=True),
        Route("POST", "/admin/api/{version}/graphql.json", "graphql"),
    )
    keys: ClassVar[dict[str, str]] = {"shopLocales": "locale", "shop": "myshopifyDomain", "publicApiVersions": "handle"}

    def __init__(self, **given: Any) -> None:
        self.client_id, self.client_secret = "client", "secret"
        self.version, self.maximum, self.restored = OLDEST, 2_000.0, 100.0
        super().__init__(**given)
        self.available, self._at = self.maximum, self.clock.now()
        self.issued = ""

    @classmethod
    def every_grant(cls) -> set[str]:
        return {*SCOPES.values(), *OWNERS.values()}

    def fill(self) -> None:
        self.tables = rows(self.born)

    # refusing

    def denied(self, request: Request, grant: str) -> Reply:
        word = {"code": "ACCESS_DENIED", "documentation": "https://shopify.dev/api/usage/access-scopes",
                "requiredAccess": f"`{grant}` access scope."}  # fmt: skip
        return self._said({"errors": [{"message": f"Access denied. Required access: `{grant}` access scope.",
                                       "extensions": word}], "data": None})  # fmt: skip

    def refused(self, request: Request) -> Reply:
        message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
        return Reply(401, {"errors": message})

    def missing(self, request: Request) -> Reply:
        return Reply(404, {"errors": "Not Found"})

    def limited(self) -> Reply:
        return self._throttled(102.0)

    def signed(self, request: Request) -> bool:
        given = request.headers.get("x-shopify-access-token", "")
        return bool(given) and given in (self.token, self.issued)

    def issue(self, request: Request) -> Reply:
        form = request.form()
        right = (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.client_secret)
        if not right or form.get("grant_type") != "client_credentials":
            said = {"error": "application_cannot_be_found", "error_description": "The application cannot be found."}
            return Reply(400, said)
        self.issued = f"issued-{len(self.requests)}"
        told = {"access_token": self.issued, "scope": ",".join(sorted(self.grants)), "expires_in": 86399}
        return Reply(200, told)

    # answering

    def graphql(self, request: Request, version: str) -> Reply:
        body = request.json() or {}
        try:
            fields = parse(str(body.get("query")))
            cost = 1.0 + sum(_cost(field) for field in fields)
            if cost > 1_000:
                told = {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": 1000}
                return self._said({"errors": [{"message": f"Query cost is {cost}", "extensions": told}]})
            if self._refilled() < cost:
                return self._throttled(cost)
            data = {field.name: self._root(request, field, body.get("variables") or {}) for field in fields}
        except Wrong as wrong:
            return self._said({"errors": [{"message": str(wrong), "extensions": {"code": "undefinedField"}}]})
        self.available -= cost
        answered = {"x-shopify-api-version": max(version, self.version)}
        return Reply(200, {"data": data, "extensions": {"cost": self._cost(cost, cost)}}, answered)

    def _root(self, request: Request, field: Field, variables: Mapping[str, Any]) -> Any:
        arguments = filled(field.arguments, variables)
        if field.name == "currentAppInstallation":
            scopes = [{"handle": name, "description": ""} for name in sorted(self.grants)]
            app = {"title": "Driftline", "handle": "driftline"}
            return _picked({"id": "gid://shopify/AppInstallation/1", "app": app, "accessScopes": scopes}, field)
        if field.name == "shop":
            (shop,) = self.tables["shop"]
            name = f"{self.account}.myshopify.com" if self.account != "example" else shop["myshopifyDomain"]
            return _picked({**shop, "myshopifyDomain": name}, field)
        if field.name == "metafieldDefinition":
            sought = arguments["identifier"]
            self._owner(request, sought["ownerType"])
            found = next((row for row in self.tables["metafieldDefinitions"]
                          if all(row[name] == value for name, value in sought.items())), None)  # fmt: skip
            return _picked(found, field)
        if field.name == "metaobjectDefinitionByType":
            self.need(request, SCOPES["metaobjectDefinitions"])
            found = next(
                (row for row in self.tables["metaobjectDefinitions"] if row["type"] == arguments["type"]), None
            )
            return _picked(found, field)
        if field.name not in self.tables:
            raise Wrong(f"Field '{field.name}' doesn't exist on type 'QueryRoot'")
        self.need(request, SCOPES.get(field.name, ""))
        found_rows = self.tables[field.name]
        if owner := arguments.get("ownerType"):
            self._owner(request, owner)
            found_rows = [row for row in found_rows if row["ownerType"] == owner]
        if "first" not in arguments:
            return [_picked(row, field) for row in self.mixed(found_rows)]
        return self._connection(field, found_rows, arguments)

    def _owner(self, request: Request, owner: str) -> None:
        self.need(request, OWNERS.get(owner, ""))

    def _connection(self, field: Field, found: list[Wire], arguments: Mapping[str, Any]) -> Wire:
        if arguments["first"] > MOST:
            raise Denial(self._said({"errors": [{"message": f"first cannot exceed {MOST}", "extensions": {
                "code": "argumentLiteralsIncompatible"}}]}))  # fmt: skip
        part, after = self.part(found, int(arguments.get("after") or 0), arguments["first"])
        end = str(after) if after is not None else None
        info = {"hasNextPage": end is not None, "endCursor": end, "hasPreviousPage": False, "startCursor": None}
        return {one.name: [_picked(row, one) for row in self.mixed(part)] if one.name == "nodes" else _picked(info, one)
                for one in field.inner}  # fmt: skip

    # the bucket

    def _refilled(self) -> float:
        now = self.clock.now()
        self.available = min(self.maximum, self.available + (now - self._at) * self.restored)
        self._at = now
        return self.available

    def _cost(self, asked: float, spent: float | None) -> Wire:
        status = {"maximumAvailable": self.maximum, "currentlyAvailable": self.available, "restoreRate": self.restored}
        return {"requestedQueryCost": asked, "actualQueryCost": spent, "throttleStatus": status}

    def _throttled(self, cost: float) -> Reply:
        word = {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"}
        said = {"errors": [{"message": "Throttled", "extensions": word}]}
        return Reply(200, {**said, "extensions": {"cost": self._cost(cost, None)}})

    def _said(self, body: Wire) -> Reply:
        return Reply(200, {**body, "extensions": {"cost": self._cost(1.0, 1.0)}})

    # changing

    @controlled
    def spend(self, points: float) -> None:
        """Other tools use the bucket that all apps' queries of this app share."""
        self.note("spend", points=points)
        self.available = self._refilled() - points

    @controlled
    def retire(self, oldest: str = NEWEST) -> None:
        """Versions older than this one are answered by it from now on."""
        self.note("retire", oldest=oldest)
        self.version = oldest


def _cost(field: Field) -> float:
    first = field.arguments.get("first")
    inner = sum(_cost(one) for one in field.inner)
    return float(first) + inner if isinstance(first, int) else inner


def _picked(value: Any, field: Field) -> Any:
    """What is asked for of a value. Raises Wrong for what it has not."""
    if value is None or not field.inner:
        return value
    if isinstance(value, list):
        if "first" in field.arguments:
            return {one.name: [_picked(item, one) for item in value] for one in field.inner}
        return [_picked(item, field) for item in value]
    if missing := [one.name for one in field.inner if one.name not in value]:
        raise Wrong(f"Field '{missing[0]}' doesn't exist on type of '{field.name}'")
    return {one.name: _picked(value[one.name], one) for one in field.inner}
