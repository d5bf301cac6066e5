"""The daemon as a process over a simulated account: how it starts, stops, and takes up what changes around it."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from probes.kit.clock import SystemClock
from probes.simulated import hubspot
from tests.e2e.serving import Serving, Stack, account, until

NAME = "hub"


@pytest.fixture
def hub() -> hubspot.Account:
    return hubspot.Account(clock=SystemClock())


@pytest.fixture
def base(hub: hubspot.Account) -> Iterator[str]:
    with account(hub.app) as address:
        yield address


@pytest.fixture
def stack(tmp_path: Path, hub: hubspot.Account, base: str) -> Stack:
    stack = Stack(tmp_path / "stack")
    watched(stack, hub, base)
    return stack


def watched(stack: Stack, hub: hubspot.Account, base: str, name: str = NAME, **more: object) -> None:
    stack.integration(name, "hubspot", base, {"scheme": "token", "token": stack.secret("hub", hub.token)}, **more)


@pytest.mark.parametrize(("latency", "finishes"), [(0.05, True), (6.0, False)], ids=["short poll", "long poll"])
def test_sigterm_lets_a_poll_under_way_finish_and_ends_within_ten_seconds(
    stack: Stack, hub: hubspot.Account, latency: float, finishes: bool
) -> None:
    stack.set("driftline.yaml", poll={"jitter": 0})
    hub.latency = latency
    serving = Serving(stack).start()
    try:
        until(lambda: hub.requests, 30, "the first poll has begun")
        assert serving.stop(10) == 0
    finally:
        serving.kill()
    assert "Traceback" not in serving.log, serving.log
    hub.latency = 0
    stack.set("driftline.yaml", poll={"jitter": 1})
    with Serving(stack) as again:
        assert len(again.get("readings")["items"]) == finishes
        assert again.capture(NAME)["state"] == "pushed"


def test_a_poll_that_somebody_asked_for_does_not_hold_up_the_end(stack: Stack, hub: hubspot.Account) -> None:
    with Serving(stack) as serving:
        hub.latency = 6.0
        asking = threading.Thread(target=lambda: serving.api.post(f"/api/v1/integrations/{NAME}/poll"), daemon=True)
        asking.start()
        until(lambda: hub.requests, 30, "the poll has begun")
        assert serving.stop(10) == 0
        asking.join(10)


def test_pages_that_listen_hear_of_what_opens_and_do_not_hold_up_the_end(stack: Stack, hub: hubspot.Account) -> None:
    with Serving(stack) as serving:
        serving.capture(NAME)
        heard: list[str] = []
        open_ = threading.Event()
        told = threading.Event()

        def listen() -> None:
            with serving.api.stream("GET", "/api/v1/stream", timeout=None) as lines:
                open_.set()
                for line in lines.iter_lines():
                    heard.append(line)
                    if '"new":1' in line:
                        told.set()

        ears = [threading.Thread(target=listen, daemon=True) for _ in range(3)]
        for ear in ears:
            ear.start()
        assert open_.wait(10)
        until(lambda: sum(line.startswith("id: ") for line in heard) >= 3, 10, "each knows where things stand")
        hub.alter_property(type="contacts", name="email", label="Mail")
        serving.poll(NAME)
        assert told.wait(10), heard
        assert serving.stop(10) == 0
        for ear in ears:
            ear.join(10)
            assert not ear.is_alive()
    assert "Traceback" not in serving.log and "graceful" not in serving.log, serving.log


def test_a_second_serve_on_the_same_state_names_the_first(stack: Stack) -> None:
    with Serving(stack) as first:
        second = Serving(stack).start_anew()
        assert second.ended(30) == 2
        assert f"process {first.running.pid}" in second.log
        assert len(second.log.splitlines()) == 1, second.log
        assert first.get("summary")["state"] == "ready"


def test_an_address_that_is_taken_is_said_in_one_line(stack: Stack) -> None:
    with httpx.Client(), account(hubspot.Account(clock=SystemClock()).app) as other:
        stack.set("driftline.yaml", server={"metrics": other.removeprefix("http://")})
        serving = Serving(stack).start()
        assert serving.ended(30) == 2
    assert "server: in driftline.yaml" in serving.log
    assert len(serving.log.splitlines()) == 1, serving.log


# -- taking up what changes -------------------------------------------------------------------------------------------


def title(serving: Serving) -> str:
    return str(serving.get(f"integrations/{NAME}")["title"])


def test_a_signal_a_request_and_a_change_of_a_file_each_take_up_what_is_new(stack: Stack) -> None:
    entry = f"integrations/{NAME}.yaml"
    with Serving(stack) as serving:
        stack.set(entry, title="By file")
        until(lambda: title(serving) == "By file", 15, "the change of the file is taken up")
        serving.running.send_signal(signal.SIGSTOP)  # so that it is the request that takes it up
        stack.set(entry, title="By request")
        serving.running.send_signal(signal.SIGCONT)
        serving.post("/-/reload")
        assert title(serving) == "By request"
        stack.set(entry, title="By signal")
        serving.running.send_signal(signal.SIGHUP)
        until(lambda: title(serving) == "By signal", 15, "the signal takes it up")
        assert "next start" not in serving.log
        stack.set("driftline.yaml", server={"listen": "127.0.0.1:1"})
        until(lambda: "next start" in serving.log, 15, "what a reload cannot change is said")
        assert title(serving) == "By signal"


def test_a_broken_configuration_keeps_the_old_and_the_metric_says_so(stack: Stack) -> None:
    entry = f"integrations/{NAME}.yaml"
    with Serving(stack) as serving:
        serving.says(1, "driftline_config_last_reload_successful")
        good = stack.file(entry).read_text()
        stack.write(entry, good.replace("owner:", "ownr:"))
        refused = serving.api.post("/-/reload")
        assert refused.status_code == 409
        assert re.search(rf"{NAME}\.yaml:\d+: ", refused.text), refused.text
        serving.says(0, "driftline_config_last_reload_successful")
        assert serving.poll(NAME)["outcome"] == "ok"
        ready = httpx.get(f"http://127.0.0.1:{stack.metrics}/readyz", trust_env=False)
        assert (ready.status_code, "last good one stays" in ready.text) == (200, True)
        stack.write(entry, good)
        serving.says(1, "driftline_config_last_reload_successful")
        assert serving.running.poll() is None


def test_a_reload_while_a_poll_is_under_way_disturbs_neither(stack: Stack, hub: hubspot.Account) -> None:
    with Serving(stack) as serving:
        hub.latency = 0.3
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(serving.api.post(f"/api/v1/integrations/{NAME}/poll")))
        asking.start()
        until(lambda: hub.requests, 30, "the poll has begun")
        stack.set(f"integrations/{NAME}.yaml", title="Changed meanwhile")
        serving.post("/-/reload")
        asking.join(60)
        assert (answers[0].status_code, answers[0].json()["reading"]["outcome"]) == (200, "ok"), answers[0].text
        assert serving.poll(NAME)["outcome"] == "ok"
    assert "Traceback" not in serving.log


def test_a_new_name_goes_on_with_everything(stack: Stack, hub: hubspot.Account, base: str) -> None:
    """Findings, readings and baselines; the vendor is not asked, and what is decided then is committed."""
    with Serving(stack) as serving:
        serving.capture(NAME)
        hub.alter_property(type="contacts", name="email", label="Mail")
        serving.poll(NAME)
        finding = serving.found("contacts", "email", "label")
        assert finding is not None, serving.findings("all")
        readings = [one["id"] for one in serving.get("readings", integration=NAME)["items"]]
        asked = len(hub.requests)
        aside = stack.file(f"integrations/{NAME}.yaml").read_text()
        stack.file(f"integrations/{NAME}.yaml").unlink()
        stack.write("integrations/crm.yaml", f"{aside}renamed_from: {NAME}\n")
        serving.post("/-/reload")
        assert [one["name"] for one in serving.get("integrations")["items"]] == ["crm"]
        moved = serving.get(f"findings/{finding['id']}")["row"]
        assert (moved["integration"], moved["stand"]) == ("crm", "open")
        assert [one["id"] for one in serving.get("readings", integration="crm")["items"]] == readings
        assert serving.get("proposals")["items"] == []
        assert len(hub.requests) == asked
        files = until(lambda: paths(stack, "crm"), 20, "the files are under the new name")
        assert paths(stack, NAME) == set()
        assert "field/contacts.json" in files
        serving.poll("crm")
        assert [one["id"] for one in serving.findings()] == [finding["id"]]
        assert serving.get("proposals")["items"] == []
        assert serving.decide("approve", moved)["state"] == "pushed"
        assert serving.findings() == []
    with Serving(stack) as again:
        assert [one["name"] for one in again.get("integrations")["items"]] == ["crm"]
        again.poll("crm")
        assert again.findings() == []
    assert len({decision for _, decision in stack.log()}) == len(stack.log()) == 3


def paths(stack: Stack, name: str) -> set[str]:
    prefix = f"baselines/{name}/"
    files = stack.git("-C", str(stack.hub), "ls-tree", "-r", "--name-only", "main").splitlines()
    return {file.removeprefix(prefix) for file in files if file.startswith(prefix)}


def test_a_secret_that_was_rotated_is_read_again_without_a_restart(stack: Stack, hub: hubspot.Account) -> None:
    with Serving(stack) as serving:
        serving.capture(NAME)
        hub.set_token("pat-eu1-the-new-one")
        assert serving.poll(NAME)["outcome"] == "failed"
        stack.secret("hub", "pat-eu1-the-new-one")
        assert serving.poll(NAME)["outcome"] == "ok"
        hub.latency = 0.1
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(serving.api.post(f"/api/v1/integrations/{NAME}/poll")))
        before = len(hub.requests)
        asking.start()
        until(lambda: len(hub.requests) > before + 3, 30, "the poll is half way")
        stack.secret("hub", "pat-eu1-the-newest")
        hub.set_token("pat-eu1-the-newest")
        asking.join(60)
        assert answers[0].json()["reading"]["outcome"] == "ok", answers[0].text
        assert "pat-eu1" not in serving.log + serving.scrape()


# -- where it is reached ----------------------------------------------------------------------------------------------


class Links(HTMLParser):
    """Every address that a page names; `pages` are those that a reader can go to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.pages: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attributes if name in ("href", "src", "action", "formaction") and value}
        self.pages |= {value for name, value in attributes if name in ("href", "src") and value}


