"""What flows through Segment: mappings of destinations, events that got through or did not, loads of a warehouse."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.clock import stamp
from probes.kit.coded import each, made
from probes.kit.contract import canonical
from probes.kit.listing import Fetch, Row
from probes.kit.values import instant

from .plan import COUNT, MOST, pages

_TEXT: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_PATH: Final = re.compile(r"\b(?:properties|traits|context)(?:\.\w+)+")
_ASKED: Final = re.compile(r"\b(event|trait|property|context)\(\s*(?:parent:\s*)?(\"|')((?:\\.|(?!\2).)*)\2")
_HOLDS: Final = {"trait": "traits", "property": "properties", "context": "context"}
DAY: Final = 86_400.0
DELIVERY: Final = "/delivery-overview"


@each
async def subscriptions(api: Client, parent: Row) -> Answer:
    """The actions of a destination, their settings as a mapping: no constant of them leaves, since it may be a key."""
    rows, lacks = await pages(api, f"/destinations/{parent['key']}/subscriptions", "subscriptions")
    told = [{**row, "settings": None, "mapping": mapping(row.get("settings") or {})} for row in rows]
    return made({"subscriptions": told}, lacks)


def mapping(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    return sorted(_mapping(settings, ""), key=lambda one: (one["from"], one["to"]))


def _mapping(settings: Mapping[str, Any], at: str) -> Iterator[dict[str, Any]]:
    """A setting is a directive ("@path", "@template", "@if" …), an object of settings, or a constant."""
    for name, value in settings.items():
        to = f"{at}{name}"
        directive = next((word for word in value if word.startswith("@")), "") if isinstance(value, dict) else ""
        if directive == "@path":
            yield {"from": _plain(value["@path"]), "to": to}
        elif directive == "@template":
            yield {"from": str(value["@template"]), "to": to, "transform": "@template"}
        elif directive:
            yield {"from": ", ".join(sorted(set(_paths(value)))) or directive, "to": to,
                   "transform": f"{directive} {_mark(value)}"}  # fmt: skip
        elif isinstance(value, dict) and value:
            yield from _mapping(value, f"{to}.")
        else:
            yield {"from": f"(constant) {to}", "to": to, "transform": _mark(value)}


def _paths(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "@path":
                yield _plain(inner)
            else:
                yield from _paths(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner)


def _plain(path: Any) -> str:
    """ "$.properties.x" as the fields of a tracking plan are called."""
    return str(path).removeprefix("$.")


@each
async def filters(api: Client, parent: Row) -> Answer:
    """The filters of a destination, with the properties that their conditions name, of whichever event."""
    rows, lacks = await pages(api, f"/destination/{parent['key']}/filters", "filters")
    told = [{**row, "reads": asked_by(str(row.get("if") or ""))} for row in rows]
    return made({"filters": told}, lacks)


def asked_by(condition: str) -> list[str]:
    """What a condition in Segment's query language (FQL) names beside its values."""
    return sorted({f"*/{path}" for path in _PATH.findall(_TEXT.sub(" ", condition))})


def computed(name: str, path: str, limit: str) -> Fetch:
    """Audiences or computed traits of each space, with the events and properties that their definitions name."""

    @each
    async def fetch(api: Client, parent: Row) -> Answer:
        rows, lacks = await pages(api, f"/spaces/{parent['id']}/{path}", name, limit)
        told = [{**row, **defined(str((row["definition"] or {}).get("query") or ""))} for row in rows]
        return made({name: told}, lacks)

    return fetch


def defined(query: str) -> dict[str, list[str]]:
    """What a definition names, beside its values: `event('Order Completed').where(property('value') > 9).count()`."""
    named = {(word, name) for word, _, name in _ASKED.findall(query)}
    return {"events": sorted(name for word, name in named if word == "event"),
            "reads": sorted(f"*/{_HOLDS[word]}.{name}" for word, name in named if word in _HOLDS)}  # fmt: skip


