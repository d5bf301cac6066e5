"""A Dataverse environment of Dynamics 365 in memory: the Web API v9.2, and the token of Microsoft Entra before it.

Written from learn.microsoft.com (MicrosoftDocs/powerapps-docs): RetrieveMetadataChanges with its query in JSON and its
stamps, errors with their hexadecimal codes, service protection limits, pages by `@odata.nextLink`, and the table
references for the rows. Of OData it understands $select, $filter of comparisons joined by "and", and expansions that
its rows hold.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import msgspec

from probes.simulated.control import Reply, Request, controlled
from probes.simulated.desk import Denial, Desk, Route, Wire

from .content import ENVIRONMENT, ORGANIZATION, USER, run_of, tables

API: Final = "/api/data/v9.2"
TENANT: Final = "northwind.example.com"
READS: Final = {
    "systemusers": "prvReadUser", "roles": "prvReadRole", "teams": "prvReadTeam", "workflows": "prvReadWorkflow",
    "asyncoperations": "prvReadAsyncOperation", "solutions": "prvReadSolution", "audits": "prvReadAuditSummary",
    "sdkmessageprocessingsteps": "prvReadSdkMessageProcessingStep", "serviceendpoints": "prvReadServiceEndpoint",
    "duplicaterules": "prvReadDuplicateRule", "organizations": "prvReadOrganization", "privileges": "",
    "roleprivilegescollection": "prvReadRole", "templates": "prvReadEmailTemplate",
    "systemforms": "prvReadSystemForm", "savedqueries": "prvReadQuery", "flowruns": "prvReadflowrun",
    "fieldsecurityprofiles": "prvReadFieldSecurityProfile", "fieldpermissions": "prvReadFieldPermission",
}  # fmt: skip
_COMPARED: Final = re.compile(r"(\w+) (eq|ne|gt|ge|le) (null|true|false|'[^']*'|[\w.:+-]+)")


class Account(Desk):
    """Tables: those of READS, and EntityMetadata with the columns of each table in `Attributes`.

    A grant "prvReadUser" is that privilege for the whole organization; held no deeper ("prvReadUser:Basic"), only rows
    of the application's own user are listed, with a 200."""

    routes = (
        Route("POST", "/{tenant}/oauth2/v2.0/token", "issue", open=True),
        Route("GET", API + "/WhoAmI", "whoami"),
        Route("GET", API + "/RetrieveVersion()", "version"),
        Route("GET", API + "/RetrieveCurrentOrganization({asked})", "organization"),
        Route("GET", API + "/RetrieveMetadataChanges({asked})", "metadata"),
        Route("GET", API + "/systemusers({id})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()", "privileges"),
        Route("GET", API + "/{table}({id})", "row"),
        Route("GET", API + "/{table}", "listed"),
    )
    running: ClassVar[tuple[str, ...]] = ("asyncoperations", "flowruns")
    keys: ClassVar[dict[str, str]] = {
        "EntityMetadata": "LogicalName", "systemusers": "systemuserid", "roles": "roleid", "workflows": "workflowid",
        "asyncoperations": "asyncoperationid", "solutions": "solutionid", "privileges": "privilegeid",
        "sdkmessageprocessingsteps": "sdkmessageprocessingstepid", "serviceendpoints": "serviceendpointid",
        "duplicaterules": "duplicateruleid", "organizations": "organizationid", "teams": "teamid",
        "roleprivilegescollection": "roleprivilegeid", "audits": "auditid", "templates": "templateid",
        "systemforms": "formid", "savedqueries": "savedqueryid", "flowruns": "flowrunid",
        "fieldsecurityprofiles": "fieldsecurityprofileid", "fieldpermissions": "fieldpermissionid",
    }  # fmt: skip

    def __init__(self, **given: Any) -> None:
        self.client_id, self.client_secret, self.issued = "client", "secret", ""
        self.version_of: dict[str, int] = {}
        self.stamp, self.oldest, self.torn = 100, 0, ""
        self.gone: list[int] = []
        self.by: dict[str, str] = {}  # who changed a row last, by its id
        super().__init__(**given)

    @classmethod
    def every_grant(cls) -> set[str]:
        return {grant for grant in READS.values() if grant}

    def fill(self) -> None:
        self.tables = tables(self.born, self.clock.now())

    # refusing

    def denied(self, request: Request, grant: str) -> Reply:
        return _error(403, "0x80040220", f"Principal user is missing {grant} privilege")

    def refused(self, request: Request) -> Reply:
        return Reply(401, b"")

    def missing(self, request: Request) -> Reply:
        return _error(404, "0x8006088a", f"Resource not found for the segment '{request.path.rpartition('/')[2]}'.")

    def limited(self) -> Reply:
        said = "Number of requests exceeded the limit of 6000 over time window of 300 seconds."
        limited = _error(429, "0x80072322", said)
        return Reply(429, limited.body, {"retry-after": "35"})

    def signed(self, request: Request) -> bool:
        return bool(self.issued) and request.headers.get("authorization") == f"Bearer {self.issued}"

    def headers(self, request: Request) -> dict[str, str]:
        return {"odata-version": "4.0", "x-ms-ratelimit-burst-remaining-xrm-requests": "5999",
                "x-ms-ratelimit-time-remaining-xrm-requests": "1,200.00"}  # fmt: skip

    def issue(self, request: Request, tenant: str) -> Reply:
        form = request.form()
        right = (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.client_secret)
        scoped = form.get("scope", "").endswith("/.default")
        if tenant != TENANT or not right or not scoped or form.get("grant_type") != "client_credentials":
            return Reply(401, {"error": "invalid_client", "error_codes": [7000215],
                               "error_description": "AADSTS7000215: Invalid client secret provided."})  # fmt: skip
        self.issued = f"issued-{len(self.requests)}"
        return Reply(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": self.issued})

    # answering

    def whoami(self, request: Request) -> Wire:
        organization = ORGANIZATION if self.account == "example" else self.account
        return {"@odata.context": f"{API}/$metadata", "BusinessUnitId": "bu-root", "UserId": USER,
                "OrganizationId": organization}  # fmt: skip

    def version(self, request: Request) -> Wire:
        return {"@odata.context": f"{API}/$metadata", "Version": "9.2.26105.00172"}

    def organization(self, request: Request, asked: str) -> Wire:
        kept = self.tables["organizations"][0]
        detail = {"OrganizationId": kept["organizationid"], "FriendlyName": kept["name"], "EnvironmentId": ENVIRONMENT,
                  "OrganizationVersion": "9.2.26105.172", "UrlName": "northwind", "UniqueName": "northwind",
                  "State": "Enabled", "OrganizationType": "Customer", "Geo": "EMEA",
                  "Endpoints": {"Count": 1, "Keys": ["WebApplication"], "Values": [request.base]}}  # fmt: skip
        return {"@odata.context": f"{API}/$metadata#Microsoft.Dynamics.CRM.RetrieveCurrentOrganizationResponse",
                "Detail": detail}  # fmt: skip

    def row(self, request: Request, table: str, id: str) -> Any:
        """One row. An application's own user is shown to it without any privilege."""
        found = self.find(table, id) if table in READS else None
        if id != USER:
            self.need(request, READS.get(table, ""))
        if found is None:
            return self.missing(request) if table not in READS else _error(404, "0x80040217", "Does Not Exist")
        return self._marked(table, found) if "modifiedby" in request.query.get("$expand", "") else found

    def privileges(self, request: Request, id: str) -> Wire:
        ids = {row["name"]: row["privilegeid"] for row in self.tables["privileges"]}
        held = [(name.partition(":")[0], name.partition(":")[2] or "Global") for name in sorted(self.grants)]
        return {"RolePrivileges": [{"Depth": depth, "PrivilegeId": ids[name], "BusinessUnitId": "bu-root"}
                                   for name, depth in held if name in ids]}  # fmt: skip

    def listed(self, request: Request, table: str) -> Any:
        if table not in READS:
            return self.missing(request)
        grant, own = READS[table], f"{READS[table]}:Basic" in self.grants
        if not own:
            self.need(request, grant)
        rows = [row for row in self.tables[table] if _fits(row, request.query.get("$filter", ""))]
        if own and grant not in self.grants:
            rows = [row for row in rows if row.get("systemuserid", USER) == USER and "systemuserid" in row]
        start = int(request.query.get("$skiptoken", "0"))
        part, after = self.part(rows, start, 5_000)
        names = [*request.query.get("$select", "").split(","), self.keys[table]]
        told = [self._picked(self._marked(table, row), names, request.query.get("$expand", "")) for row in part]
        body: Wire = {"@odata.context": f"{API}/$metadata#{table}", "value": self.mixed(told)}
        if after is not None:
            asked = "&".join(f"{name}={value}" for name, value in request.query.items() if name != "$skiptoken")
            body["@odata.nextLink"] = f"{request.base}{request.path}?{asked}&$skiptoken={after}"
        if start and self.torn and self.torn in request.path:
            raw = msgspec.json.encode(body)
            return Reply(200, raw[: len(raw) // 2], {"content-type": "application/json"})
        return body

    def _marked(self, table: str, row: Wire) -> Wire:
        """A row with the user that its lookup of who changed it last leads to."""
        by = {"domainname": self.by.get(str(row.get(self.keys[table])), "admin-01@example.com")}
        return {**row, "modifiedby": by} if "modifiedon" in row else row

    def _picked(self, row: Wire, names: list[str], expand: str) -> Wire:
        inner = re.findall(r"(\w+)\(", expand)
        if unknown := [name for name in [*names, *inner] if name and name not in row]:
            said = f"Could not find a property named '{unknown[0]}'"
            raise Denial(_error(400, "0x80060888", said))
        return {"@odata.etag": 'W/"1"', **{name: row[name] for name in [*names, *inner] if name}}

    # definitions

    def metadata(self, request: Request, asked: str) -> Any:
        query = json.loads(request.query["@p1"])
        criteria = query["Criteria"]
        if criteria["FilterOperator"] != "Or" or "Attributes" not in query["Properties"]["PropertyNames"]:
            return _error(400, "0x80048d19", "Error identified in Payload")
        wanted = {one["Value"]["Value"] for one in criteria["Conditions"] if one["PropertyName"] == "LogicalName"}
        since = -1
        if "ClientVersionStamp=@p2" in asked:
            since = int(request.query["@p2"].strip("'").partition("!")[0])
            if since < self.oldest:
                return _error(400, "0x80044352", "Version stamp associated with the client has expired.")
        rows = [row for row in self.tables["EntityMetadata"] if row["LogicalName"] in wanted]
        if since >= 0:
            rows = [{**row, "HasChanged": True} for row in rows if self.version_of.get(row["LogicalName"], 0) > since]
        gone = sum(at > since for at in self.gone) if "DeletedMetadataFilters=@p3" in asked and since >= 0 else 0
        names = {*query["Properties"]["PropertyNames"], "MetadataId", "LogicalName", "HasChanged"}
        columns = {*query["AttributeQuery"]["Properties"]["PropertyNames"], "MetadataId", "LogicalName", "HasChanged",
                   "@odata.type"}  # fmt: skip
        told = [{**{name: row.get(name) if name in names else None for name in row},
                 "Attributes": self.mixed([_only(one, columns) for one in row["Attributes"]])}
                for row in rows]  # fmt: skip
        return {"@odata.context": f"{API}/$metadata#Microsoft.Dynamics.CRM.RetrieveMetadataChangesResponse",
                "ServerVersionStamp": f"{self.stamp}!05/28/2026 20:26:40", "EntityMetadata": self.mixed(told),
                "DeletedMetadata": {"Count": gone, "IsReadOnly": False, "Keys": ["Attribute"] * bool(gone),
                                    "Values": []}}  # fmt: skip

    # changing

    def touched(self, table: str, row: Wire) -> None:
        if table == "EntityMetadata":
            self.stamp += 1
            self.version_of[row["LogicalName"]] = self.stamp
        elif "modifiedon" in row:
            row["modifiedon"] = _time(self.clock.now())
            self.by[str(row.get(self.keys[table]))] = self.actor
        if not self.tables["organizations"][0]["isauditenabled"]:
            return
        self.tables["audits"].append({
            "auditid": f"audit-{len(self.tables['audits'])}", "createdon": _time(self.clock.now()), "operation": 2,
            "objecttypecode": table, "_objectid_value": str(row.get(self.keys[table])),
            "userid": {"domainname": self.actor, "systemuserid": USER},
        })  # fmt: skip

    @controlled
    def column(self, table: str, name: str, what: Wire) -> Wire:
        """Sets properties of a column's definition; gives what stood there, which `column` takes to put it back."""
        place = next(number for number, one in enumerate(self._kept("EntityMetadata", table)["Attributes"])
                     if one["LogicalName"] == name)  # fmt: skip
        before = self.alter(
            "EntityMetadata", table, {f"Attributes.{place}.{path}": value for path, value in what.items()}
        )
        return {path.partition(".")[2].partition(".")[2]: value for path, value in before.items()}

    @controlled
    def drop_column(self, table: str, name: str) -> Wire:
        """Takes a column away; gives its definition."""
        columns = self._kept("EntityMetadata", table)["Attributes"]
        gone: Wire = next(one for one in columns if one["LogicalName"] == name)
        self.alter("EntityMetadata", table, {"Attributes": [one for one in columns if one is not gone]})
        self.gone.append(self.stamp)
        return gone

    @controlled
    def tear(self, path: str = "") -> None:
        """From now on every page but the first of lists at such a path ends in the middle; nothing for none."""
        self.note("tear", path=path)
        self.torn = path

    @controlled
    def expire(self) -> None:
        """No stamp that was given out until now is taken any more, as after ninety days."""
        self.note("expire")
        self.oldest = self.stamp = self.stamp + 1

    @controlled
    def job(self, operation: int, failed: bool = False, code: int = 0) -> None:
        """A background job of this type ended now."""
        number = len(self.tables["asyncoperations"])
        self.put("asyncoperations", {
            "asyncoperationid": f"job-{number}", "operationtype": operation, "statecode": 3, "errorcode": code or None,
            "statuscode": 31 if failed else 30, "createdon": _time(self.clock.now()),
            "completedon": _time(self.clock.now()), "name": "not-for-git",
        })  # fmt: skip

    @controlled
    def run(self, flow: str, status: str = "Succeeded", code: str = "") -> None:
        """A cloud flow ran now, and ended so."""
        self.put("flowruns", run_of(f"run-{len(self.tables['flowruns'])}", flow, status, self.clock.now(), code))


def _only(row: Wire, names: set[str]) -> Wire:
    return {name: value if name in names else None for name, value in row.items()}


def _fits(row: Wire, filter: str) -> bool:
    """Comparisons joined by "and", or by "or" inside of brackets."""
    return all(any(_true(row, one) for one in part.strip("()").split(" or ")) for part in filter.split(" and ") if part)


def _true(row: Wire, comparison: str) -> bool:
    name, how, word = _COMPARED.fullmatch(comparison).groups()  # type: ignore[union-attr]
    wanted: Any = word.strip("'")
    if word in ("null", "true", "false") or word.isdigit():
        wanted = json.loads(word)
    have = row[name]
    if isinstance(have, str) and isinstance(wanted, str):  # text is compared without case
        have, wanted = have.lower(), wanted.lower()
    return bool({"eq": have == wanted, "ne": have != wanted, "gt": str(have) > str(wanted),
                 "ge": str(have) >= str(wanted), "le": str(have) <= str(wanted)}[how])  # fmt: skip


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
