"""The WordPress vendor file against a real site, changed as its administrator and its developer would change it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import pytest

from probes.kit import demand
from probes.kit.client import Connection, connect
from probes.kit.clock import SystemClock
from probes.kit.contract import Absent, Denied, Kind, Ref, Resource, State, lost
from probes.kit.limiter import Limit, Limiters
from probes.wordpress import VENDOR
from tests.real.conftest import Account, Cms
from tests.real.polling import Poll, Poller
from tests.real.wordpress import ADMIN

QUICK = VENDOR.model_copy(update={"limits": {"default": Limit(rate=500, concurrency=4)}})  # this site is ours alone
WALLED = "add_filter( 'block_local_requests', '__return_true' ); define( 'CANARY', 'not-for-git' );"


def poller(cms: Cms, who: Account | None = None, *, password: str = "") -> Poller:
    who = who or cms.admin
    options = {"url": cms.site.url}
    return Poller(QUICK, cms.site.api, password or who.password, user=who.login, options=options)


async def begun(cms: Cms, *listings: str) -> tuple[Callable[..., Awaitable[Poll]], Poll]:
    """How an administrator polls these listings, and the reading that was stored first."""
    made = poller(cms)
    poll = partial(made.poll, listings=listings or None)
    return poll, await poll()


@pytest.fixture
def plugin(cms: Cms) -> Iterator[Cms]:
    """The site, whose must-use plugin is put back."""
    yield cms
    cms.deploy()


def seen(poll: Poll) -> dict[Ref, Any]:
    return {scope.ref: scope for read in poll.reads.values() for scope in read.scopes}


async def test_everything_is_read_completely_by_an_administrator(cms: Cms) -> None:
    _, first = await begun(cms)
    wrong = {id: read.coverage for id, read in first.reads.items() if not read.coverage.complete}
    assert wrong == {}
    assert {ref.kind for ref in seen(first)} == {
        Kind.SCHEMA, Kind.FIELD, Kind.PERMISSION, Kind.SYNC, Kind.TEMPLATE, Kind.PLATFORM,
    }  # fmt: skip
    assert (first.vantage.subject, first.vantage.account) == (ADMIN, cms.site.url.removeprefix("http://"))
    assert set(VENDOR.grants) <= first.vantage.grants and "role:administrator" in first.vantage.grants
    campaign = first.rows(Kind.FIELD, "campaign")
    assert campaign["meta.utm_source"].facts["type"] == "text" and campaign["meta.budget"].facts["type"] == "integer"
    assert first.scope(Kind.FIELD, "campaign").parent is not None
    assert {"admin", "editor_01"} <= {key.partition("@")[0].replace("admin-01", "admin").replace("-", "_")
                                      for key in first.scope(Kind.PERMISSION, "users").keys}  # fmt: skip
    assert first.rows(Kind.SYNC, "site-health")["loopback_requests"].health.state == "ok"  # type: ignore[union-attr]
    assert first.rows(Kind.PLATFORM, "site")["site"].facts["modules"] != []


async def test_nothing_moves_when_nothing_was_changed(cms: Cms) -> None:
    poll, _ = await begun(cms)
    assert (await poll()).moved == set()


async def test_a_meta_field_is_renamed_and_another_gets_a_wider_type(plugin: Cms) -> None:
    poll, first = await begun(plugin, "types", "fields")
    plugin.deploy(utm_medium="string", budget="number")
    after = await poll()
    assert after.moved == {("campaign", "meta.utm_medium"), ("campaign", "meta.budget")}
    assert first.rows(Kind.FIELD, "campaign")["meta.budget"].facts["type"] == "integer"
    assert after.rows(Kind.FIELD, "campaign")["meta.budget"].facts["type"] == "decimal"
    scope = after.scope(Kind.FIELD, "campaign")
    assert scope.coverage.complete and "meta.utm_source" not in scope.keys
    alone = await poll(["fields/campaign"])
    assert set(alone.reads) == {"fields/campaign"} and "meta.utm_source" not in alone.scope(Kind.FIELD, "campaign").keys


async def test_a_type_that_nobody_registers_any_more_is_gone_with_its_fields(plugin: Cms) -> None:
    poll, _ = await begun(plugin, "types", "fields", "taxonomies")
    plugin.site.plugin("")
    after = await poll()
    assert after.scope(Kind.SCHEMA, "types").coverage.complete
    assert "campaign" not in after.scope(Kind.SCHEMA, "types").keys and "fields/campaign" not in after.reads
    assert "region" not in after.scope(Kind.SCHEMA, "taxonomies").keys


async def test_an_editor_made_administrator_is_seen_with_all_that_follows(cms: Cms) -> None:
    """By the form of Users > Edit, as an administrator would. One act, more than thirty lines of difference."""
    poll, first = await begun(cms, "users", "application-passwords")
    was = first.rows(Kind.PERMISSION, "users")["editor-01@example.com"].facts
    cms.role("administrator")
    try:
        after = await poll()
    finally:
        cms.role("editor")
    now = after.rows(Kind.PERMISSION, "users")["editor-01@example.com"].facts
    assert ("users", "editor-01@example.com") in after.moved
    assert (was["roles"], now["roles"], was["admin"], now["admin"]) == (["editor"], ["administrator"], False, True)
    assert len(set(now["powers"]) - set(was["powers"])) > 20
    assert "administrator" not in now["powers"] and not any(power.startswith("level_") for power in now["powers"])
    assert any(name.startswith("application-passwords/editor-01") for name in after.reads), "now they are looked at"


async def test_a_power_given_to_one_user_alone_is_told_as_the_users_own(plugin: Cms) -> None:
    poll, _ = await begun(plugin, "users")
    by = f"add_action( 'init', function () {{ get_user_by( 'id', {plugin.editor.id} )->%s( 'export' ); }} );"
    plugin.deploy(by % "add_cap")
    after = await poll()
    plugin.deploy(by % "remove_cap")
    facts = after.rows(Kind.PERMISSION, "users")["editor-01@example.com"].facts
    assert facts["x_own_powers"] == ["export"] and "export" in facts["powers"]


async def test_an_application_password_that_somebody_makes_is_seen(cms: Cms) -> None:
    poll, _ = await begun(cms, "users", "application-passwords")
    cms.site.application_password(1, "agency")
    after = await poll()
    rows = after.rows(Kind.PERMISSION, f"{ADMIN}.passwords").values()
    assert "agency" in {row.facts["label"] for row in rows}
    held = cms.site.rest("GET", "/wp/v2/users/1/application-passwords")
    uuid = next(one["uuid"] for one in held if one["name"] == "agency")
    cms.site.rest("DELETE", f"/wp/v2/users/1/application-passwords/{uuid}")
    assert uuid not in (await poll()).scope(Kind.PERMISSION, f"{ADMIN}.passwords").keys


async def test_a_plugin_that_is_activated_and_a_setting_are_seen(cms: Cms) -> None:
    """By the link on Plugins and the form of Settings > General."""
    poll, first = await begun(cms, "plugins", "settings", "site")
    listed = cms.site.page("/wp-admin/plugins.php").text
    link = re.search(r'href="(plugins\.php\?action=activate&amp;plugin=akismet[^"]+)"', listed)
    assert link, "Akismet comes with the package"
    cms.site.page("/wp-admin/" + link[1].replace("&amp;", "&"))
    cms.site.rest("POST", "/wp/v2/settings", {"title": "Example & Co", "timezone": "Europe/Berlin"})
    try:
        after = await poll()
    finally:
        cms.site.rest("POST", "/wp/v2/plugins/akismet/akismet", {"status": "inactive"})
        cms.site.rest("POST", "/wp/v2/settings", {"title": "Example", "timezone": ""})
    plugins = [poll.rows(Kind.PLATFORM, "plugins")["akismet/akismet"].facts for poll in (first, after)]
    assert [facts["enabled"] for facts in plugins] == [False, True]
    assert after.rows(Kind.PLATFORM, "settings")["settings"].facts["timezone"] == "Europe/Berlin"
    assert ("site", "site") in after.moved, "a plugin brings routes of its own"


async def test_trap_a_check_that_fails_is_a_200(plugin: Cms) -> None:
    poll, _ = await begun(plugin, "site-health")
    plugin.deploy(WALLED)
    after = await poll()
    assert after.reads["site-health"].coverage.complete
    health = after.rows(Kind.SYNC, "site-health")["loopback_requests"].health
    assert health is not None and health.state == "failing" and health.errors
    assert "not-for-git" not in repr(after)
    plugin.deploy()
    well = (await poll()).rows(Kind.SYNC, "site-health")["loopback_requests"].health
    assert well is not None and (well.state, well.errors) == ("ok", ())


async def test_trap_a_weaker_user_gets_a_smaller_200_and_says_so(cms: Cms) -> None:
    """Every scope in which keys went missing is one whose needs the vantage lost: nothing of it is believed."""
    _, strong = await begun(cms)
    weak = await poller(cms, cms.editor).poll()
    assert weak.vantage.coverage.complete and weak.vantage.account == strong.vantage.account
    for listing in ("users", "plugins", "themes", "settings", "templates", "site-health"):
        assert weak.reads[listing].coverage.state is State.DENIED, listing
    now, fewer = seen(weak), 0
    for ref, was in seen(strong).items():
        if ref in now and now[ref].coverage.complete and was.keys - now[ref].keys:
            fewer += 1
            assert lost(strong.vantage.grants, weak.vantage.grants, now[ref].needs)
    assert fewer >= 1, "the editor's list of types is shorter"
    assert "campaign" in now[Ref(Kind.SCHEMA, "types")].keys and "fields/campaign" in weak.reads


async def test_trap_one_word_of_refusal_has_three_meanings(cms: Cms, plugin: Cms) -> None:
    """No right, no route and nobody at all are told apart, and none of them is a removal."""
    weak = await poller(cms, cms.editor).poll(listings=["plugins"])
    assert (weak.reads["plugins"].coverage.state, weak.reads["plugins"].coverage.code) == (
        State.DENIED, "rest_cannot_view_plugins",
    )  # fmt: skip
    plugin.deploy(
        "add_filter( 'rest_endpoints', fn( $all ) => array_diff_key( $all, array( '/wp/v2/plugins' => 1 ) ) );"
    )
    off = await poller(cms).poll(listings=["plugins"])
    assert (off.reads["plugins"].coverage.state, off.reads["plugins"].coverage.code) == (
        State.UNSUPPORTED, "rest_no_route",
    )  # fmt: skip
    nobody = await poller(cms, password="no such password here").poll()
    assert nobody.vantage.coverage.reason.startswith("Expired")
    assert all(not read.coverage.complete and not read.scopes for read in nobody.reads.values())


async def test_trap_what_is_built_in_is_left_to_be_quiet(cms: Cms) -> None:
    """Types of the block editor move with WordPress's version: `init` proposes not to watch their fields."""
    _, first = await begun(cms, "types", "fields")
    built_in = {ref.name for ref in seen(first) if ref.kind is Kind.FIELD and ref.name.startswith("wp_")}
    assert built_in and any(pattern == "wp_*" for _, pattern, _ in VENDOR.quiet)


