"""Records what a real account answers, over the integration's own wire, with stand-ins in the place of every value.

The vendor file itself sees stand-ins only: what it asks for is translated back on the way out, what comes is scrubbed
on the way in (`scrub.py`). So its code may do what it likes with answers, and what is written down is what it will ask
for again. Sign-ins alone see what is real, since a stand-in opens nothing. Nothing is stored here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import msgspec

from probes.kit.api import Answer, Ask
from probes.kit.client import Connection, LiveClient
from probes.kit.clock import Clock
from probes.kit.contract import Malformed, Rejected
from probes.kit.limiter import Limiters
from probes.kit.listing import Listing, OptionSpec
from probes.simulated.recorded import BASE, XML

from .few import few
from .markup import marked_up, restood
from .proof import Parent, Tokenless, Want, wants
from .scrub import Stand, put, rows, scrubbed
from .shape import names
from .wording import asked, wording

if TYPE_CHECKING:
    from .record import Recording

LARGEST: Final = 1 << 20  # bytes of all that one listing was answered: who writes it down wants to read it
FIRST: Final = 880_000  # a stand-in for a number is told from a number of the vendor file's own
ALL: Final = 1 << 30
TOTAL: Final = 100_000  # rows; more are no count that somebody reads on
_STANDS: Final = re.compile(
    r"text-\d+|person\d+@example\.com|https://example\.com/\d+|88\d{4,}(?:\.5)?"
    r"|2\d{3}-\d\d-\d\d(?:[T ]09:00(?::00)?(?:\.0+)?(?: ?(?:Z|UTC|\+00:?00))?)?"
)
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?![\w.])")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_]+")


class Marked(str):
    """An answer in XML, scrubbed."""


class Recorder(LiveClient):
    """A client that shows stand-ins, and writes down what it shows."""

    def __init__(self, connection: Connection, clock: Clock, made: Recording, want: Want) -> None:
        super().__init__(connection, clock=clock, limiters=Limiters(clock), tokens=Tokenless(), transport=None)
        vendor = connection.vendor
        self._made, self._want = made, want
        self._homes = {_origin(self.base)}
        self._listing: Listing | None = None
        self._asked: list[tuple[str, Any]] = []
        self._own = wording(vendor)
        self._names = names(vendor) | self._own.words
        self._stand = Stand(self._own.words, FIRST, self._names, self._home)
        real = {name: one.default for name, one in vendor.options.items()} | connection.options
        made.options = {
            name: value if _counts_on(vendor.options.get(name), value) else self._option(value)
            for name, value in connection.options.items()
            if not _address(value)
        }
        self.options: Mapping[str, Any] = real | made.options

    def turn(self, listing: Listing) -> None:
        """What is asked for from now on belongs to this listing."""
        self._listing, self._asked = listing, []

    def settle(self, listing: Listing) -> None:
        """Takes a listing back whose answers are too many, or would show what nobody may see."""
        if listing.name in self._made.left or len(json.dumps(self._made.said.get(listing.name))) > LARGEST:
            self._made.leave(listing.name, f"its answers are more than {LARGEST >> 20} MiB")

    def wants(self, listing: Listing, parent: Parent) -> bool:
        """Whether the watch wants anything of it, which knows things by their own names."""
        real = self._stand.real
        return wants(listing, parent, self.options, lambda kind, scope: self._want(
            kind, _STANDS.sub(lambda found: real.get(found[0], found[0]), scope)))  # fmt: skip

    def _option(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._option(one) for one in value]
        if isinstance(value, dict):
            return {self._stand.text(str(name)): self._option(one) for name, one in value.items()}
        return self._stand.scalar(value)

    async def _once(self, ask: Ask, headers: Mapping[str, str], deadline: float, hear: Any = None) -> Answer:
        if hear is None:  # a sign-in
            answer = await super()._once(self._real(ask), headers, deadline)
            self._keep(ask, self._scrubbed(answer), signs_in=True)
            return answer
        listing = self._listing
        plain = listing is not None and listing.fetch is None
        if plain and (before := self._again(ask)) is not None:
            return self._told(ask, before)
        answer = await super()._once(self._real(ask), headers, deadline, hear)
        said = self._scrubbed(answer, frozenset(text for text in asked(ask) if not self._real_in(text)))
        if plain and listing is not None:
            said = self._ended(listing, said)
            self._asked.append((ask.path, said))
        return self._told(ask, said)

    def _real_in(self, text: str) -> bool:
        """Whether something real is in a text of the vendor file's: a secret that it asked for, or an address."""
        secret = any(one in text for one in self.credentials.seen if one)
        return secret or "://" in text or urlsplit(self.base).netloc in text

    def _told(self, ask: Ask, said: Any) -> Answer:
        self._keep(ask, said)
        if isinstance(said, Marked):
            return Answer(200, {"content-type": XML}, said.encode())
        raw = b"" if said is None else msgspec.json.encode(said)
        return Answer(204 if said is None else 200, {"content-type": "application/json"}, raw)

    def _scrubbed(self, answer: Answer, wanted: frozenset[str] = frozenset()) -> Any:
        """`wanted`: the texts of the request, which the vendor file made of its own words and of stand-ins."""
        if not answer.raw:
            return None
        self._stand.know(wanted)
        known = self._own.keys | {name for text in wanted for name in _TOKEN.findall(_STANDS.sub(" ", text))}
        if marked_up(answer.raw):
            return Marked(restood(answer.raw, self._stand, known))
        try:
            said = msgspec.json.decode(answer.raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Malformed("it is neither JSON nor XML, of which nothing can be scrubbed") from None
        listing = self._listing
        if listing is None or listing.fetch is not None:
            told = {answer.value(path) for path in self._own.totals if isinstance(said, dict)}
            counts = _counts(said) | {one for one in told if isinstance(one, int) and one < TOTAL}
            return self._counted(said, scrubbed(said, self._stand, known, [], range(ALL), ALL), counts)
        paths = [tuple(view.records.split(".")) if view.records else () for view in listing.views]
        return scrubbed(said, self._stand, known, paths, few(self.vendor, listing, said, self.wants))

    def _home(self, said: str) -> str:
        """An address of one of the vendor's hosts stays there, with stand-ins in its path: the account has its own. A
        number in it may be of one, however short."""
        try:
            home = _origin(said)
            if home not in self._homes:
                self._hosts.check(said)
        except (Rejected, ValueError):
            return ""
        self._homes.add(home)
        return home + self._shown_path(_NUMBER.sub(lambda one: self._stand.text(one[0]), said.removeprefix(home)))

    def _counted(self, said: Any, made: Any, counts: frozenset[int], row: bool = False) -> Any:
        """How many rows there are stays; of an entry of a list how many it has itself. An id is no count."""
        if isinstance(made, dict) and isinstance(said, dict):
            own = frozenset(len(one) for one in said.values() if isinstance(one, list)) if row else counts
            return {
                name: said[name]
                if type(said.get(name)) is int and said[name] in own and not name.lower().endswith("id")
                else self._counted(said.get(name), inner, counts, row)
                for name, inner in made.items()
            }
        if isinstance(made, list) and isinstance(said, list) and len(made) == len(said):
            return [self._counted(one, two, counts, True) for one, two in zip(said, made, strict=True)]
        return made

    def _ended(self, listing: Listing, said: Any) -> Any:
        """One page, and its end."""
        paging = listing.paging
        if not isinstance(said, dict):
            return said
        if paging.style in ("cursor", "next"):
            put(said, paging.next, msgspec.UNSET)
        if paging.style == "graphql":
            put(said, paging.next, {"hasNextPage": False, "endCursor": None})
        if paging.more:
            put(said, paging.more, False)
        if paging.while_there:
            put(said, paging.while_there, msgspec.UNSET)
        if paging.total:
            path = tuple(listing.records.split(".")) if listing.records else ()
            put(said, paging.total, len((rows(said, path) if "*" not in path else None) or ()))
        return said

    def _again(self, ask: Ask) -> Any:
        """The page behind the last one, which was never asked for: the same without rows."""
        before = next((said for path, said in reversed(self._asked) if path == ask.path), None)
        listing = self._listing
        if before is None or listing is None or listing.paging.style not in ("offset", "page"):
            return None
        copy = json.loads(json.dumps(before))
        if not listing.records:
            return []
        put(copy, listing.records, [])
        return copy

    # -- requests -----------------------------------------------------------------------------------------------------

    def _real(self, ask: Ask) -> Ask:
        """With what its stand-ins stand for."""
        back = self._stand.real

        def stood(found: re.Match[str]) -> str:
            real = back.get(found[0], found[0])
            quoted = f"'{found[0]}'" in found.string[max(0, found.start() - 1) : found.end() + 1]
            return real.replace("'", "''") if quoted else real

        def text(said: str) -> str:
            return _STANDS.sub(stood, said)

        def marked(said: str) -> str:
            return _STANDS.sub(lambda found: escape(back.get(found[0], found[0])), said)

        inside = marked if isinstance(ask.body, bytes) and marked_up(ask.body) else text
        return msgspec.structs.replace(
            ask, path="/".join(_requoted(part, text) for part in ask.path.split("/")),
            params=_each(dict(ask.params), text), body=_each(ask.body, inside), form=_each(ask.form, text),
        )  # fmt: skip

    def _keep(self, ask: Ask, said: Any, signs_in: bool = False) -> None:
        asked = urlsplit(ask.path)
        one: dict[str, Any] = {"method": ask.method, "path": self._shown_path(asked.path)}
        params = {**dict(parse_qsl(asked.query)), **ask.params}  # an address that is followed has its own
        if not signs_in:
            one |= {"params": _each(params, self._shown), "body": _each(_readable(ask), self._shown)}
        if isinstance(said, Marked):
            one["type"] = XML
        text = json.dumps({**one, "said": said})
        for home in sorted(self._homes, key=len, reverse=True):
            text = text.replace(home, BASE)
        if any(secret in text for secret in self.credentials.seen if len(secret) > 3):
            raise Malformed("a secret of the credential stands in it")
        self._made.said.setdefault(self._listing.name if self._listing else "", []).append(json.loads(text))

    def _shown_path(self, path: str) -> str:
        return "/".join(_requoted(part, self._shown) for part in path.split("/"))

    def _shown(self, said: str) -> str:
        """As it is where all its words are the vendor file's, or stand-ins; else a stand-in."""
        tokens = _TOKEN.findall(_STANDS.sub(" ", said))
        fine = all(token in self._names or (token.isdigit() and len(token) < 5) for token in tokens)
        return said if fine else self._stand.text(said)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _counts(said: Any) -> frozenset[int]:
    """How long the lists of an answer are: a total beside them is no value of the account's."""
    if isinstance(said, dict):
        return frozenset().union(*map(_counts, said.values()))
    return frozenset({len(said)}).union(*map(_counts, said)) if isinstance(said, list) else frozenset()


def _requoted(part: str, how: Any) -> str:
    plain, mark, rest = part.partition("?")
    said = unquote(plain)
    new = how(said)
    return (plain if new == said else quote(new, safe=":@")) + (f"?{how(rest)}" if mark else "")


def _each(value: Any, how: Any) -> Any:
    """The same with each text in it changed, and each number that may stand for another."""
    if isinstance(value, Mapping):
        return {name: _each(inner, how) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each(inner, how) for inner in value]
    if isinstance(value, bytes):
        return how(value.decode("utf-8", "replace")).encode()
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return int(how(str(value)))
    return how(value) if isinstance(value, str) else value


def _readable(ask: Ask) -> Any:
    said = ask.form if ask.form is not None else ask.body
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _counts_on(option: OptionSpec | None, value: Any) -> bool:
    """Whether a number is one to reckon with, as the default is, and no name of the account's."""
    return option is not None and isinstance(option.default, int) and isinstance(value, int)


def _address(value: Any) -> bool:
    return isinstance(value, str) and "://" in value
