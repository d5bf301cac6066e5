"""Connected apps and external client apps of Salesforce: who may sign in by them, and never a key of theirs."""

from __future__ import annotations

import re
from typing import Any

import pytest

from probes.kit.contract import Kind, Ref, State, lost
from probes.kit.memo import Memos
from probes.salesforce import VENDOR
from tests.probes.desks import desk

NAMES = ["connected-apps", "external-client-apps"]
CONNECTED, CLIENTS = (Ref(Kind.PERMISSION, name) for name in NAMES)


def opened() -> tuple[Any, Any, Any]:
    return desk(VENDOR, options={"my_domain": "acme"})


async def read(world: Any) -> dict[Ref, dict[str, Any]]:
    world.memories = Memos()
    _, scopes, reads = await world.poll(listings=NAMES, person=lambda name: f"p-{len(name)}")
    assert all(reads[name].coverage.complete for name in NAMES), reads
    return {ref: {row.key: row.facts for row in scope.resources} for ref, scope in scopes.items()}


async def test_a_connected_app_that_lets_everybody_in_and_one_that_came_are_told() -> None:
    account, world, _ = opened()
    before = (await read(world))[CONNECTED]
    assert before["Hightouch"] == {"x_approved_users_only": True, "x_strict_session": False,
                                   "x_refresh_since_use": False, "x_refresh_lasts": 90}  # fmt: skip
    account.set_app("Hightouch", OptionsAllowAdminApprovedUsersOnly=False)
    account.set_app("Dataloader")
    after = (await read(world))[CONNECTED]
    assert after["Hightouch"] == before["Hightouch"] | {"x_approved_users_only": False}
    assert set(after) - set(before) == {"Dataloader"}


async def test_an_external_client_app_has_its_scopes_and_the_rules_that_its_administrator_set() -> None:
    account, world, _ = opened()
    before = (await read(world))[CLIENTS]["Driftline"]
    assert (before["grants"], before["x_users"]) == (["API", "OPENID"], "AdminApprovedPreAuthorized")
    assert (before["x_client_credentials"], before["x_runs_as"]) == (True, "p-29"), "whom it runs as is a person"
    account.set_client_app("Driftline", scopes="API FULL", PermittedUsersPolicyType="AllSelfAuthorized",
                           ClientCredentialsFlowUser="admin-01@example.com")  # fmt: skip
    after = (await read(world))[CLIENTS]["Driftline"]
    changed = {"grants": ["API", "FULL"], "x_users": "AllSelfAuthorized", "x_runs_as": "p-20"}
    assert after == before | changed


async def test_only_columns_that_this_org_has_are_asked_for_and_none_that_holds_a_key_or_an_address() -> None:
    account, world, wire = opened()
    plain = account.service.describe

    def older(session: Any, request: Any, name: str, tooling: bool = False) -> Any:
        if name == "ExtlClntAppOauthPlcyCnfg":
            account.org.objects[name]["fields"].pop("RequiredSessionLevel", None)
        return plain(session, request, name, tooling)

    account.service.describe = older
    assert "x_session_level" not in (await read(world))[CLIENTS]["Driftline"]
    asked = " ".join(str(request.url.params.get("q", "")) for request in wire.requests)
    assert "RequiredSessionLevel" not in asked and "IpRelaxationPolicyType" in asked
    assert not re.search(r"Global|Consumer|Secret|Certificate|Email|Phone|Url|OauthToken", asked)


@pytest.mark.parametrize("lacks", ["ExternalClientApplication", "ExtlClntAppOauthSettings", "ExtlClntAppOauthPlcyCnfg"])
async def test_who_may_not_read_one_of_the_three_reads_none_and_no_app_seems_to_have_lost_its_rules(lacks: str) -> None:
    account, world, _ = opened()
    await read(world)
    del account.org.objects[lacks]
    _, scopes, reads = await world.poll(listings=NAMES)
    assert reads["external-client-apps"].coverage.state is State.DENIED
    assert not scopes[CLIENTS].resources and reads["connected-apps"].coverage.complete


async def test_a_lost_right_explains_that_apps_are_not_seen() -> None:
    account, world, _ = opened()
    held, _, _ = await world.poll(listings=NAMES)
    account.revoke("ViewSetup")
    world.memories = Memos()
    left, scopes, reads = await world.poll(listings=NAMES)
    assert {reads[name].coverage.state for name in NAMES} == {State.DENIED}
    assert lost(held.grants, left.grants, scopes[CLIENTS].needs) == {"ViewSetup"}


async def test_an_app_without_settings_of_its_own_is_read_all_the_same() -> None:
    account, world, _ = opened()
    account.org.add_row("ExternalClientApplication", DeveloperName="New", NamespacePrefix="acme", MasterLabel="New App")
    assert (await read(world))[CLIENTS]["acme__New"] == {"label": "New App"}


async def test_apps_are_four_requests_however_many_there_are() -> None:
    _, world, wire = opened()
    await world.poll(listings=["org"])
    before = len(wire.requests)
    await world.poll(listings=["external-client-apps"])
    spent = len(wire.requests) - before
    assert spent == 3 + VENDOR.listing("external-client-apps").per_fetch, "who reads, and these"
