"""Salesforce's REST API over an org, as of v68.0: sign-in, describes with validators, composite, SOQL, limits, jobs.

Each answer has the vendor's headers and error envelope (an array of message and errorCode). Sources: REST API developer
guide (describe with If-Modified-Since, composite, query, limits, status codes), Bulk API 2.0 guide (job lists),
OAuth flows in the vendor's help. What a subrequest of a composite does with If-Modified-Since is not documented; here
it gives 304 for that part.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jwt
import msgspec
import orjson

from probes.simulated.control import Reply, Request

from . import tables, wire
from .org import Joined
from .soql import Query, Refused, Row, parse, reach
from .wire import ROOT, Wire

if TYPE_CHECKING:
    from .account import Account

SETUP_READERS = "ViewSetup"


class Session(msgspec.Struct):
    user: str  # id
    until: float


class Denial(Exception):
    """An answer in the error envelope."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.reply = Reply(*wire.problem(status, code, message, fields))


class Service:
    """Answers requests for one account."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.sessions: dict[str, Session] = {}
        self.cursors: dict[str, list[Wire]] = {}
        self._bodies: dict[tuple[str, str, str], tuple[float, bytes]] = {}

    def answer(self, request: Request) -> Reply:
        path = request.path.rstrip("/")
        if path == "/services/oauth2/token":
            return self.token(request)
        if path == "/services/data":
            return Reply(200, [{"label": label, "url": f"/services/data/v{version}", "version": version}
                               for label, version in self.account.versions])  # fmt: skip
        try:
            session = self.session(request)
            if path == "/services/oauth2/userinfo":
                return self.userinfo(session, request)
            found = re.match(r"/services/data/v(\d+)\.0(/.*)?$", path)
            if found is None:
                raise Denial(404, "NOT_FOUND", "The requested resource does not exist")
            if int(found[1]) < 31:
                raise Denial(410, "GONE", f"API version {found[1]}.0 has been retired")
            if f"{found[1]}.0" not in {version for _, version in self.account.versions}:
                raise Denial(404, "NOT_FOUND", "The requested resource does not exist")
            self.account.used += 1
            if self.account.used > self.account.daily:
                return self.limited()
            reply = self.resource(session, request, found[2] or "")
        except Denial as denial:
            reply = denial.reply
        except Refused as refused:
            reply = Reply(*wire.problem(400, refused.code, refused.message))
        used = f"api-usage={self.account.used}/{self.account.daily}"
        return Reply(reply.status, reply.body, {"Sforce-Limit-Info": used, **reply.headers})

    def limited(self) -> Reply:
        return Reply(*wire.problem(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))

    # signing in

    def token(self, request: Request) -> Reply:
        account, form = self.account, request.form()
        if request.method != "POST":
            return _oauth("invalid_request", "must use HTTP POST")
        kind = form.get("grant_type", "")
        if kind == "client_credentials":
            id, secret = form.get("client_id", ""), form.get("client_secret", "")
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() == "basic":
                id, _, secret = base64.b64decode(given + "==").decode("utf-8", "replace").partition(":")
                id, secret = unquote(id), unquote(secret)
            if id != account.client_id:
                return _oauth("invalid_client_id", "client identifier invalid")
            if not secrets.compare_digest(secret.encode(), account.client_secret.encode()):
                return _oauth("invalid_client", "invalid client credentials")
            username = account.runs_as
        elif kind == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            try:
                username = self.asserted(form.get("assertion", ""), request.base)
            except jwt.PyJWTError as error:
                return _oauth("invalid_grant", f"invalid assertion: {type(error).__name__}")
        else:
            return _oauth("unsupported_grant_type", "grant type not supported")
        person = next((row for row in account.org.rows["User"] if row["Username"] == username), None)
        if person is None or not person["IsActive"]:
            return _oauth("invalid_grant", "no client credentials user enabled" if person is None else "inactive user")
        now = account.clock.now()
        token = f"{account.organization}!{secrets.token_urlsafe(48)}"
        self.sessions[token] = Session(person["Id"], now + account.session)
        return Reply(200, {
            "access_token": token, "signature": secrets.token_urlsafe(32), "scope": "api id",
            "instance_url": account.instance or request.base, "token_type": "Bearer", "issued_at": str(int(now * 1000)),
            "id": f"{request.base}/id/{account.organization}/{person['Id']}",
            "api_instance_url": "https://api.salesforce.com",
        })  # fmt: skip

    def asserted(self, assertion: str, base: str) -> str:
        """The user name of a signed assertion; raises PyJWTError."""
        account = self.account
        audience = [account.instance or base, "https://login.salesforce.com", "https://test.salesforce.com"]
        now = account.clock.now()
        claims = jwt.decode(assertion, account.certificate, algorithms=["RS256"], audience=audience,
                            issuer=account.client_id, options={"verify_exp": False, "verify_iat": False,
                                                               "verify_nbf": False})  # fmt: skip
        if not now < float(claims.get("exp", 0)) <= now + 300:
            raise jwt.ExpiredSignatureError
        return str(claims.get("sub", ""))

    def session(self, request: Request) -> Session:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        session = self.sessions.get(token) if scheme.lower() == "bearer" else None
        if session is None or session.until <= self.account.clock.now() or not self.person(session)["IsActive"]:
            raise Denial(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if not self.account.org.has(self.account.org.sets_of(session.user), "ApiEnabled"):
            raise Denial(403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner")
        return session

    def person(self, session: Session) -> Wire:
        return self.account.org.by_id("User")[session.user]

    def userinfo(self, session: Session, request: Request) -> Reply:
        person = self.person(session)
        rest = f"{request.base}/services/data/v{{version}}/"
        return Reply(200, self.account.jumbled({
            "sub": f"{request.base}/id/{self.account.organization}/{person['Id']}", "user_id": person["Id"],
            "organization_id": self.account.organization, "preferred_username": person["Username"],
            "nickname": person["Alias"], "name": person["Name"], "email": person["Email"], "email_verified": True,
            "given_name": None, "family_name": person["LastName"], "zoneinfo": person["TimeZoneSidKey"],
            "photos": {"picture": f"{request.base}/profilephoto/005/F"}, "profile": f"{request.base}/{person['Id']}",
            "urls": {"rest": rest, "sobjects": f"{rest}sobjects/", "query": f"{rest}query/"},
            "active": person["IsActive"],
            "user_type": "STANDARD", "language": person["LanguageLocaleKey"], "locale": person["LocaleSidKey"],
            "utcOffset": 3600000, "updated_at": person["LastModifiedDate"], "is_app_installed": True,
        }))  # fmt: skip

    # resources

    def resource(self, session: Session, request: Request, path: str) -> Reply:
        """`path` is what follows the version."""
        parts = [part for part in path.split("/") if part]
        match parts:
            case []:
                return Reply(
                    200, {name: f"{ROOT}/{name}" for name in ("sobjects", "query", "limits", "composite", "jobs")}
                )
            case ["composite"] if request.method == "POST":
                return self.composite(session, request)
            case ["composite", "batch"] if request.method == "POST":
                return self.batch(session, request)
        if request.method != "GET":
            raise Denial(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed. Allowed are GET,HEAD")
        match parts:
            case ["sobjects"]:
                return self.everything(session, request)
            case ["sobjects", name, "describe"]:
                return self.describe(session, request, name)
            case ["tooling", "sobjects", name, "describe"]:
                return self.describe(session, request, name, tooling=True)
            case ["query" | "queryAll"]:
                return self.query(session, request, tooling=False)
            case ["tooling", "query"]:
                return self.query(session, request, tooling=True)
            case [*_, "query", locator]:
                return self.page(locator, path.rpartition("/")[0])
            case ["limits"]:
                return self.limits(session)
            case ["jobs", "ingest" | "query" as kind]:
                return Reply(
                    200,
                    self.account.jumbled(
                        {
                            "done": True,
                            "records": self.account.mixed(
                                [_job(job, full=False) for job in self.account.jobs if job["kind"] == kind]
                            ),
                            "nextRecordsUrl": None,
                        }
                    ),
                )
            case ["jobs", "ingest" | "query" as kind, id]:
                for job in self.account.jobs:
                    if job["kind"] == kind and job["id"] == id:
                        return Reply(200, self.account.jumbled(_job(job, full=True)))
        raise Denial(404, "NOT_FOUND", "The requested resource does not exist")

    def _fresh(self, request: Request, modified: float) -> dict[str, str] | None:
        """Headers of a full answer, or None where the caller's copy is still good."""
        given = request.headers.get("if-modified-since")
        if given and self.account.validators and wire.parse_date(given) >= int(modified):
            return None
        return {"Last-Modified": wire.http_date(modified)}

    def everything(self, session: Session, request: Request) -> Reply:
        org = self.account.org
        headers = self._fresh(request, org.everything)
        if headers is None:
            return Reply(304)
        sight = self.account.sight(session.user)
        found = [
            wire.summary(name, thing["label"], thing["plural"], thing["prefix"], sight.able(name))
            for name, thing in org.objects.items() if sight.sees(name)
        ]  # fmt: skip
        able = wire.flags(True, {})
        found += [wire.summary(name, name, name, "a99", able) for name in org.bulk]
        body = {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": self.account.mixed(found)}
        return Reply(200, self.account.jumbled(body), headers)

    def describe(self, session: Session, request: Request, name: str, tooling: bool = False) -> Reply:
        org, base = self.account.org, self.account.instance or request.base
        if name in org.bulk and not self.account.shuffling:
            headers = self._fresh(request, org.born)
            body = org.template(org.bulk[name], base).replace(b"@" * 12, name.encode()) if headers else None
            return Reply(200, body, headers) if headers else Reply(304)
        sight = self.account.sight(session.user)
        if tooling and name in tables.TABLES:
            thing: Wire = {"label": wire.words(name), "plural": wire.words(name), "prefix": tables.TABLES[name].prefix,
                           "types": [], "fields": tables.fields(name)}  # fmt: skip
            able, modified = wire.flags(False, {}), org.born
        elif sight.sees(name):
            thing, able, modified = org.thing(name), sight.able(name), org.modified.get(name, org.born)
        else:
            raise Denial(404, "NOT_FOUND", "The requested resource does not exist")
        headers = self._fresh(request, modified)
        if headers is None:
            return Reply(304)
        key = (name, session.user, base)
        if key in self._bodies and self._bodies[key][0] == modified and not self.account.shuffling:
            return Reply(200, self._bodies[key][1], headers)
        fields = [sight.field(name, entry) for entry in thing["fields"].values() if sight.sees_field(name, entry)]
        if self.account.shuffling:
            fields = [entry | {"referenceTo": self.account.mixed(entry["referenceTo"])} for entry in fields]
        parts = {"fields": self.account.mixed(fields), "recordTypeInfos": self.account.mixed(thing["types"]),
                 "childRelationships": self.account.mixed(_children(org.objects, name, sight))}  # fmt: skip
        made = wire.description(name, thing["label"], thing["plural"], thing["prefix"], able, base, parts)
        encoded = orjson.dumps(self.account.jumbled(made))
        if not self.account.shuffling:
            self._bodies[key] = (modified, encoded)
        return Reply(200, encoded, headers)

    def composite(self, session: Session, request: Request) -> Reply:
        asked = (request.json() or {}).get("compositeRequest")
        if not isinstance(asked, list) or not asked:
            raise Denial(400, "JSON_PARSER_ERROR", "compositeRequest must be a list of subrequests")
        queries = sum("/query" in part.get("url", "") for part in asked)
        if len(asked) > 25 or queries > 5:
            raise Denial(400, "LIMIT_EXCEEDED", f"{len(asked)} subrequests with {queries} queries: at most 25 with 5")
        out = []
        for part in asked:
            reply = self.part(session, request, part)
            body = orjson.Fragment(reply.encoded()) if reply.encoded() else None
            out.append({"body": body, "httpHeaders": reply.headers, "httpStatusCode": reply.status,
                        "referenceId": part.get("referenceId")})  # fmt: skip
        return Reply(200, {"compositeResponse": out})

    def batch(self, session: Session, request: Request) -> Reply:
        asked = (request.json() or {}).get("batchRequests")
        if not isinstance(asked, list) or not 0 < len(asked) <= 25:
            raise Denial(400, "JSON_PARSER_ERROR", "batchRequests must be a list of 1 to 25 subrequests")
        self.account.used += len(asked)
        replies = [self.part(session, request, part) for part in asked]
        return Reply(200, {
            "hasErrors": any(reply.status >= 400 for reply in replies),
            "results": [{"statusCode": reply.status,
                         "result": orjson.Fragment(reply.encoded() or b"null")} for reply in replies],
        })  # fmt: skip

    def part(self, session: Session, request: Request, part: Wire) -> Reply:
        """One subrequest of a composite or a batch."""
        url = urlsplit(
            part.get("url", "") if part.get("url", "").startswith("/") else f"/services/data/{part.get('url', '')}"
        )
        path = re.sub(r"^/services/data/v\d+\.0", "", url.path.rstrip("/"))
        headers = {name.lower(): value for name, value in part.get("httpHeaders", {}).items()}
        inner = Request(part.get("method", "GET"), url.path, dict(parse_qsl(url.query)), headers, b"", request.base)
        try:
            return self.resource(session, inner, path)
        except Denial as denial:
            return denial.reply
        except Refused as refused:
            return Reply(*wire.problem(400, refused.code, refused.message))

    # SOQL

    def query(self, session: Session, request: Request, tooling: bool) -> Reply:
        account = self.account
        text = request.query.get("q", "")
        query = parse(text, lambda inner: self.select(session, inner, tooling), account.clock.now())
        rows = self.select(session, query, tooling)
        if query.count:
            return Reply(200, account.jumbled({"totalSize": len(rows), "done": True, "records": []}))
        wide = {"Metadata", "FullName"} & set(query.columns)
        if wide and len(rows) > 1:
            raise Refused(
                "MALFORMED_QUERY", f"with {wide.pop()} a query must specify no more than one row for retrieval"
            )
        shown = [_record(row, query.columns) for row in rows]
        if not query.order:
            shown = account.mixed(shown)
        options = re.search(r"batchSize=(\d+)", request.headers.get("sforce-query-options", ""))
        size = account.page or max(200, min(2000, int(options[1]))) if options else account.page or 2000
        locator = wire.identifier("01g", account.org.number())
        if len(shown) > size:
            self.cursors[locator] = shown
        return Reply(200, self._page(shown, locator, 0, size, f"{ROOT}/tooling/query" if tooling else f"{ROOT}/query"))

    def page(self, locator: str, path: str) -> Reply:
        name, _, place = locator.partition("-")
        start, _, size = place.partition("-")
        if name not in self.cursors or not start.isdigit() or not size.isdigit():
            raise Denial(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return Reply(200, self._page(self.cursors[name], name, int(start), int(size), f"{ROOT}{path}"))

    def _page(self, shown: list[Wire], locator: str, start: int, size: int, root: str) -> Wire:
        rest = start + size < len(shown)
        body: Wire = {"totalSize": len(shown), "done": not rest}
        if rest:
            body["nextRecordsUrl"] = f"{root}/{locator}-{start + size}-{size}"
        body["records"] = shown[start : start + size]
        out: Wire = self.account.jumbled(body)
        return out

    def select(self, session: Session, query: Query, tooling: bool) -> list[Row]:
        org, sight = self.account.org, self.account.sight(session.user)
        table = tables.TABLES.get(query.table)
        known = not table.tooling or tooling if table else sight.sees(query.table)
        if not known or (table and table.setup and not sight.has(SETUP_READERS)):
            raise Refused("INVALID_TYPE", f"sObject type '{query.table}' is not supported.")
        for path in (*query.columns, *query.named):
            self.check(sight, query.table, path)
        rows: list[Row] = [Joined(org, query.table, row) for row in org.read(query.table)]
        if query.where is not None:
            rows = [row for row in rows if query.where(row)]
        for path, down in reversed(query.order):
            rows.sort(key=lambda row, path=path: (reach(row, path) is not None, reach(row, path)), reverse=down)  # type: ignore[misc]
        end = None if query.limit is None else query.offset + query.limit
        return rows[query.offset : end]

    def check(self, sight: Any, table: str, path: str) -> None:
        """Refuses a column that is not there, or that field-level security hides."""
        here, org = table, self.account.org
        *way, name = path.split(".")
        for step in way:
            if step not in org.relations(here):
                raise Refused("INVALID_FIELD", f"Didn't understand relationship '{step}' in field path '{path}'")
            here = org.relations(here)[step][1]
        if here in tables.TABLES:
            there = name in tables.columns(here)
        else:
            entry = org.thing(here)["fields"].get(name)
            there = entry is not None and sight.sees_field(here, entry)
        if not there:
            raise Refused(
                "INVALID_FIELD", f"\n{path}\n^\nERROR at Row:1:Column:8\nNo such column '{name}' on entity '{here}'."
            )

    def limits(self, session: Session) -> Reply:
        account = self.account
        if not account.sight(session.user).has(SETUP_READERS):
            raise Denial(403, "INSUFFICIENT_ACCESS", "You need the View Setup and Configuration permission")
        out: Wire = {name: {"Max": most, "Remaining": rest} for name, most, rest in account.limits_now()}
        if not account.sight(session.user).has("ManageUsers"):
            out = {name: value for name, value in out.items() if "Storage" not in name}
        return Reply(200, account.jumbled(out))


def _oauth(code: str, words: str) -> Reply:
    return Reply(400, {"error": code, "error_description": words})


def _record(row: Row, columns: Sequence[str]) -> Wire:
    """A record as SOQL answers it: every row, joined rows too, with its attributes."""
    if not isinstance(row, Joined):
        raise TypeError("a record is a joined row")
    out: Wire = {"attributes": {"type": row.table, "url": f"{ROOT}/sobjects/{row.table}/{row['Id']}"}}
    deeper: dict[str, list[str]] = {}
    for path in columns:
        head, dot, rest = path.partition(".")
        if dot:
            deeper.setdefault(head, []).append(rest)
        else:
            out[head] = row.get(head)
    for head, rest_of in deeper.items():
        found = row[head]
        out[head] = _record(found, rest_of) if found is not None else None
    return out


def _children(objects: dict[str, Wire], name: str, sight: Any) -> list[Wire]:
    return [
        {"cascadeDelete": entry["cascadeDelete"], "childSObject": other, "deprecatedAndHidden": False,
         "field": entry["name"], "junctionIdListNames": [], "junctionReferenceTo": [],
         "relationshipName": f"{thing['plural'].replace(' ', '')}" + ("__r" if entry["custom"] else ""),
         "restrictedDelete": entry["restrictedDelete"]}
        for other, thing in objects.items() for entry in thing["fields"].values()
        if name in entry["referenceTo"] and sight.sees(other) and sight.sees_field(other, entry)
    ]  # fmt: skip


def _job(job: Wire, full: bool) -> Wire:
    """A bulk job; the list leaves out the counters that one job's own answer has."""
    counters = {"numberRecordsProcessed", "numberRecordsFailed", "retries", "totalProcessingTime", "errorMessage",
                "apiActiveProcessingTime", "apexProcessingTime"}  # fmt: skip
    gone = {"kind"} if full else {"kind"} | counters
    return {name: value for name, value in job.items() if name not in gone and value is not None}