def test_every_link_of_every_page_carries_the_path_that_it_is_reached_under(stack: Stack, hub: hubspot.Account) -> None:
    outside = "https://tools.example.com/drift/line"
    stack.set("driftline.yaml", server={"external_url": outside})
    with Serving(stack) as serving:
        serving.capture(NAME)
        hub.alter_property(type="contacts", name="email", label="Mail")
        serving.poll(NAME)
        seen, waiting = set[str](), {"/drift/line/"}
        while waiting:
            path = waiting.pop()
            seen.add(path)
            answer = serving.api.get(path, headers={"host": "tools.example.com", "accept": "text/html"})
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
            if "html" not in answer.headers["content-type"]:
                continue
            links = Links(answer.text)
            for link in links.found:
                parts = urlsplit(urljoin(f"{outside}/", link))
                if parts.netloc == "tools.example.com":
                    assert parts.path.startswith("/drift/line"), f"{path} links to {link}"
                    if link in links.pages and parts.path not in seen:
                        waiting.add(parts.path)
        assert len(seen) > 8, seen
        assert any("/findings/" in path for path in seen), seen


def test_the_first_start_that_asks_for_a_sign_in_makes_one_administrator(stack: Stack) -> None:
    stack.set("driftline.yaml", server={"auth": {"mode": "tokens"}})
    serving = Serving(stack).start()
    try:
        until(lambda: " ready " in serving.log, 30, "it is ready")
        assert serving.api.get("/api/v1/summary").status_code == 401
        (link,) = re.findall(r"http://\S+/sign-in/(dl_\S+)", serving.log)
        entered = serving.api.post("/sign-in", data={"token": link})
        assert entered.status_code == 303
        assert serving.api.get("/api/v1/summary").status_code == 200
        assert serving.stop() == 0
    finally:
        serving.kill()
        serving.api.close()
    with_session = Serving(stack).start()
    try:
        until(lambda: " ready " in with_session.log, 30, "it is ready again")
        assert "/sign-in/" not in with_session.log
        assert with_session.stop() == 0
    finally:
        with_session.kill()
        with_session.api.close()


def test_metrics_ask_for_the_token_that_the_configuration_refers_to(stack: Stack) -> None:
    stack.set("driftline.yaml", server={"metrics_token": stack.secret("scrape", "first-0ne")})
    file = stack.folder / "scrape.key"

    def scraped(token: str = "") -> int:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.get(f"http://127.0.0.1:{stack.metrics}/metrics", headers=headers, trust_env=False).status_code

    with Serving(stack) as serving:
        assert (scraped(), scraped("an0ther"), scraped("first-0ne")) == (401, 401, 200)
        stack.secret("scrape", "sec0nd")
        assert (scraped("first-0ne"), scraped("sec0nd")) == (401, 200), "it is read again at each scrape"
        file.rename(aside := file.with_suffix(".aside"))
        assert scraped("sec0nd") == 503
        assert "scrape.key" in serving.log and "sec0nd" not in serving.log
        aside.rename(file)
        assert scraped("sec0nd") == 200
        assert httpx.get(f"http://127.0.0.1:{stack.metrics}/healthz", trust_env=False).status_code == 200
    file.unlink()
    refused = Serving(stack).start()
    assert refused.ended(30) == 2 and "scrape.key" in refused.log and "Traceback" not in refused.log
