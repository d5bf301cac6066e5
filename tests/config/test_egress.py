"""The way out that an integration has, from what it says, what egress says, and the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config.egress import Egress, way_out
from monitor.config.models import Integration

ROOT = Path("/stack")


def one(**more: object) -> Integration:
    said = {"name": "hub", "vendor": "hubspot", "owner": "team", "credentials": {"scheme": "token"}, **more}
    return Integration.model_validate(said)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://out.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "internal.example.com,.test")


@pytest.mark.parametrize(
    ("own", "egress", "is_"),
    [
        ({}, {}, None),
        ({}, {"proxy": "http://all.example.com:80"}, "http://all.example.com:80"),
        ({"proxy": "http://own.example.com:80"}, {"proxy": "http://all.example.com:80"}, "http://own.example.com:80"),
        ({"proxy": "direct"}, {"proxy": "http://all.example.com:80"}, None),
        ({}, {"proxy": "environment"}, "http://out.example.com:3128"),
        ({"base": "https://api.example.com"}, {"proxy": "environment"}, "http://out.example.com:3128"),
        ({"base": "https://internal.example.com/x"}, {"proxy": "environment"}, None),
        ({"base": "https://crm.test"}, {"proxy": "environment"}, None),
        ({"base": "http://api.example.com"}, {"proxy": "environment"}, None),
    ],
)
def test_the_nearest_word_counts(own: dict[str, str], egress: dict[str, str], is_: str | None) -> None:
    assert way_out(one(**own), Egress.model_validate(egress), ROOT).proxy == is_


def test_a_proxy_of_the_environment_may_be_a_host_and_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "out.example.com:3128")
    assert way_out(one(), Egress(proxy="environment"), ROOT).proxy == "http://out.example.com:3128"


def test_a_ca_counts_from_the_stacks_folder() -> None:
    assert way_out(one(), Egress(), ROOT).ca_file is None
    assert way_out(one(), Egress(ca_file="ca.pem"), ROOT).ca_file == "/stack/ca.pem"
    assert way_out(one(ca_file="own.pem"), Egress(ca_file="ca.pem"), ROOT).ca_file == "/stack/own.pem"
    assert way_out(one(ca_file="/etc/ca.pem"), Egress(), ROOT).ca_file == "/etc/ca.pem"
