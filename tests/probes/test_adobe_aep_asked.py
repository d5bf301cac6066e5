"""Adobe Experience Platform: last runs of flows, datasets, and what is asked on demand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from probes.adobe_aep import VENDOR
from probes.kit.contract import Absent, Denied, Fault, Kind, Malformed, Ref, Rejected, Sought, State, Unsupported
from probes.kit.demand import look, who
from tests.probes.accounts import REPLIES, Written, options
from tests.probes.kit.world import World, js
from tests.probes.written import written

FLOWS, DATASETS = Ref(Kind.SYNC, "flows"), Ref(Kind.SCHEMA, "datasets")
LEADS = "5ab540d0864cf0267448ead4"
AT = 1_785_000_000.0
WHEN = "2026-07-25T17:20:00.000+0000"


async def flows(**answers: httpx.Response) -> tuple[dict[str, Any], World]:
    made = written(VENDOR, answers)
    _, scopes, reads = await made.poll(listings=["flows"])
    assert reads["flows"].coverage.state is State.COMPLETE
    return {one.key: one.health for one in scopes[FLOWS].resources}, made


async def test_a_flow_tells_what_its_last_run_left_out_and_no_message_of_an_error() -> None:
    rows, made = await flows()
    lead, event = rows["Leads from storage"], rows["Events from storage"]
    assert (lead.state, lead.rows_ok, lead.rows_failed, lead.duration) == ("ok", 99, 1, 60.0)
    assert (event.state, event.rows_failed, event.errors) == ("failing", 100, ("CONNECTOR-2001-500",))
    assert "not-for-git" not in repr(rows)
    asked = [one.url.params for one in made.requests if one.url.path.endswith("/runs")]
    assert [dict(one).get("continuationToken") for one in asked] == [None, "r2"], "until each last run was seen"
    assert asked[0]["orderby"] == "-createdAt"


async def test_a_flow_whose_last_run_is_not_among_the_newest_is_told_without_counts() -> None:
    rows, made = await flows(runs=js({"items": [], "_links": {"next": {"href": "/runs?continuationToken=again"}}}))
    assert rows["Events from storage"].state == "failing" and rows["Events from storage"].rows_failed is None
    assert len([one for one in made.requests if one.url.path.endswith("/runs")]) == 5


@pytest.mark.parametrize("status", [400, 403])
async def test_runs_that_are_refused_take_no_flow_away(status: int) -> None:
    rows, _ = await flows(runs=js({"title": "no"}, status))
    assert len(rows) == 3 and rows["Leads from storage"].rows_ok is None


async def test_runs_that_do_not_come_leave_the_flows_as_they_were() -> None:
    _, _, reads = await written(VENDOR, {"runs": js({"rows": []})}).poll(listings=["flows"])
    assert reads["flows"].coverage.state is State.FAILED


async def test_a_dataset_is_read_with_what_it_is_enabled_for_and_how_its_last_batch_went() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["datasets"])
    rows = {one.facts["label"]: one for one in scopes[DATASETS].resources}
    assert [rows["Leads"].facts[name] for name in ("x_profile", "x_upsert", "x_identity")] == [True, True, True]
    assert rows["Web events"].facts["x_profile"] is False
    assert rows["Leads"].facts["target"] == "https://ns.adobe.com/northwind/schemas/a1"
    assert rows["Leads"].evidence["link"].endswith(f"/sname:prod/platform/dataset/browse/{LEADS}")
    went = {
        one.facts["label"]: one.health and one.health.state for one in scopes[Ref(Kind.SYNC, "ingestion")].resources
    }
    assert went == {"Leads": "ok", "Web events": "failing"}, "none came into the third yet"


async def test_a_policy_is_read_with_its_rules_in_no_order() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["policies"])
    rows = {one.key: one.facts for one in scopes[Ref(Kind.PERMISSION, "policies")].resources}
    assert rows["Loyalty"]["status"] == "inactive" and rows["Loyalty"]["x_sandboxes"] == ["prod"]
    (rule,) = rows["Loyalty"]["x_rules"]
    assert (rule["effect"], rule["may"]) == ("Deny", ["com.adobe.action.read", "com.adobe.action.write"])


class Paged(httpx.AsyncBaseTransport):
    """A catalog of so many datasets."""

    def __init__(self, inner: httpx.AsyncBaseTransport, many: int) -> None:
        self.inner, self.many, self.starts = inner, many, list[int]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/dataSets"):
            return await self.inner.handle_async_request(request)
        start = int(request.url.params["start"])
        self.starts.append(start)
        ends = min(start + int(request.url.params["limit"]), self.many)
        return js({f"d{n}": {"name": f"Dataset {n}"} for n in range(start, ends)})


@pytest.mark.parametrize(("many", "starts"), [(99, [0]), (100, [0, 100]), (250, [0, 100, 200])])
async def test_datasets_go_on_until_a_page_is_not_full(many: int, starts: list[int]) -> None:
    wire = Paged(Written("adobe-aep"), many)
    made = World(VENDOR, transport=wire, base="https://account.test", allow_private=True, scheme="server",
                 secrets={"client_id": "demo", "client_secret": "demo"}, options=options("adobe-aep"))  # fmt: skip
    _, scopes, _ = await made.poll(listings=["datasets"])
    assert len(scopes[DATASETS].resources) == many and wire.starts == starts


@pytest.mark.parametrize("answer", [{}, {"d1": {"title": "no"}}, {"title": "Internal", "status": 500}, []])
async def test_what_is_no_map_of_datasets_is_no_sandbox_without_any(answer: Any) -> None:
    _, _, reads = await written(VENDOR, {"dataSets": js(answer)}).poll(listings=["datasets"])
    assert reads["datasets"].coverage.state is State.FAILED


async def seen(ref: Ref, key: str, **answers: httpx.Response) -> Any:
    made = written(VENDOR, {name.replace("__", "."): one for name, one in answers.items()})
    return await look(VENDOR, made.api, ref, key, person=lambda name: name)


async def test_one_thing_is_looked_at_as_its_list_has_it() -> None:
    _, scopes, _ = await written(VENDOR).poll(listings=["schemas", "datasets", "audiences"])
    told = {ref: {one.key: one for one in scope.resources} for ref, scope in scopes.items()}
    schemas, audiences = Ref(Kind.SCHEMA, "schemas"), Ref(Kind.AUTOMATION, "audiences")
    assert await seen(schemas, "_northwind.schemas.a1") == told[schemas]["_northwind.schemas.a1"]
    row = js({LEADS: read("data__foundation__catalog__dataSets")[LEADS]})
    assert await seen(DATASETS, LEADS, **{LEADS: row}) == told[DATASETS][LEADS]
    row = js(read("data__core__ups__audiences")["children"][0])
    assert await seen(audiences, "a1", a1=row) == told[audiences]["a1"]
    assert isinstance(await seen(Ref(Kind.PERMISSION, "roles"), "Monitor"), Unsupported)


def read(name: str) -> Any:
    return httpx.Response(200, content=(REPLIES / "adobe-aep" / f"{name}.json").read_bytes()).json()


async def test_only_a_dataset_is_told_as_gone() -> None:
    gone, no = js({"title": "no"}, 404), js({"title": "no"}, 403)
    assert await seen(DATASETS, "d9", d9=gone) == Absent("404")
    assert isinstance(await seen(DATASETS, "d9", d9=no), Denied)
    assert isinstance(await seen(DATASETS, "d9", d9=js({"title": "no"}, 400)), Rejected)
    assert isinstance(await seen(DATASETS, "d9", d9=js({"d8": {"name": "x"}})), Malformed)
    for ref in (Ref(Kind.SCHEMA, "schemas"), Ref(Kind.AUTOMATION, "audiences")):
        assert isinstance(await seen(ref, "x", x=gone), Rejected), "a label hides an audience"


def event(kind: str, id: str, name: str = "", action: str = "Update", status: str = "Allow", by: str = "a") -> Any:
    return {"userEmail": f"{by}@example.com", "assetType": kind, "assetId": id, "assetName": name, "action": action,
            "status": status, "timestamp": WHEN, "sandboxName": "prod"}  # fmt: skip


async def asked(sought: list[tuple[Ref, str, str]], *events: Any, under: str = "events") -> Any:
    made = written(VENDOR, {"events": js({"_embedded": {under: list(events)}} if events else {"page": {}})})
    wanted = [Sought(ref, key, AT - 600, AT + 60, id) for ref, key, id in sought]
    told = await who(VENDOR, made.api, wanted, person=lambda name: name.partition("@")[0])
    (request,) = [one for one in made.requests if one.url.path.endswith("/audit/events")]
    assert request.url.params.get_list("property") == [
        "timestamp>2026-07-25T17:09:55.000Z", "timestamp<2026-07-25T17:21:05.000Z",
    ]  # fmt: skip
    return [one if isinstance(one, Fault) else one.get("by", "") for one in told]


async def test_who_is_named_by_the_audit_log() -> None:
    leads, schemas = Ref(Kind.FIELD, "_northwind.schemas.a1"), Ref(Kind.SCHEMA, "schemas")
    address = "https://ns.adobe.com/northwind/schemas/a1"
    events = [event("Schema", address, by="s"), event("Source data flow", "f1", by="f"),
              event("Role", "r1", "Monitor v1.2", "Add user", by="r"), event("Dataset", LEADS, by="d"),
              event("Segment", "a1", by="g")]  # fmt: skip
    told = await asked(
        [(leads, "_northwind.score", ""), (schemas, "_northwind.schemas.a1", address),
         (Ref(Kind.SCHEMA, "_northwind.schemas.a1.made"), "_northwind.schemas.a1", ""),
         (FLOWS, "Leads from storage", "f1"), (Ref(Kind.PERMISSION, "Monitor v1.2.subjects"), "p-1", ""),
         (Ref(Kind.PERMISSION, "roles"), "Monitor v1.2", "r1"), (DATASETS, LEADS, LEADS),
         (Ref(Kind.AUTOMATION, "audiences"), "a1", "a1"), (Ref(Kind.SYNC, "ingestion"), LEADS, LEADS),
         (Ref(Kind.PERMISSION, "policies"), "Loyalty", "p2"), (Ref(Kind.SCHEMA, "descriptors"), "d1", "d1")],
        *events, event("Access control policy", "p2", by="p"),
    )  # fmt: skip
    assert told == ["s", "s", "s", "f", "r", "r", "d", "g", "", "p", ""]


async def test_what_was_denied_or_is_of_another_kind_or_time_names_nobody() -> None:
    flow = [(FLOWS, "Leads from storage", "f1")]
    late = {**event("Source data flow", "f1"), "timestamp": "2026-07-25T19:00:00.000+0000"}
    assert await asked(flow, event("Source data flow", "f1", status="Deny"), event("Role", "f1"), late) == [""]
    assert await asked(flow, event("Source Data Flow", "f1", by="b"), under="customerAuditLogList") == ["b"]
    assert await asked(flow) == [""], "a time without any event"
    bad = written(VENDOR, {"events": js({"_embedded": {"events": {}}})})
    (told,) = await who(VENDOR, bad.api, [Sought(FLOWS, "x", AT, AT)], person=str)
    assert isinstance(told, Malformed)
