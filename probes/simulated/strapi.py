"""A Strapi 5 server that answers in memory, as the vendor's source has it (strapi/strapi: routes and policies of admin,
content-type-builder, i18n and users-permissions; `formatContentType` for the shape of a type; the docs for tokens).

Rights are the actions of the admin panel; a list is refused as a whole to who lacks its action. Users come in pages,
all else at once. Errors are `{data: null, error: {status, name, message, details}}`, but for a content type or
component that is not there, which is `{error: "contentType.notFound"}` or `{error: "component.notFound"}`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from .control import Reply, Request
from .desk import Desk, Edit, Route, Wire

BUILDER = "plugin::content-type-builder.read"
VISITORS = "plugin::users-permissions.roles.read"
LOCALIZED: Wire = {"i18n": {"localized": True}}
SEO: Wire = {"type": "component", "component": "shared.seo", "repeatable": False, "configurable": True}
DATES: Wire = {name: {"type": "datetime", "configurable": False, "writable": True, "visible": False}
               for name in ("createdAt", "updatedAt", "publishedAt")}  # fmt: skip
TYPES: dict[str, tuple[str, str, bool, Wire]] = {
    "api::article.article": ("Article", "collectionType", True, {
        "title": {"type": "string", "required": True, "maxLength": 120, "minLength": 3, "pluginOptions": LOCALIZED},
        "slug": {"type": "uid", "targetField": "title", "regex": "^[a-z-]+$", "unique": True},
        "body": {"type": "blocks", "pluginOptions": LOCALIZED},
        "topic": {"type": "enumeration", "enum": ["product", "event", "news"], "default": "news"},
        "score": {"type": "integer", "min": 0, "max": 100, "private": True},
        "region": {"type": "relation", "relation": "manyToOne", "target": "api::region.region",
                   "targetAttribute": "articles", "configurable": True},
        "cover": {"type": "media", "multiple": False, "required": False, "allowedTypes": ["images", "files"]},
        "colour": {"type": "string", "customField": "plugin::color-picker.color",
                   "conditions": {"visible": {"==": [{"var": "topic"}, "event"]}}},
        "seo": SEO, **DATES}),
    "api::region.region": ("Region", "collectionType", False, {
        "name": {"type": "string", "required": True, "unique": True},
        "articles": {"type": "relation", "relation": "oneToMany", "target": "api::article.article",
                     "targetAttribute": "region", "configurable": True}}),
    "api::home.home": ("Home", "singleType", True, {
        "campaign": {"type": "string", "regex": "^\\d{4}-Q[1-4]_"},
        "blocks": {"type": "dynamiczone", "components": ["shared.seo", "shared.quote"]}}),
    "plugin::upload.file": ("File", "collectionType", False, {"name": {"type": "string", "visible": False}}),
}  # fmt: skip


class Account(Desk):
    """`content-web` of a stack that runs on Strapi. `alter` a type's `schema.attributes.title.required` and so on."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/admin/login", "login", open=True),
        Route("GET", "/admin/users/me", "me"),
        Route("GET", "/admin/users/me/permissions", "own"),
        Route("GET", "/admin/information", "information"),
        Route("GET", "/content-type-builder/content-types", "types", BUILDER),
        Route("GET", "/content-type-builder/content-types/{uid}", "one", BUILDER),
        Route("GET", "/content-type-builder/components", "components", BUILDER),
        Route("GET", "/content-type-builder/components/{uid}", "piece", BUILDER),
        Route("GET", "/i18n/locales", "locales"),
        Route("GET", "/admin/roles", "roles", "admin::roles.read"),
        Route("GET", "/admin/roles/{id}/permissions", "permissions", "admin::roles.read"),
        Route("GET", "/admin/users", "users", "admin::users.read"),
        Route("GET", "/admin/api-tokens", "api_tokens", "admin::api-tokens.read"),
        Route("GET", "/admin/admin-tokens", "admin_tokens", "admin::admin-tokens.read"),
        Route("GET", "/admin/transfer/tokens", "transfer_tokens", "admin::transfer.tokens.read"),
        Route("GET", "/admin/webhooks", "webhooks", "admin::webhooks.read"),
        Route("GET", "/admin/audit-logs", "audit_logs", "admin::audit-logs.read"),
        Route("GET", "/review-workflows/workflows", "reviews", "admin::review-workflows.read"),
        Route("GET", "/users-permissions/roles", "visitors", VISITORS),
        Route("GET", "/users-permissions/roles/{id}", "visitor", VISITORS),
    )
    keys: ClassVar[dict[str, str]] = {"types": "uid", "components": "uid", "roles": "code", "users": "email",
                                      "webhooks": "name", "locales": "code", "visitors": "type"}  # fmt: skip
    password = "simulated"  # noqa: S105  the password of `login`

    enterprise = False  # the edition that keeps an audit log
    growing = True  # a paid plan, which has review workflows

    def fill(self) -> None:
        self.tables = {
            "types": [_type(uid, *what) for uid, what in TYPES.items()],
            "components": [_component("shared.seo", {"title": {"type": "string", "maxLength": 60}}),
                           _component("shared.quote", {"text": {"type": "text", "required": True}})],
            "locales": [_stamped(id=1, name="English (en)", code="en", isDefault=True),
                        _stamped(id=2, name="German (de)", code="de", isDefault=False)],
            "roles": [_role(1, "Super Admin", "strapi-super-admin"), _role(2, "Editor", "strapi-editor"),
                      _role(3, "Brand", "brand")],
            "permissions": [
                _permission(11, 2, "plugin::content-manager.explorer.update", "api::article.article",
                            ["title", "body", "topic"]),
                _permission(12, 2, "plugin::content-manager.explorer.publish", "api::article.article", [],
                            "admin::is-creator"),
                _permission(13, 3, "plugin::upload.read", None, []),
                _permission(14, 1, "admin::users.update", None, []),
            ],
            "users": [_user(n, name, role, n != 4) for n, (name, role) in enumerate(
                [("admin-01", 1), ("integration-user", 2), ("editor-01", 2), ("brand-01", 3)], 1)],
            "api_tokens": [_token(1, "website", "read-only", []),
                           _token(2, "shop", "custom", ["api::article.article.find"])],
            "admin_tokens": [_admin_token(7, "driftline")],
            "transfer_tokens": [_stamped(id=3, name="to staging", description="", permissions=["pull"],
                                         lastUsedAt=None, lifespan=None, expiresAt=None)],
            "webhooks": [{"id": 1, "name": "rebuild", "url": "https://build.example.com/hooks/not-for-git",
                          "headers": {"Authorization": "Bearer not-for-git"}, "isEnabled": True,
                          "events": ["entry.publish", "entry.unpublish"]}],
            "reviews": [_stamped(id=1, name="Default", contentTypes=["api::article.article"], stages=[
                _stage(1, "To do", [2], []), _stage(2, "In review", [3], [2]), _stage(3, "Done", [], [3])])],
            "visitors": [_visitor(1, "Authenticated", "authenticated", True), _visitor(2, "Public", "public", False)],
        }  # fmt: skip

    def denied(self, request: Request, grant: str) -> Reply:
        return _error(403, "ForbiddenError", "Forbidden")

    def refused(self, request: Request) -> Reply:
        return _error(401, "UnauthorizedError", "Missing or invalid credentials")

    def missing(self, request: Request) -> Reply:
        return _error(404, "NotFoundError", "Not Found")

    def limited(self) -> Reply:
        return _error(429, "RateLimitError", "Too many requests, please try again later.")

    def login(self, request: Request) -> Any:
        said = request.json() or {}
        if said.get("password") != self.password:
            return _error(400, "ApplicationError", "Invalid credentials")
        return {"data": {"token": self.token, "user": self.tables["users"][0]}}

    def me(self, request: Request) -> Any:
        return {"data": self.tables["users"][1]}

    def own(self, request: Request) -> Any:
        held: list[Wire] = [
            {"id": n, "action": name, "actionParameters": {}, "subject": None, "properties": {}, "conditions": []}
            for n, name in enumerate(sorted(self.grants), 1)
        ]
        return {
            "data": [*held, _permission(99, 2, "plugin::content-manager.explorer.read", "api::article.article", [])]
        }

    def information(self, request: Request) -> Any:
        return {"data": {"currentEnvironment": "production", "autoReload": False, "strapiVersion": "5.47.0",
                         "dependencies": {"@strapi/strapi": "5.47.0", "@strapi/plugin-users-permissions": "5.47.0"},
                         "projectId": "0b7c9a52", "nodeVersion": "v22.14.0", "communityEdition": True,
                         "useYarn": False}}  # fmt: skip

    def types(self, request: Request) -> Any:
        return {"data": self.rows("types")}

    def one(self, request: Request, uid: str) -> Any:
        found = self.find("types", uid)
        return Reply(404, {"error": "contentType.notFound"}) if found is None else {"data": found}

    def components(self, request: Request) -> Any:
        return {"data": self.rows("components")}

    def piece(self, request: Request, uid: str) -> Any:
        found = self.find("components", uid)
        return Reply(404, {"error": "component.notFound"}) if found is None else {"data": found}

    def locales(self, request: Request) -> Any:
        return self.rows("locales")

    def roles(self, request: Request) -> Any:
        return {"data": self.rows("roles")}

    def permissions(self, request: Request, id: str) -> Any:
        rows = [{name: one for name, one in row.items() if name != "role"}
                for row in self.rows("permissions") if str(row["role"]) == id]  # fmt: skip
        return {"data": rows}

    def users(self, request: Request) -> Any:
        page, size = int(request.query.get("page", 1)), min(int(request.query.get("pageSize", 10)), self.page)
        every = self.tables["users"]
        told = {"page": page, "pageSize": size, "pageCount": -(-len(every) // size), "total": len(every)}
        return {"data": {"results": self.mixed(every[(page - 1) * size : page * size]), "pagination": told}}

    def api_tokens(self, request: Request) -> Any:
        return {"data": self.rows("api_tokens")}

    def transfer_tokens(self, request: Request) -> Any:
        return {"data": self.rows("transfer_tokens")}

    def admin_tokens(self, request: Request) -> Any:
        return {"data": self.rows("admin_tokens")}

    def webhooks(self, request: Request) -> Any:
        return {"data": self.rows("webhooks")}

    def audit_logs(self, request: Request) -> Any:
        if not self.enterprise:
            return self.missing(request)
        user = {"id": 1, "email": self.actor, "displayName": self.actor.partition("@")[0]}
        events = [_event(n, one, user) for n, one in enumerate(self.edits, 1)]
        events.append({"id": 0, "action": "admin.auth.success", "date": "2026-01-01T00:00:00.000Z", "user": None,
                       "payload": {"user": user, "provider": "local"}})  # fmt: skip
        events.sort(key=lambda one: str(one["date"]), reverse=request.query.get("sort") == "date:DESC")
        page, size = int(request.query.get("page", 1)), min(int(request.query.get("pageSize", 10)), self.page)
        told = {"page": page, "pageSize": size, "pageCount": -(-len(events) // size), "total": len(events)}
        return {"results": events[(page - 1) * size : page * size], "pagination": told}

    def reviews(self, request: Request) -> Any:
        if not self.growing:
            return self.missing(request)
        return {"data": self.rows("reviews"), "meta": {"workflowCount": len(self.tables["reviews"])}}

    def visitors(self, request: Request) -> Any:
        return {"roles": [{**row, "permissions": None} for row in self.rows("visitors")]}

    def visitor(self, request: Request, id: str) -> Any:
        found = next((row for row in self.tables["visitors"] if str(row["id"]) == id), None)
        return self.missing(request) if found is None else {"role": found}


def _event(id: int, edit: Edit, user: Wire) -> Wire:
    """An entry of the audit log: the payload is what the event brought."""
    of = {"types": "content-type", "components": "component", "roles": "role", "permissions": "permission",
          "users": "user"}.get(edit.table, "entry")  # fmt: skip
    verb = {"created": "create", "updated": "update", "deleted": "delete"}[edit.action]
    row = edit.after or edit.before or {}
    payload = {"contentType": row} if of == "content-type" else {of: row}
    date = datetime.fromtimestamp(edit.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": id, "action": f"{of}.{verb}", "date": date, "payload": payload, "user": user}


def _error(status: int, name: str, message: str) -> Reply:
    return Reply(status, {"data": None, "error": {"status": status, "name": name, "message": message, "details": {}}})


def _stamped(**what: Any) -> Wire:
    return {**what, "createdAt": "2026-02-03T09:00:00.000Z", "updatedAt": "2026-05-03T09:00:00.000Z"}


def _type(uid: str, label: str, kind: str, drafts: bool, attributes: Wire) -> Wire:
    own = uid.startswith("api::")
    name = uid.rpartition(".")[2]
    schema = {"draftAndPublish": drafts, "displayName": label, "singularName": name, "pluralName": f"{name}s",
              "description": f"What a {name} is", "pluginOptions": LOCALIZED if drafts else {}, "kind": kind,
              "collectionName": f"{name}s", "attributes": attributes, "visible": own,
              "restrictRelationsTo": None}  # fmt: skip
    return {
        "uid": uid,
        "apiID": name,
        "schema": schema,
        **({} if own else {"plugin": uid.split("::")[1].split(".")[0]}),
    }


def _component(uid: str, attributes: Wire) -> Wire:
    category, _, name = uid.partition(".")
    schema = {"displayName": name.title(), "description": f"A {name}", "icon": "search", "connection": "default",
              "collectionName": f"components_{category}_{name}s", "attributes": attributes}  # fmt: skip
    return {"uid": uid, "category": category, "apiId": name, "schema": schema}


def _role(id: int, name: str, code: str) -> Wire:
    return _stamped(id=id, name=name, code=code, description=f"{name}s have these rights.", usersCount=id)


def _permission(id: int, role: int, action: str, subject: str | None, fields: list[str], *conditions: str) -> Wire:
    properties = {"fields": fields, "locales": ["en", "de"]} if fields else {}
    return _stamped(id=id, role=role, action=action, actionParameters={"from": "panel"} if fields else {},
                    subject=subject, properties=properties, conditions=list(conditions))  # fmt: skip


def _user(id: int, name: str, role: int, active: bool) -> Wire:
    code = {1: "strapi-super-admin", 2: "strapi-editor", 3: "brand"}[role]
    return _stamped(id=id, firstname=name, lastname="", username=None, email=f"{name}@example.com", isActive=active,
                    blocked=False, preferedLanguage=None, roles=[{"id": role, "name": code, "code": code}])  # fmt: skip


def _stage(id: int, name: str, out: list[int], into: list[int]) -> Wire:
    """`out` and `into`: ids of the roles that may move an entry out of it and into it."""
    rights = [[{"action": "admin::review-workflows.stage.transition", "role": role} for role in roles]
              for roles in (out, into)]  # fmt: skip
    return {**_stamped(id=id, name=name, color="#4945FF"), "fromPermissions": rights[0], "toPermissions": rights[1]}


def _token(id: int, name: str, type: str, permissions: list[str]) -> Wire:
    return _stamped(id=id, name=name, description=f"For the {name}", type=type, kind="content-api",
                    permissions=permissions, expiresAt="2027-02-03T09:00:00.000Z" if permissions else None,
                    lifespan=None, lastUsedAt="2026-05-28T08:00:00.000Z", encryptedKey="not-for-git")  # fmt: skip


def _admin_token(id: int, name: str) -> Wire:
    held = [{"action": "plugin::content-type-builder.read", "subject": None},
            {"action": "plugin::content-manager.explorer.read", "subject": "api::article.article"}]  # fmt: skip
    return _stamped(id=id, name=name, description="Watches", kind="admin", lastUsedAt=None, lifespan=None,
                    expiresAt="2027-02-03T09:00:00.000Z", adminPermissions=held, adminUserOwner=2)  # fmt: skip


def _visitor(id: int, name: str, type: str, may: bool) -> Wire:
    rights = {"find": {"enabled": True, "policy": ""}, "create": {"enabled": may, "policy": "rate" if may else ""}}
    return {"id": id, "name": name, "description": f"Role of {type}", "type": type, "nb_users": id,
            "permissions": {"api::article": {"controllers": {"article": rights}}}}  # fmt: skip
