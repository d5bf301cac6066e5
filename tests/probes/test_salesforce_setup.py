"""Roles, assignment and duplicate rules and installed packages of Salesforce, against an org that changes."""

from __future__ import annotations

from typing import Any

from probes.kit.contract import Kind, Ref, State
from probes.salesforce import VENDOR
from tests.probes.desks import desk

NAMES = ["roles", "assignment-rules", "duplicate-rules", "packages"]
ROLES, PACKAGES = Ref(Kind.PERMISSION, "roles"), Ref(Kind.PLATFORM, "packages")
ASSIGNED, DOUBLES = Ref(Kind.AUTOMATION, "assignment-rules"), Ref(Kind.AUTOMATION, "duplicate-rules")


def opened() -> tuple[Any, Any]:
    account, world, _ = desk(VENDOR, options={"my_domain": "acme"})
    return account, world


async def facts(world: Any) -> dict[Ref, dict[str, dict[str, Any]]]:
    _, scopes, _ = await world.poll(listings=NAMES)
    assert all(scopes[ref].coverage.complete for ref in (ROLES, ASSIGNED, DOUBLES, PACKAGES))
    return {ref: {row.key: dict(row.facts) for row in scope.resources} for ref, scope in scopes.items()}


async def test_a_role_that_is_moved_says_under_which_it_stands_now() -> None:
    account, world = opened()
    before = (await facts(world))[ROLES]
    assert before["Sales_EMEA"]["parent_role"] == "Sales" and "parent_role" not in before["Sales"]
    account.move_role("Sales_EMEA", "Marketing")
    after = (await facts(world))[ROLES]["Sales_EMEA"]
    assert after == before["Sales_EMEA"] | {"parent_role": "Marketing"}


async def test_roles_of_portal_accounts_are_not_the_orgs_own() -> None:
    account, world = opened()
    account.org.add_row("UserRole", Name="Acme Partner User", DeveloperName="AcmePartnerUser", PortalType="Partner")
    assert set((await facts(world))[ROLES]) == {"Marketing", "Sales", "Sales_EMEA", "Platform"}


async def test_rules_that_are_switched_off_and_packages_that_move_on_are_read() -> None:
    account, world = opened()
    before = await facts(world)
    assert before[ASSIGNED]["Lead/Leads by region"] == {"object": "Lead", "active": True}
    assert before[PACKAGES]["zoominfo"]["version"] == "5.2.0.1"
    (plain,) = set(before[PACKAGES]) - {"zoominfo"}  # an unlocked package without a namespace is known by its own id
    assert plain.startswith("033") and before[PACKAGES][plain]["label"] == "Shared Utilities"
    account.set_assignment("Lead", "Leads by region", active=False)
    account.set_duplicate_rule("Leads_by_Email", active=False)
    account.upgrade_package("ZoomInfo", 5, 3)
    after = await facts(world)
    moved = {(ref.name, key, name) for ref, rows in after.items() for key, row in rows.items()
             for name, value in row.items() if before[ref][key].get(name) != value}  # fmt: skip
    assert moved == {("assignment-rules", "Lead/Leads by region", "active"), ("packages", "zoominfo", "version"),
                     ("duplicate-rules", "Leads_by_Email", "active")}  # fmt: skip
    assert after[PACKAGES]["zoominfo"]["version"] == "5.3.0.1"


async def test_without_view_setup_duplicate_rules_are_denied_and_never_gone() -> None:
    account, world = opened()
    account.revoke("ViewSetup")
    _, scopes, reads = await world.poll(listings=NAMES)
    assert reads["duplicate-rules"].coverage.state is State.DENIED
    assert scopes[ASSIGNED].coverage.complete
