"""Reading values out of answers: dotted paths over unparsed bytes, JMESPath with cheap forms compiled, templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlsplit

import jmespath
import msgspec
from jmespath import functions
from jmespath.exceptions import JMESPathError
from pydantic import BaseModel, ConfigDict

from .contract import Malformed, canonical

Search: TypeAlias = Callable[[Any], Any]
Names: TypeAlias = tuple[str, ...]

NULL: Final = ord("n")
LIST: Final = ord("[")
OBJECT: Final = ord("{")
_map = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])
_PLAIN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_TERM = rf"(![A-Za-z_]\w*|{_PLAIN.pattern})"  # JMESPath reads !a.b as (!a).b, which is no term
_EVERY = re.compile(rf"![A-Za-z_]\w*|{_TERM}( *&& *{_TERM})+")
_EACH = re.compile(r"([A-Za-z_][\w.]*)\[\]\.\{((?:\w+: ?[A-Za-z_][\w.]*(?:, ?)?)+)\}")
_PAIR = re.compile(r"(\w+): ?([A-Za-z_][\w.]*)")
_PLACE = re.compile(r"\{(parent|options|scope|base|account|key|id|row|integration|host)(?:\.(\w+))?\}")


class Model(BaseModel):
    """Base of all declarations in vendor files: an unknown word is an error at import, not a silent nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def dig(raw: msgspec.Raw, path: str) -> msgspec.Raw | None:
    """The bytes at a dotted path (digits index lists); None when absent or null. Nothing else is parsed. A path that
    begins with @ is one name, as OData writes what it says beside the rows: `@odata.nextLink`.

    Raises msgspec.DecodeError when the bytes on the way are not JSON.
    """
    for part in (path,) if path.startswith("@") else path.split(".") if path else ():
        first = memoryview(raw)[:1].tobytes()
        if first == b"{":
            found = _map.decode(raw).get(part)
        elif first == b"[" and part.isdigit():
            entries = _list.decode(raw)
            found = entries[int(part)] if int(part) < len(entries) else None
        else:
            return None
        if found is None or memoryview(found)[0] == NULL:
            return None
        raw = found
    return raw


def walk(
    raw: bytes | msgspec.Raw, parts: Names, names: Names = (), *, single: bool = False
) -> Iterator[tuple[Names, list[msgspec.Raw]]]:
    """Lists of unparsed rows at a dotted path; `*` walks the entries of a map, whose names a row sees as `"@path"`.
    `single`: there is one object in the place of a list.

    Raises Malformed when the path is absent at the top, is a list where an object is due or the reverse, or is an
    answer that has nothing in it; an entry of a walked map without it has no rows.
    """
    if single:
        yield (), [_object(msgspec.Raw(raw), ".".join(parts))]
        return
    star = parts.index("*") if "*" in parts else len(parts)
    try:
        rows = _rows(parts[:star], star < len(parts)).decode(raw)
        for _ in parts[:star]:
            rows = rows.inner
    except msgspec.ValidationError:
        rows = None  # a list on the way, or something else where rows are expected: the slower way tells
    if rows is None:
        found = dig(msgspec.Raw(raw), ".".join(parts[:star]))
        if found is None:
            if names and memoryview(raw)[0] in (OBJECT, NULL):
                return
            raise Malformed(f"the answer has no {'.'.join(parts[:star])}")
        if star < len(parts):
            raise Malformed(f"{'.'.join(parts[:star]) or 'the answer'} is not an object")
        if memoryview(found)[0] != LIST:
            raise Malformed(f"{'.'.join(parts) or 'the answer'} is not a list")
        rows = _list.decode(found)
    if star == len(parts):
        yield names, rows
        return
    if not (rows or star or names):
        raise Malformed("the answer has nothing in it")
    rest = parts[star + 1 :]
    for name, entry in rows.items():
        if rest:
            yield from walk(entry, rest, (*names, name))
        else:
            yield (*names, name), [entry]


def _object(raw: msgspec.Raw, path: str) -> msgspec.Raw:
    found = dig(raw, path)
    if found is None:
        raise Malformed(f"the answer has no {path}")
    if memoryview(found)[:1].tobytes() != b"{" or not _map.decode(found):
        raise Malformed(f"{path or 'the answer'} is not an object with anything in it")
    return found


