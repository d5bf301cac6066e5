"""Names of people into pseudonyms, by a key that never leaves the store. Pure.

What must stay for ever, such as the trail and its hashes, holds pseudonyms alone; the names stand in one table, from
which a person can be taken without a hash changing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

KEY: Final = "people.key"  # of the store's meta table
SERVICE: Final = ("driftline", "policy")  # who acts without being anybody
PEER: Final = "peer"  # where the network address of an entry stands in its data
_MADE: Final = re.compile(r"p-[0-9a-f]{10}")
_MAIL: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")


def pseudonym(key: bytes, name: str) -> str:
    """`p-` and 10 hex; the same for a name in another case or Unicode form, since mail addresses are."""
    plain = unicodedata.normalize("NFC", name.strip()).casefold()
    return f"p-{hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()[:10]}"


class Pseudonyms:
    """`names` are those that were met, by the pseudonym that took their place."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.names: dict[str, str] = {}

    def of(self, name: str) -> str:
        if _MADE.fullmatch(name):
            return name
        made = pseudonym(self._key, name)
        self.names[made] = name.strip()
        return made

    def actor(self, who: str) -> str:
        """Who acted: `local:NAME` and `token:NAME` keep what stands before the colon, an author of git
        (`Name <mail>`) counts by the address, the service itself stays what it is."""
        kind, colon, name = who.partition(":")
        if not who or kind in SERVICE:
            return who
        if colon and kind.isalpha():
            return f"{kind}:{self.of(name)}"
        mail = _MAIL.search(who)
        return self.of(mail.group() if mail else who)

    def within(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """An entry's data: the network address becomes a pseudonym, and so does every mail address in a text."""
        out = {name: self._value(value) for name, value in data.items()}
        if out.get(PEER):
            out[PEER] = self.of(str(data[PEER]))
        return out

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return _MAIL.sub(lambda found: self.of(found.group()), value)
        if isinstance(value, Mapping):
            return {name: self._value(one) for name, one in value.items()}
        return [self._value(one) for one in value] if isinstance(value, (list, tuple)) else value
