"""Salesforce's coded requests: how several answers become one per parent, and what many job rows say of one sync.

Rows built here hold the vendor's own values under short names; keys, facts and digests stay with the kit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import Fault, Vantage, canonical
from probes.kit.listing import Fetch, Row
from probes.kit.paging import Paging
from probes.kit.values import instant

VERSION: Final = "68.0"
DATA: Final = f"/services/data/v{VERSION}"
COMPOSITE: Final = f"{DATA}/tooling/composite"
AT_ONCE: Final = 25  # sub-requests of a composite
PAGES: Final = Paging(style="next", next="nextRecordsUrl", total="totalSize")
JOB_PAGES: Final = Paging(style="next", next="nextRecordsUrl")

# Powers of a permission set worth a person's eye, beside those that have a fact of their own. Which of them an org has
# depends on its edition: only those that describe lists are asked for.
POWERS: Final = (
    "AssignPermissionSets", "BulkApiHardDelete", "DataExport", "DelegatedTwoFactor", "EmailMass", "FreezeUsers",
    "ImportLeads", "InstallPackaging", "ManageAuthProviders", "ManageCustomPermissions", "ManageDataIntegrations",
    "ManageEncryptionKeys", "ManageInternalUsers", "ManageIpAddresses", "ManageLoginAccessPolicies",
    "ManagePasswordPolicies", "ManageProfilesPermissionsets", "ManageRemoteAccess", "ManageRoles",
    "ManageSessionPermissionSets", "ManageSharing", "ManageTwoFactor", "ModifyMetadata", "PasswordNeverExpires",
    "ResetPasswords", "RunReports", "ScheduleReports", "TransferAnyEntity", "TransferAnyLead", "TwoFactorApi",
    "UseAnyApiAuth", "ViewAllProfiles", "ViewAllUsers", "ViewEncryptedData", "ViewEventLogFiles", "ViewSetup",
)  # fmt: skip
NAMED: Final = (
    "ModifyAllData", "ViewAllData", "ExportReport", "CustomizeApplication", "AuthorApex", "ManageUsers", "ApiEnabled",
    "ApiUserOnly",
)  # fmt: skip
_GRANTS: Final = ("ApiEnabled", "ViewSetup", "ViewAllData", "ModifyAllData", "ManageUsers")


class _Part(msgspec.Struct):
    httpStatusCode: int
    referenceId: str
    body: msgspec.Raw = msgspec.Raw(b"null")
    httpHeaders: dict[str, str] = {}


class _Composite(msgspec.Struct):
    compositeResponse: list[_Part]


def select(what: str, source: str, where: str = "") -> str:
    return " ".join(("SELECT", what, "FROM", source, *(("WHERE", where) if where else ())))


def soql(query: str, *, tooling: bool = False) -> Ask:
    return Ask(f"{DATA}/tooling/query" if tooling else f"{DATA}/query", {"q": query})


def quoted(names: Iterable[str]) -> str:
    """Names as a SOQL list of literals."""
    escaped = (name.replace("\\", "\\\\").replace("'", "\\'") for name in names)
    return ", ".join(f"'{name}'" for name in escaped)


def holder(row: Mapping[str, Any]) -> str:
    """What a permission set is called: profiles own a set each, packaged sets carry their namespace."""
    if row.get("IsOwnedByProfile"):
        return f"profile:{(row.get('Profile') or {}).get('Name')}"
    space = row.get("NamespacePrefix")
    return f"{space}__{row['Name']}" if space else str(row["Name"])


def packed(row: Mapping[str, Any]) -> bool:
    """Whether it came with a managed package."""
    return bool(row.get("NamespacePrefix"))


async def identity(api: Client) -> Vantage:
    """The running user, their permission sets and the system rights these add up to: no right on a single object."""
    me = (await api.ask(Ask("/services/oauth2/userinfo"))).value() or {}
    rights = ", ".join(f"PermissionSet.Permissions{name}" for name in _GRANTS)
    assigned = await api.every(
        soql(
            select(
                "PermissionSet.Name, PermissionSet.NamespacePrefix, PermissionSet.IsOwnedByProfile, "
                f"PermissionSet.Profile.Name, {rights}",
                "PermissionSetAssignment",
                f"AssigneeId = {quoted([str(me.get('user_id'))])}",
            )
        ),
        PAGES,
        "records",
    )
    sets = [row["PermissionSet"] for row in assigned]
    org = (await api.ask(soql("SELECT Name FROM Organization"))).value("records.0.Name")
    powers = {name for name in _GRANTS if any(row.get(f"Permissions{name}") for row in sets)}
    return Vantage(
        account=str(me.get("organization_id") or ""),
        account_name=str(org or ""),
        subject=str(me.get("preferred_username") or ""),
        grants=frozenset(powers | {f"set:{holder(row)}" for row in sets}),
        api_version=VERSION,
        locale=str(me.get("language") or me.get("locale") or ""),
    )


async def describe(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """Up to 25 describes as one call. Sub-answers stay raw; a sub-answer of 304 is taken where it is given."""
    asks: list[dict[str, Any]] = []
    asked: dict[str, Row] = {}
    for number, (parent, known) in enumerate(zip(parents, validators, strict=True)):
        asked[f"r{number}"] = parent
        ask = {
            "method": "GET",
            "referenceId": f"r{number}",
            "url": f"{DATA}/sobjects/{parent['key']}/describe",
        }
        asks.append({**ask, "httpHeaders": dict(known)} if known else ask)
    async for name, sub in together(api, f"{DATA}/composite", asks):
        yield asked[name], sub


async def together(
    api: Client, path: str, asks: Sequence[Mapping[str, Any]]
) -> AsyncIterator[tuple[str, Answer | Fault]]:
    """One composite call: each sub-answer by its referenceId, judged for itself."""
    answer = await api.ask(Ask(path, body={"allOrNone": False, "compositeRequest": asks}))
    for part in msgspec.json.decode(answer.raw, type=_Composite).compositeResponse:
        headers = {name.lower(): value for name, value in part.httpHeaders.items()}
        sub = Answer(part.httpStatusCode, headers, bytes(part.body))
        try:
            api.judge(sub)
        except Fault as fault:
            yield part.referenceId, fault
        else:
            yield part.referenceId, sub


async def records(api: Client, source: str, ids: Sequence[str]) -> dict[str, Answer | Fault]:
    """Records of the tooling API with their Metadata, which a query gives for one record only."""
    at = f"{DATA}/tooling/sobjects/{source}"
    out: dict[str, Answer | Fault] = {}
    for start in range(0, len(ids), AT_ONCE):
        asks = [
            {"method": "GET", "referenceId": f"r{number}", "url": f"{at}/{quote(id, safe='')}"}
            for number, id in enumerate(ids[start : start + AT_ONCE])
        ]
        async for name, answer in together(api, COMPOSITE, asks):
            out[ids[start + int(name[1:])]] = answer
    return out


@once
async def permission_sets(api: Client) -> Answer:
    """All permission sets and profiles with those powers that this org knows."""
    found = (await api.ask(Ask(f"{DATA}/sobjects/PermissionSet/describe"))).value("fields") or []
    here = {str(field["name"]) for field in found}
    asked = [f"Permissions{name}" for name in (*NAMED, *POWERS) if f"Permissions{name}" in here]
    plain = "Id, Name, NamespacePrefix, Label, Description, Type, IsOwnedByProfile, Profile.Name, IsCustom"
    rows = await api.every(soql(select(", ".join([plain, *asked]), "PermissionSet")), PAGES, "records")
    for row in rows:
        row["holder"] = holder(row)
        row["powers"] = [name for name in POWERS if row.pop(f"Permissions{name}", False)]
    return made({"records": rows})


def split(
    what: str,
    source: str,
    by: str,
    of: Callable[[Mapping[str, Any]], str],
    row: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> Fetch:
    """One SOQL query for a batch of objects, its rows told apart by `of`. `by`: the field that names the object.

    A parent without rows gets an empty answer: that it has none is a reading too.
    """

    async def fetch(
        api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
    ) -> AsyncIterator[tuple[Row, Answer | Fault]]:
        query = select(what, source, f"{by} IN ({quoted(str(p['key']) for p in parents)})")
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for found in await api.every(soql(query), PAGES, "records"):
            rows[of(found)].append(row(found))
        for parent in parents:
            yield parent, made({"records": sorted(rows.pop(str(parent["key"]), []), key=canonical)})

    return fetch


def object_right(found: Mapping[str, Any]) -> dict[str, Any]:
    rights = ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
    return {"holder": holder(found["Parent"]), "type": found["Parent"].get("Type"),
            **{name: found.get(f"Permissions{name}") for name in rights}}  # fmt: skip


def field_right(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"holder": holder(found["Parent"]), "type": found["Parent"].get("Type"),
            "field": str(found["Field"]).partition(".")[2],
            "Read": found.get("PermissionsRead"), "Edit": found.get("PermissionsEdit")}  # fmt: skip


@once
async def apex_jobs(api: Client) -> Answer:
    """The newest 2,000 batch and scheduled runs, folded into one row per class."""
    query = (
        "SELECT ApexClass.Name, ApexClass.NamespacePrefix, JobType, Status, NumberOfErrors, TotalJobItems, "
        "JobItemsProcessed, ExtendedStatus, CreatedDate, CompletedDate FROM AsyncApexJob "
        "WHERE JobType IN ('BatchApex', 'ScheduledApex') ORDER BY CreatedDate DESC LIMIT 2000"
    )
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for run in await api.every(soql(query), PAGES, "records"):
        owner = run.get("ApexClass") or {}
        space = owner.get("NamespacePrefix")
        runs[f"{space}__{owner.get('Name')}" if space else str(owner.get("Name") or "?")].append(run)
    return made({"records": [apex_row(name, found) for name, found in sorted(runs.items())]})


def apex_row(name: str, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """State by the newest run; counts by the newest that ended. Batches are the unit: Salesforce counts no records."""
    newest, ended = _newest(runs, "CreatedDate", ("Completed", "Failed", "Aborted"), "Status")
    good = [r for r in runs if r.get("Status") == "Completed" and not r.get("NumberOfErrors")]
    bad = [r for r in runs if r.get("Status") == "Failed" or r.get("NumberOfErrors")]
    failed = ended.get("NumberOfErrors") or 0
    why = str(ended.get("ExtendedStatus") or "").partition(":")[0][:80] if failed else ""
    state = "Errors" if newest.get("Status") == "Completed" and newest.get("NumberOfErrors") else newest.get("Status")
    return {
        "name": name,
        "job_type": " and ".join(sorted({str(run.get("JobType")) for run in runs})),
        "state": state,
        "succeeded_at": _latest(good, "CompletedDate"),
        "failed_at": _latest(bad, "CompletedDate"),
        "rows_ok": max(0, (ended.get("JobItemsProcessed") or 0) - failed) if ended else None,
        "rows_failed": failed if ended else None,
        "errors": [why] if why else [],
    }


@once
async def bulk_jobs(api: Client) -> Answer:
    """Ingest jobs folded by object and operation; the newest that ended is asked for by id, for its record counts."""
    jobs: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for job in await api.every(Ask(f"{DATA}/jobs/ingest"), JOB_PAGES, "records"):
        jobs[str(job.get("object")), str(job.get("operation"))].append(job)
    rows = []
    for (about, operation), found in sorted(jobs.items()):
        newest, ended = _newest(found, "createdDate", ("JobComplete", "Failed", "Aborted"), "state")
        counts = (await api.ask(Ask(f"{DATA}/jobs/ingest/{ended['id']}"))).value() if ended else {}
        rows.append(bulk_row(about, operation, found, newest, counts))
    return made({"records": rows})


def bulk_row(
    about: str, operation: str, jobs: Sequence[Mapping[str, Any]], newest: Mapping[str, Any], counts: Mapping[str, Any]
) -> dict[str, Any]:
    """One sync of all jobs that load one object by one operation."""
    failed, processed = counts.get("numberRecordsFailed"), counts.get("numberRecordsProcessed")
    spent = counts.get("totalProcessingTime")
    return {
        "object": about,
        "operation": operation,
        "job_type": newest.get("jobType"),
        "api_version": str(newest["apiVersion"]) if newest.get("apiVersion") is not None else None,
        "state": newest.get("state"),
        "succeeded_at": _latest([job for job in jobs if job.get("state") == "JobComplete"], "systemModstamp"),
        "failed_at": _latest([job for job in jobs if job.get("state") == "Failed"], "systemModstamp"),
        "rows_failed": failed,
        "rows_ok": processed - (failed or 0) if isinstance(processed, int) else None,
        "duration": spent / 1000 if isinstance(spent, int) else None,
        "errors": [str(counts["errorMessage"]).partition(":")[0].strip()[:80]] if counts.get("errorMessage") else [],
    }


def _newest(
    runs: Sequence[Mapping[str, Any]], made_at: str, over: tuple[str, ...], state: str
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The newest run, and the newest that has ended (or nothing)."""
    order = sorted(runs, key=lambda run: instant(run.get(made_at)) or 0.0, reverse=True)
    return order[0], next((run for run in order if run.get(state) in over), {})


def _latest(runs: Sequence[Mapping[str, Any]], at: str) -> float | None:
    return max((found for run in runs if (found := instant(run.get(at))) is not None), default=None)
