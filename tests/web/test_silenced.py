"""A silence of Alertmanager is said wherever a finding is shown in full."""

from __future__ import annotations

from io import StringIO

import httpx
from rich.console import Console

from monitor.adapters.alertmanager import Silence
from monitor.cli.page import page
from monitor.engine import views
from tests.hostile.held import HIDDEN
from tests.web.standin import NOW, StandIn

COMMENT = "<script>alert(1)</script> OPS-7 \u202eseven"
SAID = "until Mon 21 Sep 15:13 UTC by martech-platform: "


async def test_until_when_by_whom_and_why(client: httpx.AsyncClient, engine: StandIn) -> None:
    root = next(one for one in engine.ledger.findings.values() if one.address.fact == "edit")
    child = next(engine.ledger.under(root.id))
    other = next(one for one in engine.ledger.findings.values() if one.address.fact == "required")
    engine.alerting.silences = {root.id: (Silence("s", NOW + 3600, "martech-platform", COMMENT),)}
    for one in (root, child):  # what is folded is silenced with its cause
        (told,) = (await client.get(f"/api/v1/findings/{one.id}")).json()["silenced"]
        assert told == {
            "until": NOW + 3600, "by": "martech-platform", "comment": COMMENT, "words": SAID + COMMENT
        }  # fmt: skip
        shown = (await client.get(f"/findings/{one.id}", headers={"accept": "text/html"})).text
        assert SAID in shown and "<script>alert" not in shown and HIDDEN.search(shown) is None
        said = StringIO()
        Console(file=said, width=200).print(*page(await views.detail(engine, one.id), NOW), sep="\n")
        assert SAID in said.getvalue() and HIDDEN.search(said.getvalue()) is None
    assert (await client.get(f"/api/v1/findings/{other.id}")).json()["silenced"] == []
    assert "Silenced" not in (await client.get(f"/findings/{other.id}", headers={"accept": "text/html"})).text
