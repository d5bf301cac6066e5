"""What each sink must hold, whatever was written: one function each, for any test that has an output of that kind."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from io import StringIO
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from prometheus_client.parser import text_string_to_metric_families

from .corpus import MARK

OWN_TRAILERS = frozenset({"Driftline-Decision", "Driftline-Trail", "Driftline-Second", "Driftline-Undoes"})
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
NEVER = frozenset({"img", "iframe", "object", "embed", "base", "applet", "audio", "video", "math", "foreignobject"})
ADDRESSES = frozenset({"href", "src", "action", "formaction", "xlink:href", "data", "poster"})


class Page(HTMLParser):
    """Collects what is wrong with the elements of a page."""

    def __init__(self, hosts: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.hosts, self.wrong, self.inside = hosts, list[str](), ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inside = tag
        if tag in NEVER or (tag == "script" and not str(given.get("src", "")).startswith("/")):
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc") or MARK in name:
                self.wrong.append(f"{tag} {name}")
            if name in ADDRESSES and tag != "object":
                self._address(tag, value or "")

    def _address(self, tag: str, value: str) -> None:
        parts = urlsplit(value)
        if parts.scheme and (parts.scheme not in ("http", "https") or parts.hostname not in self.hosts):
            self.wrong.append(f"{tag} leads to {value[:80]}")
        if not parts.scheme and parts.netloc:
            self.wrong.append(f"{tag} leads to another host: {value[:80]}")

    def handle_data(self, data: str) -> None:
        if self.inside == "script" and data.strip():
            self.wrong.append("a script of the page's own")
        self.inside = ""


def html(text: str, hosts: frozenset[str]) -> None:
    page = Page(hosts)
    page.feed(text)
    page.close()
    assert not page.wrong, page.wrong
    assert (found := HIDDEN.search(text)) is None, (
        f"{found!r} in {text[max(0, found.start() - 80) : found.end() + 80]!r}"
    )


def headers(given: dict[str, str]) -> None:
    for name, value in given.items():
        assert value.isprintable() and "forged" not in name + value, (name, value)


def as_json(text: str) -> None:
    json.loads(text)
    assert not re.search("[\x00-\x09\x0b-\x1f]", text), "JSON has no raw control characters but the ends of lines"


def table(text: str) -> None:
    """CSV."""
    rows = list(csv.reader(StringIO(text)))
    assert rows and len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(FORMULA) and not HIDDEN.search(cell), cell[:80]


def trailers(parsed: str) -> None:
    """What `git interpret-trailers --parse` said of one message."""
    names = Counter(line.partition(":")[0] for line in parsed.splitlines())
    assert set(names) <= OWN_TRAILERS and set(names.values()) <= {1}, parsed
    assert "forged" not in parsed


def file_name(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_./%~+-]+", name), name
    assert not {"", ".", ".."} & set(name.split("/")) and len(name) < 400


def metrics(text: str) -> None:
    """No series is forged, and values of labels are plain words: an alert says them in a chat."""
    families = list(text_string_to_metric_families(text))
    assert families and all(family.name.startswith(("driftline_", "process_")) for family in families)
    for value in {value for family in families for one in family.samples for value in one.labels.values()}:
        assert re.fullmatch(r"[A-Za-z0-9_.:/%~+ -]*", value) and len(value) <= 100, value


def terminal(text: str) -> None:
    """Our own colours are SGR sequences; nothing else that a terminal obeys may come out."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert (found := HIDDEN.search(plain)) is None, repr(found)


def text_line(text: str) -> None:
    """Of a log that people read."""
    terminal(text)
    assert text.count("\n") == 1 and text.endswith("\n"), repr(text[:200])


def markdown(text: str, ours: str) -> None:
    """As a forge reads it: no HTML but empty comments, no picture, links to `ours` alone, and outside of code nobody is
    called and no issue is named. CommonMark 0.31; what GitHub adds: mentions, issues and bare addresses."""
    code = re.compile(r"(`+)[^`].*?(?<!`)\1(?!`)", re.DOTALL)
    bare = re.sub(r"\]\([^)\s]*\)", "]()", code.sub("", text))
    assert not re.search(r"https?://|\bwww\.\w", bare), "an address that a forge makes a link of"
    for token in _inside(MarkdownIt("commonmark").parse(text)):
        assert token.type not in ("html_block", "image"), token.content[:120]
        if token.type == "html_inline":
            assert token.content == "<!-- -->", token.content
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith(f"{ours}/"), token.attrs
        if token.type == "text":
            called = re.search(r"@\w|(?<!&)#\d|\bGH-\d", token.content)
            assert called is None and not HIDDEN.search(token.content), token.content[:120]


def _inside(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _inside(token.children or ())


def log_line(text: str) -> None:
    assert len(text.splitlines()) == 1 and text.endswith("\n")
    json.loads(text)
