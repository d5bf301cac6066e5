"""Google Tag Manager: its traps, and its simulated account against Google's discovery document."""

from __future__ import annotations

from typing import Any

from probes.kit.contract import Kind, Ref, Scope, State
from probes.kit.memo import Memos
from probes.simulated.tag_manager import AMP, SERVER, USERS, WEB
from probes.tag_manager import VENDOR
from probes.tag_manager.documented import CHANGED, INSIDE, PARTS

from .desks import BASE, NOW, Said, desk
from .discovery import unlike
from .kit.world import World
from .specs import spec, unread

OPTIONS = {"account": "600700", "login": BASE}


def gtm(**account: Any) -> tuple[Any, World, Said]:
    return desk(VENDOR, options=OPTIONS, **account)


def rows(scopes: dict[Ref, Scope], kind: Kind, name: str) -> dict[str, Any]:
    return {one.key: one for one in scopes[Ref(kind, name)].resources}


async def test_no_declared_fact_reads_nothing() -> None:
    account, world, _ = gtm()
    added = {"changeStatus": "added", "variable": {"name": "Cookie", "type": "k"}}
    gone = {"changeStatus": "deleted", "gtagConfig": {"type": "google_signals", "gtagConfigId": "71"}}
    changed = account.find("workspaces", "1/1")["status"]["workspaceChange"]
    account.alter(table="workspaces", key="1/1", what={"status.workspaceChange": [*changed, added, gone]})
    _, scopes, _ = await world.poll()
    assert unread(VENDOR, scopes) == set()
    (draft,) = rows(scopes, Kind.PLATFORM, f"{WEB}.drafts").values()
    assert draft.facts == {"x_adds": ["variable/Cookie"], "x_changes": ["tag/Google Ads - lead"],
                           "x_removes": ["gtagConfig/google_signals 71"], "x_conflicts": 0}  # fmt: skip


async def test_answers_are_of_the_shape_that_google_publishes() -> None:
    document = spec("google/tagmanager.v2.json")
    _, world, wire = gtm()
    await world.poll()
    assert {path.rpartition("/")[2] for path, _ in wire.said} >= {"versions:live", "status", "user_permissions"}
    assert unlike(document, wire.said) == []


def test_what_is_read_of_a_part_is_all_that_google_documents_and_nothing_else() -> None:
    schemas = spec("google/tagmanager.v2.json")["schemas"]
    inside: set[str] = set()
    for kind, names in PARTS.items():
        documented = schemas[kind[0].upper() + kind[1:]]["properties"]
        places = {"accountId", "containerId", "workspaceId", "fingerprint", "path", "parentFolderId"}
        assert set(names) == documented.keys() - places, kind
        inside |= within(schemas, [one for name, one in documented.items() if name in names])
    assert inside == INSIDE
    assert set(CHANGED) == schemas["Entity"]["properties"].keys() - {"changeStatus"}


def within(schemas: Any, told: list[Any]) -> set[str]:
    """Keys of all that these refer to."""
    found: set[str] = set()
    seen: set[str] = set()
    while told:
        one = told.pop()
        name = one.get("$ref") or one.get("items", {}).get("$ref")
        if name and name not in seen:
            seen.add(name)
            found |= schemas[name]["properties"].keys()
            told += schemas[name]["properties"].values()
    return found


async def test_a_version_is_one_request_whose_numbers_become_names() -> None:
    _, world, wire = gtm()
    _, scopes, _ = await world.poll(listings=["containers", "live"])
    assert sum("versions:live" in str(one.url) for one in wire.requests) == 3
    tags = rows(scopes, Kind.AUTOMATION, f"{WEB}.tags")
    lead = tags["GA4 - generate_lead"].facts
    assert (lead["trigger"], lead["reads"], lead["writes"]) == (
        "Contact form sent",
        [f"{WEB}.variables/DLV - region"],
        ["generate_lead"],
    )
    assert lead["x_before"] == ["Google tag"] and lead["x_consents"] == ["ad_storage", "analytics_storage"]
    assert tags["Google tag"].facts["trigger"] == "Initialization"
    assert tags["Meta pixel"].facts["active"] is False and tags["Meta pixel"].facts["x_blocked_by"] == ["Staff"]
    assert tags["Google Ads - lead"].facts["x_ends"] == "1798761600000"
    variables = rows(scopes, Kind.FIELD, f"{WEB}.variables")
    assert variables["DLV - region"].facts["used_by"] == ["tag/GA4 - generate_lead", "tag/Meta pixel"]
    assert variables["DLV - region"].facts["x_parameters"]["name"] == "lead.region"
    assert "used_by" not in variables["Unused"].facts
    assert rows(scopes, Kind.FIELD, f"{WEB}.built-in")["Page Path"].facts["used_by"] == ["trigger/Contact form sent"]
    assert tags["Google tag"].evidence["link"].startswith("https://tagmanager.google.com/#/")
    assert set(rows(scopes, Kind.AUTOMATION, f"{SERVER}.others")) == {
        "client/GA4", "transformation/Drop e-mail", "gtagConfig/google_signals 71",
    }  # fmt: skip


async def test_where_a_google_tag_sends_to_is_told_by_its_destinations() -> None:
    account, world, _ = gtm()
    _, scopes, _ = await world.poll()
    found = rows(scopes, Kind.SYNC, f"{WEB}.destinations")
    assert {key: row.facts["label"] for key, row in found.items()} == {
        "G-EXAMPLE001": "example.com", "AW-55511": "Google Ads",
    }  # fmt: skip
    account.drop(table="destinations", key="1/AW-55511")
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["containers", "destinations"])
    scope = scopes[Ref(Kind.SYNC, f"{WEB}.destinations")]
    assert scope.coverage.complete and scope.keys == {"G-EXAMPLE001"}
    assert scopes[Ref(Kind.SYNC, f"{SERVER}.destinations")].coverage.complete, "none is left out of the answer"


