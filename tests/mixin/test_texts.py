"""What the alerts that page say, word by word, as promtool renders them: who is woken has nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from monitor.engine.alert_text import LONGEST
from monitor.mixin import render
from monitor.mixin.model import BY_TIER, Alert

PROMETHEUS: Final = Path(__file__).resolve().parents[2] / "deploy/prometheus"
PARTS: Final = (
    "STOPPED", "AFFECTED", "LAST GOOD RUN", "LIKELY CHANGE", "VENDOR STATUS", "FIRST", "WAIT UNTIL 9:00?", "OWNER",
)  # fmt: skip
URL: Final = "https://drift.example.com"
AT: Final = 'stack="acme", integration="crm", vendor="salesforce", environment="production"'
BASE: Final = {
    f'driftline_integration_info{{{AT}, class="production", tier="1", owner="revenue-operations"}}': "1x40",
    f'driftline_service_info{{stack="acme", url="{URL}", instance="a:9732"}}': "1x40",
    f'driftline_vendor_status{{{AT}, state="degraded"}}': "1x40",
    f'driftline_drift_open{{{AT}, kind="field", severity="breaking", owner="revenue-operations"}}': "2x40",
}
SYNC: Final = {
    f'driftline_sync_last_success_timestamp_seconds{{{AT}, scope="imports"}}': "60x40",
    f'driftline_sync_rows_failed{{{AT}, scope="imports"}}': "137x40",
}
OWN: Final = {"stack": "acme", "severity": "critical", "urgency": "page"}


def problems(what: str) -> Mapping[str, str]:
    """A sync of tier 1, since the tenth minute."""
    series = f'driftline_sync_problems{{{AT}, scope="imports", what="{what}", severity="breaking"}}'
    return {**BASE, **SYNC, series: "0x9 1x30"}


def synced(what: str) -> dict[str, str]:
    return {
        **OWN, "integration": "crm", "vendor": "salesforce", "environment": "production", "scope": "imports",
        "what": what, "owner": "revenue-operations", "tier": "1",
    }  # fmt: skip


def sync_text(stopped: str, hit: str, first: str, wait: str) -> str:
    return (
        f"STOPPED: 1 syncs of crm (imports) {stopped}, since 1970-01-01 00:10:00 +0000 UTC.\n"
        f"AFFECTED: {hit}\n"
        "LAST GOOD RUN: 1970-01-01 00:01:00 +0000 UTC\n"
        f"LIKELY CHANGE: 2 open there · {URL}/review?source=drift&integration=crm\n"
        "VENDOR STATUS: degraded\n"
        f"FIRST: {first}\n"
        f"WAIT UNTIL 9:00? no: {wait}\n"
        "OWNER: revenue-operations"
    )


# Alert -> series, labels, the text.
GOLDEN: Final[Mapping[str, tuple[Mapping[str, str], Mapping[str, str], str]]] = {
    "DriftlineSyncStale": (
        problems("freshness"), synced("freshness"), sync_text(
            "have not run when they should", "1 syncs; rows not known while they do not run",
            "Start the sync by hand at the vendor; if it does not run, read its error.",
            "data has not arrived since the last good run",
        ),
    ),
    "DriftlineSyncFailing": (
        problems("state"), synced("state"), sync_text(
            "fail, or are switched off", "1 syncs; rows not known while they fail",
            "Open the sync at the vendor, read the error of its newest run, then start it again.",
            "nothing goes through until it runs again",
        ),
    ),
    "DriftlineRowsRejected": (
        problems("rows"), synced("rows"), sync_text(
            "have rows refused", "137 rows refused in the newest runs",
            "Read at the vendor why one of the rows was refused, and keep them for another run.",
            "rows are lost at each run",
        ),
    ),
    "DriftlineSilent": (
        {**BASE, 'up{job="driftline", instance="a:9732"}': "1x9 0x30"},
        {"severity": "critical", "urgency": "page", "job": "driftline", "instance": "a:9732"},
        "STOPPED: Driftline does not answer: nothing is watched now, since 1970-01-01 00:09:00 +0000 UTC.\n"
        "AFFECTED: nobody yet, as far as is known; what breaks from here on is told to nobody\n"
        "LAST GOOD RUN: 1970-01-01 00:09:00 +0000 UTC\n"
        f"LIKELY CHANGE: a release, its configuration or its machine · {URL}/\n"
        "VENDOR STATUS: not a vendor's\n"
        "FIRST: See whether it runs, and what its log says last; then start it.\n"
        "WAIT UNTIL 9:00? no: all other alerts of Driftline hold nothing any more\n"
        "OWNER: whoever runs Driftline",
    ),
    "DriftlineCoverageBudgetBurnsFast": (
        {
            **BASE,
            f'driftline_probe_coverage_scopes{{{AT}, kind="field", state="denied"}}': "0x9 300x30",
            f'driftline_probe_coverage_scopes{{{AT}, kind="field", state="complete"}}': "700x40",
            f"driftline_probe_last_success_timestamp_seconds{{{AT}}}": "540x40",
        },
        OWN,
        "STOPPED: 20.32% of what acme watches was not read whole, since 1970-01-01 00:10:00 +0000 UTC.\n"
        "AFFECTED: 300 scopes; rows not known\n"
        "LAST GOOD RUN: 1970-01-01 00:09:00 +0000 UTC\n"
        f"LIKELY CHANGE: 2 open there · {URL}/coverage\n"
        "VENDOR STATUS: trouble at 1\n"
        "FIRST: Open the coverage: look for a right that was taken away, or a vendor that does not answer.\n"
        "WAIT UNTIL 9:00? no: what breaks there now is not seen\n"
        "OWNER: whoever runs Driftline",
    ),
    "DriftlineFreshnessBudgetBurnsFast": (
        {
            **BASE, **SYNC,
            f'driftline_sync_problems{{{AT}, scope="imports", what="freshness", severity="warning"}}': "0x9 3x30",
            f'driftline_sync_state{{{AT}, scope="imports", state="ok"}}': "10x40",
        },
        OWN,
        "STOPPED: 20.32% of the syncs of acme did not run in time, since 1970-01-01 00:10:00 +0000 UTC.\n"
        "AFFECTED: 3 syncs; rows not known while they do not run\n"
        "LAST GOOD RUN: 1970-01-01 00:01:00 +0000 UTC\n"
        f"LIKELY CHANGE: 2 open there · {URL}/review?source=drift\n"
        "VENDOR STATUS: trouble at 1\n"
        "FIRST: Open the stale syncs: start the oldest by hand at its vendor, and read its error.\n"
        "WAIT UNTIL 9:00? no: data has not arrived since the last good run\n"
        "OWNER: the owners of the syncs",
    ),
}  # fmt: skip


def paging() -> list[Alert]:
    return [one for one in render.alerts() if one.urgency in ("page", BY_TIER)]


def filled(template: str, values: Mapping[str, str]) -> str:
    """Of a title: the labels alone."""
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: values.get(found[1], ""), template)


def play(folder: Path, name: str, series: Mapping[str, str], labels: Mapping[str, str], text: str, value: str) -> Any:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    (group,) = [one for one in render.GROUPS if name in {alert.name for alert in one.alerts}]
    (alert,) = [one for one in group.alerts if one.name == name]
    summary = alert.summary.replace("{{ $value }}", value).replace("{{ $value | humanizePercentage }}", value)
    expected = {
        "summary": filled(summary, labels), "description": text, "link": f"{URL}{filled(alert.page, labels)}",
        "runbook_url": f"{URL}/runbooks/{alert.runbook or alert.name}",
    }  # fmt: skip
    file = folder / "test.yaml"
    file.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(PROMETHEUS / f"{group.name}.rules.yaml")],
                "evaluation_interval": "1m",
                "tests": [{
                    "interval": "1m",
                    "input_series": [{"series": one, "values": values} for one, values in series.items()],
                    "alert_rule_test": [{
                        "eval_time": "30m", "alertname": name,
                        "exp_alerts": [{"exp_labels": dict(labels), "exp_annotations": expected}],
                    }],
                }],
            },
            width=10_000,
        )
    )  # fmt: skip
    return subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)


def test_each_alert_that_pages_is_here_and_has_the_eight_parts() -> None:
    assert {one.name for one in paging()} == GOLDEN.keys()
    for _, _, text in GOLDEN.values():
        assert tuple(re.findall(r"(?m)^([A-Z][A-Z :0-9]+\??): ?", text.replace("9:00? ", "9:00?: "))) == PARTS, text
    assert all((one.text is not None) == (one in paging()) for one in render.alerts())


@pytest.mark.parametrize("name", GOLDEN)
def test_promtool_renders_what_stands_here(name: str, tmp_path: Path) -> None:
    series, labels, text = GOLDEN[name]
    value = "20.32%" if name.endswith("Fast") else "1"
    said = play(tmp_path, name, series, labels, text, value)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("name", GOLDEN)
def test_with_the_longest_names_it_is_no_longer_than_a_phone_shows(name: str, tmp_path: Path) -> None:
    """63 letters for each name that people choose, the most that the configuration takes; a scope is shorter."""
    long = {"acme": "s" * 63, "crm": "i" * 63, "revenue-operations": "o" * 63, "imports": "c" * 40}

    def longer(text: str) -> str:
        for short, whole in long.items():
            text = re.sub(rf"(?<![\w-]){short}(?![\w-])", whole, text)
        return text

    series, labels, text = GOLDEN[name]
    value = "20.32%" if name.endswith("Fast") else "1"
    told = longer(text)
    said = play(
        tmp_path, name, {longer(one): values for one, values in series.items()},
        {one: longer(label) for one, label in labels.items()}, told, value,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr
    assert len(told) <= LONGEST


def test_what_is_not_known_is_said_to_be_so(tmp_path: Path) -> None:
    """Nothing but the alert's own series."""
    (what,) = [one for one in problems("rows") if one.startswith("driftline_sync_problems")]
    info = next(one for one in BASE if one.startswith("driftline_integration_info"))
    service = next(one for one in BASE if one.startswith("driftline_service_info"))
    series = {one: problems("rows")[one] for one in (what, info, service)}
    text = GOLDEN["DriftlineRowsRejected"][2]
    text = text.replace("137 rows refused in the newest runs", "not known").replace("1970-01-01 00:01", "x")
    text = re.sub(r"LAST GOOD RUN: .*", "LAST GOOD RUN: not known", text)
    text = text.replace("2 open there", "none open there").replace("STATUS: degraded", "STATUS: not known")
    said = play(tmp_path, "DriftlineRowsRejected", series, synced("rows"), text, "1")
    assert said.returncode == 0, said.stdout + said.stderr