def _mark(value: Any) -> str:
    return sha256(canonical(value)).hexdigest()[:16]


@each
async def deliveries(api: Client, parent: Row) -> Answer:
    """How the events of the newest hour fared that had any, of the last day."""
    now = api.clock.now()
    start, end = (stamp(at) for at in (now - DAY, now))
    asked = {"sourceId": parent["source"], "destinationConfigId": parent["key"], "startTime": start,
             "endTime": end, "granularity": "HOUR", COUNT: MOST}  # fmt: skip
    good = (await api.ask(Ask(f"{DELIVERY}/successful-delivery", asked))).value("data.dataset")
    asked["groupBy.0"] = "discardReason"
    bad = (await api.ask(Ask(f"{DELIVERY}/failed-delivery", asked))).value("data.dataset")
    return made({"rows": [{"key": parent["key"], **fared(good, bad)}]})


def fared(good: Sequence[Mapping[str, Any]], bad: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """State and counts by the newest hour in which anything was sent; "failing" where nothing of it arrived."""
    ok, failed = _hours(good), _hours(bad)
    hours = ok.keys() | failed.keys()
    newest = max(hours) if hours else None
    through, lost = (ok.get(newest, 0), failed.get(newest, 0)) if newest is not None else (None, None)
    reasons = {str(one.get("discardReason") or "failed") for one in bad if newest in _hours([one])}
    return {
        "state": None if newest is None else "ok" if through else "failing",
        "succeeded_at": max(ok) if ok else None, "failed_at": max(failed) if failed else None,
        "rows_ok": through, "rows_failed": lost, "errors": sorted(reasons),
    }  # fmt: skip


def _hours(dataset: Sequence[Mapping[str, Any]]) -> dict[float, int]:
    hours: dict[float, int] = defaultdict(int)
    for one in dataset:
        for point in one["series"]:
            if point["count"]:
                hours[instant(point["time"]) or 0.0] += int(point["count"])
    return dict(hours)


@each
async def loads(api: Client, parent: Row) -> Answer:
    """The newest reports of a warehouse, folded by the source that was loaded. One page: two requests a minute are all
    that Segment allows here. A source that was deleted, or is connected no more, keeps its reports, and is left out."""
    sources, lacks = await pages(api, f"/warehouses/{parent['key']}/connected-sources", "sources")
    if lacks:
        raise lacks
    connected = {str(source["id"]) for source in sources}
    ask = Ask(f"/warehouses/{parent['key']}/syncs", {COUNT: MOST}, limit="syncs")
    rows = folded(listed((await api.ask(ask)).value("data"), "reports"))
    rows = [row for row in rows if row["source"] in connected]
    return made({"rows": rows})


def folded(reports: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A notice of level error, or a status that says so, is a failure: of the words of a status only that is known."""
    runs: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for report in sorted(reports, key=lambda one: instant(one["start"]) or 0.0, reverse=True):
        runs[str(report["sourceId"])].append(report)
    return [{"source": source, **_load(found)} for source, found in sorted(runs.items())]


def _load(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    states = [_state(run) for run in runs]
    ends = {state: next((run["end"] for run, own in zip(runs, states, strict=True) if own == state), None)
            for state in ("ok", "failing")}  # fmt: skip
    over = next((run for run, state in zip(runs, states, strict=True) if state != "running"), {})
    return {"state": states[0], "word": runs[0]["status"], "succeeded_at": ends["ok"], "failed_at": ends["failing"],
            "rows_ok": over.get("count"), "duration": over.get("duration")}  # fmt: skip


def _state(run: Mapping[str, Any]) -> str:
    if not run.get("end"):
        return "running"
    levels = {str(notice.get("level")).lower() for notice in run.get("notices") or ()}
    return "failing" if levels & {"error", "fatal"} or "FAIL" in str(run["status"]).upper() else "ok"
