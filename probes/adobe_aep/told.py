"""The coded lists of Adobe Experience Platform: pages that go on in several ways, schemas as fields, flows with their
last runs, and datasets, which come as a map.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made, once
from probes.kit.contract import Denied, Malformed, Rejected
from probes.kit.listing import Row

REGISTRY: Final = "/data/foundation/schemaregistry"
FLOWS: Final = "/data/foundation/flowservice/flows"
RUNS: Final = "/data/foundation/flowservice/runs"
DATASETS: Final = "/data/foundation/catalog/dataSets"
WHOLE, DESCRIBED = "application/vnd.adobe.xed-full+json; version=1", "application/vnd.adobe.xdm-v2+json"
MOST: Final = 200  # pages
NEWEST, LOOKS = 100, 5  # runs on a page, and pages of them that are looked through for the last one of each flow
MANY: Final = 100  # datasets on a page, which is all the catalog gives
KEPT: Final = "name,description,schemaRef,tags,updated,updatedUser,lastBatchStatus"


async def every(api: Client, path: str, records: str, accept: str = "") -> Answer:
    """All rows of a list, wherever it says how it goes on."""
    return made({"rows": await rows_of(api, path, records, accept)})


async def rows_of(api: Client, path: str, records: str, accept: str = "") -> list[Any]:
    rows: list[Any] = []
    params: dict[str, str] = {}
    seen: set[str] = set()
    while True:
        told = (await api.ask(Ask(path, params, headers={"Accept": accept} if accept else {}))).value()
        found = told.get(records) if isinstance(told, dict) else None
        if not isinstance(found, list):
            raise Malformed(f"the answer has no {records}")
        rows += found
        params = following(told)
        if not params:
            return rows
        if repr(params) in seen or len(seen) == MOST:
            raise Malformed(f"{path} goes on without an end")
        seen.add(repr(params))


def following(told: Mapping[str, Any]) -> dict[str, str]:
    """The parameters that the next page is asked with: those of its address, else the value and the order it is of."""
    page, there = told.get("_page") or {}, (told.get("_links") or {}).get("next")
    value, address = page.get("next"), there.get("href") if isinstance(there, dict) else there
    for more in (address, value):
        asked = {name: one for name, one in parse_qsl(urlsplit(str(more or "")).query) if "{" not in one}
        if asked.keys() & {"start", "continuationToken"}:
            return asked
    if value is not None and value != "":
        order = {name: str(page[name]) for name in ("orderby", "orderBy") if page.get(name)}
        return {**order, "start": str(value)}
    if address:
        raise Malformed("the answer names a next page, and not where it begins")
    return {}


def listed(path: str, records: str, accept: str = "") -> Any:
    """A `fetch` of a whole list."""

    @once
    async def fetch(api: Client) -> Answer:
        return await every(api, path, records, accept)

    return fetch


@once
async def descriptors(api: Client) -> Answer:
    """Descriptors, with the schema that each is of under a name that a link can have."""
    rows = await rows_of(api, f"{REGISTRY}/tenant/descriptors", "results", DESCRIBED)
    return made({"rows": [{**row, "schema": row.get("xdm:sourceSchema")} for row in rows]})


@each
async def schemas(api: Client, parent: Row) -> Answer:
    """A schema with all that it is made of, its fields as rows."""
    whole = await schema(api, str(parent["key"]))
    about = {name: value for name, value in whole.items() if name != "properties"}
    rows = list(fields(whole))
    return made({"about": [about], "rows": rows})


async def schema(api: Client, alt_id: str) -> dict[str, Any]:
    """One schema with all that it is made of."""
    ask = Ask(f"{REGISTRY}/tenant/schemas/{quote(alt_id, safe='')}", headers={"Accept": WHOLE})
    whole = (await api.ask(ask)).value()
    if not isinstance(whole, dict) or not isinstance(whole.get("properties"), dict):
        raise Malformed("the schema has no properties")
    return whole


@once
async def flows(api: Client) -> Answer:
    """Flows, with the counts and errors of their last runs where the newest runs have those."""
    rows = await rows_of(api, FLOWS, "items")
    last = {str(row["lastRunDetails"]["id"]) for row in rows if (row.get("lastRunDetails") or {}).get("id")}
    try:
        runs = await newest(api, last) if last else {}
    except (Denied, Rejected):  # the flow itself tells whether its last run succeeded
        runs = {}
    return made(
        {"rows": [{**row, "run": ran(runs.get(str((row.get("lastRunDetails") or {}).get("id"))))} for row in rows]}
    )


async def newest(api: Client, sought: set[str]) -> dict[str, Mapping[str, Any]]:
    """Those of the newest runs that are sought, by their ids."""
    found: dict[str, Mapping[str, Any]] = {}
    params: dict[str, str] = {}
    for _ in range(LOOKS):
        told = (await api.ask(Ask(RUNS, {"orderby": "-createdAt", "limit": NEWEST, **params}))).value()
        items = told.get("items") if isinstance(told, dict) else None
        if not isinstance(items, list):
            raise Malformed("the answer has no items")
        found |= {str(run["id"]): run for run in items if str(run["id"]) in sought}
        params = following(told)
        if found.keys() == sought or not params:
            break
    return found


def ran(run: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a run made of its rows. Messages of errors may quote what was read: their codes are told."""
    if run is None:
        return None
    told = run.get("metrics") or {}
    records, status = told.get("recordSummary") or {}, told.get("statusSummary") or {}
    lasted = told.get("durationSummary") or {}
    began, ended = lasted.get("startedAtUTC"), lasted.get("completedAtUTC")
    return {
        "ok": records.get("outputRecordCount"), "failed": records.get("failedRecordCount"),
        "seconds": (ended - began) / 1000 if began and ended and ended >= began else None,
        "errors": [error.get("code") for error in status.get("errors") or ()],
    }  # fmt: skip


