"""Salesforce's REST API over an org, as of v68.0: sign-in, describes with validators, composite, SOQL, limits, jobs.

Each answer has the vendor's headers and error envelope (an array of message and errorCode). Sources: REST API developer
guide (describe with If-Modified-Since, composite, query, limits, status codes), Bulk API 2.0 guide (job lists),
OAuth flows in the vendor's help. What a subrequest of a composite does with If-Modified-Since is not documented; here
it gives 304 for that part.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import orjson

from probes.simulated.control import Reply, Request

from . import tables, wire
from .org import spoken
from .queries import Queries
from .sight import Sight
from .signin import Denial, Session, SignIn
from .soql import Refused
from .wire import ROOT, Wire

if TYPE_CHECKING:
    from .core import Core


NONE: dict[str, str] = {}  # what a language without translations says otherwise


class Service:
    """Answers requests for one account."""

    def __init__(self, account: Core) -> None:
        self.account = account
        self.signin = SignIn(account)
        self.queries = Queries(account)
        self._bodies: dict[tuple[str, str, str], tuple[float, bytes]] = {}

    def answer(self, request: Request) -> Reply:
        path = request.path.rstrip("/")
        if path == "/services/oauth2/token":
            return self.signin.token(request)
        if path == "/services/data":
            return Reply(200, [{"label": label, "url": f"/services/data/v{version}", "version": version}
                               for label, version in self.account.versions])  # fmt: skip
        try:
            session = self.signin.session(request)
            if path == "/services/oauth2/userinfo":
                return self.signin.userinfo(session, request)
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

    # resources

    def resource(self, session: Session, request: Request, path: str) -> Reply:
        """`path` is what follows the version."""
        parts = [part for part in path.split("/") if part]
        match parts:
            case []:
                return Reply(
                    200, {name: f"{ROOT}/{name}" for name in ("sobjects", "query", "limits", "composite", "jobs")}
                )
            case ["composite"] | ["tooling", "composite"] if request.method == "POST":
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
            case ["tooling", "sobjects", name, id]:
                return self.record(name, id)
            case ["query" | "queryAll"]:
                return self.queries.query(session, request, tooling=False)
            case ["tooling", "query"]:
                return self.queries.query(session, request, tooling=True)
            case [*_, "query", locator]:
                return self.queries.page(locator, path.rpartition("/")[0])
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

    def record(self, name: str, id: str) -> Reply:
        """One record of a tooling object with all its columns, Metadata among them."""
        row = self.account.org.by_id(name).get(id) if name in tables.TABLES and tables.TABLES[name].tooling else None
        if row is None:
            raise Denial(404, "NOT_FOUND", "The requested resource does not exist")
        attributes = {"type": name, "url": f"{ROOT}/tooling/sobjects/{name}/{id}"}
        return Reply(200, self.account.jumbled({"attributes": attributes, **row}))

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
        found = spoken(found, self.words(session))
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
        words = self.words(session)
        key = (name, session.user, f"{base} {id(words)}")
        if key in self._bodies and self._bodies[key][0] == modified and not self.account.shuffling:
            return Reply(200, self._bodies[key][1], headers)
        fields = [sight.field(name, entry) for entry in thing["fields"].values() if sight.sees_field(name, entry)]
        if self.account.shuffling:
            fields = [entry | {"referenceTo": self.account.mixed(entry["referenceTo"])} for entry in fields]
        parts = {"fields": self.account.mixed(fields), "recordTypeInfos": self.account.mixed(thing["types"]),
                 "childRelationships": self.account.mixed(_children(org.objects, name, sight))}  # fmt: skip
        made = wire.description(name, thing["label"], thing["plural"], thing["prefix"], able, base, parts)
        encoded = orjson.dumps(self.account.jumbled(spoken(made, words)))
        if not self.account.shuffling:
            self._bodies[key] = (modified, encoded)
        return Reply(200, encoded, headers)

    def words(self, session: Session) -> dict[str, str]:
        """Labels are told in the language of whoever asks."""
        return self.account.org.words.get(str(self.signin.person(session)["LanguageLocaleKey"]), NONE)

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

    def limits(self, session: Session) -> Reply:
        account = self.account
        if not account.sight(session.user).has(tables.SETUP):
            raise Denial(403, "INSUFFICIENT_ACCESS", "You need the View Setup and Configuration permission")
        out: Wire = {name: {"Max": most, "Remaining": rest} for name, most, rest in account.limits_now()}
        if not account.sight(session.user).has("ManageUsers"):
            out = {name: value for name, value in out.items() if "Storage" not in name}
        return Reply(200, account.jumbled(out))


def _children(objects: dict[str, Wire], name: str, sight: Sight) -> list[Wire]:
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
