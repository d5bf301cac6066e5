"""driftline init for APIs that describe themselves: proven by a real read, written, and captured."""

from __future__ import annotations

import json
from pathlib import Path

from fastapi import FastAPI, Response

from monitor.config import load
from tests.probes.accounts import REPLIES

from .conftest import Driftline, answering

DOCUMENT = (REPLIES / "openapi" / "openapi.json.json").read_bytes()


def test_a_published_openapi_document_is_watched_by_its_address(driftline: Driftline, stack: Path) -> None:
    vendor = FastAPI(openapi_url=None)

    @vendor.get("/v3/api.json")
    def document() -> Response:
        return Response(DOCUMENT, media_type="application/json")

    with answering({"loyalty": vendor}) as at:
        where = ["--base", at["loyalty"], "--allow-private", "--option", "path=/v3/api.json", "--scheme", "none"]
        done = driftline("init", "openapi", "--yes", "--name", "loyalty-api", *where)
        assert done.code == 0, done.err
        own = load(stack / "config").integrations["loyalty-api"]
        assert (own.vendor, own.options["path"], own.credentials.scheme) == ("openapi", "/v3/api.json", "none")
        told = json.loads(driftline("capture", "loyalty-api", "--yes", "--json").out)
    assert {"schema/api", "permission/security", "field/api:Card"} <= set(told["items"][0]["scopes"])
