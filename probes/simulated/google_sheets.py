"""A simulated account of Google Sheets, with the part of Drive that tells whose a spreadsheet is.

Written from the discovery documents sheets.v4 and drive.v3 of 2026-11 and the pages beside them: rows as they are
documented, also the keys that no probe reads; a viewer may not list permissions; what was not shared is a 404 at Drive
and a 403 at Sheets; a range beyond the grid is a 400; a zero is left out. The content is the taxonomy of the example
stack: names of campaigns, and tags that the CMS and the DAM take over.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from .control import Reply, Request, controlled
from .desk import Denial, Route, Wire, later
from .google import TOKEN, GoogleDesk, masked, refusal

TAXONOMY = "1TaxonomyOfCampaignsAndTags0000000000000001"
PLAN = "1AgencyPlanByQuarterAndChannel0000000000002"
REPORT = "1ReportingOfCampaignsByRegion00000000000003"
CALENDAR = "1ContentCalendarForTheWebsite0000000000004"
WRITTEN = "2026-11-22T06:00:00+00:00"  # the moment that the rows are written for
DRIVE, SHEETS = "drive.metadata.readonly", "spreadsheets.readonly"
_RANGE = re.compile(r"'((?:[^']|'')*)'!(\d+):(\d+)")


class Account(GoogleDesk):
    """`files` are Drive's rows, `books` the structure of spreadsheets, `cells` the first rows of a tab, by
    "<spreadsheet>/<tab>", and `people` who may do what with a file. Changing any of them raises the file's version."""

    routes = (
        TOKEN,
        Route("GET", "/drive/v3/about", "about", DRIVE),
        Route("GET", "/drive/v3/files", "listed", DRIVE),
        Route("GET", "/drive/v3/files/{file}", "file", DRIVE),
        Route("GET", "/drive/v3/files/{file}/permissions", "permissions", DRIVE),
        Route("GET", "/v4/spreadsheets/{file}", "book", SHEETS),
    )
    keys: ClassVar[dict[str, str]] = {"books": "spreadsheetId", "people": "key"}
    running: ClassVar[tuple[str, ...]] = ("files", "books")
    old_style = True

    def well(self) -> None:
        since = self.clock.now() - datetime.fromisoformat(WRITTEN).timestamp()
        for table in self.running:  # as if what is written here had happened just before now
            self.tables[table] = [later(row, since) for row in self.tables[table]]

    def fill(self) -> None:
        self.tables["files"] = [
            _file(TAXONOMY, "Campaign taxonomy", "2026-11-20T08:00:00.000Z"),
            _file(PLAN, "Agency plan", "2026-11-18T15:30:00.000Z"),
            _file(REPORT, "Campaign reporting", "2026-11-22T05:00:00.000Z"),
            _file(CALENDAR, "Content calendar", "2026-11-19T10:00:00.000Z"),
        ]
        self.tables["people"] = [
            _person(TAXONOMY, "01", "user", "owner", emailAddress="admin-01@example.com"),
            _person(TAXONOMY, "02", "group", "writer", emailAddress="marketing-operations@example.com"),
            _person(TAXONOMY, "03", "user", "writer", emailAddress="integration-user@example.com",
                    expirationTime="2027-03-01T00:00:00.000Z"),
            _person(TAXONOMY, "anyoneWithLink", "anyone", "reader", allowFileDiscovery=False),
            _person(PLAN, "09", "group", "owner", emailAddress="agency@example.com"),
            _person(CALENDAR, "01", "user", "owner", emailAddress="admin-01@example.com"),
            _person(REPORT, "01", "user", "owner", emailAddress="admin-01@example.com"),
            _person(REPORT, "05k", "domain", "reader", domain="example.com", allowFileDiscovery=True),
        ]  # fmt: skip
        self.tables["books"] = [
            _taxonomy(),
            _plan(),
            _report(),
            _book(CALENDAR, "Content calendar", _sheet(0, "Calendar", 0)),
        ]
        self.tables["cells"] = [
            {"id": f"{TAXONOMY}/Campaigns", "rows": [
                _heads("utm_campaign", "region", "channel", "topic", "start", "active", "Notes", "", "Notes"),
                [{"formattedValue": "2026-Q4_emea_email_launch"},
                 {"dataValidation": {"condition": {"type": "ONE_OF_LIST", "values": _values("emea", "amer", "apac")},
                                     "strict": True, "showCustomUi": True}},
                 {"dataValidation": {"condition": {"type": "ONE_OF_RANGE", "values": _values("=Channels!$A$2:$A")},
                                     "showCustomUi": True}},
                 {}, {"dataValidation": {"condition": {"type": "DATE_IS_VALID"}, "strict": True}},
                 {"dataValidation": {"condition": {"type": "BOOLEAN"}, "strict": True, "showCustomUi": True}}]]},
            {"id": f"{TAXONOMY}/Channels", "rows": [_heads("channel", "utm_medium")]},
            {"id": f"{TAXONOMY}/Content tags", "rows": [
                _heads("tag", "contentful_tag_id", "bynder_metaproperty", "owner_mailbox"),
                [{}, {}, {}, {"dataValidation": {"condition": {"type": "TEXT_IS_EMAIL"}}}]]},
            {"id": f"{PLAN}/Agency's plan", "rows": [_heads("quarter", "channel", "budget")]},
            {"id": f"{CALENDAR}/Calendar", "rows": [_heads("date", "page", "tag")]},
            {"id": f"{REPORT}/By region", "rows": [_heads("region", "leads", "cost")]},
        ]  # fmt: skip

    # answering

    def about(self, request: Request) -> Any:
        user = {
            "kind": "drive#user", "displayName": self.client_email.partition("@")[0], "me": True,
            "permissionId": "17000000000000000001", "emailAddress": self._mailbox(),
        }  # fmt: skip
        whole = {"kind": "drive#about", "user": user, "canCreateDrives": False, "maxUploadSize": "5242880000000"}
        if not request.query.get("fields"):
            raise Denial(refusal(400, "", "The 'fields' parameter is required for this method.", old="required"))
        return masked(whole, request.query["fields"])

    def _mailbox(self) -> str:
        return self.client_email if self.account == "example" else f"monitor@{self.account}"

    def listed(self, request: Request) -> Any:
        rows = [row for row in self.tables["files"] if not row["trashed"]]
        page = self.paged(request, "files", rows, 1000)
        whole = {"kind": "drive#fileList", "incompleteSearch": False, "files": [], **page}
        return masked(whole, request.query.get("fields", ""))

    def file(self, request: Request, file: str) -> Any:
        return masked(self._shared(file), request.query.get("fields", ""))

    def _shared(self, file: str) -> Wire:
        row = self.find("files", file)
        if row is None:
            more = {"locationType": "parameter", "location": "fileId"}
            raise Denial(refusal(404, "", f"File not found: {file}.", old="notFound", **more))
        return row

    def permissions(self, request: Request, file: str) -> Any:
        if not self._shared(file)["capabilities"]["canShare"]:
            words = "The user does not have sufficient permissions for this file."
            raise Denial(refusal(403, "", words, old="insufficientFilePermissions"))
        rows = [row["permission"] for row in self.tables["people"] if row["key"].startswith(f"{file}/")]
        whole = {"kind": "drive#permissionList", "permissions": [], **self.paged(request, "permissions", rows, 100)}
        return masked(whole, request.query.get("fields", ""))

    def book(self, request: Request, file: str) -> Any:
        if self.find("files", file) is None:
            raise Denial(refusal(403, "PERMISSION_DENIED", "The caller does not have permission"))
        whole = self.find("books", file)
        assert whole is not None  # noqa: S101  each file of the account has its book
        ranges = [value for name, value in request.pairs if name == "ranges"]
        if ranges:
            whole = {**whole, "sheets": self._gridded(whole, ranges)}
        return masked(whole, request.query.get("fields", ""))

    def _gridded(self, book: Wire, ranges: list[str]) -> list[Wire]:
        """The tabs that the ranges name, each with the rows asked for."""
        data: dict[str, list[Wire]] = {}
        for asked in ranges:
            found = _RANGE.fullmatch(asked)
            if not found or found[2] != found[3]:
                raise self.invalid(f"Unable to parse range: {asked}")
            title, row = found[1].replace("''", "'"), int(found[2])
            sheet = next((one for one in book["sheets"] if one["properties"]["title"] == title), None)
            if sheet is None:
                raise self.invalid(f"Unable to parse range: {asked}")
            if sheet["properties"]["sheetType"] != "GRID":
                raise self.invalid(f"Cannot request a range of a data source sheet: {asked}")
            most = sheet["properties"]["gridProperties"]["rowCount"]
            if row > most:
                raise self.invalid(f"Range ({asked}) exceeds grid limits. Max rows: {most}, max columns: 26")
            cells = self.find("cells", f"{book['spreadsheetId']}/{title}")
            rows = cells["rows"][row - 1 : row] if cells else []
            grid = {**({"startRow": row - 1} if row > 1 else {}), "rowData": [{"values": one} for one in rows]}
            data.setdefault(title, []).append(grid if rows else {k: v for k, v in grid.items() if k != "rowData"})
        kept = [one for one in book["sheets"] if one["properties"]["title"] in data]
        return [{**one, "data": data[one["properties"]["title"]]} for one in kept]

    @controlled
    def share(self, file: str, edit: bool) -> None:
        """The account's own right on a file: to edit it, or to view it only."""
        self.note("share", file=file, edit=edit)
        row = self._kept("files", file)
        row["capabilities"] |= {"canEdit": edit, "canShare": edit, "canReadRevisions": edit}

    def touched(self, table: str, row: Wire) -> None:
        id = str(row.get("spreadsheetId") or row.get("key") or row.get("id")).partition("/")[0]
        file = self.find("files", id) or row
        file["version"] = str(int(file["version"]) + 1)
        at = datetime.fromtimestamp(self.clock.now(), UTC).isoformat(timespec="milliseconds")
        file["modifiedTime"] = at.replace("+00:00", "Z")
        file["lastModifyingUser"] = _user(self.actor)

    def limited(self) -> Reply:
        words = "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'."
        return refusal(429, "RESOURCE_EXHAUSTED", words, "RATE_LIMIT_EXCEEDED")


