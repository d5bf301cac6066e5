"""deploy/compose.yaml and the files that it mounts, as far as reading them goes; tests/deploy/test_compose_runs.py
starts them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from compose_spec import PyCompose

from tests.deploy.compose import DEPLOY, read, services

OURS = ("vendors", "stack", "driftline")


def test_a_strict_parser_of_the_specification_takes_it() -> None:
    told = PyCompose.from_yaml(yaml.safe_dump(read()))
    assert set(told.service_names()) == {*OURS, "prometheus", "alertmanager", "grafana"}
    with pytest.raises(ValueError, match="extension key"):
        PyCompose.from_yaml(yaml.safe_dump({"services": {"a": {"image": "a", "nonsense": 1}}}))


def test_what_it_mounts_and_waits_for_is_there() -> None:
    found = read()
    for name, asked in services().items():
        for one in asked.get("volumes", ()):
            source = one.split(":")[0]
            there = (DEPLOY / source).exists() if source.startswith(".") else source in found["volumes"]
            assert there, f"{name} mounts {source}"
        assert set(asked.get("depends_on", ())) <= set(services())


def test_findings_are_pushed_to_the_alertmanager_that_is_started() -> None:
    command = services()["stack"]["command"]
    url = urlsplit(command[command.index("--alertmanager") + 1])
    assert url.hostname in services() and f"127.0.0.1:{url.port}:{url.port}" in services()[url.hostname]["ports"]


@pytest.mark.parametrize("name", OURS)
def test_our_own_run_without_rights(name: str) -> None:
    asked = services()[name]
    assert asked["read_only"] and asked["cap_drop"] == ["ALL"] and asked["tmpfs"] == ["/tmp"]
    assert asked["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "network_mode", "pid"} & asked.keys()


def test_only_what_asks_for_a_sign_in_is_published_beyond_this_machine() -> None:
    ports = {name: asked["ports"] for name, asked in services().items() if "ports" in asked}
    assert ports.pop("driftline") == ["9731:9731"]
    assert len(ports) == 3 and all(one.startswith("127.0.0.1:") for found in ports.values() for one in found)


def test_images_of_others_are_of_one_version() -> None:
    for name, asked in services().items():
        tag = asked["image"].rpartition(":")[2]
        assert name in OURS or tag not in ("latest", asked["image"]), f"{name} is of no version"


def test_promtool_takes_the_scrape_configuration(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    text = (DEPLOY / "compose" / "prometheus.yml").read_text()
    (tmp_path / "token").write_text("x")
    (tmp_path / "rules").symlink_to(DEPLOY / "prometheus")
    config = tmp_path / "prometheus.yml"
    config.write_text(text.replace("/run/driftline/SCRAPE_TOKEN", str(tmp_path / "token")))
    said = subprocess.run([promtool, "check", "config", str(config)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.count("rules found") == len(list((DEPLOY / "prometheus").glob("*.rules.yaml")))


def test_grafana_finds_the_source_and_the_folder_that_are_mounted() -> None:
    mounts = dict(one.split(":")[:2] for one in services()["grafana"]["volumes"])
    provisioning = DEPLOY / "grafana" / "provisioning"
    assert mounts["./grafana/provisioning"] == "/etc/grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())["datasources"]
    assert source["isDefault"] and source["url"] == "http://prometheus:9090"
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "driftline.yaml").read_text())["providers"]
    assert provider["options"]["path"] == mounts["./grafana"]
