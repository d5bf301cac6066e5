"""Any published OpenAPI document, 3.0 or 3.1, JSON or YAML, in one file. https://spec.openapis.org/oas/v3.1.1.html

Least grants: to read the document; many are public (scheme `none`).

Where the facts are from: operations, parameters, bodies and schemas as the specification names them; `x-sunset` as
oasdiff reads it. A schema with a name is read once, under that name, in each direction in which it goes: what is sent
and what is answered are told apart by the key ("request/…", "response/…"), since what narrows hurts the one and what
widens the other. Bodies of errors, callbacks, links, examples and descriptions are not watched; the status codes are.

Every row leads to the document itself, which is the one page of it that is known. No `look`: a part cannot be asked for
by itself, and a document without it is the answer. No `who`: the specification has no word for who wrote what.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.auth import Basic, Header, Scheme, bearer
from probes.kit.coded import made, once
from probes.kit.contract import Fault, Kind, Malformed
from probes.kit.errors import Errors
from probes.kit.limiter import Limit
from probes.kit.listing import Listing, OptionSpec, Row, Vendor, View, keep
from probes.kit.verified import Verified

from .document import parse
from .told import Told

ACCEPT: Final = {"Accept": "application/json, application/yaml;q=0.9, text/yaml;q=0.9, */*;q=0.1"}
BATCH: Final = 100_000  # all parts of a document come in one answer
DOCUMENT: Final = "{base}{options.path}"
WHOLE: Final = "paths"  # what a document with paths leaves out, it has none of


class Published(Errors):
    """A document may be YAML, which the kit does not know: what is no JSON is left for the parser to refuse."""

    def _says_no(self, answer: Answer, walked: bool) -> bool:
        if answer.raw[:64].lstrip()[:1] in (b"{", b"[", b"<", b""):
            return super()._says_no(answer, walked)
        return False


async def _told(api: Client) -> Told:
    path = str(api.options["path"])
    answer = await api.ask(Ask(path, headers=ACCEPT))
    return await asyncio.to_thread(lambda: Told(parse(answer.raw)))


@once
async def parts(api: Client) -> Answer:
    """Operations and schemas, the ways to sign in, and what the document says of itself."""
    told = await _told(api)
    return made({"parts": told.parts, "security": told.security(), "about": [told.about()]})


async def fields(
    api: Client, parents: Sequence[Row], validators: Sequence[Mapping[str, str]]
) -> AsyncIterator[tuple[Row, Answer | Fault]]:
    """What each part takes and answers."""
    told = await _told(api)
    for parent in parents:
        rows = told.fields(str(parent["key"]))
        gone = Malformed("the document no longer has it: it changed between two requests", code="moved")
        yield parent, gone if rows is None else made({"rows": rows})


VENDOR = Vendor(
    name="openapi",
    title="OpenAPI document",
    docs="https://spec.openapis.org/oas/v3.1.1.html",
    verified=Verified("spec", "2026-11-22"),
    base="https://{options.host}",
    hosts=("{base}",),
    schemes={
        "none": Scheme(fields=(), build=Header),
        "token": bearer("A token that may read the document, sent as Authorization: Bearer."),
        "basic": Scheme(fields=("user", "password"), build=Basic, note="A user that may read the document."),
    },
    errors=Published(code="code", message="message"),
    limits={"default": Limit(rate=1, key="{host}")},
    listings=(
        Listing(
            name="parts",
            kind=Kind.SCHEMA,
            scope="api",
            records="parts",
            key="key",
            facts=keep("deprecated", sunset_on="sunset"),
            evidence={"summary": "label", "operation": "id"},
            needs=(),
            empty=WHOLE,
            fetch=parts,
            link=DOCUMENT,
            also=(
                View(kind=Kind.PERMISSION, scope="security", records="security", key="key", facts=keep("label grants"),
                     needs=(), link=DOCUMENT),
                View(kind=Kind.PLATFORM, scope="document", records="about", key="key",
                     facts=keep("label versions", x_version="version", x_servers="servers"), needs=(), link=DOCUMENT),
            ),
        ),
        Listing(
            name="fields",
            kind=Kind.FIELD,
            for_each="parts",
            scope="api:{parent.key}",
            records="rows",
            key="key",
            facts=keep(
                "required nullable deprecated default values length min_length minimum maximum least_items most_items "
                "pattern conditions",
                wire_type="wire", sunset_on="sunset", validation="other",
            ),
            needs=(),
            empty=WHOLE,
            fetch=fields,
            batch=BATCH,
            link=DOCUMENT,
        ),
    ),
    options={
        "host": OptionSpec(says="the host that publishes the document, such as api.example.com"),
        "path": OptionSpec(default="/openapi.json", says="the path of the document on it"),
    },
    unseen=dict.fromkeys((Kind.SYNC, Kind.AUTOMATION, Kind.TEMPLATE), "It tells operations and schemas alone."),
    notes=("A YAML document that ends early by itself cannot be told from a shorter one; publish JSON where you can.",),
    grants_told=False,
    weaker="A document is served whole.",
    exempt={"cursor": "a document is one answer and has no pages"},
)  # fmt: skip