def _user(mailbox: str) -> Wire:
    return {"kind": "drive#user", "displayName": mailbox.partition("@")[0], "me": False, "emailAddress": mailbox,
            "permissionId": "11000000000000000007"}  # fmt: skip


def _file(id: str, name: str, modified: str) -> Wire:
    return {
        "kind": "drive#file", "id": id, "name": name, "mimeType": "application/vnd.google-apps.spreadsheet",
        "trashed": False, "version": "41", "createdTime": "2025-01-07T09:00:00.000Z", "modifiedTime": modified,
        "owners": [_user("admin-01@example.com")], "lastModifyingUser": _user("admin-01@example.com"),
        "ownedByMe": False, "shared": True, "writersCanShare": True, "copyRequiresWriterPermission": False,
        "inheritedPermissionsDisabled": False,
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{id}/edit",
        "capabilities": {"canEdit": True, "canShare": True, "canReadRevisions": True, "canDownload": True},
    }  # fmt: skip


def _person(file: str, id: str, kind: str, role: str, **more: Any) -> Wire:
    row = {"kind": "drive#permission", "id": id, "type": kind, "role": role, **more}
    if kind in ("user", "group"):
        row |= {"displayName": row["emailAddress"].partition("@")[0], "deleted": False, "pendingOwner": False}
    return {"key": f"{file}/{id}", "permission": row}


