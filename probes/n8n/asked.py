"""Who asks n8n, one workflow on demand, and who wrote its published version.

A key is a signed token (JWT) that names its user and the day it ends; both are read out of it and nothing else.
`look`: 404 means "not there" and "not yours" alike, but not to owners and administrators of the instance, who see
every workflow. `who`: a published version names its authors (people by name in its history, by id in the API's own
description: whichever it is, it is told) and the moment at which it was saved.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec

from probes.kit.api import Ask, Client, several
from probes.kit.contract import Absent, Denied, Fault, Kind, Ref, Rejected, Sought, Unsupported, Vantage
from probes.kit.errors import not_found
from probes.kit.listing import Found, Told
from probes.kit.stumble import UNREADABLE
from probes.kit.values import instant

from .told import API, workflow

FLOWS: Final = Ref(Kind.AUTOMATION, "workflows")
SLACK: Final = 60.0  # seconds that the instance's clock and ours may be apart
ROLES: Final = ("global:member", "global:admin", "global:owner")  # each may what the one before it may
SEES_ALL: Final = frozenset({"global:owner", "global:admin"})
LISTED: Final = frozenset({Kind.AUTOMATION, Kind.SYNC, Kind.SCHEMA, Kind.FIELD, Kind.PERMISSION})


async def identity(api: Client) -> Vantage:
    """The instance by its address, the key's user, that user's role, and the key's scopes. Where the role is not told,
    or sees its own alone, what is missing may be hidden."""
    claims = told(await api.secret("token"))
    user = str(claims.get("sub") or "")
    role = await _role(api, user) if user else ""
    address = urlsplit(api.base)
    ends = claims.get("exp")
    return Vantage(
        account=f"{address.netloc}{address.path.rstrip('/')}",
        subject=user or "API key",
        grants=frozenset(await _scopes(api)) | held(role),
        api_version="v1",
        credential_expires_at=float(ends) if isinstance(ends, int | float) else None,
        silent=frozenset() if role in SEES_ALL else LISTED,
    )


def held(role: str) -> frozenset[str]:
    """A role with those that it includes. One that the instance made for itself includes nothing."""
    return frozenset(ROLES[: ROLES.index(role) + 1] if role in ROLES else [role] if role else [])


def told(key: str) -> dict[str, Any]:
    """What a key says of itself; nothing where it is none that says."""
    try:
        middle = key.split(".")[1]
        claims = msgspec.json.decode(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, binascii.Error, *UNREADABLE):
        return {}
    return claims if isinstance(claims, dict) else {}


async def _role(api: Client, user: str) -> str:
    try:
        return str(
            (await api.ask(Ask(f"{API}/users/{quote(user, safe='')}", {"includeRole": "true"}))).value("role") or ""
        )
    except (Denied, Rejected):
        return ""


async def _scopes(api: Client) -> list[str]:
    """The scopes of the key. Instances from before 2026 have no such answer; they tell a lacking scope by a 403."""
    try:
        return several((await api.ask(Ask(f"{API}/discover"))).value("data.scopes"), "scopes")
    except Rejected as fault:
        if fault.code == "404":
            await api.ask(
                Ask(f"{API}/workflows", {"limit": 1})
            )  # a key that is refused must not pass for an old instance
            return []
        raise


async def look(api: Client, ref: Ref, key: str) -> Found | Absent:
    if ref != FLOWS:
        raise Unsupported(f"n8n is not asked for one thing of {ref.kind}/{ref.name}", code="look")
    user = str(told(await api.secret("token")).get("sub") or "")
    role = await _role(api, user) if user else ""
    try:
        return Found("workflows", workflow((await api.ask(Ask(f"{API}/workflows/{quote(key, safe='')}"))).value()))
    except Fault as fault:
        if role in SEES_ALL and isinstance(fault, Rejected) and not_found(fault):
            return Absent("404")
        raise


async def who(api: Client, sought: Sequence[Sought]) -> Sequence[Told]:
    """By the published version of each workflow in question. One that was saved earlier, and published in that time, is
    nobody's: who published it is not told."""
    return [await _author(api, one) if one.ref == FLOWS else {} for one in sought]


async def _author(api: Client, sought: Sought) -> Told:
    try:
        row: dict[str, Any] = (await api.ask(Ask(f"{API}/workflows/{quote(sought.key, safe='')}"))).value()
    except Fault as fault:
        return fault
    version = row.get("activeVersion") or {}
    at = instant(version.get("createdAt"))
    if at is None or not sought.during(at, SLACK):
        return {}
    return {"by": version.get("authors"), "at": at, "action": "saved", "how": "last"}
