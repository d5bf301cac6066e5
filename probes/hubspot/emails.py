"""Marketing e-mails that send by themselves, with the properties that they print.

Only sorts that go on sending are asked for (`type`, one request each): what is sent once is content, and there may be
thousands. Keys are those of the published specification (PublicEmail). `includedProperties` keeps out what is not read.
Of the content only the names of properties stay that stand in it as tokens (`{{ contact.city }}` or
`personalization_token('contact.city')`); of sender and reply address a digest. Recipients of sorts that have some are
ids of segments. Not verified: that `includedProperties` may name each of these keys (where not, more is told, and not
kept), and that tokens of other objects are spelled as those of contacts are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client
from probes.kit.coded import made, once
from probes.kit.contract import canonical, digest

from .names import AFTER, V

EMAILS: Final = f"/marketing/emails/{V}"
SORTS: Final = ["AUTOMATED_EMAIL", "AUTOMATED_AB_EMAIL", "FOLLOWUP_EMAIL", "OPTIN_EMAIL", "RESUBSCRIBE_EMAIL",
                "RSS_EMAIL", "BLOG_EMAIL", "SINGLE_SEND_API", "MARKETING_SINGLE_SEND_API"]  # fmt: skip
KEYS: Final = ["id", "name", "type", "subject", "isPublished", "archived", "updatedAt", "updatedById", "language",
               "emailTemplateMode", "activeDomain", "campaign", "businessUnitId", "isTransactional", "from", "to",
               "subscriptionDetails", "content"]  # fmt: skip
PAGES: Final = AFTER.model_copy(update={"size": 50})
_OF: Final = {"contact": "contacts", "company": "companies", "deal": "deals", "ticket": "tickets"}
_CODE: Final = re.compile(r"\{[{%](.*?)[}%]\}", re.DOTALL)
_NAME: Final = re.compile(r"\b(contact|company|deal|ticket)\.(\w+)")


@once
async def emails(api: Client) -> Answer:
    rows: list[dict[str, Any]] = []
    for sort in api.options["emails"]:
        asked = Ask(EMAILS, {"type": sort, "archived": "false", "includedProperties": KEYS})
        rows += [_kept(row) for row in await api.every(asked, PAGES, "results")]
    return made({"results": rows})


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    sender, to = row.get("from") or {}, (row.get("to") or {}).get("contactIlsLists") or {}
    kept = {name: row[name] for name in KEYS if name in row and name not in ("from", "to", "content")}
    tokens = {f"{_OF[object]}/{name}" for text in _texts([row.get("subject"), row.get("content")])
              for code in _CODE.findall(text) for object, name in _NAME.findall(code)}  # fmt: skip
    return {**kept, "fields": sorted(tokens), "sender": digest(canonical(sender)).hex() if sender else None,
            "include": to.get("include"), "exclude": to.get("exclude")}  # fmt: skip


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