def _heads(*names: str) -> list[Wire]:
    return [{"formattedValue": name, "effectiveValue": {"stringValue": name}} if name else {} for name in names]


def _values(*texts: str) -> list[Wire]:
    return [{"userEnteredValue": text} for text in texts]


def _sheet(id: int, title: str, index: int, rows: int = 1000, **more: Any) -> Wire:
    own = {"sheetId": id, "title": title, "index": index, "sheetType": "GRID",
           "gridProperties": {"rowCount": rows, "columnCount": 26, "frozenRowCount": 1}}  # fmt: skip
    return {"properties": {**own, **more.pop("own", {})}, **more}


def _book(id: str, title: str, *sheets: Wire, **more: Any) -> Wire:
    about = {"title": title, "locale": "en_GB", "timeZone": "Europe/London", "autoRecalc": "ON_CHANGE"}
    return {"spreadsheetId": id, "properties": about, "sheets": list(sheets),
            "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{id}/edit", **more}  # fmt: skip


def _taxonomy() -> Wire:
    return _book(
        TAXONOMY, "Campaign taxonomy",
        _sheet(0, "Campaigns", 0, protectedRanges=[
            {"protectedRangeId": 900101, "range": {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1},
             "description": "Header", "requestingUserCanEdit": False},
            {"protectedRangeId": 900102, "range": {"sheetId": 0, "startColumnIndex": 1, "endColumnIndex": 3},
             "description": "Region and channel", "warningOnly": True, "requestingUserCanEdit": True},
        ]),
        _sheet(11, "Channels", 1, rows=1, protectedRanges=[
            {"protectedRangeId": 900103, "range": {"sheetId": 11}, "requestingUserCanEdit": False,
             "unprotectedRanges": [{"sheetId": 11, "startColumnIndex": 1, "endColumnIndex": 2}]},
        ]),
        _sheet(12, "Content tags", 2, tables=[
            {"tableId": "t1", "name": "Tags", "range": {"sheetId": 12, "startRowIndex": 0, "endRowIndex": 40,
                                                        "startColumnIndex": 0, "endColumnIndex": 3},
             "columnProperties": [
                 {"columnName": "tag", "columnType": "TEXT"},
                 {"columnIndex": 1, "columnName": "contentful_tag_id", "columnType": "TEXT"},
                 {"columnIndex": 2, "columnName": "bynder_metaproperty", "columnType": "DROPDOWN",
                  "dataValidationRule": {"condition": {"type": "ONE_OF_LIST",
                                                       "values": _values("topic", "product", "season")}}}]},
            {"tableId": "t2", "name": "Retired", "range": {"sheetId": 12, "startRowIndex": 50, "endRowIndex": 60,
                                                           "startColumnIndex": 0, "endColumnIndex": 2},
             "columnProperties": [{"columnName": "old tag", "columnType": "TEXT"},
                                  {"columnIndex": 1, "columnName": "retired on", "columnType": "DATE"}]},
        ]),
        _sheet(13, "Archive", 3, own={"hidden": True}),
        namedRanges=[
            {"namedRangeId": "n1", "name": "ValidRegions", "range": {"sheetId": 0, "startRowIndex": 1, "endRowIndex": 9,
                                                                     "startColumnIndex": 1, "endColumnIndex": 2}},
        ],
    )  # fmt: skip


