"""Reads one YAML file into plain values, and remembers the line of each.

Built straight from parser events: that refuses anchors, aliases, tags and depth before anything is built, and keeps the
line of every key. Plain words are read as in YAML 1.2 (`off`, `no` and dates are text), so that `level: off` means what
it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from .problems import Problem

Key: TypeAlias = str | int
KeyPath: TypeAlias = tuple[Key, ...]

DEPTH: Final = 64
BYTES: Final = 1 << 20
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Final[dict[str, Any]] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")


def shown(path: KeyPath) -> str:
    """`fields[2].from` for ("fields", 2, "from")."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def keyed(text: str) -> KeyPath:
    """The path that `shown` would show so."""
    return tuple(int(place) if place else name for place, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", text))


class Document:
    """One file: `data` (None when it cannot be read), the line of each key path, and what is wrong with it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.data: Any = None
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []

    @classmethod
    def read(cls, file: Path) -> Document:
        """Never raises for what the file holds: `problems` says it."""
        document = cls(file)
        try:
            raw = file.read_bytes()
            if len(raw) > BYTES:
                document.add((), f"expected at most {BYTES >> 20} MiB, found {len(raw):,} bytes")
                return document
            text = raw.decode("utf-8-sig")
        except OSError as error:
            document.add((), f"cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            document._at(line, (), f"expected UTF-8 text, found byte 0x{raw[error.start]:02x}")
        else:
            document.parse(text)
        return document

    def add(self, path: KeyPath, words: str) -> None:
        """A problem at `path`, with the line of its nearest key that stands in the file."""
        self._at(self.line(path), path, words)

    def line(self, path: KeyPath) -> int:
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 0)

    def find(self, *pattern: Key) -> Iterator[tuple[KeyPath, Any]]:
        """All values at a key path, where "*" is any key or position. Whatever has another shape gives nothing."""
        found: list[tuple[KeyPath, Any]] = [((), self.data)]
        for part in pattern:
            found = [
                ((*path, key), inner) for path, value in found for key, inner in _entries(value) if part in ("*", key)
            ]
        yield from found

    def texts(self, *pattern: Key) -> Iterator[tuple[KeyPath, str]]:
        """As `find`, and only where the value is text."""
        for path, value in self.find(*pattern):
            if isinstance(value, str):
                yield path, value

    def _at(self, line: int, path: KeyPath, words: str) -> None:
        self.problems.append(Problem(str(self.file), line, shown(path), words))

    def parse(self, text: str) -> None:
        try:
            _Builder(self).build(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            said = " ".join(part for part in (error.context, error.problem) if part)
            self._at(mark.line + 1 if mark else 0, (), f"not YAML: {said}")
            self.data = None
        except yaml.reader.ReaderError as error:
            # Its position counts bytes in one parser and characters in the other; the character is the same in both.
            line = text.count("\n", 0, text.find(chr(error.character))) + 1
            self._at(line, (), f"not YAML: character U+{error.character:04X} is not allowed")
            self.data = None
        except _Refused:
            self.data = None


class _Refused(Exception):
    """Reading cannot go on; the problem is noted."""


class _Builder:
    """Values from events, without recursion. The stack holds (path, container, pending key or None)."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.stack: list[tuple[KeyPath, Any]] = []
        self.keys: list[str | None] = []
        self.seen = False

    def build(self, text: str) -> None:
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.DocumentStartEvent) and self.seen:
                self.refuse(line, "expected one YAML document, found a second one after `---`")
            elif isinstance(event, yaml.AliasEvent):
                self.refuse(line, f"expected no aliases, found *{event.anchor}: write the value out")
            elif isinstance(event, yaml.NodeEvent):
                self.node(event, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()
                self.keys.pop()

    def refuse(self, line: int, words: str) -> None:
        self.document._at(line, self.stack[-1][0] if self.stack else (), words)
        raise _Refused

    def node(self, event: Any, line: int) -> None:
        if event.anchor:
            self.refuse(line, f"expected no anchors, found &{event.anchor}: write the value out")
        if event.tag and event.tag != "!":
            self.refuse(line, f"expected no tags, found {event.tag}: write the plain value")
        if isinstance(event, yaml.ScalarEvent):
            if self.stack and isinstance(self.stack[-1][1], dict) and self.keys[-1] is None:
                self.key(event.value, line)
            else:
                self.put(_scalar(event), line)
            return
        if self.stack and isinstance(self.stack[-1][1], dict) and self.keys[-1] is None:
            self.refuse(line, "expected a key of plain text, found a list or a mapping")
        if len(self.stack) >= DEPTH:
            self.refuse(line, f"expected at most {DEPTH} levels, found more")
        container: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append((self.put(container, line), container))
        self.keys.append(None)

    def key(self, key: str, line: int) -> None:
        path, mapping = self.stack[-1]
        if key in mapping:
            first = self.document.lines[(*path, key)]
            self.document._at(line, (*path, key), f"expected each key once, found it again (first on line {first})")
        self.document.lines[(*path, key)] = line
        self.keys[-1] = key

    def put(self, value: Any, line: int) -> KeyPath:
        """Hangs a value where the parser stands; gives its path."""
        if not self.stack:
            self.seen = True
            self.document.data = value
            self.document.lines[()] = line
            return ()
        path, container = self.stack[-1]
        if isinstance(container, list):
            container.append(value)
            path = (*path, len(container) - 1)
            self.document.lines[path] = line
            return path
        key = self.keys[-1]
        assert key is not None  # noqa: S101 - the parser alternates keys and values
        container[key] = value
        self.keys[-1] = None
        return (*path, key)


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _entries(value: Any) -> Iterator[tuple[Key, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
