"""Marketing Cloud's SOAP service: Retrieve alone, over a parser that takes nothing from outside.

An answer is XML from the internet: a document type, and with it every entity that could be declared, is refused before
anything is read of it, what nests too deep or has too many parts is refused too, and no address is ever opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape

from probes.kit.api import Answer, Ask, Client
from probes.kit.contract import Denied, Expired, Fault, Malformed, Rejected, Unreachable
from probes.kit.errors import Errors

SERVICE: Final = "/Service.asmx"
TOKEN: Final = b"@@token@@"  # where the kit puts the token of the Authorization header
DEEPEST: Final = 40
MOST: Final = 2_000_000  # parts of one answer
PAGES: Final = 400  # of 2,500 rows each
ENVELOPE: Final = (
    '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
    f'<fueloauth xmlns="http://exacttarget.com">{TOKEN.decode()}</fueloauth></s:Header><s:Body>'
    '<RetrieveRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><RetrieveRequest>{}</RetrieveRequest>'
    "</RetrieveRequestMsg></s:Body></s:Envelope>"
)
HEADERS: Final = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "Retrieve", "Accept": "text/xml"}
FAULTS: Final[Mapping[str, type[Fault]]] = {  # words of a fault or of an overall status, by which it is known
    "token expired": Expired, "login failed": Expired, "not authorized": Expired, "permission": Denied,
    "insufficient privileges": Denied, "timeout": Unreachable, "timed out": Unreachable, "try again": Unreachable,
}  # fmt: skip


class Spoken(Errors):
    """REST answers are judged as the kit does; an envelope by what is in it, whatever its status."""

    def judge(self, answer: Answer, now: float, *, walked: bool = False) -> None:
        if not enveloped(answer.raw):
            super().judge(answer, now, walked=walked)
        elif answer.status >= 400:
            body = parse(answer.raw)
            words = str((body.get("Fault") or {}).get("faultstring") or "a fault without words")
            raise said(words, Unreachable if answer.status >= 500 else Rejected)


def enveloped(raw: bytes) -> bool:
    return raw[:64].lstrip()[:1] == b"<" and b":Envelope" in raw[:512]


def said(words: str, otherwise: type[Fault]) -> Fault:
    """The fault that the service's words mean."""
    kind = next((kind for known, kind in FAULTS.items() if known in words.lower()), otherwise)
    return kind(words[:300], code=words.partition(":")[0].strip()[:60])


async def retrieve(api: Client, kind: str, properties: Sequence[str]) -> list[dict[str, Any]]:
    """All rows of a type of object, page by page. Raises Malformed when the end is not proven."""
    base = str(api.options["soap"] or f"https://{api.options['subdomain']}.soap.marketingcloudapis.com").rstrip("/")
    names = "".join(f"<Properties>{escape(name)}</Properties>" for name in properties)
    wanted = f"<ObjectType>{escape(kind)}</ObjectType>{names}"
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for _ in range(PAGES):
        body = ENVELOPE.format(wanted).encode()
        answer = await api.ask(Ask(base + SERVICE, body=body, headers=HEADERS, token=TOKEN))
        told = (await asyncio.to_thread(parse, answer.raw)).get("RetrieveResponseMsg")
        if not isinstance(told, dict):
            raise Malformed("the answer is no RetrieveResponseMsg")
        status, going_on = str(told.get("OverallStatus") or ""), str(told.get("RequestID") or "")
        if status not in ("OK", "MoreDataAvailable"):
            raise said(status or "no OverallStatus", Rejected)
        rows += many(told.get("Results"))
        if status == "OK":
            return rows
        if not going_on or going_on in seen:
            raise Malformed("the service says that there is more, and not where it goes on", code="loop")
        seen.add(going_on)
        wanted = f"<ContinueRequest>{escape(going_on)}</ContinueRequest>"
    raise Malformed(f"more than {PAGES} pages", code="cap")


def many(value: Any) -> list[Any]:
    """One or several of a name, as a list."""
    return [] if value is None or value == "" else value if isinstance(value, list) else [value]


def parse(raw: bytes) -> dict[str, Any]:
    """What is in the Body of an envelope: names without their prefixes, nil as None, what comes several times as a
    list. Raises Malformed for anything else, without a word of what stood there."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise Malformed(f"the answer is cut or not XML ({len(raw)} bytes): code {error.code}") from None
    body = (reader.found.get("Envelope") or {}).get("Body")
    if not isinstance(body, dict):
        raise Malformed("the answer is no SOAP envelope")
    return body


class _Reader:
    """Makes nested mappings of a document as it is read."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self._open: list[tuple[dict[str, Any], list[str], bool]] = [(self.found, [], False)]
        self._parts = 0

    def doctype(self, *_: object) -> None:
        raise Malformed("the answer has a document type, which no SOAP envelope has", code="doctype")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._parts += 1
        if len(self._open) > DEEPEST or self._parts > MOST:
            raise Malformed("the answer nests too deep or has too many parts", code="cap")
        nil = any(key.endswith(" nil") and value in ("true", "1") for key, value in attributes.items())
        self._open.append(({}, [], nil))

    def text(self, piece: str) -> None:
        self._open[-1][1].append(piece)

    def end(self, name: str) -> None:
        inner, pieces, nil = self._open.pop()
        value: Any = None if nil else inner or "".join(pieces).strip()
        outer, own = self._open[-1][0], name.rpartition(" ")[2]
        if own in outer:
            outer[own] = [*many(outer[own]), value] if not isinstance(outer[own], list) else [*outer[own], value]
        else:
            outer[own] = value
