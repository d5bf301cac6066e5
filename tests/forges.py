"""A simulated forge: a real HTTP server on loopback over a real bare git repository, where a merge really merges.

The shapes are the vendors' published ones: GitHub's REST API for pulls, issues and their comments
(docs.github.com/en/rest/pulls/pulls, /rest/issues/issues, /rest/issues/comments; ETag and If-None-Match as in "Best
practices for using the REST API"; X-RateLimit-* and Retry-After as in "Rate limits for the REST API"), and GitLab's
merge requests and notes (docs.gitlab.com/api/merge_requests, /api/notes). Nothing here knows the client.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

TOKEN = "forge-token-canary-7781"
PERSON = {"NAME": "Reviewer", "EMAIL": "reviewer@example.com"}


class Request(dict[str, Any]):
    """One pull or merge request as the server keeps it."""


class Simulated:
    """`kind`: github or gitlab. `calls` lists what was asked; `status` answers everything with that when it is set;
    `headers` go with such an answer."""

    def __init__(self, kind: str, bare: Path, project: str) -> None:
        self.kind, self.bare, self.project = kind, bare, project
        self.requests: dict[int, Request] = {}
        self.comments: dict[int, list[str]] = {}
        self.calls: list[tuple[str, str, int]] = []
        self.status = 0
        self.headers: dict[str, str] = {}

    # -- what a person does at the forge ------------------------------------------------------------------------------

    def git(self, *arguments: str, **environment: str) -> str:
        who = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in PERSON.items()}
        done = subprocess.run(
            ["git", *arguments], cwd=self.bare, check=True, capture_output=True, text=True,
            env={**os.environ, "GIT_DIR": str(self.bare), **who, **environment},
        )  # fmt: skip
        return done.stdout.strip()

    def merge(self, number: int, how: str = "merge") -> str:
        """As the button does: `merge`, `squash` or `rebase`. Refuses what git cannot merge. Gives the new commit."""
        one = self.requests[number]
        base, head = self.git("rev-parse", one["base"]), self.git("rev-parse", one["head"])
        tree = self.git("merge-tree", "--write-tree", base, head).splitlines()[0]
        if how == "merge":
            words = f"Merge pull request #{number} from {one['head']}"
            sha = self.git("commit-tree", tree, "-p", base, "-p", head, "-m", words)
        elif how == "squash":
            sha = self.git("commit-tree", tree, "-p", base, "-m", f"{one['title']} (#{number})")
        else:
            sha = self._rebased(base, head)
        self.git("update-ref", f"refs/heads/{one['base']}", sha, base)
        one |= {"state": "merged", "sha": sha, "by": "octo-reviewer"}
        return sha

    def _rebased(self, base: str, head: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "clone", "-q", str(self.bare), folder], check=True)
            run = ["git", "-C", folder, "-c", "user.name=Reviewer", "-c", "user.email=reviewer@example.com"]
            subprocess.run([*run, "checkout", "-q", "--detach", base], check=True)
            subprocess.run([*run, "cherry-pick", f"{base}..{head}"], check=True, capture_output=True)
            sha = subprocess.run([*run, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
            subprocess.run([*run, "push", "-q", "origin", f"{sha}:refs/heads/rebased"], check=True)
        return sha

    def close(self, number: int, by: str = "octo-reviewer") -> None:
        self.requests[number] |= {"state": "closed", "by": by}

    def open_ones(self) -> list[int]:
        return [number for number, one in self.requests.items() if one["state"] == "open"]

    # -- what it answers ----------------------------------------------------------------------------------------------

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        raw = b""
        while True:
            message = await receive()
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        path = unquote(scope.get("raw_path", b"").decode() or scope["path"])
        status, value, more = self._answer(scope["method"], path, query, json.loads(raw or b"null"), headers)
        self.calls.append((scope["method"], path, status))
        body = b"" if status == 304 else json.dumps(value).encode()
        sent = {"content-type": "application/json", **more}
        await send({"type": "http.response.start", "status": status,
                    "headers": [(name.encode(), text.encode()) for name, text in sent.items()]})  # fmt: skip
        await send({"type": "http.response.body", "body": body})

    def _answer(
        self, verb: str, path: str, query: dict[str, str], body: Any, headers: dict[str, str]
    ) -> tuple[int, Any, dict[str, str]]:
        if self.status:
            return self.status, {"message": "not now"}, self.headers
        given = headers.get("private-token" if self.kind == "gitlab" else "authorization", "")
        if given != (TOKEN if self.kind == "gitlab" else f"Bearer {TOKEN}"):
            return 401, {"message": "Bad credentials"}, {}
        prefix = f"/projects/{self.project}/" if self.kind == "gitlab" else f"/repos/{self.project}/"
        if not path.startswith(prefix):
            return 404, {"message": "Not Found"}, {}
        parts = path.removeprefix(prefix).split("/")
        number = int(parts[1]) if len(parts) > 1 else 0
        if number and number not in self.requests:
            return 404, {"message": "Not Found"}, {}
        if verb == "GET" and not number:
            branch = query.get("head", "").partition(":")[2] or query.get("source_branch", "")
            return 200, [self._shown(n) for n in self.open_ones() if self.requests[n]["head"] == branch], {}
        if verb == "GET":
            shown = self._shown(number)
            if parts[0] == "issues":
                one = self.requests[number]
                return 200, {"number": number, "closed_by": {"login": one["by"]} if one["by"] else None}, {}
            tag = f'W/"{hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]}"'
            return (304 if headers.get("if-none-match") == tag else 200), shown, {"etag": tag}
        if verb == "POST" and len(parts) > 2:
            self.comments.setdefault(number, []).append(body["body"])
            return 201, {"id": 1}, {}
        if verb == "POST":
            return self._made(body)
        return self._changed(number, body)

    def _made(self, body: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        head, base = (body.get(name) or body.get(f"{other}_branch") for name, other in
                      (("head", "source"), ("base", "target")))  # fmt: skip
        if any(self.requests[n]["head"] == head for n in self.open_ones()):
            return 422 if self.kind == "github" else 409, {"message": "A pull request already exists"}, {}
        if not self.git("rev-list", f"{base}..{head}"):
            return 422, {"message": f"No commits between {base} and {head}"}, {}
        number = len(self.requests) + 1
        text = body.get("body") or body.get("description")
        self.requests[number] = Request(
            head=head, base=base, title=body["title"], body=text, state="open", sha="", by=""
        )
        return 201, self._shown(number), {}

    def _changed(self, number: int, body: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        one = self.requests[number]
        if body.get("state") == "closed" or body.get("state_event") == "close":
            one |= {"state": "closed", "by": "driftline-bot"}
        one["title"] = body.get("title", one["title"])
        one["body"] = body.get("body") or body.get("description") or one["body"]
        return 200, self._shown(number), {}

    def _shown(self, number: int) -> dict[str, Any]:
        one = self.requests[number]
        merged, closed = one["state"] == "merged", one["state"] != "open"
        if self.kind == "gitlab":
            who = {"username": one["by"]} if one["by"] else None
            return {
                "iid": number, "state": {"open": "opened"}.get(one["state"], one["state"]), "title": one["title"],
                "description": one["body"], "source_branch": one["head"], "target_branch": one["base"],
                "web_url": f"https://gitlab.example.com/{self.project}/-/merge_requests/{number}",
                "merge_commit_sha": one["sha"] or None, "squash_commit_sha": None, "sha": self._head(one),
                "merge_user": who if merged else None, "closed_by": who if closed and not merged else None,
            }  # fmt: skip
        return {
            "number": number, "state": "closed" if closed else "open", "title": one["title"], "body": one["body"],
            "html_url": f"https://github.example.com/{self.project}/pull/{number}",
            "merged_at": "2026-11-02T08:00:00Z" if merged else None, "merged": merged,
            "merge_commit_sha": one["sha"] or None, "merged_by": {"login": one["by"]} if merged else None,
            "head": {"ref": one["head"], "sha": self._head(one)}, "base": {"ref": one["base"]},
        }  # fmt: skip

    def _head(self, one: Request) -> str:
        return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{one['head']}")
