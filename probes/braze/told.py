"""What Braze tells of messages, catalogs and data ingestion, made into rows.

A message is Liquid around text: which attributes, event properties and content blocks it names is read out of it, and
the text itself stays here as a digest. Bodies, addresses of webhooks and their headers may hold keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import each, made, once
from probes.kit.contract import Absent, Kind, Malformed, Ref, Rejected, Unsupported, canonical
from probes.kit.listing import Found, Row
from probes.kit.values import instant, known

from .documented import CONVERSION, documented

# https://www.braze.com/docs/user_guide/personalization_and_dynamic_content/liquid/supported_personalization_tags
_USED: Final = {
    "custom-attributes": re.compile(r"custom_attribute\.\$\{\s*([^}]+?)\s*\}"),
    "content-blocks": re.compile(r"content_blocks\.\$\{\s*([^}|]+?)\s*(?:\|[^}]*)?\}"),
    "catalogs": re.compile(r"\{%-?\s*catalog_items\s+([\w-]+)"),
}
LOOKED: Final = {
    Ref(Kind.TEMPLATE, "content-blocks"): ("/content_blocks/info", "content_block_id"),
    Ref(Kind.TEMPLATE, "templates"): ("/templates/email/info", "email_template_id"),
}
DELETED: Final = "has been deleted"
TYPES: Final = {"string": "text", "number": "decimal", "boolean": "boolean", "time": "datetime", "object": "json",
                "array": "json"}  # fmt: skip


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    """A content block or an e-mail template. The details of a block leave out its Liquid tag, which is made of its
    name."""
    if ref not in LOOKED:
        raise Unsupported(f"Braze is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    path, param = LOOKED[ref]
    try:
        found: dict[str, Any] = (await api.ask(Ask(path, {param: key}))).value()
    except Rejected as fault:
        if DELETED in fault.message:
            return Absent(fault.message)
        raise
    if DELETED in str(found.get("message")):  # an error inside of a 200
        return Absent(str(found["message"]))
    return Found(ref.name, {"liquid_tag": f"{{{{content_blocks.${{{found.get('name')}}}}}}}", **found})


def used(value: Any) -> list[str]:
    """What of the workspace a message names, as "<list>/<name>"."""
    texts = list(_texts(value))
    found = {f"{place}/{name}" for place, pattern in _USED.items() for text in texts for name in pattern.findall(text)}
    asked = {f"custom-attributes/{name}" for name in _keys(value, "custom_attribute_key")}
    return sorted(found | asked | {f"events/{name}" for name in _keys(value, "custom_event_name")})


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _keys(value: Any, name: str) -> Iterator[str]:
    """Values under a name, at any depth: surveys write attributes, conversions wait for events."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == name and isinstance(inner, str):
                yield inner
            else:
                yield from _keys(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner, name)


def mark(value: Any) -> str | None:
    return sha256(canonical(value)).hexdigest()[:16] if value else None


@each
async def campaigns(api: Client, parent: Row) -> Answer:
    told = await _details(api, parent, "/campaigns/details", "campaign_id")
    return made({"rows": [sent(parent, told, documented(told.get("messages")))]})


@each
async def canvases(api: Client, parent: Row) -> Answer:
    told = await _details(api, parent, "/canvas/details", "canvas_id")
    steps = told.get("steps") or []
    row = sent(parent, told, [documented(step.get("messages")) for step in steps])
    return made({"rows": [{**row, "steps": [step_of(step) for step in steps]}]})


def step_of(step: Mapping[str, Any]) -> dict[str, Any]:
    """Full steps name what follows in `next_step_ids`, the others in `next_paths`."""
    paths = [path.get("next_step_id") for path in step.get("next_paths") or ()]
    after = sorted({str(id) for id in [*(step.get("next_step_ids") or ()), *paths] if id})
    return {"key": step["id"], "type": step.get("type") or "step", "target": ", ".join(after) or None}


