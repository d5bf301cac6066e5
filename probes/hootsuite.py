"""Hootsuite, REST API v1. https://apidocs.hootsuite.com/docs/api/index.html

Least grants: an app with the grant `organization_app`, which acts for the organization itself, by its id. Two scopes
exist, and neither decides: what one sees is what one's permissions in the organization allow, so those of the token's
member stand in the vantage. A token of a member sees the social profiles and teams of that member, with a 200.

Where the facts are from: the Swagger that the vendor publishes (apidocs.hootsuite.com/docs/api/swagger.yaml, 1.0) for
every path and key, for the sign-in (HTTP Basic, the client is not taken in the body) and for `isReauthRequired`: 1 is a
profile that was disconnected and has to be connected again, which is how a social scheduler stops posting. Answers come
as `{data}`, errors as `{errors: [{code, message}]}`, without pages. Not verified: what /v1/me says to a token of an
organization; the words of permissions, which the document does not list; that a profile is never in two answers.

The page that links open is known from public code (two plugins send people there to connect a profile again): it is
that of one's social accounts and teams, where the vendor's help has an organization's teams and members managed too.

`look` is not offered: of a profile, a member and a team that one may not see the document has the same 400 as of one
that is not there. `who` is not either: no answer is a trail of changes; a team names by its number who changed it last.

Not to be had: who connected a profile, approvals by rule, when a network will ask to connect again, to which addresses
an app's events are sent. Not read: messages, media, comments, names and biographies of members, ad accounts, rights to
single profiles (a request for each member and profile), SCIM (a token of its own). Members are asked for one by one,
and each team for its members: every six hours.
"""

from __future__ import annotations

from typing import Any

from probes.kit.api import Answer, Ask, Client, several
from probes.kit.auth import ClientCredentials, Scheme, bearer
from probes.kit.coded import made, once
from probes.kit.contract import Denied, Kind, Malformed, Rejected, Vantage
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, keep
from probes.kit.verified import Verified

HOURLY = 3600.0
HERE = "/v1/organizations/{options.organization}"
PAGE = "https://hootsuite.com/dashboard#/member"


async def identity(api: Client) -> Vantage:
    """Who the token is of, and what that member may do in the organization."""
    organization = str(api.options["organization"])
    me: dict[str, Any] = (await api.ask(Ask("/v1/me"))).value("data")
    held: list[Any] = []
    try:
        path = f"/v1/organizations/{organization}/members/{me['id']}/permissions"
        held = several((await api.ask(Ask(path))).value("data.permissions"), "permissions")
    except (Denied, Rejected):  # a token of the organization itself is no member of it
        pass
    return Vantage(
        account=organization,
        account_name=str(me.get("companyName") or ""),
        subject=str(me.get("email") or me["id"]),
        grants=frozenset(map(str, held)),
        api_version="v1",
        silent=frozenset({Kind.SYNC, Kind.PERMISSION}),
    )


@once
async def members(api: Client) -> Answer:
    """The members with what each may do and the teams of each; the list itself has their ids alone."""
    organization = f"/v1/organizations/{api.options['organization']}"
    here = f"{organization}/members"
    listed = await _list(api, here)
    held: dict[str, list[str]] = {}
    for team in await _list(api, f"{organization}/teams"):
        for one in await _list(api, f"{organization}/teams/{team['id']}/members"):
            held.setdefault(str(one["id"]), []).append(str(team["name"]))
    rows = []
    for one in listed:
        about = (await api.ask(Ask(f"/v1/members/{one['id']}"))).value("data")
        may = (await api.ask(Ask(f"{here}/{one['id']}/permissions"))).value("data")
        if not isinstance(about, dict) or not isinstance(may, dict):
            raise Malformed("a member has no data")
        told = {"id": one["id"], "email": about.get("email"), "active": about.get("isActive")}
        rows.append({**told, "teams": held.get(str(one["id"]), []), **may})
    return made({"rows": rows})


async def _list(api: Client, path: str) -> list[dict[str, Any]]:
    listed = (await api.ask(Ask(path))).value("data")
    if not isinstance(listed, list):
        raise Malformed("the answer has no data")
    return listed


VENDOR = Vendor(
    name="hootsuite",
    title="Hootsuite",
    docs="https://apidocs.hootsuite.com/docs/api/index.html",
    base="https://platform.hootsuite.com",
    hosts=("hootsuite.com",),
    schemes={
        "organization": Scheme(
            fields=("client_id", "client_secret", "organization_id"),
            build=lambda given: ClientCredentials(
                given, "/oauth2/token", style="basic",
                extra={"grant_type": "organization_app", "organization_id": "{organization_id}"},
            ),
            note="hootsuite.com/developers/my-apps > the app > REST API > Custom grant types: organization_app, which "
            "Hootsuite's support opens; the id of the organization stands in /v1/me/organizations.",
        ),
        "token": bearer("A token that the app was given for a member with the permission to manage the organization."),
    },
    options={"organization": OptionSpec(default="", says="id of the organization; /v1/me/organizations lists those")},
    errors=Errors(failed="errors", code="errors[0].code", message="errors[0].message || error_description"),
    limits={"default": Limit(key="{integration}", rate=5, per=1, concurrency=2)},
    verified=Verified("docs", "2026-11-23"),
    identity=identity,
    grants={"ORG_MANAGE_MEMBERS": "Manage organization > the member > Permissions: manage members and teams"},
    grants_told=False,
    unseen={
        Kind.AUTOMATION: "Hootsuite's API does not show approval rules",
        Kind.PLATFORM: "Hootsuite's API tells no plan and no use",
    },
    lacks={
        Kind.SCHEMA: "Hootsuite has messages and no schema of its own",
        Kind.FIELD: "Hootsuite has messages and no fields of its own",
        Kind.TEMPLATE: "a draft of Hootsuite is a message that was not sent yet",
    },
    notes=(
        "A profile that the token's member may no longer see is held until a person releases it.",
        "Whether a message went out is not read: a disconnected profile is what stops them all.",
    ),
    exempt={"cursor": "the lists that are read here come whole and have no pages"},
    listings=(
        Listing(
            name="profiles", kind=Kind.SYNC, path="/v1/socialProfiles", records="data", key="[type, socialNetworkId]",
            id="id", facts=keep(native_type="type", x_owner="owner"), always=("native_type",),
            link=PAGE,
            health={"state": "isReauthRequired == `1` && 'disconnected' || 'connected'",
                    "errors": "isReauthRequired == `1` && ['has to be connected again'] || `[]`"},
            states={"connected": "ok", "disconnected": "failing"},
        ),
        Listing(
            name="teams", kind=Kind.PERMISSION, path=f"{HERE}/teams", records="data", key="name", id="id",
            facts=keep(label="name"), always=("label",), every=HOURLY, evidence={"at": "modifiedDate"},
            link=PAGE,
        ),
        Listing(
            name="team-profiles", kind=Kind.PERMISSION, for_each="teams", scope="profiles-{parent.key}", every=HOURLY,
            path=f"{HERE}/teams/{{parent.id}}/socialProfiles", records="data", key="id", facts={},
            link=PAGE,
        ),
        Listing(
            name="members", kind=Kind.PERMISSION, path=f"{HERE}/members", fetch=members, records="rows",
            key="email || id", id="id", person=True, every=6 * HOURLY, per_fetch=46, always=("active",),
            facts=keep("active", profile="permissionPreset", powers="permissions", x_teams="teams"),
            unordered=("x_teams",), link=PAGE,
        ),
    ),
)  # fmt: skip
