"""Klaviyo: what its forms ask, and bulk jobs, against its simulated account."""

from __future__ import annotations

from probes.kit.contract import Kind, Ref, State
from probes.kit.memo import Memos
from probes.klaviyo import VENDOR

from .desks import desk


async def test_a_form_tells_which_properties_it_fills_and_which_list_people_come_to() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, reads = await world.poll(listings=["forms", "form-questions"])
    (form,) = scopes[Ref(Kind.TEMPLATE, "FO1.asks")].resources
    assert form.facts == {"x_asks": ["$email", "region"], "x_lists": ["LA1"]} and "not-for-git" not in repr(scopes)
    fields = {one.key: one.facts for one in scopes[Ref(Kind.FIELD, "FO1.questions")].resources}
    assert fields["$email"] == {"label": "Your e-mail", "type": "email", "native_type": "email", "required": True}
    assert [one["value"] for one in fields["region"]["options"]] == ["EMEA", "AMER"]
    for odd in (None, {}, {"versions": None}, {"versions": {"steps": []}}, {"versions": "x"}):
        account.find("forms", "FO2")["attributes"]["definition"] = odd
        world.memories = Memos()
        _, _, reads = await world.poll(listings=["forms", "form-questions"])
        assert reads["form-questions/FO2"].coverage.state is State.FAILED, odd
        assert reads["form-questions/FO1"].coverage.complete


async def test_bulk_jobs_of_catalogs_and_suppressions_are_runs_of_a_few_syncs() -> None:
    account, world, _ = desk(VENDOR)
    _, scopes, _ = await world.poll(listings=["catalog-jobs", "suppressions"])
    catalogs = {one.key: one.health for one in scopes[Ref(Kind.SYNC, "catalog-jobs")].resources}
    assert {key: health.state for key, health in catalogs.items() if health} == {
        "catalog-item": "ok", "catalog-variant": "ok", "catalog-category": "unknown",
    }  # fmt: skip
    done = account.find("catalog-item-bulk-update-jobs", "CJ1")["attributes"]
    later = {**done, "created_at": "2099-01-01T00:00:00+00:00", "completed_count": 0, "failed_count": 12,
             "errors": [{"code": "invalid", "detail": "not-for-git"}]}  # fmt: skip
    account.put(table="catalog-item-bulk-delete-jobs", row={"type": "job", "id": "CJ9", "attributes": later})
    account.put(table="profile-suppression-bulk-delete-jobs", row={"type": "job", "id": "SJ9", "attributes": {
        **done, "status": "processing", "completed_at": None}})  # fmt: skip
    world.memories = Memos()
    _, scopes, _ = await world.poll(listings=["catalog-jobs", "suppressions"])
    items = {one.key: one.health for one in scopes[Ref(Kind.SYNC, "catalog-jobs")].resources}["catalog-item"]
    assert items and (items.rows_failed, items.errors, items.succeeded_at) == (12, ("invalid",), None)
    people = {one.key: one.health for one in scopes[Ref(Kind.SYNC, "suppressions")].resources}
    assert {key: health.state for key, health in people.items() if health} == {
        "suppressed": "ok", "unsuppressed": "running",
    }  # fmt: skip
    assert "not-for-git" not in repr(scopes)
