"""WordPress, REST API wp/v2 of version 5.9 and later. https://developer.wordpress.org/rest-api/reference/

Least grants: an application password of a user of its own with the role Administrator, or with a role made for it that
has what stands under `grants`. WordPress has no right to look that is not also a right to change, so the password is to
be kept like an administrator's. Asked with `context=edit`, as here, most lists are refused (401, 403) to whoever lacks
the right; types and taxonomies are the exception: with a 200, one gets those that one may edit oneself. What the user
may do stands in the vantage.

Where the facts are from: the vendor's REST reference, and a running 6.1.9 with MariaDB, against which
tests/real/test_wordpress_probe.py holds every listing. Seen there and relied on: the JSON Schema of a type's posts,
with meta that was registered with `show_in_rest`, is what OPTIONS answers, and `_method=OPTIONS` is that for a GET (the
reference has both, under discovery and global parameters); it is the same for everybody. A wrong
application password is nobody at all: what is public comes with a 200, all else with a 401. Capabilities of a user are
those of the roles and the own ones, together with the roles' names and old levels, which are left out. A type that
nobody registers any more is 404 rest_type_invalid whatever one's rights. Site Health's own check of requests that the
site makes to itself, by which scheduled posts and WP-Cron are started, is a 200 when it fails: its `status` tells. The
check makes that request, as each visit does. Not verified: multisite, where a network's administrators are not told.

Links are pages of wp-admin; statuses have none. No `who`: REST has no log of changes (what people did is kept by
plugins, if at all); templates alone have revisions.

Not to be had: what a role allows by itself (only its users show it), meta that is not registered, events of WP-Cron,
WordPress's own version. Not asked, since they act or call others: all other checks of Site Health, directory sizes. Not
read: posts, comments, media, menus and widgets (content of a theme), settings of plugins (some are keys), personal
names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.auth import Basic, Scheme
from probes.kit.coded import each, made, once
from probes.kit.contract import Absent, Kind, Malformed, Ref, Rejected, Unsupported, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Found, Listing, OptionSpec, Row, Vendor, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

PAGES = Paging(style="page", into="page", size=100, size_into="per_page")
EDIT = {"context": "edit"}
HOURLY = 3600.0
# JSON Schema's type, after its format where it has one; "enum" and "rendered" are what `shape` says of a value.
TYPES = {
    "string": "text", "string/date-time": "datetime", "string/uri": "url", "string/email": "email",
    "string/uuid": "id", "string/ip": "text", "string/hex-color": "text", "integer": "integer", "number": "decimal",
    "boolean": "boolean", "enum": "option", "enums": "multi_option", "rendered": "html", "array": "json",
    "object": "json", "*": "any",
}  # fmt: skip
GONE: Final = {"rest_type_invalid", "rest_taxonomy_invalid", "rest_plugin_not_found"}
TERMS: Final = "taxonomy."  # before a taxonomy's name, where a scope holds the fields of its terms


async def identity(api: Client) -> Vantage:
    """The password's user with roles and capabilities. Nobody at all is a 401 here, as a dead password is."""
    asked = {**EDIT, "_fields": "id,email,locale,roles,capabilities"}
    me: dict[str, Any] = (await api.ask(Ask("/wp/v2/users/me", asked))).value()
    site = (await api.ask(Ask("/", {"_fields": "name,url"}))).value()
    address = urlsplit(str(site["url"]))
    return Vantage(
        account=f"{address.netloc}{address.path.rstrip('/')}",
        account_name=str(site.get("name") or ""),
        subject=str(me.get("email") or me["id"]),
        grants=frozenset([*powers(me), *(f"role:{role}" for role in listed(me, "roles"))]),
        api_version="wp/v2",
        locale=str(me.get("locale") or ""),
    )


def powers(user: Mapping[str, Any], told: str = "capabilities") -> list[str]:
    """What a user may do, without the names of roles and the levels of WordPress 1.5 that stand among it."""
    held = user.get(told)
    named = held.items() if isinstance(held, dict) else ()  # PHP says [] for an empty map
    return sorted(name for name, yes in named if yes and name not in user["roles"] and not name.startswith("level_"))


@once
async def users(api: Client) -> Answer:
    """Who there is, with roles and powers; what is personal stays here."""
    asked = {
        **EDIT,
        "orderby": "id",
        "_fields": "id,email,username,roles,capabilities,extra_capabilities,registered_date",
    }
    found = await api.every(Ask("/wp/v2/users", asked), PAGES, "")
    rows = [
        {"id": one["id"], "key": one.get("email") or one["username"], "roles": one["roles"], "powers": powers(one),
         "own": powers(one, "extra_capabilities"), "at": one.get("registered_date")}
        for one in found
    ]  # fmt: skip
    return made({"rows": rows})


