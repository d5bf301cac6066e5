"""Stands in front of a simulated account: keeps each JSON answer as documents, and gives them out altered.

A document is one answer as the vendor sends it; a composite answer holds several, each under its own address. Nothing
here knows what the probes read: whatever key an answer has can be altered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from .sheet import find, specs

DETAILS = "/automation/v4/flows/batch/read"
FILTERS = "/crm/lists/2026-09?"
LISTS = {  # the list, what its rows are called by, and which of their keys name a record
    "FROM ValidationRule ": ("ValidationName", "Id"),
    "FROM FlowDefinitionView": ("ApiName", "ActiveVersionId", "LatestVersionId"),
    "FROM WorkflowRule": ("Name", "Id"),
}
RECORDS = "/tooling/sobjects/"
Edit = Callable[[Any], None]  # alters a document in place
Scope = dict[str, Any]


class Wire:
    """`documents`: unaltered answers by address (path and query, decoded), while `recording`. `edits`: what to alter,
    by the name of a kind of document and what its address says."""

    def __init__(self, app: Any, vendor: str) -> None:
        self.app, self.vendor, self.specs, self.recording = app, vendor, specs(), True
        self.documents: dict[str, Any] = {}
        self.edits: dict[tuple[str, ...], list[Edit]] = {}
        self.looks = 0
        self.called: dict[str, str] = {}  # of the altered lists: names by the id of the record

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = _unconditional(await _whole(receive))
        headers = [(n, v) for n, v in scope["headers"] if n not in (b"if-modified-since", b"content-length")]
        inner = {**scope, "headers": [*headers, (b"content-length", str(len(asked)).encode())]}
        start: dict[str, Any] = {}
        chunks: list[bytes] = []

        async def give() -> dict[str, Any]:
            return {"type": "http.request", "body": asked, "more_body": False}

        async def take(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                chunks.append(message.get("body", b""))

        await self.app(inner, give, take)
        query = scope["query_string"].decode()
        address = unquote_plus(f"{scope['path']}?{query}" if query else scope["path"])
        body = self._altered(address, asked, b"".join(chunks)) if start["status"] == 200 else b"".join(chunks)
        kept = [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
        await send({**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    def _altered(self, address: str, asked: bytes, raw: bytes) -> bytes:
        try:
            answer = json.loads(raw)
        except ValueError:
            return raw
        if address == DETAILS and not self.recording:
            answer = self._detailed(asked)
        if address.startswith(FILTERS) and not self.recording:
            answer = self._filtered(address)
        if not self.recording and self.vendor == "salesforce":
            self._marked(address, asked, answer)
        for where, document in _documents(address, asked, answer):
            if self.recording:
                self.documents[where] = json.loads(json.dumps(document))
            met = find(self.specs, self.vendor, where) if self.edits else None
            if met is not None:
                spec, params = met
                for edit in self.edits.get((spec.name, *params.values()), ()):
                    edit(document)
        for list, (name, *ids) in LISTS.items():
            if list in address:
                self.called |= {str(row[id]): str(row[name]) for row in answer["records"] for id in ids}
        return json.dumps(answer).encode()

    def _detailed(self, asked: bytes) -> Any:
        """Whatever the altered list asks for has details, those of the workflow that it was made from."""
        answer = json.loads(json.dumps(self.documents[DETAILS]))
        known = {row["id"]: row for row in answer["results"]}
        for id in (one["flowId"] for one in json.loads(asked)["inputs"]):
            if id not in known:
                answer["results"].append({**known[id.rstrip("x")], "id": id})
        return answer

    def _filtered(self, address: str) -> Any:
        """Whatever the altered list asks for has filters, those of the segment that it was made from."""
        answer = json.loads(json.dumps(next(one for at, one in self.documents.items() if at.startswith(FILTERS))))
        known = {row["listId"]: row for row in answer["lists"]}
        for name, id in parse_qsl(address.partition("?")[2]):
            if name == "listIds" and id not in known:
                answer["lists"].append({**known[id.rstrip("x")], "listId": id})
        return answer

    def _marked(self, address: str, asked: bytes, answer: Any) -> None:
        """The lists of rules and flows say that each changed since it was last asked for, so that an altered record
        never hides behind a mark that did not move; and whatever the altered list asks for has a record."""
        if any(list in address for list in LISTS):
            self.looks += 1
            for row in answer["records"]:
                row["LastModifiedDate"] = f"2026-11-01T00:{self.looks // 60 % 60:02}:{self.looks % 60:02}.000+0000"
        if address.endswith("/tooling/composite"):
            for sub, part in zip(json.loads(asked)["compositeRequest"], answer["compositeResponse"], strict=True):
                if part["httpStatusCode"] == 404:
                    id = unquote(sub["url"].rpartition("/")[2])
                    part |= {"httpStatusCode": 200, "body": {**self._record(self.called[id]), "Id": id}}

    def _record(self, name: str) -> Any:
        """The record that a row was made from: the name says which, with an x for each time it was."""
        records = [one for at, one in self.documents.items() if RECORDS in at]
        return next(json.loads(json.dumps(one)) for one in records if _name(one) == name.rstrip("x"))


def _name(record: Any) -> str:
    """A version of a flow is called by the flow's name and its number."""
    return str(record.get("ValidationName") or record.get("Name") or record["FullName"].rpartition("-")[0])


def _documents(address: str, asked: bytes, answer: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(answer, dict) or "compositeResponse" not in answer:
        yield address, answer
        return
    yield address, {**answer, "compositeResponse": [{**p, "body": None} for p in answer["compositeResponse"]]}
    for sub, part in zip(json.loads(asked)["compositeRequest"], answer["compositeResponse"], strict=True):
        if part["httpStatusCode"] == 200:
            yield unquote_plus(sub["url"]), part["body"]


async def _whole(receive: Any) -> bytes:
    out, more = b"", True
    while more:
        message = await receive()
        out += message.get("body", b"")
        more = message.get("more_body", False)
    return out


def _unconditional(asked: bytes) -> bytes:
    """Without validators, so that an altered answer is never hidden behind a 304."""
    if b"compositeRequest" not in asked:
        return asked
    body = json.loads(asked)
    for sub in body["compositeRequest"]:
        sub.pop("httpHeaders", None)
    return json.dumps(body).encode()