@once
async def datasets(api: Client) -> Answer:
    """Datasets, which come as a map by their ids: a page that is not full is the last one."""
    found: dict[str, Any] = {}
    for number in range(MOST):
        params = {"orderBy": "asc:created", "properties": KEPT, "limit": MANY, "start": number * MANY}
        page = (await api.ask(Ask(DATASETS, params))).value()
        if not isinstance(page, dict) or not all(isinstance(one, dict) and "name" in one for one in page.values()):
            raise Malformed("the answer is no map of datasets")
        if not found and not page:
            raise Malformed("the answer has no dataset, which is not told from one that lost them")
        found |= page
        if len(page) < MANY:
            return made({"rows": [dataset(id, one) for id, one in found.items()]})
    raise Malformed(f"{DATASETS} goes on without an end")


def dataset(id: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """A dataset with its id, and what its tags say that it is enabled for."""
    return {
        **told, "id": id, "profile": _tagged(told, "unifiedProfile", "enabled"),
        "upsert": _tagged(told, "unifiedProfile", "isUpsert"), "identity": _tagged(told, "unifiedIdentity", "enabled"),
    }  # fmt: skip


def _tagged(told: Mapping[str, Any], tag: str, word: str) -> bool:
    """Whether a tag says `word:true`, with a space in it or without, as the vendor's pages have both."""
    return any(one.replace(" ", "") == f"{word}:true" for one in (told.get("tags") or {}).get(tag) or ())


def fields(of: Mapping[str, Any], at: str = "") -> Iterator[dict[str, Any]]:
    """The fields of an object, and of the objects in it, by their paths; `[]` is what a list has many of."""
    for name, told in of["properties"].items():
        path = f"{at}{name}"
        own = {word: value for word, value in told.items() if word not in ("properties", "items", "required")}
        yield {**own, "path": path, "needed": name in (of.get("required") or ())}
        inner, dots = told, "."
        while inner.get("type") == "array" and isinstance(inner.get("items"), dict):
            inner, dots = inner["items"], f"[]{dots}"
        if not isinstance(inner.get("properties", {}), dict):
            raise Malformed(f"the properties of {path} are no object")
        if "properties" in inner:
            yield from fields(inner, f"{path}{dots}")
