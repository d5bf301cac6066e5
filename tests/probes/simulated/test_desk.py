"""The base of table-like accounts, with a vendor made up for it."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from probes.kit.clock import ManualClock
from probes.simulated.control import Reply, Request
from probes.simulated.desk import Desk, Route, place


class Shop(Desk):
    routes = (
        Route("GET", "/v1/ping", "ping", open=True),
        Route("GET", "/v1/fields", "fields", "fields.read"),
        Route("GET", "/v1/fields/{name}", "field", "fields.read"),
        Route("GET", "/v1/files/{path*}", "file"),
    )
    keys: ClassVar[dict[str, str]] = {"fields": "meta.name"}

    def fill(self) -> None:
        self.tables["fields"] = [{"meta": {"name": name, "tags": ["a"]}, "by": ""} for name in ("one", "two", "three")]

    def denied(self, request: Request, grant: str) -> Reply:
        return Reply(403, {"error": f"no {grant}"})

    def refused(self, request: Request) -> Reply:
        return Reply(401, {"error": "who are you"})

    def missing(self, request: Request) -> Reply:
        return Reply(404, {"error": request.path})

    def limited(self) -> Reply:
        return Reply(429)

    def headers(self, request: Request) -> dict[str, str]:
        return {"x-left": "9"}

    def touched(self, table: str, row: dict[str, Any]) -> None:
        row["by"] = self.actor

    def ping(self, request: Request) -> Any:
        return {"ok": True}

    def fields(self, request: Request) -> Any:
        page, after = self.part(self.rows("fields"), int(request.query.get("start", 0)))
        return {"fields": page, "next": after}

    def field(self, request: Request, name: str) -> Any:
        return self.find("fields", name) or self.missing(request)

    def file(self, request: Request, path: str) -> Any:
        return {"path": path}


@pytest.fixture
def shop() -> Shop:
    return Shop(clock=ManualClock(1_780_000_000.0), token="t", page=2)


def ask(shop: Shop, path: str, token: str = "t", **query: str) -> Reply:  # noqa: S107
    return shop.respond(Request("GET", path, query, {"authorization": f"Bearer {token}"}, b"", "http://a"))


def test_a_route_asks_for_the_credential_then_for_its_grant_and_then_answers(shop: Shop) -> None:
    assert ask(shop, "/v1/ping", token="").body == {"ok": True}
    assert ask(shop, "/v1/fields", token="old").status == 401
    assert ask(shop, "/v1/nothing", token="old").status == 401
    assert ask(shop, "/v1/nothing").status == 404
    assert ask(shop, "/v1/files/a/b.txt").body == {"path": "a/b.txt"}
    shop.revoke(name="fields.read")
    assert ask(shop, "/v1/fields").body == {"error": "no fields.read"}
    shop.grant(name="fields.read")
    assert ask(shop, "/v1/fields").headers["x-left"] == "9"
    shop.set_token(token="new")
    assert (ask(shop, "/v1/fields").status, ask(shop, "/v1/fields", token="new").status) == (401, 200)


def test_rows_come_in_pages_until_the_last(shop: Shop) -> None:
    first, second = ask(shop, "/v1/fields").body, ask(shop, "/v1/fields", start="2").body
    names = [row["meta"]["name"] for page in (first, second) for row in page["fields"]]
    assert names == ["one", "two", "three"] and (first["next"], second["next"]) == (2, None)


def test_what_is_changed_shows_in_the_answers_and_in_the_trail_and_can_be_put_back(shop: Shop) -> None:
    before = shop.alter(table="fields", key="two", what={"meta.tags.0": "b", "new": 1})
    row = ask(shop, "/v1/fields/two").body
    assert (row["meta"]["tags"], row["new"], row["by"]) == (["b"], 1, "admin-01@example.com")
    assert before == {"meta.tags.0": "a", "new": None}
    gone = shop.drop(table="fields", key="one")
    assert ask(shop, "/v1/fields/one").status == 404
    shop.put(table="fields", row=gone)
    assert ask(shop, "/v1/fields/one").status == 200
    assert [(edit.action, edit.key) for edit in shop.edits] == [
        ("updated", "two"), ("deleted", "one"), ("created", "one"),
    ]  # fmt: skip
    (edit, *_) = shop.edits
    assert edit.before is not None and edit.after is not None
    assert (place(edit.before, "meta.tags.0"), place(edit.after, "meta.tags.0")) == ("a", "b")


def test_a_change_of_what_is_not_there_or_there_already_says_so(shop: Shop) -> None:
    with pytest.raises(KeyError, match="fields has no four; it has one, two, three"):
        shop.drop(table="fields", key="four")
    with pytest.raises(KeyError, match="nothing has no four; it has nothing"):
        shop.alter(table="nothing", key="four", what={})
    with pytest.raises(ValueError, match="fields has one already"):
        shop.put(table="fields", row={"meta": {"name": "one"}})
    assert place({"a": [1]}, "a.5") is None and place("text", "a") is None


def test_the_account_changes_when_the_credential_leads_elsewhere(shop: Shop) -> None:
    shop.set_account(account="other")
    assert shop.account == "other" and shop.log[-1].method == "set_account"


def test_in_an_account_that_is_alive_runs_go_on_by_whole_hours_and_as_they_went() -> None:
    class Runs(Shop):
        running = ("runs",)

        def fill(self) -> None:
            self.tables["runs"] = [{
                "id": 1_780_000_000, "ok": False, "at": "2026-05-28T20:26:40.000Z", "ended": 1_780_000_000_000,
                "days": ["2026-05-28", 1_780_000_000], "rows": 480,
            }]  # fmt: skip

    clock = ManualClock(1_780_000_000.0)
    account = Runs(clock=clock, token="t")
    clock.advance(7300.0)
    ask(account, "/v1/ping")
    before = account.tables["runs"]
    account.alive = True
    ask(account, "/v1/ping")
    assert before != account.tables["runs"] == [{
        "id": 1_780_000_000, "ok": False, "at": "2026-05-28T22:26:40.000Z", "ended": 1_780_007_200_000,
        "days": ["2026-05-28", 1_780_007_200], "rows": 480,
    }]  # fmt: skip
    clock.advance(3400.0)
    kept = account.tables["runs"]
    ask(account, "/v1/ping")
    assert account.tables["runs"] is kept


def test_what_is_changed_between_two_hours_is_not_moved_on_with_what_went_before() -> None:
    class Runs(Shop):
        running = ("fields",)

    clock = ManualClock(1_780_000_000.0)
    account = Runs(clock=clock, token="t")
    account.alive = True
    clock.advance(1800.0)
    account.put(table="fields", row={"meta": {"name": "run"}, "ended": 1_780_001_790})
    clock.advance(1900.0)
    ask(account, "/v1/ping")
    assert account.tables["fields"][-1]["ended"] == 1_780_001_790
    clock.advance(1700.0)
    ask(account, "/v1/ping")
    assert account.tables["fields"][-1]["ended"] == 1_780_005_390
