"""Pull requests at a forge, over its REST API: found, opened, updated, looked at, closed with a word of why.

GitHub: docs.github.com/en/rest/pulls/pulls and /rest/issues; GitLab, where they are merge requests:
docs.gitlab.com/api/merge_requests and /api/notes. The token is asked for at each request and kept nowhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from monitor.config.git import Forge as Settings
from monitor.core.visible import flat
from probes.kit.api import Answer, Ask
from probes.kit.clock import Clock
from probes.kit.contract import Fault
from probes.kit.transport import Transport

DEADLINE: Final = 30.0  # seconds for one request
CAP: Final = 4 << 20  # bytes of an answer
FIRST: Final = 60.0  # seconds to wait after a request that failed, doubled with each further one
LONGEST: Final = 900.0
_SAID: Final = 200  # characters of the forge's own words


class ForgeError(Exception):
    """The forge does not answer, or refuses. The message says where, what, and what to do."""


class Look(msgspec.Struct, frozen=True):
    """A pull request as the forge has it. `state`: open, merged or closed; `merged`: the commit that it became; `by`:
    who merged or closed it; `etag`: for asking whether anything changed. `unchanged`: since that; all else is empty."""

    number: int = 0
    url: str = ""
    state: str = "open"
    merged: str = ""
    by: str = ""
    etag: str = ""
    unchanged: bool = False


class _Request(Ask, frozen=True):
    verb: str = ""

    @property
    def method(self) -> str:
        return self.verb


class Forge(ABC):
    """`label` is how a pull request is called, such as "#12"."""

    sign: str

    def __init__(
        self,
        settings: Settings,
        token: Callable[[], Awaitable[str]],
        clock: Clock,
        transport: Transport | None = None,
    ) -> None:
        self._settings, self._token, self._clock = settings, token, clock
        self._transport = transport or Transport(
            allow_private=settings.allow_private, proxy=settings.proxy, ca_file=settings.ca_file, cap=CAP
        )
        self._not_before = 0.0
        self._wait = FIRST

    def label(self, number: int) -> str:
        return f"{self.sign}{number}"

    async def close(self) -> None:
        await self._transport.close()

    @abstractmethod
    async def find(self, branch: str, base: str) -> Look | None:
        """The open one of a branch, so that none is opened twice."""

    @abstractmethod
    async def open(self, branch: str, base: str, title: str, body: str) -> Look: ...

    @abstractmethod
    async def update(self, number: int, title: str, body: str) -> None: ...

    @abstractmethod
    async def look(self, number: int, etag: str) -> Look: ...

    @abstractmethod
    async def retire(self, number: int, why: str) -> None:
        """Says why, and closes it."""

    @abstractmethod
    def _headers(self, token: str) -> Mapping[str, str]: ...

    async def _ask(
        self, verb: str, path: str, body: Any = None, *, etag: str = "", ok: tuple[int, ...] = (200, 201), **query: Any
    ) -> Answer:
        """Raises ForgeError. While the forge wants to be left alone, nothing is asked."""
        now = self._clock.now()
        where = f"{self._settings.kind} at {self._settings.address}"
        if now < self._not_before:
            raise ForgeError(
                f"{where} is asked again in {self._not_before - now:.0f} s, as it wants or since it failed"
            )
        url = f"{self._settings.address}/{path}" + (f"?{urlencode(query)}" if query else "")
        headers = dict(self._headers(await self._token())) | ({"If-None-Match": etag} if etag else {})
        try:
            answer = await self._transport.send(_Request(path, body=body, verb=verb), url, headers, DEADLINE)
        except Fault as fault:
            self._later(now)
            raise ForgeError(f"{where} does not answer: {fault}") from fault
        if self._limited(answer, now):
            raise ForgeError(
                f"{where} wants to be left alone for {self._not_before - now:.0f} s (HTTP {answer.status})"
            )
        if answer.status >= 500:
            self._later(now)
            raise ForgeError(f"{where} failed with HTTP {answer.status}; it is asked again")
        self._wait, self._not_before = FIRST, 0.0
        if answer.status in (*ok, 304):
            return answer
        raise ForgeError(f"{where} refuses {verb} {path} with HTTP {answer.status}: {_words(answer)}{_mend(answer)}")

    def _later(self, now: float) -> None:
        self._not_before = now + self._wait
        self._wait = min(2 * self._wait, LONGEST)

    def _limited(self, answer: Answer, now: float) -> bool:
        """429, or 403 with the limit used up; the wait is the forge's own word, else ours."""
        head = answer.headers
        spent = any(head.get(name) == "0" for name in ("x-ratelimit-remaining", "ratelimit-remaining"))
        after = head.get("retry-after", "")
        if answer.status != 429 and not (answer.status == 403 and (spent or after)):
            return False
        reset = head.get("x-ratelimit-reset", "") or head.get("ratelimit-reset", "")
        if after.isdigit():
            self._not_before = now + max(1, int(after))
        elif reset.isdigit() and now < int(reset) <= now + 4 * LONGEST:
            self._not_before = float(reset)
        else:
            self._later(now)
        return True