def _plan() -> Wire:
    return _book(PLAN, "Agency plan", _sheet(0, "Agency's plan", 0))


def _report() -> Wire:
    status = {"state": "SUCCEEDED", "lastRefreshTime": "2026-11-22T05:00:00Z"}
    filled = {"dataSourceId": "1080547365", "dataExecutionStatus": status,
              "columns": [{"reference": {"name": "region"}}, {"reference": {"name": "leads"}}]}  # fmt: skip
    own = {"sheetId": 31, "title": "Leads", "index": 1, "sheetType": "DATA_SOURCE",
           "gridProperties": {"rowCount": 500, "columnCount": 2, "frozenRowCount": 1}}  # fmt: skip
    connected = {"properties": {**own, "dataSourceSheetProperties": filled}}
    return _book(
        REPORT, "Campaign reporting", _sheet(0, "By region", 0), connected,
        dataSources=[
            {"dataSourceId": "1080547365", "sheetId": 31, "spec": {
                "bigQuery": {"projectId": "example-warehouse",
                             "tableSpec": {"datasetId": "marketing", "tableId": "leads_by_region"}}}},
            {"dataSourceId": "1080547366", "spec": {
                "bigQuery": {"projectId": "example-warehouse", "querySpec": {"rawQuery": "SELECT 1 AS not_for_git"}}}},
            {"dataSourceId": "1080547367", "spec": {
                "looker": {"instanceUri": "https://example.looker.com/", "model": "marketing", "explore": "leads"}}},
        ],
        dataSourceSchedules=[
            {"enabled": True, "refreshScope": "ALL_DATA_SOURCES", "dailySchedule": {"startTime": {"hours": 5}},
             "nextRun": {"startTime": "2026-11-23T05:00:00Z", "endTime": "2026-11-23T09:00:00Z"}},
        ],
    )  # fmt: skip
