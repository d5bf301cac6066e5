"""The whole path on a second real system: the daemon watches a WordPress that its people change.

One role given to one user is dozens of lines of difference, and one thing to decide.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.serving import Serving, Stack, until
from tests.real.conftest import Cms

NAME = "site"


@pytest.fixture(scope="module")
def stack(cms: Cms, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    made = Stack(tmp_path_factory.mktemp("wordpress") / "stack")
    secret = {"scheme": "application-password", "user": made.secret("user", cms.admin.login),
              "password": made.secret("password", cms.admin.password)}  # fmt: skip
    made.integration(NAME, "wordpress", cms.site.api, secret, options={"url": cms.site.url})
    return made


@pytest.fixture(scope="module")
def daemon(stack: Stack) -> Iterator[Serving]:
    """Everything that was found is its baseline."""
    with Serving(stack) as serving:
        serving.capture(NAME)
        assert serving.findings() == []
        yield serving


def test_one_role_is_one_finding_whatever_it_allows(daemon: Serving, cms: Cms) -> None:
    cms.role("administrator")
    try:
        daemon.poll(NAME, "users")
    finally:
        cms.role("editor")
    every = daemon.findings()
    (root,) = [one for one in every if not one["cause"]]
    assert (root["kind"], root["scope"], root["fact"], root["action"]) == ("permission", "users", "roles", "added")
    assert root["level"] in ("warning", "breaking")
    assert len(every) > 25 and {one["cause"] for one in every if one["cause"]} == {root["id"]}
    assert {one["fact"] for one in every} == {"roles", "powers", "admin"}
    daemon.says(1, "driftline_drift_open", integration=NAME, vendor="wordpress", kind="permission")
    daemon.poll(NAME, "users")
    assert daemon.findings() == [], "put back at the vendor, it closes by itself with all that hung under it"


def test_a_meta_field_that_a_deployment_took_away_is_believed_at_once(daemon: Serving, cms: Cms) -> None:
    cms.deploy(budget="number")
    daemon.poll(NAME, "types", "fields")
    gone = until(lambda: daemon.found("campaign", "meta.utm_source"), 15, "it was looked at by itself")
    assert gone["action"] == "removed" and gone["opened_at"] - gone["first_seen_at"] < 15
    assert daemon.found("campaign", "meta.budget", "type")["action"] == "widened"
    cms.deploy()
    daemon.poll(NAME, "types", "fields")
    assert daemon.findings() == []


def test_an_editors_password_loses_sight_and_deletes_nothing(daemon: Serving, stack: Stack, cms: Cms) -> None:
    stack.secret("user", cms.editor.login)
    stack.secret("password", cms.editor.password)
    daemon.poll(NAME)
    daemon.poll(NAME)
    sight = [one for one in daemon.findings() if one["scope"] == "vantage" and one["fact"] == "grants"]
    assert [(one["stand"], one["action"]) for one in sight] == [("open", "narrowed")]
    standing = [one for one in daemon.findings("all") if one["stand"] != "closed" and one["scope"] != "vantage"]
    assert [one["technical"] for one in standing if one["action"] == "removed"] == []
    stack.secret("user", cms.admin.login)
    stack.secret("password", cms.admin.password)
    assert daemon.poll(NAME)["outcome"] == "ok"
    assert daemon.findings() == []
