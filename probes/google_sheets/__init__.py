"""Google Sheets v4 with Drive v3. https://developers.google.com/workspace/sheets/api/reference/rest

A spreadsheet that others read is a schema that nobody declared: its first row names the fields. This file reads every
spreadsheet that is shared with its account: tabs and tables, header cells with the rules below them, named and
protected ranges, connected data with its refreshes, and who may do what.

Least grants: the scopes drive.metadata.readonly and spreadsheets.readonly, which write nothing whatever the share says.
Share each spreadsheet (or its folder, or the shared drive) with the service account's address: as viewer for its
columns; as editor where its people are to be read too, for Drive lists permissions to those who may share, and answers
403 insufficientFilePermissions to others. A file that is not shared any more leaves the list with a 200.

Where the facts are from: paths, keys, scopes and words from the discovery documents sheets.v4 and drive.v3 (of 2026-10
and 2026-11), against which the tests hold them; limits (60 reads a minute for each user of a project, 300 for the
project, refilled each minute) and Drive's error envelope from the vendor's pages on these; ways to sign in from
probes/google.py. Not verified: that refreshing connected data raises a file's version (such files are always read);
that `incompleteSearch` comes only when a shared drive could not be searched: the list then counts as not read.

Not to be had: Apps Script and its triggers, add-ons, who changed which cell (Drive tells who changed the file last:
asked.py), types by the look of cells. Not read: any value below the header, comments, charts, formats, how many rows
and columns there are, where a tab stands, ends of ranges by row (these move with the data), editors of protected ranges
(told to those alone who may edit them, so that a change of our own right would look like one of theirs),
`requestingUserCanEdit`, which is about us. A query of connected data leaves as a digest. A header cell that shows an
error or is loading makes the reading partial: its columns are not gone.
"""

from __future__ import annotations

from typing import Any, Final

from probes.google import ERRORS, LOGIN_OPTION, schemes
from probes.kit.api import Ask, Client
from probes.kit.contract import Kind, Vantage
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Vendor, View, keep
from probes.kit.paging import Paging
from probes.kit.verified import Verified

from .asked import FILE, look, who
from .told import contents

DRIVE, SHEETS = ("drive.metadata.readonly",), ("spreadsheets.readonly",)
BOOK: Final = "https://docs.google.com/spreadsheets/d/{parent.key}/edit"
PAGES = Paging(style="cursor", next="nextPageToken", into="pageToken", size=100, size_into="pageSize")
HOURLY = 3600.0
# What a rule for data, or the column of a table, makes of a column.
TYPES = {
    "TEXT": "text", "DOUBLE": "decimal", "CURRENCY": "currency", "PERCENT": "percent", "DATE": "date", "TIME": "time",
    "DATE_TIME": "datetime", "BOOLEAN": "boolean", "DROPDOWN": "option", "RATINGS_CHIP": "integer",
    "FILES_CHIP": "file", "PEOPLE_CHIP": "reference", "PLACE_CHIP": "address", "ONE_OF_LIST": "option",
    "ONE_OF_RANGE": "option", "TEXT_IS_EMAIL": "email", "TEXT_IS_URL": "url", "TEXT_CONTAINS": "text",
    "TEXT_NOT_CONTAINS": "text", "TEXT_STARTS_WITH": "text", "TEXT_ENDS_WITH": "text", "TEXT_EQ": "text",
    "TEXT_NOT_EQ": "text", "NUMBER_GREATER": "decimal", "NUMBER_GREATER_THAN_EQ": "decimal", "NUMBER_LESS": "decimal",
    "NUMBER_LESS_THAN_EQ": "decimal", "NUMBER_EQ": "decimal", "NUMBER_NOT_EQ": "decimal", "NUMBER_BETWEEN": "decimal",
    "NUMBER_NOT_BETWEEN": "decimal", "DATE_EQ": "date", "DATE_NOT_EQ": "date", "DATE_BEFORE": "date",
    "DATE_AFTER": "date", "DATE_ON_OR_BEFORE": "date", "DATE_ON_OR_AFTER": "date", "DATE_BETWEEN": "date",
    "DATE_NOT_BETWEEN": "date", "DATE_IS_VALID": "date", "*": "any",
}  # fmt: skip
FILES = f"nextPageToken,incompleteSearch,files({FILE})"
PEOPLE = ("nextPageToken,permissions(id,type,role,emailAddress,domain,expirationTime,allowFileDiscovery,deleted,"
          "pendingOwner)")  # fmt: skip
SOURCE = (
    "spec.looker && join('/', [spec.looker.model, spec.looker.explore]) || spec.bigQuery.tableSpec &&"
    " join('.', [spec.bigQuery.tableSpec.tableProjectId || spec.bigQuery.projectId, spec.bigQuery.tableSpec.datasetId,"
    " spec.bigQuery.tableSpec.tableId]) || spec.bigQuery.projectId"
)


async def identity(api: Client) -> Vantage:
    """The service account, or the person. There is no account above it: its domain, which of a service account is its
    project, stands for one."""
    asked = {"fields": "user(emailAddress,permissionId,displayName)"}
    user: dict[str, Any] = (await api.ask(Ask("/drive/v3/about", asked))).value("user")
    mailbox = str(user["emailAddress"])
    return Vantage(
        account=mailbox.rpartition("@")[2],
        subject=mailbox,
        grants=frozenset(),
        api_version="sheets v4, drive v3",
        silent=frozenset({Kind.SCHEMA}),
    )


