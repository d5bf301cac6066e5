"""The chart, rendered by Helm's own library and held against the schemas of Kubernetes, at its oldest and newest."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.scaffold import scaffold
from tests.deploy.render import CHART

if importlib.util.find_spec("helm_python") is None:
    pytest.skip("helm-python-sdk has no wheel for this machine", allow_module_level=True)

import kubernetes_validate

ROOT = CHART.parents[2]
LEAST = {"stack": "acme", "repository": {"url": "https://git.example.com/marketing/stack.git"}}
MOST = {
    "stack": "acme",
    "image": {"repository": "registry.example.com/driftline", "tag": "0.1.0", "pullSecrets": ["registry"]},
    "repository": {"url": "git@git.example.com:marketing/stack.git", "existingSecret": "deploy-key"},
    "credentials": {"existingSecret": "vendors"},
    "persistence": {"size": "20Gi", "storageClass": "fast"},
    "serviceMonitor": {"enabled": True, "tokenKey": "SCRAPE_TOKEN", "labels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
    "networkPolicy": {
        "pagesFrom": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}],
        "egressPorts": [3128],
    },
    "environment": {"TZ": "UTC"},
    "podAnnotations": {"note": "1"},
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "only", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
}
OPERATOR = "monitoring.coreos.com/v1"  # kinds of which Kubernetes itself has no schema


@cache
def rendered(values: str) -> dict[str, str]:
    asked = [sys.executable, "-m", "tests.deploy.render", values]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def render(values: dict[str, Any]) -> list[dict[str, Any]]:
    files = rendered(json.dumps(values))
    assert "refused" not in files, files
    texts = [text for name, text in files.items() if name.endswith(".yaml")]
    return [one for text in texts for one in yaml.safe_load_all(text) if one]


def of(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    (found,) = [one for one in render(values) if one["kind"] == kind]
    return found


@pytest.mark.parametrize("values", [LEAST, MOST], ids=["least", "most"])
@pytest.mark.parametrize("version", ["1.25", "1.36"])
def test_kubernetes_knows_every_word_of_it(values: dict[str, Any], version: str) -> None:
    own = [one for one in render(values) if one["apiVersion"] != OPERATOR]
    assert {one["kind"] for one in own} == {"Deployment", "Service", "PersistentVolumeClaim", "NetworkPolicy"}
    for one in own:
        kubernetes_validate.validate(one, version, strict=True)
    wrong = json.loads(json.dumps(own[0]))
    wrong["spec"]["nonsense"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, version, strict=True)


@pytest.mark.parametrize("values", [LEAST, MOST], ids=["least", "most"])
def test_one_replica_without_rights_on_a_root_nobody_writes_to(values: dict[str, Any]) -> None:
    spec = of("Deployment", values)["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    pod = spec["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for one in (*pod["initContainers"], *pod["containers"]):
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        mounted = {mount["mountPath"]: mount.get("readOnly", False) for mount in one["volumeMounts"]}
        assert [path for path, only in mounted.items() if not only] == ["/data", "/tmp"]
        assert {mount["name"] for mount in one["volumeMounts"]} <= {volume["name"] for volume in pod["volumes"]}
    (serve,) = pod["containers"]
    ways = {name: serve[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert ways == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}


def test_secrets_stand_there_by_name_alone() -> None:
    pod = of("Deployment", MOST)["spec"]["template"]["spec"]
    assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": "vendors"}}]
    named = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    assert named == {"credentials": "vendors", "git": "deploy-key"}
    assert not [one for one in render(MOST) if one["kind"] == "Secret"]


def test_the_rules_are_those_of_deploy_prometheus() -> None:
    files = sorted((ROOT / "deploy" / "prometheus").glob("*.rules.yaml"))
    made = [one for one in render(MOST) if one["kind"] == "PrometheusRule"]
    assert [one["spec"] for one in sorted(made, key=lambda one: str(one["metadata"]["name"]))] == [
        yaml.safe_load(path.read_text("utf-8")) for path in files
    ]
    assert all(one["metadata"]["labels"]["release"] == "prometheus" for one in made)
    assert not [one for one in render(LEAST) if one["apiVersion"] == OPERATOR]


def test_what_is_scraped_is_what_the_service_has_and_is_called_what_the_rules_ask_for() -> None:
    monitor, service = of("ServiceMonitor", MOST)["spec"], of("Service", MOST)
    (endpoint,) = monitor["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert endpoint["authorization"]["credentials"] == {"name": "vendors", "key": "SCRAPE_TOKEN"}
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert service["metadata"]["labels"][monitor["jobLabel"]] == "driftline"
    selected = of("Deployment", MOST)["spec"]["template"]["metadata"]["labels"].items()
    for chosen in (service["spec"]["selector"], of("NetworkPolicy", MOST)["spec"]["podSelector"]["matchLabels"]):
        assert chosen.items() <= selected


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"stack": ""}, "stack"),
        ({"repository": {"url": ""}}, "url"),
        ({"replicas": 2}, "replicas"),
        ({"credentials": {"existingSecret": "vendors", "HUBSPOT_TOKEN": "pat"}}, "HUBSPOT_TOKEN"),
        ({"networkPolicy": {"egressPorts": ["https"]}}, "egressPorts"),
        ({"serviceMonitor": {"enabled": True, "tokenKey": "SCRAPE_TOKEN"}}, "existingSecret"),
    ],
)
def test_values_that_would_not_work_are_refused_in_words(change: dict[str, Any], says: str) -> None:
    assert says in rendered(json.dumps({**LEAST, **change}))["refused"]


def test_the_values_that_new_stack_makes_are_values_of_this_chart(tmp_path: Path) -> None:
    scaffold(tmp_path / "stack", "acme")
    values = yaml.safe_load((tmp_path / "stack" / "helm-values.yaml").read_text())
    values["repository"]["url"] = "git@git.example.com:marketing/stack.git"
    assert of("Deployment", values)["metadata"]["labels"]["driftline/stack"] == "acme"


def test_the_notes_say_what_is_left_to_do() -> None:
    notes = rendered(json.dumps(MOST))["driftline/templates/NOTES.txt"]
    for words in ("listen: 0.0.0.0:9731", "grep sign-in", "rollout restart deployment/drift-driftline", "known_hosts:"):
        assert words in notes
    assert (ROOT / "pyproject.toml").read_text().count(
        f'version = "{yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]}"'
    ) == 1
