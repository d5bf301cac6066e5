"""The wire format of the SOAP service: envelopes, faults, and the request taken apart.

From answers of a real account that Accenture/sfmc-devtools (MIT) keeps for its tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

Wire = dict[str, Any]
HEAD: Final = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"><soap:Header><wsa:Action>RetrieveResponse'
    "</wsa:Action></soap:Header><soap:Body>"
)
FOOT: Final = "</soap:Body></soap:Envelope>"


def answer(kind: str, status: str, request: str, rows: list[Wire]) -> bytes:
    """`rows` as Results, in an envelope."""
    results = "".join(f'<Results xsi:type="{kind}">{inner(row)}</Results>' for row in rows)
    head = f"<OverallStatus>{escape(status)}</OverallStatus><RequestID>{request}</RequestID>"
    body = f'<RetrieveResponseMsg xmlns="http://exacttarget.com/wsdl/partnerAPI">{head}{results}</RetrieveResponseMsg>'
    return (HEAD + body + FOOT).encode()


def fault(code: str, words: str) -> bytes:
    said = f"<soap:Fault><faultcode>{code}</faultcode><faultstring>{escape(words)}</faultstring></soap:Fault>"
    return (HEAD + said + FOOT).encode()


def inner(row: Mapping[str, Any]) -> str:
    return "".join(element(name, value) for name, value in row.items())


def element(name: str, value: Any) -> str:
    if value is None:
        return f'<{name} xsi:nil="true" />'
    if isinstance(value, list):
        return "".join(element(name, one) for one in value)
    if isinstance(value, dict):
        return f"<{name}>{inner(value)}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else escape(str(value))
    return f"<{name}>{text}</{name}>" if text else f"<{name} />"


def asked(body: bytes) -> tuple[str, str, list[str], str]:
    """The token, object type, properties and what is to be continued, of a Retrieve."""
    text = body.decode()

    def one(name: str) -> str:
        found = re.search(rf"<(?:\w+:)?{name}(?: [^>]*)?>([^<]*)</", text)
        return found[1] if found else ""

    return one("fueloauth"), one("ObjectType"), re.findall(r"<Properties>([^<]*)</", text), one("ContinueRequest")
