"""The `alerts:` part: where alerts go, and what would send a secret to where it should not."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import ConfigError, load

STACK = "stack: {name: acme}\n"


def written(folder: Path, alerts: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "driftline.yaml").write_text(f"{STACK}alerts: {{alertmanager: {{{alerts}}}}}\n")
    return folder


def test_all_that_can_be_said_is_taken(tmp_path: Path) -> None:
    told = load(
        written(
            tmp_path / "config",
            "urls: [https://a.example.com/am/, https://b.example.com], user: u, password: '${env:P}', "
            "headers: {X-Scope-OrgID: '${env:T}'}, ca_file: ca.pem, cert_file: c.pem, key_file: k.pem",
        )
    ).service.alerts.alertmanager
    assert told is not None and told.urls == ("https://a.example.com/am", "https://b.example.com")
    assert str(told.headers["X-Scope-OrgID"]) == "${env:T}"
    assert load(written(tmp_path / "config", "urls: ['http://10.0.0.1'], allow_private: true"))


@pytest.mark.parametrize(
    ("alerts", "words"),
    [
        ("urls: []", "alerts.alertmanager.urls: expected"),
        ("urls: ['http://a.example.com']", "urls[0]: expected https://, or allow_private: true beside it"),
        ("urls: ['https://a'], user: u", "alertmanager.user: expected password beside it, found no such key"),
        ("urls: ['https://a'], password: '${env:P}'", "alertmanager.password: expected user beside it"),
        ("urls: ['https://a'], cert_file: c", "alertmanager.cert_file: expected key_file beside it"),
        (
            "urls: ['https://a'], token: '${env:T}', user: u, password: '${env:P}'",
            "alertmanager.token: expected a token, or user and password, found both",
        ),
        ("urls: ['https://a'], token: hunter2", "alertmanager.token: expected a reference such as ${env:NAME}"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(tmp_path: Path, alerts: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path / "config", alerts))
    assert words in str(error.value) and "hunter2" not in str(error.value)
