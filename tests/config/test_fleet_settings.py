"""The `fleet:` part: what would look like another stack, or send a token to where it should not."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import ConfigError, load


def written(folder: Path, *stacks: str) -> Path:
    folder.mkdir(exist_ok=True)
    listed = ", ".join(f"{{{one}}}" for one in stacks)
    (folder / "driftline.yaml").write_text(f"stack: {{name: acme}}\nfleet: {{stacks: [{listed}]}}\n")
    return folder


def test_all_that_can_be_said_is_taken(tmp_path: Path) -> None:
    own = load(
        written(
            tmp_path / "config",
            "name: Acme & Sons (EU), url: 'https://acme.example.com/driftline/', token: '${env:A}', ca_file: ca.pem",
            "name: lab, url: 'http://10.0.0.7:9731', token: '${file:lab.key}', allow_private: true",
        )
    ).service.fleet
    assert [one.url for one in own.stacks] == ["https://acme.example.com/driftline", "http://10.0.0.7:9731"]
    assert str(own.stacks[0].token) == "${env:A}" and own.every == 60


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        ("name: a, url: 'https://a.example.com'", "fleet.stacks[0].token: expected"),
        ("name: a, url: 'https://a.example.com', token: dl_plain", "fleet.stacks[0].token: expected"),
        ("name: a, url: 'ftp://a.example.com', token: '${env:A}'", "stacks[0].url: expected an address"),
        ("name: a, url: 'https://u:p@a.example.com', token: '${env:A}'", "without a user or password"),
        ("name: a, url: 'http://a.example.com', token: '${env:A}'", "stacks[0].url: expected https://"),
        ("name: '${env:A}', url: 'https://a.example.com', token: '${env:A}'", "fleet.stacks[0].name: expected"),
        ("name: \"a\\u202e\", url: 'https://a.example.com', token: '${env:A}'", "fleet.stacks[0].name: expected"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(tmp_path: Path, stack: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path / "config", stack))
    assert words in str(error.value)


def test_a_name_is_of_one_stack(tmp_path: Path) -> None:
    one = "name: acme, url: 'https://a.example.com', token: '${env:A}'"
    with pytest.raises(ConfigError, match=r"stacks\[1\]\.name: expected a name of its own, found 'acme' again"):
        load(written(tmp_path / "config", one, one))