async def test_one_thing_is_looked_at_and_gone_is_told_from_not_allowed(cms: Cms) -> None:
    clock = SystemClock()

    async def asked(who: Account, kind: Kind, scope: str, key: str) -> Any:
        def secret(field: str) -> str:
            return {"user": who.login, "password": who.password}[field]

        scheme = next(iter(VENDOR.schemes))
        connection = Connection("real", QUICK, {}, scheme, secret, base=cms.site.api, allow_private=True)
        async with connect(connection, clock=clock, limiters=Limiters(clock), tokens=poller(cms)) as api:
            return await demand.look(VENDOR, api, Ref(kind, scope), key, person=lambda name: name)

    for who in (cms.admin, cms.editor):
        assert await asked(who, Kind.SCHEMA, "types", "nothing") == Absent("rest_type_invalid")
        assert isinstance(await asked(who, Kind.SCHEMA, "types", "campaign"), Resource)
        assert await asked(who, Kind.FIELD, "campaign", "meta.gone") == Absent("schema")
        assert isinstance(await asked(who, Kind.FIELD, "campaign", "meta.budget"), Resource)
    assert isinstance(await asked(cms.editor, Kind.SCHEMA, "types", "wp_template"), Denied)
    assert await asked(cms.admin, Kind.PLATFORM, "plugins", "no/such") == Absent("rest_plugin_not_found")
    assert isinstance(await asked(cms.admin, Kind.PLATFORM, "plugins", "akismet/akismet"), Resource)
    assert isinstance(await asked(cms.editor, Kind.PLATFORM, "plugins", "no/such"), Denied)
    assert isinstance(await asked(cms.admin, Kind.FIELD, "taxonomy.region", "name"), Resource)
    assert isinstance(await asked(cms.admin, Kind.SCHEMA, "taxonomies", "region"), Resource)
