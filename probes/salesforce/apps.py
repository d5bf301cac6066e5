"""Programs that may sign in: connected apps, and external client apps with their OAuth scopes and policies.

ConnectedApplication is an object of the object reference. Of external client apps only the metadata types are published
(ExternalClientApplication, ExtlClntAppOauthSettings, ExtlClntAppOauthConfigurablePolicies); that SOQL knows them, as
ExternalClientApplication, ExtlClntAppOauthSettings and ExtlClntAppOauthPlcyCnfg, and their columns are from the code of
many public users. They are described first, and only columns that are there are selected. Which right lets one see
them is not verified at a vendor's org: the metadata guide names "View all External Client Apps, view their settings,
and edit their policies". An org that does not have them answers that the type is not known.

Keys and secrets of apps stand in ExtlClntAppGlobalOauthSettings, which is never asked for; addresses of apps, which
may hold something secret, are not read. Nor are tokens (OauthToken): they tell who uses an app, and when.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from probes.kit.api import Answer, Client
from probes.kit.coded import made, once
from probes.kit.contract import Fault, Kind
from probes.kit.listing import Listing, keep

from .calls import DATA, PAGES, select, soql, together

HOUR: Final = 3600.0
_APP, _GIVEN, _RULES = "ExternalClientApplication", "ExtlClntAppOauthSettings", "ExtlClntAppOauthPlcyCnfg"
_OF: Final = "ExternalClientApplicationId"
_SCOPE: Final = "OauthScopes"
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    _APP: ("Id", "DeveloperName", "MasterLabel", "NamespacePrefix", "Description", "DistributionState",
           "LastModifiedDate"),
    _GIVEN: (_OF,),
    _RULES: (_OF, "PermittedUsersPolicyType", "IpRelaxationPolicyType", "RefreshTokenPolicyType",
             "RefreshTokenValidityPeriod", "RefreshTokenValidityUnit", "RequiredSessionLevel",
             "IsClientCredentialsFlowEnabled", "ClientCredentialsFlowUser", "IsTokenExchangeFlowEnabled",
             "IsGuestCodeCredFlowEnabled"),
}  # fmt: skip


@once
async def client_apps(api: Client) -> Answer:
    """Each external client app with what it was granted and by which rules. Without these it would seem to have lost
    them: who may not read one of the three reads none."""
    asks = [{"method": "GET", "referenceId": name, "url": f"{DATA}/sobjects/{name}/describe"} for name in _COLUMNS]
    told = {name: sub async for name, sub in together(api, f"{DATA}/composite", asks)}
    apps, given, rules = [await _all(api, name, told[name]) for name in _COLUMNS]
    granted = {row[_OF]: [name.removeprefix(_SCOPE) for name in row if name.startswith(_SCOPE) and row[name]]
               for row in given}  # fmt: skip
    ruled = {row[_OF]: row for row in rules}
    return made(
        {"records": [{**ruled.get(app["Id"], {}), **app, "scopes": granted.get(app["Id"], [])} for app in apps]}
    )


async def _all(api: Client, source: str, described: Answer | Fault) -> list[dict[str, Any]]:
    """All rows of one object. Raises the Fault that came in the place of its description."""
    if isinstance(described, Fault):
        raise described
    there = [str(field["name"]) for field in described.value("fields")]
    return await api.every(soql(select(", ".join(_wanted(source, there)), source)), PAGES, "records")


def _wanted(source: str, there: Collection[str]) -> list[str]:
    wanted = [name for name in _COLUMNS[source] if name in there]
    return wanted + sorted(name for name in there if source == _GIVEN and name.startswith(_SCOPE))


APPS: Final = (
    Listing(
        name="connected-apps", kind=Kind.PERMISSION, path=f"{DATA}/query", records="records", paging=PAGES,
        params={"q": select(
            "Id, Name, OptionsAllowAdminApprovedUsersOnly, OptionsHasSessionLevelPolicy, "
            "OptionsRefreshTokenValidityMetric, RefreshTokenValidityPeriod, LastModifiedDate", "ConnectedApplication"
        )},
        key="Name", id="Id", every=HOUR, needs=("ViewSetup",), always=("x_approved_users_only",),
        facts=keep(x_approved_users_only="OptionsAllowAdminApprovedUsersOnly",
                   x_strict_session="OptionsHasSessionLevelPolicy",
                   x_refresh_lasts="RefreshTokenValidityPeriod",
                   x_refresh_since_use="OptionsRefreshTokenValidityMetric"),
        evidence={"at": "LastModifiedDate"}, link="{base}/lightning/setup/ConnectedApplication/home",
    ),
    Listing(
        name="external-client-apps", kind=Kind.PERMISSION, fetch=client_apps, per_fetch=4, records="records",
        key="NamespacePrefix && join('__', [NamespacePrefix, DeveloperName]) || DeveloperName", id="Id", every=HOUR,
        needs=("ViewSetup",), always=("label",), people=("x_runs_as",),
        facts=keep(label="MasterLabel", description="Description", grants="scopes",
                   x_distribution="DistributionState", x_users="PermittedUsersPolicyType",
                   x_ip_relaxation="IpRelaxationPolicyType", x_refresh_policy="RefreshTokenPolicyType",
                   x_refresh_lasts="RefreshTokenValidityPeriod",
                   x_refresh_unit="RefreshTokenValidityUnit", x_session_level="RequiredSessionLevel",
                   x_client_credentials="IsClientCredentialsFlowEnabled", x_runs_as="ClientCredentialsFlowUser",
                   x_exchange_flow="IsTokenExchangeFlowEnabled", x_guest_flow="IsGuestCodeCredFlowEnabled"),
        evidence={"at": "LastModifiedDate"}, link="{base}/lightning/setup/ManageExternalClientApplication/home",
    ),
)  # fmt: skip