@lru_cache(1024)
def _rows(path: Names, named: bool) -> msgspec.json.Decoder[Any]:
    """A decoder that goes straight to the rows at a path and skips all else, in one pass over the bytes."""
    kind: Any = dict[str, msgspec.Raw] if named else list[msgspec.Raw]
    for name in reversed(path):
        kind = msgspec.defstruct("Inner", [("inner", kind)], rename={"inner": name})
    return msgspec.json.Decoder(kind)


class Plain:
    """A name or dotted name: the same answer as JMESPath, about thirty times cheaper."""

    def __init__(self, expression: str) -> None:
        self.names = expression.split(".")

    def search(self, row: Any) -> Any:
        for name in self.names:
            if not isinstance(row, dict):
                return None
            row = row.get(name)
        return row


class Every:
    """`a.b && !c` of plain names: the same answer as JMESPath, where null, false, "", [] and {} are untrue."""

    def __init__(self, expression: str) -> None:
        terms = [term.strip() for term in expression.split("&&")]
        self.terms = [(term.startswith("!"), Plain(term.lstrip("!")).search) for term in terms]

    def search(self, row: Any) -> Any:
        value: Any = None
        for negated, search in self.terms:
            value = search(row)
            untrue = value is None or value is False or value in ("", [], {})
            if negated:
                value, untrue = untrue, not untrue
            if untrue:
                break
        return value


class Each:
    """`list[].{a: b, c: d.e}` with plain names, the shape of every options fact, without an interpreter per value."""

    def __init__(self, source: str, pairs: list[tuple[str, str]]) -> None:
        self.source = Plain(source)
        self.pairs = [(name, Plain(expression).search) for name, expression in pairs]

    def search(self, row: Any) -> Any:
        rows = self.source.search(row)
        if not isinstance(rows, list):
            return None
        return [{name: search(entry) for name, search in self.pairs} for entry in rows if entry is not None]


def known(document: Any, names: frozenset[str]) -> Any:
    """A document with these keys alone, at any depth, so that a key that the vendor adds to it is no change of it. What
    stands under `name.*` stays as it is: that is the customer's own."""
    if isinstance(document, dict):
        own = {name for name in document if f"{name}.*" in names}
        return {k: v if k in own else known(v, names) for k, v in document.items() if k in names or k in own}
    return [known(one, names) for one in document] if isinstance(document, list) else document


class Ours(functions.Functions):
    """Functions that vendor files may use beside JMESPath's own, for what may hold a secret or is too long to keep:
    `host(address)` is the host of an address, `digest(value)` 16 hex digits that stand for a value. `seconds(number)`
    is for vendors that tell a wait or a duration in milliseconds; `tail(name)` is what stands after the last slash of a
    resource's name ("properties/7"). `known(document, 'type value body.*')` is a document of many levels with the
    keys that the vendor documents alone, and with all below `body`, which is the customer's. Null stays null."""

    @functions.signature({"types": ["string", "null"]})
    def _func_host(self, address: str | None) -> str | None:
        try:
            return urlsplit(address).hostname if address else None
        except ValueError:
            raise Malformed("an address is none") from None

    @functions.signature({"types": []})
    def _func_digest(self, value: Any) -> str | None:
        return None if value in (None, "", [], {}) else sha256(canonical(value)).hexdigest()[:16]

    @functions.signature({"types": ["number", "null"]})
    def _func_seconds(self, milliseconds: float | None) -> float | None:
        return None if milliseconds is None else milliseconds / 1000

    @functions.signature({"types": ["string", "null"]})
    def _func_tail(self, name: str | None) -> str | None:
        return None if name is None else name.rpartition("/")[2]

    @functions.signature({"types": []}, {"types": ["string"]})
    def _func_known(self, document: Any, names: str) -> Any:
        return known(document, frozenset(names.split()))


_OURS: Final = jmespath.Options(custom_functions=Ours())


@lru_cache(8192)
def search(expression: str) -> Search:
    """A JMESPath expression as a function. Raises ValueError for a wrong expression; the function raises Malformed
    when a value does not have the type that the expression needs."""
    if _PLAIN.fullmatch(expression):
        return Plain(expression).search
    if _EVERY.fullmatch(expression):
        return Every(expression).search
    if found := _EACH.fullmatch(expression):
        return Each(found[1], _PAIR.findall(found[2])).search
    try:
        compiled = jmespath.compile(expression)
    except JMESPathError as error:
        raise ValueError(f"{expression!r} is not a JMESPath expression: {error}") from error

    def run(row: Any) -> Any:
        try:
            return compiled.search(row, _OURS)
        except (JMESPathError, TypeError, ValueError, OverflowError) as error:  # jmespath compares text with numbers
            kind = type(error).__name__  # its text quotes the value, which may be a secret or a person
            raise Malformed(f"{expression!r} does not fit the answer: {kind}") from None

    return run


