"""Setup beside objects, rights and flows: roles, the rules that route leads and find duplicates, installed packages;
and, each in a file of its own, apps, older rules, runs of flows that failed, and what was said of fields.

Each is one query. Columns and who may ask are those of the Object Reference (UserRole: View Roles and Role Hierarchy;
DuplicateRule: View Setup and Configuration; AssignmentRule) and of the tooling reference (InstalledSubscriberPackage,
whose sample query this is). A package that moved on is the cause of many a change of its objects: its version stands
here. Of an assignment rule the API gives whether it is the active one of its object, not to whom it assigns; of a
duplicate rule not what counts as a duplicate.
"""

from __future__ import annotations

from typing import Any, Final

from probes.kit.api import Answer, Client
from probes.kit.coded import made, once
from probes.kit.contract import Kind
from probes.kit.listing import Listing, keep

from .apps import APPS
from .calls import DATA, PAGES, select, soql
from .definitions import DEFINITIONS
from .interviews import INTERVIEWS
from .older import OLDER

HOUR: Final = 3600.0
SETUP_PAGES: Final = "{base}/lightning/setup"


def query(name: str, kind: Kind, soql: str, *, path: str = f"{DATA}/query", **view: Any) -> Listing:
    """A listing that is one SOQL query."""
    return Listing(name=name, kind=kind, path=path, params={"q": soql}, records="records", paging=PAGES, **view)


@once
async def roles(api: Client) -> Answer:
    """The roles of the org's own people, each with the name of the one above it: a query gives that one's id only."""
    what = "Id, DeveloperName, Name, ParentRoleId, OpportunityAccessForAccountOwner, PortalType"
    rows = await api.every(soql(select(what, "UserRole")), PAGES, "records")
    names = {row["Id"]: row["DeveloperName"] for row in rows}
    own = [row for row in rows if row.get("PortalType") in (None, "None")]
    return made({"records": [{**row, "above": names.get(row.get("ParentRoleId"))} for row in own]})


SETUP: Final = (
    Listing(
        name="roles", kind=Kind.PERMISSION, fetch=roles, records="records", key="DeveloperName", id="Id", every=HOUR,
        needs=("ViewSetup",), always=("label",),
        facts=keep(label="Name", parent_role="above", x_opportunities="OpportunityAccessForAccountOwner"),
        link=f"{SETUP_PAGES}/Roles/page?address=/{{id}}",
    ),
    query(
        "assignment-rules", Kind.AUTOMATION, "SELECT Id, Name, SobjectType, Active FROM AssignmentRule",
        key="[SobjectType, Name]", id="Id", always=("active",), facts=keep(object="SobjectType", active="Active"),
        link=f"{SETUP_PAGES}/LeadRules/page?address=/{{id}}",
    ),
    query(
        "duplicate-rules", Kind.AUTOMATION,
        "SELECT Id, DeveloperName, MasterLabel, NamespacePrefix, SobjectType, IsActive, LastModifiedDate "
        "FROM DuplicateRule",
        key="NamespacePrefix && join('__', [NamespacePrefix, DeveloperName]) || DeveloperName", id="Id",
        needs=("ViewSetup",), always=("active",),
        facts=keep(label="MasterLabel", object="SobjectType", active="IsActive"), evidence={"at": "LastModifiedDate"},
        link=f"{SETUP_PAGES}/DuplicateRules/page?address=/{{id}}",
    ),
    query(
        "packages", Kind.PLATFORM,
        "SELECT Id, SubscriberPackageId, SubscriberPackage.NamespacePrefix, SubscriberPackage.Name, "
        "SubscriberPackageVersion.Name, SubscriberPackageVersion.MajorVersion, SubscriberPackageVersion.MinorVersion, "
        "SubscriberPackageVersion.PatchVersion, SubscriberPackageVersion.BuildNumber FROM InstalledSubscriberPackage",
        path=f"{DATA}/tooling/query", key="SubscriberPackage.NamespacePrefix || SubscriberPackageId",
        id="SubscriberPackageId", every=HOUR, needs=("ViewSetup",), always=("version",),
        facts=keep(label="SubscriberPackage.Name",
                   version="SubscriberPackageVersion && join('.', SubscriberPackageVersion."
                   "[MajorVersion, MinorVersion, PatchVersion, BuildNumber][].to_string(@))"),
        link=f"{SETUP_PAGES}/ImportedPackage/home",
    ),
    *OLDER, *APPS, INTERVIEWS, DEFINITIONS,
)  # fmt: skip
