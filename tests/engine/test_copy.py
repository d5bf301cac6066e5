"""Copy of templates and words of automations: told beside a thing, never compared, queued or written to git."""

from __future__ import annotations

import subprocess

from monitor.core.body import decode, encode
from monitor.core.row import Row
from monitor.engine import views
from probes.kit.contract import Kind, Ref

from .conftest import World

FORMS, WORKFLOWS = Ref(Kind.TEMPLATE, "forms"), Ref(Kind.AUTOMATION, "workflows")
HUB = "hubspot-prod"


async def test_another_name_of_a_workflow_is_no_change_and_is_told_where_one_is(world: World) -> None:
    (flow, *_) = world.hubspot.flows
    flow["name"] = "Hand over to the desk"
    await world.player.round()
    assert world.open(subject=HUB) == []
    flow["isEnabled"] = not flow["isEnabled"]
    await world.player.round()
    (found,) = world.open(subject=HUB, scope="workflows")
    assert (await views.detail(world.engine, found.id)).evidence["label"] == "Hand over to the desk"


async def test_a_release_that_no_longer_compares_copy_makes_no_drift_and_asks_for_nothing(world: World) -> None:
    """Law 7: the baselines of an earlier release have it still."""
    engine, clone = world.engine, world.stack.parent / "clone"
    run = ["git", "-c", "user.name=Operations", "-c", "user.email=ops@example.com"]
    subprocess.run([*run, "clone", "-q", str(engine.config.state / "baselines.git"), str(clone)], check=True)
    for ref in (FORMS, WORKFLOWS):
        body = await engine.baselines.body(HUB, ref)
        assert body is not None and "label" not in body.facts and body.rows
        rows = {key: Row({**row.facts, "label": "As it was called"}, row.id) for key, row in body.rows.items()}
        old = type(body)(ref=ref, read=body.read, facts=tuple(sorted((*body.facts, "label"))), rows=rows,
                         parent=body.parent, api_version=body.api_version)  # fmt: skip
        assert decode(encode(old)) == old
        (clone / engine.baselines.path_of(HUB, ref)).write_bytes(encode(old))
    subprocess.run([*run, "-C", str(clone), "commit", "-q", "-am", "As an earlier release wrote it"], check=True)
    subprocess.run([*run, "-C", str(clone), "push", "-q"], check=True)
    await engine.fetch()
    await world.player.round()
    assert world.open() == [] and not {FORMS, WORKFLOWS} & engine.integrations[HUB].proposals.keys()
