"""An answer in XML with stand-ins, as `scrub.py` makes of JSON: elements that the vendor file names, and no others.

An envelope of SOAP has no keys of a customer's, but what it carries may: an element of another name goes with all that
is in it, and so do comments, instructions and attributes but for those that say what type a value is of, and that there
is none. A document type is refused, as by whoever reads such answers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from probes.kit.contract import Malformed

from .scrub import Stand

ENVELOPE: Final = frozenset({"Envelope", "Header", "Body", "Fault", "faultcode", "faultstring"})
TOLD: Final = frozenset({"nil", "type"})  # of XML Schema's instances
WORDS: Final = frozenset({"true", "false", ""})
PUBLIC: Final = ("http://schemas.xmlsoap.org/", "http://www.w3.org/")


def marked_up(raw: bytes) -> bool:
    return raw.lstrip()[:1] == b"<"


def restood(raw: bytes, stand: Stand, known: Collection[str]) -> str:
    """The answer with stand-ins. Raises Malformed, without a word of what stood there."""
    made = _Marking(stand, known)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = made.doctype
    parser.StartElementHandler, parser.EndElementHandler = made.start, made.end
    parser.CharacterDataHandler = made.text
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise Malformed(f"it is cut or neither JSON nor XML: code {error.code}") from None
    if not made.out:
        raise Malformed("it is XML of which the vendor file names nothing, such as a page for people")
    return "".join(made.out)


class _Marking:
    def __init__(self, stand: Stand, known: Collection[str]) -> None:
        self.out: list[str] = []
        self._stand, self._known = stand, frozenset(known) | ENVELOPE
        self._said: list[str] = []
        self._deep = 0  # elements that are open
        self._gone = 0  # the depth at which one began that is left out

    def doctype(self, *_: object) -> None:
        raise Malformed("it has a document type, which no answer of an API has", code="doctype")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._deep += 1
        self._flush()
        if not self._gone and _own(name) not in self._known:
            self._gone = self._deep
        if not self._gone:
            shown = "".join(f" {key}={quoteattr(value)}" for key, value in self._attributes(attributes))
            self.out.append(f"<{name}{shown}>")

    def _attributes(self, given: Mapping[str, str]) -> list[tuple[str, str]]:
        made = []
        for key, value in given.items():
            if key.partition(":")[0] == "xmlns":
                own = value.startswith(PUBLIC) or value in self._known
                made.append((key, value if own else self._stand.text(value)))
            elif _own(key) in TOLD:
                made.append((key, value if value in WORDS else self._stand.text(value)))
        return made

    def text(self, piece: str) -> None:
        self._said.append(piece)

    def end(self, name: str) -> None:
        self._flush()
        if self._gone:
            self._gone = 0 if self._gone == self._deep else self._gone
        else:
            self.out.append(f"</{name}>")
        self._deep -= 1

    def _flush(self) -> None:
        said = "".join(self._said).strip()
        self._said.clear()
        if said and not self._gone:
            self.out.append(escape(said if said in WORDS else self._stand.text(said)))


def _own(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]
