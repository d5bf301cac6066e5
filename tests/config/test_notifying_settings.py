"""The `notify:` part: who is told, by names that exist, and no secret in plain."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import ConfigError, load
from monitor.config.models import People, Team
from monitor.config.notifying import After

HOOK = "hook: {webhook: {url: https://a.example.com/x, secret: '${env:S}'}}"


def written(folder: Path, notify: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "driftline.yaml").write_text(f"stack: {{name: acme}}\nnotify: {{{notify}}}\n")
    (folder / "people.yaml").write_text("teams: {ops: {contact: ops@example.com}}\n")
    return folder


def test_all_that_can_be_said_is_taken(tmp_path: Path) -> None:
    told = load(
        written(
            tmp_path / "config",
            f"targets: {{chat: {{apprise: '${{env:CHAT}}'}}, {HOOK}}}, "
            "routes: [{to: [chat, hook], owners: [ops], urgency: [page], tiers: [1], beside_alertmanager: true, "
            "escalate: [{after: {tier_1: 15m, tier_3: 1h}, to: [hook]}]}], "
            "digests: [{every: weekly, to: [chat], owners: [ops]}], "
            "quiet: {begins: 22:00, ends: 07:00}, undelivered_after: 1h, kept: 2d",
        )
    ).service.notify
    assert told.routes[0].escalate[0].after.of(1) == 900 and told.kept == 2 * 86400
    assert told.quiet is not None and told.quiet.begins == "22:00"
    assert told.digests[0].hour == 8
    assert [After().of(tier) for tier in (0, 1, 2, 3)] == [None] * 4


@pytest.mark.parametrize(
    ("notify", "words"),
    [
        ("targets: {chat: {apprise: 'json://user:hunter2@a'}}", "chat.apprise: expected a reference such as ${env"),
        ("targets: {chat: {}}", "expected either `apprise` or `webhook`, found neither"),
        ("targets: {hook: {webhook: {url: 'http://a', secret: '${env:S}'}}}", "expected https://, or allow_private"),
        ("targets: {hook: {webhook: {url: 'https://a', secret: hunter2}}}", "secret: expected a reference"),
        (
            f"targets: {{{HOOK}}}, routes: [{{to: [other]}}]",
            "expected a target of notify.targets (hook), found 'other'",
        ),
        ("routes: [{to: [x]}]", "expected a target of notify.targets (none is there), found 'x'"),
        (f"targets: {{{HOOK}}}, routes: [{{to: [hook], owners: [x]}}]", "expected a team of people.yaml (ops), found"),
        (
            f"targets: {{{HOOK}}}, routes: [{{to: [hook], escalate: [{{after: {{tier_1: 1h}}}}]}}]",
            "escalate[0]: expected targets in `to`, or a team with `escalation` in people.yaml, found neither",
        ),
        ("quiet: {begins: 25:00, ends: 07:00}", "expected a time of the day such as 22:00"),
        ("quiet: {begins: '07:00', ends: '07:00'}", "expected another time than `begins`, found the same"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(tmp_path: Path, notify: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path / "config", notify))
    assert words in str(error.value) and "hunter2" not in str(error.value)


def test_teams_hear_of_it_one_after_the_other_and_none_twice() -> None:
    named = {"ads": "ops", "ops": "lead", "lead": "ops", "web": None}
    people = People(teams={name: Team(contact="x", escalation=after) for name, after in named.items()})
    assert [people.next("ads", nth) for nth in (1, 2, 3)] == ["ops", "lead", ""]
    assert (people.next("web"), people.next("nobody"), people.next("")) == ("", "", "")


def test_a_report_goes_somewhere(tmp_path: Path) -> None:
    folder = written(tmp_path / "config", "")
    file = folder / "driftline.yaml"
    file.write_text(file.read_text() + "reports: [{every: weekly}, {every: monthly, to: [x]}]\n")
    with pytest.raises(ConfigError) as error:
        load(folder)
    assert "reports[0]: expected targets in `to`, or a `folder`, found neither" in str(error.value)
    assert "reports[1].to[0]: expected a target of notify.targets" in str(error.value)