VENDOR = Vendor(
    name="google-sheets",
    title="Google Sheets",
    docs="https://developers.google.com/workspace/sheets/api/reference/rest",
    verified=Verified("spec", "2026-11-23"),
    base="https://www.googleapis.com",
    hosts=("googleapis.com",),
    schemes=schemes((*DRIVE, *SHEETS), "Share each spreadsheet with the account's address."),
    options={
        "login": LOGIN_OPTION,
        "sheets": OptionSpec(default="https://sheets.googleapis.com", says="where the Sheets API answers"),
    },
    errors=ERRORS,
    limits={
        "default": Limit(key="{integration}", rate=600, per=60, concurrency=4),  # Drive allows 12,000 a minute
        "sheets": Limit(key="{integration}", rate=50, per=60, concurrency=2),
    },
    identity=identity,
    look=look,
    who=who,
    absent="a file in the trash says so; a spreadsheet that answers tells all its tabs and header cells",
    grants={
        "drive.metadata.readonly": "the scope to see which spreadsheets are shared, their versions and their people",
        "spreadsheets.readonly": "the scope to see tabs, header cells and rules",
    },
    grants_told=False,
    weaker="What is in a shared file comes whole; its people are refused to those who may not share it (403).",
    unseen={Kind.AUTOMATION: "neither API shows Apps Script or its triggers; look at Extensions > Apps Script"},
    lacks={Kind.TEMPLATE: "a spreadsheet that others copy is a spreadsheet like any other"},
    notes=(
        "A spreadsheet that is not shared any more is not told from a deleted one: it is held until a person says so.",
        "The first row of a tab is taken for its header; a table that begins lower has a header of its own.",
        "People are read where the account is an editor; as a viewer it is refused, and that is said.",
    ),
    listings=(
        Listing(
            name="spreadsheets", kind=Kind.SCHEMA, path="/drive/v3/files", records="files", key="id", id="id",
            params={"q": "mimeType = 'application/vnd.google-apps.spreadsheet' and trashed = false",
                    "corpora": "allDrives", "includeItemsFromAllDrives": "true", "supportsAllDrives": "true",
                    "fields": FILES},
            paging=PAGES, always=("label",), needs=DRIVE,
            facts=keep(label="name", x_drive="driveId", x_writers_share="writersCanShare",
                       x_no_copies="copyRequiresWriterPermission", x_own_people="inheritedPermissionsDisabled"),
            evidence={"at": "modifiedTime", "by": "lastModifyingUser.emailAddress", "link": "webViewLink"},
            also=(
                View(
                    kind=Kind.PERMISSION, scope="ourselves", records="files", key="id", needs=DRIVE,
                    facts=keep(edit="capabilities.canEdit", share="capabilities.canShare"), always=("edit",),
                    evidence={"link": "webViewLink"},
                ),
            ),
        ),
        Listing(
            name="contents", kind=Kind.SCHEMA, for_each="spreadsheets", scope="{parent.key}.tabs", fetch=contents,
            per_fetch=4, conditional="etag", records="tabs", key="place", id="id", needs=SHEETS,
            facts=keep("hidden", label="title", native_type="kind", x_columns="columns"), always=("native_type",),
            evidence={"link": "link"},
            also=(
                View(
                    kind=Kind.FIELD, scope_by="scope", under="schema/{parent.key}.tabs", records="fields",
                    words={"type": TYPES}, always=("type",), needs=SHEETS, key="key",
                    facts=keep("options", type="kind", native_type="kind", help="note", restricted_options="strict",
                               lookup_filter="from", validation="rule"),
                    evidence={"link": "link"},
                ),
                View(
                    kind=Kind.PLATFORM, scope="{parent.key}.book", records="book", key="'book'", single=True,
                    facts=keep(label="title", timezone="timeZone", x_locale="locale", x_recalculates="autoRecalc",
                               x_fetches_addresses="importFunctionsExternalUrlAccessAllowed"),
                    always=("timezone",), needs=SHEETS, link=BOOK,
                ),
                View(
                    kind=Kind.SCHEMA, scope="{parent.key}.ranges", records="named", key="name", id="namedRangeId",
                    facts=keep(target="columns"), always=("target",), needs=SHEETS, link=BOOK,
                ),
                View(
                    kind=Kind.PERMISSION, scope="{parent.key}.protected", records="protected", needs=SHEETS,
                    facts=keep("description", x_what="what", x_header="header", x_warns_only="warns", x_open="open"),
                    always=("x_what",), unordered=("x_open",), link=BOOK,
                ),
                View(
                    kind=Kind.SYNC, scope="{parent.key}.connected", records="sources", needs=SHEETS,
                    facts=keep("schedule enabled", source=SOURCE, x_host="host(spec.looker.instanceUri)",
                               x_query_digest="digest(spec.bigQuery.querySpec.rawQuery)",
                               x_parameters="digest(spec.parameters)"),
                    always=("source",), link=BOOK,
                    health={"state": "status.state", "succeeded_at": "status.lastRefreshTime", "due_at": "due",
                            "errors": "status.errorCode"},
                    states={"SUCCEEDED": "ok", "RUNNING": "running", "NOT_STARTED": "unknown", "FAILED": "failing",
                            "CANCELLING": "paused"},
                ),
            ),
        ),
        Listing(
            name="people", kind=Kind.PERMISSION, for_each="spreadsheets", scope="{parent.key}.people", every=HOURLY,
            path="/drive/v3/files/{parent.key}/permissions", params={"supportsAllDrives": "true", "fields": PEOPLE},
            records="permissions", paging=PAGES, key="emailAddress || domain || type", id="id", person=True,
            facts=keep(profile="role", user_type="type", expires_on="expirationTime", x_found="allowFileDiscovery",
                       x_deleted="deleted", x_pending_owner="pendingOwner"),
            always=("profile",), needs=DRIVE, link=BOOK,
        ),
    ),
)  # fmt: skip
