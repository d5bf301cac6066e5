"""What is asked of Klaviyo in code: one thing on demand; bulk jobs, which have no names and are runs of one sync;
and what was refused of a custom object, of which the records that are named in it stay here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Answer, Ask, Client
from probes.kit.clock import stamp
from probes.kit.coded import each, made, once
from probes.kit.contract import Kind, Ref, Unsupported
from probes.kit.listing import Found, Row
from probes.kit.paging import Paging

DAY: Final = 86_400.0
MORE: Final = Paging(style="next", next="links.next")
THINGS: Final = ("item", "variant", "category")


LOOKED: Final = {
    Ref(Kind.SCHEMA, "lists"): "L", Ref(Kind.SCHEMA, "segments"): "L", Ref(Kind.SCHEMA, "metrics"): "M",
    Ref(Kind.SCHEMA, "custom-metrics"): "S", Ref(Kind.SCHEMA, "mapped-metrics"): "S",
    Ref(Kind.SCHEMA, "object-types"): "S", Ref(Kind.SYNC, "data-sources"): "S", Ref(Kind.AUTOMATION, "flows"): "S",
    Ref(Kind.TEMPLATE, "forms"): "S", Ref(Kind.TEMPLATE, "templates"): "L", Ref(Kind.SYNC, "webhooks"): "default",
    Ref(Kind.SYNC, "web-feeds"): "default",
}  # fmt: skip
BESIDE: Final = {"webhooks": "webhook-topics", "mapped-metrics": "metric,custom-metric"}


async def look(api: Client, ref: Ref, key: str) -> Found:
    """One thing of a list, which is called as its path is. A 404 stays a refusal: no page says what it means to a key
    with the scope."""
    if ref not in LOOKED:
        raise Unsupported(f"Klaviyo is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    asked = {"include": BESIDE[ref.name]} if ref.name in BESIDE else {}
    ask = Ask(f"/api/{ref.name}/{quote(key, safe='')}", asked, limit=LOOKED[ref])
    return Found(ref.name, (await api.ask(ask)).value("data"))


@once
async def imports(api: Client) -> Answer:
    """Bulk imports of profiles, newest first, as one sync. Of errors only the codes are asked for: the rest of one
    quotes the profile."""
    ask = Ask("/api/profile-bulk-import-jobs", {"sort": "-created_at", "page[size]": 100}, limit="M")
    row = import_row((await api.ask(ask)).value("data"))
    if row["rows_failed"]:
        path = f"/api/profile-bulk-import-jobs/{row['id']}/import-errors"
        told = await api.ask(Ask(path, {"fields[import-error]": "code", "page[size]": 100}, limit="M"))
        row["errors"] = sorted({str(error["attributes"].get("code")) for error in told.value("data")})
    return made({"data": [row]})


@once
async def catalogs(api: Client) -> Answer:
    """Bulk jobs by which a shop keeps its catalog: what creates, updates and deletes is one sync of items, of variants
    and of categories."""
    rows = []
    for thing in THINGS:
        jobs = [
            job
            for verb in ("create", "update", "delete")
            for job in await api.every(Ask(f"/api/catalog-{thing}-bulk-{verb}-jobs", limit="L"), MORE, "data")
        ]
        jobs.sort(key=lambda job: str(job["attributes"]["created_at"]), reverse=True)
        rows.append(import_row(jobs, f"catalog-{thing}"))
    return made({"data": rows})


@once
async def suppressions(api: Client) -> Answer:
    """Bulk jobs that suppress profiles, and those that take it back: each a sync, newest first."""
    rows = []
    for name, verb in (("suppressed", "create"), ("unsuppressed", "delete")):
        ask = Ask(f"/api/profile-suppression-bulk-{verb}-jobs", {"sort": "-created"}, limit="L")
        rows.append(import_row((await api.ask(ask)).value("data"), name))
    return made({"data": rows})


def import_row(jobs: Sequence[Mapping[str, Any]], name: str = "profile-imports") -> dict[str, Any]:
    """State by the newest job, counts by the newest that ended. A job of which no row went in has failed; of none at
    all the state is unknown, and the sync stays: the vendor forgets jobs after a while."""
    ended = next((job for job in jobs if job["attributes"]["status"] == "complete"), None)
    told = ended["attributes"] if ended else {}
    failed = told.get("failed_count") or 0
    none_in = bool(failed) and not told.get("completed_count")
    return {
        "name": name,
        "id": ended["id"] if ended else None,
        "state": jobs[0]["attributes"]["status"] if jobs else None,
        "succeeded_at": None if none_in else told.get("completed_at"),
        "failed_at": told.get("completed_at") if none_in else None,
        "rows_ok": told.get("completed_count"),
        "rows_failed": told.get("failed_count"),
        "errors": sorted({str(error.get("code")) for error in told.get("errors") or ()}),
    }


@each
async def failures(api: Client, parent: Row) -> Answer:
    """What of a custom object was refused in the last day. Records are named in it and stay here."""
    since = stamp(api.clock.now() - DAY)
    asked = {"filter": f"greater-or-equal(timestamp,{since}),equals(status,'error')"}
    told = await api.ask(Ask(f"/api/object-types/{parent['key']}/object-ingestion-logs", asked))
    logs = [log["attributes"] for log in told.value("data")]
    codes = {str(error.get("code")) for log in logs for error in log.get("errors") or ()}
    at = max((str(log["timestamp"]) for log in logs), default=None)
    row = {
        "type": parent["key"],
        "state": "failing" if logs else None,
        "failed_at": at,
        "errors": sorted(codes),
    }
    return made({"data": [row]})
