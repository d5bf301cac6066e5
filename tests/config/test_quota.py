"""What a plan allows, held against what an integration is set to ask for, before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import ConfigError, load
from probes.kit.registry import vendor

REST = """\
vendor: rest
environment: production
class: production
owner: ops
tier: 2
base: https://api.example.com
credentials: {scheme: none}
schedule: SCHEDULE
watch: WATCH
rest:
  quota: {per_day: 250}
  identity: {path: /me, account: id}
  options: {shops: [a, b, c]}
  listings:
    - {name: objects, kind: schema, path: /objects, key: name, facts: [label]}
    - {name: fields, kind: field, for_each: objects, path: "/o/{parent.key}", key: name, facts: [label]}
    - {name: shops, kind: template, for_each: options.shops, path: "/s/{parent.key}", key: name, facts: [label]}
    - {name: rights, kind: permission, path: /rights, key: name, scope_by: of, facts: [label], every: 43200}
"""


def problems(folder: Path, name: str, text: str, poll: str = "") -> list[str]:
    (folder / "integrations").mkdir(parents=True, exist_ok=True)
    (folder / "driftline.yaml").write_text(f"stack: {{name: acme}}\n{poll}")
    (folder / "people.yaml").write_text("teams: {ops: {contact: ops@example.com}}\n")
    (folder / "integrations" / f"{name}.yaml").write_text(text)
    try:
        load(folder)
    except ConfigError as error:
        return [str(one) for one in error.problems]
    return []


def airtable(options: str, schedule: str = "{}") -> str:
    return (
        "vendor: airtable\nenvironment: production\nclass: production\nowner: ops\ntier: 2\n"
        f"options: {options}\nschedule: {schedule}\ncredentials: {{scheme: token, token: '${{env:T}}'}}\n"
    )


def rest(schedule: str = "{}", watch: str = "[]") -> str:
    return REST.replace("SCHEDULE", schedule).replace("WATCH", watch)


def test_a_plan_that_is_too_small_is_refused_with_the_interval_that_fits(tmp_path: Path) -> None:
    assert problems(tmp_path, "airtable", airtable("{}")) == []
    (said,) = problems(tmp_path, "airtable", airtable("{plan: free}"))
    assert (
        "airtable.yaml:7: schedule.every: expected at most 26 requests a day (80% of the 32 that the plan free" in said
    )
    assert "found at least 120 with 15m: set it to 2h or more" in said
    assert problems(tmp_path, "airtable", airtable("{plan: free}", "{every: 2h}")) == []
    assert problems(tmp_path, "airtable", airtable("{plan: business}", "{every: 1s}")) == []


def test_an_allowance_in_tokens_is_held_against_tokens_and_grows_with_seats(tmp_path: Path) -> None:
    def pipedrive(options: str, schedule: str = "{every: 5m}") -> str:
        return airtable(options, schedule).replace("airtable", "pipedrive")

    (said,) = problems(tmp_path, "pipedrive", pipedrive("{}"))
    assert "expected at most 15,000 tokens a day (50% of the 30,000 that the vendor allows), found at least" in said
    assert problems(tmp_path, "pipedrive", pipedrive("{seats: 4}")) == []
    assert problems(tmp_path, "pipedrive", pipedrive("{plan: growth, seats: 2}")) == []
    (said,) = problems(tmp_path, "pipedrive", pipedrive("{seats: none}"))
    assert "pipedrive.yaml:6: options.seats: expected a whole number, 1 or more" in said


def test_a_plan_that_there_is_none_of_is_named(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, "airtable", airtable("{plan: gold}"))
    assert "options.plan: expected one of free, team, business, enterprise, found another plan" in said


@pytest.mark.parametrize(
    ("schedule", "watch", "least"),
    [
        ("{every: 1h}", "[]", 24 * 5 + 2),
        ("{every: 1h, listings: {objects: 5m}}", "[]", 288 + 24 * 4 + 2),
        ("{every: 30m}", "[{kind: template, scope: 'b', level: 'off'}, {kind: schema, scope: '*', level: 'off'}]",
         48 * 3 + 2),
    ],
)  # fmt: skip
def test_the_least_counts_what_is_certain_and_on(tmp_path: Path, schedule: str, watch: str, least: int) -> None:
    plain = rest(schedule, watch).replace("per_day: 250", f"per_day: {least}, share: 1")
    assert problems(tmp_path, "loyalty", plain) == [], "all that is allowed may be used"
    (said,) = problems(tmp_path, "loyalty", plain.replace(f"per_day: {least}", f"per_day: {least - 1}"))
    assert f"the vendor allows), found at least {least} with" in said


def test_the_stacks_own_interval_counts_where_the_integration_has_none(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, "loyalty", rest())
    assert "with 15m: set it to 1h or more" in said
    assert problems(tmp_path, "loyalty", rest(), "poll: {every: 1h}\n") == []
    (said,) = problems(tmp_path, "loyalty", rest().replace("250", "2"))
    assert "no usual interval fits: set more of the watch to off" in said


def test_what_cannot_be_read_is_said_once_and_nothing_of_the_cost(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, "loyalty", rest("{every: soon}").replace("250", "20000"))
    assert "schedule.every: expected a duration" in said
    one = rest("{every: 1h}").replace("[a, b, c]", "a").replace("per_day: 250", "per_day: 50, share: 1")
    assert problems(tmp_path, "loyalty", one) == [], "what is no list is asked for of nothing"
    unnamed = one.replace("path: /objects,", 'scope: "{options.area}", path: /objects,').replace(
        "shops: a", "area: null"
    )
    assert problems(tmp_path, "loyalty", unnamed.replace("options.shops", "objects").replace("50", "26")) == []


def test_where_answers_tell_the_limit_theirs_counts(tmp_path: Path) -> None:
    headers = '{per_day: 2, headers: {x-left: "(?P<remaining>[0-9]+)"}}'
    assert problems(tmp_path, "loyalty", rest().replace("{per_day: 250}", headers)) == []
    quota = vendor("salesforce").quota
    assert quota is not None and quota.headers
