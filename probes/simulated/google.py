"""What simulated accounts of Google's APIs share: the token endpoint, the envelopes of refusals, field masks, pages.

Written from Google's published pages on OAuth 2.0 for service accounts, on errors (AIP-193) and on partial responses
(`fields`): a mask gives only what it names, so that a probe that forgets a field reads nothing. A grant of an account
is an OAuth scope by the last part of its address.
"""

from __future__ import annotations

import base64
import re
from typing import Any, ClassVar

import orjson

from .control import Reply, Request
from .desk import Denial, Desk, Route

TOKEN = Route("POST", "/token", "token_asked", open=True)


def refusal(code: int, status: str, message: str, reason: str = "", old: str = "", **more: Any) -> Reply:
    """An error as Google's APIs answer it: `reason` makes an ErrorInfo, `old` the entry of the older list."""
    error: dict[str, Any] = {"code": code, "message": message}
    if old:
        error["errors"] = [{"message": message, "domain": "global", "reason": old, **more}]
    if status:
        error["status"] = status
    if reason:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
        error["details"] = [info]
    return Reply(code, {"error": error})


class GoogleDesk(Desk):
    """`client_email`: the service account; `asked` the scopes of the last assertion; `old_style`: the API answers with
    the older list of errors beside the new envelope."""

    old_style: ClassVar[bool] = False

    def __init__(self, **how: Any) -> None:
        self.client_email = "monitor@example.iam.gserviceaccount.com"
        self.client_id = "client.apps.googleusercontent.com"
        self.refresh_token = "demo-refresh_token"  # noqa: S105
        self.asked: tuple[str, ...] = ()
        super().__init__(**how)

    def denied(self, request: Request, grant: str) -> Reply:
        old = "insufficientPermissions" if self.old_style else ""
        words = "Request had insufficient authentication scopes."
        return refusal(403, "PERMISSION_DENIED", words, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", old)

    def refused(self, request: Request) -> Reply:
        words = "Request had invalid authentication credentials."
        more = {"location": "Authorization", "locationType": "header"} if self.old_style else {}
        return refusal(401, "UNAUTHENTICATED", words, old="authError" if self.old_style else "", **more)

    def missing(self, request: Request) -> Reply:
        return refusal(404, "NOT_FOUND", "Requested entity was not found.", old="notFound" if self.old_style else "")

    def limited(self) -> Reply:
        old = "rateLimitExceeded" if self.old_style else ""
        return refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric.", "RATE_LIMIT_EXCEEDED", old)

    def invalid(self, words: str) -> Denial:
        return Denial(refusal(400, "INVALID_ARGUMENT", words))

    def token_asked(self, request: Request) -> Reply:
        """The token endpoint: a service account's assertion, or a refresh token."""
        form = request.form()
        if form.get("grant_type") == "refresh_token":
            good = form.get("refresh_token") == self.refresh_token and form.get("client_id") == self.client_id
            return self._token() if good else _no("invalid_grant", "Token has been expired or revoked.")
        claim = _claim(form.get("assertion", ""))
        if claim.get("iss") != self.client_email or "sub" in claim:
            return _no("invalid_grant", "Invalid grant: account not found")
        self.asked = tuple(str(claim.get("scope", "")).split())
        return self._token()

    def _token(self) -> Reply:
        return Reply(200, {"access_token": self.token, "expires_in": 3599, "token_type": "Bearer"})

    def paged(self, request: Request, name: str, rows: list[Any], most: int = 200) -> dict[str, Any]:
        """A page of rows by `pageToken`, mixed within itself while shuffling; an empty list is left out, as protobuf's
        JSON leaves it out."""
        start = int(request.query.get("pageToken", "0") or 0)
        size = int(request.query.get("pageSize", "0") or 0)
        page, after = self.part(rows, start, min(size or most, most))
        page = self.mixed(page)
        return {**({name: page} if page else {}), **({"nextPageToken": str(after)} if after is not None else {})}


def _no(error: str, words: str) -> Reply:
    return Reply(400, {"error": error, "error_description": words})


def _claim(assertion: str) -> dict[str, Any]:
    """What an assertion claims; its signature is the token endpoint's affair and not looked at here."""
    parts = assertion.split(".")
    if len(parts) != 3:
        return {}
    found: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    return found


def masked(value: Any, mask: str) -> Any:
    """A value with only what a field mask names: `a,b(c,d/e)`. No mask, or `*`: everything."""
    return _cut(value, _tree(mask)) if mask else value


def _tree(mask: str) -> dict[str, Any]:
    top: dict[str, Any] = {}
    stack, at = [top], top
    for word in re.findall(r"[\w*]+|[(),/.]", mask):
        if word == "(":
            stack.append(at)
        elif word == ")":
            at = stack.pop()
        elif word == ",":
            at = stack[-1]
        elif word not in "/.":
            at = at.setdefault(word, {})
    return top


def _cut(value: Any, tree: dict[str, Any]) -> Any:
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [_cut(one, tree) for one in value]
    if isinstance(value, dict):
        return {name: _cut(value[name], inner) for name, inner in tree.items() if name in value}
    return value