async def test_conditions_are_told_in_words_since_they_decide_where_a_tag_fires() -> None:
    _, world, _ = gtm()
    _, scopes, _ = await world.poll(listings=["containers", "live"])
    sent = rows(scopes, Kind.AUTOMATION, f"{WEB}.triggers")["Contact form sent"].facts
    assert sent["criteria"]["filter"] == [
        {"is": "contains", "left": "{{Page Path}}", "right": "/contact", "not": False, "any_case": True}
    ]
    assert sent["reads"] == [f"{WEB}.built-in/Page Path", f"{WEB}.variables/_event"]


async def test_code_and_keys_of_others_leave_as_digests() -> None:
    _, world, _ = gtm()
    _, scopes, _ = await world.poll()
    assert "not-for-git" not in repr(scopes) and "authorizationCode" not in repr(scopes)
    pixel = rows(scopes, Kind.AUTOMATION, f"{WEB}.tags")["Meta pixel"].facts
    assert pixel["x_parameters"]["html"].startswith("digest ")
    lead = rows(scopes, Kind.AUTOMATION, f"{WEB}.tags")["GA4 - generate_lead"].facts["x_parameters"]
    assert lead["eventName"] == "generate_lead" and lead["sendEcommerceData"] == "false"
    assert lead["eventSettingsTable.0.parameterValue"] == "{{DLV - region}}"
    assert lead["eventSettingsTable.0.parameter"].startswith("digest ")
    assert rows(scopes, Kind.SCHEMA, "containers")[WEB].facts["x_servers"] == ["sgtm.example.com"]


async def test_publishing_a_new_script_changes_its_digest_and_the_version_and_nothing_else() -> None:
    account, world, _ = gtm()
    _, before, _ = await world.poll()
    script = {"type": "template", "key": "html", "value": "<script>other({{DLV - region}})</script>"}
    account.publish(container=WEB, part="tag", name="Meta pixel", what={"parameter": [script]})
    _, after, _ = await world.poll()
    changed = {
        (ref.name, one.key, fact)
        for ref in after
        for one in after[ref].resources
        for fact, value in one.facts.items()
        if value != next(old for old in before[ref].resources if old.key == one.key).facts.get(fact)
    }
    assert changed == {(f"{WEB}.tags", "Meta pixel", "x_parameters"), (f"{WEB}.version", "live", "version")}


async def test_a_container_without_a_published_version_is_not_observable_and_loses_nothing() -> None:
    account, world, _ = gtm()
    account.drop(table="live", key=AMP)
    _, _, reads = await world.poll()
    coverage = reads[f"live/{AMP}"].coverage
    assert (coverage.state, coverage.code) == (State.UNSUPPORTED, "unpublished")
    account.fail(path="/containers/1/versions:live", status=400, times=9)
    _, _, reads = await world.poll()
    assert reads[f"live/{WEB}"].coverage.state is State.FAILED


async def test_people_need_a_scope_of_their_own_that_is_asked_for_by_choice() -> None:
    account, world, _ = gtm()
    _, scopes, _ = await world.poll(person=lambda mailbox: mailbox.partition("@")[0])
    people = {key: row.facts for key, row in rows(scopes, Kind.PERMISSION, "people").items()}
    assert people["agency"] == {"profile": "user", "admin": False, "grants": ["1 edit"]}
    assert people["admin-01"]["admin"] is True and "@example.com" not in repr(scopes)
    account.revoke(name=USERS)
    _, _, reads = await world.poll()
    assert reads["people"].coverage.state is State.DENIED and reads["live/" + WEB].coverage.complete
    notes = {name: scheme.note for name, scheme in VENDOR.schemes.items()}
    assert "manage.users" not in notes["token"] and "administrator" in notes["service_account_people"]


async def test_a_container_that_is_not_shown_any_more_is_held() -> None:
    account, world, _ = gtm()
    await world.poll()
    account.drop(table="containers", key=AMP)
    vantage, scopes, _ = await world.poll()
    assert AMP not in scopes[Ref(Kind.SCHEMA, "containers")].keys and Kind.SCHEMA in vantage.silent
    account.set_account(account="1")
    vantage, _, _ = await world.poll()
    assert not vantage.coverage.complete and "Not found or permission denied" in vantage.coverage.reason


async def test_lists_without_rows_are_complete() -> None:
    account, world, _ = gtm()
    account.tables |= {"containers": [], "people": []}
    _, scopes, reads = await world.poll()
    assert all(found.coverage.complete for found in reads.values())
    assert not scopes[Ref(Kind.SCHEMA, "containers")].keys


async def test_a_request_each_four_seconds_is_all_that_a_project_may_make() -> None:
    account, world, wire = gtm()
    start = world.clock.monotonic()
    await world.poll()
    await world.poll(fresh=True)
    limit = VENDOR.limits["default"]
    assert limit.rate / limit.per == 0.25
    took, made = world.clock.monotonic() - start, len(wire.requests)
    assert made > 25 and took >= (made - 25) / limit.rate * limit.per / 2
    account.throttle(n=1)
    vantage, _, _ = await world.poll()
    assert vantage.coverage.complete, "a used-up quota is a 403, and is waited for"


async def test_a_day_s_quota_ends_at_midnight_in_california() -> None:
    assert VENDOR.quota is not None and VENDOR.quota.resets == "America/Los_Angeles"
    _, world, _ = gtm()
    assert world.api.budget is not None and 0 < world.api.budget.resets_at - NOW <= 86_400