class GitHub(Forge):
    """`project` is owner/name."""

    sign = "#"

    def _headers(self, token: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28"}  # fmt: skip

    @property
    def _at(self) -> str:
        return f"repos/{self._settings.project}"

    async def find(self, branch: str, base: str) -> Look | None:
        owner = self._settings.project.partition("/")[0]
        answer = await self._ask("GET", f"{self._at}/pulls", state="open", head=f"{owner}:{branch}", base=base)
        listed = _json(answer, list)
        return self._seen(listed[0], "") if listed else None

    async def open(self, branch: str, base: str, title: str, body: str) -> Look:
        asked = {"title": title, "body": body, "head": branch, "base": base}
        return self._seen(_json(await self._ask("POST", f"{self._at}/pulls", asked), dict), "")

    async def update(self, number: int, title: str, body: str) -> None:
        await self._ask("PATCH", f"{self._at}/pulls/{number}", {"title": title, "body": body})

    async def look(self, number: int, etag: str) -> Look:
        answer = await self._ask("GET", f"{self._at}/pulls/{number}", etag=etag)
        if answer.status == 304:
            return Look(unchanged=True)
        found = self._seen(_json(answer, dict), answer.headers.get("etag", ""))
        if found.state == "closed":  # who closed it stands with the issue that every pull request is
            issue = _json(await self._ask("GET", f"{self._at}/issues/{number}"), dict)
            return msgspec.structs.replace(found, by=_login(issue.get("closed_by"), "login"))
        return found

    async def retire(self, number: int, why: str) -> None:
        await self._ask("POST", f"{self._at}/issues/{number}/comments", {"body": why})
        await self._ask("PATCH", f"{self._at}/pulls/{number}", {"state": "closed"})

    @staticmethod
    def _seen(value: Mapping[str, Any], etag: str) -> Look:
        merged = bool(value.get("merged_at"))
        state = "merged" if merged else "closed" if value.get("state") == "closed" else "open"
        return Look(
            int(value["number"]), str(value["html_url"]), state,
            str(value.get("merge_commit_sha") or "") if merged else "", _login(value.get("merged_by"), "login"), etag,
        )  # fmt: skip


class GitLab(Forge):
    """`project` is the path with all its groups."""

    sign = "!"

    def _headers(self, token: str) -> Mapping[str, str]:
        return {"PRIVATE-TOKEN": token}

    @property
    def _at(self) -> str:
        return f"projects/{quote(self._settings.project, safe='')}/merge_requests"

    async def find(self, branch: str, base: str) -> Look | None:
        listed = _json(await self._ask("GET", self._at, state="opened", source_branch=branch, target_branch=base), list)
        return self._seen(listed[0], "") if listed else None

    async def open(self, branch: str, base: str, title: str, body: str) -> Look:
        asked = {"source_branch": branch, "target_branch": base, "title": title, "description": body,
                 "remove_source_branch": True}  # fmt: skip
        return self._seen(_json(await self._ask("POST", self._at, asked), dict), "")

    async def update(self, number: int, title: str, body: str) -> None:
        await self._ask("PUT", f"{self._at}/{number}", {"title": title, "description": body})

    async def look(self, number: int, etag: str) -> Look:
        answer = await self._ask("GET", f"{self._at}/{number}", etag=etag)
        if answer.status == 304:
            return Look(unchanged=True)
        return self._seen(_json(answer, dict), answer.headers.get("etag", ""))

    async def retire(self, number: int, why: str) -> None:
        await self._ask("POST", f"{self._at}/{number}/notes", {"body": why})
        await self._ask("PUT", f"{self._at}/{number}", {"state_event": "close"})

    @staticmethod
    def _seen(value: Mapping[str, Any], etag: str) -> Look:
        state = {"merged": "merged", "closed": "closed"}.get(str(value.get("state")), "open")  # locked: being merged
        by = value.get("merge_user") or value.get("merged_by") if state == "merged" else value.get("closed_by")
        sha = value.get("merge_commit_sha") or value.get("squash_commit_sha") or value.get("sha")
        return Look(
            int(value["iid"]), str(value["web_url"]), state, str(sha or "") if state == "merged" else "",
            _login(by, "username"), etag,
        )  # fmt: skip


FORGES: Final[Mapping[str, type[Forge]]] = {"github": GitHub, "gitlab": GitLab}


def _login(person: Any, name: str) -> str:
    return str(person.get(name) or "") if isinstance(person, Mapping) else ""


def _json(answer: Answer, shape: type) -> Any:
    try:
        value = msgspec.json.decode(answer.raw)
    except msgspec.DecodeError:
        value = None
    if not isinstance(value, shape):
        raise ForgeError(
            f"the forge answered HTTP {answer.status} in another shape; is git.forge.api its API's address?"
        )
    return value


def _words(answer: Answer) -> str:
    """Its own message, on one line."""
    try:
        value = msgspec.json.decode(answer.raw)
    except msgspec.DecodeError:
        return "no reason given"
    said = value.get("message") or value.get("error") if isinstance(value, dict) else ""
    return flat(said if isinstance(said, str) else msgspec.json.encode(said).decode())[:_SAID] or "no reason given"


def _mend(answer: Answer) -> str:
    return {
        401: "; the token is not accepted, or it has ended: make another (docs/git-for-teams.md)",
        403: "; the token lacks a right, see docs/git-for-teams.md",
        404: "; is git.forge.project right, and may the token see it?",
    }.get(answer.status, "")