def sent(parent: Row, told: Mapping[str, Any], messages: Any) -> dict[str, Any]:
    """What sends messages: on, and neither a draft nor put away. Answers of older instances have no `enabled`. Whom it
    is sent to is told by none: which attributes decide that cannot be seen."""
    on = told.get("enabled", True) and not told.get("draft") and not told.get("archived")
    conversions = known(told.get("conversion_behaviors"), CONVERSION)
    return {
        **{name: value for name, value in told.items() if name not in ("messages", "steps", "message")},
        "id": parent["key"], "active": bool(on), "body": mark(messages),
        "used": used([messages, conversions]), "conversion_behaviors": conversions, "opaque": True,
    }  # fmt: skip


@each
async def templates(api: Client, parent: Row) -> Answer:
    told = await _details(api, parent, "/templates/email/info", "email_template_id")
    body = [told.get(name) for name in ("subject", "preheader", "body", "plaintext_body")]
    row = {"id": parent["key"], "subject": told.get("subject"), "body": mark(body), "used": used(body),
           "inline": told.get("should_inline_css")}  # fmt: skip
    return made({"rows": [row]})


@each
async def blocks(api: Client, parent: Row) -> Answer:
    content = (await _details(api, parent, "/content_blocks/info", "content_block_id")).get("content")
    return made({"rows": [{"id": parent["key"], "body": mark(content), "used": used(content)}]})


@each
async def centers(api: Client, parent: Row) -> Answer:
    """Whether each is shown, and what its pages name of the people who open them."""
    told = await _details(api, parent, "/preference_center/v1")
    body = [told.get(f"{name}_html") for name in ("preference_center_page", "confirmation_page")]
    row = {"id": parent["key"], "active": told.get("state") == "active", "body": mark(body),
           "title": told.get("preference_center_title"), "used": used(body)}  # fmt: skip
    return made({"rows": [row]})


async def _details(api: Client, parent: Row, path: str, param: str = "") -> dict[str, Any]:
    """The details of one, as the one object that they are. Without a `param` the id ends the path."""
    key = str(parent["key"])
    ask = Ask(path, {param: key}) if param else Ask(f"{path}/{quote(key, safe='')}")
    found = (await api.ask(ask)).value()
    if not isinstance(found, dict) or not ("created_at" in found or "name" in found):
        raise Malformed(f"{path} answers no details")
    return found


@once
async def catalogs(api: Client) -> Answer:
    """All catalogs, which come with their fields in one answer."""
    rows = (await api.ask(Ask("/catalogs", limit="catalogs"))).value("catalogs")
    if not isinstance(rows, list):
        raise Malformed("the answer has no list catalogs")
    fields = [{**field, "of": row["name"], "ours": TYPES.get(str(field["type"]), "any")}
              for row in rows for field in row.get("fields") or ()]  # fmt: skip
    return made({"catalogs": rows, "fields": fields})


@each
async def runs(api: Client, parent: Row) -> Answer:
    """The ten newest syncs of a data source, one page, folded."""
    path = f"/cdi/integrations/{quote(str(parent['key']), safe='')}/job_sync_status"
    found = (await api.ask(Ask(path, limit="cdi"))).value("results")
    row = {"id": parent["key"], **folded(found)}
    return made({"rows": [row]})


def folded(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """State by the newest sync, counts by the newest that ended. "partial" got some rows through and lost others."""
    order = sorted(found, key=lambda run: instant(run.get("sync_start_time")) or 0.0, reverse=True)
    words = [str(run["job_status"]).lower() for run in order]
    pairs = list(zip(order, words, strict=True))
    over = next((run for run, word in pairs if word != "running"), {})
    good = next((run for run, word in pairs if word in ("success", "partial")), {})
    bad = next((run for run, word in pairs if word not in ("running", "success", "partial")), {})
    return {
        "state": words[0] if words else None, "rows_ok": over.get("rows_synced"),
        "succeeded_at": good.get("sync_finish_time"), "failed_at": bad.get("sync_finish_time"),
        "rows_failed": over.get("rows_failed_with_errors"),
    }  # fmt: skip