@each
async def fields(api: Client, parent: Row) -> Answer:
    """The fields of the posts of a type, the terms of a taxonomy, or, without a parent, of users."""
    return made({"rows": await described(api, parent)})


async def described(api: Client, parent: Row) -> list[dict[str, Any]]:
    """The schema of what a route holds, as rows."""
    path = f"/{parent.get('x_rest_namespace') or 'wp/v2'}/{parent.get('x_rest_base') or 'users'}"
    told = (await api.ask(Ask(path, {"_method": "OPTIONS"}))).value()
    known = told.get("schema", {}).get("properties") if isinstance(told, dict) else None
    if not isinstance(known, dict):
        raise Malformed(f"{path} tells no schema")
    made = [one.get("args") for one in told.get("endpoints") or () if "POST" in one.get("methods", ())]
    must = {name for args in made if isinstance(args, dict) for name, one in args.items() if one.get("required")}
    return [{**row, "required": row["key"] in must} for row in _rows(known)]


def _rows(known: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, one in known.items():
        if name != "meta":
            yield {**one, "key": name, "shape": shape(one), "group": None, "nullable": _nullable(one)}
    meta = known.get("meta", {}).get("properties")
    for name, one in meta.items() if isinstance(meta, dict) else ():
        yield {**one, "key": f"meta.{name}", "shape": shape(one), "group": "meta", "nullable": _nullable(one)}


def shape(one: Mapping[str, Any]) -> str:
    """What a value is: a choice of some, a text in its raw and its rendered form, or its type and format."""
    said = one.get("type")
    kinds = [kind for kind in (said if isinstance(said, list) else [said]) if kind != "null"]
    items = one.get("items") if isinstance(one.get("items"), dict) else {}
    if kinds == ["string"] and one.get("enum"):
        return "enum"
    if kinds == ["array"] and items and items.get("enum"):
        return "enums"
    if kinds == ["object"] and "rendered" in (one.get("properties") or ()):
        return "rendered"
    kind = str(kinds[0]) if len(kinds) == 1 else "any"
    return f"{kind}/{one['format']}" if kind == "string" and one.get("format") else kind


def _nullable(one: Mapping[str, Any]) -> bool:
    return isinstance(one.get("type"), list) and "null" in one["type"]


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A type, a taxonomy, a plugin, or a field of a type or a taxonomy: each has an address of its own."""
    single = {"types": "types", "taxonomies": "taxonomies", "plugins": "plugins"}.get(ref.name)
    try:
        if ref.kind in (Kind.SCHEMA, Kind.PLATFORM) and single:
            path = f"/wp/v2/{single}/{quote(key)}"  # a plugin's name has a slash, and so has its address
            return Found(ref.name, (await api.ask(Ask(path, EDIT))).value())
        if ref.kind is not Kind.FIELD:
            raise Unsupported(f"WordPress is not asked for one thing of {ref.kind}/{ref.name}", code="look")
        return await _field(api, ref.name, key)
    except Rejected as fault:
        if fault.code in GONE:
            return Absent(fault.code)
        raise


async def _field(api: Client, scope: str, key: str) -> Found | Absent:
    """A field is gone when the schema, which is the same for everybody, does not have it."""
    name = scope.removeprefix(TERMS)
    listing, place = ("term-fields", "taxonomies") if scope.startswith(TERMS) else ("fields", "types")
    parent: dict[str, Any] = {}
    if scope == "users":
        listing = "user-fields"
    else:
        told = (await api.ask(Ask(f"/wp/v2/{place}/{quote(name, safe='')}", EDIT))).value()
        parent = {"key": name, "id": "", **{f"x_{word}": told.get(word) for word in ("rest_base", "rest_namespace")}}
    row = next((one for one in await described(api, parent) if one["key"] == key), None)
    return Found(listing, row, parent) if row else Absent("schema")


FIELD = keep(
    "description required nullable default pattern minimum maximum group", type="shape", native_type="shape",
    read_only="readonly", length="maxLength", min_length="minLength", most_items="maxItems", least_items="minItems",
    options="(enum || items.enum)[?@ != null && @ != ''].{value: to_string(@)}", x_contexts="context",
)  # fmt: skip
OF: dict[str, Any] = {"kind": Kind.FIELD, "records": "rows", "key": "key", "fetch": fields, "words": {"type": TYPES},
             "always": ("type",), "unordered": ("x_contexts",), "facts": FIELD, "every": HOURLY}  # fmt: skip

VENDOR = Vendor(
    name="wordpress",
    title="WordPress",
    docs="https://developer.wordpress.org/rest-api/reference/",
    base="{options.url}/wp-json",
    hosts=("{base}",),
    schemes={
        "application-password": Scheme(
            fields=("user", "password"), build=Basic,
            note="Users > Add New: a user of its own with the role Administrator; then Users > that user > Application "
            "Passwords > a name > Add New. The site must be on https, and Settings > Permalinks not on Plain.",
        )
    },
    options={"url": OptionSpec(default="", says="address of the site, with its path if it has one, without /wp-json")},
    errors=Errors(
        code="code", message="message",
        faults={"rest_no_route": "unsupported", "application_passwords_disabled": "unsupported",
                "application_passwords_disabled_for_user": "unsupported", "incorrect_password": "expired",
                "invalid_username": "expired", "rest_user_cannot_view": "denied"},
    ),
    limits={"default": Limit(key="{host}", rate=10, per=1, concurrency=3)},
    verified=Verified("real", "2026-11-23"),
    identity=identity,
    look=look,
    absent="404 with rest_type_invalid, rest_taxonomy_invalid or rest_plugin_not_found, where a missing right is 401 "
    "or 403; the schema of a type, which everybody may see, without the field",
    grants={
        "list_users": "role Administrator: users and their roles",
        "edit_users": "role Administrator: application passwords of others",
        "activate_plugins": "role Administrator: plugins",
        "switch_themes": "role Administrator: themes",
        "edit_theme_options": "role Administrator: templates, menu items",
        "manage_options": "role Administrator: settings",
        "install_plugins": "role Administrator: the check of Site Health, which goes by this capability",
        "edit_posts": "role Editor: types and taxonomies, those of plugins by capabilities of their own",
    },
    unseen={Kind.AUTOMATION: "WordPress has none of its own; events of WP-Cron are not in its API"},
    quiet=((Kind.FIELD, "wp_*", "parts of the block editor, which move with WordPress itself"),
           (Kind.FIELD, "nav_menu_item", "menus, which move with WordPress itself")),
    notes=(
        "A wrong password is not refused: what is public is answered as to anybody. It shows at users/me.",
        "Some hosts take the Authorization header away; then the user is nobody, and Site Health says so.",
        "What a role allows is seen at its users only; what only code registers is seen once it is in REST.",
    ),
    exempt={"cursor": "users, its one list of several pages, are put together by the kit before they become rows"},
    listings=(
        Listing(
            name="types", kind=Kind.SCHEMA, path="/wp/v2/types", params=EDIT, records="*", key="slug",
            facts=keep("description", label="name", hidden="visibility.show_ui == `false`", x_viewable="viewable",
                       x_hierarchical="hierarchical", x_archive="has_archive", x_taxonomies="taxonomies",
                       x_supports="type(supports) == 'object' && keys(supports) || null", x_rest_base="rest_base",
                       x_rest_namespace="rest_namespace", x_edited_by="capabilities.edit_posts"),
            unordered=("x_taxonomies", "x_supports"), always=("label", "x_rest_base"),
            link="{options.url}/wp-admin/edit.php?post_type={key}",
        ),
        Listing(name="fields", for_each="types", only="!contains(x_rest_base, '(')", needs=("edit_posts",), **OF,
                link="{options.url}/wp-admin/edit.php?post_type={parent.key}"),
        Listing(
            name="taxonomies", kind=Kind.SCHEMA, path="/wp/v2/taxonomies", params=EDIT, records="*", key="slug",
            facts=keep("description", label="name", hidden="visibility.show_ui == `false`", x_types="types",
                       x_hierarchical="hierarchical", x_rest_base="rest_base", x_rest_namespace="rest_namespace",
                       x_edited_by="capabilities.edit_terms"),
            unordered=("x_types",), always=("label", "x_rest_base"),
            link="{options.url}/wp-admin/edit-tags.php?taxonomy={key}",
        ),
        Listing(name="term-fields", for_each="taxonomies", scope="taxonomy.{parent.key}", needs=("edit_posts",), **OF,
                link="{options.url}/wp-admin/edit-tags.php?taxonomy={parent.key}"),
        Listing(name="user-fields", scope="users", path="/wp/v2/users", needs=("list_users",), **OF,
                link="{options.url}/wp-admin/users.php"),
        Listing(
            name="statuses", kind=Kind.SCHEMA, path="/wp/v2/statuses", params=EDIT, records="*", key="slug",
            facts=keep(label="name", x_public="public", x_private="private", x_protected="protected",
                       x_queryable="queryable", x_listed="show_in_list"),
            always=("label",), every=HOURLY,
        ),
        Listing(
            name="users", kind=Kind.PERMISSION, path="/wp/v2/users", records="rows", key="key", id="id", fetch=users,
            person=True, always=("roles",), evidence={"registered": "at"}, needs=("list_users",),
            facts=keep("roles powers", admin="contains(powers, 'manage_options')", x_own_powers="own"),
            unordered=("x_own_powers",), link="{options.url}/wp-admin/user-edit.php?user_id={id}",
        ),
        Listing(
            name="application-passwords", kind=Kind.PERMISSION, for_each="users", only="admin", every=HOURLY,
            scope="{parent.key}.passwords", path="/wp/v2/users/{parent.id}/application-passwords", params=EDIT,
            key="uuid", id="uuid", facts=keep(label="name", x_app="app_id"), always=("label",), needs=("edit_users",),
            evidence={"at": "created"}, link="{options.url}/wp-admin/user-edit.php?user_id={parent.id}",
        ),
        Listing(
            name="site-health", kind=Kind.SYNC, path="/wp-site-health/v1/tests/loopback-requests", key="test",
            facts=keep(native_type="test"), always=("native_type",), every=HOURLY, needs=("install_plugins",),
            single=True, health={"state": "status", "errors": "status != 'good' && [label] || `[]`"},
            states={"good": "ok", "recommended": "failing", "critical": "failing"},
            link="{options.url}/wp-admin/site-health.php",
        ),
        Listing(
            name="templates", kind=Kind.TEMPLATE, path="/wp/v2/templates", params=EDIT, key="id", every=HOURLY,
            facts=keep("description", label="title.raw || title.rendered", native_type="type", x_theme="theme",
                       x_source="source", x_status="status", x_custom="is_custom",
                       x_content_digest="digest(content.raw)"),
            always=("native_type",), needs=("edit_theme_options",),
            link="{options.url}/wp-admin/site-editor.php?postType=wp_template&postId={key}",
        ),
        Listing(
            name="template-parts", kind=Kind.TEMPLATE, path="/wp/v2/template-parts", params=EDIT, key="id",
            facts=keep("description", label="title.raw || title.rendered", native_type="area", x_theme="theme",
                       x_source="source", x_status="status", x_content_digest="digest(content.raw)"),
            always=("native_type",), every=HOURLY, needs=("edit_theme_options",),
            link="{options.url}/wp-admin/site-editor.php?postType=wp_template_part&postId={key}",
        ),
        Listing(
            name="plugins", kind=Kind.PLATFORM, path="/wp/v2/plugins", params=EDIT, key="plugin", every=HOURLY,
            facts=keep("version status", label="name", enabled="status != 'inactive'", x_network_only="network_only"),
            always=("enabled",), needs=("activate_plugins",), link="{options.url}/wp-admin/plugins.php",
        ),
        Listing(
            name="themes", kind=Kind.PLATFORM, path="/wp/v2/themes", key="stylesheet", every=HOURLY,
            facts=keep("version", label="name.raw", enabled="status == 'active'", x_template="template"),
            always=("enabled",), needs=("switch_themes",), link="{options.url}/wp-admin/themes.php",
        ),
        Listing(
            name="settings", kind=Kind.PLATFORM, path="/wp/v2/settings", key="'settings'", every=HOURLY, single=True,
            facts=keep("timezone", label="title", domain="url", x_language="language", x_email_digest="digest(email)",
                       x_front="show_on_front", x_front_page="page_on_front", x_posts_page="page_for_posts",
                       x_comments="default_comment_status", x_pings="default_ping_status"),
            always=("domain",), needs=("manage_options",), link="{options.url}/wp-admin/options-general.php",
        ),
        Listing(
            name="site", kind=Kind.PLATFORM, path="/", params={"_fields": "name,url,namespaces"}, key="'site'",
            single=True, facts=keep(label="name", domain="url", modules="namespaces"), always=("modules",), needs=(),
            link="{options.url}/wp-admin/options-general.php",
        ),
    ),
)  # fmt: skip
