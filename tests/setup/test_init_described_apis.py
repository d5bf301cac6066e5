"""driftline init for APIs that describe themselves: proven by a real read, written, and captured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response

from monitor.config import load
from tests.probes.accounts import REPLIES

from .conftest import TOKEN, Driftline, answering

SCHEMA = (REPLIES / "graphql" / "graphql.json").read_bytes()
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


def test_an_address_at_which_no_document_is_written_down_is_refused(driftline: Driftline, stack: Path) -> None:
    vendor = FastAPI(openapi_url=None)

    @vendor.get("/openapi.json")
    def page() -> Response:
        return Response(b"<!doctype html><title>Docs</title>", media_type="text/html")

    with answering({"loyalty": vendor}) as at:
        where = ["--base", at["loyalty"], "--allow-private", "--scheme", "none"]
        done = driftline("init", "openapi", "--yes", "--name", "loyalty-api", *where)
    assert done.code == 2 and "parts cannot be read: Malformed: the answer is not JSON but text/html" in done.err
    assert "look at --base and --option" in done.err and not (stack / "config/integrations/loyalty-api.yaml").exists()


def test_a_graphql_api_is_watched_by_its_address_and_a_header_of_its_own(
    driftline: Driftline, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_HEADER", "X-Shop-Key")
    monkeypatch.setenv("SHOP_KEY", TOKEN)
    vendor = FastAPI()

    @vendor.post("/admin/api/2026-01/graphql.json")
    def schema(request: Request) -> Response:
        if request.headers.get("x-shop-key") != TOKEN:
            return Response('{"errors": [{"message": "who"}]}', 401, media_type="application/json")
        return Response(SCHEMA, media_type="application/json")

    with answering({"shop": vendor}) as at:
        where = ["--base", at["shop"], "--allow-private", "--option", "path=/admin/api/2026-01/graphql.json"]
        signed = ["--scheme", "header", "--set", "name=${env:SHOP_HEADER}", "--set", "value=${env:SHOP_KEY}"]
        done = driftline("init", "graphql", "--yes", "--name", "shop-api", *where, *signed)
        assert done.code == 0, done.err
        assert load(stack / "config").integrations["shop-api"].credentials.scheme == "header"
        told = json.loads(driftline("capture", "shop-api", "--yes", "--json").out)
    assert {"schema/api", "field/api:Card", "field/api:CardInput"} <= set(told["items"][0]["scopes"])
