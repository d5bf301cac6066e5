"""Signing in to a simulated org: client credentials, JWT bearer, sessions that end, and who the caller is.

Sources: the vendor's help on OAuth flows and on the userinfo endpoint. There is no `expires_in`: a session ends as the
org's policy says, and the next call is refused with INVALID_SESSION_ID.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

import jwt
import msgspec

from probes.simulated.control import Reply, Request

from . import wire
from .wire import Wire

if TYPE_CHECKING:
    from .core import Core


class Session(msgspec.Struct):
    user: str  # id
    until: float


class Denial(Exception):
    """An answer in the error envelope."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.reply = Reply(*wire.problem(status, code, message, fields))


class SignIn:
    """The sessions of one account."""

    def __init__(self, account: Core) -> None:
        self.account = account
        self.sessions: dict[str, Session] = {}

    def token(self, request: Request) -> Reply:
        account, form = self.account, request.form()
        if request.method != "POST":
            return _oauth("invalid_request", "must use HTTP POST")
        kind = form.get("grant_type", "")
        if kind == "client_credentials":
            id, secret = form.get("client_id", ""), form.get("client_secret", "")
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() == "basic":
                id, _, secret = base64.b64decode(given + "==").decode("utf-8", "replace").partition(":")
                id, secret = unquote(id), unquote(secret)
            if id != account.client_id:
                return _oauth("invalid_client_id", "client identifier invalid")
            if not secrets.compare_digest(secret.encode(), account.client_secret.encode()):
                return _oauth("invalid_client", "invalid client credentials")
            username = account.runs_as
        elif kind == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            try:
                username = self.asserted(form.get("assertion", ""), request.base)
            except jwt.PyJWTError as error:
                return _oauth("invalid_grant", f"invalid assertion: {type(error).__name__}")
        else:
            return _oauth("unsupported_grant_type", "grant type not supported")
        person = next((row for row in account.org.rows["User"] if row["Username"] == username), None)
        if person is None or not person["IsActive"]:
            return _oauth("invalid_grant", "no client credentials user enabled" if person is None else "inactive user")
        now = account.clock.now()
        token = f"{account.organization}!{secrets.token_urlsafe(48)}"
        self.sessions[token] = Session(person["Id"], now + account.session)
        return Reply(200, {
            "access_token": token, "signature": secrets.token_urlsafe(32), "scope": "api id",
            "instance_url": account.instance or request.base, "token_type": "Bearer", "issued_at": str(int(now * 1000)),
            "id": f"{request.base}/id/{account.organization}/{person['Id']}",
            "api_instance_url": "https://api.salesforce.com",
        })  # fmt: skip

    def asserted(self, assertion: str, base: str) -> str:
        """The user name of a signed assertion; raises PyJWTError."""
        account = self.account
        audience = [account.instance or base, "https://login.salesforce.com", "https://test.salesforce.com"]
        now = account.clock.now()
        claims = jwt.decode(assertion, account.certificate, algorithms=["RS256"], audience=audience,
                            issuer=account.client_id, options={"verify_exp": False, "verify_iat": False,
                                                               "verify_nbf": False})  # fmt: skip
        if not now < float(claims.get("exp", 0)) <= now + 300:
            raise jwt.ExpiredSignatureError
        return str(claims.get("sub", ""))

    def session(self, request: Request) -> Session:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        session = self.sessions.get(token) if scheme.lower() == "bearer" else None
        if session is None or session.until <= self.account.clock.now() or not self.person(session)["IsActive"]:
            raise Denial(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if not self.account.org.has(self.account.org.sets_of(session.user), "ApiEnabled"):
            raise Denial(403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner")
        return session

    def person(self, session: Session) -> Wire:
        return self.account.org.by_id("User")[session.user]

    def userinfo(self, session: Session, request: Request) -> Reply:
        person = self.person(session)
        rest = f"{request.base}/services/data/v{{version}}/"
        return Reply(200, self.account.jumbled({
            "sub": f"{request.base}/id/{self.account.organization}/{person['Id']}", "user_id": person["Id"],
            "organization_id": self.account.organization, "preferred_username": person["Username"],
            "nickname": person["Alias"], "name": person["Name"], "email": person["Email"], "email_verified": True,
            "given_name": None, "family_name": person["LastName"], "zoneinfo": person["TimeZoneSidKey"],
            "photos": {"picture": f"{request.base}/profilephoto/005/F"}, "profile": f"{request.base}/{person['Id']}",
            "urls": {"rest": rest, "sobjects": f"{rest}sobjects/", "query": f"{rest}query/"},
            "active": person["IsActive"],
            "user_type": "STANDARD", "language": person["LanguageLocaleKey"], "locale": person["LocaleSidKey"],
            "utcOffset": 3600000, "updated_at": person["LastModifiedDate"], "is_app_installed": True,
        }))  # fmt: skip


def _oauth(code: str, words: str) -> Reply:
    return Reply(400, {"error": code, "error_description": words})