def attributes(expression: str) -> frozenset[str]:
    """The names that an expression gives the items of its list: of `list[].{value: a, label: b}` value and label. None
    for an expression that takes the items as they come, or gives names in more than one place."""
    found: list[frozenset[str]] = []
    nodes: list[Any] = [jmespath.compile(expression).parsed]
    while nodes:
        node = nodes.pop()
        if node["type"] == "multi_select_dict":
            found.append(frozenset(pair["value"] for pair in node["children"]))
        nodes += node["children"]
    return found[0] if len(found) == 1 else frozenset()


def fill(value: Any, context: Mapping[str, Any], *, quoted: bool = False) -> Any:
    """Only places like `{parent.x}`, `{options.x}`, `{base}`, `{key}` are filled, and only those named in `context`:
    braces of GraphQL and of ids pass untouched. `quoted` percent-encodes what is put in, for paths.

    Raises KeyError with a sentence for `{options.x}` or `{parent.x}` that is not there.
    """
    if isinstance(value, str):
        if "{" not in value:
            return value
        texts, inside = _apart(value)
        return texts % tuple([_place(place, context, quoted) for place in inside])
    if isinstance(value, Mapping):
        return {k: fill(v, context, quoted=quoted) for k, v in value.items()}
    return [fill(v, context, quoted=quoted) for v in value] if isinstance(value, list | tuple) else value


def link(
    templates: str | Sequence[str], context: Mapping[str, Any], row: Mapping[str, Any] | None = None, **own: str
) -> str:
    """A deep link, by the first template whose places all have a value: half an address leads nowhere. Else "". Keys,
    ids (`own`, and the parent's) and what stands in a row are percent-encoded, addresses and options are not."""
    for template in (templates,) if isinstance(templates, str) else templates:
        texts, inside = _apart(template)
        found = [_linked(name, attribute, row if name == "row" else context.get(name), own)
                 for _, name, attribute in inside]  # fmt: skip
        if all(found):
            return texts % tuple(found)
    return ""


def _linked(name: str, attribute: str, there: Any, own: Mapping[str, str]) -> str:
    if name in own:
        return quote(own[name], safe="")
    there = (there or {}).get(attribute) if attribute else there
    if there in (None, "", [], {}):
        return ""
    return _quoted(str(there)) if name in ("parent", "row") else str(there)


def places(value: Any) -> set[tuple[str, str]]:
    """The places in templates as (name, attribute): {("parent", "key"), ("base", "")}."""
    if isinstance(value, str):
        return {(name, attribute) for _, name, attribute in _apart(value)[1]}
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return {place for one in inner for place in places(one)}


@lru_cache(4096)
def _apart(text: str) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """A template taken apart: its text with %s for each place, and the places as (as written, name, attribute)."""
    inside = tuple((found[0], found[1], found[2] or "") for found in _PLACE.finditer(text))
    return _PLACE.sub("%s", text.replace("%", "%%")), inside


def _place(place: tuple[str, str, str], context: Mapping[str, Any], quoted: bool) -> str:
    written, name, attribute = place
    if name not in context:
        return written
    there = context[name]
    if attribute and (there := there.get(attribute)) is None:
        raise KeyError(f"{written} has no value")
    return _quoted(str(there)) if quoted else str(there)


@lru_cache(4096)
def _quoted(text: str) -> str:
    """Percent-encoded. The key of one parent is put into a path, a source and a link."""
    return quote(text, safe="")


def http_date(header: str) -> float | None:
    """The date of an HTTP header as epoch seconds; None when it is none."""
    try:
        return parsedate_to_datetime(header).timestamp()
    except (ValueError, OverflowError):
        return None


def instant(value: Any) -> float | None:
    """ISO 8601 text, epoch seconds or epoch milliseconds as epoch seconds UTC; None stays None.

    A time without an offset is UTC, which every vendor here documents. Raises Malformed for anything else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", value.strip().replace("Z", "+00:00"))
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise Malformed("a time is neither ISO 8601 nor epoch seconds") from None
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Malformed("a time is neither ISO 8601 nor epoch seconds")
    number = float(value)
    return number / 1000 if abs(number) > 1e11 else number
